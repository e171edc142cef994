package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// listServer is a configured provider for a simulator, as terraform query starts it.
type listServer struct {
	tfprotov6.ListResourceServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

func newListServer(t *testing.T, simulator *esasim.Server) listServer {
	t.Helper()
	server := provider.NewServer(provider.New("test")())
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: dynamic(t, schemas.Provider, map[string]tftypes.Value{
		"endpoint": text(simulator.URL), "access_key": text(esasim.AccessKeyID), "secret_key": text(esasim.AccessKeySecret),
	})})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("configuring: %v %v", err, configured)
	}
	return listServer{server.(tfprotov6.ListResourceServer), schemas}
}

func text(value string) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }

// list returns the display names that a list block yields, with what identifies each; a diagnostic is a line of its own.
func (s listServer) list(t *testing.T, resource string, limit int64, config map[string]tftypes.Value) (lines []string, resources []map[string]tftypes.Value) {
	t.Helper()
	stream, err := s.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: resource, Limit: limit, IncludeResource: true, Config: dynamic(t, s.schemas.ListResourceSchemas[resource], config),
	})
	if err != nil {
		t.Fatal(err)
	}
	for result := range stream.Results {
		for _, diagnostic := range result.Diagnostics {
			lines = append(lines, fmt.Sprintf("%s: %s", diagnostic.Severity, diagnostic.Summary))
		}
		if result.Identity == nil {
			continue
		}
		lines = append(lines, result.DisplayName)
		value, err := result.Resource.Unmarshal(s.schemas.ResourceSchemas[resource].ValueType())
		if err != nil {
			t.Fatal(err)
		}
		var attributes map[string]tftypes.Value
		if err := value.As(&attributes); err != nil {
			t.Fatal(err)
		}
		resources = append(resources, attributes)
	}
	return lines, resources
}

