package rollout

import (
	"fmt"
	"time"

	"terraform-provider-esa/internal/split"
)

// Kind is what an [Action] asks for.
type Kind int

// What an action can ask for.
const (
	// Deploy asks to deploy Split, and for a call of [Run.Deployed] once it is live.
	Deploy Kind = iota + 1
	// RollBack is Deploy for the stable version.
	RollBack
	// Ask asks to start an attempt at a check, and for a call of [Run.Answered] once it has ended.
	Ask
	// Wait asks to call [Run.Next] again at Until, or as soon as an attempt has ended.
	Wait
	// Confirm asks to read once more what is live, and for a call of [Run.Confirmed] if that is still the goal.
	Confirm
	// End says that there is nothing more to do; see [Run.Ending].
	End
)

// Action is what is to be done next.
type Action struct {
	Kind Kind
	// Split is what to deploy.
	Split split.Split
	// Check is the index of the check to ask.
	Check int
	// Attempt numbers the attempts of all checks.
	Attempt int
	// Until is when a wait is over.
	Until time.Time
}

// Outcome is what a run has ended in.
type Outcome string

// What a run can end in.
const (
	// AtGoal says that the goal is live and was watched to the end.
	AtGoal Outcome = "goal"
	// AtStable says that the stable version is live again.
	AtStable Outcome = "stable"
	// OnHold says that nothing more is written.
	OnHold Outcome = "hold"
)

// Reason is why a run has ended.
type Reason string

// Why a run can end.
const (
	// Completed says that there was nothing left to do.
	Completed Reason = "completed"
	// ChecksFailed says that a check has failed too often in a row.
	ChecksFailed Reason = "checks failed"
	// Canceled says that someone has interrupted the run.
	Canceled Reason = "canceled"
	// TimedOut says that the time of the operation is over.
	TimedOut Reason = "timed out"
	// DeployedOutside says that someone else has deployed in the meantime.
	DeployedOutside Reason = "deployed outside"
	// NotDeployed says that a deployment of the run was refused or was not seen live.
	NotDeployed Reason = "not deployed"
)

// NoCheck is the Check of an ending that no check has led to.
const NoCheck = -1

// Ending is what a run has ended in, and why.
type Ending struct {
	Outcome Outcome
	Reason  Reason
	// Live is the last split that the run knows to have been live, empty if that is the one it began with.
	Live split.Split
	// Pending is the split that was to be deployed and was not seen live, empty if there is none.
	Pending split.Split
	// Check is the check that failed, also where the way back has then not succeeded, or NoCheck.
	Check int
	// Failures are the last failed attempts of that check, at most three.
	Failures []Failure
}

// Failure is one failed attempt at a check.
type Failure struct {
	// At is when it was known to have failed.
	At time.Time
	// Detail says what was seen, in the caller's words.
	Detail string
}

// keptFailures is how many failures of a check are kept.
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

// Run is one journey along an itinerary. It is for one goroutine.
type Run struct {
	itinerary Itinerary
	phase     phase
	stage     int
	until     time.Time // the bake time of the stage ends
	watches   []watch
	attempts  int
	ending    Ending
}

// Start returns a run at its beginning.
func (i Itinerary) Start() *Run {
	return &Run{itinerary: i, ending: Ending{Check: NoCheck}}
}

// Stage returns the stage that is to be deployed or is live, and its index. There must be one.
func (r *Run) Stage() (Stage, int) { return r.itinerary.Stages[r.stage], r.stage }

// Ending says what the run has ended in; its Outcome is empty while it has not.
func (r *Run) Ending() Ending { return r.ending }

// Next returns what to do now. Until an action is answered, it is returned again.
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

// wanted tells whether a check is to be asked again at this stage: until its bake time is over, and beyond it as long as
// the check is failing, since a candidate gets no more traffic from a failing check.
func (r *Run) wanted(w watch) bool { return w.failures > 0 || !w.due.After(r.until) }

// enter begins a stage, or the end.
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

// Deployed says that the split of the action Deploy or RollBack is live.
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

// Confirmed says that the goal is still live at the end.
func (r *Run) Confirmed() {
	if r.phase == confirming {
		r.end(AtGoal, Completed)
	}
}

// Answered says how an attempt at a check has ended. An answer that no one waits for any more changes nothing.
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

// failHanging makes attempts fail that have taken too long.
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

// Stop ends the run where it is. Nothing more is written.
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

// stable is the stable version alone.
func (r *Run) stable() split.Split {
	return split.Observed(split.Share{CodeVersion: r.itinerary.Stable, Percentage: split.TotalPercentage})
}
