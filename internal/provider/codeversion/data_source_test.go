package codeversion_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// listed is the data source under test.
const listed = "data.esa_routine_code_versions.test"

// list is the data source as HCL, with arguments after the name of the routine.
func list(name string, arguments ...string) string {
	return fmt.Sprintf("data \"esa_routine_code_versions\" \"test\" {\n  name = %q\n  %s\n}\n", name, strings.Join(arguments, "\n  "))
}

// inEachStatus is a routine with versions that were made one minute after the other, in each status: the newest has failed,
// the one before it is being built, and the two before that were made within the same second.
func inEachStatus() esasim.Seed {
	at := time.Date(2024, 8, 14, 1, 42, 0, 0, time.UTC)
	return esasim.Seed{Routines: []esasim.SeedRoutine{{Name: routine, CodeVersions: []esasim.SeedCodeVersion{
		{CodeVersion: "1723599747213377175", Description: "release 1", CreateTime: at},
		{CodeVersion: "1723599747213377185", Description: "release 2", CreateTime: at.Add(time.Minute)},
		{CodeVersion: "1723599747213377183", Description: "trial of release 2", CreateTime: at.Add(time.Minute)},
		{CodeVersion: "1723599747213377195", Description: "release 3", Status: "init", CreateTime: at.Add(2 * time.Minute)},
		// Numbers grow with time, but no one promises that.
		{CodeVersion: "999999999", Description: "trial", Status: "Failed", CreateTime: at.Add(3 * time.Minute)},
	}}}}
}

func TestAccCodeVersionListDataSource(t *testing.T) {
	t.Parallel()
	for form, fault := range map[string]esasim.Fault{"as it is": esasim.NoFault, "the other way round": esasim.Reversed, "as numbers": esasim.NumericIDs} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t, esasim.WithSeed(inEachStatus()))
			simulator.Inject(esasim.Rule{Fault: fault})
			terraform := simulator.Workspace(t)
			for _, test := range []struct {
				what      string
				arguments []string
				want      string
			}{
				{"all", nil, "999999999 1723599747213377195 1723599747213377185 1723599747213377183 1723599747213377175, latest 1723599747213377185"},
				{"by status", []string{`status = "Available"`}, "1723599747213377185 1723599747213377183 1723599747213377175, latest 1723599747213377185"},
				{"by description", []string{`description = "trial"`}, "999999999 1723599747213377183, latest 1723599747213377183"},
				{"by both", []string{`description = "release"`, `status = "init"`}, "1723599747213377195, latest none"},
				{"by what no version has", []string{`description = "Release"`}, ", latest none"},
			} {
				terraform.Configure(list(routine, test.arguments...) + strings.ReplaceAll(`output "found" {
  value = "${join(" ", LISTED.code_versions[*].code_version)}, latest ${coalesce(LISTED.latest, "none")} of ${LISTED.total_count}, truncated: ${LISTED.truncated}"
}
`, "LISTED", listed))
				acceptance.Expect(t, test.what, terraform.Run("plan"), 0, fmt.Sprintf(`found = "%s of 5, truncated: false"`, test.want))
			}
		})
	}
}

func TestAccCodeVersionListElements(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t, esasim.WithSeed(inEachStatus()))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(list(routine)),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(listed, attribute("code_versions").AtSliceIndex(0), knownvalue.ObjectExact(map[string]knownvalue.Check{
					"code_version": knownvalue.StringExact("999999999"),
					"description":  knownvalue.StringExact("trial"),
					"status":       knownvalue.StringExact("failed"),
					"create_time":  knownvalue.StringExact("2024-08-14T01:45:00Z"),
					"deploy_env":   knownvalue.StringExact(""),
					"has_env_vars": knownvalue.Bool(false),
				})),
			},
		}},
	})
}

// TestAccCodeVersionListWithoutVersions lists nothing, and has no latest version, where nothing was published yet.
func TestAccCodeVersionListWithoutVersions(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	simulator.AddRoutine(routine)
	terraform := simulator.Workspace(t)
	terraform.Configure(list(routine) + "output \"found\" {\n  value = jsonencode([" + listed + ".code_versions, " + listed + ".latest, " + listed + ".total_count])\n}\n")
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "[ + [], + null, + 0, ]")
}

