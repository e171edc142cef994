package rollout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// world is what a run meets: an environment, checks, and time that passes only where the world says so.
type world struct {
	now  time.Time
	live split.Split
	// deploys is how long the next deployment takes.
	deploys func() time.Duration
	// answers is how the next attempt at a check ends, and after how long; a negative time is never.
	answers func(check int) (passed bool, after time.Duration)
	// before is called before each action is carried out; the run ends there if it returns false.
	before func(rollout.Action) bool

	story []event
}

// event is one thing that happened.
type event struct {
	at      time.Time
	kind    rollout.Kind
	live    split.Split // after it
	check   int
	attempt int
	// answered says that the event is the answer to an attempt, and passed what it was.
	answered, passed bool
}

type answer struct {
	at             time.Time
	check, attempt int
	passed         bool
}

// travel lets a run go on until it ends.
func (w *world) travel(run *rollout.Run) {
	var open []answer
	for range 1_000_000 {
		action := run.Next(w.now)
		if w.before != nil && !w.before(action) {
			return
		}
		switch action.Kind {
		case rollout.Deploy, rollout.RollBack:
			open = nil
			w.now = w.now.Add(w.deploys())
			w.live = action.Split
			run.Deployed(w.now)
		case rollout.Ask:
			passed, after := w.answers(action.Check)
			if after >= 0 {
				open = append(open, answer{w.now.Add(after), action.Check, action.Attempt, passed})
			}
		case rollout.Wait:
			if !action.Until.After(w.now) {
				panic("a wait that is over already")
			}
			slices.SortStableFunc(open, func(a, b answer) int { return a.at.Compare(b.at) })
			if len(open) == 0 || open[0].at.After(action.Until) {
				w.now = action.Until
				continue
			}
			first := open[0]
			open = open[1:]
			w.now = first.at
			run.Answered(w.now, first.attempt, first.passed, "detail")
			w.story = append(w.story, event{at: w.now, live: w.live, check: first.check, attempt: first.attempt, answered: true, passed: first.passed})
			continue
		case rollout.Confirm:
			run.Confirmed()
		}
		w.story = append(w.story, event{at: w.now, kind: action.Kind, live: w.live, check: action.Check, attempt: action.Attempt})
		if action.Kind == rollout.End {
			return
		}
	}
	panic("the run does not end")
}

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newWorld(live split.Split) *world {
	return &world{
		now: began, live: live,
		deploys: func() time.Duration { return 2 * time.Second },
		answers: func(int) (bool, time.Duration) { return true, 100 * time.Millisecond },
	}
}

func start(t testing.TB, plan rollout.Plan, live, goal string) (*rollout.Run, *world) {
	t.Helper()
	itinerary, err := rollout.New(plan, parseSplit(live), parseSplit(goal), nil)
	if err != nil {
		t.Fatal(err)
	}
	return itinerary.Start(), newWorld(parseSplit(live))
}

// timeline says when what was deployed, and how often each check was asked in between.
func (w *world) timeline() []string {
	var lines []string
	asked := 0
	for _, e := range w.story {
		switch {
		case e.answered:
		case e.kind == rollout.Ask:
			asked++
		case e.kind == rollout.Deploy || e.kind == rollout.RollBack || e.kind == rollout.End:
			if asked > 0 {
				lines = append(lines, fmt.Sprintf("asked %d times", asked))
				asked = 0
			}
			if e.kind != rollout.End {
				lines = append(lines, fmt.Sprintf("%s %s", e.at.Sub(began), e.live))
			}
		}
	}
	return append(lines, fmt.Sprintf("%s end", w.now.Sub(began)))
}

