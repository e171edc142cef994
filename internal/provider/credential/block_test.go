package credential_test

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/credential"
)

// blockAttributes are the attributes of the block by their paths, nested ones as "assume_role.role_arn".
func blockAttributes() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, attribute := range credential.Attributes() {
		attributes[name] = attribute
		if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
			for inner, attribute := range nested.Attributes {
				attributes[name+"."+inner] = attribute
			}
		}
	}
	return attributes
}

func TestAttributesAreOptionalAndSecretsSensitive(t *testing.T) {
	secret := []string{"access_key", "credentials_uri", "secret_key", "security_token"}
	var sensitive []string
	for name, attribute := range blockAttributes() {
		if !attribute.IsOptional() || attribute.IsRequired() {
			t.Errorf("%s is not optional", name)
		}
		if attribute.GetMarkdownDescription() == "" {
			t.Errorf("%s has no description", name)
		}
		if attribute.IsSensitive() {
			sensitive = append(sensitive, name)
		}
	}
	slices.Sort(sensitive)
	if diff := cmp.Diff(secret, sensitive); diff != "" {
		t.Errorf("sensitive attributes (-want +got):\n%s", diff)
	}
}

func TestValuesOfAttributes(t *testing.T) {
	number := func(value float64) attr.Value { return types.NumberValue(big.NewFloat(value)) }
	const (
		url     = "Attribute credentials_uri must be a URL that starts with http:// or https://."
		session = "value must be 2 to 64 letters, digits or any of .@-_, got: "
	)
	for _, test := range []struct {
		attribute string
		value     attr.Value
		words     string
	}{
		{"credentials_uri", text("https://session.test/"), ""},
		{"credentials_uri", text("http://localhost:8080"), ""},
		{"credentials_uri", text(""), ""},
		{"credentials_uri", types.StringNull(), ""},
		{"credentials_uri", types.StringUnknown(), ""},
		{"credentials_uri", text("localhost:8080"), url},
		{"credentials_uri", text("ftp://session.test/"), url},
		{"credentials_uri", text("http://"), url},
		{"credentials_uri", text("http://a b"), url},
		{"assume_role.policy", text(`{"Version": "1"}`), ""},
		{"assume_role.policy", text(""), ""},
		{"assume_role.policy", types.StringUnknown(), ""},
		{"assume_role.policy", text("[]"), "Attribute assume_role.policy must be a JSON object. Use jsonencode() to write it."},
		{"assume_role_with_oidc.policy", text("allow"), "Attribute assume_role_with_oidc.policy must be a JSON object. Use jsonencode() to write it."},
		{"assume_role.session_name", text("run-42@ci.test_1"), ""},
		{"assume_role.session_name", text(""), ""},
		{"assume_role.session_name", text(strings.Repeat("a", 64)), ""},
		{"assume_role.session_name", text("a"), session + "a"},
		{"assume_role.session_name", text(strings.Repeat("a", 65)), session},
		{"assume_role_with_oidc.session_name", text("a b"), session + "a b"},
		{"assume_role.session_expiration", number(900), ""},
		{"assume_role.session_expiration", number(43200), ""},
		{"assume_role.session_expiration", types.NumberNull(), ""},
		{"assume_role.session_expiration", types.NumberUnknown(), ""},
		{"assume_role.session_expiration", number(899), "Attribute assume_role.session_expiration value must be a whole number between 900 and 43200, got: 899"},
		{"assume_role.session_expiration", number(43201), "between 900 and 43200, got: 43201"},
		{"assume_role.session_expiration", number(1000.5), "must be a whole number between 900 and 43200, got: 1000.5"},
		{"assume_role_with_oidc.session_expiration", number(900), ""},
		{"assume_role_with_oidc.session_expiration", number(3600), ""},
		{"assume_role_with_oidc.session_expiration", number(899), "between 900 and 3600, got: 899"},
		{"assume_role_with_oidc.session_expiration", number(3601), "between 900 and 3600, got: 3601"},
	} {
		at := path.Root(test.attribute)
		if outer, inner, nested := strings.Cut(test.attribute, "."); nested {
			at = path.Root(outer).AtName(inner)
		}
		var got diag.Diagnostics
		switch attribute := blockAttributes()[test.attribute].(type) {
		case schema.StringAttribute:
			for _, check := range attribute.Validators {
				var resp validator.StringResponse
				check.ValidateString(t.Context(), validator.StringRequest{Path: at, ConfigValue: test.value.(types.String)}, &resp)
				got.Append(resp.Diagnostics...)
			}
		case schema.NumberAttribute:
			for _, check := range attribute.Validators {
				var resp validator.NumberResponse
				check.ValidateNumber(t.Context(), validator.NumberRequest{Path: at, ConfigValue: test.value.(types.Number)}, &resp)
				got.Append(resp.Diagnostics...)
			}
		}
		switch {
		case test.words == "" && len(got) > 0:
			t.Errorf("%s = %s: %v", test.attribute, test.value, got)
		case test.words != "" && (len(got) != 1 || !strings.Contains(got[0].Detail(), test.words)):
			t.Errorf("%s = %s: %v, want %q", test.attribute, test.value, got, test.words)
		}
	}
}

