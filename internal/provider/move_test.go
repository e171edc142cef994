package provider_test

import (
	"bytes"
	"context"
	"encoding/base64"
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

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

const (
	generalAddress = "registry.terraform.io/aliyun/alicloud"

	nextVersion = "1723599747213377176"
	description = "Greets whoever comes by"
	created     = "2026-01-31T12:00:00Z"
)

// generalProvider is a stub of the `alicloud` provider, version 1.287: the schemas of its routine and its deployment as they
// stand there, and after them nothing but the writing of states.
func generalProvider() *schema.Provider {
	keep := func(context.Context, *schema.ResourceData, any) diag.Diagnostics { return nil }
	text := func(required, forceNew bool) *schema.Schema {
		return &schema.Schema{Type: schema.TypeString, Required: required, Optional: !required, ForceNew: forceNew}
	}
	computed := &schema.Schema{Type: schema.TypeString, Computed: true}
	minutes := schema.DefaultTimeout(5 * time.Minute)
	return &schema.Provider{
		Schema: map[string]*schema.Schema{"region": text(false, false)},
		ResourcesMap: map[string]*schema.Resource{
			"alicloud_esa_routine": {
				CreateContext: func(_ context.Context, d *schema.ResourceData, _ any) diag.Diagnostics {
					d.SetId(d.Get("name").(string))
					for name, value := range map[string]string{
						// The general provider stores it as ESA answers it.
						"description":         base64.StdEncoding.EncodeToString([]byte(d.Get("description").(string))),
						"latest_code_version": nextVersion, "create_time": created,
					} {
						if err := d.Set(name, value); err != nil {
							return diag.FromErr(err)
						}
					}
					return nil
				},
				ReadContext: keep, UpdateContext: keep, DeleteContext: keep,
				Timeouts: &schema.ResourceTimeout{Create: minutes, Update: minutes, Delete: minutes},
				Schema: map[string]*schema.Schema{
					"name": text(true, true), "description": text(false, true), "code": text(false, false), "code_description": text(false, false),
					"deploy_env": text(false, false), "latest_code_version": computed, "create_time": computed,
				},
			},
			"alicloud_esa_routine_code_deployment": {
				CreateContext: func(_ context.Context, d *schema.ResourceData, _ any) diag.Diagnostics {
					d.SetId(fmt.Sprintf("%s:%s", d.Get("routine_name"), d.Get("env")))
					return diag.FromErr(d.Set("deployment_id", "4711"))
				},
				ReadContext: keep, DeleteContext: keep,
				Timeouts: &schema.ResourceTimeout{Create: minutes, Delete: minutes},
				Schema: map[string]*schema.Schema{
					"routine_name": text(true, true), "env": text(true, true),
					"strategy": {Type: schema.TypeString, Optional: true, ForceNew: true, Default: "percentage"},
					"code_versions": {
						Type: schema.TypeList, Required: true, ForceNew: true, MinItems: 1, MaxItems: 2,
						Elem: &schema.Resource{Schema: map[string]*schema.Schema{
							"code_version": text(true, true),
							"percentage":   {Type: schema.TypeInt, Required: true, ForceNew: true},
						}},
					},
					"deployment_id": computed,
				},
			},
		},
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
			tf5server.WithDebug(ctx, attach, closed), tf5server.WithLoggingSink(t))
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
		t.Fatalf("the stub of the `alicloud` provider: %v", err)
		return ""
	}
}

