package routine

import (
	"cmp"
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// alicloudResource is the resource of the `alicloud` provider for the same object. It also publishes code.
const alicloudResource = "alicloud_esa_routine"

// alicloudState has the attributes that are taken from the `alicloud` provider's state. Those about code have no counterpart in
// this resource.
type alicloudState struct {
	ID          string                  `json:"id"`
	Name        string                  `json:"name"`
	Description string                  `json:"description"`
	CreateTime  string                  `json:"create_time"`
	Timeouts    framework.MovedTimeouts `json:"timeouts"`
}

// MoveState implements resource.ResourceWithMoveState.
func (r *routineResource) MoveState(context.Context) []resource.StateMover {
	return framework.Movers(&r.Resource, alicloudResource, func(state alicloudState) (model resourceModel, err error) {
		// An import that was never refreshed has only its id.
		state.Name = cmp.Or(state.Name, state.ID)
		if problem := framework.RoutineNameProblem(state.Name); problem != "" {
			return model, errors.New(problem)
		}
		return state.model(), nil
	})
}

// model converts the state. Attributes that the `alicloud` provider does not have are null until the next read. Its description
// may be base64, as in the ESA API.
func (s alicloudState) model() resourceModel {
	return resourceModel{
		ID:                   types.StringValue(s.Name),
		Name:                 types.StringValue(s.Name),
		Description:          framework.Text(esa.Description(s.Description).Text()),
		DefaultRelatedRecord: types.StringNull(),
		HasAssets:            types.BoolNull(),
		CreateTime:           framework.Text(s.CreateTime),
		Timeouts:             s.Timeouts.Value("create", "read", "update", "delete"),
	}
}
