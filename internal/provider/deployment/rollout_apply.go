package deployment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// rollBackTime is the additional time for a rollback after the time limit.
const rollBackTime = 2 * time.Minute

// rollOut releases the planned split by the rollout of the plan. save stores the model when the rollout ends: with the goal, or
// with an error and the current split. A create that failed leaves no state, because its resource would be tainted.
func (m resourceModel) rollOut(ctx context.Context, client *esa.Client, ask func(context.Context, probe.Check) probe.Result, before *esa.Deployment, save func(resourceModel)) diag.Diagnostics {
	configured, diags := newConfiguredRollout(ctx, m.Rollout)
	if configured == nil || diags.HasError() {
		return diags
	}
	setting, limit := m.timeLimit(ctx, before == nil)
	limited, end := esa.WithTimeLimit(ctx, limit, setting)
	defer end()
	goal, _ := m.split()
	r := &rollingOut{
		model: m, creates: before == nil, checks: configured.probes, ask: ask, answers: make(chan answer), current: before,
		next: release{
			client: client, name: m.Name.ValueString(), env: m.Env.ValueString(), strategy: m.Strategy.ValueString(),
			before: before, overwrite: m.AllowOverwrite.ValueBool(), goal: goal,
		},
	}
	if r.creates && r.next.overwrite {
		live, err := r.next.read(limited, time.Second)
		if err != nil {
			return append(diags, m.notDeployed(err, goal, true, false))
		}
		r.current, r.next.first = live, &live
	}
	live := framework.Split(r.current)
	itinerary, problems := configured.itinerary(live, goal, m.creationTimes(limited, client, live, goal), setting, limit)
	diags.Append(problems...)
	if diags.HasError() {
		return diags
	}
	if len(itinerary.Stages) == 0 {
		return append(diags, m.deploy(ctx, client, before, save)...)
	}
	r.itinerary, r.run = itinerary, itinerary.Start()
	tflog.Info(ctx, "Rollout begins", r.fields(map[string]any{"itinerary": itinerary.String()}))
	r.walk(ctx, limited, limit)
	return append(diags, r.end(limited, save)...)
}

// rollingOut is a rollout in progress.
type rollingOut struct {
	model     resourceModel
	creates   bool
	itinerary rollout.Itinerary
	run       *rollout.Run
	checks    []probe.Check
	ask       func(context.Context, probe.Check) probe.Result
	answers   chan answer

	// next is the next deployment. Its field ours is set if this apply deployed or resumed current.
	next release
	// current is the current deployment as far as this apply knows, nil if there is none.
	current *esa.Deployment
	// done is set if the goal was already live.
	done bool
	// accepted is the id of a deployment that ESA accepted and that did not become live. lastSeen is the deployment of the last read.
	accepted string
	lastSeen *esa.Deployment
	// unanswered is set if an attempt at the last deployment had no answer.
	unanswered bool
	// err is the reason why the run stopped.
	err   error
	story []event
}

// event is an event in the message about a failed rollout.
type event struct {
	at   time.Time
	text string
}

// answer is the result of an attempt at a check.
type answer struct {
	action rollout.Action
	result probe.Result
}

// walk executes the rollout. limited is ctx with the time limit of the operation.
func (r *rollingOut) walk(ctx, limited context.Context, limit time.Duration) {
	began := time.Now()
	asking, end := context.WithCancel(limited)
	defer end()
	if r.itinerary.Stages[0].IsLive {
		r.confirm(limited)
		if r.err != nil {
			return
		}
		r.next.ours = true
	}
	for {
		switch action := r.run.Next(time.Now()); action.Kind {
		case rollout.Deploy:
			r.deploy(limited, action)
		case rollout.RollBack:
			r.note("rolling back")
			tflog.Warn(ctx, "Rollout failed and is rolled back", r.fields(map[string]any{"to": action.Split.String()}))
			back, endBack := context.WithDeadline(ctx, began.Add(limit+rollBackTime))
			r.deploy(back, action)
			endBack()
		case rollout.Ask:
			go r.attempt(asking, action)
		case rollout.Wait:
			r.wait(limited, action.Until)
		case rollout.Confirm:
			r.confirm(limited)
			if r.err == nil {
				r.run.Confirmed()
			}
		case rollout.End:
			return
		}
		if r.done {
			return
		}
	}
}

