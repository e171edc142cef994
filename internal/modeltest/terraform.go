package modeltest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/probe"
)

// Terraform is a workspace of Terraform in this process, for the tests of one object. It is meant for a bubble.
type Terraform struct {
	T     testing.TB
	World *World
	State *State
	// Blocks are the configuration, Options the flags of a plan.
	Blocks  []Block
	Options PlanOptions
	// Each says what happens to calls, Visit answers health checks; nil for nothing.
	Each  func(*Call) Mishap
	Visit func(context.Context, probe.Check) probe.Result

	runs int
}

// NewTerraform returns a workspace without a state, on an account that setup prepares.
func NewTerraform(t testing.TB, setup func(*esasim.Simulator), options ...esasim.Option) *Terraform {
	t.Helper()
	terraform := &Terraform{T: t, World: NewWorld(append([]esasim.Option{esasim.WithBuildPolls(1)}, options...)...), State: NewState()}
	terraform.Act(setup)
	return terraform
}

// Act lets someone else change the account.
func (tf *Terraform) Act(act func(*esasim.Simulator)) {
	tf.T.Helper()
	tf.World.Act("test", act)
}

// Operations lists the operations that an act calls, in order.
func (tf *Terraform) Operations(act func()) (operations []string) {
	before := len(tf.World.Calls(0))
	act()
	for _, call := range tf.World.Calls(before) {
		operations = append(operations, call.Operation)
	}
	return operations
}

// Configure replaces the configuration by one resource; a nil body is none.
func (tf *Terraform) Configure(address string, body map[string]any) {
	tf.Blocks = nil
	if body != nil {
		tf.Blocks = []Block{{Address: address, Type: TypeOf(address), Body: body}}
	}
}

// Run begins a run of Terraform.
func (tf *Terraform) Run() *Run {
	tf.runs++
	return &Run{World: tf.World, Name: fmt.Sprintf("run %d", tf.runs), Each: tf.Each, Visit: tf.Visit}
}

// Plan plans the configuration.
func (tf *Terraform) Plan() (*Run, *Plan) {
	run := tf.Run()
	return run, run.Plan(tf.State, tf.Blocks, tf.Options)
}

// Apply plans the configuration and applies that, in one run; during acts on the run meanwhile.
func (tf *Terraform) Apply(during ...func(*Run)) *Run {
	run := tf.Run()
	for _, act := range during {
		act(run)
	}
	if plan := run.Plan(tf.State, tf.Blocks, tf.Options); plan != nil {
		tf.apply(run, plan)
	}
	return run
}

// ApplySaved applies a plan, in a run of its own.
func (tf *Terraform) ApplySaved(plan *Plan, during ...func(*Run)) *Run {
	run := tf.Run()
	for _, act := range during {
		act(run)
	}
	tf.apply(run, plan)
	return run
}

func (tf *Terraform) apply(run *Run, plan *Plan) {
	run.Apply(plan, func(state *State) { tf.State = state })
}

// Import takes an object into the state, as terraform import does.
func (tf *Terraform) Import(address, id string) *Run {
	run := tf.Run()
	run.once(address, func(ctx context.Context, server tfprotov6.ProviderServer) bool {
		response, err := server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: TypeOf(address), ID: id})
		if err != nil {
			return run.complain(address, "import: %v", err)
		}
		if !run.hear(address, response.Diagnostics) {
			return false
		}
		for _, imported := range response.ImportedResources {
			object := &Object{Type: TypeOf(address), Value: value(TypeOf(address), imported.State), Private: imported.Private, Identity: imported.Identity}
			fresh, ok := run.read(ctx, server, address, object)
			if !ok {
				return false
			}
			state := tf.State.Clone()
			put(state.Current, address, fresh)
			tf.State = state
		}
		return true
	})
	return run
}

