package credential_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
	"terraform-provider-esa/internal/provider/credential"
)

// TestMessages keeps what is said where no way to credentials is complete, and where there is none.
func TestMessages(t *testing.T) {
	w := newWorld(t)
	messages := golden.Messages{}
	for name, change := range map[string]func(*credential.Model){
		"Nothing is configured":            nil,
		"An access key without its secret": func(m *credential.Model) { m.AccessKey = text(accessKeyID) },
		"A role without its ARN":           func(m *credential.Model) { withKey(m); m.Role = object(roleTypes, nil) },
		"An OIDC token that cannot be read": func(m *credential.Model) {
			m.OIDC = object(oidcTypes, map[string]attr.Value{"role_arn": text(roleARN), "oidc_provider_arn": text(providerARN), "oidc_token_file": text(filepath.Join(w.home, "none"))})
		},
		"A profile without a file": withProfile,
	} {
		_, diags := block(change).Find(t.Context())
		messages[name] = golden.Of(diags...)
	}
	unused := block(func(m *credential.Model) { fullKey(m); withProfile(m) })
	messages["Two ways to credentials"] = golden.Of(unused.Validate()...)
	invalid := block(func(m *credential.Model) { m.URI = text("localhost:8080") })
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", invalid.URI.ValueString())
	_, diags := block(nil).Find(t.Context())
	messages["A credentials URI that is no URL"] = golden.Of(diags...)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	_, diags = block(withECS).Find(t.Context())
	messages["An instance role while the metadata service is disabled"] = golden.Of(diags...)
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", "")
	_, diags = block(nil).Find(t.Context())
	messages["Nothing is configured"] = golden.Of(diags...)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, diags = block(nil).Find(canceled)
	messages["Canceled"] = golden.Of(diags...)
	for _, list := range messages {
		for index := range list {
			list[index].Detail = strings.ReplaceAll(list[index].Detail, w.home, "~")
		}
	}
	messages.Compare(t, "../testdata/messages/credentials.txt")
}

