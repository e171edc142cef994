package deployment

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/split"
)

// The resource of Alibaba Cloud's general provider that manages the same thing. Whoever publishes that provider, and on
// whichever registry, its address ends like this.
const (
	generalProvider = "alicloud"
	generalResource = "alicloud_esa_routine_code_deployment"
)

// MoveState implements resource.ResourceWithMoveState.
func (r *deploymentResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: moveFromGeneral}}
}

// generalState is what is taken over of the general provider's state. The rest follows from it or is read back. It is
// decoded by hand, so that a version of that provider with more attributes is no obstacle.
type generalState struct {
	ID           string         `json:"id"`
	RoutineName  string         `json:"routine_name"`
	Env          string         `json:"env"`
	Strategy     string         `json:"strategy"`
	CodeVersions []generalShare `json:"code_versions"`
	DeploymentID string         `json:"deployment_id"`
	Timeouts     *struct {
		Create *string `json:"create"`
	} `json:"timeouts"`
}

type generalShare struct {
	CodeVersion string      `json:"code_version"`
	Percentage  json.Number `json:"percentage"`
}

// moveFromGeneral turns a state of the general provider into one of this resource, without a call of ESA.
func moveFromGeneral(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	if path.Base(req.SourceProviderAddress) != generalProvider || req.SourceTypeName != generalResource || req.SourceRawState == nil {
		return
	}
	refuse := func(reason string) {
		resp.Diagnostics.AddError("Cannot move the deployment", fmt.Sprintf(
			"The state that %s wrote cannot be taken over: %s. Remove the moved block, and write an import block with the id \"routine:environment\" in its place.",
			generalResource, reason))
	}
	var state generalState
	decoder := json.NewDecoder(bytes.NewReader(req.SourceRawState.JSON))
	decoder.UseNumber()
	if err := decoder.Decode(&state); err != nil {
		refuse("it is not what version 1.287 and later of that provider write")
		return
	}
	// An import that was never refreshed has nothing but its id.
	if name, env, ok := parseResourceID(state.ID); ok && state.RoutineName == "" && state.Env == "" {
		state.RoutineName, state.Env = name, env
	}
	if state.RoutineName == "" || strings.Contains(state.RoutineName, ":") || !slices.Contains(esa.Environments(), state.Env) {
		refuse(fmt.Sprintf("found routine_name %q and env %q, want the name of a routine and one of %s", state.RoutineName, state.Env, strings.Join(esa.Environments(), ", ")))
		return
	}
	model, err := state.model()
	if err != nil {
		refuse(err.Error())
		return
	}
	resp.Diagnostics.Append(resp.TargetState.Set(ctx, model)...)
	if resp.TargetIdentity != nil {
		resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, model.identity())...)
	}
}

// model is the state in this resource's form. What the general provider does not know is null until it is read.
func (s generalState) model() (resourceModel, error) {
	shares := make([]split.Share, len(s.CodeVersions))
	for index, share := range s.CodeVersions {
		percentage, err := share.Percentage.Int64()
		if err != nil || share.CodeVersion == "" {
			return resourceModel{}, fmt.Errorf("found code_version %q at percentage %q", share.CodeVersion, share.Percentage)
		}
		shares[index] = split.Share{CodeVersion: share.CodeVersion, Percentage: int(percentage)}
	}
	list, diags := shareList(shares)
	if diags.HasError() {
		return resourceModel{}, fmt.Errorf("%s", diags[0].Detail())
	}
	model := resourceModel{
		ID:             types.StringValue(resourceID(s.RoutineName, s.Env)),
		Name:           types.StringValue(s.RoutineName),
		Env:            types.StringValue(s.Env),
		Strategy:       types.StringValue(esa.StrategyPercentage),
		CodeVersions:   list,
		AllowOverwrite: types.BoolNull(),
		DeploymentID:   textOrNull(s.DeploymentID),
		CreateTime:     types.StringNull(),
		Timeouts:       timeouts.Value{Object: types.ObjectNull(timeoutTypes)},
	}
	if s.Strategy != "" {
		model.Strategy = types.StringValue(s.Strategy)
	}
	// Of its two timeouts the general provider's delete has no counterpart, since a destroy calls nothing.
	if s.Timeouts != nil && s.Timeouts.Create != nil {
		model.Timeouts.Object = types.ObjectValueMust(timeoutTypes, map[string]attr.Value{
			"create": types.StringValue(*s.Timeouts.Create), "update": types.StringNull(), "read": types.StringNull(),
		})
	}
	return model, nil
}

var timeoutTypes = map[string]attr.Type{"create": types.StringType, "update": types.StringType, "read": types.StringType}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