func TestAccCodeVersionListErrors(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t, esasim.WithSeed(inEachStatus()))
	terraform := simulator.Workspace(t)
	for label, test := range map[string]struct {
		config string
		fault  esasim.Rule
		want   string
	}{
		"an unknown routine": {config: list("unknown"), want: "ESA has no routine of this name in this account."},
		"an empty name":      {config: list(""), want: "Attribute name string length must be at least 1, got: 0"},
		"an empty filter":    {config: list(routine, `description = ""`), want: "Attribute description string length must be at least 1, got: 0"},
		"no permission":      {config: list(routine), fault: esasim.Rule{Fault: esasim.ChosenError}, want: "esa:ListRoutineCodeVersions"},
		"throttled for ever": {config: list(routine, `timeouts = { read = "200ms" }`), fault: esasim.Rule{Fault: esasim.Throttled}, want: "ESA throttled the requests of this account."},
	} {
		simulator.ClearFaults()
		if test.fault.Fault != "" {
			test.fault.Operation = "ListRoutineCodeVersions"
			simulator.Inject(test.fault)
		}
		terraform.Configure(test.config)
		acceptance.Expect(t, label, terraform.Run("plan"), 1, test.want)
	}
}

// many is a routine with a number of versions, all available.
func many(count int) esasim.Seed {
	seed := esasim.SeedRoutine{Name: routine}
	for index := range count {
		seed.CodeVersions = append(seed.CodeVersions, esasim.SeedCodeVersion{CodeVersion: fmt.Sprint(1723599747213377000 + index), Description: "one of many"})
	}
	return esasim.Seed{Routines: []esasim.SeedRoutine{seed}}
}

// TestAccCodeVersionListLimit says where the limit of 40 has cut the list, and only there.
func TestAccCodeVersionListLimit(t *testing.T) {
	t.Parallel()
	for count, truncated := range map[int]bool{20: false, 21: false, 40: false, 41: true} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t, esasim.WithSeed(many(count)))
			terraform := simulator.Workspace(t)
			terraform.Configure(list(routine) + "output \"found\" {\n  value = \"${length(" + listed + ".code_versions)} of ${" + listed + ".total_count}, truncated: ${" + listed + ".truncated}, latest: ${" + listed + ".latest}\"\n}\n")
			result := terraform.Run("plan")
			found := fmt.Sprintf(`found = "%d of %d, truncated: %t, latest: %d"`, min(count, 40), count, truncated, 1723599747213377000+count-1)
			if result.ExitCode != 0 || !strings.Contains(result.Output, found) {
				t.Errorf("plan ended with %d, want 0 and %s:\n%s", result.ExitCode, found, result.Output)
			}
			warning := wrapped(`Warning: Code versions are missing from the list`)
			if warning.MatchString(result.Output) != truncated {
				t.Errorf("there is a warning: %t, want %t:\n%s", !truncated, truncated, result.Output)
			}
			if truncated && !wrapped(`ESA has 41 code versions but lists only 40.`).MatchString(result.Output) {
				t.Errorf("the warning gives no numbers:\n%s", result.Output)
			}
		})
	}
}

// TestAccCodeVersionListThatNeverStandsStill says that versions may be missing where the list changes every time.
func TestAccCodeVersionListThatNeverStandsStill(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t, esasim.WithSeed(many(30)))
	next := 1723599747213378000
	simulator.Inject(esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.NoFault, Then: func() {
		simulator.AddCodeVersion(routine, fmt.Sprint(next))
		next++
	}})
	terraform := simulator.Workspace(t)
	terraform.Configure(list(routine) + "output \"truncated\" {\n  value = " + listed + ".truncated\n}\n")
	result := terraform.Run("plan")
	want := wrapped(`Warning: Code versions may be missing from the list`)
	if result.ExitCode != 0 || !want.MatchString(result.Output) || !strings.Contains(result.Output, "truncated = true") {
		t.Errorf("plan ended with %d, want 0, %s and truncated = true:\n%s", result.ExitCode, want, result.Output)
	}
}
