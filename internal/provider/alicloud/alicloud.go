// Package alicloud reads states that Alibaba Cloud's general Terraform provider (aliyun/alicloud) wrote, for moved blocks
// that lead from its resources to those of this provider.
package alicloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// providerType is how the provider's address ends, whoever publishes it and on whichever registry.
const providerType = "alicloud"

// Wrote tells whether the state to move is one of the general provider's resource of that type.
func Wrote(req resource.MoveStateRequest, resourceType string) bool {
	return path.Base(req.SourceProviderAddress) == providerType && req.SourceTypeName == resourceType && req.SourceRawState != nil
}

// Decode reads the state. It goes by the names of attributes alone, so that a version of the general provider with more
// of them is no obstacle.
func Decode(req resource.MoveStateRequest, state any) diag.Diagnostics {
	if json.NewDecoder(bytes.NewReader(req.SourceRawState.JSON)).Decode(state) != nil {
		return Refused(req, "it is not what version 1.287 and later of that provider write")
	}
	return nil
}

// Refused is the error of a state that cannot be moved.
func Refused(req resource.MoveStateRequest, reason string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Cannot move the state", fmt.Sprintf(
		"The state that %s wrote cannot be taken over: %s. Remove the moved block, and write an import block in its place.", req.SourceTypeName, reason))}
}

// Text returns a text of a state, null where it is empty: the general provider makes no difference between the two.
func Text(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
