package esa_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

const anyRequest = `(http.host eq "www.example.com" and starts_with(http.request.uri.path, "/"))`

// simulateSite starts a simulator with the routine and a site.
func simulateSite(t *testing.T, options ...esasim.Option) (simulator *esasim.Server, site string) {
	t.Helper()
	simulator = simulate(t, options...)
	return simulator, simulator.AddSite(esasim.Site{Name: "example.com"})
}

func routeInput(site string) esa.RouteInput {
	return esa.RouteInput{SiteID: site, RoutineName: routine, RouteName: "main", Rule: anyRequest, Enabled: true}
}

// TestRoutes goes through the life of a route, with ids in either form.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]esasim.Rule{"numbers": nil, "text": {{Fault: esasim.TextIDs}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator, site := simulateSite(t)
			simulator.Inject(faults...)
			client := newClient(t, simulator.URL)
			config, err := client.CreateRoutineRoute(t.Context(), client.TakeSlot(), routeInput(site))
			if err != nil || config != simulator.Routes()[0].ConfigID {
				t.Fatalf("got %s, %v", config, err)
			}
			want := esa.Route{
				ConfigID: config, SiteID: site, RoutineName: routine, RouteName: "main", Rule: anyRequest, Enabled: true,
				Bypass: new(false), Fallback: new(false), Sequence: new(1), Mode: "custom",
			}
			check := func() {
				t.Helper()
				found, err := client.GetRoutineRoute(t.Context(), site, config)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, *found); diff != "" {
					t.Errorf("the route (-want +got):\n%s", diff)
				}
			}
			check()
			input := routeInput(site)
			input.Enabled, input.Fallback, input.Timeout, input.Sequence = false, new(true), 30, new(1)
			if err := client.UpdateRoutineRoute(t.Context(), client.TakeSlot(), config, input); err != nil {
				t.Fatal(err)
			}
			want.Enabled, want.Fallback, want.Timeout = false, new(true), 30
			check()
			ofSite, err := client.ListSiteRoutes(t.Context(), site, 0)
			if err != nil {
				t.Fatal(err)
			}
			ofRoutine, err := client.ListRoutineRoutes(t.Context(), routine)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]esa.Route{want}, ofSite.Known); diff != "" {
				t.Errorf("the list of the site (-want +got):\n%s", diff)
			}
			want.SiteName = "example.com"
			if diff := cmp.Diff([]esa.Route{want}, ofRoutine.Known); diff != "" {
				t.Errorf("the list of the routine (-want +got):\n%s", diff)
			}
			if err := client.DeleteRoutineRoute(t.Context(), client.TakeSlot(), site, config, routine); err != nil || len(simulator.Routes()) != 0 {
				t.Errorf("got %v, left %v", err, simulator.Routes())
			}
		})
	}
}

// TestWhatARouteDoesNotSay is nil, not false.
func TestWhatARouteDoesNotSay(t *testing.T) {
	t.Parallel()
	simulator, site := simulateSite(t,
		esasim.WithAnswer(esasim.RouteBypass, "absent"), esasim.WithAnswer(esasim.RouteFallback, "absent"), esasim.WithAnswer(esasim.RouteMode, "absent"))
	client := newClient(t, simulator.URL)
	config, err := client.CreateRoutineRoute(t.Context(), client.TakeSlot(), routeInput(site))
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.GetRoutineRoute(t.Context(), site, config)
	if err != nil || found.Bypass != nil || found.Fallback != nil || found.Timeout != 0 || found.Mode != "" {
		t.Errorf("got %+v, %v", found, err)
	}
}

