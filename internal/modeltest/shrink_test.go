package modeltest

import (
	"maps"
	"regexp"
	"slices"
)

// shrink makes a script shorter as long as it fails. It knows what a script is made of, which rapid does not: the shortest
// bit stream is seldom the shortest story.
func shrink(s script, fails func(script) bool) script {
	for {
		at := slices.IndexFunc(simpler(s), fails)
		if at < 0 {
			return s
		}
		s = simpler(s)[at]
	}
}

// simpler returns the scripts that are one thing simpler, the largest leaps first.
func simpler(s script) []script {
	var all []script
	add := func(change func(*script)) {
		next := s.clone()
		change(&next)
		all = append(all, next)
	}
	for i := range s.Steps {
		add(func(s *script) { s.Steps = s.Steps[i+1:] })
		add(func(s *script) { s.Steps = slices.Delete(s.Steps, i, i+1) })
	}
	for _, name := range slices.Sorted(maps.Keys(s.Config)) {
		add(func(s *script) {
			delete(s.Config, name)
			s.Steps = slices.DeleteFunc(s.Steps, func(c command) bool { return c.Act.Routine == name })
		})
	}
	for i, step := range s.Steps {
		for j := range step.Events {
			add(func(s *script) { s.Steps[i].Events = slices.Delete(s.Steps[i].Events, j, j+1) })
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Config)) {
		for _, change := range []func(*routine){
			func(r *routine) { r.Staging.Split = "" },
			func(r *routine) { r.Production.Split = "" },
			func(r *routine) { r.Production.Rollout = false },
			func(r *routine) { r.surroundings = surroundings{} },
			func(r *routine) { r.Route = "" },
			func(r *routine) { r.Record = "" },
			func(r *routine) { r.Variables = "" },
			func(r *routine) { r.Code = "" },
			func(r *routine) { r.Fleet /= 2 },
			func(r *routine) { r.Fleet-- },
			func(r *routine) { *r = routine{Production: deployment{Split: "A"}, surroundings: r.surroundings} },
			func(r *routine) { r.Production.Split = "A" },
		} {
			r := s.Config[name]
			change(&r)
			if r != s.Config[name] && r.Fleet >= 0 && r.isPossible() {
				add(func(s *script) { s.Config[name] = r })
			}
		}
	}
	if s.Limit > 0 {
		add(func(s *script) { s.Limit = 0 })
	}
	if s.OtherIDs {
		add(func(s *script) { s.OtherIDs = false })
	}
	for i, step := range s.Steps {
		if step.Set.Routine != "" {
			add(func(s *script) { s.Steps[i].Set = change{} })
		}
		if step.NoRefresh {
			add(func(s *script) { s.Steps[i].NoRefresh = false })
		}
		for j, e := range step.Events {
			for _, change := range []func(*event){
				func(e *event) { e.Times /= 2 },
				func(e *event) { e.Times-- },
				func(e *event) { e.Number-- },
				func(e *event) { e.Done = false },
				func(e *event) { e.After = 0 },
				func(e *event) { e.Act = act{} },
				func(e *event) { e.Do = onAct },
			} {
				next := e
				change(&next)
				if next != e && next.Number > 0 && next.Times > 0 && (next.Do != onAct || next.Act.What != "") && (next.Do != onRival || next.Act.What == "rival") {
					add(func(s *script) { s.Steps[i].Events[j] = next })
				}
			}
		}
	}
	return all
}

// isPossible reports whether what is configured of a routine can be had: one that does not exist yet has no code versions
// but the one that is configured with it.
func (r routine) isPossible() bool {
	for _, split := range []string{r.Staging.Split, r.Production.Split} {
		if r.Managed && split != "" && (split != "N" || r.Code == "") {
			return false
		}
	}
	return true
}

func (s script) clone() script {
	s.Config, s.Steps = maps.Clone(s.Config), slices.Clone(s.Steps)
	for i := range s.Steps {
		s.Steps[i].Events = slices.Clone(s.Steps[i].Events)
	}
	return s
}

// broken names the promises that a history broke, by their letters.
func (h *history) broken() []string {
	var letters []string
	for _, violation := range h.violations {
		if regexp.MustCompile(*only).MatchString(violation) {
			letters = append(letters, violation[:3])
		}
	}
	return letters
}
