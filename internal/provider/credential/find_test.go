package credential_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/provider/credential"
)

// The ways, each as the block or the environment configures it.
var (
	withKey = func(m *credential.Model) { m.AccessKey, m.SecretKey = text(accessKeyID), text(accessKeySecret) }
	withURI = func(m *credential.Model) { m.URI = text("http://session.test/creds") }
	withECS = func(m *credential.Model) { m.ECSRoleName = text("instance-role") }

	withRole = func(m *credential.Model) {
		m.Role = object(roleTypes, map[string]attr.Value{"role_arn": text(roleARN)})
	}
	withProfile = func(m *credential.Model) { m.Profile = text("work") }
)

func (w *world) withOIDC(t *testing.T) func(*credential.Model) {
	file := w.file(t, "token", oidcToken+"\n")
	return func(m *credential.Model) {
		m.OIDC = object(oidcTypes, map[string]attr.Value{"role_arn": text(roleARN), "oidc_provider_arn": text(providerARN), "oidc_token_file": text(file)})
	}
}

// profiles is a file of profiles with some keys.
func profiles(current string, elements ...string) string {
	return fmt.Sprintf(`{"current": %q, "profiles": [%s]}`, current, strings.Join(elements, ","))
}

var workProfile = fmt.Sprintf(`{"name": "work", "mode": "AK", "access_key_id": %q, "access_key_secret": %q, "region_id": "ap-southeast-1"}`, accessKeyID, accessKeySecret)