// TestMissingRoutes are recognised in each way in which ESA may say it, and nothing else is.
func TestMissingRoutes(t *testing.T) {
	t.Parallel()
	for _, answer := range esasim.RouteMissing.Answers() {
		simulator, site := simulateSite(t, esasim.WithAnswer(esasim.RouteMissing, answer))
		if _, err := newClient(t, simulator.URL).GetRoutineRoute(t.Context(), site, "7"); !esa.IsRouteMissing(err) || esa.IsSiteMissing(err) {
			t.Errorf("get, %s: %v", answer, err)
		}
		if calls := simulator.Count("GetRoutineRoute"); calls != 1 {
			t.Errorf("get, %s: %d calls", answer, calls)
		}
	}
	for _, answer := range esasim.RouteDeleted.Answers() {
		simulator, site := simulateSite(t, esasim.WithAnswer(esasim.RouteDeleted, answer))
		if err := newClient(t, simulator.URL).DeleteRoutineRoute(t.Context(), newClient(t, simulator.URL).TakeSlot(), site, "7", routine); esa.IsRouteMissing(err) != (answer != "ok") {
			t.Errorf("delete, %s: %v", answer, err)
		}
	}
	for _, answer := range esasim.SiteMissing.Answers() {
		simulator, _ := simulateSite(t, esasim.WithAnswer(esasim.SiteMissing, answer))
		if _, err := newClient(t, simulator.URL).GetRoutineRoute(t.Context(), "7", "7"); !esa.IsSiteMissing(err) || esa.IsRouteMissing(err) {
			t.Errorf("site, %s: %v", answer, err)
		}
	}
	for name, rule := range map[string]esasim.Rule{
		"empty object":      {Fault: esasim.EmptyObject},
		"another route":     {Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","ConfigId":8,"RoutineName":"hello","RouteEnable":"on"}`},
		"half a route":      {Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","ConfigId":7}`},
		"unknown switch":    {Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","RoutineName":"hello","RouteEnable":"maybe"}`},
		"unknown operation": {Fault: esasim.ChosenError, Code: "InvalidAction.NotFound", Status: 404},
		"unknown key":       {Fault: esasim.ChosenError, Code: "InvalidAccessKeyId.NotFound", Status: 404},
		"unknown routine":   {Fault: esasim.ChosenError, Code: "RoutineNotExist", Status: 400},
		"gateway":           {Fault: esasim.ChosenAnswer, Status: 404, Body: `{"Code":"Route.NotFound"}`},
		"html":              {Fault: esasim.ChosenAnswer, Status: 404, Body: "<html>not found</html>"},
		"server error":      {Fault: esasim.ChosenError, Code: "RouteNotExist", Status: 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator, site := simulateSite(t)
			simulator.Inject(rule)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := newClient(t, simulator.URL).GetRoutineRoute(ctx, site, "7"); err == nil || esa.IsRouteMissing(err) {
				t.Errorf("%v means that the route is missing", err)
			}
		})
	}
}

// TestAllRoutesAreListed reads the lists to their end.
func TestAllRoutesAreListed(t *testing.T) {
	t.Parallel()
	seed := esasim.Seed{Routines: []esasim.SeedRoutine{{Name: routine}}, Sites: []esasim.Site{{ID: "1000000001", Name: "example.com"}}}
	for number := range 501 {
		seed.Routes = append(seed.Routes, esasim.Route{SiteID: "1000000001", Routine: routine, Name: fmt.Sprint(number), Rule: "true", Sequence: number + 1})
	}
	simulator := esasim.Start(t, esasim.WithSeed(seed))
	client := newClient(t, simulator.URL)
	for name, list := range map[string]func() (*esa.List[esa.Route], error){
		"site":    func() (*esa.List[esa.Route], error) { return client.ListSiteRoutes(t.Context(), "1000000001", 0) },
		"routine": func() (*esa.List[esa.Route], error) { return client.ListRoutineRoutes(t.Context(), routine) },
	} {
		found, err := list()
		if err != nil || len(found.Known) != 501 || !found.Complete {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

// TestRoutesOfASiteShareACall until one of them is written.
func TestRoutesOfASiteShareACall(t *testing.T) {
	t.Parallel()
	simulator, site := simulateSite(t)
	client := newClient(t, simulator.URL)
	for range 3 {
		if _, err := client.ListSiteRoutes(t.Context(), site, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if calls := simulator.Count("ListSiteRoutes"); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	config, err := client.CreateRoutineRoute(t.Context(), client.TakeSlot(), routeInput(site))
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.ListSiteRoutes(t.Context(), site, time.Hour)
	if err != nil || !slices.ContainsFunc(list.Known, func(route esa.Route) bool { return route.ConfigID == config }) {
		t.Errorf("after a write the list is %+v, %v", list, err)
	}
}

// TestRouteWritesAreNotRepeated leaves it to the caller to read before another attempt.
func TestRouteWritesAreNotRepeated(t *testing.T) {
	t.Parallel()
	for operation, call := range map[string]func(client *esa.Client, site string) error{
		"CreateRoutineRoute": func(client *esa.Client, site string) error {
			_, err := client.CreateRoutineRoute(t.Context(), client.TakeSlot(), routeInput(site))
			return err
		},
		"UpdateRoutineRoute": func(client *esa.Client, site string) error {
			return client.UpdateRoutineRoute(t.Context(), client.TakeSlot(), "7", routeInput(site))
		},
		"DeleteRoutineRoute": func(client *esa.Client, site string) error {
			return client.DeleteRoutineRoute(t.Context(), client.TakeSlot(), site, "7", routine)
		},
	} {
		for _, rule := range []esasim.Rule{{Fault: esasim.Unavailable}, {Fault: esasim.EmptyAnswer}, {Fault: esasim.ChosenAnswer, Status: http.StatusOK, Body: `{"Status":"OK"}`}} {
			simulator, site := simulateSite(t)
			simulator.Inject(rule)
			if err := call(newClient(t, simulator.URL), site); err == nil || simulator.Count(operation) != 1 {
				t.Errorf("%s, %s: %v after %d calls", operation, rule.Fault, err, simulator.Count(operation))
			}
		}
	}
}
