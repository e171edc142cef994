package routine

import (
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

// resourceModel is the resource in plan, state and configuration.
type resourceModel struct {
	ID                   types.String   `tfsdk:"id"`
	Name                 types.String   `tfsdk:"name"`
	Description          types.String   `tfsdk:"description"`
	DefaultRelatedRecord types.String   `tfsdk:"default_related_record"`
	HasAssets            types.Bool     `tfsdk:"has_assets"`
	CreateTime           types.String   `tfsdk:"create_time"`
	Timeouts             timeouts.Value `tfsdk:"timeouts"`
}

// baseline returns the baseline of a change, without deployments.
func (m resourceModel) baseline() baseline {
	return baseline{createTime: m.CreateTime.ValueString(), description: m.Description.ValueString()}
}

// fromAPI fills the model from an answer of ESA.
func (m *resourceModel) fromAPI(routine *esa.Routine) {
	m.Description = observedDescription(m.Description, routine.Description)
	m.computedFromAPI(routine)
}

// computedFromAPI fills the computed attributes. The description stays as planned.
func (m *resourceModel) computedFromAPI(routine *esa.Routine) {
	m.ID = m.Name
	m.DefaultRelatedRecord = types.StringValue(routine.DefaultRelatedRecord)
	m.HasAssets = types.BoolValue(routine.HasAssets)
	m.CreateTime = types.StringValue(routine.CreateTime)
}

// matches reports whether a routine is the one in the state, with its description. After an import every routine matches.
func (m resourceModel) matches(routine *esa.Routine) bool {
	return m.CreateTime.IsNull() || m.CreateTime.ValueString() == routine.CreateTime && routine.Description.Is(m.Description.ValueString())
}

// observedDescription returns the value of the attribute for an answer of ESA. If ESA returns the same text, it is the former
// value, so that neither the encoding nor an empty text instead of null is a difference.
func observedDescription(before types.String, answered esa.Description) types.String {
	switch {
	case answered.Is(before.ValueString()):
		return before
	case answered == "":
		return types.StringNull()
	default:
		return types.StringValue(answered.Text())
	}
}

// hasUnknown reports whether a computed attribute is unknown.
func (m resourceModel) hasUnknown() bool {
	return m.DefaultRelatedRecord.IsUnknown() || m.HasAssets.IsUnknown() || m.CreateTime.IsUnknown()
}

// unseen returns the model to save before ESA returns the routine. It has the former computed attributes, null for a create.
func (m resourceModel) unseen(before resourceModel) resourceModel {
	m.ID, m.DefaultRelatedRecord, m.HasAssets, m.CreateTime = m.Name, before.DefaultRelatedRecord, before.HasAssets, before.CreateTime
	return m
}
