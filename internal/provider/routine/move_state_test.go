package routine

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// move moves a raw state and returns the model, nil if the mover did not feel addressed.
func move(t *testing.T, typeName, state string) (*resourceModel, string) {
	t.Helper()
	var described resource.SchemaResponse
	moved := &routineResource{}
	moved.Schema(t.Context(), resource.SchemaRequest{}, &described)
	resp := resource.MoveStateResponse{TargetState: tfsdk.State{
		Schema: described.Schema, Raw: tftypes.NewValue(described.Schema.Type().TerraformType(t.Context()), nil),
	}}
	moved.MoveState(t.Context())[0].StateMover(t.Context(), resource.MoveStateRequest{
		SourceProviderAddress: "registry.terraform.io/aliyun/alicloud", SourceTypeName: typeName, SourceRawState: &tfprotov6.RawState{JSON: []byte(state)},
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
	const whole = `{"id": "hello", "name": "hello", "description": "R3JlZXRz", "code": "secret", "deploy_env": "staging", "latest_code_version": "17",
		"create_time": "2026-01-31T12:00:00Z", "timeouts": {"create": null, "update": null, "delete": "10m"}}`
	for name, test := range map[string]struct {
		typeName, state string
		moved           bool
		words           string
	}{
		"whole":                     {alicloudResource, whole, true, ""},
		"imported, never refreshed": {alicloudResource, `{"id": "hello", "timeouts": null}`, true, ""},
		"another resource":          {"alicloud_esa_routine_route", whole, false, ""},
		"no JSON":                   {alicloudResource, `{"id": `, false, "is not what version 1.287"},
		"no name":                   {alicloudResource, `{}`, false, "cannot be moved: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model, words := move(t, test.typeName, test.state)
			if (model != nil) != test.moved || !strings.Contains(words, test.words) || test.words == "" && words != "" {
				t.Fatalf("moved to %v, said %q; want it moved: %t, and %q", model, words, test.moved, test.words)
			}
		})
	}
	model, _ := move(t, alicloudResource, whole)
	if model.ID.ValueString() != "hello" || model.Description.ValueString() != "Greets" || model.CreateTime.ValueString() != "2026-01-31T12:00:00Z" ||
		!model.HasAssets.IsNull() || model.Timeouts.Attributes()["delete"].String() != `"10m"` {
		t.Errorf("model %v", model)
	}
	for timeouts, null := range map[string]bool{
		`{"create": null, "update": null, "delete": null}`: true, `{"create": "5m"}`: false, `{"update": "5m"}`: false, `{"delete": "5m"}`: false,
	} {
		if model, _ := move(t, alicloudResource, `{"id": "hello", "timeouts": `+timeouts+`}`); model.Timeouts.IsNull() != null {
			t.Errorf("the timeouts %s become %v", timeouts, model.Timeouts)
		}
	}
}
