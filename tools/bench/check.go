package main

import (
	"fmt"
	"time"
)

// check is one condition and whether it holds.
type check struct {
	Name    string `json:"name"`
	Passed  bool   `json:"passed"`
	Figures string `json:"figures"`
}

// String is the line for people.
func (c check) String() string {
	verdict := "FAIL"
	if c.Passed {
		verdict = "pass"
	}
	return fmt.Sprintf("%s  %s: %s", verdict, c.Name, c.Figures)
}

// The operations that the conditions are about.
const (
	getRoutine           = "GetRoutine"
	createCodeDeployment = "CreateRoutineCodeDeployment"
)

// spareConnections is how many connections there may be beyond one for each operation of the engine.
const spareConnections = 2

// countChecks are the conditions that hold on any machine: they are about numbers of calls and connections, in each run.
func (r *result) countChecks() []check {
	at := fmt.Sprintf("%d deployments at %s: ", r.Deployments, r.Latency)
	if r.Error != "" {
		return []check{{Name: at + "every phase goes through", Figures: r.Error}}
	}
	w := workload{r.Deployments}
	var checks []check
	say := func(phase, name string, holds func(sample) bool, figures func(sample) string) {
		p, measured := r.phase(phase)
		if !measured {
			return
		}
		c := check{Name: at + phase + ": " + name, Passed: true}
		for _, s := range p.Samples {
			if c.Passed {
				c.Figures = figures(s)
			}
			c.Passed = c.Passed && holds(s)
		}
		checks = append(checks, c)
	}
	count := func(operation string) func(sample) string {
		return func(s sample) string { return fmt.Sprint(s.Calls[operation]) }
	}
	others := func(operation string) func(sample) string {
		return func(s sample) string { return fmt.Sprint(s.otherThan(operation)) }
	}

	say(validate, "no call", func(s sample) bool { return s.total() == 0 }, func(s sample) string { return fmt.Sprint(s.total()) })
	for _, phase := range []string{firstPlan, noOpPlan, noOpPlanUnread, changedPlan, changedPlanUnread, destroy} {
		say(phase, "no "+createCodeDeployment, func(s sample) bool { return s.Calls[createCodeDeployment] == 0 }, count(createCodeDeployment))
	}
	say(noOpPlan, fmt.Sprintf("at most %d %s, one for each routine", w.routines(), getRoutine),
		func(s sample) bool { return s.Calls[getRoutine] <= w.routines() }, count(getRoutine))
	say(noOpPlan, "no other call", func(s sample) bool { return s.otherThan(getRoutine) == 0 }, others(getRoutine))
	say(noOpPlanUnread, "no call", func(s sample) bool { return s.total() == 0 }, func(s sample) string { return fmt.Sprint(s.total()) })
	say(firstApply, fmt.Sprintf("exactly %d %s", w.deployments, createCodeDeployment),
		func(s sample) bool { return s.Calls[createCodeDeployment] == w.deployments }, count(createCodeDeployment))
	say(changedApply, fmt.Sprintf("exactly %d %s", w.changed(), createCodeDeployment),
		func(s sample) bool { return s.Calls[createCodeDeployment] == w.changed() }, count(createCodeDeployment))
	most := r.Parallelism + spareConnections
	if r.Latency == 0 {
		// Where answers come faster than connections, a call that waits for a new connection often gets one that has
		// become free meanwhile, and the new one is spare.
		most += r.Parallelism
	}
	// A destroy is a plan and an apply, each with a provider process of its own.
	for _, phase := range []string{firstPlan, firstApply, noOpPlan, changedPlan, changedApply} {
		say(phase, fmt.Sprintf("at most %d connections", most),
			func(s sample) bool { return s.Connections <= most }, func(s sample) string { return fmt.Sprint(s.Connections) })
	}
	return checks
}

// What the acceptance is about.
const (
	manyDeployments = 1000
	fewDeployments  = 200
	realLatency     = 50 * time.Millisecond

	rateParallelism = 50
	rateLimit       = 100

	wallPerBound         = 1.5
	ownPerDeployment     = 7.5e-3 // seconds
	planCallsPerChange   = 2
	applyCallsPerChange  = 3
	callsPerFirstRelease = 4
	mostPeak             = 80 << 20 // bytes
	mostThrottled        = 5.0      // per cent
)

// acceptance holds the report against what the project promises of a thousand deployments.
func (r *report) acceptance() []check {
	checks := r.manyChecks()
	checks = append(checks, r.firstReleaseChecks()...)
	return append(checks, r.rateLimitChecks()...)
}

