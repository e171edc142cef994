// Command releasecheck builds what a release of the last commit would hold, twice and in different folders, and checks
// what its users rely on: both builds have the same checksums, the checksums are those of the files, each zip has an
// executable and a bill of materials that describes it, and Terraform installs the provider from the zip in a mirror and
// releases with it against the simulator from its own zip. It publishes nothing.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	root := flag.String("root", "..", "the project's root")
	all := flag.Bool("all", false, "build for all platforms instead of only for this machine")
	cold := flag.Bool("cold", false, "compile everything anew for the second build, instead of what the cache of Go has")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *root, *all, *cold)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release-check:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, all, cold bool) (err error) {
	if root, err = filepath.Abs(root); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "esa-release-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	goreleaser, err := output(ctx, root, nil, "go", "tool", "-n", "-modfile="+filepath.Join(root, "tools", "release", "go.mod"), "goreleaser")
	if err != nil {
		return err
	}
	commit, err := output(ctx, root, nil, "git", "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	fmt.Println("Commit:", commit)
	if changed, err := output(ctx, root, nil, "git", "status", "--porcelain"); err == nil && changed != "" {
		fmt.Println("What is not committed is not in it.")
	}

	b := builder{root: root, commit: commit, goreleaser: goreleaser, config: filepath.Join(scratch, "goreleaser.yml")}
	if err := b.configure(all); err != nil {
		return err
	}
	var releases [2]release
	for i, folder := range []string{"one", "another/place"} {
		var env []string
		if cold && i == 1 {
			env = append(env, "GOCACHE="+filepath.Join(scratch, "cache"))
		}
		begin := time.Now()
		if releases[i], err = b.build(ctx, filepath.Join(scratch, filepath.FromSlash(folder)), env); err != nil {
			return err
		}
		fmt.Printf("Built in %s\n", time.Since(begin).Round(time.Second))
	}
	if difference := releases[0].differs(releases[1]); difference != "" {
		return fmt.Errorf("two builds of the same commit differ:\n%s", difference)
	}
	fmt.Println("Both have the same checksums:")
	if err := releases[0].check(filepath.Join(root, "terraform-registry-manifest.json"), os.Stdout); err != nil {
		return err
	}
	provider, err := releases[0].archive(project, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	esasim, err := releases[0].archive(simulated, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	return install(ctx, root, releases[0].version, provider, esasim)
}

// builder runs goreleaser.
type builder struct {
	root, commit, goreleaser, config string
}

var platforms = regexp.MustCompile(`(?m)^ {4}(goos|goarch): \[.*\]$`)

// configure writes the configuration of the release, cut down to this machine's platform unless all are wanted.
func (b builder) configure(all bool) error {
	text, err := os.ReadFile(filepath.Join(b.root, ".goreleaser.yml"))
	if err != nil {
		return err
	}
	if !all {
		if text, err = onlyHere(text); err != nil {
			return err
		}
	}
	return os.WriteFile(b.config, text, 0o600)
}

func onlyHere(text []byte) ([]byte, error) {
	if found := len(platforms.FindAll(text, -1)); found == 0 || found%2 != 0 {
		return nil, fmt.Errorf(".goreleaser.yml has %d lines like \"goos: [...]\" and \"goarch: [...]\", want one of each for each build", found)
	}
	return platforms.ReplaceAllFunc(text, func(line []byte) []byte {
		if bytes.Contains(line, []byte("goos:")) {
			return fmt.Appendf(nil, "    goos: [%q]", runtime.GOOS)
		}
		return fmt.Appendf(nil, "    goarch: [%q]", runtime.GOARCH)
	}), nil
}

// build builds the commit in a clone of its own.
func (b builder) build(ctx context.Context, folder string, env []string) (release, error) {
	if _, err := output(ctx, b.root, nil, "git", "clone", "--quiet", "--no-checkout", b.root, folder); err != nil {
		return release{}, err
	}
	if _, err := output(ctx, folder, nil, "git", "checkout", "--quiet", "--detach", b.commit); err != nil {
		return release{}, err
	}
	if _, err := output(ctx, folder, env, b.goreleaser, "release", "--snapshot", "--skip=sign", "--config="+b.config); err != nil {
		return release{}, err
	}
	return open(filepath.Join(folder, "dist"))
}

// output runs a command and returns what it printed to stdout; where it fails, the error has all that it printed.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	var stdout, both bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &both
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), args[0], err, stdout.String(), both.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}
