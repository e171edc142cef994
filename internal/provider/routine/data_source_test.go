package routine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

func TestAccRoutineDataSource(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	serving(simulator, name)
	simulator.SetDescription(name, "says hello")
	config := func(name string) string {
		return simulator.Config(fmt.Sprintf("data \"esa_routine\" \"test\" {\n  name = %q\n}\n", name))
	}
	data := "data.esa_routine.test"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{Config: config("unknown"), ExpectError: acceptance.Loosely("ESA has no routine of this name in this account.")},
			{Config: config(""), ExpectError: acceptance.Loosely("Attribute name string length must be at least 1, got: 0")},
			{
				Config: config(name),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(data, attribute("id"), knownvalue.StringExact(name)),
					statecheck.ExpectKnownValue(data, attribute("description"), knownvalue.StringExact("says hello")),
					statecheck.ExpectKnownValue(data, attribute("has_assets"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(data, attribute("create_time"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(data, attribute("default_related_record"), knownvalue.NotNull()),
				},
			},
		},
	})
}

// TestAccRoutineDataSourceInTheSameApply reads a routine that is made in the same apply.
func TestAccRoutineDataSourceInTheSameApply(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(described("says hello") + "data \"esa_routine\" \"test\" {\n  name = esa_routine.test.name\n  depends_on = [esa_routine.test]\n}\n"),
			Check:  resource.TestCheckResourceAttrPair("data.esa_routine.test", "default_related_record", address, "default_related_record"),
		}},
	})
}

// routines are count routines, the last of which is named "special".
func routines(count int) []esasim.SeedRoutine {
	list := make([]esasim.SeedRoutine, count)
	for index := range list {
		list[index] = esasim.SeedRoutine{Name: fmt.Sprintf("routine-%03d", count-index), Description: "one of many"}
	}
	list[count-1] = esasim.SeedRoutine{Name: "special", Description: "日本語"}
	return list
}

func TestAccRoutineListDataSource(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		count, pages  int
		config, found string
	}{
		"none":               {count: 0, pages: 1, found: `0, first none, last none, 0 with a time, total 0, used 0, truncated: false`},
		"one page":           {count: 20, pages: 1, found: `20, first routine-002, last special (日本語), 20 with a time, total 20, used 20, truncated: false`},
		"three pages":        {count: 45, pages: 3, found: `45, first routine-002, last special (日本語), 45 with a time, total 45, used 45, truncated: false`},
		"as many as it goes": {count: 200, pages: 10, found: `200, first routine-002, last special (日本語), 200 with a time, total 200, used 200, truncated: false`},
		"a keyword":          {count: 45, pages: 1, config: `keyword = "special"`, found: `1, first special, last special (日本語), 1 with a time, total 1, used 45, truncated: false`},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			if test.count > 0 {
				simulator.LoadSeed(esasim.Seed{Routines: routines(test.count)})
			}
			terraform := simulator.Workspace(t)
			terraform.Configure("data \"esa_routines\" \"test\" {\n  " + test.config + "\n}\n" + strings.ReplaceAll(`output "found" {
  value = "${length(LISTED.names)}, first ${try(LISTED.names[0], "none")}, last ${try("${reverse(LISTED.routines)[0].name} (${reverse(LISTED.routines)[0].description})", "none")}, ${length(compact(LISTED.routines[*].create_time))} with a time, total ${LISTED.total_count}, used ${LISTED.used}, truncated: ${LISTED.truncated}"
}
`, "LISTED", "data.esa_routines.test"))
			acceptance.Expect(t, "plan", terraform.Run("plan"), 0, `found = "`+test.found+`"`)
			// Where there are several pages, all but the last are read once more.
			if got, want := simulator.Count("ListUserRoutines"), 2*test.pages-1; got != want {
				t.Errorf("%d calls of ListUserRoutines, want %d", got, want)
			}
			for _, call := range simulator.Calls() {
				if call.HTTPMethod != "POST" || call.Query.Get("PageSize") != "20" {
					t.Errorf("%s %s with the query %v, want POST with a PageSize of 20 in the query, as the vendor's SDK sends it", call.HTTPMethod, call.Operation, call.Query)
				}
			}
		})
	}
}

// TestAccRoutineListTruncated says that ESA lists not all of the routines.
func TestAccRoutineListTruncated(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.LoadSeed(esasim.Seed{Routines: routines(201)})
	terraform.Configure("data \"esa_routines\" \"test\" {\n}\noutput \"truncated\" {\n  value = data.esa_routines.test.truncated\n}\noutput \"names\" {\n  value = length(data.esa_routines.test.names)\n}\n")
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0,
		"Warning: Routines are missing from the list", "ESA has 201 routines but lists only 200. To list others, set keyword in the data source esa_routines.",
		"truncated = true", "names = 200")
}

// TestAccRoutineListWhileRoutinesComeAndGo lists again where a routine that is deleted between two pages hides another one.
func TestAccRoutineListWhileRoutinesComeAndGo(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	simulator.LoadSeed(esasim.Seed{Routines: routines(45)})
	simulator.Inject(esasim.Rule{Operation: "ListUserRoutines", Fault: esasim.NoFault, Times: 1, Then: func() { simulator.RemoveRoutine("routine-045") }})
	data := "data.esa_routines.test"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config("data \"esa_routines\" \"test\" {}\n"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(data, attribute("names"), knownvalue.ListSizeExact(44)),
				statecheck.ExpectKnownValue(data, attribute("names").AtSliceIndex(42), knownvalue.StringExact("routine-044")),
			},
		}},
	})
}

func TestAccRoutineListFaults(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		fault esasim.Rule
		want  string
	}{
		"throttled twice":      {fault: esasim.Rule{Fault: esasim.Throttled, Times: 2, Skip: 1}},
		"half a document":      {fault: esasim.Rule{Fault: esasim.HalfJSON, Times: 1}},
		"no permission":        {fault: esasim.Rule{Fault: esasim.ChosenError}, want: "Cannot list the routines"},
		"a count without list": {fault: esasim.Rule{Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","TotalCount":3}`}, want: `it counts "3" routines and lists 0`},
		"a nameless routine":   {fault: esasim.Rule{Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","TotalCount":1,"Routines":[{}]}`}, want: "it has a routine without a name"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			simulator.LoadSeed(esasim.Seed{Routines: routines(25)})
			test.fault.Operation = "ListUserRoutines"
			simulator.Inject(test.fault)
			terraform := simulator.Workspace(t)
			terraform.Configure("data \"esa_routines\" \"test\" {\n  timeouts = { read = \"1s\" }\n}\noutput \"names\" {\n  value = length(data.esa_routines.test.names)\n}\n")
			if test.want != "" {
				acceptance.Expect(t, "plan", terraform.Run("plan"), 1, test.want)
			} else {
				acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "names = 25")
			}
		})
	}
}
