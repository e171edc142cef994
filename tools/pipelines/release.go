package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// releases plays examples/pipeline, where a release is a change of the source.
type releases struct {
	*stage
	// versions are the versions of production, the oldest first.
	versions []string
}

// releaseActs is the life of a routine, from nothing.
func releaseActs(s *stage) []act {
	p := &releases{stage: s}
	return []act{
		{"the set-up", p.prepare},
		{"the first release, which has nothing to share the traffic with", p.first},
		{"a request that changes the source", p.request},
		{"the merge of it", p.whole},
		{"a release whose check fails at 10%", p.failingCheck},
		{"the next release, which mends it", p.whole},
		{"a release that is canceled at 10%, and run again", p.canceled},
		{"a release during which someone else deploys, and run again", p.foreign},
		{"one click back", p.rollBack},
		{"the steps in one apply", p.watched},
	}
}

// prepare sets the project's variables: where the check finds the simulator's production and staging.
func (s *releases) prepare(context.Context) error {
	production := strings.TrimPrefix(s.esa.URL, "http://")
	s.variables = []string{
		"CHECK_URL=http://hello.3610a686.er.aliyun-esa.net/", "CHECK_REQUESTS=40",
		fmt.Sprintf(`GATE=if [ -n "$1" ]; then node check.mjs "$CHECK_URL" %s; else node check.mjs "$CHECK_URL" %s; fi`, s.staging, production),
	}
	return nil
}

// change writes another source.
func (s *releases) change(words string) error {
	return os.WriteFile(filepath.Join(s.box.Work, "src", "greeting.js"), []byte(fmt.Sprintf("export const greeting = () => %q;\n", words)), 0o600)
}

// steps are the jobs of a release, each with its check, and the last one that was begun fails or not.
func (s *releases) steps(ctx context.Context, steps ...string) error {
	for _, step := range steps {
		jobs := []string{step}
		if s.name == gitlab.name && step != "build" {
			jobs = append(jobs, "check-"+strings.TrimPrefix(step, "production-"))
		}
		if err := s.run(ctx, nil, jobs...); err != nil {
			return err
		}
	}
	return nil
}

// expect checks what production serves: a share for each version.
func (s *releases) expect(ctx context.Context, want ...share) error {
	live, err := s.live(ctx, "production")
	if err != nil {
		return err
	}
	if !slices.Equal(live, want) {
		return fmt.Errorf("production serves %v, want %v", live, want)
	}
	return nil
}

// candidate is the newest version of production, and notes it.
func (s *releases) candidate(ctx context.Context) (string, error) {
	var content struct {
		Routines []struct {
			CodeVersions []struct {
				CodeVersion string `json:"code_version"`
				DeployEnv   string `json:"deploy_env"`
			} `json:"code_versions"`
		}
	}
	if err := s.esa.Admin(ctx, http.MethodGet, "state", nil, &content); err != nil {
		return "", err
	}
	newest := ""
	for _, routine := range content.Routines {
		for _, version := range routine.CodeVersions {
			if version.DeployEnv == "production" {
				newest = version.CodeVersion
			}
		}
	}
	if newest == "" || slices.Contains(s.versions, newest) {
		return "", fmt.Errorf("ESA has no new version of production, the newest is %q", newest)
	}
	s.versions = append(s.versions, newest)
	return newest, nil
}

// last is the version before the newest.
func (s *releases) stable() string {
	return s.versions[len(s.versions)-2]
}

// expectComment checks the comment of the request.
func (s *releases) expectComment(texts ...string) error {
	comments := s.api.list("comment")
	for _, text := range texts {
		if len(comments) != 1 || !strings.Contains(comments[0], text) {
			return fmt.Errorf("the comments are %q, want one with %q", comments, text)
		}
	}
	return nil
}

func (s *releases) first(ctx context.Context) error {
	if err := s.steps(ctx, "build", "staging"); err != nil {
		return err
	}
	if err := s.expect(ctx); err != nil {
		return err
	}
	if err := s.steps(ctx, "production-10", "production-50", "production-100"); err != nil {
		return err
	}
	version, err := s.candidate(ctx)
	if err != nil {
		return err
	}
	return s.expect(ctx, share{version, 100})
}

// request is a pull or merge request: nothing is published, and the comment shows the first step.
func (s *releases) request(ctx context.Context) error {
	if err := s.change("Hello again"); err != nil {
		return err
	}
	jobs := []string{"review"}
	if s.name == gitlab.name {
		jobs = []string{"build", "plan", "review"}
	}
	if err := s.run(ctx, nil, jobs...); err != nil {
		return err
	}
	if err := s.expectComment("10% of the traffic moves", "new version"); err != nil {
		return err
	}
	return s.expect(ctx, share{s.versions[0], 100})
}

// begin builds another source, releases it to staging and checks that production serves what it did.
func (s *releases) begin(ctx context.Context) (before []share, candidate string, err error) {
	if err := s.change(fmt.Sprintf("Hello for the %dth time", len(s.versions))); err != nil {
		return nil, "", err
	}
	if before, err = s.live(ctx, "production"); err != nil {
		return nil, "", err
	}
	if err := s.steps(ctx, "build", "staging"); err != nil {
		return nil, "", err
	}
	if err := s.expect(ctx, before...); err != nil {
		return nil, "", fmt.Errorf("after staging: %w", err)
	}
	candidate, err = s.candidate(ctx)
	return before, candidate, err
}

