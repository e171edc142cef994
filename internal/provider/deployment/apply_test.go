package deployment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// workspace returns a simulator with the routine and a workspace that uses it.
func workspace(t *testing.T) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := simulate(t)
	return simulator, simulator.Workspace(t)
}

// installed is workspace with the provider as a process of its own, which is started for each command, stopped and killed.
func installed(t *testing.T) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := simulate(t)
	return simulator, acceptance.NewWorkspace(t, simulator.Environment()...)
}

// expectLive checks what production serves and how many deployments the API has made.
func expectLive(t *testing.T, simulator *acceptance.Simulated, want []esasim.Share, made int) {
	t.Helper()
	live, _ := simulator.Live(routine, "production")
	if len(live.Shares) != len(want) {
		t.Fatalf("live is %v, want %v", live.Shares, want)
	}
	for index := range want {
		if live.Shares[index] != want[index] {
			t.Errorf("live is %v, want %v", live.Shares, want)
		}
	}
	byAPI := 0
	for _, deployment := range simulator.Deployments(routine, "production") {
		if deployment.ByAPI {
			byAPI++
		}
	}
	if byAPI != made {
		t.Errorf("ESA has made %d deployments for Terraform, want %d", byAPI, made)
	}
}

// TestAccDeploymentSavedCreatePlan applies a saved create over a deployment that is younger than the plan.
func TestAccDeploymentSavedCreatePlan(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0, "Plan: 1 to add")
	simulator.Deploy(routine, "production", all(third)...)
	acceptance.Expect(t, "apply", terraform.Run("apply", "saved"), 1,
		"Environment already serves another split", "current: 100% "+third, "planned: 100% "+stable, "100% of the traffic")
	expectLive(t, simulator, all(third), 0)
}

// TestAccDeploymentSavedUpdatePlan applies a saved update over a deployment that is younger than the plan.
func TestAccDeploymentSavedUpdatePlan(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0, "~ percentage = 100 -> 90", "0 to add, 1 to change, 0 to destroy")
	simulator.Deploy(routine, "production", all(third)...)
	acceptance.Expect(t, "apply", terraform.Run("apply", "saved"), 1,
		"Environment changed since it was planned", "Nothing was deployed.",
		"when planned: 100% "+stable, "planned: 90% "+stable+" + 10% "+candidate, "current:  100% "+third)
	expectLive(t, simulator, all(third), 1)
	acceptance.Expect(t, "the next plan", terraform.Run("plan", "-detailed-exitcode"), 2, "1 to change")
}

// TestAccDeploymentSavedUpdatePlanThatSomeoneElseApplied finds the planned split live already and adopts it.
func TestAccDeploymentSavedUpdatePlanThatSomeoneElseApplied(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 100))))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0)
	id := simulator.Deploy(routine, "production", all(candidate)...)
	acceptance.Expect(t, "apply", terraform.Run("apply", "saved"), 0)
	expectLive(t, simulator, all(candidate), 1)
	if !strings.Contains(terraform.State(), id) {
		t.Errorf("the state does not have the adopted deployment %s:\n%s", id, terraform.State())
	}
}

// TestAccDeploymentInterrupt presses Ctrl-C while a call hangs: it ends at once, and the next apply brings things in order.
func TestAccDeploymentInterrupt(t *testing.T) {
	t.Parallel()
	for operation, says := range map[string][]string{
		"GetRoutine": nil,
		"CreateRoutineCodeDeployment": {
			"Environment: production",
			"ESA did not answer an attempt to deploy 100% " + candidate + ", so it may have taken effect, or may still do so.",
			"The next plan shows the current split. If it is the planned one, nothing is deployed a second time.",
		},
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			simulator, terraform := installed(t)
			terraform.Configure(release(shares(share(stable, 100))))
			acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
			terraform.Configure(release(shares(share(candidate, 100))))
			acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0)
			simulator.ResetLog()
			simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.Hang})
			apply := terraform.Start(nil, "apply", "saved")
			await(t, simulator, operation, 1)
			pressed := time.Now()
			apply.Interrupt()
			result := apply.Wait()
			t.Logf("ended %s after Ctrl-C", time.Since(pressed).Round(time.Millisecond))
			acceptance.Expect(t, "apply", result, 1, append([]string{"Cannot update the deployment", "Canceled after", "Operation: " + operation + " Routine: hello"}, says...)...)
			expectLive(t, simulator, all(stable), 1)
			simulator.ClearFaults()
			acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
			expectLive(t, simulator, all(candidate), 2)
			acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
		})
	}
}

