package route_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider/acceptance"
)

const resource = "esa_routine_route.test"

// workspace starts a simulator with the site example.com and the routines hello and other.
func workspace(t *testing.T, options ...esasim.Option) (simulator *acceptance.Simulated, terraform *acceptance.Workspace, siteID string) {
	t.Helper()
	simulator = acceptance.Simulate(t, options...)
	simulator.AddRoutine("hello")
	simulator.AddRoutine("other")
	siteID = simulator.AddSite(esasim.Site{Name: "example.com"})
	return simulator, simulator.Workspace(t), siteID
}

// expect checks the exit code of a command and what it says, however the lines are broken.
func expect(t *testing.T, what string, result acceptance.Result, exitCode int, words ...string) {
	t.Helper()
	text := strings.Join(strings.Fields(result.Output), " ")
	for _, want := range words {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", what, want)
		}
	}
	if result.ExitCode != exitCode {
		t.Errorf("%s ended with exit code %d, want %d", what, result.ExitCode, exitCode)
	}
	if t.Failed() {
		t.Fatalf("%s said:\n%s", what, result.Output)
	}
}

// applied applies a configuration, after which there is nothing to do.
func applied(t *testing.T, terraform *acceptance.Workspace, config string, words ...string) {
	t.Helper()
	terraform.Configure(config)
	expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, words...)
	expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes")
}

// route is a route by a pattern.
func route(siteID, routine, pattern string, arguments ...string) string {
	return routeBlock("test", siteID, append([]string{
		fmt.Sprintf("routine_name = %q", routine), `route_name = "shop"`, fmt.Sprintf("rule = provider::esa::route_rule(%q)", pattern),
	}, arguments...)...)
}

func routeBlock(label, siteID string, arguments ...string) string {
	return fmt.Sprintf("resource \"esa_routine_route\" %q {\n  site_id = %q\n  %s\n}\n", label, siteID, strings.Join(arguments, "\n  "))
}