// whole is a release that goes all the way.
func (s *releases) whole(ctx context.Context) error {
	before, candidate, err := s.begin(ctx)
	if err != nil {
		return err
	}
	stable := before[0].CodeVersion
	for _, step := range []struct {
		job  string
		want []share
		live string
	}{
		{"production-10", []share{{stable, 90}, {candidate, 10}}, "serves 90% " + stable + " and 10% " + candidate},
		{"production-50", []share{{stable, 50}, {candidate, 50}}, "serves 50% " + stable + " and 50% " + candidate},
		{"production-100", []share{{candidate, 100}}, "serves 100% " + candidate},
	} {
		if err := s.steps(ctx, step.job); err != nil {
			return err
		}
		if err := s.expect(ctx, step.want...); err != nil {
			return fmt.Errorf("after %s: %w", step.job, err)
		}
		if err := s.expectComment("### Live", "`hello:production` "+step.live+" (deployment "); err != nil {
			return fmt.Errorf("after %s: %w", step.job, err)
		}
	}
	return nil
}

// failingCheck is a release whose new version answers errors: it stays at 10%, and the stable version keeps the rest.
func (s *releases) failingCheck(ctx context.Context) error {
	before, candidate, err := s.begin(ctx)
	if err != nil {
		return err
	}
	if err := s.errorRate(ctx, candidate, 1); err != nil {
		return err
	}
	err = s.steps(ctx, "production-10")
	if err == nil || !strings.Contains(err.Error(), "HTTP 500") {
		return fmt.Errorf("the step ended with %w, want a failed check", err)
	}
	return s.expect(ctx, share{before[0].CodeVersion, 90}, share{candidate, 10})
}

func (s *releases) errorRate(ctx context.Context, version string, rate float64) error {
	return s.esa.Admin(ctx, http.MethodPost, "traffic", map[string]any{"routine": "hello", "code_version": version, "error_rate": rate}, &struct{ Status string }{})
}

// canceled stops the job at 50% while it applies, and runs the release again from its beginning.
func (s *releases) canceled(ctx context.Context) error {
	before, candidate, err := s.begin(ctx)
	if err != nil {
		return err
	}
	if err := s.steps(ctx, "production-10"); err != nil {
		return err
	}
	if err := s.esa.Admin(ctx, http.MethodPost, "faults", map[string]any{"operation": "CreateRoutineCodeDeployment", "fault": "hang"}, new(any)); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	err = s.steps(limited, "production-50")
	cancel()
	if err == nil {
		return fmt.Errorf("the canceled step succeeded")
	}
	if err := s.esa.Admin(ctx, http.MethodDelete, "faults", nil, &struct{ Status string }{}); err != nil {
		return err
	}
	if err := s.expect(ctx, share{before[0].CodeVersion, 90}, share{candidate, 10}); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(s.box.Work, ".terraform.tfstate.lock.info")); err != nil {
		return err
	}
	if err := s.steps(ctx, "build", "staging", "production-10", "production-50", "production-100"); err != nil {
		return fmt.Errorf("run again: %w", err)
	}
	return s.expect(ctx, share{candidate, 100})
}

// foreign has someone else put the stable version back between two steps: the release stops, and theirs stays. Run again,
// it starts from what they deployed.
func (s *releases) foreign(ctx context.Context) error {
	before, candidate, err := s.begin(ctx)
	if err != nil {
		return err
	}
	if err := s.steps(ctx, "production-10"); err != nil {
		return err
	}
	if err := s.deploy(ctx, before...); err != nil {
		return err
	}
	err = s.steps(ctx, "production-50")
	if err == nil || !strings.Contains(err.Error(), "was changed outside of Terraform") {
		return fmt.Errorf("the step ended with %w, want a refusal", err)
	}
	if err := s.expect(ctx, before...); err != nil {
		return err
	}
	if err := s.steps(ctx, "build", "staging"); err != nil {
		return fmt.Errorf("run again: %w", err)
	}
	if err := s.expect(ctx, before...); err != nil {
		return err
	}
	if err := s.steps(ctx, "production-10", "production-50", "production-100"); err != nil {
		return fmt.Errorf("run again: %w", err)
	}
	return s.expect(ctx, share{candidate, 100})
}

// watched is a release in one apply, by the file that adds a rollout, with other times and a URL that answers here.
func (s *releases) watched(ctx context.Context) error {
	text, err := os.ReadFile(filepath.Join(s.box.Work, "rollout", "watched_override.tf"))
	if err != nil {
		return err
	}
	shorter := strings.NewReplacer(`"5m"`, `"1s"`, `url = "https://www.example.com/healthz"`,
		fmt.Sprintf("url = %q, interval = \"100ms\", connect_to = %q", value(s.variables, "CHECK_URL"), strings.TrimPrefix(s.esa.URL, "http://")))
	if err := s.box.Write("watched_override.tf", shorter.Replace(string(text))); err != nil {
		return err
	}
	_, candidate, err := s.begin(ctx)
	if err != nil {
		return err
	}
	before, err := s.deployments(ctx, "production")
	if err != nil {
		return err
	}
	if err := s.steps(ctx, "production-100"); err != nil {
		return err
	}
	made, err := s.deployments(ctx, "production")
	if err != nil {
		return err
	}
	if len(made) != len(before)+3 {
		return fmt.Errorf("production was deployed %d times, want 10%%, 50%% and 100%%", len(made)-len(before))
	}
	return s.expect(ctx, share{candidate, 100})
}

// rollBack puts back what production served before the last release.
func (s *releases) rollBack(ctx context.Context) error {
	jobs := []string{"roll-back"}
	if s.name == github.name {
		jobs = []string{"roll-back: find", "roll-back: production"}
	}
	if err := s.run(ctx, nil, jobs...); err != nil {
		return err
	}
	return s.expect(ctx, share{s.stable(), 100})
}
