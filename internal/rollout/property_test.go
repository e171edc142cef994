package rollout_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// drawnSplit draws a split of some of four versions, of which higher numbers are newer.
func drawnSplit(t *rapid.T, name string) split.Split {
	versions := rapid.Permutation([]string{"1", "2", "3", "4"}).Draw(t, name+" versions")
	first := rapid.OneOf(rapid.Just(100), rapid.SampledFrom([]int{5, 50, 90}), rapid.IntRange(1, 99)).Draw(t, name)
	return split.Observed(split.Share{CodeVersion: versions[0], Percentage: first}, split.Share{CodeVersion: versions[1], Percentage: 100 - first})
}

func drawnPlan(t *rapid.T) rollout.Plan {
	seconds := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.IntRange(0, 90).Draw(t, "s")) * time.Second })
	plan := rollout.Plan{
		BakeTime:  seconds.Draw(t, "bake time"),
		OnFailure: rapid.SampledFrom([]rollout.OnFailure{rollout.RollBackOnFailure, rollout.HoldOnFailure}).Draw(t, "on failure"),
	}
	share := 0
	for _, more := range rapid.SliceOfN(rapid.IntRange(1, 45), 0, 4).Draw(t, "steps") {
		if share += more; share < split.TotalPercentage {
			plan.Steps = append(plan.Steps, rollout.Step{Percentage: share, BakeTime: seconds.Draw(t, "step")})
		}
	}
	plan.Checks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) rollout.Check {
		return rollout.Check{
			Interval:    time.Second + seconds.Draw(t, "interval"),
			Timeout:     time.Second + seconds.Draw(t, "timeout"),
			MaxFailures: rapid.IntRange(1, 4).Draw(t, "max failures"),
		}
	}), 0, 3).Draw(t, "checks")
	return plan
}

// drawnItinerary draws until there is a way from one split to the other.
func drawnItinerary(t *rapid.T) (plan rollout.Plan, live, goal split.Split, itinerary rollout.Itinerary) {
	plan, live, goal = drawnPlan(t), drawnSplit(t, "live"), drawnSplit(t, "goal")
	if rapid.IntRange(0, 9).Draw(t, "is the first release") == 0 {
		live = split.Split{}
	}
	itinerary, err := rollout.New(plan, live, goal, nil)
	if err != nil {
		t.Skip(err)
	}
	return plan, live, goal, itinerary
}

func drawnDuration(t *rapid.T, label string, atMost time.Duration) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(atMost)).Draw(t, label))
}

// shareFrom lets checks fail from a share of the candidate on.
func (w *world) failFrom(candidate string, share int) {
	w.answers = func(int) (bool, time.Duration) { return w.live.Percentage(candidate) < share, 0 }
}

func TestEveryHistoryEndsAndSaysWhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, live, goal, itinerary := drawnItinerary(t)
		run, w := itinerary.Start(), newWorld(live)
		w.deploys = func() time.Duration { return drawnDuration(t, "deploys", time.Minute) }
		w.answers = func(check int) (bool, time.Duration) {
			hangs := rapid.IntRange(0, 9).Draw(t, "hangs") == 0
			if hangs {
				return true, -1
			}
			return rapid.IntRange(0, 3).Draw(t, "answer") > 0, drawnDuration(t, "takes", 2*itinerary.Checks[check].Timeout)
		}
		stopAt := rapid.IntRange(0, 200).Draw(t, "stop at")
		actions := 0
		w.before = func(rollout.Action) bool {
			actions++
			if actions == stopAt {
				run.Stop(rollout.Canceled)
				return false
			}
			return true
		}
		w.travel(run)

		ending := run.Ending()
		reached := live
		if !ending.Live.IsEmpty() {
			reached = ending.Live
		}
		if !reached.Equal(w.live) {
			t.Fatalf("says that %s is live, which is %s", reached, w.live)
		}
		switch ending.Outcome {
		case rollout.AtGoal:
			if !w.live.Equal(goal) || ending.Check != rollout.NoCheck {
				t.Fatalf("at %s, which is not the goal %s: %+v", w.live, goal, ending)
			}
		case rollout.AtStable:
			if w.live.Percentage(itinerary.Stable) != 100 || ending.Check == rollout.NoCheck || len(ending.Failures) == 0 {
				t.Fatalf("at %s, which is not the stable version %q: %+v", w.live, itinerary.Stable, ending)
			}
		case rollout.OnHold:
			if ending.Reason == rollout.Completed {
				t.Fatalf("holds without a reason: %+v", ending)
			}
		default:
			t.Fatalf("ended in %+v", ending)
		}
		checkShares(t, itinerary, live, w.story)
	})
}

// checkShares finds shares of the candidate that fall without a roll-back, and splits that the service would refuse.
func checkShares(t *rapid.T, itinerary rollout.Itinerary, live split.Split, story []event) {
	share := live.Percentage(itinerary.Candidate)
	for _, e := range story {
		if e.answered || e.kind != rollout.Deploy && e.kind != rollout.RollBack {
			continue
		}
		if _, err := split.New(e.live.Shares()...); err != nil {
			t.Fatalf("deploys %s: %v", e.live, err)
		}
		now := e.live.Percentage(itinerary.Candidate)
		if e.kind == rollout.Deploy && now <= share || e.kind == rollout.RollBack && (now != 0 || itinerary.OnFailure != rollout.RollBackOnFailure) {
			t.Fatalf("the candidate goes from %d%% to %d%% by action %d", share, now, e.kind)
		}
		share = now
	}
}

