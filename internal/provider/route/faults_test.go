package route_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestAccRouteFaults makes each write and some reads go wrong, in every way that can be got over: the create, the update and
// the deletion of a route for each fault. Nothing is made twice.
func TestAccRouteFaults(t *testing.T) {
	t.Parallel()
	simulator, terraform, _ := workspace(t)
	faults := acceptance.PassingFaults()
	names, sites := slices.Sorted(maps.Keys(faults)), map[string]string{}
	for _, name := range names {
		sites[name] = simulator.AddSite(esasim.Site{Name: name + ".com"})
		rule := faults[name]
		rule.Site, rule.Times = sites[name], 1
		for _, operation := range []string{"CreateRoutineRoute", "UpdateRoutineRoute", "DeleteRoutineRoute"} {
			rule.Operation = operation
			simulator.Inject(rule)
		}
		rule.Operation, rule.Skip = "ListSiteRoutes", 1
		simulator.Inject(rule)
		rule.Operation, rule.Times = "GetRoutineRoute", 2
		simulator.Inject(rule)
	}
	config := func(name string) string {
		hcl := ""
		for _, fault := range names {
			hcl += routeBlock(fault, sites[fault], `routine_name = "hello"`, fmt.Sprintf("route_name = %q", name), fmt.Sprintf("rule = provider::esa::route_rule(\"%s.com/*\")", fault))
		}
		return hcl
	}
	called := func(operation string) {
		t.Helper()
		counts := map[string]int{}
		for _, call := range simulator.Calls() {
			if call.Operation == operation {
				counts[call.Site]++
			}
		}
		for _, name := range names {
			if got, want := counts[sites[name]], acceptance.Attempts(faults[name]); got != want {
				t.Errorf("%s: %d calls of %s, want %d", name, got, operation, want)
			}
		}
	}
	terraform.Apply(config("a"), fmt.Sprintf("%d added", len(names)))
	called("CreateRoutineRoute")
	terraform.Apply(config("b"), fmt.Sprintf("%d changed", len(names)))
	called("UpdateRoutineRoute")
	if routes := simulator.Routes(); len(routes) != len(names) {
		t.Errorf("ESA has %d routes, want %d", len(routes), len(names))
	}
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	called("DeleteRoutineRoute")
	if left := simulator.Routes(); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	if left := simulator.Rules(); len(left) != 0 {
		t.Errorf("%d faults did not happen: %v", len(left), left)
	}
}

// TestAccRouteLateReads answers what was there before the write: after a lost create, after a change, and while refreshing.
func TestAccRouteLateReads(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	late := func(operation string, times int) {
		simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.Stale, Times: times})
	}
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineRoute", Fault: esasim.ResetAfter, Times: 1})
	late("ListSiteRoutes", esa.LooksAfterLostAnswer-1)
	terraform.Apply(route(siteID, "hello", "www.example.com/*"))
	late("GetRoutineRoute", 3)
	terraform.Apply(route(siteID, "other", "www.example.com/*"))
	late("GetRoutineRoute", esa.LooksAtConflict-1)
	late("ListSiteRoutes", 1)
	terraform.Apply(route(siteID, "hello", "www.example.com/api/*"), "1 changed")
	if routes := simulator.Routes(); len(routes) != 1 {
		t.Errorf("ESA has %+v", routes)
	}
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
}

// TestAccRouteNotSeen saves a route that ESA has accepted and does not show, and says how to go on.
func TestAccRouteNotSeen(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutineRoute", Fault: esasim.ChosenError, Status: 400, Code: "RouteNotExist", Times: esa.LooksAfterWrite})
	terraform.Configure(route(siteID, "hello", "www.example.com/*"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Route not seen", "run terraform untaint")
	acceptance.Expect(t, "untaint", terraform.Run("untaint", resource), 0)
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	if routes := simulator.Routes(); len(routes) != 1 {
		t.Errorf("ESA has %+v", routes)
	}
}
