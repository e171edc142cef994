package routine_test

import (
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// workspace is a folder with a Terraform whose output can be read, which terraform-plugin-testing does not show.
func workspace(t *testing.T, options ...esasim.Option) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := acceptance.Simulate(t, options...)
	return simulator, simulator.Workspace(t)
}

const stillServes = `production: 100% 1723599747213377175 (deployment`

// TestAccRoutineDestroyWarning warns of what stops, and only where something does.
func TestAccRoutineDestroyWarning(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(described("says hello"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy"), 0, "1 to destroy", "!Warning: Routine still serves")

	simulator.AddCodeVersion(name, codeVersion)
	simulator.Deploy(name, "production", esasim.Share{CodeVersion: codeVersion, Percentage: 100})
	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy"), 0,
		"Warning: Routine still serves",
		`This deletes the routine "hello" with its code versions. It still serves:`, stillServes,
		"Deleting it stops that at once", "!staging:")
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0, "!Warning: Routine still serves")

	terraform.Configure("")
	acceptance.Expect(t, "plan without the resource", terraform.Run("plan"), 0, "Warning: Routine still serves", stillServes)
	terraform.Configure(named("hello-again"))
	acceptance.Expect(t, "plan of another name", terraform.Run("plan"), 0,
		"must be replaced", `This replacement deletes the routine "hello" with its code versions`, stillServes)
	terraform.Configure(described("says hello"))
	acceptance.Expect(t, "plan of a replacement", terraform.Run("plan", "-replace="+address), 0,
		"will be replaced, as requested", "!Error")

	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError})
	acceptance.Expect(t, "plan of a destroy without permission to read", terraform.Run("plan", "-destroy", "-refresh=false"), 0, "1 to destroy")
	simulator.ClearFaults()
	acceptance.Expect(t, "replace", terraform.Run("apply", "-auto-approve", "-replace="+address), 0, "1 added, 0 changed, 1 destroyed")
	if _, serves := simulator.Live(name, "production"); serves {
		t.Error("the new routine serves what the former one did")
	}
}

// TestAccRoutineTainted goes through what the message of a create over an existing routine advises.
func TestAccRoutineTainted(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineNotExist"})
	terraform.Configure(named(name, `timeouts = { create = "2s" }`))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Error: Routine not found after creation", "run terraform untaint on it")
	simulator.ClearFaults()
	acceptance.Expect(t, "plan", terraform.Run("plan"), 1, "Error: Routine already exists", "run terraform untaint on it")
	acceptance.Expect(t, "untaint", terraform.Run("untaint", address), 0)
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "0 added, 0 changed, 0 destroyed")
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, "default_related_record = \"hello.")
	if created, deleted := simulator.Count("CreateRoutine"), simulator.Count("DeleteRoutine"); created != 1 || deleted != 0 {
		t.Errorf("%d calls of CreateRoutine and %d of DeleteRoutine, want 1 and none", created, deleted)
	}
}

// TestAccRoutinePlanWithoutPermission plans a create with a key that may not read routines.
func TestAccRoutinePlanWithoutPermission(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError})
	terraform.Configure(named(name))
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "1 to add")
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the routine", "esa:GetRoutine")
	if created := simulator.Count("CreateRoutine"); created != 0 {
		t.Errorf("a routine was made by someone who cannot see it")
	}
}
