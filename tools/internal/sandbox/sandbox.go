// Package sandbox lets an engine use a provider built from this project's source, apart from the reader's own
// configuration, credentials and plugins.
package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"terraform-provider-esa/tools/internal/engine"
)

const (
	// Source is the provider's address, for required_providers.
	Source = "registry.terraform.io/edge-routines/esa"
	// Version is what the provider in the sandbox says it is.
	Version = "0.0.1"
)

// Sandbox is a scratch folder with a plugin mirror that holds the provider, and nothing else an engine could install.
type Sandbox struct {
	Engine engine.Engine
	// Work is the folder of the configuration, where the engine runs.
	Work string
	// Provider is the path of the provider's executable; empty if it is in a zip.
	Provider string
	// Env is what the engine's processes get. It holds none of the reader's credentials.
	Env []string

	root, dir  string
	buildFlags []string
	zip        string
}

// New builds the provider of the project in root into a new sandbox, with flags for go build where there are any. Close
// removes it.
func New(ctx context.Context, root string, e engine.Engine, buildFlags ...string) (*Sandbox, error) {
	dir, err := os.MkdirTemp("", "esa-")
	if err != nil {
		return nil, err
	}
	return open(ctx, &Sandbox{Engine: e, Work: filepath.Join(dir, "work"), root: root, dir: dir, buildFlags: buildFlags})
}

// NewFromZip puts the zip of a release into the mirror of a new sandbox, as it is. Close removes it.
func NewFromZip(ctx context.Context, root string, e engine.Engine, zip string) (*Sandbox, error) {
	dir, err := os.MkdirTemp("", "esa-")
	if err != nil {
		return nil, err
	}
	return open(ctx, &Sandbox{Engine: e, Work: filepath.Join(dir, "work"), root: root, dir: dir, zip: zip})
}

func open(ctx context.Context, s *Sandbox) (*Sandbox, error) {
	if err := s.fill(ctx); err != nil {
		return nil, joinClose(err, s)
	}
	return s, nil
}

func joinClose(err error, s *Sandbox) error {
	if closeErr := s.Close(); closeErr != nil {
		return fmt.Errorf("%w (and %w)", err, closeErr)
	}
	return err
}

func (s *Sandbox) fill(ctx context.Context) error {
	if err := os.Mkdir(s.Work, 0o755); err != nil {
		return err
	}
	mirror := filepath.Join(s.dir, "mirror")
	if err := s.fillMirror(ctx, filepath.Join(mirror, filepath.FromSlash(Source))); err != nil {
		return err
	}
	config := filepath.Join(s.dir, "cli.tfrc")
	text := fmt.Sprintf("disable_checkpoint = true\n\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	for _, v := range engine.Neutral(os.Environ()) {
		if !foreign(v) {
			s.Env = append(s.Env, v)
		}
	}
	s.Env = append(s.Env, "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "TF_INPUT=0", "TF_IN_AUTOMATION=1")
	return nil
}

// fillMirror puts the provider into the folder of its address: unpacked where it is built here, packed where it is a zip.
func (s *Sandbox) fillMirror(ctx context.Context, folder string) error {
	if s.zip == "" {
		path := filepath.Join(folder, Version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-esa_v"+Version)
		var err error
		s.Provider, err = s.build(ctx, s.root, ".", path)
		return err
	}
	content, err := os.ReadFile(s.zip)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, filepath.Base(s.zip)), content, 0o600)
}

// foreign reports whether a variable would make the provider use the reader's account.
func foreign(variable string) bool {
	for _, prefix := range []string{"ALIBABA_CLOUD_", "ALICLOUD_", "ESA_"} {
		if strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}

// Build compiles a command of the project, given as a package path such as ./internal/esasim/cmd/esasim, into the
// sandbox and returns the path of the executable.
func (s *Sandbox) Build(ctx context.Context, pkg string) (string, error) {
	return s.build(ctx, s.root, pkg, filepath.Join(s.dir, "bin", filepath.Base(pkg)))
}

// BuildTool does the same for a command of the module in tools, such as ./bench/meter.
func (s *Sandbox) BuildTool(ctx context.Context, pkg string) (string, error) {
	return s.build(ctx, filepath.Join(s.root, "tools"), pkg, filepath.Join(s.dir, "bin", filepath.Base(pkg)))
}

func (s *Sandbox) build(ctx context.Context, module, pkg, out string) (string, error) {
	if runtime.GOOS == "windows" {
		out += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-o", out}, s.buildFlags, []string{pkg})...)
	cmd.Dir = module
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, bytes.TrimSpace(text))
	}
	return out, nil
}

// Command is the engine, started in Work. An interrupt from the terminal reaches it directly, so that the end of ctx
// only gives it time to stop before it is killed.
func (s *Sandbox) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Engine.Path, args...)
	cmd.Dir, cmd.Env = s.Work, s.Env
	cmd.Cancel = func() error { return nil }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// Write puts a file into Work.
func (s *Sandbox) Write(name, text string) error {
	return os.WriteFile(filepath.Join(s.Work, name), []byte(text), 0o600)
}

// Path is a path in the sandbox outside of Work.
func (s *Sandbox) Path(name string) string { return filepath.Join(s.dir, name) }

// Close removes the sandbox and everything in it.
func (s *Sandbox) Close() error { return os.RemoveAll(s.dir) }
