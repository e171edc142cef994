// Package engine finds a Terraform-compatible executable, or gets one, so that tests and the demo run on a machine
// that has nothing but Go.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/hashicorp/go-version"
)

// Product is the program of an engine.
type Product string

// The two products that run this provider.
const (
	Terraform Product = "terraform"
	OpenTofu  Product = "tofu"
)

// Versions that are downloaded or built where the machine has no engine of its own.
const (
	downloadVersion  = "1.11.4" // a Terraform release, as a signed binary
	tofuVersion      = "1.12.6" // OpenTofu, built from its Go module
	terraformVersion = "1.8.5"  // the newest Terraform whose Go module builds as it comes
)

// oldest is the first Terraform the provider supports; OpenTofu starts above it.
var oldest = version.Must(version.NewVersion("1.8.0"))

// Engine is one executable that was asked for its version.
type Engine struct {
	Path    string // absolute
	Product Product
	Version *version.Version
}

// String names the engine as a person would, "terraform 1.11.4 (/usr/bin/terraform)".
func (e Engine) String() string { return fmt.Sprintf("%s %s (%s)", e.Product, e.Version, e.Path) }

// Finder looks for engines. New fills it for the real machine; tests replace its functions.
type Finder struct {
	CacheDir string                        // where fetched engines are kept; it is made when needed
	Logf     func(format string, _ ...any) // one line about what takes time or is passed over

	Getenv   func(string) string
	LookPath func(string) (string, error)
	// Probe asks the executable which product and version it is.
	Probe func(ctx context.Context, path string) (Engine, error)
	// Download puts a release of Terraform into dir and returns its path.
	Download func(ctx context.Context, version, dir string) (string, error)
	// Build compiles a product from its Go module to the path out.
	Build func(ctx context.Context, p Product, version, out string) error
}

// New returns a Finder for this machine with its cache in dir. Its messages go to stderr.
func New(dir string) *Finder {
	return &Finder{
		CacheDir: dir,
		Logf:     func(format string, a ...any) { fmt.Fprintf(os.Stderr, "engine: "+format+"\n", a...) },
		Getenv:   os.Getenv,
		LookPath: exec.LookPath,
		Probe:    probe,
		Download: download,
		Build:    build,
	}
}

// Find returns the engine to use, the first of: the one TF_ACC_TERRAFORM_PATH names, terraform on PATH (1.8 or later),
// tofu on PATH, one in the cache, a Terraform release downloaded into the cache, OpenTofu or else Terraform built from
// its Go module into the cache.
func (f *Finder) Find(ctx context.Context) (Engine, error) {
	if p := f.Getenv("TF_ACC_TERRAFORM_PATH"); p != "" {
		e, err := f.probeAbs(ctx, p)
		if err != nil {
			return Engine{}, fmt.Errorf("TF_ACC_TERRAFORM_PATH: %w", err)
		}
		return e, nil
	}
	for _, p := range []Product{Terraform, OpenTofu} {
		if e, ok := f.onPath(ctx, p); ok {
			return e, nil
		}
	}
	for _, c := range f.cached() {
		if e, err := f.Probe(ctx, c); err == nil {
			return e, nil
		}
	}
	return f.fetch(ctx)
}

