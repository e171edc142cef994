package codeversion_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccCodeVersionFailedPublication has each way in which a publication fails end with words about it and with nothing left.
func TestAccCodeVersionFailedPublication(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule  esasim.Rule
		words string
	}{
		"upload refused": {esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.UploadRefused}, `The object store rejected the upload`},
		"policy expired": {esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.PolicyExpired}, `The permission to upload has expired`},
		"build failed":   {esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.BuildFailed}, `the build ended in status "failed"`},
		"build endless":  {esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.BuildEndless}, `but the build is not finished (status "init"). The operation timed out`},
		"no routine":     {esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ChosenError, Status: 400, Code: "RoutineNotExist"}, `ESA has no routine of this name`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			simulator.Inject(test.rule)
			terraform := simulator.Workspace(t)
			terraform.Configure(version(argument("code", "export default {}"), `timeouts = { create = "3s" }`))
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, test.words)
			if err := holds(simulator, 0)(nil); err != nil {
				t.Error(err)
			}
			simulator.ClearFaults()
			acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0, "1 added, 0 changed, 0 destroyed")
			if err := holds(simulator, 1)(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccCodeVersionLeftoverIsDeletedByTheNextApply cannot delete the version that a failed upload has reserved.
func TestAccCodeVersionLeftoverIsDeletedByTheNextApply(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.UploadRefused},
		esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError})
	terraform := simulator.Workspace(t)
	config := version(argument("code", "export default {}"))
	terraform.Configure(config)
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "could not be deleted:")
	simulator.ClearFaults()
	terraform.Apply(config, "is tainted, so must be replaced", "1 added, 0 changed, 1 destroyed")
	if err := holds(simulator, 1)(nil); err != nil {
		t.Error(err)
	}
}

// deployment releases the version under test to production.
const deployment = `
resource "esa_routine_code_deployment" "production" {
  name            = "hello"
  env             = "production"
  allow_overwrite = true
  code_versions   = [{ code_version = esa_routine_code_version.test.code_version, percentage = 100 }]
}
`

// TestAccCodeVersionReleaseOfNewCode edits the code of a version that production serves: with create_before_destroy the new one is
// built, production moves on, and the old one is deleted only then.
func TestAccCodeVersionReleaseOfNewCode(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	config := func(code string, more ...string) string {
		return simulator.Config(version(append(more, argument("code", code), "lifecycle { create_before_destroy = true }")...) + deployment)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{Config: config("export default 1")},
			{
				// What GetRoutine shows shortly after the deployment is what was served before it.
				PreConfig: func() {
					simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale, Times: 2})
				},
				Config: config("export default 2"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreateBeforeDestroy),
					plancheck.ExpectResourceAction("esa_routine_code_deployment.production", plancheck.ResourceActionUpdate),
				}},
			},
			{Config: config("export default 2"), PlanOnly: true},
			{Config: config("export default 2", "skip_destroy = true")},
		},
	})
	live, _ := simulator.Live(routine, esasim.Production)
	held := versions(simulator)
	if len(held) != 1 || live.Shares[0].CodeVersion != held[0].CodeVersion {
		t.Errorf("after skip_destroy, the simulator holds %+v and production serves %+v", held, live.Shares)
	}
}

// TestAccCodeVersionServedVersionIsKept destroys a version that production serves, and cannot.
func TestAccCodeVersionServedVersionIsKept(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	terraform.Apply(version(argument("code", "export default {}")))
	id := simulator.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: versions(simulator)[0].CodeVersion, Percentage: 100})
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 1,
		"was not deleted. An environment still serves it: production: 100% "+versions(simulator)[0].CodeVersion+" (deployment "+id+")")
	if asked := simulator.Count("DeleteRoutineCodeVersion"); asked != 0 {
		t.Errorf("ESA was asked to delete %d times, want none", asked)
	}
	simulator.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: released, Percentage: 100})
	terraform.Apply("", "1 destroyed")
	if err := holds(simulator, 0)(nil); err != nil {
		t.Error(err)
	}
}

