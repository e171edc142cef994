package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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

// The phases of a run, in their order.
const (
	validate          = "validate"
	firstPlan         = "first plan"
	firstApply        = "first apply"
	noOpPlan          = "no-op plan"
	noOpPlanUnread    = "no-op plan, no refresh"
	changedPlan       = "changed plan"
	changedPlanUnread = "changed plan, no refresh"
	changedApply      = "changed apply"
	destroy           = "destroy"
)

// phases are the commands of the engine with the exit codes that they must end with, 2 for a plan with changes. From changedPlan on
// the configuration has the change.
var phases = []struct {
	name, command string
	exit          int
}{
	{validate, "validate", 0},
	{firstPlan, "plan -detailed-exitcode -out=first.tfplan", 2},
	{firstApply, "apply first.tfplan", 0},
	{noOpPlan, "plan -detailed-exitcode", 0},
	{noOpPlanUnread, "plan -detailed-exitcode -refresh=false", 0},
	{changedPlan, "plan -detailed-exitcode -out=changed.tfplan", 2},
	{changedPlanUnread, "plan -detailed-exitcode -refresh=false", 2},
	{changedApply, "apply changed.tfplan", 0},
	{destroy, "destroy -auto-approve", 0},
}

// scenario is a number of deployments and what they meet.
type scenario struct {
	deployments int
	latency     time.Duration
	parallelism int
	// rateLimit is how many calls of each operation the simulator takes per second; 0 for any number. There is no floor then.
	rateLimit int
	// until is the last phase to run; empty for all.
	until string
}

func (sc scenario) String() string {
	text := fmt.Sprintf("%d deployments, latency %s, parallelism %d", sc.deployments, sc.latency, sc.parallelism)
	if sc.rateLimit > 0 {
		text += fmt.Sprintf(", at most %d calls a second of each operation", sc.rateLimit)
	}
	return text
}

// networkBound is what so many calls take at best, in seconds.
func (sc scenario) networkBound(calls int) float64 {
	return float64(calls) * sc.latency.Seconds() / float64(sc.parallelism)
}

// sample is what one phase of one run took; times are in seconds.
type sample struct {
	wall, providerCPU float64
	// peak is the largest resident set, in bytes, of any of the provider processes.
	peak        int64
	calls       map[string]int
	throttled   int
	connections int
}

// total is the number of calls of all operations.
func (s sample) total() int {
	sum := 0
	for _, count := range s.calls {
		sum += count
	}
	return sum
}

// result is a scenario over all runs: the samples of each phase, and those of the floor.
type result struct {
	scenario
	samples, floor map[string][]sample
	// err is why the scenario ended early, where it did.
	err error
}

// bench runs the phases of scenarios.
type bench struct {
	box *sandbox.Sandbox
	// provider is the real executable; in its place in the sandbox stands the meter.
	provider, esasim string
}

// newBench puts the meter in the provider's place, and builds the simulator.
func newBench(ctx context.Context, box *sandbox.Sandbox) (*bench, error) {
	meter, err := box.BuildTool(ctx, "./bench/meter")
	if err != nil {
		return nil, err
	}
	esasim, err := box.Build(ctx, "./internal/esasim/cmd/esasim")
	if err != nil {
		return nil, err
	}
	b := &bench{box: box, provider: box.Path("real-provider" + filepath.Ext(meter)), esasim: esasim}
	return b, errors.Join(os.Rename(box.Provider, b.provider), os.Rename(meter, box.Provider))
}

