package routine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

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
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		CheckDestroy:             isGone(simulator),
		Steps: []resource.TestStep{{
			Config: simulator.Config(described("says hello")),
			Check:  resource.ComposeTestCheckFunc(holds(simulator, "says hello"), answered(simulator, "CreateRoutine", "", "Throttling.User")),
		}},
	})
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
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				CheckDestroy:             isGone(simulator),
				Steps: []resource.TestStep{{
					Config: simulator.Config(described("says hello")),
					Check:  answered(simulator, "CreateRoutine", "", code),
				}},
			})
		})
	}
}

// answered checks the codes that the calls of an operation were answered with.
func answered(simulator *acceptance.Simulated, operation string, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var got []string
		for _, call := range simulator.Calls() {
			if call.Operation == operation {
				got = append(got, call.Code)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("%s was answered %q, want %q", operation, got, want)
		}
		return nil
	}
}

// existing is what a create over a routine that is there already is refused with.
var existing = acceptance.Loosely(`The account already has a routine "hello"`)

// TestAccRoutineCreateOverExisting finds the routine before the plan and after it; TestRoutineOthers has it appear at
// each call. The next plan does not touch it either.
func TestAccRoutineCreateOverExisting(t *testing.T) {
	t.Parallel()
	for label, appear := range map[string]func(*acceptance.Simulated){
		"there before the plan": func(simulator *acceptance.Simulated) { serving(simulator, name) },
		"there after the last read": func(simulator *acceptance.Simulated) {
			simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.NoFault, Skip: 2, Times: 1, Then: func() { serving(simulator, name) }})
		},
		"made while the answer was lost": func(simulator *acceptance.Simulated) {
			simulator.Inject(esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ResetBefore, Times: 1, Then: func() { serving(simulator, name) }})
		},
		"RoutineAlreadyExist": func(simulator *acceptance.Simulated) {
			simulator.Inject(esasim.Rule{Operation: "CreateRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineAlreadyExist", Times: 1, Then: func() { serving(simulator, name) }})
		},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			appear(simulator)
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: simulator.Factories(), Steps: []resource.TestStep{
				{Config: simulator.Config(named(name)), ExpectError: existing},
				{Config: simulator.Config(named(name)), PlanOnly: true, ExpectError: acceptance.Loosely("to = <this resource's address>")},
			}})
			if deleted := simulator.Count("DeleteRoutine"); deleted != 0 {
				t.Errorf("a routine of someone else was deleted")
			}
		})
	}
}

// TestAccRoutineOutOfTime ends a create whose calls are never answered, and says that it may have taken effect.
func TestAccRoutineOutOfTime(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutine", Fault: esasim.Unavailable})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config:      simulator.Config(named(name, `timeouts = { create = "300ms" }`)),
			ExpectError: acceptance.Loosely("the routine \"hello\" may exist. If the next plan says that it already exists, import it."),
		}},
	})
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
	lag := func(times int) func() {
		return func() {
			simulator.ClearFaults()
			simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale, Times: times})
		}
	}
	config := func(trigger, description string) string {
		return simulator.Config(fmt.Sprintf("resource \"terraform_data\" \"trigger\" {\n  input = %q\n}\n", trigger) +
			named(name, fmt.Sprintf("description = %q", description), "lifecycle {\n    replace_triggered_by = [terraform_data.trigger]\n  }"))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		CheckDestroy:             isGone(simulator),
		Steps: []resource.TestStep{
			{PreConfig: lag(4), Config: config("one", "one"), Check: calls(simulator, "CreateRoutine", 1)},
			{PreConfig: lag(4), Config: config("one", "two"), Check: calls(simulator, "UpdateRoutineConfigDescription", 1)},
			{
				// The name stays, so that the create must not take the remains of the former routine for another's: the
				// deletion waits for eight answers, and the create sees one more.
				PreConfig: lag(9), Config: config("two", "two"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
				}},
				Check: resource.ComposeTestCheckFunc(calls(simulator, "DeleteRoutine", 1), calls(simulator, "CreateRoutine", 2)),
			},
		},
	})
}

// TestAccRoutineAnotherRoutineAfterALostDeletion deletes nothing that someone else has made meanwhile under the same name.
func TestAccRoutineAnotherRoutineAfterALostDeletion(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	other := esasim.SeedRoutine{Name: name, Description: "someone else's", CreateTime: time.Date(2024, 8, 14, 1, 42, 27, 0, time.UTC)}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{Config: simulator.Config(named(name))},
			{
				PreConfig: func() {
					simulator.Inject(esasim.Rule{Operation: "DeleteRoutine", Fault: esasim.ResetAfter, Times: 1, Then: func() {
						simulator.LoadSeed(esasim.Seed{Routines: []esasim.SeedRoutine{other}})
					}})
				},
				Config: simulator.Config(named(name)), Destroy: true,
				Check: resource.ComposeTestCheckFunc(calls(simulator, "DeleteRoutine", 1), holds(simulator, "someone else's")),
			},
		},
	})
}

// TestAccRoutineRefusals stops at once where ESA says no, and names the attribute.
func TestAccRoutineRefusals(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	refuse := func(operation, code string) func() {
		return func() {
			simulator.ClearFaults()
			simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.ChosenError, Status: 400, Code: code, Message: "No."})
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{PreConfig: refuse("CreateRoutine", "InvalidParameter"), Config: simulator.Config(described("one")), ExpectError: acceptance.Loosely("Cannot create the routine")},
			{PreConfig: func() { simulator.ClearFaults() }, Config: simulator.Config(described("one"))},
			{PreConfig: refuse("UpdateRoutineConfigDescription", "RoutineNotExist"), Config: simulator.Config(described("two")), ExpectError: acceptance.Loosely("ESA has no routine of this name")},
			{PreConfig: refuse("UpdateRoutineConfigDescription", "NoPermission"), Config: simulator.Config(described("two")), ExpectError: acceptance.Loosely("esa:UpdateRoutineConfigDescription")},
			{PreConfig: refuse("DeleteRoutine", "DependedByOthers"), Config: simulator.Config(described("one")), Destroy: true, ExpectError: acceptance.Loosely("Cannot delete the routine")},
			{PreConfig: func() { simulator.ClearFaults() }, Config: simulator.Config(described("one")), PlanOnly: true},
		},
	})
	for operation, want := range map[string]int{"CreateRoutine": 2, "UpdateRoutineConfigDescription": 2} {
		if got := simulator.Count(operation); got != want {
			t.Errorf("%d calls of %s, want %d: a refusal is not repeated", got, operation, want)
		}
	}
}

// TestAccRoutineDescriptionThatESAChanges warns and goes on where ESA keeps another description than it was given.
func TestAccRoutineDescriptionThatESAChanges(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	trim := func(operation string) esasim.Rule {
		return esasim.Rule{Operation: operation, Fault: esasim.NoFault, Then: func() { simulator.SetDescription(name, "trimmed") }}
	}
	simulator.Inject(trim("CreateRoutine"), trim("UpdateRoutineConfigDescription"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{Config: simulator.Config(described("trimmed ")), ExpectNonEmptyPlan: true},
			{Config: simulator.Config(described("trimmed  ")), ExpectNonEmptyPlan: true},
			{Config: simulator.Config(described("trimmed")), Check: calls(simulator, "UpdateRoutineConfigDescription", 1)},
		},
	})
}