// TestAccCodeVersionVersionIsLeftToItsEnvironment destroys a version together with the deployment of it.
func TestAccCodeVersionVersionIsLeftToItsEnvironment(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(version(argument("code", "export default {}")) + deployment)
	if result := terraform.Run("apply", "-auto-approve"); result.ExitCode != 0 {
		t.Fatal(result.Output)
	}
	result := terraform.Run("destroy", "-auto-approve")
	if result.ExitCode != 0 || !wrapped(`Warning: Code version stays in ESA`).MatchString(result.Output) {
		t.Errorf("destroy ended with exit code %d, want 0 and a warning:\n%s", result.ExitCode, result.Output)
	}
	if held := versions(simulator); len(held) != 1 || simulator.Count("DeleteRoutineCodeVersion") != 0 {
		t.Errorf("the simulator holds %+v after %d deletes, want the version that production serves", held, simulator.Count("DeleteRoutineCodeVersion"))
	}
}

// workspace is a workspace whose provider talks to the simulator.
func workspace(t *testing.T, options ...esasim.Option) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := simulate(t, options...)
	return simulator, simulator.Workspace(t)
}

// installed is workspace with the provider as a process of its own, in the folder of the configuration.
func installed(t *testing.T) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := simulate(t)
	return simulator, acceptance.NewWorkspace(t, simulator.Environment()...)
}

// TestAccCodeVersionInterrupt presses Ctrl-C at each step of a publication.
func TestAccCodeVersionInterrupt(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateRoutineWithAssetsCodeVersion", esasim.UploadOperation, "GetRoutineCodeVersionInfo"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			simulator, terraform := installed(t)
			terraform.Configure(version(argument("code", "export default {}")))
			acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0)
			simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.Hang})
			apply := terraform.Start(nil, "apply", "saved")
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := simulator.AwaitCount(ctx, operation, 1); err != nil {
				t.Fatal(err)
			}
			apply.Interrupt()
			acceptance.Expect(t, "apply", apply.Wait(), 1, "Cannot publish the code version", "Canceled after")
			if err := holds(simulator, 0)(nil); err != nil {
				t.Error(err)
			}
			simulator.ClearFaults()
			acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
			if err := holds(simulator, 1)(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccCodeVersionWarnings reads what plans say beside the changes.
func TestAccCodeVersionWarnings(t *testing.T) {
	t.Parallel()
	_, terraform := workspace(t)
	imports := "import {\n  to = " + address + "\n  id = \"hello:" + released + "\"\n}\n"
	terraform.Configure(version(argument("code", "export default {}"), argument("description", "another one")) + imports)
	if said := terraform.Run("plan"); !strings.Contains(said.Output, "must be replaced") || strings.Contains(said.Output, "publishes nothing") {
		t.Errorf("the plan that replaces an imported version says:\n%s", said.Output)
	}
	terraform.Configure(version(argument("code", "export default {}")) + imports)
	acceptance.Expect(t, "apply of an import", terraform.Run("apply", "-auto-approve"), 0,
		"Content of the imported version cannot be compared", "This apply records the configured content as that of the version, and publishes nothing", "1 imported, 0 added, 1 changed, 0 destroyed")
	acceptance.Expect(t, "plan to destroy", terraform.Run("plan", "-destroy"), 0,
		"Code version is still served", "production: 100% "+released, "destroying a deployment does not withdraw it")
	terraform.Configure(version(argument("code", "export default {}"), "skip_destroy = true"))
	acceptance.Expect(t, "apply of skip_destroy", terraform.Run("apply", "-auto-approve"), 0, "0 added, 1 changed, 0 destroyed")
	if said := terraform.Run("plan", "-destroy").Output; strings.Contains(said, "still served") {
		t.Errorf("a plan that keeps the version warns of it:\n%s", said)
	}
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0, "1 destroyed")
}