func TestHalfGiven(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		block       func(*world) func(*credential.Model)
		// at is the attribute that is missing, words are in the detail.
		at, words string
	}{
		"key without secret": {
			block: func(*world) func(*credential.Model) {
				return func(m *credential.Model) { m.AccessKey = text(accessKeyID) }
			},
			environment: map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET": accessKeySecret},
			at:          "secret_key", words: "sets access_key, but not secret_key. Set both access_key and secret_key in the provider block",
		},
		"secret without key": {
			block: func(*world) func(*credential.Model) {
				return func(m *credential.Model) { m.SecretKey = text(accessKeySecret) }
			},
			at: "access_key", words: "sets secret_key, but not access_key",
		},
		"token without key": {
			block: func(*world) func(*credential.Model) {
				return func(m *credential.Model) { m.SecurityToken = text("token") }
			},
			at: "access_key", words: "sets security_token, but not access_key",
		},
		"key without secret in the environment": {
			environment: map[string]string{"ALICLOUD_ACCESS_KEY": accessKeyID},
			at:          "secret_key", words: "ALICLOUD_ACCESS_KEY is set, but ALICLOUD_SECRET_KEY is not",
		},
		"key without its own secret in the environment": {
			environment: map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": accessKeyID, "ALICLOUD_SECRET_KEY": accessKeySecret},
			at:          "secret_key", words: "ALIBABA_CLOUD_ACCESS_KEY_ID is set, but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not",
		},
		"secret without its own key in the environment": {
			environment: map[string]string{"ALICLOUD_ACCESS_KEY": accessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": accessKeySecret},
			at:          "access_key", words: "ALIBABA_CLOUD_ACCESS_KEY_SECRET is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is not",
		},
		"token without its own key in the environment": {
			environment: keyOf("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALIBABA_CLOUD_SECURITY_TOKEN", "token"),
			at:          "access_key", words: "ALIBABA_CLOUD_SECURITY_TOKEN is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is not",
		},
		"token without key in the environment": {
			environment: map[string]string{"ALIBABA_CLOUD_SECURITY_TOKEN": "token", "ALIBABA_CLOUD_PROFILE": "work"},
			at:          "access_key", words: "ALIBABA_CLOUD_SECURITY_TOKEN is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is not. Set both, or unset ALIBABA_CLOUD_SECURITY_TOKEN to use other credentials.",
		},
		"token without key in the environment, its other name": {
			environment: map[string]string{"ALICLOUD_SECURITY_TOKEN": "token"},
			at:          "access_key", words: "ALICLOUD_SECURITY_TOKEN is set, but ALICLOUD_ACCESS_KEY is not",
		},
		"role without ARN": {
			block: func(*world) func(*credential.Model) {
				return func(m *credential.Model) { withKey(m); m.Role = object(roleTypes, nil) }
			},
			at: "assume_role.role_arn", words: "ALIBABA_CLOUD_ROLE_ARN",
		},
		"OIDC without token file": {
			block: func(*world) func(*credential.Model) {
				return func(m *credential.Model) {
					m.OIDC = object(oidcTypes, map[string]attr.Value{"role_arn": text(roleARN), "oidc_provider_arn": text(providerARN)})
				}
			},
			at: "assume_role_with_oidc.oidc_token_file", words: "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
		},
		"OIDC without provider": {
			block: func(*world) func(*credential.Model) {
				return func(m *credential.Model) {
					m.OIDC = object(oidcTypes, map[string]attr.Value{"role_arn": text(roleARN), "oidc_token_file": text("token")})
				}
			},
			at: "assume_role_with_oidc.oidc_provider_arn", words: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
		},
		"OIDC with a token file that is not there": {
			block: func(w *world) func(*credential.Model) {
				return func(m *credential.Model) {
					m.OIDC = object(oidcTypes, map[string]attr.Value{"role_arn": text(roleARN), "oidc_provider_arn": text(providerARN), "oidc_token_file": text(filepath.Join(w.home, "none"))})
				}
			},
			at: "assume_role_with_oidc.oidc_token_file", words: "The OIDC token of the provider block: open ",
		},
		"OIDC token without provider in the environment": {
			environment: map[string]string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE": "token"},
			at:          "assume_role_with_oidc.oidc_provider_arn", words: "ALIBABA_CLOUD_OIDC_TOKEN_FILE is set, but ALIBABA_CLOUD_OIDC_PROVIDER_ARN is not",
		},
		"OIDC provider without token in the environment": {
			environment: map[string]string{"ALIBABA_CLOUD_ROLE_ARN": roleARN, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": providerARN},
			at:          "assume_role_with_oidc.oidc_token_file", words: "Environment variable ALIBABA_CLOUD_OIDC_PROVIDER_ARN is set, but ALIBABA_CLOUD_OIDC_TOKEN_FILE is not. Set both",
		},
		"OIDC without role in the environment": {
			environment: map[string]string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE": "token", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": providerARN},
			at:          "assume_role_with_oidc.role_arn", words: "ALIBABA_CLOUD_ROLE_ARN is not",
		},
		"profile without a home": {
			block:       func(*world) func(*credential.Model) { return withProfile },
			environment: map[string]string{"HOME": "", "USERPROFILE": ""},
			at:          "shared_credentials_file", words: "Cannot find ~/.aliyun/config.json: the home directory is unknown. Set shared_credentials_file.",
		},
		"profile without a file": {
			block: func(*world) func(*credential.Model) { return withProfile },
			at:    "shared_credentials_file", words: "Cannot read the profiles: open ",
		},
		"instance while the metadata service is off": {
			block:       func(*world) func(*credential.Model) { return withECS },
			environment: map[string]string{"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"},
			at:          "ecs_role_name", words: `The RAM role "instance-role" of the provider block needs the ECS metadata service, but ALIBABA_CLOUD_ECS_METADATA_DISABLED is "true". Unset`,
		},
		"URI that is none": {
			environment: map[string]string{"ALIBABA_CLOUD_CREDENTIALS_URI": "localhost:8080/?password=hunter22"},
			at:          "credentials_uri", words: "Environment variable ALIBABA_CLOUD_CREDENTIALS_URI: must be a URL that starts with http:// or https://.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for variable, value := range test.environment {
				t.Setenv(variable, value)
			}
			var change func(*credential.Model)
			if test.block != nil {
				change = test.block(w)
			}
			_, diags := block(change).Find(t.Context())
			if len(diags) != 1 || !diags.HasError() {
				t.Fatalf("diagnostics %v, want one error", diags)
			}
			checkDiagnostic(t, diags[0], test.at, test.words)
		})
	}
}

