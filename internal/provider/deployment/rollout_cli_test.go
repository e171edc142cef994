package deployment_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// rollingOut is a rollout in the steps 5 and 50 with a check that reaches the routine at the simulator.
func rollingOut(simulator *acceptance.Simulated, bakeTimes ...string) string {
	return fmt.Sprintf(`timeouts = { update = "5m" }
  rollout = {
    steps     = [{ percentage = 5, bake_time = %q }, { percentage = 50, bake_time = %q }]
    bake_time = "1s"
    checks    = [{ url = "http://%s/healthz?key=secret", connect_to = %q, interval = "100ms", expect_body = "ok" }]
  }`, bakeTimes[0], bakeTimes[1], simulator.DefaultRecord(routine), strings.TrimPrefix(simulator.URL, "http://"))
}

// watchedWorkspace is a workspace, and a function that waits until a health check has reached production at a split.
func watchedWorkspace(t *testing.T) (*acceptance.Simulated, *acceptance.Workspace, func(split string)) {
	t.Helper()
	visited := make(chan struct{}, 1)
	simulator := simulate(t, esasim.WithOnVisit(func(esasim.Visit) {
		select {
		case visited <- struct{}{}:
		default:
		}
	}))
	await := func(split string) {
		t.Helper()
		for {
			select {
			case <-visited:
				if live, _ := simulator.Live(routine, "production"); inWords(live.Shares) == split {
					return
				}
			case <-time.After(time.Minute):
				t.Fatalf("no one checked %s", split)
			}
		}
	}
	return simulator, acceptance.NewWorkspace(t, simulator.Environment()...), await
}

// splitsMade are the splits that were deployed to production, in order.
func splitsMade(simulator *acceptance.Simulated) string {
	var made []string
	for _, deployment := range simulator.Deployments(routine, "production") {
		made = append(made, inWords(deployment.Shares))
	}
	return strings.Join(made, ", ")
}

func expectMade(t *testing.T, simulator *acceptance.Simulated, want string) {
	t.Helper()
	if made := splitsMade(simulator); made != want {
		t.Errorf("deployed %s, want %s", made, want)
	}
}

// TestAccDeploymentRolloutSucceeds goes all the way, and tells the log about it.
func TestAccDeploymentRolloutSucceeds(t *testing.T) {
	t.Parallel()
	simulator, terraform := installed(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0, "!Rollout")
	terraform.Configure(release(shares(share(candidate, 100)), rollingOut(simulator, "1s", "1s")))
	acceptance.Expect(t, "plan", terraform.Run("plan", "-out=saved"), 0,
		"Warning: Rollout of hello:production", "5% for 1s, 50% for 1s, then 100% for 1s, at least 3s; on failure: roll back.")
	log := terraform.Path("log")
	applied := terraform.Start([]string{"TF_LOG_PROVIDER=INFO", "TF_LOG_PATH=" + log}, "apply", "saved").Wait()
	acceptance.Expect(t, "apply", applied, 0, "1 changed", "!Warning: Rollout")
	expectMade(t, simulator, "stable:100, stable:95 candidate:5, stable:50 candidate:50, candidate:100")
	acceptance.Expect(t, "plan after it", terraform.Run("plan", "-detailed-exitcode"), 0, "!Rollout")
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Rollout begins", "step 2 of 3 (50%)", "Rollout has ended"} {
		if !strings.Contains(string(content), text) {
			t.Errorf("the log does not say %q:\n%s", text, content)
		}
	}
	if strings.Contains(string(content), "secret") {
		t.Errorf("the log has the query of the check:\n%s", content)
	}
	if served := simulator.Traffic(); len(served) != 2 || served[1].Visits == 0 {
		t.Errorf("the checks were served by %+v, want by both versions", served)
	}
}

