package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// What the project promises of a thousand deployments.
const (
	manyDeployments = 1000
	fewDeployments  = 200
	realLatency     = 50 * time.Millisecond
	parallelism     = 10

	rateParallelism = 50
	rateLimit       = 100

	wallPerBound         = 1.5
	ownPerDeployment     = 7.5e-3 // seconds
	planCallsPerChange   = 2
	applyCallsPerChange  = 3
	callsPerFirstRelease = 4
	mostPeak             = 80 << 20 // bytes
	mostThrottled        = 5.0      // per cent

	// spareConnections is how many connections there may be beyond one for each operation of the engine.
	spareConnections = 2
)

// promisedScenarios are what promises judges, in this order.
var promisedScenarios = []scenario{
	{deployments: manyDeployments, latency: realLatency, parallelism: parallelism},
	{deployments: fewDeployments, latency: realLatency, parallelism: parallelism, until: firstApply},
	{deployments: manyDeployments, latency: realLatency, parallelism: rateParallelism, rateLimit: rateLimit, until: noOpPlan},
}

// check is one condition and whether it holds.
type check struct {
	name    string
	holds   bool
	figures string
}

func (c check) String() string {
	verdict := "FAIL"
	if c.holds {
		verdict = "pass"
	}
	return fmt.Sprintf("%s  %s: %s", verdict, c.name, c.figures)
}

// The operations that the conditions are about.
const (
	getRoutine           = "GetRoutine"
	createCodeDeployment = "CreateRoutineCodeDeployment"
)

// countChecks are the conditions that hold on any machine: they are about numbers of calls and connections, in each run.
func countChecks(results []result) (checks []check) {
	total := func(s sample) int { return s.total() }
	reads := func(s sample) int { return s.calls[getRoutine] }
	others := func(s sample) int { return s.total() - s.calls[getRoutine] }
	deployed := func(s sample) int { return s.calls[createCodeDeployment] }
	connections := func(s sample) int { return s.connections }
	for _, r := range results {
		if r.err != nil {
			checks = append(checks, check{name: r.String() + ": every phase goes through", figures: r.err.Error()})
			continue
		}
		w := workload{r.deployments}
		mostConnections := r.parallelism + spareConnections
		if r.latency == 0 {
			// Where answers come faster than connections, a call that waits for a new connection often gets one that has
			// become free meanwhile, and the new one is spare.
			mostConnections += r.parallelism
		}
		for _, c := range []struct {
			what        string
			phases      []string
			count       func(sample) int
			least, most int
		}{
			{"call", []string{validate, noOpPlanUnread}, total, 0, 0},
			{createCodeDeployment, []string{firstPlan, noOpPlan, noOpPlanUnread, changedPlan, changedPlanUnread, destroy}, deployed, 0, 0},
			{getRoutine + ", one for each routine", []string{noOpPlan}, reads, 0, w.routines()},
			{"other call", []string{noOpPlan}, others, 0, 0},
			{createCodeDeployment, []string{firstApply}, deployed, w.deployments, w.deployments},
			{createCodeDeployment, []string{changedApply}, deployed, w.changed(), w.changed()},
			// A destroy is a plan and an apply, each with a provider process of its own.
			{"connections", []string{firstPlan, firstApply, noOpPlan, changedPlan, changedApply}, connections, 0, mostConnections},
		} {
			for _, phase := range c.phases {
				worst := 0
				for n, s := range r.samples[phase] {
					if got := c.count(s); n == 0 || worst >= c.least && worst <= c.most {
						worst = got
					}
				}
				limit := fmt.Sprintf("at most %d", c.most)
				if c.least == c.most {
					limit = strings.Replace(fmt.Sprintf("exactly %d", c.most), "exactly 0", "no", 1)
				}
				checks = append(checks, check{
					name:  fmt.Sprintf("%s: %s: %s %s", r.scenario, phase, limit, c.what),
					holds: len(r.samples[phase]) > 0 && worst >= c.least && worst <= c.most, figures: fmt.Sprint(worst),
				})
			}
		}
	}
	return checks
}

