// Command pipelines plays the pipelines of examples/gitops and examples/pipeline on this machine: it runs the scripts of their
// jobs as the two services would, with a real Terraform, the provider and the simulator of ESA, and stand-ins of the
// services' APIs. What only the services do (triggers, permissions, approvals, OIDC tokens, artifacts) is left to them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

// act is a part of a play.
type act struct {
	name string
	run  func(context.Context) error
}

func main() {
	root := flag.String("root", "..", "the project's root")
	only := flag.String("example", "", "play this example only: gitops or pipeline")
	verbose := flag.Bool("v", false, "print the comment or issue that each act leaves")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *root, *only, *verbose)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pipelines:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, only string, verbose bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	found, err := engine.New(filepath.Join(root, ".cache", "engines")).Find(ctx)
	if err != nil {
		return err
	}
	for _, played := range []struct {
		example, story string
		seed           simulator.Seed
		acts           func(*stage) []act
	}{
		{"gitops", "reviewed, applied, refused after a release by someone else, applied again, drift reported and settled", splitsSeed, splitsActs},
		{"pipeline", "built, reviewed, released step by step; stopped by a failing check, a release by someone else and a canceled job, run again, rolled back", simulator.Seed{}, releaseActs},
	} {
		if only != "" && only != played.example {
			continue
		}
		plays, ctx := errgroup.WithContext(ctx)
		for _, host := range []service{github, gitlab} {
			plays.Go(func() error {
				if err := play(ctx, root, found, host, played.example, played.seed, played.acts, verbose); err != nil {
					return fmt.Errorf("examples/%s on %s: %w", played.example, host.name, err)
				}
				fmt.Printf("examples/%s on %s: %s\n", played.example, host.name, played.story)
				return nil
			})
		}
		if err := plays.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// play plays one example as one service does, with a fresh account and a fresh state.
func play(ctx context.Context, root string, found engine.Engine, host service, example string, seed simulator.Seed, acts func(*stage) []act, verbose bool) (err error) {
	box, err := sandbox.New(ctx, root, found)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	esasim, err := box.Build(ctx, "./internal/esasim/cmd/esasim")
	if err != nil {
		return err
	}
	staging, err := freeAddress()
	if err != nil {
		return err
	}
	esa, err := simulator.Start(ctx, esasim, box.Path(""), seed, "-staging", staging)
	if err != nil {
		return err
	}
	defer esa.Stop()
	api := startAPI()
	defer api.Close()
	s := &stage{box: box, esa: esa, api: api, service: host, staging: staging}
	if err := s.prepare(ctx, filepath.Join(root, "examples"), example); err != nil {
		return err
	}
	for _, act := range acts(s) {
		if err := act.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", act.name, err)
		}
		if verbose {
			for kind, entry := range api.texts() {
				fmt.Printf("\n--- %s, %s, after %s\n%s\n", host.name, kind, act.name, entry)
			}
		}
	}
	return nil
}
