package deployment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// pipeline is the configuration of a team that keeps its releases and shifts production to the last of them. More goes
// into the block of the data source.
func pipeline(releases, more string) string {
	return `
variable "percentage" { type = number }

locals {
  releases = ["` + strings.ReplaceAll(releases, " ", `", "`) + `"]
}

resource "esa_routine" "hello" {
  name = "hello"
}

resource "esa_routine_code_version" "release" {
  for_each = toset(local.releases)
  name     = esa_routine.hello.name
  code     = "export default {} // ${each.key}"
}

# Not esa_routine.hello.name: a change of that resource would put off this read to the apply.
data "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"
  ` + more + `
}

resource "esa_routine_code_deployment" "test" {
  name = esa_routine.hello.name
  env  = "production"
  code_versions = provider::esa::shift(
    data.esa_routine_code_deployment.production.code_versions,
    esa_routine_code_version.release[local.releases[length(local.releases) - 1]].code_version,
    var.percentage,
  )
}
`
}

// shiftTo applies at a percentage and checks that the plan after it is empty.
func shiftTo(t *testing.T, terraform *acceptance.Workspace, percentage string) {
	t.Helper()
	acceptance.Expect(t, "apply at "+percentage, terraform.Run("apply", "-auto-approve", "-var=percentage="+percentage), 0)
	acceptance.Expect(t, "plan after "+percentage, terraform.Run("plan", "-detailed-exitcode", "-var=percentage="+percentage), 0, "No changes.")
}

// serving checks the percentages that production serves, in falling order, and returns its versions in that order.
func serving(t *testing.T, simulator *acceptance.Simulated, percentages ...int) []string {
	t.Helper()
	live, _ := simulator.Live(routine, "production")
	var versions []string
	var got []int
	for _, share := range slices.SortedStableFunc(slices.Values(live.Shares), func(a, b esasim.Share) int { return b.Percentage - a.Percentage }) {
		versions, got = append(versions, share.CodeVersion), append(got, share.Percentage)
	}
	if !slices.Equal(got, percentages) {
		t.Fatalf("production serves %v, want %v", live.Shares, percentages)
	}
	return versions
}

// TestAccDeploymentShiftPipeline plays the pipeline "build, then apply with 10, 50, 100" from a routine that does not exist yet,
// through a build that takes the place of a running canary, to the errors that a pipeline can run into.
func TestAccDeploymentShiftPipeline(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	terraform := simulator.Workspace(t)
	at := func(percentage string) []string { return []string{"plan", "-var=percentage=" + percentage} }

	terraform.Configure(pipeline("v1", ""))
	acceptance.Expect(t, "plan of the first release", terraform.Run(at("10")...), 0,
		"+ { + code_version = (known after apply) + percentage = 100 }", "Plan: 3 to add, 0 to change, 0 to destroy.")
	shiftTo(t, terraform, "10")
	v1 := serving(t, simulator, 100)[0]
	shiftTo(t, terraform, "100")
	acceptance.Expect(t, "plan at 0", terraform.Run(at("0")...), 1,
		`Invalid value for "percentage" parameter: must be between 1 and 100, got: 0. The candidate already serves everything, `+
			"and the former version is not live any more. To go back to that version, use canary() with it as the stable version.")

	terraform.Configure(pipeline("v1 v2", ""))
	acceptance.Expect(t, "plan of a build", terraform.Run(at("0")...), 0, "Plan: 1 to add, 0 to change, 0 to destroy.")
	acceptance.Expect(t, "plan of a build that starts at 10", terraform.Run(at("10")...), 0, "~ percentage = 100 -> 90 # (1 unchanged attribute hidden)",
		"+ { + code_version = (known after apply) + percentage = 10 }", "Plan: 1 to add, 1 to change, 0 to destroy.")
	shiftTo(t, terraform, "0")
	shiftTo(t, terraform, "10")
	if got := serving(t, simulator, 90, 10)[0]; got != v1 {
		t.Errorf("the stable version is %s, want %s", got, v1)
	}
	shiftTo(t, terraform, "50")
	serving(t, simulator, 50, 50)
	shiftTo(t, terraform, "100")
	v2 := serving(t, simulator, 100)[0]
	if v2 == v1 {
		t.Error("production still serves the first version")
	}

	terraform.Configure(pipeline("v1 v2 v3", ""))
	shiftTo(t, terraform, "20")
	v3 := serving(t, simulator, 80, 20)[1]
	terraform.Configure(pipeline("v1 v2 v3 v4", ""))
	acceptance.Expect(t, "plan of a build during a canary", terraform.Run(at("10")...), 0, "~ percentage = 80 -> 90", `~ code_version = "`+v3+`" -> (known after apply)`, "~ percentage = 20 -> 10")
	shiftTo(t, terraform, "10")
	if got := serving(t, simulator, 90, 10); got[0] != v2 || got[1] == v3 {
		t.Errorf("production serves %v, want %s and a version that is newer than %s", got, v2, v3)
	}
	shiftTo(t, terraform, "50")
	terraform.Configure(pipeline("v1 v2 v3 v4 v5", ""))
	acceptance.Expect(t, "plan of a build at 50/50", terraform.Run(at("10")...), 1,
		`Invalid value for "live" parameter: has two code versions at 50% each`, "Finish or undo that canary first: give one of them 100%.")
	terraform.Configure(pipeline("v1 v2 v3 v4", ""))
	shiftTo(t, terraform, "0")
	if got := serving(t, simulator, 100)[0]; got != v2 {
		t.Errorf("production serves %s, want %s again", got, v2)
	}
	for _, wrong := range []string{"150", "10.5", "-1"} {
		acceptance.Expect(t, "plan at "+wrong, terraform.Run(at(wrong)...), 1,
			`Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: `+wrong+".")
	}
	terraform.Configure(pipeline("v1 v2 v3 v4 v5", ""))
	acceptance.Expect(t, "plan of a build at 150", terraform.Run(at("150")...), 1, "must be a whole number between 0 and 100, got: 150.")

	terraform.Configure(pipeline("v1 v2 v3 v4", ""))
	simulator.ResetLog()
	acceptance.Expect(t, "plan without a change", terraform.Run(append(at("0"), "-detailed-exitcode")...), 0)
	if got := simulator.Count("GetRoutine"); got != 1 {
		t.Errorf("a plan without a change calls GetRoutine %d times, want 1", got)
	}
}

