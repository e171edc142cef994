// Command pipelines plays the pipelines of examples/gitops on this machine: it runs the scripts of their jobs as the two
// services would, with a real Terraform, the provider and the simulator of ESA, and stand-ins of the services' APIs. What
// only the services do (triggers, permissions, approvals, OIDC tokens, artifacts) is left to them.
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

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

const (
	oldVersion = "1723599747213377175" // as in splits.auto.tfvars
	newVersion = "1724031912836413459"
)

func main() {
	root := flag.String("root", "..", "the project's root")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *root)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pipelines:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	found, err := engine.New(filepath.Join(root, ".cache", "engines")).Find(ctx)
	if err != nil {
		return err
	}
	for _, service := range []struct {
		name  string
		parse func(folder string) (pipeline, error)
	}{{"GitHub", readGitHub}, {"GitLab", readGitLab}} {
		made, err := service.parse(filepath.Join(root, "examples", "gitops"))
		if err != nil {
			return fmt.Errorf("%s: %w", service.name, err)
		}
		if err := play(ctx, root, found, made); err != nil {
			return fmt.Errorf("%s: %w", service.name, err)
		}
		fmt.Println(service.name + ": reviewed, applied, refused after a release by somebody else, applied again, drift told and settled")
	}
	return nil
}

// play goes through the life of a routine with a fresh account and a fresh state.
func play(ctx context.Context, root string, found engine.Engine, made pipeline) (err error) {
	box, err := sandbox.New(ctx, root, found)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	esasim, err := box.Build(ctx, "./internal/esasim/cmd/esasim")
	if err != nil {
		return err
	}
	esa, err := simulator.Start(ctx, esasim, box.Path(""), simulator.Seed{Routines: []simulator.Routine{
		{Name: "hello", CodeVersions: []simulator.CodeVersion{{CodeVersion: oldVersion}, {CodeVersion: newVersion}}},
	}})
	if err != nil {
		return err
	}
	defer esa.Stop()
	api := startAPI()
	defer api.Close()
	s := &stage{box: box, esa: esa, api: api, pipeline: made}
	if err := s.prepare(ctx, filepath.Join(root, "examples", "gitops")); err != nil {
		return err
	}
	for _, act := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"the first merge", s.merge(90, 10)},
		{"a request for 50/50", s.request(50, 50, "40% of the traffic moves")},
		{"the merge of it", s.merge(50, 50)},
		{"a merge that somebody else is ahead of", s.refused},
		{"the same, planned again", s.merge(20, 80)},
		{"the schedule, without drift", s.scheduled("")},
		{"the schedule, with drift", s.drifted},
		{"the merge that settles it", s.merge(20, 80)},
		{"the schedule after it", s.scheduled("closed")},
	} {
		if err := act.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", act.name, err)
		}
	}
	return nil
}
