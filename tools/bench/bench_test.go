package main

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// good are results of three runs that keep every promise, the first of them disturbed.
func good() []result {
	results := make([]result, len(promisedScenarios))
	for n, sc := range promisedScenarios {
		results[n] = result{scenario: sc, samples: map[string][]sample{}, floor: map[string][]sample{}}
	}
	calls := func(get, create, info int) map[string]int {
		return map[string]int{getRoutine: get, createCodeDeployment: create, "GetRoutineCodeVersionInfo": info}
	}
	add := func(n int, phase string, s sample) {
		for run := range 3 {
			s.calls = maps.Clone(s.calls)
			if s.calls == nil {
				s.calls = map[string]int{}
			}
			disturbed := s
			if run == 0 {
				disturbed.wall *= 10
			}
			results[n].samples[phase] = append(results[n].samples[phase], disturbed)
			results[n].floor[phase] = append(results[n].floor[phase], sample{wall: 1})
		}
	}
	add(0, validate, sample{})
	add(0, firstPlan, sample{connections: 12, calls: calls(500, 0, 500)})
	add(0, firstApply, sample{connections: 12, calls: calls(1000, 1000, 0)})
	add(0, noOpPlan, sample{wall: 10, connections: 12, calls: calls(500, 0, 0)})
	add(0, noOpPlanUnread, sample{wall: 7.5})
	add(0, changedPlan, sample{calls: calls(500, 0, 200)})
	add(0, changedPlanUnread, sample{})
	add(0, changedApply, sample{peak: 80 << 20, calls: calls(100, 100, 100)})
	add(0, destroy, sample{connections: 20, calls: calls(500, 0, 0)})
	add(1, firstPlan, sample{calls: calls(100, 0, 100)})
	add(1, firstApply, sample{calls: calls(300, 200, 100)})
	add(2, firstApply, sample{calls: calls(1000, 1000, 0), throttled: 100})
	return results
}

func failing(checks []check) []string {
	var names []string
	for _, c := range checks {
		if !c.holds {
			names = append(names, c.String())
		}
	}
	return names
}

// TestPromises has each promise broken once.
func TestPromises(t *testing.T) {
	if checks := promises(good()); len(failing(checks)) > 0 || len(checks) < 15 || verdict(good(), promises) != nil {
		t.Errorf("of %d checks, %q fail", len(checks), failing(checks))
	}
	spoil := func(n int, phase string, spoil func(*sample)) func([]result) {
		return func(results []result) {
			for run := range results[n].samples[phase] {
				spoil(&results[n].samples[phase][run])
			}
		}
	}
	for want, spoil := range map[string]func([]result){
		"no-op plan: at most 500 GetRoutine, one for each routine: 501": spoil(0, noOpPlan, func(s *sample) { s.calls[getRoutine] = 501 }),
		"no-op plan: no other call: 1":                                  spoil(0, noOpPlan, func(s *sample) { s.calls["ListUserRoutines"] = 1 }),
		"no-op plan: no CreateRoutineCodeDeployment: 1":                 spoil(0, noOpPlan, func(s *sample) { s.calls[createCodeDeployment] = 1 }),
		"destroy: no CreateRoutineCodeDeployment: 1":                    spoil(0, destroy, func(s *sample) { s.calls[createCodeDeployment] = 1 }),
		"validate: no call: 1":                                          spoil(0, validate, func(s *sample) { s.calls[getRoutine] = 1 }),
		"no-op plan: at most 12 connections: 13":                        spoil(0, noOpPlan, func(s *sample) { s.connections = 13 }),
		"11.3, at most 11.2":                                            spoil(0, noOpPlan, func(s *sample) { s.wall = 11.3 }),
		"8.60, at most 8.50":                                            spoil(0, noOpPlanUnread, func(s *sample) { s.wall = 8.6 }),
		"changed apply: exactly 100 CreateRoutineCodeDeployment: 101":   spoil(0, changedApply, func(s *sample) { s.calls[createCodeDeployment] = 101 }),
		"changed apply: exactly 100 CreateRoutineCodeDeployment: 99":    func(r []result) { r[0].samples[changedApply][1].calls[createCodeDeployment] = 99 },
		"201, at most 200":                                              spoil(0, changedPlan, func(s *sample) { s.calls[getRoutine] = 501 }),
		"301, at most 300":                                              spoil(0, changedApply, func(s *sample) { s.calls[getRoutine] = 101 }),
		"801, at most 800":                                              spoil(1, firstApply, func(s *sample) { s.calls[getRoutine] = 301 }),
		"81.0, at most 80":                                              spoil(0, destroy, func(s *sample) { s.peak = 81 << 20 }),
		"5.05, at most 5":                                               spoil(2, firstApply, func(s *sample) { s.throttled = 101 }),
		"goes through: no":                                              func(r []result) { r[2].err = errors.New("no") },
	} {
		results := good()
		spoil(results)
		if failed := failing(promises(results)); !slices.ContainsFunc(failed, func(s string) bool { return strings.Contains(s, want) }) || verdict(results, promises) == nil {
			t.Errorf("%q fail, want one that says %q", failed, want)
		}
	}
}

func TestWorkload(t *testing.T) {
	w := workload{100}
	owner, total, changed := map[string]string{}, 0, 0
	for _, r := range w.seed().Routines {
		for _, v := range r.CodeVersions {
			if owner[v.CodeVersion] != "" {
				t.Errorf("version %s is of %s and of %s", v.CodeVersion, owner[v.CodeVersion], r.Name)
			}
			owner[v.CodeVersion] = r.Name
		}
	}
	after := w.releases(true)
	for routine, environments := range w.releases(false) {
		for env, split := range environments {
			total++
			now := after[routine][env]
			if len(now) == 1 && now[0] == split[0] {
				continue
			}
			changed++
			if env != "production" || len(now) != 2 || now[0] != (share{split[0].CodeVersion, 90}) || now[1].Percentage != 10 || owner[now[1].CodeVersion] != routine {
				t.Errorf("%s of %s goes from %v to %v", env, routine, split, now)
			}
		}
	}
	if total != 100 || changed != w.changed() {
		t.Errorf("of 100 deployments, %d are configured and %d change, want %d", total, changed, w.changed())
	}
}