func TestProfiles(t *testing.T) {
	secrets := []string{accessKeySecret, "profile-token"}
	element := func(name, mode, more string) string {
		return fmt.Sprintf(`{"name": %q, "mode": %q, "access_key_id": %q, "access_key_secret": %q%s}`, name, mode, accessKeyID, accessKeySecret, more)
	}
	for name, test := range map[string]struct {
		content     string
		profile     string
		environment map[string]string
		// way is the way that is found; at and words are the error in its place.
		way, at, words string
	}{
		"key":               {content: profiles("", element("work", "AK", "")), profile: "work", way: "(mode AK)"},
		"key, without mode": {content: profiles("", element("work", "", "")), profile: "work", way: "(mode AK)"},
		"byte order mark":   {content: "\uFEFF" + profiles("", element("work", "AK", "")), profile: "work", way: "(mode AK)"},
		"role":              {content: profiles("", element("work", "RamRoleArn", `, "ram_role_arn": "`+roleARN+`", "expired_seconds": 900`)), profile: "work", way: "(mode RamRoleArn)"},
		"role of a profile": {
			content: profiles("", element("base", "AK", ""), `{"name": "work", "mode": "ChainableRamRoleArn", "source_profile": "base", "ram_role_arn": "`+roleARN+`"}`),
			profile: "work", way: "(mode ChainableRamRoleArn)",
		},
		"instance":             {content: profiles("", `{"name": "work", "mode": "EcsRamRole", "ram_role_name": "instance-role"}`), profile: "work", way: "(mode EcsRamRole)"},
		"role of the instance": {content: profiles("", `{"name": "work", "mode": "RamRoleArnWithEcs", "ram_role_name": "instance-role", "ram_role_arn": "`+roleARN+`"}`), profile: "work", way: "(mode RamRoleArnWithEcs)"},
		"OIDC": {
			content: profiles("", `{"name": "work", "mode": "OIDC", "oidc_provider_arn": "`+providerARN+`", "oidc_token_file": "~/token", "ram_role_arn": "`+roleARN+`"}`),
			profile: "work", way: "(mode OIDC)",
		},
		"URI":     {content: profiles("", `{"name": "work", "mode": "CredentialsURI", "credentials_uri": "http://session.test/"}`), profile: "work", way: "(mode CredentialsURI)"},
		"current": {content: profiles("second", element("first", "AK", ""), element("second", "AK", "")), way: `the profile "second"`},
		"the environment's in the block's file": {
			content:     profiles("second", element("first", "AK", ""), element("second", "AK", "")),
			environment: map[string]string{"ALIBABA_CLOUD_PROFILE": "first"}, way: `the profile "first"`,
		},

		"wrong name":                     {content: profiles("", element("first", "AK", ""), element("second", "AK", "")), profile: "third", at: "profile", words: `has no profile "third". It has: "first", "second".`},
		"no current":                     {content: profiles("", element("first", "AK", "")), at: "profile", words: `Set profile to one of: "first".`},
		"no secret":                      {content: profiles("", `{"name": "work", "mode": "AK", "access_key_id": "LTAI"}`), profile: "work", environment: map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET": accessKeySecret}, at: "profile", words: "has no access_key_secret"},
		"no token":                       {content: profiles("", element("work", "StsToken", "")), profile: "work", at: "profile", words: "has no sts_token"},
		"no role":                        {content: profiles("", element("work", "RamRoleArn", "")), profile: "work", environment: map[string]string{"ALIBABA_CLOUD_ROLE_ARN": roleARN}, at: "profile", words: "has no ram_role_arn"},
		"mode of the CLI alone":          {content: profiles("", element("work", "CloudSSO", `, "sts_token": "profile-token"`)), profile: "work", at: "profile", words: `has the mode "CloudSSO", which needs the Alibaba Cloud CLI. Use a profile of the mode AK`},
		"source in a circle":             {content: profiles("", `{"name": "a", "mode": "ChainableRamRoleArn", "source_profile": "b", "ram_role_arn": "r"}`, `{"name": "b", "mode": "ChainableRamRoleArn", "source_profile": "a", "ram_role_arn": "r"}`), profile: "a", at: "profile", words: "form a circle (source_profile): a, b, a."},
		"source that is not there":       {content: profiles("", `{"name": "a", "mode": "ChainableRamRoleArn", "source_profile": "b", "ram_role_arn": "r"}`), profile: "a", at: "profile", words: `The profile "a" has the source_profile "b", but the file `},
		"number in place of a list":      {content: `{"profiles": 1}`, profile: "work", at: "shared_credentials_file", words: "profiles in line 1 must be a list."},
		"text in place of an object":     {content: `{"profiles": ["work"]}`, profile: "work", at: "shared_credentials_file", words: "in line 1 must be an object."},
		"text in place of a number":      {content: `{"profiles": [{"expired_seconds": "900"}]}`, profile: "work", at: "shared_credentials_file", words: "expired_seconds in line 1 must be a whole number."},
		"text in place of true":          {content: `{"profiles": [{"enable_vpc": "true"}]}`, profile: "work", at: "shared_credentials_file", words: "enable_vpc in line 1 must be true or false."},
		"session too short":              {content: profiles("", element("work", "RamRoleArn", `, "ram_role_arn": "r", "expired_seconds": 899`)), profile: "work", at: "profile", words: "expired_seconds must be between 900 and 43200, got: 899."},
		"session too long":               {content: profiles("", element("work", "RamRoleArn", `, "ram_role_arn": "r", "expired_seconds": 43201`)), profile: "work", at: "profile", words: "expired_seconds must be between 900 and 43200, got: 43201."},
		"OIDC session too long":          {content: profiles("", `{"name": "work", "mode": "OIDC", "oidc_provider_arn": "p", "oidc_token_file": "t", "ram_role_arn": "r", "expired_seconds": 3601}`), profile: "work", at: "profile", words: "expired_seconds must be between 900 and 3600, got: 3601."},
		"key with odd seconds":           {content: profiles("", element("work", "AK", `, "expired_seconds": 1`)), profile: "work", way: "(mode AK)"},
		"no JSON":                        {content: "{\n\"profiles\": [\n" + element("work", "AK", "") + ",\n" + accessKeySecret + "\n]}", profile: "work", at: "shared_credentials_file", words: "is not valid JSON: syntax error in line 4."},
		"JSON of another kind":           {content: "{\"profiles\": [{\"access_key_secret\":\n 4711}]}", profile: "work", at: "shared_credentials_file", words: "access_key_secret in line 2 must be a string."},
		"no profiles":                    {content: "{}", profile: "work", at: "shared_credentials_file", words: "has no profiles"},
		"a URI that is none":             {content: profiles("", `{"name": "work", "mode": "CredentialsURI", "credentials_uri": "profile-token"}`), profile: "work", at: "profile", words: "credentials_uri must be a URL"},
		"instance while metadata is off": {content: profiles("", `{"name": "work", "mode": "EcsRamRole"}`), profile: "work", environment: map[string]string{"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, at: "profile", words: "ALIBABA_CLOUD_ECS_METADATA_DISABLED"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.file(t, "token", oidcToken)
			w.metadata.Issued = func(id, secret, token string) {
				w.simulator.AllowKey(id, secret, token)
				w.tokens.AllowKey(id, secret, token)
			}
			file := w.file(t, "elsewhere.json", test.content)
			for variable, value := range test.environment {
				t.Setenv(variable, value)
			}
			given := block(func(m *credential.Model) { m.Profile, m.File = text(test.profile), text("~/elsewhere.json") })
			if test.way != "" {
				found := w.find(t, given)
				if !strings.Contains(found.Way, test.way) || !strings.HasSuffix(found.Way, file) {
					t.Errorf("way %q, want %s of %s", found.Way, test.way, file)
				}
				return
			}
			_, diags := given.Find(t.Context())
			if len(diags) != 1 || !diags.HasError() {
				t.Fatalf("diagnostics %v, want one error", diags)
			}
			checkDiagnostic(t, diags[0], test.at, test.words)
			for _, secret := range secrets {
				if strings.Contains(diags[0].Detail(), secret) {
					t.Errorf("the detail holds a secret: %s", diags[0].Detail())
				}
			}
		})
	}
}

func TestFailuresHoldNoSecret(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Secret", "secret-of-a-header")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	role := func(m *credential.Model) {
		withKey(m)
		m.SecurityToken = text("source-token")
		withRole(m)
	}
	uri := func(m *credential.Model) {
		m.URI = text("http://user:password-of-uri@session.test/creds?key=secret-of-uri")
	}
	session := `{"AccessKeyId": "STS.x", "AccessKeySecret": "secret-of-session", "SecurityToken": "token-of-session"}`
	for name, test := range map[string]struct {
		block  func(*credential.Model)
		oidc   bool
		host   string
		answer http.HandlerFunc
		words  string
	}{
		"signature refused":         {block: role, host: standin.TokenServiceHost, words: "InvalidSecurityToken.MismatchWithAccessKey"},
		"string to sign":            {block: role, host: standin.TokenServiceHost, answer: standin.Refusal(400, "SignatureDoesNotMatch", "server string to sign is:POST&%2F&SecurityToken%3Dsource-token"), words: "SignatureDoesNotMatch (HTTP 400): server string to sign (not shown)"},
		"secret repeated":           {block: role, host: standin.TokenServiceHost, answer: standin.Refusal(403, "Odd", "Your "+accessKeySecret+" and source-token."), words: "Your (hidden) and (hidden)."},
		"token repeated":            {oidc: true, host: standin.TokenServiceHost, answer: standin.Refusal(400, "Odd", "Bad token "+oidcToken), words: "Bad token (hidden)"},
		"no JSON":                   {block: role, host: standin.TokenServiceHost, answer: answer(200, "<html>secret-of-page</html>"), words: "failed: the answer has an unexpected form"},
		"page with an error status": {block: role, host: standin.TokenServiceHost, answer: answer(403, "<html>secret-of-page</html>"), words: "the answer (HTTP 403 from sts.aliyuncs.com) does not come from the token service. Check the proxy settings (HTTPS_PROXY, NO_PROXY)"},
		"session without its end":   {block: role, host: standin.TokenServiceHost, answer: answer(200, `{"Credentials":`+session+`}`), words: "failed: the answer lacks Expiration"},
		"code that is no text":      {block: role, host: standin.TokenServiceHost, answer: answer(400, `{"Code": 17, "Message": "secret-of-page"}`), words: "failed: the answer (HTTP 400 from sts.aliyuncs.com) does not come from the token service."},
		"URI: half a session":       {block: uri, host: "session.test", answer: answer(200, session), words: "cannot get a session from credentials_uri (http://session.test/creds): the answer lacks Expiration."},
		"URI: refused":              {block: uri, host: "session.test", answer: answer(403, session), words: "HTTP 403 from session.test"},
		"URI: no JSON":              {block: uri, host: "session.test", answer: answer(200, "secret-of-page"), words: "the answer has an unexpected form. The answer must be a JSON object with AccessKeyId"},
		"instance: no such role":    {block: withECS, host: standin.MetadataHost, answer: answer(404, "secret-of-page"), words: `the RAM role "instance-role" from the ECS metadata service: HTTP 404 from 100.100.100.200. Check that the role is attached to this instance`},
		"instance: half a session":  {block: withECS, host: standin.MetadataHost, answer: answer(200, session), words: "cannot"},
		"connection broken":         {block: role, host: standin.TokenServiceHost, answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, words: "failed: the connection to sts.aliyuncs.com broke: EOF"},
		"instance: broken":          {block: withECS, host: standin.MetadataHost, answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, words: "the connection to 100.100.100.200 broke: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if test.answer != nil {
				network.Host(test.host, test.answer)
			}
			change := test.block
			if test.oidc {
				change = w.withOIDC(t)
			}
			found, diags := block(change).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			err := w.client(t, found.Provider).Authenticate(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error %v\nwant %q in it", err, test.words)
			}
			for _, secret := range []string{accessKeySecret, "source-token", oidcToken, "secret-of", "token-of", "password-of", "Signature="} {
				if strings.Contains(fmt.Sprint(err), secret) {
					t.Errorf("%q in the error: %v", secret, err)
				}
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	for name, test := range map[string]struct {
		metadata http.HandlerFunc
		// requests is how many the metadata service gets.
		requests int
		words    string
	}{
		"no metadata service":             {nil, 0, "This machine is not an ECS instance: HTTP 502 from 100.100.100.200."},
		"metadata service without a role": {(&standin.MetadataService{}).ServeHTTP, 2, "This ECS instance has no RAM role: HTTP 404 from 100.100.100.200."},
		"page of someone else":            {http.NotFound, 2, "This machine is not an ECS instance: HTTP 404 from 100.100.100.200."},
		"address that swallows packets":   {standin.Hang, 1, "This machine is not an ECS instance: 100.100.100.200 did not answer in time."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var requests atomic.Int32
			network.Host(standin.MetadataHost, nil)
			if test.metadata != nil {
				network.Host(standin.MetadataHost, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					requests.Add(1)
					test.metadata(rw, r)
				}))
			}
			w.file(t, ".aliyun/config.json", "{"+accessKeySecret)
			w.file(t, ".alibabacloud/credentials", "[default]\ntype = access_key\n"+accessKeySecret+"\n")
			_, diags := block(nil).Find(t.Context())
			if len(diags) != 1 {
				t.Fatalf("diagnostics %v, want one", diags)
			}
			if got := int(requests.Load()); got != test.requests {
				t.Errorf("%d requests to the metadata service, want %d", got, test.requests)
			}
			detail := diags[0].Detail()
			for _, words := range []string{"access_key", "assume_role_with_oidc", "ecs_role_name", "credentials_uri", "profile", "config.json is not valid JSON: syntax error in line 1.", "credentials: it is not an INI file.", test.words} {
				if !strings.Contains(detail, words) {
					t.Errorf("%q is not in the detail:\n%s", words, detail)
				}
			}
			if strings.Contains(detail, accessKeySecret) {
				t.Errorf("a secret is in the detail:\n%s", detail)
			}
		})
	}
}

