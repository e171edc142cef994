package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/esasim"
)

const (
	codeVersion = "1723599747213377175"
	roleARN     = "acs:ram::1234567890123456:role/edge-release"
	oidcToken   = "eyJhbGciOiJSUzI1NiJ9.claims.signature"

	deployment = "resource \"esa_routine_code_deployment\" \"test\" {\n  name = \"hello\"\n  env = \"staging\"\n  code_versions = [{ code_version = \"" + codeVersion + "\", percentage = 100 }]\n}\n"
)

// outside is a network in which a simulator answers as esa.test, behind a proxy, and the token service as itself.
type outside struct {
	*standin.Network
	simulator *esasim.Simulator
	tokens    *standin.TokenService
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	network, err := standin.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	o := &outside{Network: network, simulator: esasim.New(), tokens: &standin.TokenService{}}
	o.tokens.Issued = o.simulator.AllowKey
	o.simulator.AddRoutine("hello")
	o.simulator.AddCodeVersion("hello", codeVersion)
	network.Host("esa.test", o.simulator)
	network.Host(standin.TokenServiceHost, o.tokens)
	return o
}

// workspace returns a workspace whose provider reaches the outside only through the proxy. Go reads the variables of
// proxies and certificates once in a process, which is why these tests run the real binary.
func (o *outside) workspace(t *testing.T, environment ...string) *acceptance.Workspace {
	t.Helper()
	certificate := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(certificate, o.Authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := o.ProxyURL().String()
	return acceptance.NewWorkspace(t, append([]string{
		"ESA_ENDPOINT=https://esa.test", "HTTPS_PROXY=" + proxy, "https_proxy=" + proxy, "HTTP_PROXY=" + proxy, "http_proxy=" + proxy,
		"NO_PROXY=", "no_proxy=", "SSL_CERT_FILE=" + certificate, "SSL_CERT_DIR=" + t.TempDir(), "HOME=" + t.TempDir(),
	}, environment...)...)
}

func staticKey() []string {
	return []string{"ALIBABA_CLOUD_ACCESS_KEY_ID=" + esasim.AccessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + esasim.AccessKeySecret}
}

func TestAccOIDCThroughProxy(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.tokens.AllowToken(oidcToken)
	o.Protect(url.UserPassword("builder", "proxy-password"))
	w := o.workspace(t, "TF_LOG=DEBUG")
	token := w.Write("token", oidcToken)
	w.Configure(fmt.Sprintf("provider \"esa\" {\n  assume_role_with_oidc = {\n    role_arn = %q\n    oidc_provider_arn = \"acs:ram::1234567890123456:oidc-provider/github\"\n    oidc_token_file = %q\n  }\n}\n", roleARN, token) + deployment)
	result := w.Run("apply", "-auto-approve")
	acceptance.Expect(t, "terraform", result, 0, "1 added", `ESA credentials`, "the RAM role "+roleARN+", assumed with the OIDC token of the provider block")
	for _, secret := range []string{oidcToken, "session-secret", "session-token", "proxy-password", "Signature="} {
		if strings.Contains(result.Output, secret) {
			t.Errorf("%q is in the debug log", secret)
		}
	}
	if got := o.Asked(); !slices.Contains(got, "esa.test") || !slices.Contains(got, standin.TokenServiceHost) {
		t.Errorf("the proxy was asked for %v", got)
	}
	if live, ok := o.simulator.Live("hello", "staging"); !ok || live.Shares[0].CodeVersion != codeVersion {
		t.Errorf("live: %v", live)
	}
	for _, agent := range o.simulator.UserAgents() {
		if !strings.HasPrefix(agent, "terraform-provider-esa/dev Terraform/1.") {
			t.Errorf("user agent %q", agent)
		}
	}
}

func TestAccProxyRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set   func(*outside)
		user  *url.Userinfo
		words []string
	}{
		"the password is wrong": {
			set:   func(o *outside) { o.Protect(url.UserPassword("builder", "proxy-password")) },
			user:  url.UserPassword("builder", "wrong-password"),
			words: []string{"answered HTTP 407: it asks for a user name and password, which go into HTTPS_PROXY"},
		},
		"it forbids": {
			set:   func(o *outside) { o.Refuse(http.StatusForbidden) },
			words: []string{"answered HTTP 403"},
		},
		"it fails": {
			set:   func(o *outside) { o.Refuse(http.StatusBadGateway) },
			words: []string{"ESA could not be reached.", "answered HTTP 502", "HTTPS_PROXY"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			test.set(o)
			proxy := o.ProxyURL()
			if test.user != nil {
				proxy.User = test.user
			}
			w := o.workspace(t, append(staticKey(), "HTTPS_PROXY="+proxy.String(), "https_proxy="+proxy.String(), "TF_LOG=DEBUG")...)
			w.Configure(deployment)
			result := w.Run("plan")
			acceptance.Expect(t, "terraform", result, 1, test.words...)
			for _, secret := range []string{"proxy-password", "wrong-password", esasim.AccessKeySecret} {
				if strings.Contains(result.Output, secret) {
					t.Errorf("%q is in the output or the log", secret)
				}
			}
		})
	}
}

func TestAccNoProxy(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	w := o.workspace(t, append(staticKey(), "NO_PROXY=esa.test", "no_proxy=esa.test")...)
	w.Configure(deployment)
	acceptance.Expect(t, "terraform", w.Run("plan"), 1, "ESA could not be reached.", "lookup esa.test")
	if got := o.Asked(); slices.Contains(got, "esa.test") {
		t.Errorf("the proxy was asked for %v in spite of NO_PROXY", got)
	}
}

