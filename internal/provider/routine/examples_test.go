package routine_test

import (
	"os"
	"path/filepath"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccRoutineExamples applies the examples of the documentation as they are, each on an account with a routine "hello" whose
// two versions they name, or on an empty one.
func TestAccRoutineExamples(t *testing.T) {
	t.Parallel()
	for example, test := range map[string]struct {
		empty bool
		want  string
	}{
		"resources/esa_routine/resource.tf":                     {empty: true, want: `hello_address = "https://hello.`},
		"data-sources/esa_routine/data-source.tf":               {want: `hello_address = "https://hello.`},
		"data-sources/esa_routines/data-source.tf":              {want: `"hello" = "https://hello.`},
		"data-sources/esa_routine_code_versions/data-source.tf": {want: "1 added"},
		"functions/canary/function.tf":                          {want: "1 added"},
	} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			simulator, terraform := workspace(t)
			if !test.empty {
				simulator.LoadSeed(esasim.Seed{Routines: []esasim.SeedRoutine{{Name: name, CodeVersions: []esasim.SeedCodeVersion{
					{CodeVersion: "1723599747213377175", Description: "release 1"},
					{CodeVersion: "1724031912836413459", Description: "release 2"},
				}}}})
			}
			content, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", filepath.FromSlash(example)))
			if err != nil {
				t.Fatal(err)
			}
			terraform.Configure(string(content))
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, test.want)
			acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
		})
	}
}
