package routine

import (
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

// resourceModel is the resource as plan, state and configuration hold it.
type resourceModel struct {
	ID                   types.String   `tfsdk:"id"`
	Name                 types.String   `tfsdk:"name"`
	Description          types.String   `tfsdk:"description"`
	DefaultRelatedRecord types.String   `tfsdk:"default_related_record"`
	HasAssets            types.Bool     `tfsdk:"has_assets"`
	CreateTime           types.String   `tfsdk:"create_time"`
	Timeouts             timeouts.Value `tfsdk:"timeouts"`
}

// baseline is what a change of the state is held against, but for what the routine serves.
func (m resourceModel) baseline() baseline {
	return baseline{createTime: m.CreateTime.ValueString(), description: m.Description.ValueString()}
}

// fromAPI fills the model with what ESA says of the routine.
func (m *resourceModel) fromAPI(routine *esa.Routine) {
	m.Description = observedDescription(m.Description, routine.Description)
	m.computedFromAPI(routine)
}

// computedFromAPI fills the computed attributes, and leaves the description as it was planned.
func (m *resourceModel) computedFromAPI(routine *esa.Routine) {
	m.ID = m.Name
	m.DefaultRelatedRecord = types.StringValue(routine.DefaultRelatedRecord)
	m.HasAssets = types.BoolValue(routine.HasAssets)
	m.CreateTime = types.StringValue(routine.CreateTime)
}

// matches tells whether a routine is the one in the state, with its description; an import knows neither.
func (m resourceModel) matches(routine *esa.Routine) bool {
	return m.CreateTime.IsNull() || m.CreateTime.ValueString() == routine.CreateTime && routine.Description.Is(m.Description.ValueString())
}

// observedDescription is the value of the attribute where ESA answered a description: the value that was there before
// where ESA says the same, so that neither the encoding nor an empty text for none makes a difference.
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

// hasUnknown tells whether there is a computed attribute that only ESA can fill.
func (m resourceModel) hasUnknown() bool {
	return m.DefaultRelatedRecord.IsUnknown() || m.HasAssets.IsUnknown() || m.CreateTime.IsUnknown()
}

// unseen returns the model such that it can be saved before ESA has shown the routine: with the computed attributes as they were
// before, null for a create.
func (m resourceModel) unseen(before resourceModel) resourceModel {
	m.ID, m.DefaultRelatedRecord, m.HasAssets, m.CreateTime = m.Name, before.DefaultRelatedRecord, before.HasAssets, before.CreateTime
	return m
}
