package deployment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// phase is a moment in the life of a release at which the API fails.
type phase struct {
	name      string
	operation string
	// update reports whether the fault falls into a change of an existing release instead of its creation.
	update bool
	// unchanged is a refresh without any change.
	unchanged bool
	// saved lets the fault begin with the apply of a saved plan, so that it meets the read before the write.
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
	{name: "read", operation: "GetRoutine", update: true, saved: true},
	{name: "update", operation: "CreateRoutineCodeDeployment", update: true},
	{name: "wait after update", operation: "GetRoutine", update: true, afterWrite: true},
}

// refused is what the faults that no repetition heals come to: the text of the error.
var refused = map[esasim.Fault]string{
	esasim.ChosenError: `has no permission for this operation. What to do: grant its RAM user or role the action esa:`,
	esasim.Redirect:    `redirects to`,
}

// TestAccDeploymentFaults puts every fault of the simulator, twice in a row, into one phase each of a release by a real
// Terraform; TestDeploymentLife puts each into every call. Either everything comes right without help with one deployment a
// change, or there is an error that says what happened and the state is as it was.
func TestAccDeploymentFaults(t *testing.T) {
	t.Parallel()
	for number, fault := range esasim.Faults() {
		possible := slices.DeleteFunc(slices.Clone(phases), func(phase phase) bool { return !fault.Hits(phase.operation) })
		if len(possible) == 0 {
			continue
		}
		phase := possible[number%len(possible)]
		t.Run(fmt.Sprintf("%s/%s", fault, phase.name), func(t *testing.T) {
			t.Parallel()
			runFault(t, fault, phase)
		})
	}
}

// runFault runs one cell of the matrix.
func runFault(t *testing.T, fault esasim.Fault, phase phase) {
	t.Helper()
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

	want := refused[fault]
	if phase.operation == "GetRoutineCodeVersionInfo" && fault == esasim.ChosenError {
		want = "" // the check is skipped
	}
	if want != "" {
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
	// A refresh without a change has no write that an answer could lag behind.
	if !hit && (fault != esasim.Stale || !phase.unchanged) {
		t.Errorf("no call of %s met the fault, so this cell tests nothing", phase.operation)
	}
}

// quick is the policy of the tests with attempts short enough to sit out a call that hangs.
func quick() esa.RetryPolicy {
	policy := acceptance.RetryPolicy
	policy.AttemptTimeout = time.Second
	// A busy machine takes long over an answer of more than 8 MiB; that is no wrong address.
	policy.UnreachableFor = time.Minute
	return policy
}
