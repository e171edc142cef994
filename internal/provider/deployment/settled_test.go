package deployment_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// TestAccDeploymentStaleReadAfterAnInterruption applies again while ESA still shows what was live before the first apply.
func TestAccDeploymentStaleReadAfterAnInterruption(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"of a create": "", "of an update": release(shares(share(third, 100)))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			terraform := simulator.Workspace(t)
			made := 1
			if before != "" {
				terraform.Configure(before)
				acceptance.Expect(t, "the apply before", terraform.Run("apply", "-auto-approve"), 0)
				made = 2
			}
			terraform.Configure(release(shares(share(stable, 100)), `timeouts = { create = "1s", update = "1s" }`))
			simulator.Inject(stale())
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "Deployment did not become live")
			simulator.ClearFaults()
			// Five more answers lag behind.
			simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenAnswer, Times: 5, Body: answerBefore(before, "1")})
			acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
			expectLive(t, simulator, all(stable), made)
			acceptance.Expect(t, "the plan after it", terraform.Run("plan", "-detailed-exitcode"), 0)
		})
	}
}

// answerBefore is what GetRoutine answered before the split of TestAccDeploymentStaleReadAfterAnInterruption was deployed.
func answerBefore(config, deploymentID string) string {
	deployed := "null"
	if config != "" {
		deployed = fmt.Sprintf(`{"DeployId":%q,"Strategy":"percentage","CodeVersions":[{"CodeVersion":%q,"Percentage":100}]}`, deploymentID, third)
	}
	return fmt.Sprintf(`{"RequestId":"R","CreateTime":"2026-01-01T00:00:00Z","Envs":[{"Env":"production","CodeDeploy":%s}]}`, deployed)
}

// rewriting changes answers on their way.
type rewriting struct{ old, new string }

func (r rewriting) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte(r.old), []byte(r.new))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, answer.Body.Close()
}

// TestAccDeploymentAnotherWordForTheStrategy has ESA call the strategy otherwise than the configuration, which is no change.
func TestAccDeploymentAnotherWordForTheStrategy(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Options = append(simulator.Options, provider.WithTransport(rewriting{`"Strategy":"percentage"`, `"Strategy":"Percentage"`}))
	simulator.Deploy(routine, "production", all(stable)...)
	terraform := simulator.Workspace(t)
	terraform.Apply(release(shares(share(stable, 100))))
	terraform.Apply(release(shares(share(candidate, 100))))
	expectLive(t, simulator, all(candidate), 1)
}

// TestAccDeploymentSupersededCreate has someone else deploy while a first release becomes live; untaint leads out of it.
func TestAccDeploymentSupersededCreate(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.NoFault, Times: 1, Then: func() {
		simulator.Deploy(routine, "production", all(third)...)
	}})
	terraform.Configure(release(shares(share(stable, 100))))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1,
		"Someone else has deployed in the meantime.", "Run terraform untaint on it before that plan, so that the change is an update, not a replacement.")
	acceptance.Expect(t, "untaint", terraform.Run("untaint", address), 0)
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 2, "0 to add, 1 to change, 0 to destroy")
}

// TestAccDeploymentNameThatTurnsOutTheSame plans a replacement only because the name is not known yet.
func TestAccDeploymentNameThatTurnsOutTheSame(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	config := func(trigger string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"name\" {\n  input = %q\n  triggers_replace = %q\n}\n", routine, trigger) +
			strings.Replace(release(shares(share(stable, 100))), `"hello"`, "terraform_data.name.output", 1)
	}
	terraform.Configure(config("one"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	terraform.Configure(config("two"))
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "Warning: Replacement may be unnecessary")
	acceptance.Expect(t, "apply of the same name", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, all(stable), 1)
}

// TestAccDeploymentFaultsThatLast lets a fault last until the time is up: the error says which call it was and what was wrong.
// TestDeploymentLife has each call throttled for ever.
func TestAccDeploymentFaultsThatLast(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault           esasim.Fault
		operation, want string
	}{
		{esasim.Throttled, "CreateRoutineCodeDeployment", "Code: Throttling.User"},
		{esasim.Hang, "GetRoutine", "Message: no answer came in time"},
		{esasim.HTMLBadGateway, "GetRoutine", "HTTP status: 502"},
		{esasim.ResetBefore, "CreateRoutineCodeDeployment", "the connection broke before the whole answer arrived"},
	} {
		t.Run(string(test.fault)+"/"+test.operation, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			policy := quick()
			policy.AttemptTimeout /= 5
			simulator.Options = append(simulator.Options, provider.WithRetryPolicy(policy))
			terraform := simulator.Workspace(t)
			short := `timeouts = { read = "2s", create = "2s", update = "2s" }`
			terraform.Configure(release(shares(share(stable, 100)), short))
			acceptance.Expect(t, "the apply before", terraform.Run("apply", "-auto-approve"), 0)
			terraform.Configure(release(shares(share(candidate, 100)), short))
			// A fault that leaves the work done would be found out and adopted.
			simulator.Inject(esasim.Rule{Operation: test.operation, Fault: test.fault, Work: esasim.WorkUndone})
			acceptance.Expect(t, "the apply under the fault", terraform.Run("apply", "-auto-approve"), 1, "The operation timed out after", "Operation: "+test.operation, "Routine: hello", test.want)
			simulator.ClearFaults()
			expectLive(t, simulator, all(stable), 1)
			acceptance.Expect(t, "the apply after it", terraform.Run("apply", "-auto-approve"), 0)
			expectLive(t, simulator, all(candidate), 2)
		})
	}
}
