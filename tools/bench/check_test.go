package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// good is a report of a thousand deployments that keeps every promise.
func good() *report {
	add := func(r *result, phase string, s sample, floor float64) { r.add(phase, s, &sample{Wall: floor}) }
	calls := func(get, create, info int) map[string]int {
		return map[string]int{getRoutine: get, createCodeDeployment: create, "GetRoutineCodeVersionInfo": info}
	}
	many := result{scenario: scenario{Deployments: 1000, Latency: 0.05, Parallelism: 10}}
	add(&many, validate, sample{}, 0)
	add(&many, firstPlan, sample{Connections: 12, Calls: calls(500, 0, 500)}, 1)
	add(&many, firstApply, sample{Connections: 12, Calls: calls(1000, 1000, 0)}, 1)
	add(&many, noOpPlan, sample{Wall: 10, Connections: 12, Calls: map[string]int{getRoutine: 500}}, 1)
	add(&many, noOpPlanUnread, sample{Wall: 7.5}, 1)
	add(&many, changedPlan, sample{Calls: calls(500, 0, 200)}, 1)
	add(&many, changedPlanUnread, sample{}, 1)
	add(&many, changedApply, sample{ProviderPeak: 79 << 20, Calls: calls(100, 100, 100)}, 1)
	add(&many, destroy, sample{Connections: 20, Calls: calls(500, 0, 0)}, 1)
	few := result{scenario: scenario{Deployments: 200, Latency: 0.05, Parallelism: 10, until: firstApply}}
	add(&few, firstPlan, sample{Calls: calls(100, 0, 100)}, 1)
	add(&few, firstApply, sample{Calls: calls(300, 200, 100)}, 1)
	limited := result{scenario: scenario{Deployments: 1000, Latency: 0.05, Parallelism: 50, RateLimit: 100, until: noOpPlan}}
	limited.add(firstApply, sample{Calls: calls(1000, 1000, 0), Throttled: 99}, nil)
	return &report{Results: []result{many, few, limited}}
}

// failing returns the names of the checks that fail.
func failing(checks []check) []string {
	var names []string
	for _, c := range checks {
		if !c.Passed {
			names = append(names, c.Name+": "+c.Figures)
		}
	}
	return names
}

func TestAcceptancePasses(t *testing.T) {
	checks := good().acceptance()
	if failed := failing(checks); len(failed) > 0 || len(checks) < 15 {
		t.Errorf("of %d checks, %q fail", len(checks), failed)
	}
}

func TestAcceptanceFindsEachFault(t *testing.T) {
	change := func(result int, phase string, spoil func(*sample)) func(*report) {
		return func(r *report) {
			i := slices.IndexFunc(r.Results[result].Phases, func(p phaseResult) bool { return p.Name == phase })
			p := &r.Results[result].Phases[i]
			p.Samples[0].Calls = maps.Clone(p.Samples[0].Calls)
			if p.Samples[0].Calls == nil {
				p.Samples[0].Calls = map[string]int{}
			}
			spoil(&p.Samples[0])
			p.Summary = p.summarize(r.Results[result].scenario)
		}
	}
	for name, tt := range map[string]struct {
		spoil func(*report)
		want  string
	}{
		"a read for each deployment":     {change(0, noOpPlan, func(s *sample) { s.Calls[getRoutine] = 501 }), "at most 500 GetRoutine"},
		"another call in a no-op plan":   {change(0, noOpPlan, func(s *sample) { s.Calls["ListUserRoutines"] = 1 }), "no other call: 1"},
		"a deployment in a no-op plan":   {change(0, noOpPlan, func(s *sample) { s.Calls[createCodeDeployment] = 1 }), "no-op plan: no CreateRoutineCodeDeployment: 1"},
		"a deployment in a destroy":      {change(0, destroy, func(s *sample) { s.Calls[createCodeDeployment] = 1 }), "destroy: no CreateRoutineCodeDeployment: 1"},
		"a call in a validation":         {change(0, validate, func(s *sample) { s.Calls[getRoutine] = 1 }), "validate: no call: 1"},
		"a connection for each call":     {change(0, noOpPlan, func(s *sample) { s.Connections = 13 }), "no-op plan: at most 12 connections: 13"},
		"a slow refresh":                 {change(0, noOpPlan, func(s *sample) { s.Wall = 11.3 }), "11.3, at most 11.2"},
		"a slow provider":                {change(0, noOpPlanUnread, func(s *sample) { s.Wall = 8.6 }), "8.60, at most 8.50"},
		"one deployment too many":        {change(0, changedApply, func(s *sample) { s.Calls[createCodeDeployment] = 101 }), "exactly 100"},
		"one deployment too few":         {change(0, changedApply, func(s *sample) { s.Calls[createCodeDeployment] = 99 }), "exactly 100"},
		"many calls in the changed plan": {change(0, changedPlan, func(s *sample) { s.Calls[getRoutine] = 501 }), "201, at most 200"},
		"many calls in the change":       {change(0, changedApply, func(s *sample) { s.Calls[getRoutine] = 101 }), "301, at most 300"},
		"many calls in the first apply":  {change(1, firstApply, func(s *sample) { s.Calls[getRoutine] = 301 }), "801, at most 800"},
		"memory":                         {change(0, destroy, func(s *sample) { s.ProviderPeak = 80 << 20 }), "80.0 MiB (destroy)"},
		"no memory known":                {change(0, changedApply, func(s *sample) { s.ProviderPeak = 0 }), "0.0 MiB"},
		"hammering":                      {change(2, firstApply, func(s *sample) { s.Throttled = 100 }), "100 of 2000, 5.0 %"},
		"an error under the limit":       {func(r *report) { r.Results[2].Error = "throttled" }, "no error: throttled"},
		"an error":                       {func(r *report) { r.Results[0].Error = "broken" }, "not measured"},
		"nothing measured":               {func(r *report) { r.Results = nil }, "not measured"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			tt.spoil(r)
			failed := failing(r.acceptance())
			if !slices.ContainsFunc(failed, func(s string) bool { return strings.Contains(s, tt.want) }) {
				t.Errorf("%q fail, want one that says %q", failed, tt.want)
			}
			r.Checks = r.acceptance()
			if r.verdict() == nil {
				t.Error("the verdict is good")
			}
		})
	}
}

func TestTheMiddleRunDecidesTimes(t *testing.T) {
	r := good()
	unread, _ := r.Results[0].phase(noOpPlanUnread)
	noOp, _ := r.Results[0].phase(noOpPlan)
	for _, wall := range []float64{99, 9} {
		s := noOp.Samples[0]
		s.Wall = wall
		r.Results[0].add(noOpPlan, s, &sample{Wall: 1})
		r.Results[0].add(noOpPlanUnread, unread.Samples[0], &sample{Wall: 1})
		for _, phase := range []string{changedPlan, changedApply} {
			p, _ := r.Results[0].phase(phase)
			r.Results[0].add(phase, p.Samples[0], nil)
		}
	}
	if failed := failing(r.acceptance()); len(failed) > 0 {
		t.Errorf("one disturbed run of three makes %q fail", failed)
	}
}

func TestCountChecksSayWhyAScenarioEnded(t *testing.T) {
	r := result{scenario: scenario{Deployments: 10}, Error: "first apply: broken"}
	checks := r.countChecks()
	if len(checks) != 1 || checks[0].Passed || !strings.Contains(checks[0].String(), "FAIL") || !strings.Contains(checks[0].String(), "broken") {
		t.Errorf("got %v", checks)
	}
}
