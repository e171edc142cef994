package deployment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"

	"terraform-provider-esa/internal/provider/acceptance"
)

const generalAddress = "registry.terraform.io/aliyun/alicloud"

// generalProvider is a stub of the general provider, version 1.287: the schema of its deployment resource as it stands
// there, and behind it nothing but the writing of states.
func generalProvider() *schema.Provider {
	keep := func(_ context.Context, _ *schema.ResourceData, _ any) diag.Diagnostics { return nil }
	return &schema.Provider{
		Schema: map[string]*schema.Schema{"region": {Type: schema.TypeString, Optional: true}},
		ResourcesMap: map[string]*schema.Resource{"alicloud_esa_routine_code_deployment": {
			CreateContext: func(_ context.Context, d *schema.ResourceData, _ any) diag.Diagnostics {
				d.SetId(fmt.Sprintf("%s:%s", d.Get("routine_name"), d.Get("env")))
				return diag.FromErr(d.Set("deployment_id", "4711"))
			},
			ReadContext: keep, DeleteContext: keep,
			Timeouts: &schema.ResourceTimeout{Create: schema.DefaultTimeout(5 * time.Minute), Delete: schema.DefaultTimeout(5 * time.Minute)},
			Schema: map[string]*schema.Schema{
				"routine_name": {Type: schema.TypeString, Required: true, ForceNew: true},
				"env":          {Type: schema.TypeString, Required: true, ForceNew: true},
				"strategy":     {Type: schema.TypeString, Optional: true, ForceNew: true, Default: "percentage"},
				"code_versions": {
					Type: schema.TypeList, Required: true, ForceNew: true, MinItems: 1, MaxItems: 2,
					Elem: &schema.Resource{Schema: map[string]*schema.Schema{
						"code_version": {Type: schema.TypeString, Required: true, ForceNew: true},
						"percentage":   {Type: schema.TypeInt, Required: true, ForceNew: true},
					}},
				},
				"deployment_id": {Type: schema.TypeString, Computed: true},
			},
		}},
	}
}

// serveGeneralProvider runs the stub until the test ends and returns the variable that makes Terraform use it.
func serveGeneralProvider(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	attach, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- tf5server.Serve(generalAddress, func() tfprotov5.ProviderServer { return generalProvider().GRPCProvider() },
			tf5server.WithDebug(ctx, attach, closed), tf5server.WithoutLogStderrOverride())
	}()
	t.Cleanup(func() {
		cancel()
		<-closed
	})
	select {
	case config := <-attach:
		text, err := json.Marshal(map[string]any{generalAddress: map[string]any{
			"Protocol": config.Protocol, "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": true,
			"Addr": map[string]string{"Network": config.Addr.Network(), "String": config.Addr.String()},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return "TF_REATTACH_PROVIDERS=" + string(text)
	case err := <-served:
		t.Fatalf("the stub of the general provider: %v", err)
		return ""
	}
}

// example is a configuration of the migration guide.
func example(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "migrating-from-alicloud", name, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestAccMoveFromGeneralProvider does what the guide says, with a state that the general provider wrote.
func TestAccMoveFromGeneralProvider(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Deploy(routine, "production", esaShares(stable, 90, candidate, 10)...)
	live, _ := simulator.Live(routine, "production")
	terraform := acceptance.NewWorkspace(t, append(simulator.Environment(), serveGeneralProvider(t))...)

	terraform.Write("main.tf", example(t, "before"))
	expect(t, "the general provider's apply", terraform.Run("apply", "-auto-approve"), 0, "1 added")
	if state := terraform.State(); !strings.Contains(state, `"provider": "provider[\"`+generalAddress+`\"]"`) || !strings.Contains(state, `"routine_name": "hello"`) {
		t.Fatalf("this is not the general provider's state:\n%s", state)
	}
	before := terraform.State()

	terraform.Write("main.tf", example(t, "after"))
	plan := terraform.Run("plan", "-out=saved")
	if strings.Contains(plan.Output, "Unsupported") || strings.Contains(plan.Output, "does not support") {
		t.Skipf("this engine cannot move from one provider to another:\n%s", plan.Output)
	}
	expect(t, "plan", plan, 0, "alicloud_esa_routine_code_deployment.production has moved to esa_routine_code_deployment.production", "0 to add, 0 to change, 0 to destroy")
	expect(t, "apply", terraform.Run("apply", "saved"), 0, "0 added, 0 changed, 0 destroyed")
	expect(t, "next plan", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes")
	expectLive(t, simulator, esaShares(stable, 90, candidate, 10), 0)

	var state struct {
		Resources []struct {
			Type      string
			Instances []struct{ Attributes map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(terraform.State()), &state); err != nil {
		t.Fatal(err)
	}
	if len(state.Resources) != 1 || state.Resources[0].Type != "esa_routine_code_deployment" {
		t.Fatalf("the state has %v", state.Resources)
	}
	attributes := state.Resources[0].Instances[0].Attributes
	if attributes["id"] != "hello:production" || attributes["deployment_id"] != live.ID || attributes["create_time"] == nil {
		t.Errorf("the state has %v, want the deployment %s", attributes, live.ID)
	}

	t.Run("without a refresh", func(t *testing.T) {
		terraform.Write("terraform.tfstate", before)
		expect(t, "plan", terraform.Run("plan", "-refresh=false"), 0, "has moved to", "0 to add, 0 to change, 0 to destroy")
	})
	t.Run("with another split", func(t *testing.T) {
		terraform.Write("terraform.tfstate", before)
		terraform.Write("main.tf", strings.NewReplacer("percentage = 90", "percentage = 80", "percentage = 10 ", "percentage = 20 ").Replace(example(t, "after")))
		expect(t, "plan", terraform.Run("plan"), 0, "moved from alicloud_esa_routine_code_deployment.production", "0 to add, 1 to change, 0 to destroy")
	})
	t.Run("with drift", func(t *testing.T) {
		simulator.Deploy(routine, "production", esaShares(third, 100)...)
		terraform.Write("terraform.tfstate", before)
		terraform.Write("main.tf", example(t, "after"))
		expect(t, "plan", terraform.Run("plan"), 0, "moved from alicloud_esa_routine_code_deployment.production", "0 to add, 1 to change, 0 to destroy", third)
	})
	if made := simulator.Count("CreateRoutineCodeDeployment"); made != 0 {
		t.Errorf("%d deployments, want none", made)
	}
}
