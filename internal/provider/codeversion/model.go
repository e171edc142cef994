package codeversion

import (
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// resourceModel is the resource in plan, state and configuration.
type resourceModel struct {
	ID               types.String   `tfsdk:"id"`
	Name             types.String   `tfsdk:"name"`
	Entry            types.String   `tfsdk:"entry"`
	Code             types.String   `tfsdk:"code"`
	AssetsDirectory  types.String   `tfsdk:"assets_directory"`
	NotFoundStrategy types.String   `tfsdk:"not_found_strategy"`
	Description      types.String   `tfsdk:"description"`
	DeployEnv        types.String   `tfsdk:"deploy_env"`
	SkipDestroy      types.Bool     `tfsdk:"skip_destroy"`
	Retain           types.Int64    `tfsdk:"retain"`
	Lineage          types.String   `tfsdk:"lineage"`
	CodeVersion      types.String   `tfsdk:"code_version"`
	ContentHash      types.String   `tfsdk:"content_hash"`
	Status           types.String   `tfsdk:"status"`
	CreateTime       types.String   `tfsdk:"create_time"`
	Timeouts         timeouts.Value `tfsdk:"timeouts"`
}

// Names of attributes in messages and plans.
const (
	attributeEntry           = string(bundle.Entry)
	attributeCode            = string(bundle.Code)
	attributeAssetsDirectory = string(bundle.AssetsDirectory)
	attributeDescription     = "description"
	attributeCodeVersion     = "code_version"
	attributeContentHash     = "content_hash"
	attributeDeployEnv       = "deploy_env"
)

// source returns the location of the content. known is false if a part of it is known only after apply; that part is omitted.
func (m resourceModel) source() (source bundle.Source, known bool) {
	return bundle.Source{
		Entry: m.Entry.ValueString(), Code: m.Code.ValueString(), AssetsDirectory: m.AssetsDirectory.ValueString(),
	}, !m.Entry.IsUnknown() && !m.Code.IsUnknown() && !m.AssetsDirectory.IsUnknown()
}

// input returns the parameters to reserve a version with.
func (m resourceModel) input() esa.CodeVersionInput {
	return esa.CodeVersionInput{
		Routine: m.Name.ValueString(), Description: m.Description.ValueString(), NotFoundStrategy: m.NotFoundStrategy.ValueString(),
		DeployEnv: m.DeployEnv.ValueString(),
	}
}

// isImported reports whether a state comes from an import, so that the content of the version is unknown.
func (m resourceModel) isImported() bool {
	return m.ContentHash.IsNull()
}

// stays reports whether the version stays in ESA when its resource is destroyed or replaced.
func (m resourceModel) stays() bool {
	return m.SkipDestroy.ValueBool() || !m.Retain.IsNull()
}

// fromAPI fills the model from an answer of ESA. Constant attributes are set only after an import: a text that ESA returns in
// another form would make every plan a replacement.
func (m *resourceModel) fromAPI(version *esa.CodeVersion) {
	if m.Status.IsNull() && m.ContentHash.IsNull() {
		m.Description = framework.Text(version.Description.Text())
		m.NotFoundStrategy = framework.Text(version.NotFoundStrategy)
		m.DeployEnv = framework.Text(version.DeployEnv)
	}
	m.ID = framework.IDOf(m.Name, m.CodeVersion)
	m.Status = types.StringValue(string(version.Status))
	m.CreateTime = framework.Text(version.CreateTime)
}

// sameDescription reports whether two descriptions are the same text. That of an imported version may be encoded, or the
// configured text may look encoded.
func sameDescription(configured, imported types.String) bool {
	one, other := configured.ValueString(), imported.ValueString()
	return !configured.IsUnknown() && (esa.Description(other).Is(one) || esa.Description(one).Is(other))
}