// TestAccCodeVersionReplacementOfAServedVersion warns of the delete that is a part of a replacement, whatever replaces the version,
// and asks nothing more of ESA where nothing changes.
func TestAccCodeVersionReplacementOfAServedVersion(t *testing.T) {
	t.Parallel()
	const warning = "Warning: Code version is still served"
	simulator, terraform := workspace(t)
	configure := func(code string, more ...string) {
		terraform.Configure(version(append(more, argument("code", code))...) + deployment)
	}
	configure("export default 1")
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	served := versions(simulator)[0].CodeVersion

	simulator.ResetLog()
	quiet := terraform.Run("plan")
	acceptance.Expect(t, "plan without a change", quiet, 0, "No changes.")
	if calls := simulator.Counts(); strings.Contains(quiet.Output, warning) || calls["GetRoutine"] != 1 || calls["GetRoutineCodeVersionInfo"] != 1 || simulator.Count("") != 2 {
		t.Errorf("a plan without a change makes the calls %v, want one look at each object and no warning:\n%s", calls, quiet.Output)
	}
	for name, arguments := range map[string][]string{
		"content":     {"export default 2"},
		"description": {"export default 1", argument("description", "another one")},
		"strategy":    {"export default 1", `not_found_strategy = "404Page"`},
	} {
		configure(arguments[0], arguments[1:]...)
		for _, refresh := range []string{"-refresh=true", "-refresh=false"} {
			plan := terraform.Run("plan", refresh)
			acceptance.Expect(t, "plan of another "+name, plan, 0, "must be replaced", warning,
				"This plan replaces code version "+served+` of routine "hello"`, "production: 100% "+served,
				"If this apply deletes the version before it moves the environment to another split, the apply fails", "create_before_destroy = true", "To keep the old version for a rollback, set retain.")
			if times := strings.Count(plan.Output, warning); times != 1 {
				t.Errorf("plan of another %s warns %d times, want once:\n%s", name, times, plan.Output)
			}
		}
	}

	configure("export default 1", "skip_destroy = true")
	acceptance.Expect(t, "apply of skip_destroy", terraform.Run("apply", "-auto-approve"), 0, "0 added, 1 changed, 0 destroyed")
	configure("export default 2", "skip_destroy = true")
	if plan := terraform.Run("plan"); strings.Contains(plan.Output, warning) {
		t.Errorf("a replacement that keeps the version warns of it:\n%s", plan.Output)
	}
	configure("export default 1")
	acceptance.Expect(t, "apply without skip_destroy", terraform.Run("apply", "-auto-approve"), 0)
	simulator.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: released, Percentage: 100})
	configure("export default 2")
	if plan := terraform.Run("plan"); strings.Contains(plan.Output, warning) {
		t.Errorf("a replacement of a version that nothing serves warns of it:\n%s", plan.Output)
	}
}

// TestAccCodeVersionSavedPlan changes and removes the file between a plan and its apply.
func TestAccCodeVersionSavedPlan(t *testing.T) {
	t.Parallel()
	simulator, terraform := installed(t)
	entry := terraform.Write("worker.js", "export default 1")
	terraform.Configure(version(`entry = "${path.module}/worker.js"`))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0, `+ content_hash = "sha256:`)
	put(t, entry, "export default 2")
	// Terraform plans once more before it creates, and compares by itself.
	acceptance.Expect(t, "apply of other content", terraform.Run("apply", "saved"), 1, ".content_hash: was cty.StringVal")
	nothingReserved(t, simulator)
	acceptance.Expect(t, "another plan", terraform.Run("plan", "-out=saved"), 0)
	acceptance.Expect(t, "apply of what it shows", terraform.Run("apply", "saved"), 0)
	if err := holds(simulator, 1)(nil); err != nil {
		t.Error(err)
	}
	put(t, entry, "export default 3")
	acceptance.Expect(t, "plan of an edited file", terraform.Run("plan"), 0, "# forces replacement", "1 to add, 0 to change, 1 to destroy")
}
