package route

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
)

// alicloudState is what is taken over of a state of alicloud_esa_routine_route.
type alicloudState struct {
	// ID is site, routine and number of the route. The numbers are taken from it: versions of that provider have rounded those of
	// the other attributes.
	ID          string                  `json:"id"`
	RoutineName string                  `json:"routine_name"`
	RouteName   string                  `json:"route_name"`
	RouteEnable string                  `json:"route_enable"`
	Rule        string                  `json:"rule"`
	Bypass      string                  `json:"bypass"`
	Fallback    string                  `json:"fallback"`
	Sequence    json.Number             `json:"sequence"`
	Timeouts    framework.MovedTimeouts `json:"timeouts"`
}

// MoveState implements resource.ResourceWithMoveState.
func (r *routeResource) MoveState(context.Context) []resource.StateMover {
	return framework.Movers(&r.Resource, "alicloud_esa_routine_route", func(state alicloudState) (model resourceModel, err error) {
		parts := strings.Split(state.ID, ":")
		if len(parts) != 3 || !framework.IsNumber(parts[0]) || parts[1] == "" || !framework.IsNumber(parts[2]) {
			return model, errors.New("its id is not that of a route, such as \"54362329990032:hello:352816096987136\"")
		}
		return state.model(parts[0], parts[1], parts[2]), nil
	})
}

// model is the state in this resource's form. What the alicloud provider does not know is null until it is read.
func (s alicloudState) model(siteID, routine, configID string) resourceModel {
	model := resourceModel{
		SiteID: types.StringValue(siteID), RoutineName: types.StringValue(routine), RouteName: framework.Text(s.RouteName), Rule: framework.Text(s.Rule),
		Enabled: types.BoolValue(s.RouteEnable != "off"), Bypass: onOff(s.Bypass), Fallback: onOff(s.Fallback),
		Sequence: types.Int64Null(), Timeout: types.Int64Null(),
		Timeouts: s.Timeouts.Value("create", "read", "update", "delete"),
	}
	model.identify(configID)
	if sequence, err := s.Sequence.Int64(); err == nil {
		model.Sequence = types.Int64Value(sequence)
	}
	return model
}

func onOff(text string) types.Bool {
	switch text {
	case "on":
		return types.BoolValue(true)
	case "off":
		return types.BoolValue(false)
	default:
		return types.BoolNull()
	}
}
