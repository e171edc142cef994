package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"terraform-provider-esa/tools/internal/sandbox"
)

const (
	routine    = "hello"
	env        = "production"
	oldVersion = "1723599747213377175"
	newVersion = "1724031912836413459"
	// Released by rollouts, the second of which fails.
	nextVersion   = "1725112233445566778"
	brokenVersion = "1726223344556677889"
	// visitors is the host name on which the simulator serves the routine.
	visitors = "hello.3610a686.er.aliyun-esa.net"
)

// tour shows one release.
type tour struct {
	box  *sandbox.Sandbox
	esa  account
	out  io.Writer
	step int
}

// Exit codes of plan -detailed-exitcode, and of an apply that fails.
const (
	noChanges = 0
	failure   = 1
	changes   = 2
)

func (t *tour) walk(ctx context.Context) error {
	all := []share{{oldVersion, 100}}
	canary := []share{{oldVersion, 90}, {newVersion, 10}}
	theirs := []share{{oldVersion, 50}, {newVersion, 50}}
	promoted := []share{{newVersion, 100}}
	released := []share{{nextVersion, 100}}
	broken := []share{{brokenVersion, 100}}
	// A second of bake time here stands for minutes there.
	watched := fmt.Sprintf(`  rollout = {
    steps  = [{ percentage = 5, bake_time = "1s" }, { percentage = 50, bake_time = "60s" }]
    checks = [{ url = "http://%s/", connect_to = %q, interval = "100ms" }]
  }
`, visitors, strings.TrimPrefix(t.esa.URL, "http://"))
	shortly := strings.ReplaceAll(watched, `"60s"`, `"1s"`)
	const plan = "release.tfplan"

	for _, s := range []struct {
		says      string
		config    []share // written before the step
		rollout   string  // written with it
		breaks    string  // version whose answers are errors from then on
		outOfBand []share // deployed past Terraform before the step
		command   []string
		exit      int
		shows     []string // regular expressions that the output must match
		serves    []share  // what ESA must serve after the step
	}{
		{
			says: "The routine \"hello\" has two code versions. All requests of production shall go to the first one. " +
				"(Init warns because the provider is a local build; a release has checksums for every platform.)",
			config: all, command: []string{"init"}, shows: []string{`Installed .*edge-routines/esa`},
		},
		{
			says:    "The plan of the first release: nothing is served yet, so the deployment is created.",
			command: []string{"plan", "-detailed-exitcode", "-out=" + plan}, exit: changes,
			shows: []string{`esa_routine_code_deployment\.production will be created`, `\+ percentage\s+= 100\b`, `1 to add, 0 to change, 0 to destroy`},
		},
		{
			says:    "Apply exactly that plan.",
			command: []string{"apply", plan}, shows: []string{`1 added, 0 changed, 0 destroyed`}, serves: all,
		},
		{
			says:   "A canary: 10 % of the requests go to the new version. The plan shows the move of traffic, in place.",
			config: canary, command: []string{"plan", "-detailed-exitcode", "-out=" + plan}, exit: changes,
			shows:  []string{`will be updated in-place`, `~ percentage\s+= 100 -> 90\b`, `\+ percentage\s+= 10\b`, `0 to add, 1 to change, 0 to destroy`},
			serves: all,
		},
		{
			says:    "Apply the canary.",
			command: []string{"apply", plan}, shows: []string{`0 added, 1 changed, 0 destroyed`}, serves: canary,
		},
		{
			says:      "Now someone sets the split to 50/50 in the console, outside of Terraform. The next plan sees it and offers to set it right.",
			outOfBand: theirs, command: []string{"plan", "-detailed-exitcode"}, exit: changes,
			shows:  []string{`will be updated in-place`, `~ percentage\s+= 50 -> 90\b`, `~ percentage\s+= 50 -> 10\b`},
			serves: theirs,
		},
		{
			says:   "The canary did well: promote the new version to 100%.",
			config: promoted, command: []string{"plan", "-detailed-exitcode", "-out=" + plan}, exit: changes,
			shows:  []string{`will be updated in-place`, `0 to add, 1 to change, 0 to destroy`},
			serves: theirs,
		},
		{
			says:    "Apply the promotion.",
			command: []string{"apply", plan}, shows: []string{`0 added, 1 changed, 0 destroyed`}, serves: promoted,
		},
		{
			says:    "What is live is what the configuration says: no changes are left.",
			command: []string{"plan", "-detailed-exitcode"}, exit: noChanges, shows: []string{`No changes\.`}, serves: promoted,
		},
		{
			says:   "A release that watches itself: 5 %, 50 %, then everything, with a health check all the while. One plan says where it ends and how it gets there.",
			config: released, rollout: shortly, command: []string{"plan", "-detailed-exitcode", "-out=" + plan}, exit: changes,
			shows: []string{`Warning: Rollout of hello:production`, `5% for 1s, 50% for 1s, then 100%, at least 2s; on failure: roll back\.`}, serves: promoted,
		},
		{
			says:    "Apply it: three deployments, each over the one before.",
			command: []string{"apply", plan}, shows: []string{`0 added, 1 changed, 0 destroyed`}, serves: released,
		},
		{
			says:   "The next version is broken. No one knows that yet.",
			config: broken, rollout: watched, breaks: brokenVersion, command: []string{"plan", "-detailed-exitcode", "-out=" + plan}, exit: changes,
			shows: []string{`5% for 1s, 50% for 1m, then 100%, at least 1m1s; on failure: roll back\.`}, serves: released,
		},
		{
			says:    "The apply finds out while a few requests meet the broken version, puts the stable one back, and fails.",
			command: []string{"apply", plan}, exit: failure,
			shows: []string{`Error: Rollout failed and was rolled back`, `check failed: HTTP 500`, `rolled back, live: 100% ` + nextVersion}, serves: released,
		},
		{
			says:    "The state knows what is live, so the next plan shows the release again.",
			command: []string{"plan", "-detailed-exitcode"}, exit: changes, shows: []string{`0 to add, 1 to change, 0 to destroy`}, serves: released,
		},
	} {
		t.say(s.says)
		if s.config != nil {
			if err := t.configure(s.config, s.rollout); err != nil {
				return err
			}
		}
		if s.breaks != "" {
			if err := t.esa.breakVersion(ctx, s.breaks); err != nil {
				return err
			}
		}
		if s.outOfBand != nil {
			if err := t.esa.deployOutOfBand(ctx, s.outOfBand); err != nil {
				return err
			}
		}
		if err := t.run(ctx, s.command, s.exit, s.shows); err != nil {
			return fmt.Errorf("step %d: %w", t.step, err)
		}
		if err := t.check(ctx, s.serves); err != nil {
			return fmt.Errorf("step %d: %w", t.step, err)
		}
	}
	return nil
}

