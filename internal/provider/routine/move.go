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

// alicloudResource is the resource of the `alicloud` provider that manages the same thing, and publishes code
// besides.
const alicloudResource = "alicloud_esa_routine"

// alicloudState is what is taken over of the `alicloud` provider's state. Its attributes about code have no counterpart here:
// code versions are a resource of their own.
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
		// An import that was never refreshed has nothing but its id.
		state.Name = cmp.Or(state.Name, state.ID)
		if problem := framework.RoutineNameProblem(state.Name); problem != "" {
			return model, errors.New(problem)
		}
		return state.model(), nil
	})
}

// model is the state in this resource's form. What the `alicloud` provider does not know is null until it is read. It keeps
// the description as ESA answers it, which may be base64.
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
