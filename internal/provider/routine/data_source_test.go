package routine_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

func TestAccRoutineDataSource(t *testing.T) {
	t.Parallel()
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		simulator := acceptance.Simulate(t, options...)
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
	data := "data.esa_routines.test"
	for label, test := range map[string]struct {
		count, listed int
		config        string
		first         string
		pages         int
	}{
		"none":               {count: 0, listed: 0, pages: 1},
		"one page":           {count: 20, listed: 20, first: "routine-002", pages: 1},
		"three pages":        {count: 45, listed: 45, first: "routine-002", pages: 3},
		"as many as it goes": {count: 200, listed: 200, first: "routine-002", pages: 10},
		"a keyword":          {count: 45, listed: 1, config: `keyword = "special"`, first: "special", pages: 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			if test.count > 0 {
				simulator.LoadSeed(esasim.Seed{Routines: routines(test.count)})
			}
			checks := []statecheck.StateCheck{
				statecheck.ExpectKnownValue(data, attribute("names"), knownvalue.ListSizeExact(test.listed)),
				statecheck.ExpectKnownValue(data, attribute("routines"), knownvalue.ListSizeExact(test.listed)),
				statecheck.ExpectKnownValue(data, attribute("total_count"), knownvalue.Int64Exact(int64(test.listed))),
				statecheck.ExpectKnownValue(data, attribute("truncated"), knownvalue.Bool(false)),
				statecheck.ExpectKnownValue(data, attribute("used"), knownvalue.Int64Exact(int64(test.count))),
				statecheck.ExpectKnownValue(data, attribute("quota"), knownvalue.NotNull()),
			}
			if test.listed > 0 {
				last := attribute("routines").AtSliceIndex(test.listed - 1)
				checks = append(checks,
					statecheck.ExpectKnownValue(data, attribute("names").AtSliceIndex(0), knownvalue.StringExact(test.first)),
					statecheck.ExpectKnownValue(data, last.AtMapKey("name"), knownvalue.StringExact("special")),
					statecheck.ExpectKnownValue(data, last.AtMapKey("description"), knownvalue.StringExact("日本語")),
					statecheck.ExpectKnownValue(data, last.AtMapKey("create_time"), knownvalue.NotNull()),
				)
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps: []resource.TestStep{{
					Config:            simulator.Config("data \"esa_routines\" \"test\" {\n  " + test.config + "\n}\n"),
					ConfigStateChecks: checks,
				}},
			})
			// Where there are several pages, all but the last are read once more.
			if got, want := simulator.Count("ListUserRoutines"), 2*test.pages-1; got == 0 || got%want != 0 {
				t.Errorf("%d calls of ListUserRoutines, want a multiple of %d", got, want)
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
		"Warning: Routines are missing from the list", "ESA has 201 routines but lists only the first 200. To list others, set keyword in the data source esa_routines.",
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
			step := resource.TestStep{
				Config: simulator.Config("data \"esa_routines\" \"test\" {\n  timeouts = { read = \"1s\" }\n}\n"),
			}
			if test.want != "" {
				step.ExpectError = acceptance.Loosely(test.want)
			} else {
				step.Check = resource.TestCheckResourceAttr("data.esa_routines.test", "names.#", "25")
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: simulator.Factories(), Steps: []resource.TestStep{step}})
		})
	}
}
