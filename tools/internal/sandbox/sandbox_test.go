package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
)

// A module that stands for the project.
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module terraform-provider-esa\n\ngo 1.26.0\n",
		"main.go":         "package main\n\nfunc main() {}\n",
		"cmd/sim/main.go": "package main\n\nfunc main() {}\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTheReadersOwnStaysOutside(t *testing.T) {
	for _, name := range []string{"ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_ACCESS_KEY", "ESA_ENDPOINT", "TF_CLI_ARGS_plan", "TF_CLI_CONFIG_FILE"} {
		t.Setenv(name, "the-readers-own")
	}
	box, err := sandbox.New(t.Context(), project(t), engine.Engine{Path: "terraform"})
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(box.Env, "\n"); strings.Contains(all, "the-readers-own") {
		t.Errorf("the environment is not neutral:\n%s", all)
	}
	for _, path := range []string{box.Work, box.Provider, box.Path("cli.tfrc")} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	exe, err := box.Build(t.Context(), "./cmd/sim")
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(exe); !os.IsNotExist(err) {
		t.Errorf("%s is left outOfBand: %v", exe, err)
	}
}

func TestAProviderThatDoesNotBuildSaysWhy(t *testing.T) {
	root := project(t)
	if err := os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\n\nfunc main() { missing() }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	_, err := sandbox.New(t.Context(), root, engine.Engine{Path: "terraform"})
	if err == nil || !strings.Contains(err.Error(), "undefined: missing") {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "esa-") {
			t.Errorf("%s is left", entry.Name())
		}
	}
}