func TestAHealthyCandidateReachesTheGoal(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{Steps: steps(5, 50), BakeTime: 5 * time.Minute, Checks: oneCheck, OnFailure: rollout.RollBackOnFailure}
	run, w := start(t, plan, "100 1", "100 2")
	w.travel(run)
	// One minute from start to start every 10 s, the last one as the minute ends: seven attempts.
	if diff := cmp.Diff([]string{
		"2s 95% 1 + 5% 2", "asked 7 times",
		"1m4.1s 50% 1 + 50% 2", "asked 13 times",
		"3m6.2s 100% 2", "asked 31 times",
		"8m6.3s end",
	}, w.timeline()); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if got := run.Ending(); got.Outcome != rollout.AtGoal || got.Reason != rollout.Completed || !got.Live.Equal(w.live) || got.Check != rollout.NoCheck {
		t.Errorf("ended in %+v", got)
	}
}

func TestAFailingCandidateIsRolledBack(t *testing.T) {
	t.Parallel()
	checks := []rollout.Check{{Interval: time.Hour, Timeout: time.Second, MaxFailures: 1}, {Interval: 10 * time.Second, Timeout: 5 * time.Second, MaxFailures: 4}}
	plan := rollout.Plan{Steps: steps(5, 50), BakeTime: 5 * time.Minute, Checks: checks, OnFailure: rollout.RollBackOnFailure}
	run, w := start(t, plan, "90 1 + 10 2", "100 2")
	attempts := 0
	w.answers = func(check int) (bool, time.Duration) {
		if check == 0 {
			return true, time.Millisecond
		}
		attempts++
		return attempts == 3, time.Second // two failures, a success, then failures only
	}
	w.travel(run)
	if diff := cmp.Diff([]string{"2s 50% 1 + 50% 2", "asked 8 times", "1m5s 100% 1", "1m5s end"}, w.timeline()); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	at := func(seconds int) rollout.Failure {
		return rollout.Failure{At: began.Add(time.Duration(seconds) * time.Second), Detail: "detail"}
	}
	want := rollout.Ending{
		Outcome: rollout.AtStable, Reason: rollout.ChecksFailed, Live: parseSplit("100 1"), Check: 1,
		Failures: []rollout.Failure{at(43), at(53), at(63)},
	}
	if diff := cmp.Diff(want, run.Ending()); diff != "" {
		t.Errorf("ending (-want +got):\n%s", diff)
	}
}

func TestAHangingCheckFails(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{BakeTime: time.Minute, Checks: []rollout.Check{{Interval: 2 * time.Second, Timeout: 5 * time.Second, MaxFailures: 2}}, OnFailure: rollout.HoldOnFailure}
	run, w := start(t, plan, "100 1", "100 2")
	w.answers = func(int) (bool, time.Duration) { return true, -1 }
	w.travel(run)
	want := rollout.Ending{Outcome: rollout.OnHold, Reason: rollout.ChecksFailed, Live: parseSplit("100 2"), Failures: []rollout.Failure{
		{At: began.Add(7 * time.Second), Detail: "no answer within 5s"}, {At: began.Add(12 * time.Second), Detail: "no answer within 5s"},
	}}
	if diff := cmp.Diff(want, run.Ending()); diff != "" {
		t.Errorf("ending (-want +got):\n%s", diff)
	}
}

func TestALateAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{BakeTime: time.Minute, Checks: []rollout.Check{{Interval: 2 * time.Second, Timeout: 5 * time.Second, MaxFailures: 2}}, OnFailure: rollout.HoldOnFailure}
	run, _ := start(t, plan, "100 1", "100 2")
	run.Next(began)
	run.Deployed(began)
	first := run.Next(began)
	// No one called Next at the timeout: the answer itself is too late.
	run.Answered(began.Add(5*time.Second), first.Attempt, true, "")
	second := run.Next(began.Add(5 * time.Second))
	run.Answered(began.Add(6*time.Second), first.Attempt, true, "")
	run.Answered(began.Add(7*time.Second), second.Attempt, false, "")
	if got := run.Ending(); got.Reason != rollout.ChecksFailed || len(got.Failures) != 2 {
		t.Errorf("ended in %+v, want the two failures in a row that the timeout and the second answer are", got)
	}
	run.Answered(began.Add(8*time.Second), second.Attempt, true, "")
	run.Deployed(began.Add(8 * time.Second))
	run.Stop(rollout.Canceled)
	if got := run.Ending(); got.Outcome != rollout.OnHold || got.Reason != rollout.ChecksFailed {
		t.Errorf("ended in %+v after the end", got)
	}
}

