package routine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestAccRoutineSeveralFaultsInARow loses the answer, then is throttled, then finds the name taken: by itself.
func TestAccRoutineSeveralFaultsInARow(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	simulator.Inject(
		esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ResetAfter, Times: 1},
		// The plan, the plan of the apply, the read before the call, and those after it.
		esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineNotExist", Times: 3 + esa.ReadsAfterLostAnswer},
		esasim.Rule{Operation: "CreateRoutine", Fault: esasim.Throttled, Times: 1},
	)
	simulator.Workspace(t).Apply(described("says hello"), "1 added")
	expectAnswers(t, simulator, "CreateRoutine", "", "Throttling.User")
	if err := holds(simulator, "says hello")(nil); err != nil {
		t.Error(err)
	}
}

// TestAccRoutineTakenByItsOwnLostCall is refused the repetition of a call whose effect comes to light only then.
func TestAccRoutineTakenByItsOwnLostCall(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"RoutineNameAlreadyExist", "RoutineNameAlreadyExists", "RoutineAlreadyExist"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			simulator.Inject(
				esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ResetAfter, Times: 1},
				esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ChosenError, Status: 400, Code: code, Times: 1},
				esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineNotExist", Times: 3 + esa.ReadsAfterLostAnswer},
			)
			simulator.Workspace(t).Apply(described("says hello"), "1 added")
			expectAnswers(t, simulator, "CreateRoutine", "", code)
		})
	}
}

// expectAnswers checks the codes that the calls of an operation were answered with.
func expectAnswers(t *testing.T, simulator *acceptance.Simulated, operation string, want ...string) {
	t.Helper()
	var got []string
	for _, call := range simulator.Calls() {
		if call.Operation == operation {
			got = append(got, call.Code)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s was answered %q, want %q", operation, got, want)
	}
}

// TestAccRoutineCreateOverExisting finds the routine before the plan and after it; TestRoutineOthers has it appear at
// each call. The next plan does not touch it either.
func TestAccRoutineCreateOverExisting(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		appears esasim.Rule
		creates int
	}{
		"there before the plan":          {},
		"there after the last read":      {esasim.Rule{Operation: "GetRoutine", Fault: esasim.NoFault, Skip: 2, Times: 1}, 1},
		"made while the answer was lost": {esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ResetBefore, Times: 1}, 1},
		"RoutineAlreadyExist":            {esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineAlreadyExist", Times: 1}, 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			if test.creates == 0 {
				serving(simulator, name)
			} else {
				test.appears.Then = func() { serving(simulator, name) }
				simulator.Inject(test.appears)
			}
			terraform := simulator.Workspace(t)
			terraform.Configure(named(name))
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, `The account already has a routine "hello"`)
			acceptance.Expect(t, "plan", terraform.Run("plan"), 1, "to = <this resource's address>")
			if created, deleted := simulator.Count("CreateRoutine"), simulator.Count("DeleteRoutine"); created != test.creates || deleted != 0 {
				t.Errorf("%d calls of CreateRoutine and %d of DeleteRoutine, want %d and none", created, deleted, test.creates)
			}
		})
	}
}

// TestAccRoutineOutOfTime ends a create whose calls are never answered, and says that it may have taken effect.
func TestAccRoutineOutOfTime(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutine", Fault: esasim.Unavailable})
	terraform := simulator.Workspace(t)
	terraform.Configure(named(name, `timeouts = { create = "300ms" }`))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "the routine \"hello\" may exist. If the next plan says that it already exists, import it.")
}

// TestAccRoutineNotSeen makes a routine that ESA does not show. The tainted resource is kept, untaint makes it good, a plan without
// untaint does not delete the routine, and neither does a destroy that reads nothing first.
func TestAccRoutineNotSeen(t *testing.T) {
	t.Parallel()
	simulator, cli := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineNotExist"})
	cli.Configure(named(name, `timeouts = { create = "1s" }`))
	acceptance.Expect(t, "apply", cli.Run("apply", "-auto-approve"), 1,
		`ESA accepted routine "hello", but does not return it yet. The state keeps it.`)
	simulator.ClearFaults()
	acceptance.Expect(t, "destroy without a refresh", cli.Run("destroy", "-auto-approve", "-refresh=false"), 1, "Terraform has not read it since")
	acceptance.Expect(t, "plan", cli.Run("plan"), 1, "run terraform untaint on it")
	acceptance.Expect(t, "untaint", cli.Run("untaint", "esa_routine.test"), 0)
	acceptance.Expect(t, "plan", cli.Run("plan", "-detailed-exitcode"), 0, "No changes.")
	if created, deleted := simulator.Count("CreateRoutine"), simulator.Count("DeleteRoutine"); created != 1 || deleted != 0 {
		t.Errorf("%d calls of CreateRoutine and %d of DeleteRoutine, want 1 and 0", created, deleted)
	}
	acceptance.Expect(t, "destroy", cli.Run("destroy", "-auto-approve"), 0)
}

