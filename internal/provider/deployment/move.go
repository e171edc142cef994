package deployment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// alicloudResource is the resource of the `alicloud` provider for the same object.
const alicloudResource = "alicloud_esa_routine_code_deployment"

// alicloudState has the attributes that are taken from the `alicloud` provider's state. The next read sets the others.
type alicloudState struct {
	ID           string                  `json:"id"`
	RoutineName  string                  `json:"routine_name"`
	Env          string                  `json:"env"`
	Strategy     string                  `json:"strategy"`
	CodeVersions []generalShare          `json:"code_versions"`
	Timeouts     framework.MovedTimeouts `json:"timeouts"`
}

type generalShare struct {
	CodeVersion string      `json:"code_version"`
	Percentage  json.Number `json:"percentage"`
}

// MoveState implements resource.ResourceWithMoveState.
func (r *deploymentResource) MoveState(context.Context) []resource.StateMover {
	return framework.Movers(&r.Resource, alicloudResource, func(state alicloudState) (resourceModel, error) {
		// An import that was never refreshed has only its id.
		if values, ok := framework.EnvironmentIdentity.Parse(state.ID); ok && state.RoutineName == "" && state.Env == "" {
			state.RoutineName, state.Env = values[0], values[1]
		}
		return state.model()
	})
}

// model converts the state. Attributes that the `alicloud` provider does not have are null until the next read. The id of the
// deployment is null too: an id without a time would mean that an apply ended early.
func (s alicloudState) model() (resourceModel, error) {
	if s.RoutineName == "" || strings.Contains(s.RoutineName, ":") || !framework.IsEnvironment(s.Env) {
		return resourceModel{}, fmt.Errorf("found routine_name %q and env %q, want the name of a routine and one of %s", s.RoutineName, s.Env, strings.Join(esa.Environments(), ", "))
	}
	shares := make([]split.Share, len(s.CodeVersions))
	for index, share := range s.CodeVersions {
		percentage, err := share.Percentage.Int64()
		if err != nil || share.CodeVersion == "" {
			return resourceModel{}, fmt.Errorf("found code_version %q at percentage %q", share.CodeVersion, share.Percentage)
		}
		shares[index] = split.Share{CodeVersion: share.CodeVersion, Percentage: int(percentage)}
	}
	return resourceModel{
		ID:             types.StringValue(framework.ID(s.RoutineName, s.Env)),
		Name:           types.StringValue(s.RoutineName),
		Env:            types.StringValue(s.Env),
		Strategy:       types.StringValue(cmp.Or(s.Strategy, esa.StrategyPercentage)),
		CodeVersions:   shareList(shares),
		AllowOverwrite: types.BoolNull(),
		Rollout:        types.ObjectNull(rolloutTypes()),
		Traffic:        types.MapNull(types.NumberType),
		DeploymentID:   types.StringNull(),
		CreateTime:     types.StringNull(),
		// The `alicloud` provider's timeout for deleting has no counterpart, because a destroy makes no call.
		Timeouts: s.Timeouts.Value("create", "read", "update"),
	}, nil
}
