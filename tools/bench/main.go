// Command bench measures what the provider costs beside Terraform and the network: wall time, API calls, connections,
// memory and CPU time of each phase in the life of tens to thousands of deployments, with a real Terraform against the
// simulator on this machine. It needs neither an account nor a network.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
)

func main() {
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = measureAll(ctx, o)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted; everything is cleaned up")
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	stop()
	if err != nil {
		os.Exit(1)
	}
}

func logf(format string, a ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", a...) }

// releaseFlags build the provider as a release does.
var releaseFlags = []string{"-trimpath", "-ldflags=-s -w"}

func measureAll(ctx context.Context, o options) (err error) {
	finder := engine.New(filepath.Join(o.root, ".cache", "engines"))
	var found engine.Engine
	if o.engine != "" {
		found, err = finder.Get(ctx, o.engine)
	} else {
		found, err = finder.Find(ctx)
	}
	if err != nil {
		return err
	}
	logf("using %s; building the provider and the simulator …", found)
	var flags []string
	if !o.short { // whose counts do not depend on them
		flags = releaseFlags
	}
	box, err := sandbox.New(ctx, o.root, found, flags...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	b, err := newBench(ctx, box, logf)
	if err != nil {
		return err
	}
	if o.provider != "" {
		b.provider = o.provider
	}
	info, err := os.Stat(b.provider)
	if err != nil {
		return err
	}
	r := report{
		Engine: fmt.Sprintf("%s %s", found.Product, found.Version), Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		ProviderBytes: info.Size(), Runs: o.runs,
	}
	if r.Results, err = b.results(ctx, o.scenarios(), o.runs); err != nil {
		return err
	}
	switch {
	case o.check:
		r.Checks = r.acceptance()
	case o.short:
		for i := range r.Results {
			r.Checks = append(r.Checks, r.Results[i].countChecks()...)
		}
	}
	r.write(os.Stdout)
	if o.json != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return r.verdict()
}

// results measures every scenario so many times. Runs take turns, so that what disturbs the machine for a while disturbs
// no single scenario. A scenario that failed is not run again.
func (b *bench) results(ctx context.Context, scenarios []scenario, runs int) ([]result, error) {
	results := make([]result, len(scenarios))
	for i, sc := range scenarios {
		results[i].scenario = sc
	}
	for n := range runs {
		floors := map[int]map[string]sample{}
		for i, sc := range scenarios {
			if results[i].Error != "" {
				continue
			}
			b.logf("run %d of %d: %s", n+1, runs, sc)
			floor, known := floors[sc.Deployments]
			if !known && sc.RateLimit == 0 {
				var err error
				if floor, err = b.runFloor(ctx, sc); err != nil {
					return nil, fmt.Errorf("the floor of %s: %w", sc, err)
				}
				if sc.until == "" {
					floors[sc.Deployments] = floor
				}
			}
			samples, err := b.runProvider(ctx, sc)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				b.logf("%s: %v", sc, err)
				results[i].Error = err.Error()
			}
			results[i].addRun(samples, floor)
		}
	}
	return results, nil
}

// addRun adds the samples of one run.
func (r *result) addRun(samples, floors map[string]sample) {
	for _, p := range phases {
		s, measured := samples[p.name]
		if !measured {
			return
		}
		if floor, ok := floors[p.name]; ok && r.RateLimit == 0 {
			r.add(p.name, s, &floor)
		} else {
			r.add(p.name, s, nil)
		}
	}
}

// verdict is an error where a scenario or a check has failed.
func (r *report) verdict() error {
	failed := 0
	for _, c := range r.Checks {
		if !c.Passed {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(r.Checks))
	}
	for _, res := range r.Results {
		if res.Error != "" {
			return fmt.Errorf("%s: %s", res.scenario, res.Error)
		}
	}
	return nil
}
