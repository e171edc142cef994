package framework

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// providerType is the last part of the provider's address, independent of publisher and registry.
const providerType = "alicloud"

// Movers returns the state movers that convert states of a resource type of the `alicloud` provider into states of this resource,
// without a call to ESA. State has the attributes that are read, by name, so that versions of the `alicloud` provider with more
// attributes work too. The error of convert says why a state cannot be moved.
func Movers[State, Model any](r *Resource, resourceType string, convert func(State) (Model, error)) []resource.StateMover {
	return []resource.StateMover{{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		if path.Base(req.SourceProviderAddress) != providerType || req.SourceTypeName != resourceType || req.SourceRawState == nil {
			return
		}
		var state State
		if json.NewDecoder(bytes.NewReader(req.SourceRawState.JSON)).Decode(&state) != nil {
			resp.Diagnostics.Append(refused(req, "it is not what version 1.287 and later of that provider write"))
			return
		}
		model, err := convert(state)
		if err != nil {
			resp.Diagnostics.Append(refused(req, err.Error()))
			return
		}
		resp.Diagnostics.Append(r.Save(ctx, model, &resp.TargetState, resp.TargetIdentity)...)
	}}}
}

// refused is the error of a state that cannot be moved.
func refused(req resource.MoveStateRequest, reason string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Cannot move the state", fmt.Sprintf(
		"The state of %s cannot be moved: %s. Replace the moved block with an import block.", req.SourceTypeName, reason))
}

// MovedTimeouts are the timeouts in a state of the `alicloud` provider, by operation.
type MovedTimeouts map[string]string

// Value returns the timeouts of a resource with these operations, null if none is set.
func (t MovedTimeouts) Value(operations ...string) timeouts.Value {
	attributes, values, isSet := map[string]attr.Type{}, map[string]attr.Value{}, false
	for _, operation := range operations {
		attributes[operation], values[operation] = types.StringType, Text(t[operation])
		isSet = isSet || t[operation] != ""
	}
	if !isSet {
		return timeouts.Value{Object: types.ObjectNull(attributes)}
	}
	return timeouts.Value{Object: types.ObjectValueMust(attributes, values)}
}

// Text returns a text for a state, null if it is empty: neither ESA nor the `alicloud` provider distinguishes the two.
func Text(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
