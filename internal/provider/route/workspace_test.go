package route_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
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

// route is a route by a pattern.
func route(siteID, routine, pattern string, arguments ...string) string {
	return routeBlock("test", siteID, append([]string{
		fmt.Sprintf("routine_name = %q", routine), `route_name = "shop"`, fmt.Sprintf("rule = provider::esa::route_rule(%q)", pattern),
	}, arguments...)...)
}

func routeBlock(label, siteID string, arguments ...string) string {
	return fmt.Sprintf("resource \"esa_routine_route\" %q {\n  site_id = %q\n  %s\n}\n", label, siteID, strings.Join(arguments, "\n  "))
}
