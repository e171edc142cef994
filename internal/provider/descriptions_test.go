package provider_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// everyDescription imports a routine and a version of it, and shows every description that the provider knows.
const everyDescription = `
import {
  to = esa_routine.hello
  id = "hello"
}

resource "esa_routine" "hello" {
  name        = "hello"
  description = "Greets whoever comes by"
}

import {
  to = esa_routine_code_version.stable
  id = "hello:1723599747213377175"
}

resource "esa_routine_code_version" "stable" {
  name        = "hello"
  code        = "export default {}"
  description = "release 1"
}

data "esa_routine" "hello" {
  name = "hello"
}

data "esa_routines" "all" {
}

data "esa_routine_code_versions" "all" {
  name = "hello"
}

data "esa_routine_code_versions" "trials" {
  name        = "hello"
  description = "trial"
}

data "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"
}

output "descriptions" {
  value = jsonencode({
    resource = esa_routine.hello.description
    version  = esa_routine_code_version.stable.description
    routine  = data.esa_routine.hello.description
    routines = data.esa_routines.all.routines[*].description
    versions = data.esa_routine_code_versions.all.code_versions[*].description
    trials   = data.esa_routine_code_versions.trials.code_versions[*].description
    latest   = data.esa_routine_code_versions.trials.latest
    served   = data.esa_routine_code_deployment.production.code_versions[*].description
  })
}
`

// TestAccDescriptionsInEitherForm shows, compares and filters descriptions alike, whichever operation answers them plain
// and whichever in base64.
func TestAccDescriptionsInEitherForm(t *testing.T) {
	t.Parallel()
	const want = `{"latest":"1723599747213377176",` +
		`"resource":"Greets whoever comes by",` +
		`"routine":"Greets whoever comes by",` +
		`"routines":["Greets whoever comes by"],` +
		`"served":["release 1","trial of release 2"],` +
		`"trials":["trial of release 2"],` +
		`"version":"release 1",` +
		`"versions":["a1d1a0c0","trial of release 2","release 1"]}`
	every := []string{"GetRoutine", "ListUserRoutines", "GetRoutineCodeVersionInfo", "ListRoutineCodeVersions"}
	for name, encoded := range map[string][]string{
		"all plain":                         nil,
		"all encoded":                       every,
		"only GetRoutine encoded":           every[:1],
		"only ListUserRoutines encoded":     every[1:2],
		"only the versions' info encoded":   every[2:3],
		"only the list of versions encoded": every[3:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t, esasim.WithSeed(esasim.Seed{Routines: []esasim.SeedRoutine{{
				Name: "hello", Description: description,
				CodeVersions: []esasim.SeedCodeVersion{
					{CodeVersion: "1723599747213377175", Description: "release 1"},
					{CodeVersion: nextVersion, Description: "trial of release 2"},
					// The abbreviated hash of a commit, which is base64 as well.
					{CodeVersion: "1723599747213377177", Description: "a1d1a0c0", Status: "failed"},
				},
				Deployments: []esasim.SeedDeployment{{Env: "production", Shares: []esasim.Share{
					{CodeVersion: "1723599747213377175", Percentage: 90}, {CodeVersion: nextVersion, Percentage: 10},
				}}},
			}}}))
			simulator.Inject(esasim.Rule{Fault: esasim.PlainDescriptions})
			for _, operation := range encoded {
				simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.EncodedDescriptions})
			}
			terraform := simulator.Workspace(t)
			terraform.Configure(everyDescription)
			apply := terraform.Run("apply", "-auto-approve")
			// The version's content is taken as configured, and nothing else changes.
			if apply.ExitCode != 0 || !strings.Contains(apply.Output, "Plan: 2 to import, 0 to add, 1 to change, 0 to destroy.") || strings.Contains(apply.Output, "  ~ description") {
				t.Fatalf("apply ended with %d, want 0 and no change of a description:\n%s", apply.ExitCode, apply.Output)
			}
			if diff := cmp.Diff(want, strings.TrimSpace(terraform.Run("output", "-raw", "descriptions").Output)); diff != "" {
				t.Errorf("descriptions (-want +got):\n%s", diff)
			}
			if plan := terraform.Run("plan", "-detailed-exitcode"); plan.ExitCode != 0 {
				t.Errorf("the next plan is not empty:\n%s", plan.Output)
			}
		})
	}
}
