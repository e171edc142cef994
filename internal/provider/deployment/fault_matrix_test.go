package deployment_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// phase is a moment in the life of a release at which the API misbehaves.
type phase struct {
	name      string
	operation string
	// update tells whether the fault falls into a change of an existing release instead of its creation.
	update bool
	// unchanged is a refresh without any change.
	unchanged bool
	// saved lets the fault begin with the apply of a saved plan, so that it meets the look before the write.
	saved bool
	// afterWrite lets the fault begin with the deployment and not before.
	afterWrite bool
}

var phases = []phase{
	{name: "plan", operation: "GetRoutine"},
	{name: "plan: versions", operation: "GetRoutineCodeVersionInfo"},
	{name: "create", operation: "CreateRoutineCodeDeployment"},
	{name: "wait after create", operation: "GetRoutine", afterWrite: true},
	{name: "read", operation: "GetRoutine", update: true, unchanged: true},
	{name: "look", operation: "GetRoutine", update: true, saved: true},
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
	terraform := simulator.Workspace(t)
	apply := []string{"apply", "-auto-approve"}
	changes, live := 1, all(stable)
	terraform.Configure(release(shares(share(stable, 100))))
	if phase.update {
		acceptance.Expect(t, "the apply before", terraform.Run(apply...), 0)
	}
	if phase.update && !phase.unchanged {
		terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
		changes, live = 2, esaShares(stable, 90, candidate, 10)
	}
	rule := esasim.Rule{Operation: phase.operation, Fault: fault, Times: 2}
	if fault == esasim.Slow {
		rule.Delay = 20 * time.Millisecond
	}
	if phase.saved {
		acceptance.Expect(t, "the plan before", terraform.Run("plan", "-out=saved"), 0)
		apply = []string{"apply", "saved"}
	}
	simulator.ResetLog()
	if phase.afterWrite && fault != esasim.Stale { // which hits nothing before a write that it has seen
		simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.NoFault, Times: 1, Then: func() { simulator.Inject(rule) }})
	} else {
		simulator.Inject(rule)
	}

	want, outcome := refused[fault], "recovers"
	if phase.operation == "GetRoutineCodeVersionInfo" && fault == esasim.ChosenError {
		want, outcome = "", "check skipped"
	}
	if want != "" {
		outcome = "named error"
		acceptance.Expect(t, "the apply under the fault", terraform.Run(apply...), 1, want)
		simulator.ClearFaults()
		apply = []string{"apply", "-auto-approve"}
		// What failed must not have harmed the state: the same configuration goes through once the fault is over.
	}
	acceptance.Expect(t, "the apply", terraform.Run(apply...), 0)
	expectLive(t, simulator, live, changes)
	acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
	if deployed, _ := simulator.Live(routine, "production"); fault != esasim.OtherDeployIDs && !strings.Contains(terraform.State(), `"`+deployed.ID+`"`) {
		t.Errorf("the state does not have deployment %s:\n%s", deployed.ID, terraform.State())
	}
	hit := slices.ContainsFunc(simulator.Calls(), func(call esasim.Call) bool {
		return call.Operation == phase.operation && slices.Contains(call.Faults, fault)
	})
	switch {
	case fault == esasim.Stale && phase.unchanged:
		outcome = "cannot happen" // nothing was written that an answer could lag behind
	case !hit:
		t.Errorf("no call of %s met the fault, so this cell tests nothing", phase.operation)
	}
	return outcome
}

// quick is the policy of the tests with attempts short enough to sit out a call that hangs.
func quick() esa.RetryPolicy {
	policy := acceptance.RetryPolicy
	policy.AttemptTimeout = time.Second
	// A busy machine takes long over an answer of more than 8 MiB; that is no wrong address.
	policy.UnreachableFor = time.Minute
	return policy
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
