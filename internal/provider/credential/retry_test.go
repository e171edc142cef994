package credential_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/credential"
)

// step is one request by which a session is opened.
type step struct{ name, host, method, path, action string }

var (
	assumeRole    = step{"AssumeRole", standin.TokenServiceHost, http.MethodPost, "", "AssumeRole"}
	assumeByOIDC  = step{"AssumeRoleWithOIDC", standin.TokenServiceHost, http.MethodPost, "", "AssumeRoleWithOIDC"}
	metadataToken = step{"metadata token", standin.MetadataHost, http.MethodPut, standin.MetadataTokenPath, ""}
	metadataRole  = step{"role name", standin.MetadataHost, http.MethodGet, standin.MetadataRolesPath, ""}
	metadata      = step{"metadata session", standin.MetadataHost, http.MethodGet, standin.MetadataRolesPath + "instance-role", ""}
	sessionURI    = step{"URI", "session.test", http.MethodGet, "/creds", ""}
)

// source is a way to credentials that goes over the network.
type source struct {
	configure func(t *testing.T, w *world) func(*credential.Model)
	steps     []step
}

// sources are all ways to credentials that go over the network.
func sources() map[string]source {
	block := func(changes ...func(*credential.Model)) func(*testing.T, *world) func(*credential.Model) {
		return func(*testing.T, *world) func(*credential.Model) {
			return func(m *credential.Model) {
				for _, change := range changes {
					change(m)
				}
			}
		}
	}
	environment := func(settings map[string]string) func(*testing.T, *world) func(*credential.Model) {
		return func(t *testing.T, w *world) func(*credential.Model) {
			w.file(t, "token", oidcToken)
			for variable, value := range settings {
				t.Setenv(variable, value)
			}
			return nil
		}
	}
	profile := func(more ...string) func(*testing.T, *world) func(*credential.Model) {
		return func(t *testing.T, w *world) func(*credential.Model) {
			w.file(t, "token", oidcToken)
			w.file(t, ".aliyun/config.json", profiles("", append(more, workProfile)...))
			return func(m *credential.Model) { m.Profile = text("tested") }
		}
	}
	sdkFile := func(content string) func(*testing.T, *world) func(*credential.Model) {
		return func(t *testing.T, w *world) func(*credential.Model) {
			w.file(t, ".alibabacloud/credentials", "[default]\n"+content)
			return nil
		}
	}
	key := fmt.Sprintf(`"access_key_id": %q, "access_key_secret": %q`, accessKeyID, accessKeySecret)
	role := fmt.Sprintf(`"ram_role_arn": %q`, roleARN)
	return map[string]source{
		"block: role":                   {block(withKey, withRole), []step{assumeRole}},
		"block: OIDC":                   {func(t *testing.T, w *world) func(*credential.Model) { return w.withOIDC(t) }, []step{assumeByOIDC}},
		"block: role on top of OIDC":    {func(t *testing.T, w *world) func(*credential.Model) { return both(w.withOIDC(t), withRole) }, []step{assumeByOIDC, assumeRole}},
		"block: instance":               {block(withECS), []step{metadataToken, metadata}},
		"block: role on top":            {block(withECS, withRole), []step{metadataToken, metadata, assumeRole}},
		"block: URI":                    {block(withURI), []step{sessionURI}},
		"environment: OIDC":             {environment(map[string]string{"ALIBABA_CLOUD_ROLE_ARN": roleARN, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": providerARN, "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "~/token"}), []step{assumeByOIDC}},
		"environment: instance":         {environment(map[string]string{"ALIBABA_CLOUD_ECS_METADATA": "instance-role"}), []step{metadataToken, metadata}},
		"environment: URI":              {environment(map[string]string{"ALIBABA_CLOUD_CREDENTIALS_URI": "http://session.test/creds"}), []step{sessionURI}},
		"profile: RamRoleArn":           {profile(`{"name": "tested", "mode": "RamRoleArn", ` + key + `, ` + role + `}`), []step{assumeRole}},
		"profile: ChainableRamRoleArn":  {profile(`{"name": "tested", "mode": "ChainableRamRoleArn", "source_profile": "work", ` + role + `}`), []step{assumeRole}},
		"profile: EcsRamRole":           {profile(`{"name": "tested", "mode": "EcsRamRole"}`), []step{metadataToken, metadataRole, metadata}},
		"profile: RamRoleArnWithEcs":    {profile(`{"name": "tested", "mode": "RamRoleArnWithEcs", ` + role + `}`), []step{metadataToken, metadataRole, metadata, assumeRole}},
		"profile: OIDC":                 {profile(`{"name": "tested", "mode": "OIDC", "oidc_token_file": "~/token", "oidc_provider_arn": "` + providerARN + `", ` + role + `}`), []step{assumeByOIDC}},
		"profile: CredentialsURI":       {profile(`{"name": "tested", "mode": "CredentialsURI", "credentials_uri": "http://session.test/creds"}`), []step{sessionURI}},
		"SDKs' file: ram_role_arn":      {sdkFile("type = ram_role_arn\naccess_key_id = " + accessKeyID + "\naccess_key_secret = " + accessKeySecret + "\nrole_arn = " + roleARN + "\nrole_session_name = run\n"), []step{assumeRole}},
		"SDKs' file: ecs_ram_role":      {sdkFile("type = ecs_ram_role\nrole_name = instance-role\n"), []step{metadataToken, metadata}},
		"machine: role of the instance": {environment(nil), []step{metadataRole, metadata}},
	}
}

