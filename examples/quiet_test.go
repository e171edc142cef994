package examples_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
)

// overridden is the warning that comes from how the tests install the provider.
var overridden = regexp.MustCompile(`Warning: Provider development overrides are in effect`)

// TestAccGuidesWarnOfNothing follows the guides from an empty account: a reader who does everything right is warned of
// nothing, and staging always gets a version before production does.
func TestAccGuidesWarnOfNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps [][]string
		// routineBefore is for a module that expects a routine.
		routineBefore bool
	}{
		"first-release": {steps: [][]string{{}}},
		"many-routines": {steps: [][]string{{}}},
		"canary": {steps: [][]string{
			{"-var=canary=0"}, {"-var=canary=10"}, {"-var=canary=50"}, {"-var=canary=100"},
			{"-var=stable=v2", "-var=candidate=v2", "-var=canary=0"}, {"-var=stable=v2", "-var=candidate=v3", "-var=canary=10"},
		}},
		"module": {routineBefore: true, steps: [][]string{{"-var=name=hello", "-var=entry=src/index.js"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator, terraform := guide(t, name)
			if test.routineBefore {
				simulator.AddRoutine("hello")
			}
			quiet := func(exitCode int, arguments ...string) {
				t.Helper()
				if output := run(t, terraform, exitCode, arguments...); strings.Contains(overridden.ReplaceAllString(output, ""), "Warning:") {
					t.Errorf("%s warns:\n%s", strings.Join(arguments, " "), output)
				}
			}
			for _, step := range test.steps {
				simulator.ResetLog()
				quiet(2, append([]string{"plan", "-detailed-exitcode"}, step...)...)
				quiet(0, append([]string{"apply", "-auto-approve"}, step...)...)
				expectStagingFirst(t, simulator.Calls())
				quiet(0, append([]string{"plan", "-detailed-exitcode"}, step...)...)
			}
		})
	}
}

// expectStagingFirst checks the order of the deployments to the environments of each routine.
func expectStagingFirst(t *testing.T, calls []esasim.Call) {
	t.Helper()
	environments := map[string][]string{}
	for _, call := range calls {
		if call.Operation == "CreateRoutineCodeDeployment" {
			environments[call.Routine] = append(environments[call.Routine], call.Env)
		}
	}
	for routine, order := range environments {
		if !slices.IsSortedFunc(order, func(one, other string) int { return strings.Compare(other, one) }) {
			t.Errorf("routine %s is released to %v, want staging first", routine, order)
		}
	}
}
