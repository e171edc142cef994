package examples_test

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// permission is a row of the table in templates/index.md.tmpl: operations of ESA, each of which is a RAM action.
type permission struct {
	plan, apply []string
}

// permissions reads the table.
func permissions(t *testing.T) map[string]permission {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "templates", "index.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile("`esa:(\\w+)`")
	actions := func(cell string) (found []string) {
		for _, match := range action.FindAllStringSubmatch(cell, -1) {
			found = append(found, match[1])
		}
		return found
	}
	rows := map[string]permission{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 && action.MatchString(cells[2]) {
			rows[strings.ReplaceAll(strings.TrimSpace(cells[1]), "`", "")] = permission{actions(cells[2]), actions(cells[3])}
		}
	}
	return rows
}

// TestAccPermissions lives the life of each object: it calls the operations that the documentation names, and no others.
func TestAccPermissions(t *testing.T) {
	t.Parallel()
	const (
		live  = `{ code_version = "1723599747213377175", percentage = 100 }`
		other = `{ code_version = "1723599747213377176", percentage = 100 }`
	)
	lives := map[string]struct{ before, after string }{
		"esa_routine": {
			`resource "esa_routine" "this" { name = "fresh" }`,
			"resource \"esa_routine\" \"this\" {\n  name        = \"fresh\"\n  description = \"told\"\n}\n",
		},
		"esa_routine_code_version": {
			"resource \"esa_routine_code_version\" \"this\" {\n  name = \"hello\"\n  code = \"1\"\n}\n",
			"resource \"esa_routine_code_version\" \"this\" {\n  name = \"hello\"\n  code = \"2\"\n}\n",
		},
		"esa_routine_code_deployment": {
			"resource \"esa_routine_code_deployment\" \"this\" {\n  name = \"hello\"\n  env = \"production\"\n  code_versions = [" + live + "]\n}\n",
			"resource \"esa_routine_code_deployment\" \"this\" {\n  name = \"hello\"\n  env = \"production\"\n  code_versions = [" + other + "]\n}\n",
		},
		"esa_routine_environment_variables": {
			"resource \"esa_routine_environment_variables\" \"this\" {\n  name = \"hello\"\n  env = \"production\"\n  variables = { A = \"1\", B = \"1\" }\n}\n",
			"resource \"esa_routine_environment_variables\" \"this\" {\n  name = \"hello\"\n  env = \"production\"\n  variables = { A = \"2\" }\n}\n",
		},
		"esa_routine_related_record": {before: "resource \"esa_routine_related_record\" \"this\" {\n  name = \"hello\"\n  site_id = \"54362329990032\"\n  record_name = \"www.example.com\"\n}\n"},
		"esa_routine_route": {
			"resource \"esa_routine_route\" \"this\" {\n  site_id = \"54362329990032\"\n  routine_name = \"hello\"\n  route_name = \"a\"\n  rule = \"true\"\n}\n",
			"resource \"esa_routine_route\" \"this\" {\n  site_id = \"54362329990032\"\n  routine_name = \"hello\"\n  route_name = \"b\"\n  rule = \"true\"\n}\n",
		},
		"data source esa_routine_related_records": {before: `data "esa_routine_related_records" "this" { name = "hello" }`},
		"data source esa_routine_routes":          {before: `data "esa_routine_routes" "this" { routine_name = "hello" }`},
		"data source esa_routine_staging":         {before: `data "esa_routine_staging" "this" {}`},
		"data source esa_site":                    {before: `data "esa_site" "this" { name = "example.com" }`},
		"data source esa_routine":                 {before: `data "esa_routine" "this" { name = "hello" }`},
		"data source esa_routine_code_deployment": {before: "data \"esa_routine_code_deployment\" \"this\" {\n  name = \"hello\"\n  env = \"staging\"\n}\n"},
		"data source esa_routine_code_versions":   {before: `data "esa_routine_code_versions" "this" { name = "hello" }`},
		"data source esa_routines":                {before: `data "esa_routines" "this" {}`},
	}
	table := permissions(t)
	for folder, kind := range map[string]string{"resources": "", "data-sources": "data source "} {
		objects, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if _, documented := table[kind+object.Name()]; !documented {
				t.Errorf("the table of permissions has no row %q", kind+object.Name())
			}
		}
	}
	for object, row := range table {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			configurations, known := lives[object]
			if !known {
				t.Fatal("this test does not know how the object lives")
			}
			simulator := acceptance.Simulate(t)
			simulator.AddRoutine("hello")
			simulator.AddCodeVersion("hello", "1723599747213377175")
			simulator.AddCodeVersion("hello", "1723599747213377176")
			simulator.AddSite(esasim.Site{ID: "54362329990032", Name: "example.com"})
			simulator.Deploy("hello", "staging", esasim.Share{CodeVersion: "1723599747213377175", Percentage: 100})
			terraform := simulator.Workspace(t)

			called := func(doing string, want []string, counts ...map[string]int) {
				t.Helper()
				all := map[string]int{}
				for _, some := range counts {
					maps.Copy(all, some)
				}
				delete(all, esasim.UploadOperation) // is no operation of ESA
				if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
					t.Errorf("%s calls %v, the documentation says %v", doing, got, want)
				}
			}

			terraform.Configure(configurations.before)
			run(t, terraform, 0, "apply", "-auto-approve")
			first := simulator.Counts()
			simulator.ResetLog()
			// An answer that leaves open whether the version exists makes a plan look for it in the list.
			simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Status: http.StatusBadRequest, Code: "InvalidParameter"})
			run(t, terraform, 0, "plan", "-destroy")
			if configurations.after != "" {
				terraform.Configure(configurations.after)
			}
			run(t, terraform, 0, "plan")
			called("a plan", row.plan, simulator.Counts())
			run(t, terraform, 0, "apply", "-auto-approve")
			run(t, terraform, 0, "destroy", "-auto-approve")
			called("an apply with its plan", slices.Concat(row.plan, row.apply), first, simulator.Counts())
		})
	}
}