func both(changes ...func(*credential.Model)) func(*credential.Model) {
	return func(m *credential.Model) {
		for _, change := range changes {
			change(m)
		}
	}
}

const noAnswer = "no answer"

// temporaryFaults are what a service that is well otherwise may do for a moment.
var temporaryFaults = map[string]http.HandlerFunc{
	noAnswer:                    standin.Hang,
	"reset":                     standin.Reset,
	"half an answer":            standin.Half(`{"AccessKeyId": "STS.half", "AccessKey`),
	"500":                       standin.Page(http.StatusInternalServerError, ""),
	"502 of a gateway":          standin.Page(http.StatusBadGateway, "<html>bad gateway</html>"),
	"503":                       standin.Refusal(http.StatusServiceUnavailable, "ServiceUnavailable", "Later."),
	"503 with a number as code": standin.Page(http.StatusServiceUnavailable, `{"Code": 17, "Message": ["later"]}`),
	"429 of a gateway":          standin.Page(http.StatusTooManyRequests, "slow down"),
	"429":                       standin.Refusal(http.StatusTooManyRequests, "Throttling.Api", "Slower."),
	"400 that means throttling": standin.Refusal(http.StatusBadRequest, "Throttling.User", "Slower."),
	"empty":                     standin.Page(http.StatusOK, ""),
	"page":                      standin.Page(http.StatusOK, "<html>welcome</html>"),
	"JSON without a session":    standin.Page(http.StatusOK, `{"Credentials": null}`),
	"half a session":            standin.Page(http.StatusOK, `{"Code": "Success", "AccessKeyId": "STS.x", "Credentials": {"AccessKeyId": "STS.x"}}`),
	"numbers in place of text":  standin.Page(http.StatusOK, `{"Code": 1, "AccessKeyId": 2, "Credentials": {"AccessKeyId": 3}}`),
	"session without an end":    standin.Page(http.StatusOK, `{"Code": "Success", "AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c", "Credentials": {"AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c"}}`),
	"session with an odd end":   standin.Page(http.StatusOK, `{"Code": "Success", "AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c", "Expiration": "soon", "Credentials": {"AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c", "Expiration": "soon"}}`),
}

// commonFaults are one fault of each kind.
var commonFaults = []string{"reset", "503", "429", "page"}

// eachCell runs a test for every step of every source of credentials and every fault.
func eachCell(t *testing.T, faults map[string]http.HandlerFunc, lifetime time.Duration, test func(t *testing.T, w *world, change func(*credential.Model), fault standin.Fault)) {
	for name, source := range sources() {
		for _, step := range source.steps {
			for fault, answer := range faults {
				if !strings.HasPrefix(name, "block: ") && !slices.Contains(commonFaults, fault) {
					continue // The other ways end in the same sources.
				}
				t.Run(name+"/"+step.name+"/"+fault, func(t *testing.T) {
					if fault == noAnswer {
						credential.LimitAnswers(t, 60*time.Millisecond)
					}
					w := newWorld(t)
					w.chain()
					w.tokens.Lifetime, w.metadata.Lifetime, w.sessions.Lifetime = lifetime, lifetime, lifetime
					test(t, w, source.configure(t, w), standin.Fault{Host: step.host, Method: step.method, Path: step.path, Action: step.action, Times: 2, Answer: answer})
				})
			}
		}
	}
}