// deploy deploys a step, the goal or the stable version by one guarded write.
func (r *rollingOut) deploy(ctx context.Context, action rollout.Action) {
	attempt := r.next
	attempt.planned = action.Split
	written, deploymentID, err := attempt.run(ctx)
	live := written.Seen
	r.unanswered = written.Unanswered
	if err == nil && written.Sent {
		r.accepted, r.lastSeen = deploymentID, live
		live, err = attempt.waitUntilLive(ctx, deploymentID, live)
	}
	if err != nil {
		if unseen, ok := errors.AsType[*notLiveError](err); ok {
			r.lastSeen, err = unseen.lastSeen, unseen.cause
		}
		r.stop(ctx, err)
		return
	}
	if !written.Sent && !written.Unanswered && framework.Split(live).Equal(r.next.goal) {
		r.current, r.done = live, true
		return
	}
	if r.current != nil && r.current.ID != "" {
		r.next.replaced = append(r.next.replaced, r.current.ID)
	}
	r.current, r.accepted, r.unanswered = live, "", false
	r.next.before, r.next.ours = live, true
	place := "rolled back"
	if action.Kind == rollout.Deploy {
		place = r.place()
	}
	r.note("%s, live: %s", place, describe(live))
	tflog.Info(ctx, "Rollout: live", r.fields(map[string]any{"step": place, "live": framework.Split(live).String(), "deployment_id": live.ID}))
	r.run.Deployed(time.Now())
}

// confirm reads whether the deployment that this apply knows is still live.
func (r *rollingOut) confirm(ctx context.Context) {
	live, confirmed, err := r.next.confirm(ctx, r.current)
	switch {
	case err != nil:
		r.stop(ctx, err)
	case !confirmed:
		r.stop(ctx, &changedError{before: r.current, live: live})
	default:
		r.current, r.next.before = live, live
	}
}

// attempt makes one attempt at a check.
func (r *rollingOut) attempt(ctx context.Context, action rollout.Action) {
	result := r.ask(ctx, r.checks[action.Check])
	select {
	case r.answers <- answer{action, result}:
	case <-ctx.Done():
	}
}

// wait waits for the next answer, at most until a time.
func (r *rollingOut) wait(ctx context.Context, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case got := <-r.answers:
		if ctx.Err() != nil {
			break // the attempt has ended since everything has
		}
		if !got.result.Passed {
			tflog.Warn(ctx, "Rollout check failed", r.fields(map[string]any{"check": r.checks[got.action.Check].Address(), "seen": got.result.Detail}))
		}
		r.run.Answered(time.Now(), got.action.Attempt, got.result.Passed, got.result.Detail)
	}
	if ctx.Err() != nil {
		r.stop(ctx, ctx.Err())
	}
}

// stop ends the run where it is.
func (r *rollingOut) stop(ctx context.Context, err error) {
	r.err = err
	_, changed := errors.AsType[*changedError](err)
	switch {
	case changed, errors.Is(err, errSuperseded):
		r.run.Stop(rollout.DeployedOutside)
	case ctx.Err() == nil:
		r.run.Stop(rollout.NotDeployed)
	case errors.Is(ctx.Err(), context.Canceled):
		r.run.Stop(rollout.Canceled)
	default:
		r.run.Stop(rollout.TimedOut)
	}
}

// end stores the current split, and returns the result of the rollout.
func (r *rollingOut) end(ctx context.Context, save func(resourceModel)) (diags diag.Diagnostics) {
	ending := r.run.Ending()
	succeeded := r.done || ending.Outcome == rollout.AtGoal
	if !succeeded && !r.next.ours && r.accepted == "" {
		planned := r.next.goal
		if r.unanswered {
			planned = r.itinerary.Stages[0].Split
		}
		return append(r.model.versionsAtFault(ctx, r.next.client, r.err), r.model.notDeployed(r.err, planned, r.creates, r.unanswered))
	}
	tflog.Info(ctx, "Rollout has ended", r.fields(map[string]any{"live": framework.Split(r.current).String(), "outcome": string(ending.Outcome), "reason": string(ending.Reason)}))
	stored := r.model
	if r.accepted == "" {
		stored.fromAPI(r.current)
	} else {
		stored.accept(ending.Pending, r.accepted)
	}
	if succeeded || !r.creates {
		save(stored)
	}
	if !succeeded {
		diags.Append(r.failure(ending))
	}
	return diags
}

// accept fills the model with a deployment that ESA accepted and that did not become live.
func (m *resourceModel) accept(accepted split.Split, deploymentID string) {
	m.ID, m.CodeVersions, m.Traffic = framework.IDOf(m.Name, m.Env), shareList(inOrderOf(accepted.Shares(), m.CodeVersions)), trafficMap(accepted)
	m.DeploymentID, m.CreateTime = types.StringValue(deploymentID), types.StringNull()
}

// place is the current place in the itinerary.
func (r *rollingOut) place() string {
	stage, index := r.run.Stage()
	return fmt.Sprintf("step %d of %d (%d%%)", index+1, len(r.itinerary.Stages), stage.Percentage)
}

// note adds an event.
func (r *rollingOut) note(format string, arguments ...any) {
	r.story = append(r.story, event{time.Now(), fmt.Sprintf(format, arguments...)})
}

// fields adds the routine and the environment to the fields of a log line.
func (r *rollingOut) fields(more map[string]any) map[string]any {
	more["routine"], more["environment"] = r.next.name, r.next.env
	return more
}
