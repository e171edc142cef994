package deployment

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

const (
	stableVersion    = "1723599747213377175"
	candidateVersion = "1724158802551287320"
)

func splitOf(t *testing.T, shares ...split.Share) split.Split {
	t.Helper()
	described, err := split.New(shares...)
	if err != nil {
		t.Fatal(err)
	}
	return described
}

// messagesModel plans 10% for the candidate.
func messagesModel(t *testing.T) resourceModel {
	t.Helper()
	list := shareList([]split.Share{share(stableVersion, 90), share(candidateVersion, 10)})
	return resourceModel{Name: types.StringValue("hello"), Env: types.StringValue(esa.Production), CodeVersions: list}
}

// timedOut is a call that was attempted until the time was up.
func timedOut(operation string, last error) error {
	return &esa.Interrupted{
		Operation: operation, Target: esa.Target{Routine: "hello", Environment: esa.Production}, Cause: context.DeadlineExceeded,
		Last: last, Attempts: 9, After: 10 * time.Minute, Setting: "timeouts.update",
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	model := messagesModel(t)
	stopping := model
	stopping.OnOutsideChange = types.StringValue(onOutsideChangeStop)
	later := model
	later.CodeVersions = types.ListUnknown(shareType)
	live := serving("1724158900000000001", share(stableVersion, 100))
	theirs := serving("1724159900000000002", share("1725000000000000000", 100))
	canary := splitOf(t, share(stableVersion, 90), share(candidateVersion, 10))
	planned := entries(model.CodeVersions)
	refused := &esa.Error{
		Operation: "CreateRoutineCodeDeployment", Target: esa.Target{Routine: "hello", Environment: esa.Production}, Kind: esa.Refused,
		HTTPStatus: 400, Code: "ParameterNotExist", Message: "The specified parameter does not exist.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11",
	}
	denied := &esa.Error{Operation: "GetRoutineCodeVersionInfo", Kind: esa.Refused, HTTPStatus: 403, Code: "NoPermission"}
	lost := &esa.Error{Operation: refused.Operation, Target: refused.Target, Kind: esa.Broken, Message: "connection reset by peer"}
	superseded := &notLiveError{deploymentID: live.ID, lastSeen: theirs, cause: errSuperseded}
	golden.Messages{
		"Plan: the first release meets another split":                   golden.Of(model.occupied(live)),
		"Plan: the first release meets another split, versions unknown": golden.Of(later.occupied(live)),
		"Plan: the first release meets its own split":                   golden.Of(model.adopting(serving(live.ID, canary.Shares()...))),
		"Plan: the first release may overwrite":                         golden.Of(model.overwriting(live)),
		"Plan: whether the first release may overwrite is unknown":      golden.Of(model.mayOverwrite(live)),
		"Plan: the routine does not exist":                              golden.Of(model.routineMissing()),
		"Plan: someone else has deployed":                               golden.Of(model.changedOutside(run.Change{InState: live, Live: theirs}, planned)),
		"Plan: someone else has deployed, on_outside_change is stop":    golden.Of(stopping.changedOutside(run.Change{InState: live, Live: theirs}, planned)),
		"Plan: the last apply did not see its deployment live":          golden.Of(model.changedOutside(run.Change{InState: live, Live: theirs, Unseen: true}, nil)),
		"Plan: two resources for one environment":                       golden.Of(model.plannedTwice(split.Entries{split.KnownEntry(share(stableVersion, 100))}, planned)),
		"Plan: a replacement because the name is unknown":               golden.Of(model.mayStay()),
		"Plan: the deployment is removed from the state":                golden.Of(model.notWithdrawn()),
		"Plan: a version does not exist":                                golden.Of(model.versionMissing("1724158802551287321", candidateVersion)),
		"Plan: a version does not exist, and ESA lists none":            golden.Of(model.versionMissing("1724158802551287321", "")),
		"Plan: a version is still being built":                          golden.Of(model.versionNotReady(&esa.CodeVersion{CodeVersion: candidateVersion, Status: esa.BuildStatusInit})),
		"Plan: a version failed to build":                               golden.Of(model.versionNotReady(&esa.CodeVersion{CodeVersion: candidateVersion, Status: "failed"})),
		"Plan: the key may not read versions":                           golden.Of(model.versionsNotChecked([]string{stableVersion, candidateVersion}, denied)),
		"Plan: a version of the other environment":                      golden.Of(model.otherVariables(candidateVersion, esa.Staging)),
		"Apply: the first release meets another split":                  golden.Of(model.notDeployed(&changedError{live: live, occupied: true}, canary, true, false)),
		"Apply: someone else has deployed since the plan":               golden.Of(model.notDeployed(&changedError{before: live, live: theirs}, canary, false, false)),
		"Apply: someone else has deployed after a lost answer":          golden.Of(model.notDeployed(&changedError{before: live, live: theirs}, canary, false, true)),
		"Apply: ESA refuses":                                            golden.Of(model.notDeployed(refused, canary, false, false)),
		"Apply: no answer until the time is up":                         golden.Of(model.notDeployed(timedOut(refused.Operation, lost), canary, false, true)),
		"Apply: the deployment does not become live":                    golden.Of(model.notDeployed(&notLiveError{deploymentID: live.ID, lastSeen: live, cause: timedOut("GetRoutine", nil)}, canary, false, false)),
		"Apply: the first deployment does not become live":              golden.Of(model.notDeployed(&notLiveError{deploymentID: live.ID, cause: timedOut("GetRoutine", nil)}, canary, true, false)),
		"Apply: someone else deploys before the deployment is live":     golden.Of(model.notDeployed(superseded, canary, false, false)),
		"Apply: someone else deploys before the first one is live":      golden.Of(model.notDeployed(superseded, canary, true, false)),
	}.Compare(t, "../testdata/messages/deployment.txt")
}

// TestRolloutMessages has a rollout end in each way.
func TestRolloutMessages(t *testing.T) {
	t.Parallel()
	stable, candidate := splitOf(t, share(stableVersion, 100)), splitOf(t, share(candidateVersion, 100))
	plan := rollout.Plan{
		Steps:     []rollout.Step{{Percentage: 10, BakeTime: 5 * time.Minute}, {Percentage: 50, BakeTime: 5 * time.Minute}},
		BakeTime:  10 * time.Minute,
		Checks:    []rollout.Check{{Interval: 10 * time.Second, Timeout: 5 * time.Second, MaxFailures: 2}},
		OnFailure: rollout.RollBackOnFailure,
	}
	model := messagesModel(t)
	itinerary := func(live split.Split) rollout.Itinerary {
		way, err := rollout.New(plan, live, candidate, nil)
		if err != nil {
			t.Fatal(err)
		}
		return way
	}
	first := itinerary(stable)
	now := time.Date(2024, 8, 20, 12, 7, 30, 0, time.UTC)
	ended := func(change func(*rollingOut), ending rollout.Ending) []golden.Message {

		current := serving("1724158900000000001", share(stableVersion, 90), share(candidateVersion, 10))
		rolling := &rollingOut{
			model: model, itinerary: first, run: first.Start(), current: current, checks: []probe.Check{{URL: "https://www.example.com/health"}},
			story: []event{{now.Add(-7 * time.Minute), "deployed step 1 of 3 (10%), deployment 1724158900000000001"}},
		}
		rolling.next.goal = candidate
		change(rolling)
		return golden.Of(rolling.failure(ending))
	}
	failures := []rollout.Failure{{At: now.Add(-20 * time.Second), Detail: "HTTP 500, must be 200"}, {At: now.Add(-10 * time.Second), Detail: "HTTP 500, must be 200"}}
	nothing := func(*rollingOut) {}
	golden.Messages{
		"Plan: a rollout": golden.Of(model.rolloutAhead(first, true)),
		"Plan: a rollout whose candidate is unknown":     golden.Of(model.rolloutAhead(first, false)),
		"Plan: a rollout that was interrupted":           golden.Of(model.rolloutAhead(itinerary(splitOf(t, share(stableVersion, 50), share(candidateVersion, 50))), true)),
		"Apply: a check fails, rolled back":              ended(nothing, rollout.Ending{Outcome: rollout.AtStable, Reason: rollout.ChecksFailed, Failures: failures}),
		"Apply: a check fails, and so does the way back": ended(func(r *rollingOut) { r.err = errors.New("no") }, rollout.Ending{Reason: rollout.NotDeployed, Failures: failures, Pending: stable}),
		"Apply: a check fails, on_failure is hold":       ended(nothing, rollout.Ending{Reason: rollout.ChecksFailed, Failures: failures}),
		"Apply: canceled":                                ended(nothing, rollout.Ending{Reason: rollout.Canceled, Check: rollout.NoCheck}),
		"Apply: the time is up":                          ended(nothing, rollout.Ending{Reason: rollout.TimedOut, Check: rollout.NoCheck}),
		"Apply: someone else deploys during the rollout": ended(func(r *rollingOut) {
			r.err = &changedError{before: r.current, live: serving("1724159900000000002", share(stableVersion, 100))}
		}, rollout.Ending{Reason: rollout.DeployedOutside, Check: rollout.NoCheck, Pending: candidate}),
		"Apply: the answer to a step is lost": ended(func(r *rollingOut) { r.unanswered = true }, rollout.Ending{Reason: rollout.TimedOut, Check: rollout.NoCheck, Pending: splitOf(t, share(stableVersion, 50), share(candidateVersion, 50))}),
	}.Compare(t, "../testdata/messages/rollout.txt")
}