func TestOrder(t *testing.T) {
	const role = "the RAM role " + roleARN + ", assumed with "
	for name, test := range map[string]struct {
		environment map[string]string
		block       []string
		home        bool
		want        string
	}{
		"the key comes first":                   {block: []string{"key", "oidc", "ecs", "uri", "profile"}, want: "the access key of the provider block"},
		"a role on top of the key":              {block: []string{"key", "role", "uri"}, want: role + "the access key of the provider block"},
		"OIDC before the instance":              {block: []string{"oidc", "ecs", "uri", "profile"}, want: role + "the OIDC token of the provider block"},
		"a role on top of the OIDC role":        {block: []string{"oidc", "role"}, want: role + role + "the OIDC token of the provider block"},
		"the instance before the URI":           {block: []string{"ecs", "uri", "profile"}, want: `the ECS instance's RAM role "instance-role" of the provider block`},
		"a role on top of the instance's":       {block: []string{"ecs", "role"}, want: role + `the ECS instance's RAM role "instance-role" of the provider block`},
		"the URI before the profile":            {block: []string{"uri", "profile"}, want: "the credentials URI of the provider block"},
		"the profile before the environment":    {block: []string{"profile"}, environment: keyOf("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), want: `the profile "work" (mode AK) of HOME/.aliyun/config.json`},
		"the profile before half a key":         {block: []string{"profile"}, environment: map[string]string{"ALIBABA_CLOUD_SECURITY_TOKEN": "token"}, want: `the profile "work" (mode AK) of HOME/.aliyun/config.json`},
		"a role on top of the profile":          {block: []string{"profile", "role"}, want: role + `the profile "work" (mode AK) of HOME/.aliyun/config.json`},
		"the environment's key":                 {environment: keyOf("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_PROFILE", "work"), want: "the access key of the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)"},
		"the environment's key, its other name": {environment: keyOf("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY"), want: "the access key of the environment (ALICLOUD_ACCESS_KEY)"},
		"the environment's key and none of another's names": {
			environment: keyOf("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_ACCESS_KEY", "LTAIAnother", "ALICLOUD_SECURITY_TOKEN", "token"),
			want:        "the access key of the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)",
		},
		"a role on top of the environment's key": {block: []string{"role"}, environment: keyOf("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), want: role + "the access key of the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)"},
		"the environment's OIDC token": {
			environment: map[string]string{"ALIBABA_CLOUD_ROLE_ARN": roleARN, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": providerARN, "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "~/token"},
			want:        role + "the OIDC token of the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE)",
		},
		"the environment's role of the instance": {environment: map[string]string{"ALIBABA_CLOUD_ECS_METADATA": "instance-role"}, want: `the ECS instance's RAM role "instance-role" of the environment (ALIBABA_CLOUD_ECS_METADATA)`},
		"the environment's URI":                  {environment: map[string]string{"ALIBABA_CLOUD_CREDENTIALS_URI": "http://session.test/"}, want: "the credentials URI of the environment (ALIBABA_CLOUD_CREDENTIALS_URI)"},
		"the environment's profile":              {environment: map[string]string{"ALIBABA_CLOUD_PROFILE": "work"}, want: `the profile "work" (mode AK) of HOME/.aliyun/config.json`},
		"the current profile":                    {want: `the profile "work" (mode AK) of HOME/.aliyun/config.json`},
		"the SDKs' file":                         {environment: map[string]string{"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}, want: "the section [default] of HOME/.alibabacloud/credentials"},
		"the instance, which no one named":       {environment: map[string]string{"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true", "ALIBABA_CLOUD_CREDENTIALS_FILE": "/nonexistent"}, want: "the RAM role of the ECS instance"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.file(t, ".aliyun/config.json", profiles("work", workProfile))
			w.file(t, ".alibabacloud/credentials", fmt.Sprintf("[default]\ntype = access_key\naccess_key_id = %s\naccess_key_secret = %s\n", accessKeyID, accessKeySecret))
			w.tokens.Issued = func(id, secret, token string) {
				w.simulator.AllowKey(id, secret, token)
				w.tokens.AllowKey(id, secret, token)
			}
			w.metadata.Issued = w.tokens.Issued
			ways := map[string]func(*credential.Model){"key": withKey, "uri": withURI, "ecs": withECS, "role": withRole, "profile": withProfile, "oidc": w.withOIDC(t)}
			for variable, value := range test.environment {
				t.Setenv(variable, value)
			}
			found := w.find(t, block(func(m *credential.Model) {
				for _, way := range test.block {
					ways[way](m)
				}
			}))
			if got := filepath.ToSlash(strings.ReplaceAll(found.Way, w.home, "HOME")); got != test.want {
				t.Errorf("way %q, want %q", got, test.want)
			}
		})
	}
}

func keyOf(idVariable, secretVariable string, more ...string) map[string]string {
	environment := map[string]string{idVariable: accessKeyID, secretVariable: accessKeySecret}
	for index := 0; index < len(more); index += 2 {
		environment[more[index]] = more[index+1]
	}
	return environment
}

func TestHomeOfAFile(t *testing.T) {
	for _, separator := range []string{"/", string(filepath.Separator)} { // Windows has both.
		w := newWorld(t)
		w.file(t, "elsewhere.json", profiles("work", workProfile))
		w.find(t, block(func(m *credential.Model) { m.File = text("~" + separator + "elsewhere.json") }))
	}
}

func TestSessionIsSharedAndRenewed(t *testing.T) {
	for name, test := range map[string]struct {
		lifetime time.Duration
		calls    int
		want     func(sessions int) bool
	}{
		"one session for all calls":        {lifetime: time.Hour, calls: 32, want: func(sessions int) bool { return sessions == 1 }},
		"renewed 3 minutes before its end": {lifetime: 2 * time.Minute, calls: 5, want: func(sessions int) bool { return sessions == 5 }},
	} {
		t.Run(name, func(t *testing.T) {
			for way, set := range map[string]func(*credential.Model){
				"role": func(m *credential.Model) { withKey(m); withRole(m) },
				"ecs":  withECS,
				"uri":  withURI,
			} {
				w := newWorld(t)
				w.tokens.Lifetime, w.metadata.Lifetime, w.sessions.Lifetime = test.lifetime, test.lifetime, test.lifetime
				found, diags := block(set).Find(t.Context())
				if diags.HasError() {
					t.Fatal(diags)
				}
				client := w.client(t, found.Provider)
				var group sync.WaitGroup
				for range test.calls {
					group.Go(func() {
						if err := client.Authenticate(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				if got := w.tokens.Count() + w.metadata.Count() + w.sessions.Count(); !test.want(got) {
					t.Errorf("%s: %d sessions for %d calls", way, got, test.calls)
				}
			}
		})
	}
}

func TestOIDCTokenIsReadAnewForARenewal(t *testing.T) {
	w := newWorld(t)
	w.tokens.Lifetime = 2 * time.Minute
	w.tokens.AllowToken("second-token")
	found, diags := block(w.withOIDC(t)).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	client := w.client(t, found.Provider)
	for _, token := range []string{oidcToken, "second-token"} {
		w.file(t, "token", token)
		if err := client.Authenticate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	requests := w.tokens.Requests()
	if got := requests[len(requests)-1].Get("OIDCToken"); got != "second-token" {
		t.Errorf("the renewal carried %q, want the token that the file holds now", got)
	}
}

func TestTemporaryFailureIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	var once sync.Once
	w.tokens.Answer(func(rw http.ResponseWriter, r *http.Request) {
		failed := false
		once.Do(func() {
			failed = true
			standin.Refusal(http.StatusServiceUnavailable, "ServiceUnavailable", "Later.")(rw, r)
		})
		if !failed {
			w.tokens.Answer(nil)
			w.tokens.ServeHTTP(rw, r)
		}
	})
	w.find(t, block(func(m *credential.Model) { withKey(m); withRole(m) }))
	if got := len(w.tokens.Requests()); got != 3 { // The stand-in passes the second on to itself.
		t.Errorf("%d requests, want a second after the first failed", got)
	}
}

func TestPermanentFailureIsNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.tokens.Answer(standin.Refusal(http.StatusForbidden, "NoPermission", "You are not authorized to do this action."))
	found, diags := block(func(m *credential.Model) { withKey(m); withRole(m) }).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	err := w.client(t, found.Provider).Authenticate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "AssumeRole of the RAM role "+roleARN+" was refused: NoPermission (HTTP 403): You are not authorized to do this action. (RequestId STS-REQUEST)") {
		t.Errorf("error %v", err)
	}
	if got := len(w.tokens.Requests()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}
