package deployment_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-esa/internal/provider/acceptance"
)

// withFunctions skips a test on a Terraform that has no functions of providers.
var withFunctions = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)}

// TestAccCanaryRollout drives a release from 0 to 100 and through the promotion by its percentage alone.
func TestAccCanaryRollout(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	at := func(stable, candidate string, percentage int, want ...any) resource.TestStep {
		action := plancheck.ResourceActionUpdate
		if percentage == 0 && stable != candidate {
			action = plancheck.ResourceActionCreate
		}
		if stable == candidate {
			action = plancheck.ResourceActionNoop
		}
		return resource.TestStep{
			Config: simulator.Config(fmt.Sprintf(
				"resource \"esa_routine_code_deployment\" \"test\" {\n  name = %q\n  env  = \"production\"\n  code_versions = provider::esa::canary(%q, %q, %d)\n}\n",
				routine, stable, candidate, percentage)),
			ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}},
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, attribute("code_versions"), codeVersions(want...))},
		}
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			at(stable, candidate, 0, stable, 100),
			at(stable, candidate, 10, stable, 90, candidate, 10),
			at(stable, candidate, 60, stable, 40, candidate, 60),
			at(stable, candidate, 100, candidate, 100),
			at(candidate, candidate, 0, candidate, 100),
		},
	})
	if made := simulator.Count("CreateRoutineCodeDeployment"); made != 4 {
		t.Errorf("%d deployments, want 4: the promotion changes nothing", made)
	}
}

// TestAccCanaryOfAnUnknownVersion plans with a version that is known only after apply.
func TestAccCanaryOfAnUnknownVersion(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(fmt.Sprintf("resource \"terraform_data\" \"candidate\" {\n  input = %q\n}\n"+
				"resource \"esa_routine_code_deployment\" \"test\" {\n  name = %q\n  env  = \"production\"\n  code_versions = provider::esa::canary(%q, terraform_data.candidate.output, 25)\n}\n",
				candidate, routine, stable)),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownValue(address, attribute("code_versions"))}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, attribute("code_versions"), codeVersions(stable, 75, candidate, 25)),
			},
		}},
	})
}

func TestAccCanaryErrors(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		`"1", "2", 99.5`:  `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: 99.5.`,
		`"1", "2", 100/3`: `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: 33.33333….`,
		`"1", "2", -1`:    `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: -1.`,
		`"1", "2", 101`:   `Invalid value for "percentage" parameter: must be a whole number between 0 and 100, got: 101.`,
		`"", "2", 10`:     `Invalid value for "stable" parameter: is empty, want the number of a code version`,
		`"1", "", 0`:      `Invalid value for "candidate" parameter: is empty, want the number of a code version`,
		`"1", "1", 50`:    `Invalid value for "candidate" parameter: found "1", which is the stable version as well`,
		`"1", null, 50`:   `Invalid value for "candidate" parameter: argument must not be null.`,
		`"1", "2", "all"`: `Invalid value for "percentage" parameter: a number is required.`,
	} {
		t.Run(arguments, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			resource.Test(t, resource.TestCase{
				TerraformVersionChecks:   withFunctions,
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps: []resource.TestStep{{
					Config:      simulator.Config("output \"split\" {\n  value = provider::esa::canary(" + arguments + ")\n}\n"),
					ExpectError: loosely(want),
				}},
			})
		})
	}
}

// TestAccCanaryArity leaves the number of arguments to Terraform.
func TestAccCanaryArity(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config:      simulator.Config("output \"split\" {\n  value = provider::esa::canary(\"1\", \"2\")\n}\n"),
			ExpectError: regexp.MustCompile(`Not enough function arguments`),
		}},
	})
}

// TestAccCanaryOutput shows the value as other modules see it.
func TestAccCanaryOutput(t *testing.T) {
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