func TestAccCustomAuthority(t *testing.T) {
	t.Parallel()
	simulator := esasim.StartTLS(t)
	simulator.AddRoutine("hello")
	simulator.AddCodeVersion("hello", codeVersion)
	w := acceptance.NewWorkspace(t, append(staticKey(), "ESA_ENDPOINT="+simulator.URL)...)
	w.Configure(deployment)
	acceptance.Expect(t, "terraform", w.Run("plan"), 1, "could not be verified", "SSL_CERT_FILE")
	trusting := w.Start([]string{"SSL_CERT_FILE=" + w.Write("authority.pem", string(simulator.CertificateAuthorityPEM))}, "apply", "-auto-approve")
	acceptance.Expect(t, "terraform", trusting.Wait(), 0, "1 added")
}

// TestAccURIFailureStaysOutOfTheLog is about the query and the password of the URI, which may be secret.
func TestAccURIFailureStaysOutOfTheLog(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.Host("session.test", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	w := o.workspace(t, "TF_LOG=TRACE", "ALIBABA_CLOUD_CREDENTIALS_URI=https://user:password-of-uri@session.test/creds?key=secret-of-uri")
	w.Configure(deployment)
	result := w.Run("plan")
	acceptance.Expect(t, "terraform", result, 1, "Cannot get credentials", "credentials_uri (https://session.test/creds)")
	for _, secret := range []string{"password-of-uri", "secret-of-uri"} {
		if strings.Contains(result.Output, secret) {
			t.Errorf("%q is in the output or the log", secret)
		}
	}
}

func TestAccProviderBlock(t *testing.T) {
	t.Parallel()
	key := fmt.Sprintf("access_key = %q\n  secret_key = %q\n", esasim.AccessKeyID, esasim.AccessKeySecret)
	for name, test := range map[string]struct {
		command  string
		block    string
		more     string
		exitCode int
		words    []string
	}{
		"half a key": {
			command: "validate", block: "access_key = \"LTAI\"", exitCode: 1,
			words: []string{"Access key is incomplete", "The provider block sets access_key, but not secret_key."},
		},
		"a session that is too long": {
			command: "validate", block: "assume_role = {\n    role_arn = \"x\"\n    session_expiration = 50000.5\n  }", exitCode: 1,
			words: []string{"Attribute assume_role.session_expiration value must be a whole number between 900 and 43200, got: 50000.5"},
		},
		"a policy that is no JSON": {
			command: "validate", block: "assume_role_with_oidc = {\n    policy = \"allow\"\n    session_name = \"a b\"\n  }\n  credentials_uri = \"localhost\"", exitCode: 1,
			words: []string{"Attribute assume_role_with_oidc.policy must be a JSON object. Use jsonencode() to write it.", "value must be 2 to 64 letters, digits or any of .@-_, got: a b", "Attribute credentials_uri must be a URL"},
		},
		"two ways": {
			command: "validate", block: key + "profile = \"work\"",
			words: []string{"Unused credentials", "sets both access_key and profile. The provider uses access_key and ignores profile. Remove one of them."},
		},
		"empty text counts as nothing": {command: "validate", block: key + "profile = \"\"\n  credentials_uri = \"\"\n  assume_role_with_oidc = null", words: []string{"The configuration is valid"}},
		"a role without ARN": {
			command: "plan", block: key + "assume_role = {}", exitCode: 1,
			words: []string{"assume_role.role_arn is required", "ALIBABA_CLOUD_ROLE_ARN"},
		},
		"a wrong profile": {
			command: "plan", block: "profile = \"third\"\n  shared_credentials_file = \"profiles.json\"", exitCode: 1,
			words: []string{`has no profile "third". It has: "first", "second".`},
		},
		"no credentials": {command: "plan", exitCode: 1, words: []string{"No credentials found", "Set one of these in the provider block or in the environment:", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"}},
		"known only after apply": {
			command: "plan", block: key + "assume_role = {\n    role_arn = terraform_data.later.output\n  }", more: "resource \"terraform_data\" \"later\" {\n  input = timestamp()\n}\ndata \"esa_routine_code_deployment\" \"test\" {\n  name = \"hello\"\n  env = \"staging\"\n}\n",
			exitCode: 1, words: []string{"assume_role.role_arn in the provider block is known only after apply"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			w := o.workspace(t)
			w.Write("profiles.json", `{"profiles": [{"name": "first"}, {"name": "second"}]}`)
			w.Configure("provider \"esa\" {\n  " + test.block + "\n}\n" + deployment + test.more)
			acceptance.Expect(t, "terraform", w.Run(test.command), test.exitCode, test.words...)
			if calls := o.simulator.Calls(); len(calls) != 0 {
				t.Errorf("%d calls of ESA, want none", len(calls))
			}
		})
	}
}

// TestAccRegionOfOtherTools has the region of servers in the environment, as users of other providers export it.
func TestAccRegionOfOtherTools(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.Host("esa.cn-hangzhou.aliyuncs.com", o.simulator)
	w := o.workspace(t, append(staticKey(), "ESA_ENDPOINT=", "ALIBABA_CLOUD_REGION=cn-shanghai", "TF_LOG=DEBUG")...)
	w.Configure(deployment)
	acceptance.Expect(t, "terraform", w.Run("apply", "-auto-approve"), 0, "1 added", "Region ignored: ESA has no endpoint there", "region=cn-shanghai", "source=ALIBABA_CLOUD_REGION")
	w.Configure("provider \"esa\" {\n  region = \"cn-shanghai\"\n}\n" + deployment)
	acceptance.Expect(t, "terraform", w.Run("plan"), 1, "Unknown region", "cn-hangzhou, ap-southeast-1")
}
