package routine_test

import (
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccRoutineSavedDestroyPlan has someone else change a routine between a plan to destroy it and the apply of that plan.
// What was not there when it was planned stays.
func TestAccRoutineSavedDestroyPlan(t *testing.T) {
	t.Parallel()
	const version = "1723599747213377175"
	deploy := func(simulator *acceptance.Simulated) {
		simulator.Deploy("hello", esasim.Production, esasim.Share{CodeVersion: version, Percentage: 100})
	}
	for name, test := range map[string]struct {
		before, between func(*acceptance.Simulated)
		exit            int
		texts           []string
	}{
		"nothing happened":                {exit: 0},
		"it served, and nothing happened": {before: deploy, exit: 0},
		"it began to serve": {between: deploy, exit: 1,
			texts: []string{"Routine changed since it was planned", "serves a deployment that it did not serve", "production: 100% " + version}},
		"it was deployed again": {before: deploy, between: deploy, exit: 1,
			texts: []string{"Routine changed since it was planned"}},
		"it was deleted": {between: func(simulator *acceptance.Simulated) { simulator.RemoveRoutine("hello") }, exit: 0},
		"it was created anew": {between: func(simulator *acceptance.Simulated) {
			simulator.RemoveRoutine("hello")
			simulator.AddRoutine("hello")
		}, exit: 1, texts: []string{"Routine changed since it was planned", "was deleted and created again"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The clock of ESA moves on by ten minutes before someone else acts: it counts in seconds, and Terraform is faster.
			var later atomic.Int64
			simulator, terraform := workspace(t, esasim.WithClock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }))
			terraform.Configure(named("hello"))
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
			simulator.AddCodeVersion("hello", version)
			if test.before != nil {
				test.before(simulator)
			}
			acceptance.Expect(t, "plan to destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
			if test.between != nil {
				later.Store(int64(10 * time.Minute))
				test.between(simulator)
			}
			acceptance.Expect(t, "apply of the saved plan", terraform.Run("apply", "saved"), test.exit, test.texts...)
			if calls := simulator.Count("DeleteRoutine"); test.exit != 0 && calls != 0 {
				t.Errorf("%d calls of DeleteRoutine, want none", calls)
			}
		})
	}
}
