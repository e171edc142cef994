package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"terraform-provider-esa/tools/bench/internal/usage"
	"terraform-provider-esa/tools/internal/process"
	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

const (
	// commandTimeout ends a command of the engine that hangs.
	commandTimeout = 20 * time.Minute
	// farewell is how long an interrupted engine may take before it is killed.
	farewell = 20 * time.Second
)

// bench runs the phases of scenarios.
type bench struct {
	box *sandbox.Sandbox
	// provider is the real executable; in its place in the sandbox stands the meter.
	provider string
	esasim   string
	logf     func(format string, a ...any)
}

// newBench puts the meter in the provider's place, and builds the simulator.
func newBench(ctx context.Context, box *sandbox.Sandbox, logf func(string, ...any)) (*bench, error) {
	meter, err := box.BuildTool(ctx, "./bench/meter")
	if err != nil {
		return nil, err
	}
	esasim, err := box.Build(ctx, "./internal/esasim/cmd/esasim")
	if err != nil {
		return nil, err
	}
	b := &bench{box: box, provider: box.Path("real-provider" + filepath.Ext(meter)), esasim: esasim, logf: logf}
	if err := os.Rename(box.Provider, b.provider); err != nil {
		return nil, err
	}
	return b, os.Rename(meter, box.Provider)
}

// run is one run of the phases in a folder of its own.
type run struct {
	*bench
	box       *sandbox.Sandbox // with Work in that folder
	usage     string           // where the meter writes
	simulator *simulator.Simulator
	scenario  scenario
}

// runProvider measures each phase of a scenario once. What was measured before an error is returned with it.
func (b *bench) runProvider(ctx context.Context, sc scenario) (map[string]sample, error) {
	flags := []string{"-counts-only", "-latency", sc.Latency.String()}
	if sc.RateLimit > 0 {
		flags = append(flags, "-rate-limit", strconv.Itoa(sc.RateLimit))
	}
	esa, err := simulator.Start(ctx, b.esasim, b.box.Path(""), workload{sc.Deployments}.seed(), flags...)
	if err != nil {
		return nil, err
	}
	defer esa.Stop()
	return b.run(ctx, sc, providerConfigurations[sc.Layout], esa)
}

// runFloor does the same without the provider.
func (b *bench) runFloor(ctx context.Context, sc scenario) (map[string]sample, error) {
	return b.run(ctx, sc, floorConfigurations[sc.Layout], nil)
}

func (b *bench) run(ctx context.Context, sc scenario, c configuration, esa *simulator.Simulator) (map[string]sample, error) {
	dir, err := os.MkdirTemp(b.box.Path(""), "work-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	box := *b.box
	r := run{bench: b, box: &box, usage: dir + ".usage", simulator: esa, scenario: sc}
	box.Work = dir
	box.Env = append(slices.Clone(box.Env), usage.ProgramVariable+"="+b.provider, usage.FileVariable+"="+r.usage)
	if esa != nil {
		box.Env = append(box.Env, esa.Env()...)
	}
	w := workload{sc.Deployments}
	if err := w.write(dir, c, false); err != nil {
		return nil, err
	}
	if _, err := r.command(ctx, 0, "init", "-no-color"); err != nil {
		return nil, err
	}
	samples := map[string]sample{}
	for i, p := range phases {
		if p.changed && (i == 0 || !phases[i-1].changed) {
			if err := w.write(dir, c, true); err != nil {
				return samples, err
			}
		}
		s, err := r.measure(ctx, p)
		if err != nil {
			return samples, fmt.Errorf("%s: %w", p.name, err)
		}
		samples[p.name] = s
		what := "provider"
		if esa == nil {
			what = "floor"
		}
		b.logf("  %-8s  %-24s %7.2f s", what, p.name, s.Wall)
		if p.name == sc.until {
			break
		}
	}
	return samples, nil
}

// measure runs one phase.
func (r *run) measure(ctx context.Context, p phase) (sample, error) {
	arguments := append(slices.Clone(p.command), "-no-color")
	if p.parallel {
		arguments = append(arguments, "-parallelism="+strconv.Itoa(r.scenario.Parallelism))
	}
	if p.file != "" {
		arguments = append(arguments, p.file)
	}
	if r.simulator != nil {
		if err := r.simulator.Reset(ctx); err != nil {
			return sample{}, err
		}
	}
	if _, err := usage.Take(r.usage); err != nil { // what is there is of no phase
		return sample{}, err
	}
	started := time.Now()
	state, err := r.command(ctx, p.exit, arguments...)
	wall := time.Since(started)
	if err != nil {
		return sample{}, err
	}
	providers, err := usage.Take(r.usage)
	if err != nil {
		return sample{}, err
	}
	var counts simulator.Counts
	if r.simulator != nil {
		if counts, err = r.simulator.Counts(ctx); err != nil {
			return sample{}, err
		}
		if len(providers) == 0 {
			return sample{}, errors.New("the provider was not run through its meter")
		}
	}
	return newSample(wall, state.UserTime()+state.SystemTime(), providers, counts), nil
}

// command runs the engine and expects an exit code.
func (r *run) command(ctx context.Context, exit int, arguments ...string) (*os.ProcessState, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var output bytes.Buffer
	cmd := r.box.Command(ctx, arguments...)
	cmd.Stdout, cmd.Stderr = &output, &output
	// Ctrl-C is only for the benchmark, which passes it on: the engine then ends its providers.
	process.Isolate(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = farewell
	err := cmd.Run()
	if cmd.Process != nil {
		process.KillGroup(cmd)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return nil, err
	}
	if got := cmd.ProcessState.ExitCode(); got != exit {
		return nil, fmt.Errorf("%s ended with exit code %d, want %d:\n%s", strings.Join(arguments, " "), got, exit, tail(output.String()))
	}
	return cmd.ProcessState, nil
}

// shownLines is how much of a failed command's output is shown.
const shownLines = 40

func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-shownLines):], "\n")
}
