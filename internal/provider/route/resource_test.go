package route_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider/acceptance"
)

const resource = "esa_routine_route.test"

func workspace(t *testing.T) (simulator *acceptance.Simulated, terraform *acceptance.Workspace, siteID string) {
	t.Helper()
	simulator = acceptance.Simulate(t)
	simulator.AddRoutine("hello")
	simulator.AddRoutine("other")
	siteID = simulator.AddSite(esasim.Site{Name: "example.com"})
	return simulator, acceptance.NewWorkspace(t, simulator.Environment()...), siteID
}

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

func route(siteID, routine, pattern string, arguments ...string) string {
	return fmt.Sprintf("resource \"esa_routine_route\" \"test\" {\n  site_id = %q\n  routine_name = %q\n  route_name = \"shop\"\n  rule = provider::esa::route_rule(%q)\n  %s\n}\n",
		siteID, routine, pattern, strings.Join(arguments, "\n  "))
}

// TestAccRouteLifecycle creates, changes, sees drift of, imports and deletes a route.
func TestAccRouteLifecycle(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	apply := func(config string, words ...string) {
		t.Helper()
		terraform.Configure(config)
		expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, words...)
		expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	}
	apply(route(siteID, "hello", "www.example.com/api/*"), "1 added")
	apply(route(siteID, "other", "www.example.com/*", "enabled = false", "fallback = true", "timeout = 30"), "1 changed")
	routes := simulator.Routes()
	if len(routes) != 1 || routes[0].Routine != "other" || routes[0].Enable != "off" || routes[0].Fallback != "on" || routes[0].Timeout != "30" {
		t.Fatalf("ESA has %+v", routes)
	}
	simulator.ChangeRoute(routes[0].ConfigID, func(route *esasim.Route) { route.Enable = "on" })
	expect(t, "plan over drift", terraform.Run("plan"), 0, "~ enabled", "true -> false")
	expect(t, "apply over drift", terraform.Run("apply", "-auto-approve"), 0)

	expect(t, "forget", terraform.Run("state", "rm", resource), 0)
	expect(t, "create of a route that exists", terraform.Run("apply", "-auto-approve"), 1, "Route already exists", fmt.Sprintf("id = %q", siteID+":"+routes[0].ConfigID))
	expect(t, "import", terraform.Run("import", resource, siteID+":"+routes[0].ConfigID), 0)
	expect(t, "plan after the import", terraform.Run("plan", "-detailed-exitcode"), 0)

	expect(t, "plan of a destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	simulator.ChangeRoute(routes[0].ConfigID, func(route *esasim.Route) { route.Routine = "hello" })
	expect(t, "a saved destroy of a changed route", terraform.Run("apply", "saved"), 1, "Route changed since it was planned", "Nothing was changed.")
	simulator.RemoveRoute(routes[0].ConfigID)
	expect(t, "plan after a removal", terraform.Run("plan"), 0, "1 to add")
	apply(route(siteID, "hello", "www.example.com/*"))
	expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	if left := simulator.Routes(); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

// TestAccRouteLostAnswers loses the answers of each write: nothing is made twice.
func TestAccRouteLostAnswers(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	for _, operation := range []string{"CreateRoutineRoute", "UpdateRoutineRoute", "DeleteRoutineRoute"} {
		simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.ResetAfter, Times: 1})
	}
	terraform.Configure(route(siteID, "hello", "www.example.com/*"))
	expect(t, "create", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(route(siteID, "other", "www.example.com/*"))
	expect(t, "update", terraform.Run("apply", "-auto-approve"), 0)
	if routes := simulator.Routes(); len(routes) != 1 || routes[0].Routine != "other" {
		t.Fatalf("ESA has %+v", routes)
	}
	expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
}

// TestAccRouteBadInput refuses patterns that match nothing, and ids that are no numbers.
func TestAccRouteBadInput(t *testing.T) {
	t.Parallel()
	_, terraform, siteID := workspace(t)
	for pattern, want := range map[string]string{"https://www.example.com/*": "scheme", "www.*.com/": "*", "": "pattern"} {
		terraform.Configure(route(siteID, "hello", pattern))
		expect(t, pattern, terraform.Run("plan"), 1, want)
	}
	terraform.Configure(route("example.com", "hello", "www.example.com/*"))
	expect(t, "a name for a number", terraform.Run("plan"), 1, "must be a number, such as 54362329990032, got: example.com")
	terraform.Configure(route("1", "hello", "www.example.com/*"))
	expect(t, "no such site", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the route")
}

// TestAccRouteCosts refreshes forty routes over four sites with one call a site.
func TestAccRouteCosts(t *testing.T) {
	t.Parallel()
	simulator, terraform, _ := workspace(t)
	config := ""
	for site := range 4 {
		id := simulator.AddSite(esasim.Site{Name: fmt.Sprintf("site%d.com", site)})
		config += fmt.Sprintf("resource \"esa_routine_route\" \"site%d\" {\n  count = 10\n  site_id = %q\n  routine_name = \"hello\"\n  route_name = \"r${count.index}\"\n  rule = provider::esa::route_rule(\"site%[1]d.com/${count.index}/*\")\n}\n", site, id)
	}
	terraform.Configure(config)
	expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "40 added")
	simulator.ResetLog()
	expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	if lists, gets := simulator.Count("ListSiteRoutes"), simulator.Count("GetRoutineRoute"); lists != 4 || gets != 0 {
		t.Errorf("%d calls of ListSiteRoutes and %d of GetRoutineRoute, want 4 and 0", lists, gets)
	}
}

// TestAccRelatedRecord binds a host name to a routine: create, lost answer, import, replacement, removal outside, destroy.
func TestAccRelatedRecord(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	record := func(routine string) string {
		return fmt.Sprintf("data \"esa_site\" \"this\" {\n  name = \"example.com\"\n}\ndata \"esa_routine_staging\" \"this\" {}\noutput \"staging\" {\n  value = data.esa_routine_staging.this.ipv4_addresses\n}\n"+
			"resource \"esa_routine_related_record\" \"test\" {\n  name = %q\n  site_id = data.esa_site.this.id\n  record_name = \"www.example.com\"\n}\n", routine)
	}
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineRelatedRecord", Fault: esasim.ResetAfter, Times: 1})
	terraform.Configure(record("hello"))
	expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "1 added", "staging")
	expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	records := simulator.Records()
	if len(records) != 1 || records[0].SiteID != siteID {
		t.Fatalf("ESA has %+v", records)
	}
	expect(t, "forget", terraform.Run("state", "rm", "esa_routine_related_record.test"), 0)
	expect(t, "create of a record that exists", terraform.Run("apply", "-auto-approve"), 1, "Related record already exists")
	expect(t, "import", terraform.Run("import", "esa_routine_related_record.test", "hello:"+records[0].ID), 0)
	expect(t, "plan after the import", terraform.Run("plan", "-detailed-exitcode"), 0)
	terraform.Configure(record("other"))
	expect(t, "plan of a replacement", terraform.Run("plan"), 0, "Host name is down during the replacement")
	expect(t, "replacement", terraform.Run("apply", "-auto-approve"), 0)
	simulator.RemoveRecord(simulator.Records()[0].ID)
	expect(t, "plan after a removal", terraform.Run("plan"), 0, "1 to add")
	expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	if left := simulator.Records(); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	terraform.Configure(strings.Replace(record("hello"), `name = "example.com"`, `name = "example.org"`, 1))
	expect(t, "no such site", terraform.Run("plan"), 1, "No such site", `The account has no site "example.org".`)
}