// A step is watched for its bake time and one attempt at a check. Only a check that fails at that moment is asked on,
// until it passes or has failed too often.
func TestNoStepIsLongerThanItsBakeTimeAndOneCheck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, live, _, itinerary := drawnItinerary(t)
		mayFail := rapid.Bool().Draw(t, "may fail")
		run, w := itinerary.Start(), newWorld(live)
		w.answers = func(check int) (bool, time.Duration) {
			passes := !mayFail || rapid.IntRange(0, 3).Draw(t, "answer") > 0
			return passes, drawnDuration(t, "takes", itinerary.Checks[check].Timeout-1)
		}
		var longest time.Duration
		for _, check := range itinerary.Checks {
			allowed := check.Timeout
			if mayFail {
				allowed += time.Duration(check.MaxFailures) * max(check.Interval, check.Timeout)
			}
			longest = max(longest, allowed)
		}
		var since time.Time
		stage := -1
		w.before = func(action rollout.Action) bool {
			if action.Kind != rollout.Ask && action.Kind != rollout.Wait && stage >= 0 {
				took, bake := w.now.Sub(since), itinerary.Stages[stage].BakeTime
				if took > bake+longest || action.Kind == rollout.Deploy && took < bake {
					t.Fatalf("%s took %s", itinerary.Stages[stage], took)
				}
				stage = -1
			}
			if _, at := run.Stage(); (action.Kind == rollout.Ask || action.Kind == rollout.Wait) && stage < 0 {
				stage, since = at, w.now
			}
			return true
		}
		if len(itinerary.Stages) > 0 {
			w.travel(run)
		}
	})
}

func TestAttemptsKeepTheirIntervalAndCountInARow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, live, _, itinerary := drawnItinerary(t)
		run, w := itinerary.Start(), newWorld(live)
		w.answers = func(check int) (bool, time.Duration) {
			return rapid.IntRange(0, 3).Draw(t, "answer") > 0, drawnDuration(t, "takes", itinerary.Checks[check].Timeout-1)
		}
		w.travel(run)

		type attempt struct {
			started, ended time.Time
			failures       int
		}
		last := map[int]attempt{}
		failed := rollout.NoCheck
		for _, e := range w.story {
			before, asked := last[e.check]
			check := rollout.Check{}
			if len(itinerary.Checks) > 0 {
				check = itinerary.Checks[e.check]
			}
			switch {
			case failed != rollout.NoCheck && (e.answered || e.kind == rollout.Ask || e.kind == rollout.Deploy):
				t.Fatalf("goes on after check %d has failed: %+v", failed, e)
			case e.answered && e.passed:
				last[e.check] = attempt{started: before.started, ended: e.at}
			case e.answered:
				last[e.check] = attempt{started: before.started, ended: e.at, failures: before.failures + 1}
				if before.failures+1 == check.MaxFailures {
					failed = e.check
				}
			case e.kind == rollout.Ask && asked:
				due := before.started.Add(check.Interval)
				if due.Before(before.ended) {
					due = before.ended
				}
				if before.ended.Before(before.started) || !e.at.Equal(due) {
					t.Fatalf("check %d is asked at %s, want %s", e.check, e.at, due)
				}
				last[e.check] = attempt{started: e.at, failures: before.failures}
			case e.kind == rollout.Ask:
				last[e.check] = attempt{started: e.at}
			case e.kind == rollout.Deploy:
				clear(last) // each step asks at once
			}
		}
		if ending := run.Ending(); ending.Check != failed {
			t.Fatalf("check %d has failed, and the ending is %+v", failed, ending)
		}
	})
}

// A run that is killed is resumed from the current split. It ends where one that was never killed does, unless the goal was
// live: then there is nothing left to resume.
func TestAResumedRunEndsWhereAnUninterruptedOneDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plan, live, goal, itinerary := drawnItinerary(t)
		brokenFrom := rapid.OneOf(rapid.Just(101), rapid.IntRange(1, 100)).Draw(t, "broken from")
		uninterrupted := newWorld(live)
		uninterrupted.failFrom(itinerary.Candidate, brokenFrom)
		uninterrupted.travel(itinerary.Start())

		w := newWorld(live)
		w.failFrom(itinerary.Candidate, brokenFrom)
		for range rapid.IntRange(1, 3).Draw(t, "kills") {
			killAt := rapid.IntRange(1, 40).Draw(t, "kill at")
			tookEffect := rapid.Bool().Draw(t, "took effect")
			actions := 0
			w.before = func(action rollout.Action) bool {
				actions++
				if actions < killAt {
					return true
				}
				if tookEffect && (action.Kind == rollout.Deploy || action.Kind == rollout.RollBack) {
					w.live = action.Split
				}
				return false
			}
			w.travel(itinerary.Start())
			resumed, err := rollout.New(plan, w.live, goal, nil)
			if err != nil {
				t.Fatalf("what is live after a kill, %s, is no place to resume from: %v", w.live, err)
			}
			if w.live.Equal(goal) {
				if len(resumed.Stages) > 0 {
					t.Fatalf("at the goal already, and yet: %s", resumed)
				}
				return
			}
			itinerary = resumed
		}
		w.before = nil
		w.travel(itinerary.Start())
		if !w.live.Equal(uninterrupted.live) {
			t.Fatalf("broken from %d%%: ends at %s, want %s", brokenFrom, w.live, uninterrupted.live)
		}
	})
}
