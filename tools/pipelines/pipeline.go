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

// service is GitHub or GitLab: how it runs the scripts of an example.
type service struct {
	name string
	// read takes the scripts out of the files of an example, by job.
	read func(example string) (map[string][]script, error)
	// environment is what the service sets, given its address and the folder of the configuration.
	environment func(url, folder string) []string
	// backend is the file of an example to copy, empty if the state stays on this machine.
	backend string
}

// script is one step or one job's script.
type script struct {
	name  string
	shell []string
	text  string
	env   map[string]string
	// when is GitHub's condition, empty for always; inputs are those of a workflow that another one calls.
	when   string
	inputs map[string]string
}

var github = service{
	name: "GitHub",
	read: func(example string) (map[string][]script, error) {
		files, err := filepath.Glob(filepath.Join(example, "github", "*.yml"))
		jobs := map[string][]script{}
		for _, file := range files {
			if err = readWorkflow(file, nil, "", jobs); err != nil {
				break
			}
		}
		return jobs, err
	},
	environment: func(url, folder string) []string {
		return []string{
			"GITHUB_API_URL=" + url, "GITHUB_REPOSITORY=acme/edge", "GITHUB_SERVER_URL=https://example.com", "GITHUB_RUN_ID=5", "GITHUB_SHA=fedcba9876543210",
			"GITHUB_OUTPUT=" + filepath.Join(folder, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(folder, "summary"),
		}
	},
}

// readWorkflow adds the steps with "run" of a workflow to jobs, by the name of the job. Those of a workflow that is called
// come under the name of the job that calls it.
func readWorkflow(file string, inputs map[string]string, caller string, jobs map[string][]script) error {
	var workflow struct {
		On struct {
			Call struct {
				Inputs map[string]struct{ Default string }
			} `yaml:"workflow_call"`
		}
		Env  map[string]string
		Jobs map[string]struct {
			Uses  string
			With  map[string]string
			Env   map[string]string
			Steps []struct {
				Name, Run, If string
				Env           map[string]string
			}
		}
	}
	if err := read(file, &workflow); err != nil {
		return err
	}
	given := map[string]string{}
	for name, input := range workflow.On.Call.Inputs {
		given[name] = input.Default
	}
	if len(given) > 0 && caller == "" {
		return nil // it runs where it is called
	}
	maps.Copy(given, inputs)
	for name, job := range workflow.Jobs {
		if caller != "" {
			name = caller
		} else if strings.HasSuffix(file, "roll-back.yml") {
			name = "roll-back: " + name
		}
		if job.Uses != "" {
			if err := readWorkflow(filepath.Join(filepath.Dir(file), filepath.Base(job.Uses)), job.With, name, jobs); err != nil {
				return err
			}
			continue
		}
		for _, step := range job.Steps {
			if step.Run == "" {
				continue
			}
			env := map[string]string{}
			for _, layer := range []map[string]string{workflow.Env, job.Env, step.Env} {
				maps.Copy(env, layer)
			}
			jobs[name] = append(jobs[name], script{
				name: name + ": " + step.Name, shell: []string{"bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"},
				text: step.Run, env: env, when: step.If, inputs: given,
			})
		}
	}
	return nil
}

var gitlab = service{
	name: "GitLab",
	read: func(example string) (map[string][]script, error) {
		var file map[string]yaml.Node
		if err := read(filepath.Join(example, "gitlab", ".gitlab-ci.yml"), &file); err != nil {
			return nil, err
		}
		jobs := map[string][]script{}
		for name, node := range file {
			made := script{name: name, shell: []string{"sh", "-e", "-c"}, env: map[string]string{"CI_JOB_STAGE": name}}
			if strings.HasPrefix(name, ".") || node.Kind != yaml.MappingNode || name == "workflow" || name == "variables" {
				continue
			}
			globals := file["variables"]
			if err := globals.Decode(&made.env); err != nil {
				return nil, err
			}
			if err := made.inherit(file, name); err != nil {
				return nil, fmt.Errorf("job %s: %w", name, err)
			}
			jobs[name] = []script{made}
		}
		return jobs, nil
	},
	environment: func(url, folder string) []string {
		return []string{
			"GITLAB_CI=true", "CI_API_V4_URL=" + url, "CI_PROJECT_ID=9", "CI_JOB_ID=5", "CI_PIPELINE_ID=5", "CI_JOB_TOKEN=the-job-token", "CI_JOB_URL=https://example.com/5",
			"CI_COMMIT_SHA=fedcba9876543210", "CI_MERGE_REQUEST_IID=42", "CI_PROJECT_DIR=" + folder, "GITLAB_TOKEN=the-token", "OIDC_TOKEN=the-oidc-token",
			"ESA_OIDC_PROVIDER_ARN=acs:ram::1:oidc-provider/pipeline", "ESA_PLAN_ROLE_ARN=acs:ram::1:role/esa-plan", "ESA_APPLY_ROLE_ARN=acs:ram::1:role/esa-apply",
		}
	},
	backend: "gitlab/backend.tf",
}

// inherit adds what a job of GitLab says, after what the job that it extends does.
func (s *script) inherit(file map[string]yaml.Node, name string) error {
	var job struct {
		Extends      string
		Variables    map[string]string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
	}
	node := file[name]
	if err := node.Decode(&job); err != nil {
		return err
	}
	if job.Extends != "" {
		if err := s.inherit(file, job.Extends); err != nil {
			return err
		}
	}
	maps.Copy(s.env, job.Variables)
	s.text += strings.Join(slices.Concat(job.BeforeScript, job.Script), "\n") + "\n"
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
