// Command bench measures what the provider costs beside Terraform and the network: wall time, API calls, connections,
// memory and CPU time of each phase in the life of many deployments, with a real Terraform against the simulator on this
// machine. It needs neither an account nor a network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
)

func main() {
	root := flag.String("root", "..", "the project's root")
	deployments := flag.Int("deployments", manyDeployments, "how many deployments, a multiple of 10")
	latency := flag.Duration("latency", realLatency, "how much longer each answer of the simulator takes")
	runs := flag.Int("runs", 3, "how often everything is measured")
	short := flag.Bool("short", false, "one run of 10 deployments that checks the numbers of calls and connections, and no times")
	promised := flag.Bool("check", false, "measure and check what the project promises of a thousand deployments, some twelve minutes")
	flag.Parse()
	scenarios := []scenario{{deployments: *deployments, latency: *latency, parallelism: parallelism}}
	var judge func(results []result) []check
	switch {
	case flag.NArg() > 0 || *deployments < 10 || *deployments%10 != 0 || *runs < 1 || *latency < 0:
		fmt.Fprintln(os.Stderr, "bench: -deployments is a multiple of 10, -runs at least 1, -latency at least 0, and there are no arguments")
		os.Exit(2)
	case *short:
		*runs, judge = 1, countChecks
		scenarios = []scenario{{deployments: 10, parallelism: parallelism}, {deployments: 10, latency: realLatency, parallelism: parallelism}}
	case *promised:
		judge, scenarios = promises, promisedScenarios
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, *root, scenarios, *runs, !*short, judge)
	if ctx.Err() != nil {
		err = errors.New("interrupted; everything is cleaned up")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, scenarios []scenario, runs int, asReleased bool, judge func([]result) []check) (err error) {
	if root, err = filepath.Abs(root); err != nil {
		return err
	}
	found, err := engine.New(filepath.Join(root, ".cache", "engines")).Find(ctx)
	if err != nil {
		return err
	}
	progress("using %s; building the provider and the simulator …", found)
	var flags []string
	if asReleased { // counts do not depend on it
		flags = []string{"-trimpath", "-ldflags=-s -w"}
	}
	box, err := sandbox.New(ctx, root, found, flags...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	b, err := newBench(ctx, box)
	if err != nil {
		return err
	}
	results, err := b.measureAll(ctx, scenarios, runs)
	if err != nil {
		return err
	}
	fmt.Printf("%s %s, %s/%s, %d CPUs, %d runs.\n", found.Product, found.Version, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runs)
	fmt.Println("Seconds are medians. The floor is the same graph of terraform_data; the network bound is calls × latency ÷ parallelism.")
	for _, result := range results {
		result.write(os.Stdout)
	}
	return verdict(results, judge)
}

// verdict prints the checks, and is an error where one of them or a scenario has failed.
func verdict(results []result, judge func([]result) []check) error {
	failed := 0
	if judge != nil {
		fmt.Println("\nChecks:")
		for _, c := range judge(results) {
			fmt.Println(c)
			if !c.holds {
				failed++
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	for _, result := range results {
		if result.err != nil {
			return fmt.Errorf("%s: %w", result.scenario, result.err)
		}
	}
	return nil
}

func progress(format string, a ...any) {
	fmt.Fprintf(os.Stderr, "bench: %s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, a...)...)
}