func (t *tour) say(text string) {
	t.step++
	fmt.Fprintf(t.out, "\n%s\n[%d] %s\n", strings.Repeat("═", 100), t.step, text)
}

// configure writes the configuration and shows what it says of the split.
func (t *tour) configure(shares []share, rollout string) error {
	split := listing(shares) + rollout
	fmt.Fprintf(t.out, "\n# main.tf\n%s", split)
	return t.box.Write("main.tf", fmt.Sprintf(`terraform {
  required_providers {
    esa = {
      source = %q
    }
  }
}

resource "esa_routine_code_deployment" "production" {
  name = %q
  env  = %q

%s}
`, sandbox.Source, routine, env, split))
}

func listing(shares []share) string {
	var b strings.Builder
	b.WriteString("  code_versions = [\n")
	for _, s := range shares {
		fmt.Fprintf(&b, "    { code_version = %q, percentage = %d },\n", s.CodeVersion, s.Percentage)
	}
	b.WriteString("  ]\n")
	return b.String()
}

// run shows one command of the engine and holds its exit code and output against what was announced.
func (t *tour) run(ctx context.Context, command []string, exit int, shows []string) error {
	fmt.Fprintf(t.out, "\n$ %s %s\n", t.box.Engine.Product, strings.Join(command, " "))
	var text bytes.Buffer
	cmd := t.box.Command(ctx, append(command, "-no-color")...)
	if command[0] == "apply" { // the plan's name comes last
		cmd = t.box.Command(ctx, "apply", "-no-color", command[1])
	}
	cmd.Stdout = io.MultiWriter(t.out, &text)
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return err
	}
	if got := cmd.ProcessState.ExitCode(); got != exit {
		return fmt.Errorf("%s ended with exit code %d, want %d", strings.Join(command, " "), got, exit)
	}
	for _, pattern := range shows {
		if !regexp.MustCompile(pattern).Match(text.Bytes()) {
			return fmt.Errorf("the output of %s does not show %q", strings.Join(command, " "), pattern)
		}
	}
	return nil
}

// check asks the simulator what it serves.
func (t *tour) check(ctx context.Context, want []share) error {
	got, err := t.esa.live(ctx)
	if err != nil {
		return err
	}
	words := "nothing"
	if len(got) > 0 {
		var parts []string
		for _, s := range got {
			parts = append(parts, fmt.Sprintf("%s %d%%", s.CodeVersion, s.Percentage))
		}
		words = strings.Join(parts, ", ")
	}
	fmt.Fprintf(t.out, "\n→ ESA serves in %s: %s\n", env, words)
	byVersion := func(a, b share) int { return strings.Compare(a.CodeVersion, b.CodeVersion) }
	slices.SortFunc(got, byVersion)
	if !slices.Equal(got, slices.SortedFunc(slices.Values(want), byVersion)) {
		return fmt.Errorf("ESA serves %v, want %v", got, want)
	}
	return nil
}