// TestAccDeploymentInterruptWhileWaiting presses Ctrl-C after ESA has answered: the id is in state, the next apply adopts.
func TestAccDeploymentInterruptWhileWaiting(t *testing.T) {
	t.Parallel()
	simulator, terraform := installed(t)
	terraform.Configure(release(shares(share(stable, 100))))
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale})
	apply := terraform.Start(nil, "apply", "-auto-approve")
	await(t, simulator, "CreateRoutineCodeDeployment", 1)
	await(t, simulator, "GetRoutine", 5)
	apply.Interrupt()
	acceptance.Expect(t, "apply", apply.Wait(), 1, "Deployment did not become live", "the state holds it", "run terraform untaint")
	live, _ := simulator.Live(routine, "production")
	if !strings.Contains(terraform.State(), live.ID) {
		t.Errorf("the state does not have deployment %s:\n%s", live.ID, terraform.State())
	}
	simulator.ClearFaults()
	acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, all(stable), 1)
	acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
}

// TestAccDeploymentInterruptDuringARead presses Ctrl-C while the first read after the write hangs: the error does not say that
// nothing is live.
func TestAccDeploymentInterruptDuringARead(t *testing.T) {
	t.Parallel()
	simulator, terraform := installed(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 100))))
	hangs := make(chan struct{})
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.NoFault, Times: 1, Then: func() {
		simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Hang, Times: 1, Then: func() { close(hangs) }})
	}})
	apply := terraform.Start(nil, "apply", "-auto-approve")
	select {
	case <-hangs:
	case <-time.After(time.Minute):
		t.Error("no read after the write")
	}
	apply.Interrupt()
	acceptance.Expect(t, "apply", apply.Wait(), 1, "Deployment did not become live", "planned: 100% "+candidate, "last read: 100% "+stable)
	simulator.ClearFaults()
	acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, all(candidate), 2)
}

// TestAccDeploymentLateEffectOfALostWrite has a write take effect only while the next attempt is refused because of it, and the
// read after that lag behind.
func TestAccDeploymentLateEffectOfALostWrite(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	before := release(shares(share(third, 100)))
	terraform.Configure(before)
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	lagging, _ := simulator.Live(routine, "production")
	terraform.Configure(release(shares(share(candidate, 100))))
	simulator.Inject(
		esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.ResetBefore, Times: 1},
		esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.LockFailed, Times: 1, Then: func() {
			simulator.Deploy(routine, "production", all(candidate)...)
			simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenAnswer, Times: 3, Body: answerBefore(before, lagging.ID)})
		}},
	)
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, all(candidate), 1)
}

// TestAccDeploymentKill kills Terraform and the provider after the write, before anything is saved.
func TestAccDeploymentKill(t *testing.T) {
	t.Parallel()
	simulator, terraform := installed(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale})
	apply := terraform.Start(nil, "apply", "-auto-approve", "-lock=false")
	await(t, simulator, "CreateRoutineCodeDeployment", 2)
	apply.Kill()
	apply.Wait()
	simulator.ClearFaults()
	acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, esaShares(stable, 90, candidate, 10), 2)
	acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
}

func await(t *testing.T, simulator *acceptance.Simulated, operation string, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := simulator.AwaitCount(ctx, operation, count); err != nil {
		t.Fatal(err)
	}
}