// promises holds the results of promisedScenarios against what the project promises.
func promises(results []result) []check {
	many, few, limited := results[0], results[1], results[2]
	for _, r := range results {
		if r.err != nil {
			return []check{{name: r.String() + ": every phase goes through", figures: r.err.Error()}}
		}
	}
	checks := countChecks(results[:1])
	of := func(r result, phase string, run int) sample { return r.samples[phase][run] }
	atMost := func(name string, figures func(run int) (got, most float64)) {
		// The run in the middle is judged, since a single one may be disturbed.
		runs := make([][2]float64, len(few.samples[firstApply]))
		for run := range runs {
			runs[run][0], runs[run][1] = figures(run)
		}
		slices.SortFunc(runs, func(a, b [2]float64) int { return cmp.Compare(a[0]-a[1], b[0]-b[1]) })
		middle := runs[len(runs)/2]
		checks = append(checks, check{name: name, holds: middle[0] <= middle[1], figures: decimal(middle[0]) + ", at most " + decimal(middle[1])})
	}
	changed := float64(workload{manyDeployments}.changed())
	atMost("no-op plan: wall at most the plan without refresh + 1.5 × network bound, in seconds", func(run int) (float64, float64) {
		s := of(many, noOpPlan, run)
		return s.wall, of(many, noOpPlanUnread, run).wall + wallPerBound*many.networkBound(s.total())
	})
	atMost("plan without refresh: wall at most the floor + 7.5 ms for each deployment, in seconds", func(run int) (float64, float64) {
		return of(many, noOpPlanUnread, run).wall, many.floor[noOpPlanUnread][run].wall + ownPerDeployment*manyDeployments
	})
	atMost("changed plan: calls beyond those of the refresh", func(run int) (float64, float64) {
		return float64(of(many, changedPlan, run).total() - of(many, noOpPlan, run).total()), planCallsPerChange * changed
	})
	atMost("changed apply: calls", func(run int) (float64, float64) {
		return float64(of(many, changedApply, run).total()), applyCallsPerChange * changed
	})
	atMost(fmt.Sprintf("first plan and apply of %d: calls", fewDeployments), func(run int) (float64, float64) {
		return float64(of(few, firstPlan, run).total() + of(few, firstApply, run).total()), callsPerFirstRelease * fewDeployments
	})
	atMost("peak memory of the provider, in MiB", func(run int) (float64, float64) {
		peak := int64(0)
		for _, p := range phases {
			peak = max(peak, of(many, p.name, run).peak)
		}
		return float64(peak) / (1 << 20), mostPeak / (1 << 20)
	})
	atMost(fmt.Sprintf("%s: throttled answers, in per cent", limited.scenario), func(run int) (float64, float64) {
		throttled, total := 0, 0
		for _, samples := range limited.samples {
			throttled, total = throttled+samples[run].throttled, total+samples[run].total()
		}
		return 100 * float64(throttled) / float64(max(1, total)), mostThrottled
	})
	return checks
}

// write prints a table with a line for each phase.
func (r result) write(w io.Writer) {
	fmt.Fprintf(w, "\n%s:\n\n", r.scenario)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "phase\twall s\tfloor s\tnetwork s\tprovider CPU s\tpeak MiB\tconnections\tcalls\t")
	for _, p := range phases {
		samples := r.samples[p.name]
		if len(samples) == 0 {
			continue
		}
		last := samples[len(samples)-1]
		var calls []string
		for _, operation := range slices.Sorted(maps.Keys(last.calls)) {
			calls = append(calls, fmt.Sprintf("%s %d", operation, last.calls[operation]))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t  %s\n", p.name, median(samples, func(s sample) float64 { return s.wall }),
			median(r.floor[p.name], func(s sample) float64 { return s.wall }), decimal(r.networkBound(last.total())),
			median(samples, func(s sample) float64 { return s.providerCPU }), median(samples, func(s sample) float64 { return float64(s.peak) / (1 << 20) }),
			last.connections, last.total(), strings.Join(calls, ", "))
	}
	_ = table.Flush() // to the terminal
	if r.err != nil {
		fmt.Fprintf(w, "\nIt ended early: %s\n", r.err)
	}
}

// median is the middle of a figure, the larger of the two middle ones where there is an even number, and nothing where there is none.
func median(samples []sample, figure func(sample) float64) string {
	figures := make([]float64, len(samples))
	for n, s := range samples {
		figures[n] = figure(s)
	}
	if len(figures) == 0 {
		return ""
	}
	slices.Sort(figures)
	return decimal(figures[len(figures)/2])
}

// decimal has as many decimals as a figure of that size deserves.
func decimal(figure float64) string {
	switch {
	case figure >= 100:
		return fmt.Sprintf("%.0f", figure)
	case figure >= 10:
		return fmt.Sprintf("%.1f", figure)
	}
	return fmt.Sprintf("%.2f", figure)
}
