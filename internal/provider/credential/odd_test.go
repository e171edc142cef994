package credential_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/provider/credential"
)

// TestFieldsThatAModeNeeds takes each field away that a mode cannot do without.
func TestFieldsThatAModeNeeds(t *testing.T) {
	for mode, fields := range map[string][]string{
		"":                    {"access_key_id", "access_key_secret"},
		"AK":                  {"access_key_id", "access_key_secret"},
		"StsToken":            {"access_key_id", "access_key_secret", "sts_token"},
		"RamRoleArn":          {"access_key_id", "access_key_secret", "ram_role_arn"},
		"ChainableRamRoleArn": {"source_profile", "ram_role_arn"},
		"RamRoleArnWithEcs":   {"ram_role_arn"},
		"OIDC":                {"ram_role_arn", "oidc_provider_arn", "oidc_token_file"},
		"CredentialsURI":      {"credentials_uri"},
	} {
		for _, field := range fields {
			w := newWorld(t)
			for variable, value := range everyVariable() { // None of them stands in for the field.
				t.Setenv(variable, value)
			}
			var profile map[string]any
			if err := json.Unmarshal([]byte(fullProfile("tested", mode)), &profile); err != nil {
				t.Fatal(err)
			}
			delete(profile, field)
			content, err := json.Marshal(profile)
			if err != nil {
				t.Fatal(err)
			}
			w.file(t, "profiles.json", profiles("", string(content), fullProfile("source", "AK")))
			_, diags := block(func(m *credential.Model) { m.Profile, m.File = text("tested"), text("~/profiles.json") }).Find(t.Context())
			if len(diags) != 1 {
				t.Errorf("mode %s without %s: %v", mode, field, diags)
				continue
			}
			checkDiagnostic(t, diags[0], "profile", " has no "+field+`. Run "aliyun configure --profile tested" to complete it.`)
		}
	}
}

// TestProfileOfTheEnvironment is about each half of what names a profile.
func TestProfileOfTheEnvironment(t *testing.T) {
	for variable, way := range map[string]string{
		"ALIBABA_CLOUD_PROFILE":            `the profile "tested" (mode AK) of HOME/.aliyun/config.json`,
		"ALICLOUD_SHARED_CREDENTIALS_FILE": `the profile "other" (mode AK) of HOME/elsewhere.json`,
	} {
		w := newWorld(t)
		w.file(t, ".aliyun/config.json", profiles("source", fullProfile("source", "AK"), fullProfile("tested", "AK")))
		w.file(t, "elsewhere.json", profiles("other", fullProfile("other", "AK")))
		t.Setenv(variable, map[string]string{"ALIBABA_CLOUD_PROFILE": "tested", "ALICLOUD_SHARED_CREDENTIALS_FILE": "~/elsewhere.json"}[variable])
		found, diags := block(nil).Find(t.Context())
		if got := strings.ReplaceAll(strings.ReplaceAll(found.Way, w.home, "HOME"), `\`, "/"); diags.HasError() || got != way {
			t.Errorf("%s: %q, %v; want %q", variable, got, diags, way)
		}
	}
}

func TestSDKFileThatCannotBeUsed(t *testing.T) {
	key := "type = ram_role_arn\naccess_key_id = a\naccess_key_secret = " + accessKeySecret + "\nrole_arn = r\n"
	for content, words := range map[string]string{
		"[other]\n" + key:     "it has no section [default].",
		"[default]\n":         "type in the section [default] must be access_key, ram_role_arn or ecs_ram_role.",
		"[default]\ntype = x": "type in the section [default] must be access_key, ram_role_arn or ecs_ram_role.",
		"[default]\n" + strings.Replace(key, "role_arn = r", "", 1):            "the section [default] of the type ram_role_arn has no role_arn.",
		"[default]\n" + strings.Replace(key, "access_key_id", "x", 1):          "the section [default] of the type ram_role_arn has no access_key_id.",
		"[default]\n" + strings.Replace(key, "access_key_secret", "x", 1):      "the section [default] of the type ram_role_arn has no access_key_secret.",
		"[default]\ntype = access_key\naccess_key_secret = " + accessKeySecret: "the section [default] of the type access_key has no access_key_id.",
		"[default]\ntype = access_key\naccess_key_id = a":                      "the section [default] of the type access_key has no access_key_secret.",
		"[default]\ntype = ecs_ram_role":                                       "the ECS metadata service is disabled (ALIBABA_CLOUD_ECS_METADATA_DISABLED).",
	} {
		w := newWorld(t)
		t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true") // Otherwise the instance's role would be next.
		file := w.file(t, ".alibabacloud/credentials", content)
		_, diags := block(nil).Find(t.Context())
		if want := "The file " + file + ": " + words; len(diags) != 1 || !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("%q: %v, want %q", content, diags, want)
		} else if strings.Contains(diags[0].Detail(), accessKeySecret) {
			t.Errorf("%q: a secret is in the detail", content)
		}
	}
	newWorld(t)
	for _, variable := range []string{"HOME", "USERPROFILE"} {
		t.Setenv(variable, "")
	}
	t.Setenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	_, diags := block(nil).Find(t.Context())
	for _, words := range []string{
		"  - The profiles of the CLI are disabled (ALIBABA_CLOUD_CLI_PROFILE_DISABLED).\n",
		"  - Cannot find ~/.alibabacloud/credentials: the home directory is unknown.\n",
		"  - The ECS metadata service is disabled (ALIBABA_CLOUD_ECS_METADATA_DISABLED).",
	} {
		if len(diags) != 1 || !strings.Contains(diags[0].Detail(), words) {
			t.Errorf("diagnostics %v, want %q", diags, words)
		}
	}
}

// TestOddAnswers is about answers at the limits of what a service may send.
func TestOddAnswers(t *testing.T) {
	session := `{"AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "", "Expiration": "2126-01-31T12:00:00Z"`
	for name, test := range map[string]struct {
		configure func(*credential.Model)
		host      string
		answer    http.HandlerFunc
		words     string
	}{
		"too long":                 {withURI, "session.test", standin.Page(http.StatusOK, session+strings.Repeat(" ", 1<<20)+"}"), "the answer has an unexpected form"},
		"without a security token": {withURI, "session.test", standin.Page(http.StatusOK, session+"}"), ""},
		"redirect": {withURI, "session.test", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/moved" {
				http.Redirect(w, r, "/moved", http.StatusFound)
				return
			}
			standin.Page(http.StatusOK, session+"}")(w, r)
		}, ""},
		"redirects without an end": {withURI, "session.test", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "HTTP 302 from session.test"},
		"message too long":         {both(withKey, withRole), standin.TokenServiceHost, standin.Refusal(403, "NoPermission", strings.Repeat("é", 5000)), "NoPermission (HTTP 403): " + strings.Repeat("é", 1000) + "… (RequestId STS-REQUEST)"},
		"no HTTP at all":           {withURI, "session.test", standin.Reset, "the connection to session.test broke: "},
		"instance: failed":         {withECS, standin.MetadataHost, standin.Page(http.StatusOK, `{"Code": "Failed"}`), "the answer is not a token"},
	} {
		t.Run(name, func(t *testing.T) {
			newWorld(t)
			network.Host(test.host, test.answer)
			found, diags := block(test.configure).Find(t.Context())
			if diags.HasError() {
				t.Fatal(diags)
			}
			_, err := found.Provider.GetCredentials()
			if test.words == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error %v, want %q in it", err, test.words)
			}
		})
	}
}

