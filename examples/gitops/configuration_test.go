package gitops_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAccConfiguration releases by the example's own configuration.
func TestAccConfiguration(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t, "hello")
	files, err := filepath.Glob("*.tf*")
	if err != nil || len(files) != 3 {
		t.Fatalf("the example's files are %v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		terraform.Write(file, string(content))
	}
	run(t, terraform, 0, "validate")
	run(t, terraform, 0, "apply", "-auto-approve")
	live, _ := simulator.Live("hello", "production")
	if diff := cmp.Diff(split(first, 90, second, 10), live.Shares); diff != "" {
		t.Errorf("production (-want +got):\n%s", diff)
	}
	live, _ = simulator.Live("hello", "staging")
	if diff := cmp.Diff(split(second, 100), live.Shares); diff != "" {
		t.Errorf("staging (-want +got):\n%s", diff)
	}
	run(t, terraform, 0, "plan", "-detailed-exitcode")
	run(t, terraform, 1, "plan", `-var=splits={"hello"={"1"=100}}`)
}

// TestAccFormat holds the folder against terraform fmt.
func TestAccFormat(t *testing.T) {
	t.Parallel()
	_, terraform := workspace(t)
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	run(t, terraform, 0, "fmt", "-check", "-diff", "-recursive", folder)
}
