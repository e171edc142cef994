package route_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// unsettled are the questions about routes that no source answers.
var unsettled = []esasim.Question{
	esasim.RouteMissing, esasim.RouteDeleted, esasim.RouteRepeated, esasim.RouteAbsentFields, esasim.RouteMode, esasim.RouteBypass, esasim.RouteFallback,
	esasim.RouteTimeout, esasim.RouteRule, esasim.SequenceStart, esasim.SequenceScope, esasim.SequenceInsertion, esasim.RoutineWithRoutes, esasim.SiteMissing,
}

// TestAccRouteAnswers lives the life of a route with every answer to every question, and loses the answer to each write.
func TestAccRouteAnswers(t *testing.T) {
	t.Parallel()
	for run := range 2 { // every answer goes through the life of the object, in process
		options, names := []esasim.Option{}, []string{}
		for _, question := range unsettled {
			answer := question.Answers()[run%len(question.Answers())]
			options, names = append(options, esasim.WithAnswer(question, answer)), append(names, answer)
		}
		t.Run(strings.Join(names, ","), func(t *testing.T) {
			t.Parallel()
			liveWith(t, options)
		})
	}
}

func liveWith(t *testing.T, options []esasim.Option) {
	simulator, terraform, siteID := workspace(t, options...)
	loseAnswers := func() {
		for _, operation := range []string{"CreateRoutineRoute", "UpdateRoutineRoute", "DeleteRoutineRoute"} {
			simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.ResetAfter, Times: 1})
		}
	}
	config := func(name string, arguments ...string) string {
		return "resource \"esa_routine\" \"test\" {\n  name = \"fresh\"\n}\n" + routeBlock("test", siteID, append([]string{
			"routine_name = esa_routine.test.name", fmt.Sprintf("route_name = %q", name), `rule = "( http.host  eq \"www.example.com\" )"`,
		}, arguments...)...)
	}
	loseAnswers()
	terraform.Apply(config("a"), "2 added")
	terraform.Apply(config("b", "fallback = true", "timeout = 30"), "1 changed")
	// What the configuration no longer sets keeps its value.
	terraform.Apply(config("c"), "1 changed")
	routes := simulator.Routes()
	if len(routes) != 1 || routes[0].Name != "c" || routes[0].Fallback != "on" || routes[0].Timeout != "30" {
		t.Fatalf("ESA has %+v", routes)
	}
	simulator.RemoveRoute(routes[0].ConfigID)
	acceptance.Expect(t, "plan after a removal", terraform.Run("plan"), 0, "1 to add, 0 to change, 0 to destroy")
	terraform.Apply(config("c"), "1 added")
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0, "2 destroyed")
	if left := simulator.State(); len(left.Routes) != 0 || len(left.Routines) != 2 {
		t.Errorf("left: %+v", left)
	}
	if left := simulator.Rules(); len(left) != 0 {
		t.Errorf("%d answers were not lost: %v", len(left), left)
	}
	terraform.Apply(config("c"), "2 added")
	simulator.RemoveSite(siteID)
	acceptance.Expect(t, "plan after the site is gone", terraform.Run("plan"), 0, "1 to add, 0 to change, 0 to destroy")
	acceptance.Expect(t, "destroy without its site", terraform.Run("destroy", "-auto-approve"), 0, "1 destroyed")
}

// TestAccRouteSequence shows drift of a sequence that is set, and does not touch the place of a route whose sequence is not.
func TestAccRouteSequence(t *testing.T) {
	t.Parallel()
	for _, insertion := range esasim.SequenceInsertion.Answers() {
		for start, scope := range map[string]string{"1": "site", "0": "routine"} {
			t.Run(insertion+", "+start+", "+scope, func(t *testing.T) {
				t.Parallel()
				simulator, terraform, siteID := workspace(t, esasim.WithAnswer(esasim.SequenceInsertion, insertion),
					esasim.WithAnswer(esasim.SequenceStart, start), esasim.WithAnswer(esasim.SequenceScope, scope))
				block := func(label string, arguments ...string) string {
					return routeBlock(label, siteID, append([]string{`routine_name = "hello"`, fmt.Sprintf("rule = provider::esa::route_rule(\"%s.example.com/*\")", label)}, arguments...)...)
				}
				terraform.Apply(block("a", `route_name = "a"`), "1 added")
				// The new route takes the first place, and the change of the other one does not take it back.
				config := block("x", `route_name = "x"`, "sequence = "+start) + block("a", `route_name = "b"`, "depends_on = [esa_routine_route.x]")
				terraform.Apply(config, "1 added, 1 changed")
				places := map[string]esasim.Route{}
				for _, route := range simulator.Routes() {
					places[route.Name] = route
				}
				if x, b := places["x"], places["b"]; insertion != "kept" && x.Sequence >= b.Sequence || fmt.Sprint(x.Sequence) != start {
					t.Errorf("x is at %d and b at %d", x.Sequence, b.Sequence)
				}
				simulator.ChangeRoute(places["x"].ConfigID, func(route *esasim.Route) { route.Sequence = 7 })
				acceptance.Expect(t, "plan over drift", terraform.Run("plan"), 0, "~ sequence", "7 -> "+start, "0 to add, 1 to change")
				terraform.Apply(config, "1 changed")
			})
		}
	}
}

// TestAccRouteInAnotherPlace warns where ESA puts a route in another place than the configuration, and saves what was planned.
func TestAccRouteInAnotherPlace(t *testing.T) {
	t.Parallel()
	_, terraform, siteID := workspace(t, esasim.WithAnswer(esasim.SequenceInsertion, "placed"))
	terraform.Configure(route(siteID, "hello", "www.example.com/*", "sequence = 7"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "Route has another sequence", "ESA accepted sequence 7", "but returns 1", "1 added")
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "1 -> 7")
}
