package route

import (
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/routerule"
)

// resourceModel is the resource in plan, state and configuration.
type resourceModel struct {
	ID          types.String   `tfsdk:"id"`
	SiteID      types.String   `tfsdk:"site_id"`
	RoutineName types.String   `tfsdk:"routine_name"`
	RouteName   types.String   `tfsdk:"route_name"`
	Rule        types.String   `tfsdk:"rule"`
	Enabled     types.Bool     `tfsdk:"enabled"`
	Bypass      types.Bool     `tfsdk:"bypass"`
	Fallback    types.Bool     `tfsdk:"fallback"`
	Sequence    types.Int64    `tfsdk:"sequence"`
	Timeout     types.Int64    `tfsdk:"timeout"`
	ConfigID    types.String   `tfsdk:"config_id"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
}

// input returns the route of the model. ESA decides attributes that are null or unknown.
func (m resourceModel) input() esa.RouteInput {
	input := esa.RouteInput{
		SiteID: m.SiteID.ValueString(), RoutineName: m.RoutineName.ValueString(), RouteName: m.RouteName.ValueString(), Rule: m.Rule.ValueString(),
		Enabled: m.Enabled.ValueBool(), Bypass: known(m.Bypass), Fallback: known(m.Fallback), Timeout: int(m.Timeout.ValueInt64()),
	}
	if !m.Sequence.IsNull() && !m.Sequence.IsUnknown() {
		input.Sequence = new(int(m.Sequence.ValueInt64()))
	}
	return input
}

func known(value types.Bool) *bool {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueBoolPointer()
}

// fromAPI fills the model from a route of ESA. Attributes that ESA does not return do not change, and neither does a rule that
// differs only in white space.
func (m *resourceModel) fromAPI(route *esa.Route) {
	m.RoutineName = types.StringValue(route.RoutineName)
	m.RouteName = types.StringValue(route.RouteName)
	if !routerule.Same(m.Rule.ValueString(), route.Rule) {
		m.Rule = types.StringValue(route.Rule)
	}
	m.Enabled = types.BoolValue(route.Enabled)
	if route.Bypass != nil {
		m.Bypass = types.BoolPointerValue(route.Bypass)
	}
	if route.Fallback != nil {
		m.Fallback = types.BoolPointerValue(route.Fallback)
	}
	if route.Sequence != nil {
		m.Sequence = types.Int64Value(int64(*route.Sequence))
	}
	if route.Timeout != 0 {
		m.Timeout = types.Int64Value(int64(route.Timeout))
	}
	m.identify(route.ConfigID)
}

// fillUnknown fills unknown attributes, with null if ESA does not return them.
func (m *resourceModel) fillUnknown(route *esa.Route) {
	if m.Bypass.IsUnknown() {
		m.Bypass = types.BoolPointerValue(route.Bypass)
	}
	if m.Fallback.IsUnknown() {
		m.Fallback = types.BoolPointerValue(route.Fallback)
	}
	if m.Sequence.IsUnknown() {
		m.Sequence = types.Int64Null()
		if route.Sequence != nil {
			m.Sequence = types.Int64Value(int64(*route.Sequence))
		}
	}
	if m.Timeout.IsUnknown() {
		m.Timeout = types.Int64Null()
		if route.Timeout != 0 {
			m.Timeout = types.Int64Value(int64(route.Timeout))
		}
	}
	m.identify(route.ConfigID)
}

func (m *resourceModel) identify(configID string) {
	m.ConfigID = types.StringValue(configID)
	m.ID = framework.IDOf(m.SiteID, m.ConfigID)
}
