package deployment_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
	"terraform-provider-esa/internal/provider/acceptance"
)

// phase is a moment in the life of a release at which the API misbehaves.
type phase struct {
	name      string
	operation string
	// update tells whether the fault falls into a change of an existing release instead of its creation.
	update bool
	// unchanged is a refresh without any change.
	unchanged bool
	// afterWrite lets the fault begin with the deployment and not before.
	afterWrite bool
}

var phases = []phase{
	{name: "plan", operation: "GetRoutine"},
	{name: "plan: versions", operation: "GetRoutineCodeVersionInfo"},
	{name: "create", operation: "CreateRoutineCodeDeployment"},
	{name: "wait after create", operation: "GetRoutine", afterWrite: true},
	{name: "read", operation: "GetRoutine", update: true, unchanged: true},
	{name: "update", operation: "CreateRoutineCodeDeployment", update: true},
	{name: "wait after update", operation: "GetRoutine", update: true, afterWrite: true},
}

// refused is what the faults that no repetition heals come to: the text of the error.
var refused = map[esasim.Fault]string{
	esasim.ChosenError: `may not do this. What to do: Grant its RAM user or role the action esa:`,
	esasim.Redirect:    `redirects to`,
}

// TestAccFaultMatrix puts every fault of the simulator, twice in a row, into every phase. Either everything comes right
// by itself with one deployment a change, or there is an error that says what happened and the state is as it was.
func TestAccFaultMatrix(t *testing.T) {
	t.Parallel()
	var (
		mutex   sync.Mutex
		results = map[string]string{}
	)
	t.Cleanup(func() { t.Log("\n" + matrix(results)) })
	for _, fault := range esasim.Faults() {
		for _, phase := range phases {
			if !fault.Hits(phase.operation) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", fault, phase.name), func(t *testing.T) {
				t.Parallel()
				outcome := "FAILED"
				defer func() {
					mutex.Lock()
					defer mutex.Unlock()
					results[string(fault)+"/"+phase.name] = outcome
				}()
				outcome = runFault(t, fault, phase)
			})
		}
	}
}

// runFault runs one cell of the matrix and says how it ended.
func runFault(t *testing.T, fault esasim.Fault, phase phase) string {
	simulator := simulate(t)
	simulator.Options = append(simulator.Options, provider.WithRetryPolicy(quick()))
	before, after := release(shares(share(stable, 100))), release(shares(share(stable, 90), share(candidate, 10)))
	if phase.unchanged {
		after = before
	}
	inject := func() {
		rule := esasim.Rule{Operation: phase.operation, Fault: fault, Times: 2}
		if fault == esasim.Slow {
			rule.Delay = 20 * time.Millisecond
		}
		if !phase.afterWrite {
			simulator.Inject(rule)
			return
		}
		simulator.Inject(esasim.Rule{
			Operation: "CreateRoutineCodeDeployment", Fault: esasim.NoFault, Times: 1,
			Then: func() { simulator.Inject(rule) },
		})
	}
	steps := []resource.TestStep{}
	config, changes := before, 1
	if phase.update {
		steps = append(steps, resource.TestStep{Config: simulator.Config(before)})
		config = after
	}
	if phase.update && !phase.unchanged {
		changes = 2
	}
	want, outcome := refused[fault], "recovers"
	if phase.operation == "GetRoutineCodeVersionInfo" && fault == esasim.ChosenError {
		want, outcome = "", "check skipped"
	}
	if want != "" {
		outcome = "named error"
		// What failed must not have harmed the state: the same configuration goes through once the fault is over.
		steps = append(steps, resource.TestStep{PreConfig: inject, Config: simulator.Config(config), ExpectError: loosely(want)})
		inject = simulator.ClearFaults
	}
	steps = append(steps, resource.TestStep{
		PreConfig: inject, Config: simulator.Config(config),
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, attribute("code_versions"), codeVersions(expectedVersions(config, after)...)),
		},
	})
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: simulator.Factories(), Steps: steps})
	if got := len(simulator.Deployments(routine, "production")); got != changes {
		t.Errorf("ESA has made %d deployments, want %d", got, changes)
	}
	if simulator.Count(phase.operation) == 0 {
		t.Errorf("%s was never called, so this cell tests nothing", phase.operation)
	}
	return outcome
}

// quick is the policy of the tests with attempts short enough to sit out a call that hangs.
func quick() esa.RetryPolicy {
	policy := acceptance.RetryPolicy
	policy.AttemptTimeout = time.Second
	return policy
}

func expectedVersions(config, after string) []any {
	if config == after && strings.Contains(config, candidate) {
		return []any{stable, 90, candidate, 10}
	}
	return []any{stable, 100}
}

// matrix draws the results as a table.
func matrix(results map[string]string) string {
	var table strings.Builder
	row := func(name string, cell func(phase) string) {
		fmt.Fprintf(&table, "| %-24s |", name)
		for _, phase := range phases {
			fmt.Fprintf(&table, " %-17s |", cell(phase))
		}
		table.WriteString("\n")
	}
	row("fault", func(phase phase) string { return phase.name })
	row(strings.Repeat("-", 24), func(phase) string { return strings.Repeat("-", 17) })
	faults := esasim.Faults()
	for _, fault := range slices.DeleteFunc(faults, func(fault esasim.Fault) bool { return !fault.Hits("GetRoutine") }) {
		row(string(fault), func(phase phase) string {
			if result, ok := results[string(fault)+"/"+phase.name]; ok {
				return result
			}
			return "cannot happen"
		})
	}
	return table.String()
}
