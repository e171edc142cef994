// Package examples_test runs the configurations of the guides as their readers would, against the simulator.
package examples_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// guide returns a simulator and a workspace with the configuration of a guide.
func guide(t *testing.T, name string) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := acceptance.Simulate(t)
	workspace := acceptance.NewWorkspace(t, simulator.Environment()...)
	workspace.Copy(filepath.Join("guides", name))
	return simulator, workspace
}

func run(t *testing.T, workspace *acceptance.Workspace, exitCode int, arguments ...string) string {
	t.Helper()
	result := workspace.Run(arguments...)
	if result.ExitCode != exitCode {
		t.Fatalf("terraform %s ended with exit code %d, want %d:\n%s", strings.Join(arguments, " "), result.ExitCode, exitCode, result.Output)
	}
	return result.Output
}

// quietly is run for a plan or an apply of a reader who does everything right, and is warned of nothing.
func quietly(t *testing.T, workspace *acceptance.Workspace, exitCode int, arguments ...string) string {
	t.Helper()
	output := run(t, workspace, exitCode, arguments...)
	// This warning comes from how the tests install the provider.
	if strings.Contains(strings.Replace(output, "Warning: Provider development overrides are in effect", "", 1), "Warning:") {
		t.Errorf("%s warns:\n%s", strings.Join(arguments, " "), output)
	}
	return output
}

// expectStagingFirst checks the order of the deployments to the environments of each routine since the log was reset.
func expectStagingFirst(t *testing.T, simulator *acceptance.Simulated) {
	t.Helper()
	environments := map[string][]string{}
	for _, call := range simulator.Calls() {
		if call.Operation == "CreateRoutineCodeDeployment" {
			environments[call.Routine] = append(environments[call.Routine], call.Env)
		}
	}
	for routine, order := range environments {
		if !slices.IsSortedFunc(order, func(one, other string) int { return strings.Compare(other, one) }) {
			t.Errorf("routine %s is released to %v, want staging first", routine, order)
		}
	}
}

func expectText(t *testing.T, output string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(output, text) {
			t.Errorf("the output does not say %q:\n%s", text, output)
		}
	}
}

// changes are the headlines of the resources that a plan changes.
func changes(output string) []string {
	headlines := regexp.MustCompile(`(?m)^ {2}# (\S+) (?:is tainted, so )?(?:will be|must be) (.*)$`)
	var found []string
	for _, match := range headlines.FindAllStringSubmatch(output, -1) {
		found = append(found, match[1]+" "+match[2])
	}
	slices.Sort(found)
	return found
}

func expectChanges(t *testing.T, output string, want ...string) {
	t.Helper()
	if got := changes(output); !slices.Equal(got, want) {
		t.Errorf("the plan changes\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(want, "\n  "), output)
	}
}

// served is what an environment serves, the larger share first.
func served(simulator *acceptance.Simulated, routine, env string) []esasim.Share {
	live, _ := simulator.Live(routine, env)
	return slices.SortedFunc(slices.Values(live.Shares), func(a, b esasim.Share) int { return b.Percentage - a.Percentage })
}

func TestAccFirstRelease(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "first-release")
	expectText(t, quietly(t, terraform, 0, "apply", "-auto-approve"), "4 added")
	expectStagingFirst(t, simulator)
	quietly(t, terraform, 0, "plan", "-detailed-exitcode")
	first := served(simulator, "hello", "production")[0].CodeVersion
	if other := served(simulator, "hello", "staging"); other[0].CodeVersion != first || other[0].Percentage != 100 {
		t.Errorf("staging serves %v, want only version %s", other, first)
	}

	terraform.Write("src/index.js", "export default { async fetch() { return new Response(\"Hello again\"); } };\n")
	expectChanges(t, quietly(t, terraform, 2, "plan", "-detailed-exitcode"),
		"esa_routine_code_deployment.production updated in-place",
		"esa_routine_code_deployment.staging updated in-place",
		"esa_routine_code_version.hello replaced",
	)
	simulator.ResetLog()
	quietly(t, terraform, 0, "apply", "-auto-approve")
	expectStagingFirst(t, simulator)
	var writes []string
	for _, call := range simulator.Calls() {
		if !strings.HasPrefix(call.Operation, "Get") && !strings.HasPrefix(call.Operation, "List") {
			writes = append(writes, call.Operation)
		}
	}
	want := []string{"CreateRoutineWithAssetsCodeVersion", "PostObject", "CreateRoutineCodeDeployment", "CreateRoutineCodeDeployment"}
	if !slices.Equal(writes, want) {
		t.Errorf("the apply wrote %v, want %v: the old version stays", writes, want)
	}
	if second := served(simulator, "hello", "production")[0].CodeVersion; second == first {
		t.Error("production still serves the old version")
	}
	quietly(t, terraform, 0, "plan", "-detailed-exitcode")
	run(t, terraform, 0, "destroy", "-auto-approve")
}

