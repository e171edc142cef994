// Package gitops_test makes the plans that traffic-split.mjs is tested with, and holds the example's configuration and
// pipelines against the provider.
package gitops_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

var update = flag.Bool("update", false, "write testdata/*.json anew from the plans that Terraform makes; then: UPDATE=1 make gitops-test")

const (
	first  = "1723599747213377175"
	second = "1724031912836413459"
	third  = "1724118312836413501"
)

// TestAccPlans holds testdata/*.json against the plans that a real Terraform makes with the provider as it is.
func TestAccPlans(t *testing.T) {
	t.Parallel()
	t.Run("release", func(t *testing.T) {
		t.Parallel()
		simulator, terraform := workspace(t, "hello")
		simulator.Deploy("hello", "production", split(first, 90, second, 10)...)
		terraform.Configure(release("hello", "production", split(first, 90, second, 10)))
		run(t, terraform, 0, "apply", "-auto-approve")
		check(t, terraform, "no-changes", 0)
		terraform.Configure(release("hello", "production", split(first, 50, second, 50)))
		check(t, terraform, "release", 0)
		simulator.Deploy("hello", "production", split(first, 70, third, 30)...)
		check(t, terraform, "drift", 0)
		terraform.Configure(strings.Replace(release("hello", "production", split(first, 90, second, 10)), "}\n", "  lifecycle { ignore_changes = [code_versions] }\n}\n", 1))
		check(t, terraform, "drift-ignored", 0)
		simulator.Withdraw("hello", "production")
		check(t, terraform, "drift-withdrawn", 0)
		terraform.Configure(release("hello", "production", split("1111111111111111111", 100)))
		check(t, terraform, "errored", 1)
	})
	t.Run("everything", func(t *testing.T) {
		t.Parallel()
		acceptance.SkipOpenTofuBefore(t, 10, "removed block with destroy = false")
		simulator, terraform := workspace(t, "api", "blog", "cart", "docs", "hello", "news", "shop", "wiki")
		for _, routine := range []string{"blog", "cart", "hello", "news", "shop"} {
			simulator.Deploy(routine, "staging", split(first, 100)...)
			simulator.Deploy(routine, "production", split(first, 90, second, 10)...)
		}
		simulator.Deploy("hello", "staging", split(first, 60, second, 40)...)
		simulator.Deploy("docs", "staging", split(first, 100)...)
		simulator.Deploy("wiki", "production", split(first, 100)...)
		terraform.Configure(before)
		folder := filepath.Join(filepath.Dir(terraform.Write("versions.tf", "")), "routine")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		terraform.Write("routine/main.tf", module)
		run(t, terraform, 0, "get")
		run(t, terraform, 0, "apply", "-auto-approve")
		simulator.Deploy("api", "staging", split(third, 100)...)
		terraform.Configure(after)
		check(t, terraform, "everything", 0)
	})
}

// module is what before and after use for the routine blog.
const module = `
terraform {
  required_providers {
    esa = { source = "registry.terraform.io/edge-routines/esa" }
  }
}

variable "split" { type = map(number) }

resource "esa_routine_code_deployment" "production" {
  name          = "blog"
  env           = "production"
  code_versions = [for code_version, percentage in var.split : { code_version = code_version, percentage = percentage }]
}
`

// before is applied, and after is planned then: one change of each kind.
var (
	before = resource("shifted", "hello", "production", split(first, 90, second, 10)) +
		resource("reordered", "hello", "staging", split(first, 60, second, 40)) +
		resource("deleted", "shop", "production", split(first, 90, second, 10)) +
		resource("forgotten", "shop", "staging", split(first, 100)) +
		resource("replaced", "docs", "staging", split(first, 100)) +
		resource("unknown_version", "news", "production", split(first, 90, second, 10)) +
		resource("unknown_split", "news", "staging", split(first, 100)) +
		resource("secret", "wiki", "production", split(first, 100)) +
		resource("old_name", "blog", "staging", split(first, 100)) +
		fmt.Sprintf("module \"blog\" {\n  source   = \"./routine\"\n  for_each = toset([\"a|b `c`\"])\n  split    = { %q = 90, %q = 10 }\n}\n", first, second)

	after = resource("shifted", "hello", "production", split(first, 50, second, 50)) +
		resource("reordered", "hello", "staging", split(second, 40, first, 60)) +
		"removed {\n  from = esa_routine_code_deployment.forgotten\n  lifecycle { destroy = false }\n}\n" +
		resource("replaced", "docs", "production", split(second, 100)) +
		"resource \"terraform_data\" \"next\" { input = \"" + third + "\" }\n" +
		"resource \"terraform_data\" \"share\" { input = 25 }\n" +
		body("unknown_version", "news", "production", fmt.Sprintf("{ code_version = %q, percentage = 90 }, { code_version = terraform_data.next.output, percentage = 10 }", first)) +
		body("unknown_split", "news", "staging", fmt.Sprintf("{ code_version = %q, percentage = 100 - terraform_data.share.output }, { code_version = %q, percentage = terraform_data.share.output }", first, third)) +
		"variable \"secret\" {\n  default   = \"" + second + "\"\n  sensitive = true\n}\n" +
		body("secret", "wiki", "production", fmt.Sprintf("{ code_version = %q, percentage = 80 }, { code_version = var.secret, percentage = 20 }", first)) +
		"moved {\n  from = esa_routine_code_deployment.old_name\n  to   = esa_routine_code_deployment.new_name\n}\n" +
		resource("new_name", "blog", "staging", split(first, 100)) +
		fmt.Sprintf("module \"blog\" {\n  source   = \"./routine\"\n  for_each = toset([\"a|b `c`\"])\n  split    = { %q = 99, %q = 1 }\n}\n", first, third) +
		resource("created", "api", "production", split(first, 100)) +
		resource("overwriting", "api", "staging", split(second, 100), "allow_overwrite = true") +
		resource("imported", "cart", "staging", split(first, 100)) + importing("imported", "cart:staging") +
		resource("imported_and_shifted", "cart", "production", split(first, 80, second, 20)) + importing("imported_and_shifted", "cart:production")
)

