package route

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

// resourceModel is the resource as plan, state and configuration hold it.
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

// identityModel is what tells one route from another.
type identityModel struct {
	SiteID   types.String `tfsdk:"site_id"`
	ConfigID types.String `tfsdk:"config_id"`
}

func (m resourceModel) identity() identityModel {
	return identityModel{SiteID: m.SiteID, ConfigID: m.ConfigID}
}

// input is the route as the model describes it. What is null or not known is left to ESA.
func (m resourceModel) input() esa.RouteInput {
	input := esa.RouteInput{
		SiteID: m.SiteID.ValueString(), RoutineName: m.RoutineName.ValueString(), RouteName: m.RouteName.ValueString(), Rule: m.Rule.ValueString(),
		Enabled: m.Enabled.ValueBool(), Bypass: m.Bypass.ValueBoolPointer(), Fallback: m.Fallback.ValueBoolPointer(), Timeout: int(m.Timeout.ValueInt64()),
	}
	if !m.Sequence.IsNull() && !m.Sequence.IsUnknown() {
		input.Sequence = new(int(m.Sequence.ValueInt64()))
	}
	return input
}

// fromAPI fills the model with a route. A switch that ESA does not show, or shows as off where the configuration leaves it
// out, stays as it is written.
func (m *resourceModel) fromAPI(route *esa.Route) {
	m.RoutineName = types.StringValue(route.RoutineName)
	m.RouteName = types.StringValue(route.RouteName)
	m.Rule = types.StringValue(route.Rule)
	m.Enabled = types.BoolValue(route.Enabled)
	m.Bypass = observed(m.Bypass, route.Bypass)
	m.Fallback = observed(m.Fallback, route.Fallback)
	m.computedFromAPI(route)
}

// computedFromAPI fills what ESA decides where the configuration does not.
func (m *resourceModel) computedFromAPI(route *esa.Route) {
	m.Sequence = types.Int64Value(int64(route.Sequence))
	m.Timeout = types.Int64Null()
	if route.Timeout != 0 {
		m.Timeout = types.Int64Value(int64(route.Timeout))
	}
	m.ConfigID = types.StringValue(route.ConfigID)
	m.ID = types.StringValue(resourceID(m.SiteID.ValueString(), route.ConfigID))
}

func observed(before types.Bool, shown *bool) types.Bool {
	if shown == nil || before.IsNull() && !*shown {
		return before
	}
	return types.BoolValue(*shown)
}

// resourceID is the id of the resource and of its import: "54362329990032:352816096987136".
func resourceID(siteID, configID string) string {
	return siteID + ":" + configID
}

// parseResourceID is the inverse of resourceID; ok is false for anything that resourceID does not return.
func parseResourceID(id string) (siteID, configID string, ok bool) {
	siteID, configID, _ = strings.Cut(id, ":")
	return siteID, configID, isNumber(siteID) && isNumber(configID)
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
