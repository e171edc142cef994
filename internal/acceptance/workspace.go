package acceptance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// Workspace is a folder with a configuration in it, on which the Terraform command works with the provider's real
// binary. It is for what a test case of terraform-plugin-testing cannot do: saved plans, signals, logs, two at once.
type Workspace struct {
	t      *testing.T
	folder string
	env    []string
}

// NewWorkspace returns an empty workspace whose provider is configured by environment variables such as
// "ESA_ENDPOINT=http://127.0.0.1:8080". It skips the test unless TF_ACC is set.
func NewWorkspace(t *testing.T, environment ...string) *Workspace {
	t.Helper()
	needTerraform(t)
	binary, err := providerBinary()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.ToSlash(filepath.Dir(binary))
	// OpenTofu takes a source without a host for one of its own registry.
	ofOpenTofu := strings.Replace(provider.Address, "registry.terraform.io", "registry.opentofu.org", 1)
	return newWorkspace(t, fmt.Sprintf("  dev_overrides {\n    %q = %q\n    %q = %q\n  }\n", provider.Address, folder, ofOpenTofu, folder), environment)
}

func needTerraform(t *testing.T) {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests run with TF_ACC=1, as make test does")
	}
}

// SkipOpenTofuBefore skips the test on an OpenTofu older than 1.minor, which has no such feature.
func SkipOpenTofuBefore(t *testing.T, minor int, feature string) {
	t.Helper()
	needTerraform(t)
	version, err := engineVersion()
	if err != nil {
		t.Fatal(err)
	}
	var found int
	if _, err := fmt.Sscanf(version, "OpenTofu v1.%d.", &found); err == nil && found < minor {
		t.Skipf("%s has no %s; OpenTofu 1.%d has", version, feature, minor)
	}
}

// HasQuery reports whether the engine has terraform query, which came with Terraform 1.14. It skips the test where there is
// no engine.
func HasQuery(t *testing.T) bool {
	t.Helper()
	minor, isTerraform := engineMinor(t)
	return isTerraform && minor >= 14
}

// NeedWriteOnly skips the test on an engine without write-only attributes, which came with Terraform 1.11 and OpenTofu 1.11.
func NeedWriteOnly(t *testing.T) {
	t.Helper()
	if minor, _ := engineMinor(t); minor < 11 {
		t.Skip("write-only attributes came with Terraform 1.11 and OpenTofu 1.11")
	}
}

// engineMinor is the second number of the engine's version.
func engineMinor(t *testing.T) (minor int, isTerraform bool) {
	t.Helper()
	needTerraform(t)
	version, err := engineVersion()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(version, "Terraform v1.%d.", &minor); err == nil {
		return minor, true
	}
	_, _ = fmt.Sscanf(version, "OpenTofu v1.%d.", &minor)
	return minor, false
}

// newWorkspace returns a workspace in which Terraform installs providers in the given way.
func newWorkspace(t *testing.T, installation string, environment []string) *Workspace {
	t.Helper()
	workspace := &Workspace{t: t, folder: t.TempDir()}
	configuration := workspace.Write("terraformrc", "provider_installation {\n"+installation+"  direct {}\n}\n")
	workspace.env = append([]string{"TF_CLI_CONFIG_FILE=" + configuration, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"}, environment...)
	return workspace
}

// Environment returns the variables that make a provider talk to the simulator.
func (s *Simulated) Environment() []string {
	return []string{"ESA_ENDPOINT=" + s.URL, "ALIBABA_CLOUD_ACCESS_KEY_ID=" + esasim.AccessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + esasim.AccessKeySecret}
}

// Write puts a file into the workspace and returns its path.
func (w *Workspace) Write(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// Path returns the path of a file in the workspace.
func (w *Workspace) Path(name string) string {
	return filepath.Join(w.folder, filepath.FromSlash(name))
}

// Configure writes the configuration, with the provider's address before it.
func (w *Workspace) Configure(hcl string) {
	w.t.Helper()
	w.Write("main.tf", fmt.Sprintf("terraform {\n  required_providers {\n    esa = { source = %q }\n  }\n}\n\n%s", provider.Address, hcl))
}

// Copy copies a folder into the workspace, such as an example.
func (w *Workspace) Copy(folder string) {
	w.t.Helper()
	if err := os.CopyFS(w.folder, os.DirFS(folder)); err != nil {
		w.t.Fatal(err)
	}
}

// Result is what came of one command.
type Result struct {
	// Output is what it printed, to both streams, without the frame around diagnostics.
	Output string
	// ExitCode is its exit code, -1 where a signal ended it.
	ExitCode int
}

// Run runs Terraform with some arguments, such as Run("plan", "-out=saved").
func (w *Workspace) Run(arguments ...string) Result {
	w.t.Helper()
	return w.Start(nil, arguments...).Wait()
}

// Command is a command under way.
type Command struct {
	t       *testing.T
	command *exec.Cmd
	output  *strings.Builder
}

// Start starts Terraform with some arguments and more environment variables.
func (w *Workspace) Start(environment []string, arguments ...string) *Command {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), engine(), append([]string{"-chdir=" + w.folder}, append(arguments, "-no-color")...)...)
	started := &Command{t: w.t, command: command, output: &strings.Builder{}}
	command.Stdout, command.Stderr = started.output, started.output
	command.Env = append(append(withoutTerraform(os.Environ()), w.env...), environment...)
	isolate(command)
	if err := command.Start(); err != nil {
		w.t.Fatal(err)
	}
	return started
}

// Wait waits for the end of the command.
func (c *Command) Wait() Result {
	c.t.Helper()
	err := c.command.Wait()
	if c.command.ProcessState == nil {
		c.t.Fatal(err)
	}
	output := strings.NewReplacer("│ ", "", "│", "", "╷", "", "╵", "").Replace(c.output.String())
	return Result{Output: output, ExitCode: c.command.ProcessState.ExitCode()}
}

// Interrupt does what Ctrl-C in a terminal does.
func (c *Command) Interrupt() {
	c.signal(syscall.SIGINT)
}

// Kill ends Terraform and the provider at once.
func (c *Command) Kill() {
	c.signal(syscall.SIGKILL)
}

func (c *Command) signal(signal syscall.Signal) {
	c.t.Helper()
	if err := signalGroup(c.command, signal); err != nil {
		c.t.Fatal(err)
	}
}

// State returns the file of the state.
func (w *Workspace) State() string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.folder, "terraform.tfstate"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// engine is the executable that terraform-plugin-testing would take.
func engine() string {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	return "terraform"
}

// engineVersion is how the engine calls itself, as in "OpenTofu v1.12.6".
var engineVersion = sync.OnceValues(func() (string, error) {
	command := exec.CommandContext(context.Background(), engine(), "version")
	command.Env = append(withoutTerraform(os.Environ()), "CHECKPOINT_DISABLE=1")
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", engine(), err)
	}
	line, _, _ := strings.Cut(string(output), "\n")
	return line, nil
})

// withoutTerraform drops what would change how Terraform or the provider works.
func withoutTerraform(environment []string) []string {
	var kept []string
	for _, setting := range environment {
		if strings.HasPrefix(setting, "TF_") || strings.HasPrefix(setting, "ESA_") || strings.HasPrefix(setting, "ALIBABA_CLOUD_") || strings.HasPrefix(setting, "ALICLOUD_") {
			continue
		}
		kept = append(kept, setting)
	}
	return kept
}

// providerBinary builds the provider once for all tests of the process.
var providerBinary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "terraform-provider-esa-*")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "terraform-provider-esa")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "terraform-provider-esa")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, output)
	}
	return binary, nil
})
