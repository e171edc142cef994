package rollout

import (
	"fmt"
	"time"

	"terraform-provider-esa/internal/split"
)

// Kind is the kind of an [Action].
type Kind int

// The kinds of actions.
const (
	// Deploy: deploy Split, then call [Run.Deployed] when it is live.
	Deploy Kind = iota + 1
	// RollBack: the same for the stable version.
	RollBack
	// Ask: start an attempt at a check, then call [Run.Answered] when it ends.
	Ask
	// Wait: call [Run.Next] again at Until, or as soon as an attempt ends.
	Wait
	// Confirm: read the current split, then call [Run.Confirmed] if it is still the goal.
	Confirm
	// End: there is nothing more to do; see [Run.Ending].
	End
)

// Action is the next action of the caller.
type Action struct {
	Kind Kind
	// Split is the split to deploy.
	Split split.Split
	// Check is the index of the check.
	Check int
	// Attempt numbers the attempts of all checks.
	Attempt int
	// Until is the end of a wait.
	Until time.Time
}

// Outcome is the result of a run.
type Outcome string

// The results of a run.
const (
	// AtGoal: the goal is live, and its bake time is over.
	AtGoal Outcome = "goal"
	// AtStable: the stable version is live again.
	AtStable Outcome = "stable"
	// OnHold: nothing more is deployed.
	OnHold Outcome = "hold"
)

// Reason is the reason for the end of a run.
type Reason string

// The reasons for the end of a run.
const (
	// Completed: there was nothing left to do.
	Completed Reason = "completed"
	// ChecksFailed: a check had too many consecutive failures.
	ChecksFailed Reason = "checks failed"
	// Canceled: someone interrupted the run.
	Canceled Reason = "canceled"
	// TimedOut: the time limit of the operation was reached.
	TimedOut Reason = "timed out"
	// DeployedOutside: someone else deployed in the meantime.
	DeployedOutside Reason = "deployed outside"
	// NotDeployed: a deployment of the run was refused or did not become live.
	NotDeployed Reason = "not deployed"
)

// NoCheck is the Check of an ending without a failed check.
const NoCheck = -1

// Ending is the result of a run with its reason.
type Ending struct {
	Outcome Outcome
	Reason  Reason
	// Live is the last split that was live, empty if that is the initial one.
	Live split.Split
	// Pending is a split that did not become live, empty if there is none.
	Pending split.Split
	// Check is the check that failed, even if the rollback failed too, or NoCheck.
	Check int
	// Failures are up to three last failed attempts of that check.
	Failures []Failure
}

// Failure is one failed attempt at a check.
type Failure struct {
	// At is the time of the failure.
	At time.Time
	// Detail is the caller's description.
	Detail string
}

// keptFailures is the number of failures of a check that are kept.
const keptFailures = 3

type phase int

const (
	starting phase = iota
	deploying
	watching
	confirming
	rollingBack
	ended
)

// watch is the state of one check.
type watch struct {
	due      time.Time
	attempt  int // in progress, 0 if there is none
	started  time.Time
	failures int // in a row
	last     []Failure
}

// Run is one execution of an itinerary. It is not safe for concurrent use.
type Run struct {
	itinerary Itinerary
	phase     phase
	stage     int
	until     time.Time // the bake time of the stage ends
	watches   []watch
	attempts  int
	ending    Ending
}

// Start returns a new run.
func (i Itinerary) Start() *Run {
	return &Run{itinerary: i, ending: Ending{Check: NoCheck}}
}

// Stage returns the current stage and its index. The itinerary must have stages.
func (r *Run) Stage() (Stage, int) { return r.itinerary.Stages[r.stage], r.stage }

// Ending returns the result of the run. Its Outcome is empty until the run ends.
func (r *Run) Ending() Ending { return r.ending }

// Next returns the next action. It returns the same action until the caller reports its result.
func (r *Run) Next(now time.Time) Action {
	if r.phase == starting {
		r.enter(0, now)
	}
	if r.phase == watching {
		r.failHanging(now)
	}
	switch r.phase {
	case deploying:
		return Action{Kind: Deploy, Split: r.itinerary.Stages[r.stage].Split}
	case rollingBack:
		return Action{Kind: RollBack, Split: r.stable()}
	case confirming:
		return Action{Kind: Confirm}
	case ended:
		return Action{Kind: End}
	}

	wake := r.until
	pending := now.Before(r.until)
	for index := range r.watches {
		w, check := &r.watches[index], r.itinerary.Checks[index]
		at := w.due
		switch {
		case w.attempt != 0:
			at = w.started.Add(check.Timeout)
		case !r.wanted(*w):
			continue
		case !now.Before(w.due):
			r.attempts++
			w.attempt, w.started = r.attempts, now
			return Action{Kind: Ask, Check: index, Attempt: w.attempt}
		}
		if !pending || at.Before(wake) {
			wake = at
		}
		pending = true
	}
	if pending {
		return Action{Kind: Wait, Until: wake}
	}
	r.enter(r.stage+1, now)
	return r.Next(now)
}

