package record

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
)

// alicloudState is what is taken over of a state of alicloud_esa_routine_related_record.
type alicloudState struct {
	// ID is routine and number of the record.
	ID         string `json:"id"`
	RecordName string `json:"record_name"`
	// SiteID is text, or a number in older states.
	SiteID   json.RawMessage         `json:"site_id"`
	Timeouts framework.MovedTimeouts `json:"timeouts"`
}

// MoveState implements resource.ResourceWithMoveState.
func (r *recordResource) MoveState(context.Context) []resource.StateMover {
	return framework.Movers(&r.Resource, "alicloud_esa_routine_related_record", func(state alicloudState) (model resourceModel, err error) {
		values, ok := identity.Parse(state.ID)
		if !ok {
			return model, errors.New("its id is not that of a related record, such as \"hello:509348423011904\"")
		}
		return state.model(values[0], values[1]), nil
	})
}

// model is the state in this resource's form. A site that is not known is null until it is read.
func (s alicloudState) model(name, recordID string) resourceModel {
	model := resourceModel{
		Name: types.StringValue(name), RecordName: framework.Text(s.RecordName), SiteID: types.StringNull(),
		Timeouts: s.Timeouts.Value("create", "read", "delete"),
	}
	model.identify(recordID)
	if site := strings.Trim(string(s.SiteID), `"`); framework.IsNumber(site) {
		model.SiteID = types.StringValue(site)
	}
	return model
}
