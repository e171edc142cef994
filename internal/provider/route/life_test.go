package route_test

import (
	"fmt"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

const site = "54362329990032"

// life is a route that is created, changed, and deleted.
var life = modeltest.Life{
	Address: resource,
	Setup: func(sim *esasim.Simulator) {
		sim.AddRoutine("hello")
		sim.AddRoutine("other")
		sim.AddSite(esasim.Site{ID: site, Name: "example.com"})
	},
	Steps: []modeltest.Step{
		{Body: routed("hello", true), Holds: "shop to hello on "},
		{Body: routed("other", false), Holds: "shop to other off "},
		{Holds: ""},
	},
	Holds: func(sim *esasim.Simulator) (holds string) {
		for _, route := range sim.Routes() {
			holds += fmt.Sprintf("%s to %s %s ", route.Name, route.Routine, route.Enable)
		}
		return holds
	},
	Dispensable: func(step int, call *modeltest.Call) bool {
		return call.Operation == "ListSiteRoutes" || step > 0 && call.Applying && call.Operation == "GetRoutineRoute"
	},
}

func routed(routine string, enabled bool) map[string]any {
	return map[string]any{
		"site_id": site, "routine_name": routine, "route_name": "shop", "rule": `(http.host eq "www.example.com")`, "enabled": enabled,
	}
}

func TestRouteLife(t *testing.T) {
	t.Parallel()
	life.All(t)
	life.Brief().Faults(t)
}

func TestRouteOthers(t *testing.T) {
	t.Parallel()
	acts := map[string]func(*esasim.Simulator){
		"a change": func(sim *esasim.Simulator) {
			for _, route := range sim.Routes() {
				sim.ChangeRoute(route.ConfigID, func(route *esasim.Route) { route.Fallback, route.Name = "on", "somebody's" })
			}
		},
		"a deletion and a route like it": func(sim *esasim.Simulator) {
			for _, route := range sim.Routes() {
				sim.RemoveRoute(route.ConfigID)
			}
			sim.AddRoute(esasim.Route{SiteID: site, Routine: "hello", Name: "somebody's", Rule: `(http.host eq "www.example.com")`})
		},
	}
	for step := 2; step <= 3; step++ {
		life.Others(t, step, acts)
	}
}
