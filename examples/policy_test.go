package examples_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/golden"
)

// TestAccPolicyPlans keeps the plans that examples/policy is tested with what Terraform and the provider make of these
// changes. tools/policy runs the policies on them.
func TestAccPolicyPlans(t *testing.T) {
	t.Parallel()
	const older, newer, newest = "1723599747213377175", "1724000000000000000", "1725000000000000000"
	shares := func(pairs ...any) string {
		var list []string
		for index := 0; index < len(pairs); index += 2 {
			version := fmt.Sprint(pairs[index])
			if !strings.Contains(version, ".") {
				version = fmt.Sprintf("%q", version)
			}
			list = append(list, fmt.Sprintf("{ code_version = %s, percentage = %d }", version, pairs[index+1]))
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	deployment := func(env, shares string, more ...string) string {
		return fmt.Sprintf("resource \"esa_routine_code_deployment\" %q {\n  name = \"hello\"\n  env = %[1]q\n  code_versions = %s\n  %s\n}\n", env, shares, strings.Join(more, "\n  "))
	}
	const published = "resource \"esa_routine_code_version\" \"next\" {\n  name = \"hello\"\n  code = \"export default {}\"\n}\n"
	for name, test := range map[string]struct{ before, after string }{
		"all-at-once": {
			deployment("staging", shares(newer, 100)) + deployment("production", shares(older, 100)),
			deployment("staging", shares(newer, 100)) + deployment("production", shares(newer, 100)),
		},
		"canary": {
			deployment("staging", shares(newer, 100)) + deployment("production", shares(older, 100)),
			deployment("staging", shares(newer, 100)) + deployment("production", shares(older, 90, newer, 10)),
		},
		"canary-not-on-staging": {
			deployment("staging", shares(older, 100)) + deployment("production", shares(older, 100)),
			deployment("staging", shares(older, 100)) + deployment("production", shares(older, 90, newer, 10)),
		},
		"large-step": {
			deployment("staging", shares(newer, 100)) + deployment("production", shares(older, 90, newer, 10)),
			deployment("staging", shares(newer, 100)) + deployment("production", shares(newer, 100)),
		},
		"way-back": {
			deployment("staging", shares(newer, 100)) + deployment("production", shares(older, 10, newer, 90)),
			deployment("staging", shares(newer, 100)) + deployment("production", shares(older, 100)),
		},
		"first-release": {"", deployment("staging", shares(older, 100)) + deployment("production", shares(older, 100))},
		"overwrite": {
			deployment("staging", shares(older, 100)),
			deployment("staging", shares(older, 100)) + deployment("production", shares(older, 100), "allow_overwrite = true"),
		},
		"built-at-10": {
			deployment("staging", shares(older, 100)) + deployment("production", shares(older, 100)),
			published + deployment("staging", shares("esa_routine_code_version.next.code_version", 100)) +
				deployment("production", shares(older, 90, "esa_routine_code_version.next.code_version", 10)),
		},
		"built-at-100": {
			deployment("staging", shares(older, 100)) + deployment("production", shares(older, 100)),
			published + deployment("staging", shares("esa_routine_code_version.next.code_version", 100)) +
				deployment("production", shares("esa_routine_code_version.next.code_version", 100)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			simulator.AddRoutine("hello")
			for _, version := range []string{older, newer, newest} {
				simulator.AddCodeVersion("hello", version)
			}
			if name == "overwrite" {
				simulator.Deploy("hello", esasim.Production, esasim.Share{CodeVersion: newest, Percentage: 100})
			}
			terraform := simulator.Workspace(t)
			if test.before != "" {
				terraform.Configure(test.before)
				run(t, terraform, 0, "apply", "-auto-approve")
			}
			terraform.Configure(test.after)
			run(t, terraform, 0, "plan", "-out=saved")
			got := stablePlan(t, run(t, terraform, 0, "show", "-json", "saved"))
			file := filepath.Join("policy", "plans", name+".json")
			golden.Compare(t, file, string(got))
		})
	}
}

// stablePlan is the part of a plan that policies read, without what differs from run to run.
func stablePlan(t *testing.T, output string) []byte {
	t.Helper()
	_, output, _ = strings.Cut(output, `{"format_version"`)
	var plan struct {
		Changes []map[string]any `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(`{"format_version"`+output), &plan); err != nil {
		t.Fatal(err)
	}
	for _, resource := range plan.Changes {
		delete(resource, "provider_name")
		change := resource["change"].(map[string]any)
		for _, name := range []string{"before_identity", "after_identity"} {
			delete(change, name)
		}
		for _, name := range []string{"before", "after"} {
			if values, ok := change[name].(map[string]any); ok {
				delete(values, "create_time")
				delete(values, "deployment_id")
			}
		}
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(plan); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}