func TestAStepIsNotLeftWhileACheckFails(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{Steps: steps(5), Checks: []rollout.Check{{Interval: 30 * time.Second, Timeout: 5 * time.Second, MaxFailures: 3}}, OnFailure: rollout.RollBackOnFailure}
	run, w := start(t, plan, "100 1", "100 2")
	w.answers = func(int) (bool, time.Duration) {
		elapsed := w.now.Sub(began)
		return elapsed < 30*time.Second || elapsed > 70*time.Second, 0
	}
	w.travel(run)
	// Live at 2 s, so the minute ends at 1m2s. The attempts at 32 s and 1m2s fail, the one at 1m32s passes.
	if diff := cmp.Diff([]string{"2s 95% 1 + 5% 2", "asked 4 times", "1m34s 100% 2", "asked 1 times", "1m34s end"}, w.timeline()); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestARunThatIsStoppedHolds(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{Steps: steps(5, 50), Checks: oneCheck, OnFailure: rollout.RollBackOnFailure}
	for _, reason := range []rollout.Reason{rollout.Canceled, rollout.TimedOut, rollout.DeployedOutside, rollout.NotDeployed} {
		for name, test := range map[string]struct {
			stopAt       func(rollout.Action) bool
			fails        bool
			live, wanted string
			check        int
		}{
			"before anything is written": {func(a rollout.Action) bool { return a.Kind == rollout.Deploy }, false, "", "95 1 + 5 2", rollout.NoCheck},
			"while a step is watched":    {func(a rollout.Action) bool { return a.Kind == rollout.Ask && a.Attempt == 5 }, false, "95 1 + 5 2", "", rollout.NoCheck},
			"between two steps":          {func(a rollout.Action) bool { return a.Kind == rollout.Deploy && a.Split.Percentage("2") == 50 }, false, "95 1 + 5 2", "50 1 + 50 2", rollout.NoCheck},
			"on the way back":            {func(a rollout.Action) bool { return a.Kind == rollout.RollBack }, true, "95 1 + 5 2", "100 1", 0},
			"at the last look":           {func(a rollout.Action) bool { return a.Kind == rollout.Confirm }, false, "100 2", "", rollout.NoCheck},
		} {
			run, w := start(t, plan, "100 1", "100 2")
			w.answers = func(int) (bool, time.Duration) { return !test.fails, 0 }
			w.before = func(action rollout.Action) bool {
				if test.stopAt(action) {
					run.Stop(reason)
					return false
				}
				return true
			}
			w.travel(run)
			got := run.Ending()
			want := rollout.Ending{Outcome: rollout.OnHold, Reason: reason, Live: parseSplit(test.live), Pending: parseSplit(test.wanted), Check: test.check, Failures: got.Failures}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: ending (-want +got):\n%s", reason, name, diff)
			}
			if kind := run.Next(w.now).Kind; kind != rollout.End {
				t.Errorf("%s, %s: asks for action %d after the end", reason, name, kind)
			}
		}
	}
}

// A machine that sleeps in the middle of a step asks once more before it goes on.
func TestAfterALeapOfTheClockAStepIsCheckedOnceMore(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{Steps: steps(5), Checks: oneCheck, OnFailure: rollout.RollBackOnFailure}
	run, w := start(t, plan, "100 1", "100 2")
	awake := true
	w.answers = func(int) (bool, time.Duration) { return awake, 0 }
	w.before = func(action rollout.Action) bool {
		if betweenAttempts := action.Until.Sub(w.now) > 5*time.Second; betweenAttempts && awake {
			awake, w.now = false, w.now.Add(2*time.Hour)
			return false
		}
		return true
	}
	w.travel(run)
	w.travel(run)
	if diff := cmp.Diff([]string{"2s 95% 1 + 5% 2", "asked 2 times", "2h0m4s 100% 1", "2h0m4s end"}, w.timeline()); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}