// migration is a configuration of the migration guide.
func migration(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "migrating-from-alicloud", name, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestAccMoveFromGeneralProvider does what the guide says, with a state that the `alicloud` provider wrote.
func TestAccMoveFromGeneralProvider(t *testing.T) {
	t.Parallel()
	acceptance.SkipOpenTofuBefore(t, 10, "moved block between types of resources")
	simulator := acceptance.Simulate(t, esasim.WithClock(func() time.Time {
		at, _ := time.Parse(time.RFC3339, created)
		return at
	}))
	simulator.AddRoutine("hello")
	simulator.SetDescription("hello", description)
	simulator.AddCodeVersion("hello", codeVersion)
	simulator.AddCodeVersion("hello", nextVersion)
	id := simulator.Deploy("hello", "production", esasim.Share{CodeVersion: codeVersion, Percentage: 90}, esasim.Share{CodeVersion: nextVersion, Percentage: 10})
	w := acceptance.NewWorkspace(t, append(simulator.Environment(), serveGeneralProvider(t))...)

	w.Write("main.tf", migration(t, "before"))
	acceptance.Expect(t, "terraform", w.Run("apply", "-auto-approve"), 0, "2 added")
	before := w.State()
	var compact bytes.Buffer // not every engine indents it
	if err := json.Compact(&compact, []byte(before)); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"provider":"provider[\"` + generalAddress + `\"]"`, `"routine_name":"hello"`, `"latest_code_version":"` + nextVersion + `"`} {
		if !strings.Contains(compact.String(), part) {
			t.Fatalf("this is not the `alicloud` provider's state, it has no %s:\n%s", part, before)
		}
	}

	after := migration(t, "after")
	w.Write("main.tf", after)
	acceptance.Expect(t, "terraform", w.Run("plan", "-out=saved"), 0,
		"alicloud_esa_routine.hello has moved to esa_routine.hello",
		"alicloud_esa_routine_code_deployment.production has moved to esa_routine_code_deployment.production",
		"0 to add, 0 to change, 0 to destroy")
	acceptance.Expect(t, "terraform", w.Run("apply", "saved"), 0, "0 added, 0 changed, 0 destroyed")
	acceptance.Expect(t, "terraform", w.Run("plan", "-detailed-exitcode"), 0, "No changes")

	var state struct {
		Resources []struct {
			Type      string
			Instances []struct{ Attributes map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(w.State()), &state); err != nil {
		t.Fatal(err)
	}
	attributes := map[string]map[string]any{}
	for _, resource := range state.Resources {
		attributes[resource.Type] = resource.Instances[0].Attributes
	}
	if len(attributes) != 2 || attributes["esa_routine"]["description"] != description || attributes["esa_routine"]["default_related_record"] == nil ||
		attributes["esa_routine_code_deployment"]["deployment_id"] != id || attributes["esa_routine_code_deployment"]["create_time"] == nil {
		t.Errorf("the state has %v", attributes)
	}

	for operation := range simulator.Counts() {
		if !strings.HasPrefix(operation, "Get") && !strings.HasPrefix(operation, "List") {
			t.Errorf("%s was called, want no write", operation)
		}
	}

	for name, test := range map[string]struct {
		arguments []string
		replace   []string
		live      []esasim.Share
		words     []string
	}{
		"without a refresh": {
			arguments: []string{"-refresh=false"},
			words:     []string{"has moved to esa_routine.hello", "has moved to esa_routine_code_deployment.production", "0 to add, 0 to change, 0 to destroy"},
		},
		"with another split and description": {
			replace: []string{"percentage = 90", "percentage = 80", "percentage = 10 ", "percentage = 20 ", "Greets", "Welcomes"},
			words:   []string{"(moved from alicloud_esa_routine.hello)", "(moved from alicloud_esa_routine_code_deployment.production)", "0 to add, 2 to change, 0 to destroy"},
		},
		"with drift": {
			live:  []esasim.Share{{CodeVersion: nextVersion, Percentage: 100}},
			words: []string{"(moved from alicloud_esa_routine_code_deployment.production)", "0 to add, 1 to change, 0 to destroy"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.Write("terraform.tfstate", before)
			w.Write("main.tf", strings.NewReplacer(test.replace...).Replace(after))
			if test.live != nil {
				split, _ := simulator.Live("hello", "production")
				simulator.Deploy("hello", "production", test.live...)
				defer simulator.Deploy("hello", "production", split.Shares...)
			}
			simulator.ResetLog()
			acceptance.Expect(t, "terraform", w.Run(append([]string{"plan"}, test.arguments...)...), 0, test.words...)
			// A state that was moved is not taken for that of an apply which ended early, whose read waits.
			if reads := simulator.Count("GetRoutine"); reads > 2 {
				t.Errorf("%d calls of GetRoutine, want one for each resource", reads)
			}
		})
	}
}
