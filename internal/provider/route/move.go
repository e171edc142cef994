package route

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/alicloud"
)

// generalState is what is taken over of a state of alicloud_esa_routine_route. Its id is site, routine and config id.
type generalState struct {
	ID          string      `json:"id"`
	SiteID      json.Number `json:"site_id"`
	ConfigID    json.Number `json:"config_id"`
	RoutineName string      `json:"routine_name"`
	RouteName   string      `json:"route_name"`
	RouteEnable string      `json:"route_enable"`
	Rule        string      `json:"rule"`
	Bypass      string      `json:"bypass"`
	Fallback    string      `json:"fallback"`
	Sequence    json.Number `json:"sequence"`
}

// MoveState implements resource.ResourceWithMoveState. Its numbers of sites and routes may have been rounded to floats, so
// the id tells them.
func (r *routeResource) MoveState(context.Context) []resource.StateMover {
	return alicloud.Movers("alicloud_esa_routine_route", func(state generalState) (model, identity any, err error) {
		parts := strings.Split(state.ID, ":")
		if len(parts) != 3 || !isNumber(parts[0]) || !isNumber(parts[2]) {
			return nil, nil, errors.New("its id is not that of a route, as in \"54362329990032:hello:352816096987136\"")
		}
		moved := resourceModel{
			ID: types.StringValue(resourceID(parts[0], parts[2])), SiteID: types.StringValue(parts[0]), ConfigID: types.StringValue(parts[2]),
			RoutineName: types.StringValue(parts[1]), RouteName: alicloud.Text(state.RouteName), Rule: alicloud.Text(state.Rule),
			Enabled: types.BoolValue(state.RouteEnable != "off"), Bypass: onOff(state.Bypass), Fallback: onOff(state.Fallback),
			Sequence: types.Int64Null(), Timeout: types.Int64Null(),
			Timeouts: timeouts.Value{Object: types.ObjectNull(timeoutTypes)},
		}
		if sequence, err := state.Sequence.Int64(); err == nil {
			moved.Sequence = types.Int64Value(sequence)
		}
		return moved, moved.identity(), nil
	})
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

var timeoutTypes = map[string]attr.Type{"create": types.StringType, "update": types.StringType, "read": types.StringType, "delete": types.StringType}