// TestTemporaryFailures is about every source of credentials, at the opening and at the renewal of a session.
func TestTemporaryFailures(t *testing.T) {
	t.Run("opening", func(t *testing.T) {
		eachCell(t, temporaryFaults, 0, func(t *testing.T, _ *world, change func(*credential.Model), fault standin.Fault) {
			network.Fail(fault)
			found, diags := block(change).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			if err := patientClient(found.Provider).Authenticate(t.Context()); err != nil {
				t.Error(err)
			}
			checkAsked(t, fault, 3)
		})
	})
	t.Run("renewal", func(t *testing.T) {
		eachCell(t, temporaryFaults, -time.Hour, func(t *testing.T, _ *world, change func(*credential.Model), fault standin.Fault) {
			found, diags := block(change).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			client := patientClient(found.Provider)
			if err := client.Authenticate(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := asked(fault)
			network.Fail(fault)
			if err := client.Authenticate(t.Context()); err != nil {
				t.Error(err)
			}
			checkAsked(t, fault, before+3)
		})
	})
	t.Run("renewal of a session that has not ended", func(t *testing.T) {
		few := maps.Clone(temporaryFaults)
		maps.DeleteFunc(few, func(name string, _ http.HandlerFunc) bool { return !slices.Contains(commonFaults, name) })
		eachCell(t, few, 2*time.Minute, func(t *testing.T, _ *world, change func(*credential.Model), fault standin.Fault) {
			found, diags := block(change).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			client := patientClient(found.Provider)
			if err := client.Authenticate(t.Context()); err != nil {
				t.Fatal(err)
			}
			fault.Times = -1
			network.Fail(fault)
			for range 3 {
				if err := client.Authenticate(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	})
}

// asked counts the requests that a fault is about.
func asked(fault standin.Fault) int {
	count := 0
	for _, request := range network.Requests() {
		address, err := url.Parse(request.URL)
		if err == nil && address.Host == fault.Host && request.Method == fault.Method && (fault.Path == "" || fault.Path == address.Path) &&
			(fault.Action == "" || fault.Action == request.Parameters.Get("Action")) {
			count++
		}
	}
	return count
}

func checkAsked(t *testing.T, fault standin.Fault, want int) {
	t.Helper()
	hung := strings.HasSuffix(t.Name(), "/no_answer") // A machine under load may miss the limit once more.
	if got := asked(fault); got != want && (!hung || got < want) {
		t.Errorf("%d requests of the step that failed, want %d", got, want)
	}
}

// TestPermanentFailures is about what no other attempt mends: it ends the operation at once, with an error that says why.
func TestPermanentFailures(t *testing.T) {
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.test/", http.StatusTemporaryRedirect)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"400":                  standin.Refusal(http.StatusBadRequest, "InvalidParameter", "Wrong."),
		"403":                  standin.Refusal(http.StatusForbidden, "NoPermission", "Not you."),
		"403 of a gateway":     standin.Page(http.StatusForbidden, "<html>no</html>"),
		"404":                  standin.Page(http.StatusNotFound, ""),
		"407 of a proxy":       standin.Page(http.StatusProxyAuthRequired, ""),
		"code with odd things": standin.Page(http.StatusBadRequest, `{"Code": "Throttling.<b>", "Message": "?"}`),
		"redirect":             redirect,
	} {
		for _, source := range []string{"block: role", "block: OIDC", "block: instance", "block: URI"} {
			steps := sources()[source].steps
			step := steps[len(steps)-1]
			if name == "redirect" && step.host != standin.TokenServiceHost {
				continue // A GET may be redirected.
			}
			t.Run(source+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				found, diags := block(sources()[source].configure(t, w)).Find(t.Context())
				if diags.HasError() {
					t.Fatal(diags)
				}
				fault := standin.Fault{Host: step.host, Method: step.method, Path: step.path, Times: -1, Answer: answer}
				network.Fail(fault)
				err := patientClient(found.Provider).Authenticate(t.Context())
				var failure *esa.Error
				if !errors.As(err, &failure) || failure.Kind != esa.Unauthenticated {
					t.Fatalf("error %v is not about credentials", err)
				}
				checkAsked(t, fault, 1)
				if slices.Contains(network.Asked(), "elsewhere.test") {
					t.Error("a signed request was redirected")
				}
			})
		}
	}
}

// TestProxyRefusesCredentials is about a proxy that stands between: one that fails is a matter of the moment, one that
// refuses is not.
func TestProxyRefusesCredentials(t *testing.T) {
	for name, test := range map[string]struct {
		refuse    func()
		temporary bool
		words     string
	}{
		"password": {func() { network.Protect(url.UserPassword("user", "password")) }, false, "the proxy requires a user name and password (HTTP 407). Set them in HTTPS_PROXY or HTTP_PROXY"},
		"refusal":  {func() { network.Refuse(http.StatusForbidden) }, false, "the proxy answered HTTP 403"},
		"failure":  {func() { network.Refuse(http.StatusBadGateway) }, true, "the proxy answered HTTP 502"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			found, diags := block(both(withKey, withRole)).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			test.refuse()
			// The user name and password that ProxyURL would know stay unsaid.
			transport := http.DefaultTransport.(*http.Transport)
			before := transport.Proxy
			t.Cleanup(func() { transport.Proxy = before })
			transport.Proxy = func(r *http.Request) (*url.URL, error) {
				address, err := before(r)
				address.User = nil
				return address, err
			}
			_, err := found.Provider.GetCredentials()
			var failure *esa.CredentialsError
			if !errors.As(err, &failure) || failure.Temporary != test.temporary || failure.Unreachable != test.temporary || !strings.HasSuffix(failure.Message, test.words) {
				t.Errorf("error %#v", err)
			}
			if len(w.tokens.Requests()) != 0 {
				t.Error("the token service was asked")
			}
		})
	}
}

// TestUntrustedTokenService is about a certificate of an authority that no one trusts.
func TestUntrustedTokenService(t *testing.T) {
	newWorld(t)
	transport := http.DefaultTransport.(*http.Transport)
	before := transport.TLSClientConfig
	t.Cleanup(func() { transport.TLSClientConfig = before })
	transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	found, diags := block(both(withKey, withRole)).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	_, err := found.Provider.GetCredentials()
	var failure *esa.CredentialsError
	if !errors.As(err, &failure) || failure.Temporary || !strings.Contains(failure.Message, "failed: the certificate of sts.aliyuncs.com is not trusted: x509: ") || !strings.Contains(failure.Message, "set SSL_CERT_FILE") {
		t.Errorf("error %#v", err)
	}
}

// TestURIWithoutTLS is about a port that speaks plain HTTP.
func TestURIWithoutTLS(t *testing.T) {
	newWorld(t)
	direct(t)
	found, diags := block(func(m *credential.Model) { m.URI = text("https://session.test/creds") }).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	_, err := found.Provider.GetCredentials()
	var failure *esa.CredentialsError
	if !errors.As(err, &failure) || failure.Temporary || !strings.HasSuffix(failure.Message, "session.test does not use TLS (HTTPS) on this port") {
		t.Errorf("error %#v", err)
	}
}

// TestMetadataServiceIsRecognized is about an instance whose role no one names, which is found by asking.
func TestMetadataServiceIsRecognized(t *testing.T) {
	for name, test := range map[string]struct {
		fault   standin.Fault
		proxied bool
		found   bool
		words   string
	}{
		"busy at first":            {standin.Fault{Method: http.MethodPut, Times: 1, Answer: standin.Page(http.StatusTooManyRequests, "")}, false, true, ""},
		"busy later":               {standin.Fault{Method: http.MethodGet, Times: 1, Answer: standin.Page(http.StatusServiceUnavailable, "")}, false, true, ""},
		"busy later, proxied":      {standin.Fault{Method: http.MethodGet, Times: 1, Answer: standin.Page(http.StatusServiceUnavailable, "")}, true, true, ""},
		"a proxy's failure":        {standin.Fault{Times: -1, Answer: standin.Page(http.StatusBadGateway, "")}, true, false, "This machine is not an ECS instance: HTTP 502 from 100.100.100.200."},
		"a broken connection":      {standin.Fault{Times: -1, Answer: standin.Reset}, false, false, "This machine is not an ECS instance: the connection to 100.100.100.200 broke: "},
		"a role that is not there": {standin.Fault{Path: standin.MetadataRolesPath, Times: -1, Answer: http.NotFound}, false, false, "This ECS instance has no RAM role: HTTP 404 from 100.100.100.200."},
	} {
		t.Run(name, func(t *testing.T) {
			newWorld(t)
			if !test.proxied {
				direct(t)
			}
			test.fault.Host = standin.MetadataHost
			network.Fail(test.fault)
			found, diags := block(nil).Find(t.Context())
			if diags.HasError() == test.found {
				t.Fatalf("diagnostics %v", diags)
			}
			if !test.found {
				if !strings.Contains(diags[0].Detail(), test.words) {
					t.Errorf("detail %q, want %q in it", diags[0].Detail(), test.words)
				}
				return
			}
			if err := patientClient(found.Provider).Authenticate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// direct has requests reach the stand-ins without a proxy.
func direct(t *testing.T) {
	transport := http.DefaultTransport.(*http.Transport)
	before := transport.Proxy
	t.Cleanup(func() { transport.Proxy = before })
	transport.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil } // as with NO_PROXY
	credential.DialInstead(t, network.ProxyURL().Host)
}

func TestOldMetadataService(t *testing.T) {
	for _, disabled := range []bool{false, true} {
		w := newWorld(t)
		w.metadata.Old = true
		if disabled {
			t.Setenv("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")
		}
		found, diags := block(withECS).Find(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		if _, err := found.Provider.GetCredentials(); (err != nil) != disabled {
			t.Errorf("the first version is disabled: %t; error %v", disabled, err)
		}
	}
}