func TestAccYourOwnDomain(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "your-own-domain")
	simulator.AddSite(esasim.Site{Name: "example.com"})
	run(t, terraform, 0, "apply", "-auto-approve")
	run(t, terraform, 0, "plan", "-detailed-exitcode")
	live, _ := simulator.Live("hello", esasim.Production)
	bound, variables := simulator.VersionVariables("hello", live.Shares[0].CodeVersion)
	if bound != esasim.Production || len(variables) != 1 || variables[0].Value != "Hello from production" {
		t.Errorf("production serves a version of %q with %v", bound, variables)
	}
	if records := simulator.Records(); len(records) != 1 || records[0].Name != "www.example.com" {
		t.Errorf("ESA has the records %v", records)
	}

	config := readFile(t, filepath.Join("guides", "your-own-domain", "main.tf"))
	terraform.Write("main.tf", strings.Replace(config, `"Hello from ${each.key}"`, `each.key == "production" ? "Good day" : "Hello from ${each.key}"`, 1))
	simulator.ResetLog()
	run(t, terraform, 0, "apply", "-auto-approve")
	for operation, want := range map[string]int{
		"SetRoutineEnvironmentVariables": 1, "CreateRoutineWithAssetsCodeVersion": 1, "CreateRoutineCodeDeployment": 1, "DeleteRoutineCodeVersion": 0,
	} {
		if got := simulator.Count(operation); got != want {
			t.Errorf("a changed variable made %d calls of %s, want %d", got, operation, want)
		}
	}
	run(t, terraform, 0, "plan", "-detailed-exitcode")
	run(t, terraform, 0, "destroy", "-auto-approve")
	if left := simulator.State(); len(left.Routines) != 0 || len(simulator.Records()) != 0 {
		t.Errorf("the destroy left %+v and %v", left.Routines, simulator.Records())
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAccCanary(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "canary")
	step := func(percentages []int, arguments ...string) {
		t.Helper()
		simulator.ResetLog()
		quietly(t, terraform, 0, append([]string{"apply", "-auto-approve"}, arguments...)...)
		expectStagingFirst(t, simulator)
		var got []int
		for _, share := range served(simulator, "hello", "production") {
			got = append(got, share.Percentage)
		}
		if !slices.Equal(got, percentages) {
			t.Errorf("with %v production serves %v, want %v", arguments, got, percentages)
		}
		quietly(t, terraform, 0, append([]string{"plan", "-detailed-exitcode"}, arguments...)...)
	}
	step([]int{100}, "-var=canary=0")
	v1 := served(simulator, "hello", "production")[0].CodeVersion
	step([]int{90, 10})
	step([]int{50, 50}, "-var=canary=50")
	step([]int{100}, "-var=canary=100")
	v2 := served(simulator, "hello", "production")[0].CodeVersion
	if v1 == v2 || served(simulator, "hello", "staging")[0].CodeVersion != v2 {
		t.Errorf("production went from %s to %s, want another version, which staging serves too", v1, v2)
	}
	step([]int{100}, "-var=canary=0")
	if now := served(simulator, "hello", "production")[0].CodeVersion; now != v1 {
		t.Errorf("after the roll-back production serves %s, want %s", now, v1)
	}
	step([]int{100}, "-var=canary=100")

	promoted := []string{"-var=stable=v2", "-var=candidate=v2", "-var=canary=0"}
	expectChanges(t, run(t, terraform, 0, append([]string{"plan"}, promoted...)...), `esa_routine_code_version.release["v1"] destroyed`)
	step([]int{100}, promoted...)
	expectChanges(t, quietly(t, terraform, 0, "plan", "-var=stable=v2", "-var=candidate=v3", "-var=canary=0"),
		"esa_routine_code_deployment.staging updated in-place",
		`esa_routine_code_version.release["v3"] created`,
	)
	next := []string{"-var=stable=v2", "-var=candidate=v3", "-var=canary=10"}
	planned := run(t, terraform, 0, append([]string{"plan"}, next...)...)
	expectText(t, planned, "percentage   = 100 -> 90", "+ code_version = (known after apply)")
	expectChanges(t, planned,
		"esa_routine_code_deployment.production updated in-place",
		"esa_routine_code_deployment.staging updated in-place",
		`esa_routine_code_version.release["v3"] created`,
	)
	step([]int{90, 10}, next...)
}

func TestAccStagingThenProduction(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "staging-then-production")
	simulator.AddRoutine("hello")
	for _, version := range []string{"1723599747213377175", "1723599747213377176"} {
		simulator.AddCodeVersion("hello", version)
	}
	tested := []esasim.Share{{CodeVersion: "1723599747213377175", Percentage: 70}, {CodeVersion: "1723599747213377176", Percentage: 30}}
	simulator.Deploy("hello", "staging", tested...)
	run(t, terraform, 0, "plan", "-out=saved")
	simulator.Deploy("hello", "staging", esasim.Share{CodeVersion: "1723599747213377176", Percentage: 100})
	run(t, terraform, 0, "apply", "saved")
	if got := served(simulator, "hello", "production"); !slices.Equal(got, tested) {
		t.Errorf("production serves %v, want what the plan has shown: %v", got, tested)
	}
}