// TestAccDeploymentRolloutByShift goes in steps to where shift leads from the current split, also after a kill at a step.
func TestAccDeploymentRolloutByShift(t *testing.T) {
	t.Parallel()
	simulator, terraform, await := watchedWorkspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	shifting := func(bakeTimes ...string) string {
		return "data \"esa_routine_code_deployment\" \"live\" {\n  name = \"hello\"\n  env  = \"production\"\n}\n" +
			strings.Replace(release(nil, rollingOut(simulator, bakeTimes...)), "[\n    \n  ]",
				fmt.Sprintf("provider::esa::shift(data.esa_routine_code_deployment.live.code_versions, %q, 100)", candidate), 1)
	}
	terraform.Configure(shifting("0s", "4m"))
	command := terraform.Start(nil, "apply", "-auto-approve", "-lock=false")
	await("stable:50 candidate:50")
	command.Kill()
	acceptance.Expect(t, "the apply that was killed", command.Wait(), -1)

	terraform.Configure(shifting("0s", "1s"))
	acceptance.Expect(t, "second apply", terraform.Run("apply", "-auto-approve", "-lock=false"), 0, "50% (live already) for 1s, then 100% for 1s", "1 changed")
	expectMade(t, simulator, "stable:100, stable:95 candidate:5, stable:50 candidate:50, candidate:100")
	acceptance.Expect(t, "plan after it", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.", "!Rollout")
}

// TestAccDeploymentRolloutRollsBack has every request to the candidate fail.
func TestAccDeploymentRolloutRollsBack(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	simulator.SetErrorRate(routine, candidate, 1)
	terraform.Configure(release(shares(share(candidate, 100)), rollingOut(simulator, "2m", "2m")))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Error: Rollout failed and was rolled back",
		"failed at step 1 of 3 (5%)", `check failed: HTTP 500, must be 200: "{"status":"error"`, "The stable version serves all traffic again.", "!one more similar warning")
	expectMade(t, simulator, "stable:100, stable:95 candidate:5, stable:100")
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, `traffic = { "`+stable+`" = 100 }`, "!tainted")
	acceptance.Expect(t, "next plan", terraform.Run("plan", "-detailed-exitcode"), 2, "1 to change", "!changed outside")

	terraform.Configure(release(shares(share(candidate, 100)), rollingOut(simulator, "2m", "2m"), "lifecycle { ignore_changes = [code_versions] }"))
	acceptance.Expect(t, "plan of a pipeline's own shares", terraform.Run("plan", "-detailed-exitcode"), 0, "!Rollout")
}

// TestAccDeploymentRolloutIsKilled kills Terraform and the provider at the second step.
func TestAccDeploymentRolloutIsKilled(t *testing.T) {
	t.Parallel()
	simulator, terraform, await := watchedWorkspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 100)), rollingOut(simulator, "0s", "4m")))
	command := terraform.Start(nil, "apply", "-auto-approve", "-lock=false")
	await("stable:50 candidate:50")
	command.Kill()
	acceptance.Expect(t, "the apply that was killed", command.Wait(), -1)

	terraform.Configure(release(shares(share(candidate, 100)), rollingOut(simulator, "0s", "1s"), `on_outside_change = "stop"`))
	acceptance.Expect(t, "second apply", terraform.Run("apply", "-auto-approve", "-lock=false"), 0,
		"Warning: Interrupted rollout of hello:production resumes", "50% (live already) for 1s, then 100% for 1s", "1 changed")
	expectMade(t, simulator, "stable:100, stable:95 candidate:5, stable:50 candidate:50, candidate:100")
}

// TestAccDeploymentRolloutIsInterrupted presses Ctrl-C during a bake.
func TestAccDeploymentRolloutIsInterrupted(t *testing.T) {
	t.Parallel()
	simulator, terraform, await := watchedWorkspace(t)
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "first apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(release(shares(share(candidate, 100)), rollingOut(simulator, "4m", "0s")))
	command := terraform.Start(nil, "apply", "-auto-approve")
	await("stable:95 candidate:5")
	command.Interrupt()
	acceptance.Expect(t, "the apply", command.Wait(), 1, "Error: Rollout did not complete", "the apply was canceled", "the current split is not watched", "current:  95% "+stable+" + 5% "+candidate)
	expectMade(t, simulator, "stable:100, stable:95 candidate:5")
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, `traffic = { "`+stable+`" = 95 "`+candidate+`" = 5 }`)

	terraform.Configure(release(shares(share(stable, 100)), rollingOut(simulator, "4m", "0s")))
	acceptance.Expect(t, "the way back", terraform.Run("apply", "-auto-approve"), 0, "a way back is one immediate deployment", "1 changed")
	expectMade(t, simulator, "stable:100, stable:95 candidate:5, stable:100")
}