// Get returns one particular engine: a path to an executable, "terraform@VERSION" or "tofu@VERSION". The latter two are
// built from their Go modules into the cache unless they are there.
func (f *Finder) Get(ctx context.Context, spec string) (Engine, error) {
	name, v, ok := strings.Cut(spec, "@")
	p := Product(name)
	if !ok || strings.ContainsAny(spec, `/\`) {
		return f.probeAbs(ctx, spec)
	}
	if p != Terraform && p != OpenTofu {
		return Engine{}, fmt.Errorf("engine %q: want terraform@VERSION, tofu@VERSION or the path of an executable", spec)
	}
	want, err := version.NewSemver(v)
	if err != nil {
		return Engine{}, fmt.Errorf("engine %q: %w", spec, err)
	}
	if out := f.cachePath(p, want.String()); fileExists(out) {
		return f.Probe(ctx, out)
	}
	if p == Terraform && want.GreaterThan(version.Must(version.NewVersion(terraformVersion))) {
		return Engine{}, fmt.Errorf("engine %q: the Go module of Terraform builds on its own only up to %s, later ones lack the "+
			"folders of their backends; install that version and give the path of its executable instead", spec, terraformVersion)
	}
	return f.build(ctx, p, want.String())
}

func (f *Finder) onPath(ctx context.Context, p Product) (Engine, bool) {
	path, err := f.LookPath(string(p))
	if err != nil {
		return Engine{}, false
	}
	e, err := f.probeAbs(ctx, path)
	if err != nil {
		f.Logf("passing over %s on PATH: %v", p, err)
		return Engine{}, false
	}
	if e.Product == Terraform && e.Version.Core().LessThan(oldest) {
		f.Logf("passing over %s on PATH: the provider needs Terraform %s or later", e, oldest)
		return Engine{}, false
	}
	return e, true
}

func (f *Finder) fetch(ctx context.Context) (Engine, error) {
	dir := filepath.Dir(f.cachePath(Terraform, downloadVersion))
	f.Logf("no terraform or tofu on PATH: downloading Terraform %s into %s", downloadVersion, dir)
	path, err := f.Download(ctx, downloadVersion, dir)
	if err == nil {
		return f.Probe(ctx, path)
	}
	f.Logf("cannot download Terraform: %v", err)
	os.Remove(dir) // where the download left it empty
	e, tofuErr := f.build(ctx, OpenTofu, tofuVersion)
	if tofuErr == nil || ctx.Err() != nil {
		return e, tofuErr
	}
	f.Logf("%v", tofuErr)
	e, tfErr := f.build(ctx, Terraform, terraformVersion)
	if tfErr != nil {
		return Engine{}, fmt.Errorf("no Terraform or OpenTofu on this machine and none could be fetched; install either, "+
			"or set TF_ACC_TERRAFORM_PATH: %w", errors.Join(err, tofuErr, tfErr))
	}
	return e, nil
}

func (f *Finder) build(ctx context.Context, p Product, v string) (Engine, error) {
	out := f.cachePath(p, v)
	f.Logf("building %s %s from its Go module into %s: once, about 5 minutes on two cores and up to 2 GB of downloads", p, v, filepath.Dir(out))
	if err := f.Build(ctx, p, v, out); err != nil {
		return Engine{}, fmt.Errorf("build %s %s: %w", p, v, err)
	}
	return f.Probe(ctx, out)
}

// cached lists the engines of the cache that Find would have fetched, in its order of preference. Others that are there
// were asked for by Get and are not touched.
func (f *Finder) cached() []string {
	var found []string
	for _, c := range []string{
		f.cachePath(Terraform, downloadVersion),
		f.cachePath(OpenTofu, tofuVersion),
		f.cachePath(Terraform, terraformVersion),
	} {
		if fileExists(c) {
			found = append(found, c)
		}
	}
	return found
}

func (f *Finder) cachePath(p Product, v string) string {
	name := string(p)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(f.CacheDir, string(p)+"-"+v, name)
}

func (f *Finder) probeAbs(ctx context.Context, path string) (Engine, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Engine{}, err
	}
	if !fileExists(abs) {
		return Engine{}, fmt.Errorf("no executable at %s", abs)
	}
	return f.Probe(ctx, abs)
}

func fileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// versionLine is the first line that `terraform version` and `tofu version` print.
var versionLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)

func probe(ctx context.Context, path string) (Engine, error) {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(Neutral(os.Environ()), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Engine{}, fmt.Errorf("%s version: %w\n%s", path, err, out)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return Engine{}, fmt.Errorf("%s is neither Terraform nor OpenTofu: its version command says %q", path, firstLine(out))
	}
	v, err := version.NewVersion(string(m[2]))
	if err != nil {
		return Engine{}, fmt.Errorf("%s: %w", path, err)
	}
	p := Terraform
	if string(m[1]) == "OpenTofu" {
		p = OpenTofu
	}
	return Engine{Path: path, Product: p, Version: v}, nil
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