// measureAll measures every scenario so many times. Runs take turns, so that what disturbs the machine for a while disturbs no
// single scenario. A scenario that failed is not run again.
func (b *bench) measureAll(ctx context.Context, scenarios []scenario, runs int) ([]result, error) {
	results := make([]result, len(scenarios))
	for n := range runs {
		for i, sc := range scenarios {
			result := &results[i]
			result.scenario = sc
			if n == 0 {
				result.samples, result.floor = map[string][]sample{}, map[string][]sample{}
			}
			if result.err != nil {
				continue
			}
			progress("run %d of %d: %s", n+1, runs, sc)
			if sc.rateLimit == 0 {
				if err := b.run(ctx, sc, nil, result.floor); err != nil {
					return nil, fmt.Errorf("the floor of %s: %w", sc, err)
				}
			}
			result.err = b.runProvider(ctx, sc, result.samples)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	return results, nil
}

func (b *bench) runProvider(ctx context.Context, sc scenario, into map[string][]sample) error {
	flags := []string{"-counts-only", "-latency", sc.latency.String()}
	if sc.rateLimit > 0 {
		flags = append(flags, "-rate-limit", strconv.Itoa(sc.rateLimit))
	}
	esa, err := simulator.Start(ctx, b.esasim, b.box.Path(""), workload{sc.deployments}.seed(), flags...)
	if err != nil {
		return err
	}
	defer esa.Stop()
	return b.run(ctx, sc, esa, into)
}

// run measures each phase of a scenario once in a folder of its own, with the provider, or the floor where esa is nil.
func (b *bench) run(ctx context.Context, sc scenario, esa *simulator.Simulator, into map[string][]sample) error {
	dir, err := os.MkdirTemp(b.box.Path(""), "work-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	box, usage := *b.box, dir+".usage"
	box.Work = dir
	box.Env = append(slices.Clone(box.Env), "ESA_BENCH_PROGRAM="+b.provider, "ESA_BENCH_USAGE="+usage)
	if esa != nil {
		box.Env = append(box.Env, esa.Env()...)
	}
	w := workload{sc.deployments}
	if err := w.write(dir, esa == nil, false); err != nil {
		return err
	}
	if err := command(ctx, &box, 0, "init"); err != nil {
		return err
	}
	for _, p := range phases {
		if p.name == changedPlan {
			if err := w.write(dir, esa == nil, true); err != nil {
				return err
			}
		}
		if esa != nil {
			if err := esa.Reset(ctx); err != nil {
				return err
			}
		}
		if _, err := taken(usage); err != nil { // what is there is of no phase
			return err
		}
		arguments := strings.Fields(p.command)
		if p.name != validate {
			arguments = slices.Insert(arguments, 1, "-parallelism="+strconv.Itoa(sc.parallelism))
		}
		started := time.Now()
		if err := command(ctx, &box, p.exit, arguments...); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		wall := time.Since(started).Seconds()
		s, err := taken(usage)
		if err != nil {
			return err
		}
		s.wall = wall
		if esa != nil {
			counts, err := esa.Counts(ctx)
			if err != nil {
				return err
			}
			if s.peak == 0 && s.providerCPU == 0 {
				return fmt.Errorf("%s: the provider was not run through its meter", p.name)
			}
			s.calls, s.throttled, s.connections = counts.Calls, counts.Errors["Throttling.User"], counts.Connections
		}
		into[p.name] = append(into[p.name], s)
		if p.name == sc.until {
			break
		}
	}
	return nil
}

// taken reads what the meter has written of the provider's processes, and removes it.
func taken(usage string) (sample, error) {
	var s sample
	text, err := os.ReadFile(usage)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(text)); decoder.More(); {
		var used struct {
			CPU  int64 `json:"cpu_ns"`
			Peak int64 `json:"peak_bytes"`
		}
		if err := decoder.Decode(&used); err != nil {
			return s, fmt.Errorf("%s: %w", usage, err)
		}
		s.providerCPU += time.Duration(used.CPU).Seconds()
		s.peak = max(s.peak, used.Peak)
	}
	return s, os.Remove(usage)
}

// command runs the engine and expects an exit code.
func command(ctx context.Context, box *sandbox.Sandbox, exit int, arguments ...string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var output bytes.Buffer
	cmd := box.Command(ctx, slices.Insert(slices.Clone(arguments), 1, "-no-color")...)
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
		return ctx.Err()
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return err
	}
	if got := cmd.ProcessState.ExitCode(); got != exit {
		return fmt.Errorf("%s ended with exit code %d, want %d:\n%s", strings.Join(arguments, " "), got, exit, strings.TrimSpace(output.String()))
	}
	return nil
}
