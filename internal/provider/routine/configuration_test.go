package routine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

const (
	// name is the routine under test, and address the resource.
	name    = "hello"
	address = "esa_routine.test"

	codeVersion = "1723599747213377175"
)

// named is a resource as HCL, with arguments after its name.
func named(name string, arguments ...string) string {
	return fmt.Sprintf("resource \"esa_routine\" \"test\" {\n  name = %q\n  %s\n}\n", name, strings.Join(arguments, "\n  "))
}

// described is the routine under test with a description.
func described(description string) string {
	return named(name, fmt.Sprintf("description = %q", description))
}

func attribute(name string) tfjsonpath.Path {
	return tfjsonpath.New(name)
}

// calls checks how often an operation was called so far.
func calls(simulator *acceptance.Simulated, operation string, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := simulator.Count(operation); got != want {
			return fmt.Errorf("%d calls of %s, want %d", got, operation, want)
		}
		return nil
	}
}

// routine returns what the simulator holds of a routine.
func routine(simulator *acceptance.Simulated, name string) (esasim.SeedRoutine, bool) {
	for _, routine := range simulator.State().Routines {
		if routine.Name == name {
			return routine, true
		}
	}
	return esasim.SeedRoutine{}, false
}

// holds checks the description that the simulator holds.
func holds(simulator *acceptance.Simulated, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		found, ok := routine(simulator, name)
		if !ok || found.Description != want {
			return fmt.Errorf("ESA holds description %q (there is a routine: %t), want %q", found.Description, ok, want)
		}
		return nil
	}
}

// isGone checks that a test has left nothing.
func isGone(simulator *acceptance.Simulated) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if routines := simulator.State().Routines; len(routines) != 0 {
			return fmt.Errorf("the account still has %d routines", len(routines))
		}
		return nil
	}
}

// serving makes a routine that serves one version in production.
func serving(simulator *acceptance.Simulated, name string) {
	simulator.AddRoutine(name)
	simulator.AddCodeVersion(name, codeVersion)
	simulator.Deploy(name, "production", esasim.Share{CodeVersion: codeVersion, Percentage: 100})
}

// bothEncodings runs a test on an ESA that answers descriptions as base64 and on one that answers them as they are.
func bothEncodings(t *testing.T, test func(t *testing.T, options ...esasim.Option)) {
	t.Helper()
	t.Run("base64", func(t *testing.T) { t.Parallel(); test(t) })
	t.Run("plain", func(t *testing.T) { t.Parallel(); test(t, esasim.WithPlainDescriptions()) })
}
