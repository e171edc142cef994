package variables

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
)

// resourceModel is the resource in plan, state and configuration.
type resourceModel struct {
	ID             types.String   `tfsdk:"id"`
	Name           types.String   `tfsdk:"name"`
	Env            types.String   `tfsdk:"env"`
	Variables      types.Map      `tfsdk:"variables"`
	Secrets        types.Map      `tfsdk:"secrets_wo"`
	SecretsVersion types.Int64    `tfsdk:"secrets_wo_version"`
	SecretNames    types.List     `tfsdk:"secret_names"`
	Revision       types.String   `tfsdk:"revision"`
	AllowOverwrite types.Bool     `tfsdk:"allow_overwrite"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// keyTimes is the key of the times of the secrets in the private data, as of the last read.
const keyTimes = "secret_times"

// set is what the model says of an environment; known is false if a part of it is known only after apply. The names of secrets
// are those of secret_names.
func (m resourceModel) set() (described set, known bool) {
	described = set{plain: map[string]string{}}
	if m.Variables.IsUnknown() || m.SecretNames.IsUnknown() {
		return described, false
	}
	known = true
	for key, value := range m.Variables.Elements() {
		text, ok := value.(types.String)
		if !ok || text.IsUnknown() || text.IsNull() {
			known = false
			continue
		}
		described.plain[key] = text.ValueString()
	}
	for _, name := range m.SecretNames.Elements() {
		if text, ok := name.(types.String); ok {
			described.secrets = append(described.secrets, text.ValueString())
		}
	}
	slices.Sort(described.secrets)
	return described, known
}

// setBefore returns the set of a state with the times of its secrets.
func (m resourceModel) setBefore(ctx context.Context, private framework.PrivateReader) (before set, diags diag.Diagnostics) {
	before, _ = m.set()
	before.times, diags = framework.Recall[times](ctx, private, keyTimes)
	return before, diags
}

// secretNames returns the names in secrets_wo of a configuration, also with unknown values.
func secretNames(secrets types.Map) types.List {
	if secrets.IsUnknown() {
		return types.ListUnknown(types.StringType)
	}
	return texts(slices.Sorted(maps.Keys(secrets.Elements())))
}

func texts(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for index, value := range values {
		elements[index] = types.StringValue(value)
	}
	return types.ListValueMust(types.StringType, elements)
}

// secretValues returns the values of secrets by name. Only the call that sends them may use them.
func secretValues(secrets types.Map) map[string]string {
	values := map[string]string{}
	for key, value := range secrets.Elements() {
		if text, ok := value.(types.String); ok {
			values[key] = text.ValueString()
		}
	}
	return values
}

// setFromAPI fills the model with the variables of ESA.
func (m *resourceModel) setFromAPI(seen set) {
	if len(seen.plain) > 0 || !m.Variables.IsNull() {
		elements := map[string]attr.Value{}
		for key, value := range seen.plain {
			elements[key] = types.StringValue(value)
		}
		m.Variables = types.MapValueMust(types.StringType, elements)
	}
	m.SecretNames = texts(seen.secrets)
	m.ID = framework.IDOf(m.Name, m.Env)
	m.setRevision()
}

// setRevision computes the revision. It is unknown if a value is unknown.
func (m *resourceModel) setRevision() {
	described, known := m.set()
	if !known || m.SecretsVersion.IsUnknown() {
		m.Revision = types.StringUnknown()
		return
	}
	version := ""
	if !m.SecretsVersion.IsNull() {
		version = strconv.FormatInt(m.SecretsVersion.ValueInt64(), 10)
	}
	m.Revision = types.StringValue(described.revision(version))
}
