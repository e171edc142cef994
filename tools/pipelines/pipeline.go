package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// pipeline is what both services have in common: scripts of jobs, and the environment that they run in.
type pipeline struct {
	// The scripts of the jobs, one job after the other, for each occasion.
	request, plan, apply, schedule []script
	// environment is what the service sets, given its address and the folder of the configuration.
	environment func(url, folder string) []string
	// backend is a file to copy, empty where the state stays on this machine.
	backend string
}

// script is one step or one job's script.
type script struct {
	name  string
	shell []string
	text  string
	env   map[string]string
}

// readGitHub takes the steps with "run" out of the workflow.
func readGitHub(folder string) (pipeline, error) {
	var workflow struct {
		Env  map[string]string
		Jobs map[string]struct {
			Steps []struct {
				Name, Run string
				Env       map[string]string
			}
		}
	}
	if err := read(filepath.Join(folder, "github", "deploy-routines.yml"), &workflow); err != nil {
		return pipeline{}, err
	}
	expressions := strings.NewReplacer("${{ github.token }}", "the-token", "${{ github.event.number }}", "42", "${{ github.event.pull_request.head.sha }}", "0123456789abcdef")
	job := func(name string) []script {
		var scripts []script
		for _, step := range workflow.Jobs[name].Steps {
			if step.Run == "" {
				continue
			}
			env := map[string]string{}
			maps.Copy(env, workflow.Env)
			for key, value := range step.Env {
				env[key] = expressions.Replace(value)
			}
			scripts = append(scripts, script{name: name + ": " + step.Name, shell: []string{"bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"}, text: step.Run, env: env})
		}
		return scripts
	}
	made := pipeline{
		request: job("review"), plan: job("plan"), apply: job("apply"), schedule: job("drift"),
		environment: func(url, folder string) []string {
			return []string{
				"GITHUB_API_URL=" + url, "GITHUB_REPOSITORY=acme/edge", "GITHUB_SERVER_URL=https://example.com", "GITHUB_RUN_ID=5", "GITHUB_SHA=fedcba9876543210",
				"GITHUB_OUTPUT=" + filepath.Join(folder, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(folder, "summary"),
			}
		},
	}
	return made, made.check()
}

// readGitLab takes the scripts out of .gitlab-ci.yml.
func readGitLab(folder string) (pipeline, error) {
	type job struct {
		Extends      string
		Variables    map[string]string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
	}
	var file struct {
		Variables map[string]string
		Terraform job `yaml:".terraform"`
		Plan      job
		Show      job
		Apply     job
	}
	if err := read(filepath.Join(folder, "gitlab", ".gitlab-ci.yml"), &file); err != nil {
		return pipeline{}, err
	}
	scripts := func(name string, j job) script {
		env := map[string]string{}
		layers := []map[string]string{file.Variables}
		before := j.BeforeScript
		if j.Extends == ".terraform" {
			layers, before = append(layers, file.Terraform.Variables), file.Terraform.BeforeScript
		}
		for _, layer := range append(layers, j.Variables) {
			maps.Copy(env, layer)
		}
		return script{name: name, shell: []string{"sh", "-e", "-c"}, text: strings.Join(slices.Concat(before, j.Script), "\n"), env: env}
	}
	plan, show, apply := scripts("plan", file.Plan), scripts("show", file.Show), scripts("apply", file.Apply)
	on := func(source string, s script) script {
		s.env = maps.Clone(s.env)
		s.env["CI_PIPELINE_SOURCE"] = source
		return s
	}
	made := pipeline{
		request: []script{on("merge_request_event", plan), on("merge_request_event", show)},
		plan:    []script{on("push", plan), on("push", show)}, apply: []script{on("push", apply)},
		schedule: []script{on("schedule", plan), on("schedule", show)},
		environment: func(url, folder string) []string {
			return []string{
				"GITLAB_CI=true", "CI_API_V4_URL=" + url, "CI_PROJECT_ID=9", "CI_JOB_ID=5", "CI_JOB_TOKEN=the-job-token", "CI_JOB_URL=https://example.com/5", "CI_COMMIT_SHA=fedcba9876543210",
				"CI_MERGE_REQUEST_IID=42", "CI_PROJECT_DIR=" + folder, "GITLAB_TOKEN=the-token", "OIDC_TOKEN=the-oidc-token",
				"ESA_OIDC_PROVIDER_ARN=acs:ram::1:oidc-provider/pipeline", "ESA_PLAN_ROLE_ARN=acs:ram::1:role/esa-plan", "ESA_APPLY_ROLE_ARN=acs:ram::1:role/esa-apply",
			}
		},
		backend: filepath.Join(folder, "gitlab", "backend.tf"),
	}
	return made, made.check()
}

// check fails where a job was renamed, so that nothing would be played.
func (p pipeline) check() error {
	for name, scripts := range map[string][]script{"request": p.request, "plan": p.plan, "apply": p.apply, "schedule": p.schedule} {
		if len(scripts) == 0 || !slices.ContainsFunc(scripts, func(s script) bool { return strings.Contains(s.text, "terraform ") }) {
			return fmt.Errorf("the scripts for %s run no Terraform: has a job another name?", name)
		}
	}
	return nil
}

func read(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
