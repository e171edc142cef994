package deployment_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// withFunctions skips a test on a Terraform that has no functions of providers.
var withFunctions = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)}

// TestAccDeploymentCanaryRollout drives a release from 0 to 100 and through the promotion by its percentage alone.
func TestAccDeploymentCanaryRollout(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	for _, step := range []struct {
		stable, candidate string
		percentage        int
		does              string
		live              []esasim.Share
	}{
		{stable, candidate, 0, "1 added, 0 changed", all(stable)},
		{stable, candidate, 10, "0 added, 1 changed", esaShares(stable, 90, candidate, 10)},
		{stable, candidate, 60, "0 added, 1 changed", esaShares(candidate, 60, stable, 40)},
		{stable, candidate, 100, "0 added, 1 changed", all(candidate)},
		{candidate, candidate, 0, "0 added, 0 changed", all(candidate)},
	} {
		terraform.Apply(callingFunction(fmt.Sprintf("canary(%q, %q, %d)", step.stable, step.candidate, step.percentage)), step.does)
		if live, _ := simulator.Live(routine, "production"); !slices.Equal(live.Shares, step.live) {
			t.Errorf("at %d production serves %v, want %v", step.percentage, live.Shares, step.live)
		}
	}
	if made := simulator.Count("CreateRoutineCodeDeployment"); made != 4 {
		t.Errorf("%d deployments, want 4: the promotion changes nothing", made)
	}
}

// canaryOfNext is a canary of a version that the same apply publishes, unless it has already.
func canaryOfNext(percentage string) string {
	return next + callingFunction(fmt.Sprintf("canary(%q, esa_routine_code_version.next.code_version, %s)", stable, percentage))
}

// TestAccDeploymentCanaryOfAVersionOfTheSameApply reads plans in which the candidate is not known yet.
func TestAccDeploymentCanaryOfAVersionOfTheSameApply(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(callingFunction(fmt.Sprintf("canary(%q, %q, 0)", stable, stable)))
	acceptance.Expect(t, "first release", terraform.Run("apply", "-auto-approve"), 0)

	terraform.Configure(canaryOfNext("0"))
	expectPlan(t, terraform, "Plan: 1 to add, 0 to change, 0 to destroy.", nil, address)
	terraform.Configure(canaryOfNext("10"))
	expectPlan(t, terraform, "Plan: 1 to add, 1 to change, 0 to destroy.", []string{
		"~ percentage = 100 -> 90 # (1 unchanged attribute hidden)",
		"+ { + code_version = (known after apply) + percentage = 10 }",
	})
	terraform.Configure(canaryOfNext("100"))
	expectPlan(t, terraform, "Plan: 1 to add, 1 to change, 0 to destroy.", []string{`~ code_version = "` + stable + `" -> (known after apply)`}, "-> 90")
	for _, percentage := range []string{"150", "10.5", "-1"} {
		terraform.Configure(canaryOfNext(percentage))
		acceptance.Expect(t, "plan at "+percentage, terraform.Run("plan"), 1,
			`Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: `+percentage+".")
	}

	for _, percentage := range []int{0, 10, 100} {
		terraform.Configure(canaryOfNext(fmt.Sprint(percentage)))
		acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
		acceptance.Expect(t, "plan after it", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.")
		live, _ := simulator.Live(routine, "production")
		if got := shareOfOthers(live, stable); got != percentage {
			t.Errorf("at %d the candidate has %d%%", percentage, got)
		}
	}
	if made := simulator.Count("CreateRoutineCodeDeployment"); made != 3 {
		t.Errorf("%d deployments, want 3: at 0 nothing is deployed", made)
	}
}

// TestAccDeploymentCanaryAtOnce publishes the candidate and releases it in one apply, at 10 from the start.
func TestAccDeploymentCanaryAtOnce(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(callingFunction(fmt.Sprintf("canary(%q, %q, 0)", stable, stable)))
	acceptance.Expect(t, "first release", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(canaryOfNext("10"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	acceptance.Expect(t, "plan after it", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.")
	if live, _ := simulator.Live(routine, "production"); shareOfOthers(live, stable) != 10 {
		t.Errorf("live: %v", live.Shares)
	}
}

func TestAccDeploymentCanaryErrors(t *testing.T) {
	t.Parallel()
	expectFunctionErrors(t, "canary", map[string]string{
		`"1", "2", 99.5`:  `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: 99.5.`,
		`"1", "2", -1`:    `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: -1.`,
		`"1", "2", 101`:   `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: 101.`,
		`"", "2", 10`:     `Invalid value for "stable" parameter: must be the number of a code version such as "1723599747213377175", got: "".`,
		`"1", "", 0`:      `Invalid value for "candidate" parameter: must be the number of a code version such as "1723599747213377175", got: "".`,
		`"1", "1", 50`:    `Invalid value for "candidate" parameter: must not be the stable version unless the percentage is 0 or 100, got: "1" for both.`,
		`"1", null, 50`:   `Invalid value for "candidate" parameter: argument must not be null.`,
		`"1", "2", "all"`: `Invalid value for "percentage" parameter: a number is required.`,
		`"1", "2"`:        `Not enough function arguments`,
	})
}

// TestAccDeploymentCanaryOutput shows the value as other modules see it.
func TestAccDeploymentCanaryOutput(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config:            simulator.Config("output \"split\" {\n  value = provider::esa::canary(\"1\", \"2\", \"30\")\n}\n"),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("split", codeVersions("1", 70, "2", 30))},
		}},
	})
}
