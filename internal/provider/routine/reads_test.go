package routine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// TestRoutineRead reads a routine as data sources, a list and an import.
func TestRoutineRead(t *testing.T) {
	t.Parallel()
	const hello = `{"create_time":"2000-01-01T00:00:00Z","default_related_record":"hello.3610a686.er.aliyun-esa.net","description":"says hello","has_assets":false,`
	setup := func(sim *esasim.Simulator) {
		sim.AddRoutine("other")
		sim.AddRoutine(name)
		sim.SetDescription(name, "says hello")
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		run, data := tf.Data("esa_routine", map[string]any{"name": name})
		tf.Expect(run, false)
		tf.ExpectValue(data, hello+`"id":"hello","name":"hello"}`)
		run, _ = tf.Data("esa_routine", map[string]any{"name": "missing"})
		tf.Expect(run, true, "Cannot read the routine", `Routine:      missing`)
		run, data = tf.Data("esa_routines", map[string]any{"keyword": "ell"})
		tf.Expect(run, false)
		tf.ExpectValue(data, `{"keyword":"ell","names":["hello"],"quota":1000,"routines":[`+hello+`"name":"hello"}],"total_count":1,"truncated":false,"used":2}`)
		run, list := tf.List("esa_routine", nil, 100)
		tf.Expect(run, false)
		if len(list) != 2 || list[0].Name != name {
			t.Fatalf("listed: %v", list)
		}
		run, list = tf.List("esa_routine", nil, 1)
		tf.Expect(run, false)
		if len(list) != 1 {
			t.Errorf("with a limit of 1: %v", list)
		}
		tf.Expect(tf.Import(address, name), false)
		tf.ExpectValue(tf.State.Current[address].Value, modeltest.JSON(list[0].Value))
		tf.Configure(address, map[string]any{"name": name, "description": "says hello"})
		tf.ExpectEmptyPlan()
		tf.State = modeltest.NewState()
		tf.Expect(tf.Import(address, "Not a name"), true, "name")
	})
}

// TestRoutinesOverTheLimit lists what ESA lists, and warns of the rest.
func TestRoutinesOverTheLimit(t *testing.T) {
	t.Parallel()
	setup := func(sim *esasim.Simulator) {
		for number := range 201 {
			sim.AddRoutine(fmt.Sprintf("routine-%03d", number))
		}
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		run, _ := tf.Data("esa_routines", nil)
		tf.Expect(run, false, "Routines are missing from the list", "201")
		run, list := tf.List("esa_routine", nil, 1000)
		tf.Expect(run, false, "201")
		if len(list) != 200 {
			t.Errorf("%d routines, want 200", len(list))
		}
	})
}

// TestRoutineQuota creates one routine more than the account may have.
func TestRoutineQuota(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, func(sim *esasim.Simulator) { sim.AddRoutine("other") }, func(tf *modeltest.Terraform) {
		tf.Configure(address, map[string]any{"name": name})
		tf.Expect(tf.Apply(), true, "Cannot create the routine", "The account has as many routines as its quota allows.", "RoutineNumberExceedQuotaLimit")
		tf.Act(func(sim *esasim.Simulator) { sim.RemoveRoutine("other") })
		tf.Expect(tf.Apply(), false)
		tf.ExpectEmptyPlan()
	}, esasim.WithRoutineQuota(1))
}

// TestRoutineDescriptionThatESAChanges keeps reading for another description than it was given, as long as a late answer may explain
// it, and goes on with what ESA shows.
func TestRoutineDescriptionThatESAChanges(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, func(*esasim.Simulator) {}, func(tf *modeltest.Terraform) {
		tf.Configure(address, map[string]any{"name": name, "description": "trimmed "})
		tf.Each = func(call *modeltest.Call) modeltest.Mishap {
			if call.Operation != "CreateRoutine" {
				return modeltest.Mishap{}
			}
			return modeltest.Mishap{Done: func() { tf.World.Simulator.SetDescription(name, "trimmed") }}
		}
		tf.Expect(tf.Apply(), false)
		reads := 0
		for _, call := range slices.Backward(tf.World.Calls(0)) {
			if call.Operation == "CreateRoutine" {
				break
			}
			reads++
		}
		if reads != esa.ReadsAfterWrite {
			t.Errorf("%d reads after the create, want %d", reads, esa.ReadsAfterWrite)
		}
	})
}

// TestRoutineDeletionWarns warns of what stops.
func TestRoutineDeletionWarns(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, func(*esasim.Simulator) {}, func(tf *modeltest.Terraform) {
		tf.Configure(address, map[string]any{"name": name})
		tf.Expect(tf.Apply(), false)
		tf.Act(func(sim *esasim.Simulator) {
			sim.AddCodeVersion(name, codeVersion)
			sim.Deploy(name, esasim.Production, esasim.Share{CodeVersion: codeVersion, Percentage: 100})
		})
		tf.Configure(address, nil)
		run, _ := tf.Plan()
		tf.Expect(run, false, "Routine still serves traffic", codeVersion)
	})
}

// TestRoutineReplaced replaces a routine that nothing changes, as -replace does: the plan is not refused because of the routine that
// it deletes. A routine that someone else has is no obstacle less for it.
func TestRoutineReplaced(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, func(sim *esasim.Simulator) { sim.AddRoutine("taken") }, func(tf *modeltest.Terraform) {
		tf.Configure(address, map[string]any{"name": name})
		tf.Expect(tf.Apply(), false)
		created := modeltest.Text(tf.State.Current[address].Value, "create_time")
		<-time.After(time.Hour)
		tf.Blocks[0].Replace = true
		run, plan := tf.Plan()
		tf.Expect(run, false)
		if plan == nil || len(plan.Changes()) != 1 || plan.Changes()[0].Action != modeltest.DeleteThenCreate {
			t.Fatalf("the plan is %+v, want one replacement", plan)
		}
		tf.Expect(tf.ApplySaved(plan), false)
		if again := modeltest.Text(tf.State.Current[address].Value, "create_time"); again == created {
			t.Errorf("the routine of %s is still there", created)
		}
		tf.Configure(address, map[string]any{"name": "taken"})
		run, _ = tf.Plan()
		tf.Expect(run, true, "Routine already exists")
	})
}

// TestRoutineThatWasCreatedAnewStays replaces a routine that someone has deleted right after its creation, and creates before it destroys,
// as Terraform does for what a code version with create_before_destroy depends on: the destroy of the former object leaves the new
// routine of the same name alone.
func TestRoutineThatWasCreatedAnewStays(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, func(*esasim.Simulator) {}, func(tf *modeltest.Terraform) {
		tf.Blocks = []modeltest.Block{
			{Address: "esa_routine.hello", Type: "esa_routine", Body: map[string]any{"name": "hello"}, CreateBeforeDestroy: true},
		}
		deleted := false
		tf.Each = func(call *modeltest.Call) modeltest.Mishap {
			if deleted || call.Operation != "CreateRoutine" {
				return modeltest.Mishap{}
			}
			deleted = true
			return modeltest.Mishap{Answered: func() { tf.Act(func(sim *esasim.Simulator) { sim.RemoveRoutine("hello") }) }}
		}
		tf.Expect(tf.Apply(), true, "Routine not found after creation")
		tf.Each = nil
		tf.Options.NoRefresh = true
		tf.Expect(tf.Apply(), false)
		tf.Options.NoRefresh = false
		tf.ExpectEmptyPlan()
	})
}