// ways are the attributes that stand for a way of their own, in their order.
var ways = []struct {
	attribute string
	set       func(*credential.Model)
}{
	{"access_key", withKey},
	{"assume_role_with_oidc", func(m *credential.Model) { m.OIDC = object(oidcTypes, nil) }},
	{"ecs_role_name", withECS},
	{"credentials_uri", withURI},
	{"profile", withProfile},
}

func TestUnusedCredentialsWarn(t *testing.T) {
	for first, used := range ways {
		for _, ignored := range ways[first+1:] {
			diags := block(both(used.set, ignored.set)).Validate()
			want := "The provider block sets both " + used.attribute + " and " + ignored.attribute + ". The provider uses " + used.attribute + " and ignores " + ignored.attribute + ". Remove one of them."
			if len(diags) != 1 || diags[0].Severity() != diag.SeverityWarning || diags[0].Detail() != want {
				t.Errorf("diagnostics %v, want the warning %q", diags, want)
				continue
			}
			checkDiagnostic(t, diags[0], ignored.attribute, want)
		}
		if diags := block(both(used.set, withRole)).Validate(); len(diags) > 0 {
			t.Errorf("%s with a role: %v", used.attribute, diags)
		}
	}
	if diags := block(both(withKey, withProfile, func(m *credential.Model) { m.File = types.StringUnknown() })).Validate(); len(diags) > 0 {
		t.Errorf("while something is unknown: %v", diags)
	}
}

func TestHalfAKeyIsRefusedByValidation(t *testing.T) {
	unknown := types.StringUnknown()
	for name, test := range map[string]struct {
		change func(*credential.Model)
		at     string
	}{
		"no secret":         {func(m *credential.Model) { m.AccessKey = text("a") }, "secret_key"},
		"no key":            {func(m *credential.Model) { m.SecretKey = text("a") }, "access_key"},
		"token alone":       {func(m *credential.Model) { m.SecurityToken = text("a") }, "access_key"},
		"key unknown":       {func(m *credential.Model) { m.AccessKey, m.SecurityToken = unknown, text("a") }, ""},
		"secret unknown":    {func(m *credential.Model) { m.AccessKey, m.SecretKey = text("a"), unknown }, ""},
		"key with a token":  {fullKey, ""},
		"nothing":           {nil, ""},
		"empty text":        {func(m *credential.Model) { m.AccessKey, m.SecretKey, m.SecurityToken = text(""), text(""), text("") }, ""},
		"key, empty secret": {func(m *credential.Model) { m.AccessKey, m.SecretKey = text("a"), text("") }, "secret_key"},
	} {
		diags := block(test.change).Validate()
		if diags.HasError() != (test.at != "") || len(diags) > 1 {
			t.Errorf("%s: %v", name, diags)
		} else if test.at != "" {
			checkDiagnostic(t, diags[0], test.at, "but not "+test.at)
		}
	}
}

func TestUnknownAttributesAreNamed(t *testing.T) {
	text := types.StringUnknown()
	changes := map[string]func(*credential.Model){
		"access_key":              func(m *credential.Model) { m.AccessKey = text },
		"secret_key":              func(m *credential.Model) { m.SecretKey = text },
		"security_token":          func(m *credential.Model) { m.SecurityToken = text },
		"profile":                 func(m *credential.Model) { m.Profile = text },
		"shared_credentials_file": func(m *credential.Model) { m.File = text },
		"ecs_role_name":           func(m *credential.Model) { m.ECSRoleName = text },
		"credentials_uri":         func(m *credential.Model) { m.URI = text },
		"assume_role":             func(m *credential.Model) { m.Role = types.ObjectUnknown(roleTypes) },
		"assume_role_with_oidc":   func(m *credential.Model) { m.OIDC = types.ObjectUnknown(oidcTypes) },
	}
	unknown := func(kind attr.Type) attr.Value {
		if kind == types.NumberType {
			return types.NumberUnknown()
		}
		return text
	}
	for name, kind := range roleTypes {
		changes["assume_role."+name] = func(m *credential.Model) { m.Role = object(roleTypes, map[string]attr.Value{name: unknown(kind)}) }
	}
	for name, kind := range oidcTypes {
		changes["assume_role_with_oidc."+name] = func(m *credential.Model) { m.OIDC = object(oidcTypes, map[string]attr.Value{name: unknown(kind)}) }
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(blockAttributes())), slices.Sorted(maps.Keys(changes))); diff != "" {
		t.Fatalf("attributes (-schema +tested):\n%s", diff)
	}
	for name, change := range changes {
		if got := block(change).Unknown(); len(got) != 1 || got[0] != name {
			t.Errorf("unknown %q, want %s", got, name)
		}
	}
	if got := block(both(fullKey, fullRole, fullOIDC)).Unknown(); len(got) > 0 {
		t.Errorf("unknown %q, want none", got)
	}
}