func TestAccManyRoutines(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "many-routines")
	expectText(t, quietly(t, terraform, 0, "apply", "-auto-approve"), "12 added")
	expectStagingFirst(t, simulator)
	simulator.ResetLog()
	quietly(t, terraform, 0, "plan", "-detailed-exitcode")
	want := map[string]int{"GetRoutine": 3, "GetRoutineCodeVersionInfo": 3}
	if got := simulator.Counts(); !maps.Equal(got, want) {
		t.Errorf("a plan of three routines with a version each in two environments calls %v, want %v", got, want)
	}
}

func TestAccReplacingTheCommandLine(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "replace-esa-cli")
	simulator.AddRoutine("hello")
	simulator.AddCodeVersion("hello", "1723599747213377175")
	simulator.Deploy("hello", "production", esasim.Share{CodeVersion: "1723599747213377175", Percentage: 100})
	expectText(t, run(t, terraform, 0, "plan"), "Plan: 2 to import, 1 to add, 1 to change, 0 to destroy.")
	run(t, terraform, 0, "apply", "-auto-approve")
	run(t, terraform, 0, "plan", "-detailed-exitcode")
	if now := served(simulator, "hello", "production"); len(now) != 1 || now[0].CodeVersion == "1723599747213377175" {
		t.Errorf("production serves %v, want the version of the configuration", now)
	}
}

func TestAccModule(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "module")
	expectText(t, run(t, terraform, 0, "test"), "2 passed, 0 failed")
	simulator.AddRoutine("hello")
	simulator.ResetLog()
	quietly(t, terraform, 0, "apply", "-auto-approve", "-var=name=hello", "-var=entry=src/index.js")
	expectStagingFirst(t, simulator)
}

// TestEveryGuideIsRun keeps a new guide from coming without a test.
func TestEveryGuideIsRun(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		source.WriteString(readFile(t, file))
	}
	folders, err := os.ReadDir("guides")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !strings.Contains(source.String(), "guide(t, \""+folder.Name()) {
			t.Errorf("no test runs the guide %s", folder.Name())
		}
	}
}

// live fills an account with what sixty hand-made routines may look like, and returns what a plan must import.
func live(simulator *acceptance.Simulated) int {
	const older, newer = "1723599747213377175", "1724000000000000000"
	imports := 0
	for number := range 60 {
		name := fmt.Sprintf("made-by-hand-%d", number)
		simulator.AddRoutine(name)
		imports++
		if number%3 == 0 {
			simulator.SetDescription(name, fmt.Sprintf("Says \"hello\" to ${world} %d%%\nand more", number))
		}
		simulator.AddCodeVersion(name, older)
		simulator.AddCodeVersion(name, newer)
		if number%4 != 0 {
			simulator.Deploy(name, "production", esasim.Share{CodeVersion: older, Percentage: 90}, esasim.Share{CodeVersion: newer, Percentage: 10})
			imports++
		}
		if number%2 == 0 {
			simulator.Deploy(name, "staging", esasim.Share{CodeVersion: newer, Percentage: 100})
			imports++
		}
	}
	return imports
}

// TestAccAdoptByQuery goes from what is live to a plan without changes, by terraform query.
func TestAccAdoptByQuery(t *testing.T) {
	t.Parallel()
	if !acceptance.HasQuery(t) {
		t.Skip("terraform query came with Terraform 1.14")
	}
	simulator, terraform := guide(t, "adopt-what-is-live/query")
	imports := live(simulator)
	expectText(t, run(t, terraform, 0, "query", "-generate-config-out=adopted.tf"), "made-by-hand-59")
	adopt(t, simulator, terraform, imports)
}

// TestAccAdoptByImportBlocks does the same on an engine without terraform query.
func TestAccAdoptByImportBlocks(t *testing.T) {
	t.Parallel()
	if acceptance.HasQuery(t) {
		t.Skip("the guide is for engines without terraform query")
	}
	simulator, terraform := guide(t, "adopt-what-is-live/imports")
	imports := live(simulator)
	run(t, terraform, 0, "apply", "-auto-approve")
	terraform.Write("imports.tf", run(t, terraform, 0, "output", "-raw", "import_blocks"))
	run(t, terraform, 0, "plan", "-generate-config-out=adopted.tf")
	adopt(t, simulator, terraform, imports)
}

// adopt applies a plan that imports and changes nothing, after which there is nothing to do.
func adopt(t *testing.T, simulator *acceptance.Simulated, terraform *acceptance.Workspace, imports int) {
	t.Helper()
	simulator.ResetLog()
	expectText(t, run(t, terraform, 0, "apply", "-auto-approve"), fmt.Sprintf("%d imported, 0 added, 0 changed, 0 destroyed.", imports))
	run(t, terraform, 0, "plan", "-detailed-exitcode")
	for _, call := range simulator.Calls() {
		if !strings.HasPrefix(call.Operation, "Get") && !strings.HasPrefix(call.Operation, "List") {
			t.Errorf("the adoption called %s", call.Operation)
		}
	}
}
