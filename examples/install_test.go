package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
)

// TestAccInstall installs a local build for the configuration of the documentation, with its version constraint.
func TestAccInstall(t *testing.T) {
	t.Parallel()
	terraform := acceptance.NewWorkspace(t)
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not on PATH")
	}
	plugins := filepath.ToSlash(t.TempDir())
	// Without flags the build shares the cache of the tests.
	build := exec.CommandContext(t.Context(), "make", "-C", "..", "install", "PLUGINS="+plugins, "BUILDFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	documented, err := os.ReadFile(filepath.Join("provider", "provider.tf"))
	if err != nil {
		t.Fatal(err)
	}
	// OpenTofu takes a source without a host for one of its own registry.
	configuration := strings.Replace(string(documented), `"edge-routines/esa"`, `"registry.terraform.io/edge-routines/esa"`, 1)
	expectText(t, configuration, `version = "~> 0.1"`)
	terraform.Write("main.tf", configuration)
	cli := terraform.Write("mirror.tfrc", fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", plugins))
	result := terraform.Start([]string{"TF_CLI_CONFIG_FILE=" + cli}, "init").Wait()
	if result.ExitCode != 0 {
		t.Fatalf("terraform init ended with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	expectText(t, result.Output, "edge-routines/esa v0.1.0")
}
