package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/helpers/validatordiag"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// sessionNamePattern is what the token service accepts as RoleSessionName, or nothing for the default.
var sessionNamePattern = regexp.MustCompile(`^([A-Za-z0-9.@_-]{2,64})?$`)

// Validate finds what is wrong with the block whatever the environment holds, and warns of what it never uses.
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

// set tells whether an attribute has a value that counts; an empty text counts as none, as in modules that pass "".
func set(value types.String) bool {
	return value.ValueString() != ""
}

// checkAccessKey refuses half an access key. The attributes and the environment are never mixed, since a key with the
// secret of another only ends in a signature that ESA refuses.
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

// wholeSeconds accepts whole numbers of seconds within limits.
type wholeSeconds struct{ min, max int64 }

// Description implements validator.Describer.
func (v wholeSeconds) Description(context.Context) string {
	return fmt.Sprintf("value must be a whole number between %d and %d", v.min, v.max)
}

// MarkdownDescription implements validator.Describer.
func (v wholeSeconds) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateNumber implements validator.Number.
func (v wholeSeconds) ValidateNumber(ctx context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	number := req.ConfigValue.ValueBigFloat()
	seconds, _ := number.Int64()
	if !number.IsInt() || seconds < v.min || seconds > v.max {
		resp.Diagnostics.Append(validatordiag.InvalidAttributeValueDiagnostic(req.Path, v.Description(ctx), number.Text('g', 10)))
	}
}

// httpURL accepts an http or https URL.
type httpURL struct{}

// Description implements validator.Describer.
func (httpURL) Description(context.Context) string {
	return "value " + mustBeURL
}

// MarkdownDescription implements validator.Describer.
func (v httpURL) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateString implements validator.String. It does not repeat the value, which may hold a password.
func (v httpURL) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if set(req.ConfigValue) && !isHTTPURL(req.ConfigValue.ValueString()) {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid URL", fmt.Sprintf("Attribute %s %s.", req.Path, v.Description(ctx)))
	}
}

const mustBeURL = "must be a URL that starts with http:// or https://"

func isHTTPURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != ""
}

// jsonObject accepts the text of a JSON object.
type jsonObject struct{}

// Description implements validator.Describer.
func (jsonObject) Description(context.Context) string {
	return "value must be a JSON object"
}

// MarkdownDescription implements validator.Describer.
func (v jsonObject) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateString implements validator.String.
func (v jsonObject) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var object map[string]any
	if set(req.ConfigValue) && json.Unmarshal([]byte(req.ConfigValue.ValueString()), &object) != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid policy", fmt.Sprintf("Attribute %s %s. Use jsonencode() to write it.", req.Path, v.Description(ctx)))
	}
}