// wanted reports whether to start another attempt at a check in this stage: until the bake time is over, and then as long as the
// check fails, because the candidate gets no more traffic while a check fails.
func (r *Run) wanted(w watch) bool { return w.failures > 0 || !w.due.After(r.until) }

// enter starts a stage, or ends the run.
func (r *Run) enter(stage int, now time.Time) {
	watched := r.phase == watching && (len(r.watches) > 0 || r.itinerary.Stages[r.stage].BakeTime > 0)
	switch {
	case stage < len(r.itinerary.Stages):
		r.stage, r.phase = stage, deploying
		if r.itinerary.Stages[stage].IsLive {
			r.Deployed(now)
		}
	case watched:
		r.phase = confirming
	default:
		r.end(AtGoal, Completed)
	}
}

// Deployed reports to the run that the split of Deploy or RollBack is live.
func (r *Run) Deployed(now time.Time) {
	switch r.phase {
	case deploying:
		stage := r.itinerary.Stages[r.stage]
		r.phase, r.until, r.ending.Live = watching, now.Add(stage.BakeTime), stage.Split
		r.watches = make([]watch, len(r.itinerary.Checks))
		for index := range r.watches {
			r.watches[index].due = now
		}
	case rollingBack:
		r.ending.Live = r.stable()
		r.end(AtStable, ChecksFailed)
	}
}

// Confirmed reports to the run that the goal is still live.
func (r *Run) Confirmed() {
	if r.phase == confirming {
		r.end(AtGoal, Completed)
	}
}

// Answered reports the result of an attempt at a check to the run. A result that is too late has no effect.
func (r *Run) Answered(now time.Time, attempt int, passed bool, detail string) {
	if r.phase != watching {
		return
	}
	r.failHanging(now)
	for index := range r.watches {
		if w := &r.watches[index]; w.attempt == attempt && attempt != 0 && r.phase == watching {
			r.judge(index, now, passed, detail)
		}
	}
}

// failHanging fails attempts that have reached their timeout.
func (r *Run) failHanging(now time.Time) {
	for index, w := range r.watches {
		timeout := r.itinerary.Checks[index].Timeout
		if r.phase == watching && w.attempt != 0 && now.Sub(w.started) >= timeout {
			r.judge(index, now, false, fmt.Sprintf("no answer within %s", FormatDuration(timeout)))
		}
	}
}

func (r *Run) judge(index int, now time.Time, passed bool, detail string) {
	w, check := &r.watches[index], r.itinerary.Checks[index]
	w.attempt, w.due = 0, w.started.Add(check.Interval)
	if w.due.Before(now) {
		w.due = now
	}
	if passed {
		w.failures, w.last = 0, nil
		return
	}
	w.failures++
	w.last = append(w.last, Failure{At: now, Detail: detail})
	w.last = w.last[max(0, len(w.last)-keptFailures):]
	if w.failures < check.MaxFailures {
		return
	}
	r.ending.Check, r.ending.Failures = index, w.last
	if r.itinerary.OnFailure == RollBackOnFailure && r.itinerary.Stable != "" {
		r.phase = rollingBack
	} else {
		r.end(OnHold, ChecksFailed)
	}
}

// Stop ends the run. Nothing more is deployed.
func (r *Run) Stop(reason Reason) {
	switch r.phase {
	case ended:
		return
	case deploying:
		r.ending.Pending = r.itinerary.Stages[r.stage].Split
	case rollingBack:
		r.ending.Pending = r.stable()
	}
	r.end(OnHold, reason)
}

func (r *Run) end(outcome Outcome, reason Reason) {
	r.phase, r.ending.Outcome, r.ending.Reason = ended, outcome, reason
}

// stable is the split of the stable version with 100%.
func (r *Run) stable() split.Split {
	return split.Observed(split.Share{CodeVersion: r.itinerary.Stable, Percentage: split.TotalPercentage})
}
