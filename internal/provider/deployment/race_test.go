package deployment_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccDeploymentTwoRunsAtOnce has two pipelines plan two changes of one environment and apply both, the second in the very
// moment in which the first has deployed. The second must not overwrite what it has not seen.
func TestAccDeploymentTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	simulator, first := workspace(t)
	second := simulator.Workspace(t)
	first.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", first.Run("apply", "-auto-approve"), 0)
	second.Configure("import {\n  to = " + address + "\n  id = \"hello:production\"\n}\n" + release(shares(share(stable, 100))))
	acceptance.Expect(t, "import", second.Run("apply", "-auto-approve"), 0)

	first.Configure(release(shares(share(candidate, 100))))
	acceptance.Expect(t, "first plan", first.Run("plan", "-out=saved"), 0)
	second.Configure(release(shares(share(third, 100))))
	acceptance.Expect(t, "second plan", second.Run("plan", "-out=saved"), 0)

	var loser acceptance.Result
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.NoFault, Times: 1, Then: func() {
		loser = second.Run("apply", "saved")
	}})
	acceptance.Expect(t, "the winner's apply", first.Run("apply", "saved"), 0)
	acceptance.Expect(t, "the loser's apply", loser, 1, "Environment changed since it was planned", "current:  100% "+candidate)
	expectLive(t, simulator, all(candidate), 2)
	acceptance.Expect(t, "the loser's next plan", second.Run("plan", "-detailed-exitcode"), 2, "1 to change")
}

// TestAccDeploymentRunsThatReallyRace lets two applies run into each other without any order. Whoever writes last, no one who
// reported success may have been wrong at that moment, and both see the truth in their next plan.
func TestAccDeploymentRunsThatReallyRace(t *testing.T) {
	t.Parallel()
	simulator, first := installed(t)
	second := acceptance.NewWorkspace(t, simulator.Environment()...)
	runs := []*acceptance.Workspace{first, second}
	for _, run := range runs {
		run.Configure(release(shares(share(stable, 100))))
		acceptance.Expect(t, "first apply", run.Run("apply", "-auto-approve"), 0)
	}
	versions := []string{candidate, third}
	var commands []*acceptance.Command
	for index, run := range runs {
		run.Configure(release(shares(share(versions[index], 100))))
		commands = append(commands, run.Start(nil, "apply", "-auto-approve"))
	}
	succeeded := 0
	for _, command := range commands {
		result := command.Wait()
		if result.ExitCode == 0 {
			succeeded++
			continue
		}
		if !acceptance.Loosely("Environment changed since it was planned").MatchString(result.Output) && !acceptance.Loosely("Someone else has deployed in the meantime").MatchString(result.Output) {
			t.Errorf("the apply that failed does not say that someone else deployed:\n%s", result.Output)
		}
	}
	if succeeded == 0 {
		t.Error("both applies failed, want at least one that went through")
	}
	live, _ := simulator.Live(routine, "production")
	for index, run := range runs {
		want := 2
		if live.Shares[0].CodeVersion == versions[index] {
			want = 0
		}
		acceptance.Expect(t, fmt.Sprintf("plan of run %d", index), run.Run("plan", "-detailed-exitcode"), want)
	}
	if made := len(simulator.Deployments(routine, "production")); made > 3 {
		t.Errorf("%d deployments, want at most 3", made)
	}
}

// TestAccDeploymentBothEnvironmentsUnderALock applies both environments of a routine in parallel while ESA serialises writes.
func TestAccDeploymentBothEnvironmentsUnderALock(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.LockFailed, Times: 2})
	terraform.Configure(release(shares(share(stable, 100))) +
		strings.Replace(releaseTo("staging", shares(share(stable, 100))), `"test"`, `"staging"`, 1))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "2 added")
	for _, env := range []string{"staging", "production"} {
		if made := len(simulator.Deployments(routine, env)); made != 1 {
			t.Errorf("%d deployments to %s, want 1", made, env)
		}
	}
	acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
}

// TestAccDeploymentRollbackAfterALostAnswer has on call deploy the former split again after an update took effect whose answer was
// lost. The split is the one that was planned to be replaced, and the deployment is someone else's.
func TestAccDeploymentRollbackAfterALostAnswer(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 100))))
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.ResetAfter, Times: 1, Then: func() {
		simulator.Deploy(routine, "production", all(stable)...)
	}})
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Environment changed since it was planned",
		"ESA did not answer an attempt to deploy the planned split. If it took effect, it has been replaced since.")
	expectLive(t, simulator, all(stable), 2)
}

// TestAccDeploymentSameSplitDeployedAgain has someone else deploy the very split that a saved plan replaces: they may have tried
// another one in between, and mean it.
func TestAccDeploymentSameSplitDeployedAgain(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 100))))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0)
	simulator.Deploy(routine, "production", all(stable)...)
	acceptance.Expect(t, "apply of the saved plan", terraform.Run("apply", "saved"), 1, "Environment changed since it was planned")
	expectLive(t, simulator, all(stable), 1)
}
