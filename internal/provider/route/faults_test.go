package route_test

import (
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestAccRouteLateReads answers what was there before the write: after a lost create, after a change, and while refreshing.
func TestAccRouteLateReads(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	late := func(operation string, times int) {
		simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.Stale, Times: times})
	}
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineRoute", Fault: esasim.ResetAfter, Times: 1})
	late("ListSiteRoutes", esa.ReadsAfterLostAnswer-1)
	terraform.Apply(route(siteID, "hello", "www.example.com/*"))
	late("GetRoutineRoute", 3)
	terraform.Apply(route(siteID, "other", "www.example.com/*"))
	late("GetRoutineRoute", esa.ReadsAtConflict-1)
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
	simulator.Inject(esasim.Rule{Operation: "GetRoutineRoute", Fault: esasim.ChosenError, Status: 400, Code: "RouteNotExist", Times: esa.ReadsAfterWrite})
	terraform.Configure(route(siteID, "hello", "www.example.com/*"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Route not found after creation", "run terraform untaint")
	acceptance.Expect(t, "untaint", terraform.Run("untaint", resource), 0)
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	if routes := simulator.Routes(); len(routes) != 1 {
		t.Errorf("ESA has %+v", routes)
	}
}