func (r *report) manyChecks() []check {
	many := r.find(manyDeployments, realLatency)
	if many == nil || many.Error != "" {
		return []check{{Name: fmt.Sprintf("%d deployments at %s", manyDeployments, realLatency), Figures: "not measured"}}
	}
	checks := many.countChecks()
	noOp, _ := many.phase(noOpPlan)
	unread, _ := many.phase(noOpPlanUnread)
	plan, _ := many.phase(changedPlan)
	apply, _ := many.phase(changedApply)

	checks = append(checks,
		within("no-op plan: wall at most the plan without refresh + 1.5 × network bound, in seconds", len(noOp.Samples), func(run int) (float64, float64) {
			s := noOp.Samples[run]
			return s.Wall, unread.Samples[run].Wall + wallPerBound*many.networkBound(s.total())
		}),
		within("plan without refresh: wall at most the floor + 7.5 ms for each deployment, in seconds", len(unread.Samples), func(run int) (float64, float64) {
			return unread.Samples[run].Wall, unread.Floor[run].Wall + ownPerDeployment*manyDeployments
		}),
	)
	changed := workload{manyDeployments}.changed()
	worst := len(plan.Samples)
	checks = append(checks,
		largest("changed plan: calls beyond those of the refresh", planCallsPerChange*changed, worst, func(run int) int {
			return plan.Samples[run].total() - noOp.Samples[run].total()
		}),
		largest("changed apply: calls", applyCallsPerChange*changed, worst, func(run int) int { return apply.Samples[run].total() }),
	)
	var peak int64
	var in string
	for _, p := range many.Phases {
		if p.Summary.ProviderPeak > peak {
			peak, in = p.Summary.ProviderPeak, p.Name
		}
	}
	return append(checks, check{
		Name:    fmt.Sprintf("peak memory of the provider below %s MiB", mebibytes(mostPeak)),
		Passed:  peak > 0 && peak < mostPeak,
		Figures: fmt.Sprintf("%s MiB (%s)", mebibytes(peak), in),
	})
}

func (r *report) firstReleaseChecks() []check {
	name := fmt.Sprintf("first plan and apply of %d at %s: calls", fewDeployments, realLatency)
	few := r.find(fewDeployments, realLatency)
	if few == nil || few.Error != "" {
		return []check{{Name: name, Figures: "not measured"}}
	}
	plan, _ := few.phase(firstPlan)
	apply, _ := few.phase(firstApply)
	return []check{largest(name, callsPerFirstRelease*fewDeployments, len(apply.Samples), func(run int) int {
		return plan.Samples[run].total() + apply.Samples[run].total()
	})}
}

func (r *report) rateLimitChecks() []check {
	name := fmt.Sprintf("%d deployments with %d calls a second and parallelism %d", manyDeployments, rateLimit, rateParallelism)
	for i := range r.Results {
		limited := &r.Results[i]
		if limited.Deployments != manyDeployments || limited.RateLimit != rateLimit || limited.Parallelism != rateParallelism {
			continue
		}
		if limited.Error != "" {
			return []check{{Name: name + ": no error", Figures: limited.Error}}
		}
		throttled, total := 0, 0
		for _, p := range limited.Phases {
			for _, s := range p.Samples {
				throttled += s.Throttled
				total += s.total()
			}
		}
		share := percentage(throttled, total)
		return []check{
			{Name: name + ": no error", Passed: true, Figures: "none"},
			{Name: name + ": throttled answers below 5 %", Passed: total > 0 && share < mostThrottled, Figures: fmt.Sprintf("%d of %d, %.1f %%", throttled, total, share)},
		}
	}
	return []check{{Name: name, Figures: "not measured"}}
}

// within compares two figures of each run and judges the run in the middle, since a single one may be disturbed.
func within(name string, runs int, figures func(run int) (got, most float64)) check {
	type pair struct{ got, most float64 }
	var all []pair
	for run := range runs {
		got, most := figures(run)
		all = append(all, pair{got, most})
	}
	if len(all) == 0 {
		return check{Name: name, Figures: "not measured"}
	}
	middle := middleBy(all, func(p pair) float64 { return p.got - p.most })
	return check{Name: name, Passed: middle.got <= middle.most, Figures: fmt.Sprintf("%s, at most %s", decimal(middle.got), decimal(middle.most))}
}

// largest judges the largest count of all runs.
func largest(name string, most, runs int, count func(run int) int) check {
	if runs == 0 {
		return check{Name: name, Figures: "not measured"}
	}
	got := count(0)
	for run := range runs {
		got = max(got, count(run))
	}
	return check{Name: name, Passed: got <= most, Figures: fmt.Sprintf("%d, at most %d", got, most)}
}