// TestAccRoutineStaleReads has GetRoutine answer what was before each write for a while.
func TestAccRoutineStaleReads(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	terraform := simulator.Workspace(t)
	config := func(trigger, description string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"trigger\" {\n  input = %q\n}\n", trigger) +
			named(name, fmt.Sprintf("description = %q", description), "lifecycle {\n    replace_triggered_by = [terraform_data.trigger]\n  }")
	}
	for _, step := range []struct {
		lag          int
		config, does string
	}{
		{4, config("one", "one"), "2 added"},
		{4, config("one", "two"), "0 added, 1 changed"},
		// The name stays, so that the create must not take the remains of the former routine for another's: the deletion waits for
		// eight answers, and the create sees one more.
		{9, config("two", "two"), "1 added, 1 changed, 1 destroyed"},
	} {
		simulator.ClearFaults()
		simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale, Times: step.lag})
		terraform.Apply(step.config, step.does)
	}
	for operation, want := range map[string]int{"CreateRoutine": 2, "UpdateRoutineConfigDescription": 1, "DeleteRoutine": 1} {
		if got := simulator.Count(operation); got != want {
			t.Errorf("%d calls of %s, want %d", got, operation, want)
		}
	}
}

// TestAccRoutineAnotherRoutineAfterALostDeletion deletes nothing that someone else has made meanwhile under the same name.
func TestAccRoutineAnotherRoutineAfterALostDeletion(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	terraform := simulator.Workspace(t)
	terraform.Apply(named(name))
	other := esasim.SeedRoutine{Name: name, Description: "someone else's", CreateTime: time.Date(2024, 8, 14, 1, 42, 27, 0, time.UTC)}
	simulator.Inject(esasim.Rule{Operation: "DeleteRoutine", Fault: esasim.ResetAfter, Times: 1, Then: func() {
		simulator.LoadSeed(esasim.Seed{Routines: []esasim.SeedRoutine{other}})
	}})
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0, "1 destroyed")
	if err := holds(simulator, "someone else's")(nil); err != nil || simulator.Count("DeleteRoutine") != 1 {
		t.Errorf("after %d deletions: %v", simulator.Count("DeleteRoutine"), err)
	}
}

// TestAccRoutineRefusals stops at once where ESA says no, and names the attribute.
func TestAccRoutineRefusals(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	terraform := simulator.Workspace(t)
	refused := func(operation, code, description, want string) {
		t.Helper()
		simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.ChosenError, Status: 400, Code: code, Message: "No."})
		terraform.Configure(described(description))
		command := "apply"
		if operation == "DeleteRoutine" {
			command = "destroy"
		}
		acceptance.Expect(t, operation+" "+code, terraform.Run(command, "-auto-approve"), 1, want)
		simulator.ClearFaults()
	}
	refused("CreateRoutine", "InvalidParameter", "one", "Cannot create the routine")
	terraform.Apply(described("one"))
	refused("UpdateRoutineConfigDescription", "RoutineNotExist", "two", "ESA has no routine of this name")
	refused("UpdateRoutineConfigDescription", "NoPermission", "two", "esa:UpdateRoutineConfigDescription")
	refused("DeleteRoutine", "DependedByOthers", "one", "Cannot delete the routine")
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	for operation, want := range map[string]int{"CreateRoutine": 2, "UpdateRoutineConfigDescription": 2} {
		if got := simulator.Count(operation); got != want {
			t.Errorf("%d calls of %s, want %d: a refusal is not repeated", got, operation, want)
		}
	}
}

// TestAccRoutineDescriptionThatESAChanges goes on where ESA keeps another description than it was given; the next plan shows it.
func TestAccRoutineDescriptionThatESAChanges(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	terraform := simulator.Workspace(t)
	trim := func(operation string) esasim.Rule {
		return esasim.Rule{Operation: operation, Fault: esasim.NoFault, Then: func() { simulator.SetDescription(name, "trimmed") }}
	}
	simulator.Inject(trim("CreateRoutine"), trim("UpdateRoutineConfigDescription"))
	for _, description := range []string{"trimmed ", "trimmed  "} {
		terraform.Configure(described(description))
		acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
		acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 2, "1 to change")
	}
	terraform.Apply(described("trimmed"))
	if updates := simulator.Count("UpdateRoutineConfigDescription"); updates != 1 {
		t.Errorf("%d updates, want 1", updates)
	}
}
