package deployment

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// move moves a raw state and returns the model, nil if the mover did not feel addressed.
func move(t *testing.T, provider, typeName, state string) (*resourceModel, string) {
	t.Helper()
	var described resource.SchemaResponse
	moved := &deploymentResource{}
	moved.Schema(t.Context(), resource.SchemaRequest{}, &described)
	resp := resource.MoveStateResponse{TargetState: tfsdk.State{
		Schema: described.Schema, Raw: tftypes.NewValue(described.Schema.Type().TerraformType(t.Context()), nil),
	}}
	moved.MoveState(t.Context())[0].StateMover(t.Context(), resource.MoveStateRequest{
		SourceProviderAddress: provider, SourceTypeName: typeName, SourceRawState: &tfprotov6.RawState{JSON: []byte(state)},
	}, &resp)
	if resp.Diagnostics.HasError() {
		return nil, resp.Diagnostics[0].Detail()
	}
	if resp.TargetState.Raw.IsNull() {
		return nil, ""
	}
	var model resourceModel
	if diags := resp.TargetState.Get(t.Context(), &model); diags.HasError() {
		t.Fatal(diags)
	}
	return &model, ""
}

func TestMoveState(t *testing.T) {
	t.Parallel()
	const (
		aliyun = "registry.terraform.io/aliyun/alicloud"
		whole  = `{"id": "hello:production", "routine_name": "hello", "env": "production", "strategy": "percentage", "deployment_id": "4711",
			"code_versions": [{"code_version": "1723599747213377175", "percentage": 90}, {"code_version": "1723599747213377176", "percentage": 10}],
			"timeouts": {"create": "10m", "delete": null}, "a_later_attribute": [1]}`
	)
	for name, test := range map[string]struct {
		provider, typeName, state string
		moved                     bool
		words                     string
	}{
		"whole":                     {aliyun, alicloudResource, whole, true, ""},
		"OpenTofu's registry":       {"registry.opentofu.org/aliyun/alicloud", alicloudResource, whole, true, ""},
		"a fork":                    {"registry.example.com/platform/alicloud", alicloudResource, whole, true, ""},
		"another provider":          {"registry.terraform.io/aliyun/alicloudx", alicloudResource, whole, false, ""},
		"another resource":          {aliyun, "alicloud_esa_routine", whole, false, ""},
		"imported, never refreshed": {aliyun, alicloudResource, `{"id": "hello:staging", "code_versions": [], "timeouts": null}`, true, ""},
		"no JSON":                   {aliyun, alicloudResource, `{"id": `, false, "is not what version 1.287"},
		"versions of another kind":  {aliyun, alicloudResource, `{"routine_name": "hello", "env": "staging", "code_versions": {"a": 1}}`, false, "is not what version 1.287"},
		"half a share":              {aliyun, alicloudResource, `{"routine_name": "hello", "env": "staging", "code_versions": [{"code_version": "17", "percentage": 33.3}]}`, false, `found code_version "17" at percentage "33.3"`},
		"no routine":                {aliyun, alicloudResource, `{"id": "7", "env": "staging"}`, false, `found routine_name ""`},
		"another environment":       {aliyun, alicloudResource, `{"routine_name": "hello", "env": "prod"}`, false, "want the name of a routine and one of staging, production"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model, words := move(t, test.provider, test.typeName, test.state)
			if (model != nil) != test.moved || !strings.Contains(words, test.words) || test.words == "" && words != "" {
				t.Fatalf("moved to %v, said %q; want it moved: %t, and %q", model, words, test.moved, test.words)
			}
		})
	}
	model, _ := move(t, aliyun, alicloudResource, whole)
	described, known := model.split()
	if !known || described.Percentage("1723599747213377175") != 90 || described.Percentage("1723599747213377176") != 10 {
		t.Errorf("split %v", described)
	}
	if model.ID.ValueString() != "hello:production" || !model.DeploymentID.IsNull() || !model.CreateTime.IsNull() || model.Timeouts.Attributes()["create"].String() != `"10m"` {
		t.Errorf("model %v", model)
	}
}
