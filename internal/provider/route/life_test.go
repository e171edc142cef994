package route_test

import (
	"fmt"
	"testing"
	"time"

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

// optionsLife is a route with every option, which changes each of them, leaves them to ESA, and goes.
var optionsLife = modeltest.Life{
	Address: resource,
	Setup: func(sim *esasim.Simulator) {
		life.Setup(sim)
		sim.AddRoute(esasim.Route{SiteID: site, Routine: "other", Name: "first", Rule: "true"})
	},
	Steps: []modeltest.Step{
		{Body: options(true, false, 1, 10), Holds: "shop on off 1 10 "},
		{Body: options(false, true, 2, 60), Holds: "shop off on 2 60 "},
		{Body: routed("hello", true), Holds: "shop off on 2 60 "},
		{Holds: ""},
	},
	Holds: func(sim *esasim.Simulator) (holds string) {
		for _, route := range sim.Routes() {
			if route.Name != "first" {
				holds += fmt.Sprintf("%s %s %s %d %s ", route.Name, route.Bypass, route.Fallback, route.Sequence, route.Timeout)
			}
		}
		return holds
	},
	Dispensable: life.Dispensable,
}

func options(bypass, fallback bool, sequence, timeout int) map[string]any {
	body := routed("hello", true)
	body["bypass"], body["fallback"], body["sequence"], body["timeout"] = bypass, fallback, sequence, timeout
	return body
}

func TestRouteOptionsLife(t *testing.T) {
	t.Parallel()
	optionsLife.Faults(t)
	optionsLife.Flapping(t, 20*time.Second)
}

// TestRouteOptionsOthers has someone else change each option: a plan shows it where the configuration sets the option,
// and the next apply puts it right.
func TestRouteOptionsOthers(t *testing.T) {
	t.Parallel()
	for option, change := range map[string]func(*esasim.Route){
		"bypass":   func(route *esasim.Route) { route.Bypass = "off" },
		"fallback": func(route *esasim.Route) { route.Fallback = "on" },
		"timeout":  func(route *esasim.Route) { route.Timeout = "11" },
		"enabled":  func(route *esasim.Route) { route.Enable = "off" },
		"rule":     func(route *esasim.Route) { route.Rule = "true" },
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, optionsLife.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(resource, options(true, false, 1, 10))
				tf.Expect(tf.Apply(), false)
				before := optionsLife.Holds(tf.World.Simulator)
				<-time.After(time.Minute)
				tf.Act(func(sim *esasim.Simulator) {
					for _, route := range sim.Routes() {
						if route.Name == "shop" {
							sim.ChangeRoute(route.ConfigID, change)
						}
					}
				})
				_, plan := tf.Plan()
				if plan == nil || len(plan.Changes()) != 1 || plan.Changes()[0].Action != modeltest.Update {
					t.Fatalf("the plan is %+v, want one update", plan)
				}
				<-time.After(time.Minute)
				tf.Expect(tf.Apply(), false)
				if after := optionsLife.Holds(tf.World.Simulator); after != before {
					t.Errorf("ESA has %q, want %q", after, before)
				}
				tf.ExpectEmptyPlan()
			})
		})
	}
}