func importing(label, id string) string {
	return fmt.Sprintf("import {\n  to = esa_routine_code_deployment.%s\n  id = %q\n}\n", label, id)
}

func release(name, env string, shares []esasim.Share) string {
	return resource("production", name, env, shares)
}

func resource(label, name, env string, shares []esasim.Share, more ...string) string {
	var elements []string
	for _, share := range shares {
		elements = append(elements, fmt.Sprintf("{ code_version = %q, percentage = %d }", share.CodeVersion, share.Percentage))
	}
	return body(label, name, env, strings.Join(elements, ", "), more...)
}

func body(label, name, env, codeVersions string, more ...string) string {
	return fmt.Sprintf("resource \"esa_routine_code_deployment\" %q {\n  name = %q\n  env = %q\n  code_versions = [%s]\n%s\n}\n",
		label, name, env, codeVersions, strings.Join(more, "\n"))
}

// split is split(version, percentage, version, percentage).
func split(pairs ...any) []esasim.Share {
	var shares []esasim.Share
	for index := 0; index < len(pairs); index += 2 {
		shares = append(shares, esasim.Share{CodeVersion: pairs[index].(string), Percentage: pairs[index+1].(int)})
	}
	return shares
}

// workspace returns a simulator with routines of three versions and a workspace that uses it. Its clock stands still, so
// that the ids of deployments, which follow it, are the same in each run.
func workspace(t *testing.T, routines ...string) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	noon := time.Date(2024, 8, 20, 12, 0, 0, 0, time.UTC)
	simulator := acceptance.Simulate(t, esasim.WithClock(func() time.Time { return noon }))
	for _, routine := range routines {
		simulator.AddRoutine(routine)
		for _, version := range []string{first, second, third} {
			simulator.AddCodeVersion(routine, version)
		}
	}
	return simulator, acceptance.NewWorkspace(t, simulator.Environment()...)
}

func run(t *testing.T, terraform *acceptance.Workspace, exitCode int, arguments ...string) string {
	t.Helper()
	result := terraform.Run(arguments...)
	if result.ExitCode != exitCode {
		t.Fatalf("%s ended with exit code %d, want %d:\n%s", arguments[0], result.ExitCode, exitCode, result.Output)
	}
	return result.Output
}

// plan is what traffic-split.mjs reads of a plan. The rest, such as the whole configuration, differs between engines.
type plan struct {
	FormatVersion   string   `json:"format_version"`
	Errored         bool     `json:"errored"`
	ResourceDrift   []change `json:"resource_drift,omitempty"`
	ResourceChanges []change `json:"resource_changes,omitempty"`
}

type change struct {
	Address         string `json:"address"`
	PreviousAddress string `json:"previous_address,omitempty"`
	ModuleAddress   string `json:"module_address,omitempty"`
	Mode            string `json:"mode"`
	Type            string `json:"type"`
	Deposed         string `json:"deposed,omitempty"`
	Change          struct {
		Actions         []string `json:"actions"`
		Before          any      `json:"before"`
		After           any      `json:"after"`
		AfterUnknown    any      `json:"after_unknown,omitempty"`
		BeforeSensitive any      `json:"before_sensitive,omitempty"`
		AfterSensitive  any      `json:"after_sensitive,omitempty"`
		Importing       any      `json:"importing,omitempty"`
	} `json:"change"`
}

// check makes a plan and compares it with the one in testdata.
func check(t *testing.T, terraform *acceptance.Workspace, name string, exitCode int) {
	t.Helper()
	run(t, terraform, exitCode, "plan", "-out="+name)
	made := parse(t, run(t, terraform, 0, "show", "-json", name))
	file := filepath.Join("testdata", name+".json")
	if *update {
		content, err := json.MarshalIndent(made, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(content, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parse(t, string(kept)), made); diff != "" {
		t.Errorf("%s is not what Terraform plans (-file +plan); after a change of the provider: go test ./examples/gitops -update\n%s", file, diff)
	}
}

func parse(t *testing.T, text string) plan {
	t.Helper()
	var parsed plan
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return parsed
}
