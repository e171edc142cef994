package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
)

// sessionNamePattern is what the token service accepts as RoleSessionName, or nothing for the default.
var sessionNamePattern = regexp.MustCompile(`^([A-Za-z0-9.@_-]{2,64})?$`)

// Validate checks the block independently of the environment, and warns of attributes that it never uses.
func (m Model) Validate() diag.Diagnostics {
	diags := m.checkAccessKey()
	if diags.HasError() || len(m.Unknown()) > 0 {
		return diags
	}
	used := ""
	for _, way := range []struct {
		attribute string
		set       bool
	}{
		{attributeAccessKey, set(m.AccessKey)},
		{attributeOIDC, !m.OIDC.IsNull()},
		{attributeECSRoleName, set(m.ECSRoleName)},
		{attributeURI, set(m.URI)},
		{attributeProfile, set(m.Profile)},
	} {
		switch {
		case !way.set:
		case used == "":
			used = way.attribute
		default:
			diags.AddAttributeWarning(path.Root(way.attribute), "Unused credentials", fmt.Sprintf(
				"The provider block sets both %s and %s. The provider uses %s and ignores %s. Remove one of them.",
				used, way.attribute, used, way.attribute))
		}
	}
	return diags
}

// set reports whether an attribute has a value that counts; an empty text counts as none, as in modules that pass "".
func set(value types.String) bool {
	return value.ValueString() != ""
}

// checkAccessKey refuses an incomplete access key. The attributes and the environment are never mixed: ESA would refuse the signature of
// a key with the secret of another key.
func (m Model) checkAccessKey() (diags diag.Diagnostics) {
	incomplete := func(attribute, found string) {
		diags.AddAttributeError(path.Root(attribute), "Access key is incomplete", fmt.Sprintf(
			"The provider block sets %s, but not %s. Set both access_key and secret_key in the provider block, or set both in the environment (ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET).",
			found, attribute))
	}
	switch {
	case m.AccessKey.IsUnknown() || m.SecretKey.IsUnknown():
	case set(m.AccessKey) && !set(m.SecretKey):
		incomplete(attributeSecretKey, attributeAccessKey)
	case set(m.SecretKey) && !set(m.AccessKey):
		incomplete(attributeAccessKey, attributeSecretKey)
	case set(m.SecurityToken) && !set(m.AccessKey):
		incomplete(attributeAccessKey, attributeSecurityToken)
	}
	return diags
}

const mustBeURL = "must be a URL that starts with http:// or https://"

// httpURL refuses text that is not an http or https URL. It does not repeat the value, which may contain a password.
func httpURL() validator.String {
	return framework.TextRule("Invalid URL", mustBeURL, func(text string) error {
		if text == "" || isHTTPURL(text) {
			return nil
		}
		return errors.New(mustBeURL)
	})
}

func isHTTPURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != ""
}

// jsonObject refuses text that is not a JSON object.
func jsonObject() validator.String {
	return framework.TextRule("Invalid policy", "must be a JSON object", func(text string) error {
		var object map[string]any
		if text == "" || json.Unmarshal([]byte(text), &object) == nil {
			return nil
		}
		return errors.New("must be a JSON object. Use jsonencode() to write it")
	})
}