func TestListResources(t *testing.T) {
	t.Parallel()
	const older, newer = "1723599747213377175", "1724000000000000000"
	simulator := esasim.Start(t)
	for _, name := range []string{"hello", "api-two", "api-one", "unused"} {
		simulator.AddRoutine(name)
		simulator.AddCodeVersion(name, older)
		simulator.AddCodeVersion(name, newer)
	}
	simulator.Deploy("hello", "production", esasim.Share{CodeVersion: older, Percentage: 90}, esasim.Share{CodeVersion: newer, Percentage: 10})
	simulator.Deploy("hello", "staging", esasim.Share{CodeVersion: newer, Percentage: 100})
	simulator.Deploy("api-one", "production", esasim.Share{CodeVersion: older, Percentage: 100})
	site := simulator.AddSite(esasim.Site{Name: "example.com"})
	other := simulator.AddSite(esasim.Site{Name: "example.org"})
	simulator.AddRoute(esasim.Route{SiteID: site, Routine: "hello", Name: "shop", Rule: `(http.host eq "www.example.com")`})
	simulator.AddRoute(esasim.Route{SiteID: other, Routine: "hello", Name: "all", Rule: "true"})
	simulator.AddRoute(esasim.Route{SiteID: site, Routine: "api-one", Name: "api", Rule: `(http.host eq "api.example.com")`})
	simulator.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: "hello.example.com"})
	server := newListServer(t, simulator)
	for name, test := range map[string]struct {
		resource string
		limit    int64
		config   map[string]tftypes.Value
		want     []string
	}{
		"routines":         {resource: "esa_routine", want: []string{"api-one", "api-two", "hello", "unused"}},
		"routines by name": {resource: "esa_routine", config: map[string]tftypes.Value{"name_prefix": text("api-")}, want: []string{"api-one", "api-two"}},
		"the first two":    {resource: "esa_routine", limit: 2, want: []string{"api-one", "api-two"}},
		"deployments": {resource: "esa_routine_code_deployment", want: []string{
			"api-one:production  100% " + older, "hello:staging  100% " + newer, "hello:production  90% " + older + " + 10% " + newer,
		}},
		"deployments of production": {resource: "esa_routine_code_deployment", config: map[string]tftypes.Value{"env": text("production")}, want: []string{
			"api-one:production  100% " + older, "hello:production  90% " + older + " + 10% " + newer,
		}},
		"deployments of a routine": {resource: "esa_routine_code_deployment", limit: 1, config: map[string]tftypes.Value{"name": text("hello")}, want: []string{
			"hello:staging  100% " + newer,
		}},
		"code versions": {resource: "esa_routine_code_version", config: map[string]tftypes.Value{"name": text("hello")}, want: []string{newer, older}},
		"routes of a routine": {resource: "esa_routine_route", config: map[string]tftypes.Value{"routine_name": text("hello")}, want: []string{
			`shop -> hello  (http.host eq "www.example.com")`, "all -> hello  true",
		}},
		"routes of a routine in a site": {resource: "esa_routine_route", config: map[string]tftypes.Value{"routine_name": text("hello"), "site_id": text(site)}, want: []string{
			`shop -> hello  (http.host eq "www.example.com")`,
		}},
		"routes of a site": {resource: "esa_routine_route", limit: 1, config: map[string]tftypes.Value{"site_id": text(other)}, want: []string{"all -> hello  true"}},
		"records":          {resource: "esa_routine_related_record", config: map[string]tftypes.Value{"name": text("hello")}, want: []string{"hello  hello.example.com"}},
		"code versions of nothing": {resource: "esa_routine_code_version", config: map[string]tftypes.Value{"name": text("nothing")}, want: []string{
			"ERROR: Cannot list the code versions",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, _ := server.list(t, test.resource, test.limit, test.config)
			if test.resource == "esa_routine_code_version" {
				for index := range lines {
					if number, _, described := strings.Cut(lines[index], "  available  "); described {
						lines[index] = number
					}
				}
			}
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestListedResource asks for whole resources: they are what an import reads.
func TestListedResource(t *testing.T) {
	t.Parallel()
	const version = "1723599747213377175"
	simulator := esasim.Start(t)
	simulator.AddRoutine("hello")
	simulator.SetDescription("hello", "says hello")
	simulator.AddCodeVersion("hello", version)
	deployed := simulator.Deploy("hello", "production", esasim.Share{CodeVersion: version, Percentage: 100})
	server := newListServer(t, simulator)
	for resource, want := range map[string]map[string]string{
		"esa_routine":                 {"id": "hello", "name": "hello", "description": "says hello"},
		"esa_routine_code_deployment": {"id": "hello:production", "name": "hello", "env": "production", "strategy": "percentage", "deployment_id": deployed},
		"esa_routine_code_version":    {"id": "hello:" + version, "name": "hello", "code_version": version, "status": "available"},
	} {
		config := map[string]tftypes.Value{}
		if resource == "esa_routine_code_version" {
			config["name"] = text("hello")
		}
		_, resources := server.list(t, resource, 0, config)
		if len(resources) != 1 {
			t.Errorf("%s: %d resources, want one", resource, len(resources))
			continue
		}
		for name, expected := range want {
			var got string
			if err := resources[0][name].As(&got); err != nil || got != expected {
				t.Errorf("%s: %s is %q (%v), want %q", resource, name, got, err, expected)
			}
		}
	}
}

// TestListSkipsWhatDisappears lists deployments while a routine is deleted: it is left out, and an account that may not
// list is an error.
func TestListSkipsWhatDisappears(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t)
	for _, name := range []string{"gone", "hello"} {
		simulator.AddRoutine(name)
		simulator.AddCodeVersion(name, "1")
		simulator.Deploy(name, "production", esasim.Share{CodeVersion: "1", Percentage: 100})
	}
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Status: 404, Code: "RoutineNotExist", Times: 1})
	lines, _ := newListServer(t, simulator).list(t, "esa_routine_code_deployment", 0, nil)
	if diff := cmp.Diff([]string{"hello:production  100% 1"}, lines); diff != "" {
		t.Error(diff)
	}
	simulator.Inject(esasim.Rule{Operation: "ListUserRoutines", Fault: esasim.ChosenError, Status: 403, Code: "Forbidden.RAM"})
	lines, _ = newListServer(t, simulator).list(t, "esa_routine_code_deployment", 0, nil)
	if diff := cmp.Diff([]string{"ERROR: Cannot list the routines"}, lines); diff != "" {
		t.Error(diff)
	}
}
