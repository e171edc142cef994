package deployment_test

import (
	"regexp"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccDeploymentTraffic reads the attribute traffic in plans, and upgrades a state that does not have it.
func TestAccDeploymentTraffic(t *testing.T) {
	t.Parallel()
	_, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	acceptance.Expect(t, "first plan", terraform.Run("plan"), 0, `+ traffic = { + "`+stable+`" = 90 + "`+candidate+`" = 10 }`)
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 10), share(stable, 90))))
	acceptance.Expect(t, "plan of another order", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.")
	acceptance.Expect(t, "plan of another order, without a refresh", terraform.Run("plan", "-refresh=false"), 0, "1 to change", "!traffic = {", "!deployment_id = ")
	terraform.Configure(release(shares(share(stable, 50), share(candidate, 50))))
	acceptance.Expect(t, "plan of other shares", terraform.Run("plan"), 0, `~ traffic = { ~ "`+stable+`" = 90 -> 50 ~ "`+candidate+`" = 10 -> 50 }`)
	terraform.Configure(release(shares(share(candidate, 100))))
	acceptance.Expect(t, "plan of a promotion", terraform.Run("plan"), 0, `~ traffic = { - "`+stable+`" = 90 -> null ~ "`+candidate+`" = 10 -> 100 }`)
	terraform.Configure("resource \"terraform_data\" \"next\" {\n  input = \"" + third + "\"\n}\n" +
		release(shares(share(stable, 90), `{ code_version = terraform_data.next.output, percentage = 10 }`)))
	acceptance.Expect(t, "plan of a version that is yet to come", terraform.Run("plan"), 0, `-> (known after apply)`, "~ traffic =")

	former := regexp.MustCompile(`(?s)"traffic": \{.*?\},?\s*`).ReplaceAllString(terraform.State(), "")
	former = strings.Replace(regexp.MustCompile(`"on_outside_change": null,\s*`).ReplaceAllString(former, ""), `"serial": 1`, `"serial": 2`, 1)
	former = regexp.MustCompile(`,(\s*\})`).ReplaceAllString(former, "$1")
	if strings.Contains(former, `"traffic"`) {
		t.Fatalf("the state still has traffic:\n%s", former)
	}
	terraform.Write("terraform.tfstate", former)
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	acceptance.Expect(t, "plan with a former state", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.", "!update in-place")
	acceptance.Expect(t, "plan with a former state and no refresh", terraform.Run("plan", "-detailed-exitcode", "-refresh=false"), 0, "No changes.", "!update in-place")
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10)), `timeouts = { update = "3m" }`))
	acceptance.Expect(t, "another timeout with a former state", terraform.Run("apply", "-auto-approve", "-refresh=false"), 0, "1 changed")
	terraform.Configure(release(shares(share(candidate, 10), share(stable, 90)), `timeouts = { update = "4m" }`))
	acceptance.Expect(t, "apply of another order and another timeout", terraform.Run("apply", "-auto-approve"), 0, "1 changed")
	acceptance.Expect(t, "plan after it", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.")
	acceptance.Expect(t, "apply of nothing", terraform.Run("apply", "-auto-approve"), 0)
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, `traffic = { "`+stable+`" = 90 "`+candidate+`" = 10 }`)
}

// TestAccDeploymentOutsideChange has someone roll back in the console, and Terraform notice before it undoes that.
func TestAccDeploymentOutsideChange(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 50), share(candidate, 50))))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	id := simulator.Deploy(routine, "production", all(stable)...)

	const warning = "Warning: Environment hello:production was changed outside of Terraform"
	terraform.Configure(release(shares(share(candidate, 100))))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0, warning,
		"Someone else deployed to the production environment of routine \"hello\" after the last apply.",
		"in state: 50% "+stable+" + 50% "+candidate+" (deployment", "current:  100% "+stable+" (deployment "+id, "planned: 100% "+candidate,
		"100% of the traffic would move to another code version.", "1 to change")
	terraform.Configure(release(shares(share(candidate, 100)), `on_outside_change = "stop"`))
	acceptance.Expect(t, "plan that stops", terraform.Run("plan"), 1, "Error: Environment hello:production was changed outside of Terraform",
		`on_outside_change is "stop", so nothing is planned.`, "To keep the current split, set it in code_versions.", `set on_outside_change = "warn" for this release`)
	terraform.Configure(release(shares(share(stable, 100)), `on_outside_change = "stop"`))
	acceptance.Expect(t, "plan with their split", terraform.Run("plan"), 0, "!was changed outside of Terraform\n")
	terraform.Configure(release(shares(share(candidate, 100))))
	acceptance.Expect(t, "apply of the saved plan", terraform.Run("apply", "saved"), 0, "1 changed", "!was changed outside")
	expectLive(t, simulator, all(candidate), 2)

	simulator.Deploy(routine, "production", all(third)...)
	terraform.Configure(release(shares(share(candidate, 100)), `on_outside_change = "stop"`))
	acceptance.Expect(t, "plan of what was live before", terraform.Run("plan"), 1, "was changed outside of Terraform", "planned: 100% "+candidate)
	acceptance.Expect(t, "refresh-only apply", terraform.Run("apply", "-refresh-only", "-auto-approve"), 0, "!Error")
	acceptance.Expect(t, "plan over an accepted split", terraform.Run("plan"), 0, "1 to change", "!was changed outside")
}

