package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"terraform-provider-esa/tools/internal/process"
	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

// stage is where the pipelines of one example are played: a checkout of it in the sandbox's folder.
type stage struct {
	service
	box     *sandbox.Sandbox
	esa     *simulator.Simulator
	api     *api
	staging string // where the simulator answers as the staging environment
	jobs    map[string][]script
	env     []string
	// variables are those of the project, which people set in the service.
	variables []string
}

// prepare does what the README of an example asks for: the files, and a lock file.
func (s *stage) prepare(ctx context.Context, examples, example string) (err error) {
	folder := filepath.Join(examples, example)
	if err := os.CopyFS(s.box.Work, os.DirFS(folder)); err != nil {
		return err
	}
	// What is not copied to the folder of a configuration, or written by each act.
	for _, name := range []string{"github", "gitlab", "ram", "testdata", "splits.auto.tfvars"} {
		if err := os.RemoveAll(s.box.Path(filepath.Join("work", name))); err != nil {
			return err
		}
	}
	for _, name := range []string{"traffic-split.mjs", "report.mjs"} {
		if err := s.copy(filepath.Join(examples, "gitops", name), name); err != nil {
			return err
		}
	}
	// The sandbox has its own version of the provider.
	main, err := os.ReadFile(filepath.Join(folder, "main.tf"))
	if err != nil {
		return err
	}
	if err := s.box.Write("main.tf", strings.ReplaceAll(string(main), `"~> 0.1"`, fmt.Sprintf("%q", sandbox.Version))); err != nil {
		return err
	}
	if s.backend != "" {
		if err := s.copy(filepath.Join(folder, s.backend), "backend.tf"); err != nil {
			return err
		}
	}
	if s.jobs, err = s.read(folder); err != nil {
		return err
	}
	s.env = slices.Concat(s.box.Env, s.esa.Env(), s.environment(s.api.URL, s.box.Work), []string{"PATH=" + filepath.Dir(s.box.Engine.Path) + string(os.PathListSeparator) + os.Getenv("PATH")})
	return s.command(ctx, script{name: "init", shell: []string{"sh", "-e", "-c"}, text: "terraform init -backend=false"})
}

func (s *stage) copy(from, name string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return s.box.Write(name, string(text))
}

// run runs jobs one after the other, with more environment variables such as the service sets on one occasion.
func (s *stage) run(ctx context.Context, env []string, jobs ...string) error {
	for _, name := range jobs {
		scripts := s.jobs[name]
		if len(scripts) == 0 {
			return fmt.Errorf("there is no job %q with a script: does it have another name?", name)
		}
		for _, made := range scripts {
			if err := s.command(ctx, made, env...); err != nil {
				return err
			}
		}
	}
	return nil
}

// command runs one script as the service would.
func (s *stage) command(ctx context.Context, made script, more ...string) error {
	if made.when != "" && !s.holds(made) {
		return nil
	}
	env := slices.Concat(s.env, more, s.variables)
	for _, key := range slices.Sorted(maps.Keys(made.env)) {
		text := s.evaluate(made.env[key], made.inputs)
		env = append(env, key+"="+os.Expand(text, func(name string) string {
			if name == "$" {
				return name
			}
			return value(env, name)
		}))
	}
	env = append(env, s.variables...)
	if text, err := os.ReadFile(filepath.Join(s.box.Work, "plan.env")); err == nil {
		env = append(env, strings.TrimSpace(string(text))) // GitLab's report of variables
	}
	cmd := exec.CommandContext(ctx, made.shell[0], append(made.shell[1:], strings.ReplaceAll(made.text, "terraform ", filepath.Base(s.box.Engine.Path)+" "))...)
	cmd.Dir, cmd.Env = s.box.Work, env
	process.Isolate(cmd)
	cmd.Cancel = func() error { process.KillGroup(cmd); return nil } // a canceled job ends with everything that it has started
	if text, err := cmd.CombinedOutput(); err != nil {
		return &failure{script: made.name, output: string(text), err: err}
	}
	return nil
}

var expression = regexp.MustCompile(`\$\{\{ (.*?) \}\}`)

// evaluate replaces the expressions of GitHub in a text, as far as the examples use them: the first of some values that is
// not empty.
func (s *stage) evaluate(text string, inputs map[string]string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		for operand := range strings.SplitSeq(expression.FindStringSubmatch(found)[1], " || ") {
			if result := s.operand(operand, inputs); result != "" {
				return result
			}
		}
		return ""
	})
}

func (s *stage) operand(text string, inputs map[string]string) string {
	if literal, ok := strings.CutPrefix(text, "'"); ok {
		return strings.TrimSuffix(literal, "'")
	}
	scope, rest, _ := strings.Cut(text, ".")
	name := rest[strings.LastIndex(rest, ".")+1:]
	switch scope {
	case "inputs":
		return s.evaluate(inputs[name], nil)
	case "vars":
		return value(s.variables, name)
	case "steps", "needs":
		return s.outputs()[name]
	default:
		return map[string]string{"token": "the-token", "number": "42", "sha": "0123456789abcdef", "run_id": "5"}[name]
	}
}

// holds reports whether the condition of a step holds, which compares an output with a text.
func (s *stage) holds(made script) bool {
	left, right, _ := strings.Cut(made.when, " == ")
	return s.operand(left, made.inputs) == s.operand(right, made.inputs)
}

// outputs are what the steps of GitHub have written into GITHUB_OUTPUT.
func (s *stage) outputs() map[string]string {
	outputs := map[string]string{}
	file, err := os.Open(filepath.Join(s.box.Work, "output"))
	if err != nil {
		return outputs // no step has written one
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), "=")
		outputs[name] = text
	}
	return outputs
}

// freeAddress is a loopback address that no one listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
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

type share struct {
	CodeVersion string `json:"code_version"`
	Percentage  int    `json:"percentage"`
}

// deploy releases as someone else.
func (s *stage) deploy(ctx context.Context, shares ...share) error {
	return s.esa.Admin(ctx, http.MethodPost, "deploy", map[string]any{"routine": "hello", "env": "production", "shares": shares}, &struct{ ID string }{})
}

// deployments asks the simulator itself for the splits that an environment has served, the last one last.
func (s *stage) deployments(ctx context.Context, env string) (splits [][]share, err error) {
	var made []struct{ Shares []share }
	err = s.esa.Admin(ctx, http.MethodGet, "deployments?routine=hello&env="+env, nil, &made)
	for _, deployment := range made {
		splits = append(splits, deployment.Shares)
	}
	return splits, err
}

// live is the split that an environment serves.
func (s *stage) live(ctx context.Context, env string) ([]share, error) {
	made, err := s.deployments(ctx, env)
	if err != nil || len(made) == 0 {
		return nil, err
	}
	return made[len(made)-1], nil
}
