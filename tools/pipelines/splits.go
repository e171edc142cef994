package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"terraform-provider-esa/tools/internal/simulator"
)

const (
	oldVersion = "1723599747213377175" // as in splits.auto.tfvars
	newVersion = "1724031912836413459"

	// drawing is the file that the jobs draw a plan into.
	drawing = "drawing.md"
)

var splitsSeed = simulator.Seed{Routines: []simulator.Routine{
	{Name: "hello", CodeVersions: []simulator.CodeVersion{{CodeVersion: oldVersion}, {CodeVersion: newVersion}}},
}}

// splits plays examples/gitops, where a release is a change of the splits in a file.
type splits struct {
	*stage
}

// splitsActs is the life of a routine.
func splitsActs(s *stage) []act {
	p := splits{s}
	return []act{
		{"the first merge", p.merge(90, 10)},
		{"a request for 50/50", p.request(50, 50, "40% of the traffic moves")},
		{"the merge of it", p.merge(50, 50)},
		{"a merge that someone else is ahead of", p.refused},
		{"the same, planned again", p.merge(20, 80)},
		{"the schedule, without drift", p.scheduled("")},
		{"the schedule, with drift", p.drifted},
		{"the merge that settles it", p.merge(20, 80)},
		{"the schedule after it", p.scheduled("closed")},
	}
}

// on runs jobs on an occasion of GitLab; GitHub has jobs of their own for each.
func (s splits) on(ctx context.Context, source string, onGitHub, onGitLab []string) error {
	if s.name == github.name {
		return s.run(ctx, nil, onGitHub...)
	}
	return s.run(ctx, []string{"CI_PIPELINE_SOURCE=" + source}, onGitLab...)
}

func (s splits) plan(ctx context.Context) error {
	return s.on(ctx, "push", []string{"plan"}, []string{"plan", "show"})
}

func (s splits) apply(ctx context.Context) error {
	return s.run(ctx, nil, "apply")
}

func (s splits) schedule(ctx context.Context) error {
	return s.on(ctx, "schedule", []string{"drift"}, []string{"plan", "show"})
}

// release writes the split of production into the configuration.
func (s splits) release(old, next int) error {
	return s.box.Write("splits.auto.tfvars", fmt.Sprintf("splits = {\n  \"hello:production\" = {\n    %q = %d\n    %q = %d\n  }\n}\n", oldVersion, old, newVersion, next))
}

// merge is a merge to main: the plan is made, drawn in the log and applied, without a comment.
func (s splits) merge(old, next int) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.release(old, next); err != nil {
			return err
		}
		writes := s.api.writes()
		if err := s.box.Write(drawing, ""); err != nil {
			return err
		}
		if err := s.plan(ctx); err != nil {
			return err
		}
		if err := s.apply(ctx); err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(s.box.Work, drawing))
		if err != nil {
			return err
		}
		if want := fmt.Sprintf(" %d%%", next); !strings.Contains(string(text), want) || s.api.writes() != writes {
			return fmt.Errorf("the plan was drawn as %q, want %q in it, and comments or issues were written %d times, want none", text, want, s.api.writes()-writes)
		}
		return s.serves(ctx, old, next)
	}
}

// request is a pull or merge request, pushed to twice: there is one comment in the end, and nothing is released.
func (s splits) request(old, next int, words string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.release(old, next); err != nil {
			return err
		}
		for range 2 {
			if err := s.on(ctx, "merge_request_event", []string{"review"}, []string{"plan", "show"}); err != nil {
				return err
			}
		}
		if made := s.api.list("comment"); len(made) != 1 || !strings.Contains(made[0], words) {
			return fmt.Errorf("the comments are %q, want one with %q", made, words)
		}
		return s.serves(ctx, 90, 10)
	}
}

// refused is a release by someone else between the plan and the apply: the apply stops, and theirs stays.
func (s splits) refused(ctx context.Context) error {
	if err := s.release(20, 80); err != nil {
		return err
	}
	if err := s.plan(ctx); err != nil {
		return err
	}
	if err := s.deploy(ctx, share{oldVersion, 70}, share{newVersion, 30}); err != nil {
		return err
	}
	err := s.apply(ctx)
	if err == nil || !strings.Contains(err.Error(), "Environment changed since it was planned") {
		return fmt.Errorf("the apply ended with %w, want a refusal", err)
	}
	return s.serves(ctx, 70, 30)
}

// scheduled is the pipeline of the schedule, after which there is no open issue, or one that was closed.
func (s splits) scheduled(want string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.schedule(ctx); err != nil {
			return err
		}
		issues := s.api.list("issue")
		if want == "" && len(issues) != 0 || want == "closed" && (len(issues) != 1 || !s.api.closed()) {
			return fmt.Errorf("the issues are %q, closed: %t, want them %q", issues, s.api.closed(), want)
		}
		return nil
	}
}

// drifted is the pipeline of the schedule after a release by someone else.
func (s splits) drifted(ctx context.Context) error {
	if err := s.deploy(ctx, share{oldVersion, 55}, share{newVersion, 45}); err != nil {
		return err
	}
	for range 2 {
		if err := s.schedule(ctx); err != nil {
			return err
		}
	}
	if issues := s.api.list("issue"); len(issues) != 1 || !strings.Contains(issues[0], "someone else has released") || s.api.closed() {
		return fmt.Errorf("the issues are %q, want an open one about the release", issues)
	}
	return s.serves(ctx, 55, 45)
}

// serves checks what production serves.
func (s splits) serves(ctx context.Context, old, next int) error {
	made, err := s.live(ctx, "production")
	if err != nil {
		return err
	}
	live := map[string]int{}
	for _, each := range made {
		live[each.CodeVersion] = each.Percentage
	}
	if live[oldVersion] != old || live[newVersion] != next {
		return fmt.Errorf("production serves %v, want %d and %d", live, old, next)
	}
	return nil
}