// TestAccDeploymentShiftOfALiveSplitThatIsNotKnown defers the data source to the apply, as depends_on does.
func TestAccDeploymentShiftOfALiveSplitThatIsNotKnown(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	terraform := simulator.Workspace(t)
	const deferred = "depends_on = [esa_routine_code_version.release]" // so does a reference to a resource that changes
	plan := func(percentage string) acceptance.Result { return terraform.Run("plan", "-var=percentage="+percentage) }

	terraform.Configure(pipeline("v1", deferred))
	acceptance.Expect(t, "plan of the first release at 100", plan("100"), 0, "+ percentage = 100")
	acceptance.Expect(t, "plan of the first release at 10", plan("10"), 0, "+ code_versions = (known after apply)")
	shiftTo(t, terraform, "10")
	serving(t, simulator, 100)

	terraform.Configure(pipeline("v1 v2", deferred))
	acceptance.Expect(t, "plan at 10", plan("10"), 0, "-> (known after apply)")
	acceptance.Expect(t, "plan at 150", plan("150"), 1, "must be a whole number between 0 and 100, got: 150.")
	shiftTo(t, terraform, "10")
	serving(t, simulator, 90, 10)

	terraform.Configure(pipeline("v1 v2 v3", deferred))
	shiftTo(t, terraform, "0")
	serving(t, simulator, 100)
	terraform.Configure(pipeline("v1 v2 v3 v4", deferred))
	shiftTo(t, terraform, "100")
	serving(t, simulator, 100)
}

func TestAccDeploymentShiftErrors(t *testing.T) {
	t.Parallel()
	of := func(versionsAndPercentages ...any) string {
		var elements []string
		for index := 0; index < len(versionsAndPercentages); index += 2 {
			elements = append(elements, share(versionsAndPercentages[index].(string), versionsAndPercentages[index+1]))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	expectFunctionErrors(t, "shift", map[string]string{
		`[], "2", 99.5`:   `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: 99.5.`,
		`[], "", 10`:      `Invalid value for "candidate" parameter: must be the number of a code version such as "1723599747213377175", got: "".`,
		`null, "2", 10`:   `Invalid value for "live" parameter: argument must not be null.`,
		`[null], "2", 10`: `Invalid value for "live" parameter: must not contain null`,
		`[{ code_version = "1", percentage = null }], "2", 10`: `Invalid value for "live" parameter: must not contain null`,
		`["1"], "2", 10`:                   `Invalid value for "live" parameter:`,
		of("1", 60) + `, "2", 10`:          `Invalid value for "live" parameter: must be empty, or one or two different code versions with whole percentages that sum to 100, got: 60% "1".`,
		of("2", 100) + `, "2", 0`:          `Invalid value for "percentage" parameter: must be between 1 and 100, got: 0.`,
		of("1", 50, "2", 50) + `, "3", 10`: `Invalid value for "live" parameter: has two code versions at 50% each, "1" and "2", and neither is the candidate`,
	})
}

// TestAccDeploymentShiftOutput passes what the data source has, with more attributes than the function needs.
func TestAccDeploymentShiftOutput(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Deploy(routine, "production", esaShares(candidate, 20, stable, 80)...)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(reading(routine, "production") +
				fmt.Sprintf("output \"split\" {\n  value = provider::esa::shift(%s.code_versions, %q, \"30\")\n}\n", dataAddress, third)),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("split", codeVersions(stable, 70, third, 30))},
		}},
	})
}
