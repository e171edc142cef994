package deployment_test

import (
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
)

// TestAccDeploymentWarnings reads what a plan says beside its changes.
func TestAccDeploymentWarnings(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Deploy(routine, "production", all(third)...)

	terraform.Configure(release(shares(share(stable, 100)), "allow_overwrite = true"))
	acceptance.Expect(t, "plan over a live split", terraform.Run("plan"), 0,
		"Warning: Another split will be overwritten", `This release replaces it because allow_overwrite is set:`,
		"current: 100% "+third, "planned: 100% "+stable, "100% of the traffic would move to another code version.")
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)

	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy"), 0,
		"Warning: Deployment of hello:production is only removed from the state", "ESA has no operation that withdraws a deployment:",
		`the production environment of routine "hello" keeps serving 100% `+stable+", and ESA keeps these code versions, unless this plan also deletes the routine.")

	terraform.Configure(releaseTo("staging", shares(share(stable, 100))))
	acceptance.Expect(t, "plan of a replacement", terraform.Run("plan"), 0,
		"must be replaced", "Warning: Deployment of hello:production is only removed from the state",
		`the production environment of routine "hello" keeps serving 100% `+stable+",")
	acceptance.Expect(t, "apply of the replacement", terraform.Run("apply", "-auto-approve"), 0, "1 added, 0 changed, 1 destroyed")
	expectLive(t, simulator, all(stable), 1)
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0, "Warning: Deployment of hello:staging is only removed from the state", "1 destroyed")
	if live, ok := simulator.Live(routine, "staging"); !ok || live.Shares[0].CodeVersion != stable {
		t.Errorf("after the destroy staging serves %+v, want it to go on as it was", live)
	}

	terraform.Configure(strings.Replace(release(shares(share(stable, 100))), `"hello"`, `"later"`, 1))
	acceptance.Expect(t, "plan for a routine that is yet to come", terraform.Run("plan"), 0,
		"Warning: Routine does not exist yet", `ESA has no routine "later" in this account`, "If this configuration creates the routine, set name to a reference to it", "1 to add")
}

// TestAccDeploymentReplacementOverALiveSplit moves a resource to an environment that serves another split already. Terraform shows
// the warnings of the first of the two plans of a replacement only.
func TestAccDeploymentReplacementOverALiveSplit(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Deploy(routine, "staging", all(third)...)
	terraform.Configure(release(shares(share(stable, 100)), "allow_overwrite = true"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	for _, more := range []string{"-refresh=true", "-refresh=false"} {
		terraform.Configure(releaseTo("staging", shares(share(stable, 100)), "allow_overwrite = true"))
		acceptance.Expect(t, "plan of a replacement that may overwrite", terraform.Run("plan", more), 0,
			"must be replaced", "Warning: Deployment of hello:production is only removed from the state", "Warning: Another split will be overwritten", "current: 100% "+third)
		terraform.Configure(releaseTo("staging", shares(share(stable, 100))))
		acceptance.Expect(t, "plan of a replacement that may not", terraform.Run("plan", more), 1, "Error: Environment already serves another split", "current: 100% "+third)
	}
}

// TestAccDeploymentUnknownVersionOverALiveSplit plans a first release of a version that is yet to come, where something is live.
func TestAccDeploymentUnknownVersionOverALiveSplit(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Deploy(routine, "production", all(third)...)
	config := func(more string) string {
		return "resource \"terraform_data\" \"next\" {\n  input = { version = \"" + stable + "\", yes = true }\n}\n" + release(shares(`{ code_version = terraform_data.next.output.version, percentage = 100 }`), more)
	}
	terraform.Configure(config(""))
	acceptance.Expect(t, "plan", terraform.Run("plan"), 1,
		"Error: Environment already serves another split", "current: 100% "+third+" (deployment", "planned: 100% (known after apply)",
		"Up to 100% of the traffic would move to another code version.", `id = "hello:production"`, "set allow_overwrite = true")
	terraform.Configure(config("allow_overwrite = terraform_data.next.output.yes"))
	acceptance.Expect(t, "plan where no one knows whether it may", terraform.Run("plan"), 0, "allow_overwrite is known only after apply.")
	terraform.Configure(config("allow_overwrite = true"))
	acceptance.Expect(t, "plan that may overwrite", terraform.Run("plan"), 0, "This release replaces it because allow_overwrite is set:", "planned: 100% (known after apply)")
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, all(stable), 1)
}

// TestAccDeploymentValidateNeedsNothing validates without an endpoint, a key or a network.
func TestAccDeploymentValidateNeedsNothing(t *testing.T) {
	t.Parallel()
	terraform := acceptance.NewWorkspace(t, "ESA_ENDPOINT=http://"+closedAddress(t))
	terraform.Configure(release(shares(share(stable, 60), share(candidate, 30))))
	acceptance.Expect(t, "validate", terraform.Run("validate"), 1, "code_versions: the percentages must sum to 100, got: 90 (60 + 30).")
	terraform.Configure(release(shares(share(stable, 60), share(candidate, 40))))
	acceptance.Expect(t, "validate", terraform.Run("validate"), 0, "The configuration is valid")
}

// TestAccDeploymentTaintedResource has a first apply end before the split is live, then changes the split: untaint is the way.
func TestAccDeploymentTaintedResource(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	release100 := release(shares(share(stable, 100)), `timeouts = { create = "1s" }`)
	terraform.Configure(release100)
	simulator.Inject(stale())
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Deployment did not become live", "The operation timed out")
	simulator.ClearFaults()
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "is tainted, so")
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	acceptance.Expect(t, "plan of another split", terraform.Run("plan"), 1, "Environment already serves another split", "run terraform untaint on it")
	acceptance.Expect(t, "untaint", terraform.Run("untaint", address), 0)
	acceptance.Expect(t, "apply of another split", terraform.Run("apply", "-auto-approve"), 0, "1 changed")
	expectLive(t, simulator, esaShares(stable, 90, candidate, 10), 2)
}
