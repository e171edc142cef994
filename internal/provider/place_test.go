package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
)

// TestAccDiagnosticsShowTheirLines holds the line that Terraform shows of each diagnostic against the one at fault, which
// HERE marks.
func TestAccDiagnosticsShowTheirLines(t *testing.T) {
	t.Parallel()
	const (
		known   = "1723599747213377175"
		missing = "1723599747213377999"
	)
	release := func(codeVersions string, more ...string) string {
		return fmt.Sprintf("resource \"esa_routine_code_deployment\" \"test\" {\n  name = \"hello\"\n  env  = \"production\"\n\n  code_versions = %s\n%s}\n",
			codeVersions, strings.Join(more, ""))
	}
	for name, test := range map[string]struct {
		hcl  string
		want string
	}{
		"percentage of an element": {
			hcl: release("[\n    { code_version = \"" + known + "\", percentage = 99 },\n" +
				"    { code_version = \"" + missing + "\", percentage = 0 }, # HERE\n  ]"),
			want: "code_versions[1].percentage",
		},
		"version of an element": {
			hcl: release("[\n    { code_version = \"" + known + "\", percentage = 90 },\n" +
				"    { code_version = \"" + missing + "\", percentage = 10 }, # HERE\n  ]"),
			want: "code_versions[1]",
		},
		"element of several lines": {
			hcl: release("[\n    { code_version = \"" + known + "\", percentage = 90 },\n" +
				"    { # HERE\n      code_version = \"" + missing + "\"\n      percentage   = 10\n    },\n  ]"),
			want: "code_versions[1]",
		},
		"result of a function": {
			hcl:  release("provider::esa::canary(\"" + known + "\", \"" + missing + "\", 10) # HERE"),
			want: "code_versions[1]",
		},
		"for expression": {
			hcl: release("[for version, percentage in { \"" + known + "\" = 90, \"" + missing + "\" = 10 } : # HERE\n" +
				"    { code_version = version, percentage = percentage }\n  ]"),
			want: "code_versions[1]",
		},
		"local value": {
			hcl: release("local.split # HERE") +
				"locals {\n  split = [{ code_version = \"" + known + "\", percentage = 99 }, { code_version = \"" + missing + "\", percentage = 0 }]\n}\n",
			want: "code_versions[1].percentage",
		},
		"time limit": {
			hcl:  release("[{ code_version = \""+known+"\", percentage = 100 }]", "\n  timeouts = { create = \"soon\" } # HERE\n"),
			want: `"soon" must be`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			simulator.AddRoutine("hello")
			simulator.AddCodeVersion("hello", known)
			terraform := simulator.Workspace(t)
			terraform.Configure(test.hcl)
			planned := terraform.Run("plan")
			if want := fmt.Sprintf(" line %d, in ", marked(t, terraform)); planned.ExitCode != 1 ||
				!strings.Contains(planned.Output, want) || !strings.Contains(planned.Output, test.want) {
				t.Errorf("the plan does not say %q and %q:\n%s", want, test.want, planned.Output)
			}
		})
	}
}

// marked is the number of the line of main.tf that HERE marks.
func marked(t *testing.T, terraform *acceptance.Workspace) int {
	t.Helper()
	content, err := os.ReadFile(terraform.Path("main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(content), "# HERE")
	if !found {
		t.Fatal("nothing is marked")
	}
	return strings.Count(before, "\n") + 1
}
