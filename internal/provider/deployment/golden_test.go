package deployment_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/golden"
)

// goldenChange is a change whose plan is kept in testdata/plans: as a person reads it in NAME.txt, and the traffic that a
// policy reads of it in NAME.json.
type goldenChange struct {
	// before is applied, and so prepares what is changed; empty for nothing.
	before string
	// outside is what someone else does then.
	outside func(*esasim.Server)
	after   string
	// withoutRoutine leaves the routine to the configuration.
	withoutRoutine bool
}

// built is a version that is built in the apply which releases it, beside the stable one, at a percentage.
func built(percentage int) string {
	return fmt.Sprintf(`resource "esa_routine_code_version" "next" {
  name = %[1]q
  code = "export default {}"
}

resource "esa_routine_code_deployment" "test" {
  name          = %[1]q
  env           = "production"
  code_versions = provider::esa::canary(%[2]q, esa_routine_code_version.next.code_version, %[3]d)
}
`, routine, stable, percentage)
}

var goldenChanges = map[string]goldenChange{
	"first-release": {
		withoutRoutine: true,
		after: fmt.Sprintf(`resource "esa_routine" "test" {
  name = %q
}

resource "esa_routine_code_version" "test" {
  name = esa_routine.test.name
  code = "export default {}"
}

resource "esa_routine_code_deployment" "test" {
  name          = esa_routine.test.name
  env           = "production"
  code_versions = [{ code_version = esa_routine_code_version.test.code_version, percentage = 100 }]
}
`, routine),
	},
	"shift": {
		before: release(shares(share(stable, 90), share(candidate, 10))),
		after:  release(shares(share(stable, 50), share(candidate, 50))),
	},
	"promote": {
		before: release(shares(share(stable, 50), share(candidate, 50))),
		after:  release(shares(share(candidate, 100))),
	},
	"roll-back": {
		before: release(shares(share(stable, 90), share(candidate, 10))),
		after:  release(shares(share(stable, 100))),
	},
	"swap": {
		before: release(shares(share(stable, 100))),
		after:  release(shares(share(candidate, 100))),
	},
	"reorder": {
		before: release(shares(share(stable, 90), share(candidate, 10))),
		after:  release(shares(share(candidate, 10), share(stable, 90))),
	},
	"built-at-0":   {before: release(shares(share(stable, 100))), after: built(0)},
	"built-at-10":  {before: release(shares(share(stable, 100))), after: built(10)},
	"built-at-100": {before: release(shares(share(stable, 100))), after: built(100)},
	"adoption": {
		outside: func(simulator *esasim.Server) {
			simulator.Deploy(routine, esasim.Production, esaShares(stable, 90, candidate, 10)...)
		},
		after: release(shares(share(stable, 90), share(candidate, 10))),
	},
	"outside-change": {
		before: release(shares(share(stable, 50), share(candidate, 50))),
		outside: func(simulator *esasim.Server) {
			simulator.Deploy(routine, esasim.Production, all(stable)...)
		},
		after: release(shares(share(candidate, 100))),
	},
}

// TestAccDeploymentGoldenPlans compares plans with testdata/plans. Whoever changes one of these files reads it as someone on call
// who has never seen this provider: does it say which version will serve how much?
func TestAccDeploymentGoldenPlans(t *testing.T) {
	t.Parallel()
	for name, change := range goldenChanges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := time.Date(2024, 8, 20, 12, 0, 0, 0, time.UTC)
			// The times and the ids of deployments follow the clock.
			simulator := acceptance.Simulate(t, esasim.WithClock(func() time.Time { return at }))
			if !change.withoutRoutine {
				seeded(simulator.Server)
			}
			terraform := simulator.Workspace(t)
			run := func(arguments ...string) string {
				t.Helper()
				result := terraform.Run(arguments...)
				if result.ExitCode != 0 {
					t.Fatalf("%s ended with exit code %d:\n%s", arguments[0], result.ExitCode, result.Output)
				}
				return result.Output
			}
			if change.before != "" {
				terraform.Configure(change.before)
				run("apply", "-auto-approve")
			}
			if change.outside != nil {
				change.outside(simulator.Server)
			}
			terraform.Configure(change.after)
			text := readable(run("plan", "-out=saved"))
			golden.Compare(t, textFile(name, text, strings.Contains(run("version"), "OpenTofu v")), text)
			golden.Compare(t, planFile(name+".json"), plannedTraffic(t, run("show", "-json", "saved")))
		})
	}
}

// textFile is the file that keeps a plan: NAME.txt, or NAME.tofu.txt where OpenTofu prints something else.
func textFile(name, text string, isOpenTofu bool) string {
	common, own := planFile(name+".txt"), planFile(name+".tofu.txt")
	if !isOpenTofu {
		return common
	}
	_, err := os.Stat(own)
	kept, _ := os.ReadFile(common)
	if err == nil || golden.Updating() && string(kept) != text {
		return own
	}
	return common
}

func planFile(name string) string { return filepath.Join("..", "testdata", "plans", name) }

var (
	opening     = regexp.MustCompile(`(?s)^\s*(?:Terraform|OpenTofu) used the selected providers.*?symbols:`)
	overrides   = regexp.MustCompile(`(?s)\s*Warning: Provider development overrides are in effect.*?published\s+releases\.\n`)
	progress    = regexp.MustCompile(`(?m)^\S+: (?:Refreshing state|Reading|Read complete|Still reading)\b.*\n`)
	savedTo     = regexp.MustCompile(`(?s)\n─+\n\n?Saved the plan to: .*`)
	blankLines  = regexp.MustCompile(`\n{3,}`)
	lineEndings = regexp.MustCompile(`(?m)[ \t]+$`)
)

// readable is the output of a plan without what comes from the test and not from the change, and in the words of
// Terraform where OpenTofu says the same.
func readable(output string) string {
	for _, frame := range []*regexp.Regexp{overrides, progress, savedTo, lineEndings} {
		output = frame.ReplaceAllString(output, "")
	}
	output = opening.ReplaceAllString(output, "Resource actions are indicated with the following symbols:")
	output = strings.NewReplacer("OpenTofu ", "Terraform ", "update in-place (current -> planned)", "update in-place").Replace(output)
	return strings.TrimSpace(blankLines.ReplaceAllString(output, "\n\n")) + "\n"
}

// plannedTraffic is what a plan says of the traffic of each deployment.
func plannedTraffic(t *testing.T, output string) string {
	t.Helper()
	var plan struct {
		Changes []struct {
			Address string `json:"address"`
			Type    string `json:"type"`
			Change  struct {
				Actions []string                   `json:"actions"`
				Before  map[string]json.RawMessage `json:"before"`
				After   map[string]json.RawMessage `json:"after"`
				Unknown map[string]json.RawMessage `json:"after_unknown"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(output), &plan); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	type planned struct {
		Address       string          `json:"address"`
		Actions       []string        `json:"actions"`
		TrafficBefore json.RawMessage `json:"traffic_before"`
		TrafficAfter  json.RawMessage `json:"traffic_after"`
		// KnownAfterApply is true if traffic_after is not known yet.
		KnownAfterApply bool `json:"known_after_apply"`
	}
	result := []planned{}
	for _, change := range plan.Changes {
		if change.Type == "esa_routine_code_deployment" {
			result = append(result, planned{
				change.Address, change.Change.Actions, change.Change.Before["traffic"], change.Change.After["traffic"],
				string(change.Change.Unknown["traffic"]) == "true",
			})
		}
	}
	content, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(content) + "\n"
}