// gate holds requests to a service back until it opens, and tells of each.
type gate struct {
	service http.Handler
	asked   chan string
	opened  chan struct{}
}

func newGate(service http.Handler) gate {
	return gate{service: service, asked: make(chan string, 16), opened: make(chan struct{})}
}

// ServeHTTP implements http.Handler.
func (g gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.asked <- r.Method + " " + r.URL.Path
	<-g.opened
	g.service.ServeHTTP(w, r)
}

func TestCanceled(t *testing.T) {
	for name, test := range map[string]struct {
		host    string
		service func(*world) http.Handler
		block   func(*credential.Model)
	}{
		"token service":    {standin.TokenServiceHost, func(w *world) http.Handler { return w.tokens }, func(m *credential.Model) { withKey(m); withRole(m) }},
		"metadata service": {standin.MetadataHost, func(w *world) http.Handler { return w.metadata }, withECS},
		"URI":              {"session.test", func(w *world) http.Handler { return w.sessions }, withURI},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			gate := newGate(test.service(w))
			network.Host(test.host, gate)
			found, diags := block(test.block).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			client := w.client(t, found.Provider)
			ctx, cancel := context.WithCancel(t.Context())
			results := make(chan error, 2)
			for range 2 { // The second waits for its turn.
				go func() { results <- w.call(ctx, client) }()
			}
			asked := []string{<-gate.asked}
			cancel()
			for range 2 {
				var interrupted *esa.Interrupted
				if err := <-results; !errors.As(err, &interrupted) || !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want an interruption", err)
				}
			}
			// No one waited for the SDK to give up: what it asked for is answered now, and serves the next call.
			close(gate.opened)
			if err := w.call(t.Context(), client); err != nil {
				t.Errorf("the next call: %v", err)
			}
			for len(gate.asked) > 0 {
				asked = append(asked, <-gate.asked)
			}
			slices.Sort(asked)
			if once := slices.Compact(slices.Clone(asked)); len(once) != len(asked) {
				t.Errorf("asked %q, want each once", asked)
			}
		})
	}
	t.Run("while looking for an instance", func(t *testing.T) {
		w := newWorld(t)
		gate := newGate(w.metadata)
		defer close(gate.opened)
		network.Host(standin.MetadataHost, gate)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-gate.asked
			cancel()
		}()
		if _, diags := block(nil).Find(ctx); len(diags) != 1 || diags[0].Summary() != "Canceled" {
			t.Errorf("diagnostics %v", diags)
		}
	})
}