// TestAccDeploymentTwoResourcesForOneEnvironment plans two splits for one environment, and what only looks like that.
func TestAccDeploymentTwoResourcesForOneEnvironment(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	second := func(elements ...string) string {
		return strings.Replace(release(elements), `"test"`, `"second"`, 1)
	}
	const refusal = "Error: Two resources deploy to hello:production"
	one := release(shares(share(stable, 100)))
	terraform.Configure(one + second(share(candidate, 100)))
	acceptance.Expect(t, "plan of two creates", terraform.Run("plan"), 1, refusal, "100% "+stable, "100% "+candidate, "Each apply would replace the split of the other.")
	next := "resource \"terraform_data\" \"next\" {\n  input = \"" + candidate + "\"\n}\n"
	terraform.Configure(next + one + second(`{ code_version = terraform_data.next.output, percentage = 10 }`, share(stable, 90)))
	acceptance.Expect(t, "plan with a version that is yet to come", terraform.Run("plan"), 1, refusal, "10% (known after apply)")

	terraform.Configure(one)
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(one + strings.Replace(second(share(candidate, 100)), "code_versions", "allow_overwrite = true\n  code_versions", 1))
	acceptance.Expect(t, "plan of a second one", terraform.Run("plan"), 1, refusal)
	terraform.Configure(one + second(share(stable, 100)))
	acceptance.Expect(t, "plan of the same split twice", terraform.Run("plan"), 0, "1 to add", "!"+refusal)

	// With ignore_changes the two plans of a replacement have different splits.
	terraform.Configure(release(shares(share(candidate, 100)), "allow_overwrite = true", "lifecycle {\n    ignore_changes = [code_versions]\n  }"))
	acceptance.Expect(t, "plan of a replacement", terraform.Run("plan", "-replace="+address), 0, "will be replaced, as requested", "!"+refusal)
	for _, more := range []string{"", "lifecycle {\n    create_before_destroy = true\n  }"} {
		terraform.Configure(releaseTo("staging", shares(share(candidate, 100)), more))
		acceptance.Expect(t, "plan of another environment", terraform.Run("plan"), 0, "must be replaced", "!"+refusal)
	}
	acceptance.Expect(t, "apply of another environment", terraform.Run("apply", "-auto-approve"), 0, "!"+refusal)
	if live, ok := simulator.Live(routine, "staging"); !ok || live.Shares[0].CodeVersion != candidate {
		t.Errorf("staging serves %+v, want %s", live, candidate)
	}
}

// wholeRoutine is a routine with a version and what both environments serve of it.
const wholeRoutine = `
resource "esa_routine" "new" {
  name = "new"
}
resource "esa_routine_code_version" "first" {
  name = esa_routine.new.name
  code = "export default { fetch() { return new Response('hello') } }"
}
resource "esa_routine_code_deployment" "environments" {
  for_each      = toset(["staging", "production"])
  name          = esa_routine.new.name
  env           = each.key
  code_versions = [{ code_version = esa_routine_code_version.first.code_version, percentage = 100 }]
}
`

// TestAccDeploymentFirstReleaseWithoutWarnings creates and destroys a routine with its releases.
func TestAccDeploymentFirstReleaseWithoutWarnings(t *testing.T) {
	t.Parallel()
	terraform := acceptance.Simulate(t).Workspace(t)
	terraform.Configure(wholeRoutine)
	const warnsOfRelease, overrides = "Warning: Routine does not exist yet", "Warning: Provider development overrides are in effect"
	quiet := func(what string, result acceptance.Result) {
		t.Helper()
		acceptance.Expect(t, what, result, 0, "!"+warnsOfRelease)
		if got, want := strings.Count(result.Output, "Warning:"), strings.Count(result.Output, overrides); got != want {
			t.Errorf("%s prints %d warnings of its own:\n%s", what, got-want, result.Output)
		}
	}
	quiet("plan", terraform.Run("plan", "-out=saved"))
	quiet("apply", terraform.Run("apply", "saved"))
	quiet("plan without a change", terraform.Run("plan", "-detailed-exitcode"))
	destroy := terraform.Run("plan", "-destroy")
	acceptance.Expect(t, "plan of a destroy", destroy, 0, "Warning: Routine still serves",
		"Warning: Deployment of new:staging is only removed from the state", "Warning: Deployment of new:production is only removed from the state", "unless this plan also deletes the routine.")
	if got, want := strings.Count(destroy.Output, "Warning:"), 3+strings.Count(destroy.Output, overrides); got != want {
		t.Errorf("the plan of a destroy prints %d warnings, want %d:\n%s", got, want, destroy.Output)
	}
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0, "4 destroyed")
}

// TestAccDeploymentVersionsNotChecked plans without the permission to read code versions.
func TestAccDeploymentVersionsNotChecked(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError})
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "Warning: Code versions were not checked",
		"so this plan did not check that these versions exist and can be deployed: "+stable+".", "the action esa:GetRoutineCodeVersionInfo")
}

// TestAccDeploymentAdoptionIsAnnounced plans to create the split that is live.
func TestAccDeploymentAdoptionIsAnnounced(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	id := simulator.Deploy(routine, "production", all(stable)...)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "Warning: Deployment of hello:production will be adopted", "(deployment "+id, "does not deploy anything")
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "1 added")
	expectLive(t, simulator, all(stable), 0)
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0, "!adopted")
}
