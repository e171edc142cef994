package deployment_test

import (
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// next publishes a version of the routine.
const next = "resource \"esa_routine_code_version\" \"next\" {\n  name = \"hello\"\n  code = \"export default {}\"\n}\n"

// callingFunction is the resource under test, in production, with its split from a function of the provider.
func callingFunction(call string) string {
	return "resource \"esa_routine_code_deployment\" \"test\" {\n  name = \"hello\"\n  env  = \"production\"\n  code_versions = provider::esa::" + call + "\n}\n"
}

// expectPlan checks what a person reads in a plan: its summary, parts of it and what it must not contain.
func expectPlan(t *testing.T, terraform *acceptance.Workspace, summary string, texts []string, without ...string) {
	t.Helper()
	result := terraform.Run("plan")
	acceptance.Expect(t, "plan", result, 0, append(texts, summary)...)
	_, changes, _ := strings.Cut(result.Output, "Terraform will perform")
	for _, text := range without {
		if strings.Contains(changes, text) {
			t.Errorf("the plan says %q:\n%s", text, changes)
		}
	}
}

// shareOfOthers is what code versions other than one serve together.
func shareOfOthers(live esasim.Deployment, codeVersion string) int {
	sum := 0
	for _, share := range live.Shares {
		if share.CodeVersion != codeVersion {
			sum += share.Percentage
		}
	}
	return sum
}

// expectFunctionErrors calls a function of the provider with arguments for which the plan has to fail.
func expectFunctionErrors(t *testing.T, function string, errors map[string]string) {
	t.Helper()
	calls := map[string]struct{ HCL, Error string }{}
	for arguments, want := range errors {
		calls[arguments] = struct{ HCL, Error string }{HCL: "output \"split\" {\n  value = provider::esa::" + function + "(" + arguments + ")\n}\n", Error: want}
	}
	acceptance.Simulate(t).ExpectErrors(t, calls)
}