// TestSessionLacksAMember takes one member after the other away from a session.
func TestSessionLacksAMember(t *testing.T) {
	for _, member := range []string{"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"} {
		newWorld(t)
		session := map[string]string{"AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c", "Expiration": "2126-01-31T12:00:00Z"}
		delete(session, member)
		content, err := json.Marshal(session)
		if err != nil {
			t.Fatal(err)
		}
		network.Host("session.test", standin.Page(http.StatusOK, string(content)))
		found, _ := block(withURI).Find(t.Context())
		want := "cannot get a session from credentials_uri (http://session.test/creds): the answer lacks " + member +
			". The answer must be a JSON object with AccessKeyId, AccessKeySecret, SecurityToken and Expiration"
		if _, err := found.Provider.GetCredentials(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestOddNames is about names that go into an address.
func TestOddNames(t *testing.T) {
	newWorld(t)
	found, diags := block(func(m *credential.Model) { m.ECSRoleName = text("a/../b?c") }).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	_, err := found.Provider.GetCredentials()
	requests := network.Requests()
	if last := requests[len(requests)-1].URL; err == nil || !strings.HasSuffix(last, "/security-credentials/a%2F..%2Fb%3Fc") {
		t.Errorf("asked %s, error %v", last, err)
	}
	for _, region := range []string{"elsewhere.test/", "a b", "a@b"} {
		newWorld(t)
		t.Setenv("ALIBABA_CLOUD_STS_REGION", region)
		found, diags := block(both(withKey, withRole)).Find(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		if _, err := found.Provider.GetCredentials(); err == nil || !strings.Contains(err.Error(), "is not an address of the token service. The region (sts_region, ALIBABA_CLOUD_STS_REGION) must be") {
			t.Errorf("region %q: error %v", region, err)
		}
		if asked := network.Asked(); len(asked) > 0 {
			t.Errorf("region %q: asked %v", region, asked)
		}
	}
}

// TestOIDCTokenThatIsGone is about the token of a renewal.
func TestOIDCTokenThatIsGone(t *testing.T) {
	w := newWorld(t)
	found, diags := block(w.withOIDC(t)).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	file := w.file(t, "token", " \n")
	want := "AssumeRoleWithOIDC of the RAM role " + roleARN + ": cannot read the OIDC token: the file " + file + " is empty"
	if _, err := found.Provider.GetCredentials(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	_, diags = block(func(m *credential.Model) {
		m.OIDC = object(oidcTypes, map[string]attr.Value{"role_arn": text(roleARN), "oidc_provider_arn": text(providerARN), "oidc_token_file": text(file)})
	}).Find(t.Context())
	if len(diags) != 1 || diags[0].Summary() != "Cannot read the OIDC token" {
		t.Errorf("diagnostics %v", diags)
	}
}