// Data reads a data source.
func (tf *Terraform) Data(typ string, body map[string]any) (*Run, tftypes.Value) {
	run := tf.Run()
	of := schemas().dataSources[typ].ValueType()
	result := tftypes.NewValue(of, nil)
	run.once("data."+typ, func(ctx context.Context, server tfprotov6.ProviderServer) bool {
		config := dynamic(build(of, body, nil))
		validated, err := server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typ, Config: config})
		if err != nil || !run.hear(typ, validated.Diagnostics) {
			return err == nil || run.complain(typ, "validate: %v", err)
		}
		response, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: typ, Config: config})
		if err != nil {
			return run.complain(typ, "read: %v", err)
		}
		if response.State != nil {
			if result, err = response.State.Unmarshal(of); err != nil {
				return run.complain(typ, "read: %v", err)
			}
		}
		return run.hear(typ, response.Diagnostics)
	})
	return run, result
}

// Listed is one result of a query.
type Listed struct {
	Name  string
	Value tftypes.Value
}

// List runs a query of terraform query, with its resources.
func (tf *Terraform) List(typ string, body map[string]any, limit int64) (*Run, []Listed) {
	run := tf.Run()
	var list []Listed
	run.once("list."+typ, func(ctx context.Context, server tfprotov6.ProviderServer) bool {
		lists, ok := server.(tfprotov6.ListResourceServer)
		if !ok {
			return run.complain(typ, "the provider lists nothing")
		}
		config := dynamic(build(schemas().lists[typ].ValueType(), body, nil))
		validated, err := lists.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: typ, Config: config})
		if err != nil || !run.hear(typ, validated.Diagnostics) {
			return err == nil || run.complain(typ, "validate: %v", err)
		}
		stream, err := lists.ListResource(ctx, &tfprotov6.ListResourceRequest{TypeName: typ, Config: config, IncludeResource: true, Limit: limit})
		if err != nil {
			return run.complain(typ, "list: %v", err)
		}
		ok = true
		for result := range stream.Results {
			ok = run.hear(typ, result.Diagnostics) && ok
			if result.Resource != nil {
				list = append(list, Listed{result.DisplayName, value(typ, result.Resource)})
			}
		}
		return ok
	})
	return run, list
}

// once runs one request in a provider process of its own.
func (r *Run) once(address string, ask func(context.Context, tfprotov6.ProviderServer) bool) {
	exit, ok := r.begin(false)
	defer exit()
	if ok {
		r.guard(address, func(ctx context.Context) bool { return ask(ctx, r.server) })
	}
}

// Said are the diagnostics of a run as one text.
func (r *Run) Said() string { return strings.Join(r.Diagnostics, "\n") }

// Expect checks whether a run failed and what it said; a text after "!" must not be said.
func (tf *Terraform) Expect(run *Run, failed bool, texts ...string) {
	tf.T.Helper()
	if run.Failed != failed || len(run.Broken) > 0 {
		tf.T.Errorf("failed: %t, want %t: %s %q", run.Failed, failed, run.Said(), run.Broken)
	}
	for _, text := range texts {
		if wanted := strings.TrimPrefix(text, "!"); strings.Contains(run.Said(), wanted) != (wanted == text) {
			tf.T.Errorf("says %q: %t, want the opposite:\n%s", wanted, wanted != text, run.Said())
		}
	}
}

// ExpectEmptyPlan checks that the next plan has no change.
func (tf *Terraform) ExpectEmptyPlan(texts ...string) {
	tf.T.Helper()
	run, plan := tf.Plan()
	tf.Expect(run, false, texts...)
	if plan != nil && !plan.Empty() {
		tf.T.Errorf("the next plan has the changes %+v, want none", plan.Changes())
	}
}

// ExpectValue checks a value, written as [JSON].
func (tf *Terraform) ExpectValue(value tftypes.Value, want string) {
	tf.T.Helper()
	if diff := cmp.Diff(want, JSON(value)); diff != "" {
		tf.T.Errorf("value (-want +got):\n%s", diff)
	}
}

// InBubble runs a test of a workspace in injected time.
func InBubble(t *testing.T, setup func(*esasim.Simulator), play func(*Terraform), options ...esasim.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		play(NewTerraform(t, setup, options...))
		<-time.After(10 * time.Minute) // for the timers of calls that have ended
	})
}
