package credential_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"terraform-provider-esa/internal/provider/acceptance/standin"
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

// temporaryFaults are what a service that is well otherwise may do for a moment.
var temporaryFaults = map[string]http.HandlerFunc{
	"no answer":                 standin.Hang,
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

// eachCell runs a test for every step of every source of credentials and every fault.
func eachCell(t *testing.T, faults map[string]http.HandlerFunc, lifetime time.Duration, test func(t *testing.T, w *world, change func(*credential.Model), fault standin.Fault)) {
	credential.LimitAnswers(t, 40*time.Millisecond)
	for name, source := range sources() {
		for _, step := range source.steps {
			for fault, answer := range faults {
				t.Run(name+"/"+step.name+"/"+fault, func(t *testing.T) {
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
		eachCell(t, temporaryFaults, 2*time.Minute, func(t *testing.T, _ *world, change func(*credential.Model), fault standin.Fault) {
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
	if got := asked(fault); got != want {
		t.Errorf("%d requests of the step that failed, want %d", got, want)
	}
}

var _ attr.Value
