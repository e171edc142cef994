package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

// drawing is the file that the jobs draw a plan into.
const drawing = "drawing.md"

// stage is where one pipeline is played: a checkout of the example in the sandbox's folder.
type stage struct {
	pipeline
	box *sandbox.Sandbox
	esa *simulator.Simulator
	api *api
	env []string
}

// prepare does what README.md asks for: the files, and a lock file.
func (s *stage) prepare(ctx context.Context, example string) error {
	files := []string{"main.tf", "variables.tf", "traffic-split.mjs", "report.mjs"}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			return err
		}
		// The sandbox has its own version of the provider.
		text = []byte(strings.ReplaceAll(string(text), `"~> 0.1"`, fmt.Sprintf("%q", sandbox.Version)))
		if err := s.box.Write(name, string(text)); err != nil {
			return err
		}
	}
	if s.backend != "" {
		text, err := os.ReadFile(s.backend)
		if err != nil {
			return err
		}
		if err := s.box.Write("backend.tf", string(text)); err != nil {
			return err
		}
	}
	s.env = slices.Concat(s.box.Env, s.esa.Env(), s.environment(s.api.URL, s.box.Work), []string{"PATH=" + filepath.Dir(s.box.Engine.Path) + string(os.PathListSeparator) + os.Getenv("PATH")})
	return s.command(ctx, script{name: "init", shell: []string{"sh", "-e", "-c"}, text: "terraform init -backend=false"})
}

// command runs one script as the service would.
func (s *stage) command(ctx context.Context, made script) error {
	env := slices.Clone(s.env)
	for _, key := range slices.Sorted(maps.Keys(made.env)) {
		env = append(env, key+"="+os.Expand(made.env[key], func(name string) string { return value(env, name) }))
	}
	if text, err := os.ReadFile(filepath.Join(s.box.Work, "plan.env")); err == nil {
		env = append(env, strings.TrimSpace(string(text))) // GitLab's report of variables
	}
	cmd := exec.CommandContext(ctx, made.shell[0], append(made.shell[1:], strings.ReplaceAll(made.text, "terraform ", filepath.Base(s.box.Engine.Path)+" "))...)
	cmd.Dir, cmd.Env = s.box.Work, env
	if text, err := cmd.CombinedOutput(); err != nil {
		return &failure{script: made.name, output: string(text), err: err}
	}
	return nil
}

// failure is a script that did not succeed.
type failure struct {
	script, output string
	err            error
}

// Error implements error.
func (f *failure) Error() string { return fmt.Sprintf("%s: %v\n%s", f.script, f.err, f.output) }

func value(env []string, name string) string {
	for _, setting := range slices.Backward(env) {
		if text, ok := strings.CutPrefix(setting, name+"="); ok {
			return text
		}
	}
	return ""
}

func (s *stage) all(ctx context.Context, scripts ...script) error {
	for _, made := range scripts {
		if err := s.command(ctx, made); err != nil {
			return err
		}
	}
	return nil
}

// release writes the split of production into the configuration.
func (s *stage) release(old, next int) error {
	return s.box.Write("splits.auto.tfvars", fmt.Sprintf("splits = {\n  \"hello:production\" = {\n    %q = %d\n    %q = %d\n  }\n}\n", oldVersion, old, newVersion, next))
}

// merge is a merge to main: the plan is made, drawn in the log and applied, and nobody is told.
func (s *stage) merge(old, next int) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.release(old, next); err != nil {
			return err
		}
		writes := s.api.writes()
		if err := s.box.Write(drawing, ""); err != nil {
			return err
		}
		if err := s.all(ctx, slices.Concat(s.plan, s.apply)...); err != nil {
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
func (s *stage) request(old, next int, words string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.release(old, next); err != nil {
			return err
		}
		for range 2 {
			if err := s.all(ctx, s.pipeline.request...); err != nil {
				return err
			}
		}
		if made := s.api.list("comment"); len(made) != 1 || !strings.Contains(made[0], words) {
			return fmt.Errorf("the comments are %q, want one with %q", made, words)
		}
		return s.serves(ctx, 90, 10)
	}
}

// refused is a release by somebody else between the plan and the apply: the apply stops, and theirs stays.
func (s *stage) refused(ctx context.Context) error {
	if err := s.release(20, 80); err != nil {
		return err
	}
	if err := s.all(ctx, s.plan...); err != nil {
		return err
	}
	if err := s.behind(ctx, 70, 30); err != nil {
		return err
	}
	err := s.all(ctx, s.apply...)
	if err == nil || !strings.Contains(err.Error(), "Environment changed since it was planned") {
		return fmt.Errorf("the apply ended with %w, want a refusal", err)
	}
	return s.serves(ctx, 70, 30)
}

// scheduled is the pipeline of the schedule, after which there is no open issue, or one that was closed.
func (s *stage) scheduled(want string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.all(ctx, s.schedule...); err != nil {
			return err
		}
		issues := s.api.list("issue")
		if want == "" && len(issues) != 0 || want == "closed" && (len(issues) != 1 || !s.api.closed()) {
			return fmt.Errorf("the issues are %q, closed: %t, want them %q", issues, s.api.closed(), want)
		}
		return nil
	}
}

// drifted is the pipeline of the schedule after a release by somebody else.
func (s *stage) drifted(ctx context.Context) error {
	if err := s.behind(ctx, 55, 45); err != nil {
		return err
	}
	for range 2 {
		if err := s.all(ctx, s.schedule...); err != nil {
			return err
		}
	}
	if issues := s.api.list("issue"); len(issues) != 1 || !strings.Contains(issues[0], "somebody else has released") || s.api.closed() {
		return fmt.Errorf("the issues are %q, want an open one about the release", issues)
	}
	return s.serves(ctx, 55, 45)
}

type share struct {
	CodeVersion string `json:"code_version"`
	Percentage  int    `json:"percentage"`
}

// behind releases as somebody else.
func (s *stage) behind(ctx context.Context, old, next int) error {
	return s.esa.Admin(ctx, http.MethodPost, "deploy", map[string]any{"routine": "hello", "env": "production", "shares": []share{{oldVersion, old}, {newVersion, next}}}, &struct{ ID string }{})
}

// serves asks the simulator itself.
func (s *stage) serves(ctx context.Context, old, next int) error {
	var made []struct{ Shares []share }
	if err := s.esa.Admin(ctx, http.MethodGet, "deployments?routine=hello&env=production", nil, &made); err != nil {
		return err
	}
	if len(made) == 0 {
		return fmt.Errorf("production serves nothing")
	}
	live := map[string]int{}
	for _, each := range made[len(made)-1].Shares {
		live[each.CodeVersion] = each.Percentage
	}
	if live[oldVersion] != old || live[newVersion] != next {
		return fmt.Errorf("production serves %v, want %d and %d", live, old, next)
	}
	return nil
}
