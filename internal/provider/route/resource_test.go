package route_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccRouteLifecycle creates, changes, sees drift of, imports and deletes a route.
func TestAccRouteLifecycle(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	terraform.Apply(route(siteID, "hello", "www.example.com/api/*"), "1 added")
	terraform.Apply(route(siteID, "other", "www.example.com/*", "enabled = false", "fallback = true", "timeout = 30"), "1 changed")
	routes := simulator.Routes()
	if len(routes) != 1 || routes[0].Routine != "other" || routes[0].Enable != "off" || routes[0].Fallback != "on" || routes[0].Timeout != "30" {
		t.Fatalf("ESA has %+v", routes)
	}
	id := siteID + ":" + routes[0].ConfigID
	simulator.ChangeRoute(routes[0].ConfigID, func(route *esasim.Route) { route.Enable = "on" })
	acceptance.Expect(t, "plan over drift", terraform.Run("plan"), 0, "~ enabled", "true -> false")
	acceptance.Expect(t, "apply over drift", terraform.Run("apply", "-auto-approve"), 0)

	acceptance.Expect(t, "forget", terraform.Run("state", "rm", resource), 0)
	acceptance.Expect(t, "create of a route that exists", terraform.Run("apply", "-auto-approve"), 1, "Route already exists", fmt.Sprintf("id = %q", id))
	acceptance.Expect(t, "import", terraform.Run("import", resource, id), 0)
	acceptance.Expect(t, "plan after the import", terraform.Run("plan", "-detailed-exitcode"), 0)

	simulator.ResetLog()
	terraform.Apply(route(siteID, "other", "www.example.com/*", "enabled = false", "fallback = true", "timeout = 30", `timeouts = { create = "1m" }`), "1 changed")
	if writes := simulator.Count("UpdateRoutineRoute"); writes != 0 {
		t.Errorf("a change of timeouts made %d calls of UpdateRoutineRoute", writes)
	}

	other := simulator.AddSite(esasim.Site{Name: "example.org"})
	terraform.Apply(route(other, "hello", "www.example.org/*"), "1 added, 0 changed, 1 destroyed")
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	if left := simulator.Routes(); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

// TestAccRouteImportByIdentity takes the identity in place of an id; another form of the id is refused.
func TestAccRouteImport(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	configID := simulator.AddRoute(esasim.Route{SiteID: siteID, Routine: "hello", Name: "shop", Rule: `(http.host eq "www.example.com" and starts_with(http.request.uri.path, "/"))`, Fallback: "on", Timeout: "7"})
	importing := fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", resource, siteID+":"+configID)
	terraform.Apply(importing+route(siteID, "hello", "www.example.com/*"), "1 imported, 0 added, 0 changed, 0 destroyed")
	for _, id := range []string{"hello", siteID, siteID + ":hello:" + configID, ":", siteID + ":1.5"} {
		acceptance.Expect(t, "forget", terraform.Run("state", "rm", "-lock=false", resource), 0)
		acceptance.Expect(t, id, terraform.Run("import", resource, id), 1, "Invalid import id", "such as \"54362329990032:352816096987136\"")
		acceptance.Expect(t, "import", terraform.Run("import", resource, siteID+":"+configID), 0)
	}
	acceptance.Expect(t, "import of a route that does not exist", terraform.Run("import", "-input=false", "esa_routine_route.test[0]", siteID+":4711"), 1)
}

// TestAccRouteChangedOutside stops what was planned from another route than the one that is there.
func TestAccRouteChangedOutside(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	terraform.Apply(route(siteID, "hello", "www.example.com/*"))
	configID := simulator.Routes()[0].ConfigID
	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	simulator.ChangeRoute(configID, func(route *esasim.Route) { route.Routine = "other" })
	acceptance.Expect(t, "a saved destroy of a changed route", terraform.Run("apply", "saved"), 1, "Route changed since it was planned", `routine_name: "other"`, "Nothing was changed.")
	terraform.Configure(route(siteID, "hello", "www.example.com/api/*"))
	acceptance.Expect(t, "plan of a change", terraform.Run("plan", "-out=saved"), 0)
	simulator.ChangeRoute(configID, func(route *esasim.Route) { route.Name = "mine" })
	acceptance.Expect(t, "a saved change of a changed route", terraform.Run("apply", "saved"), 1, "Route changed since it was planned", `route_name: "mine"`)
	acceptance.Expect(t, "plan of a change", terraform.Run("plan", "-out=saved"), 0)
	simulator.RemoveRoute(configID)
	acceptance.Expect(t, "a saved change of a route that is gone", terraform.Run("apply", "saved"), 1, "was deleted after Terraform last read it")
	acceptance.Expect(t, "plan after a removal", terraform.Run("plan"), 0, "1 to add")
}

// TestAccRouteMadeAnew keeps a saved destroy plan from the route that someone created in place of the one that it is about.
func TestAccRouteMadeAnew(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	terraform.Apply(route(siteID, "hello", "www.example.com/*"))
	planned := simulator.Routes()[0]
	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	simulator.RemoveRoute(planned.ConfigID)
	planned.ConfigID = ""
	anew := simulator.AddRoute(planned)
	acceptance.Expect(t, "the saved destroy", terraform.Run("apply", "saved"), 0)
	if routes := simulator.Routes(); len(routes) != 1 || routes[0].ConfigID != anew {
		t.Errorf("ESA has %+v, want route %s", routes, anew)
	}
}

// TestAccRouteBadInput refuses what no route can have, on the attribute.
func TestAccRouteBadInput(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	for pattern, want := range map[string]string{"https://www.example.com/*": "scheme", "www.*.com/": `"*"`, "": "must not be empty"} {
		terraform.Configure(route(siteID, "hello", pattern))
		acceptance.Expect(t, pattern, terraform.Run("plan"), 1, `Invalid value for "pattern" parameter`, want)
	}
	for want, arguments := range map[string][]string{
		"sequence value must be between 0 and 2147483647, got: -1":         {"sequence = -1"},
		"timeout value must be between 5 and 60, got: 4":                   {"timeout = 4"},
		"route_name UTF-8 character count must be between 1 and 128, got:": {`route_name = ""`},
		"rule string length must be between 1 and 4096, got: 0":            {`rule = ""`},
	} {
		terraform.Configure(routeBlock("test", siteID, append([]string{`routine_name = "hello"`}, complete(arguments)...)...))
		acceptance.Expect(t, arguments[0], terraform.Run("validate"), 1, want)
	}
	terraform.Configure(route("example.com", "hello", "www.example.com/*"))
	acceptance.Expect(t, "a name for a number", terraform.Run("plan"), 1, "must be a number, such as 54362329990032, got: example.com")
	terraform.Configure(route("1", "hello", "www.example.com/*"))
	acceptance.Expect(t, "no such site", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the route", "site_id", "Site: 1")
	terraform.Configure(route(siteID, "nobody", "www.example.com/*"))
	acceptance.Expect(t, "no such routine", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the route", "routine_name", "Routine: nobody")
	terraform.Configure(routeBlock("test", siteID, `routine_name = "hello"`, `route_name = "a"`, `rule = "(http.host equals \"a\")"`))
	acceptance.Expect(t, "a rule that does not compile", terraform.Run("apply", "-auto-approve"), 1, "CompileRuleError", "ESA rejected the rule.")
	if routes := simulator.Routes(); len(routes) != 0 {
		t.Errorf("ESA has %+v", routes)
	}
}

// complete adds what a route must have.
func complete(arguments []string) []string {
	for _, needed := range []string{`route_name = "a"`, `rule = "true"`} {
		if !slices.ContainsFunc(arguments, func(argument string) bool { return argument[:4] == needed[:4] && argument[:6] == needed[:6] }) {
			arguments = append(arguments, needed)
		}
	}
	return arguments
}

// TestAccRouteManyRoutes refreshes two hundred routes over twenty sites with one call a site. Writes to one site do not meet.
func TestAccRouteManyRoutes(t *testing.T) {
	t.Parallel()
	simulator, terraform, _ := workspace(t, esasim.WithWriteLock(), esasim.WithLatency(time.Millisecond))
	config := ""
	for site := range 20 {
		id := simulator.AddSite(esasim.Site{Name: fmt.Sprintf("site%d.com", site)})
		routine := fmt.Sprintf("routine%d", site)
		simulator.AddRoutine(routine)
		config += fmt.Sprintf("resource \"esa_routine_route\" \"site%d\" {\n  count = 10\n  site_id = %q\n  routine_name = %q\n  route_name = \"r${count.index}\"\n  rule = provider::esa::route_rule(\"site%[1]d.com/${count.index}/*\")\n}\n", site, id, routine)
	}
	terraform.Configure(config)
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "200 added")
	if refused := simulator.ErrorCounts(); len(refused) != 0 {
		t.Errorf("ESA has refused %v", refused)
	}
	simulator.ResetLog()
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	if counts := simulator.Counts(); counts["ListSiteRoutes"] != 20 || len(counts) != 1 {
		t.Errorf("a plan calls %v, want ListSiteRoutes 20 times", counts)
	}
}
