package esasim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// withDefaults fills what a request left out.
func (s *Simulator) withDefaults(r Route) Route {
	r.Bypass = cmp.Or(r.Bypass, absentIsEmpty(s.says(RouteBypass)))
	r.Fallback = cmp.Or(r.Fallback, absentIsEmpty(s.says(RouteFallback)))
	r.Timeout = cmp.Or(r.Timeout, absentIsEmpty(s.says(RouteTimeout)))
	r.Mode = cmp.Or(r.Mode, absentIsEmpty(s.says(RouteMode)))
	if s.says(RouteRule) == "canonical" {
		r.Rule = canonicalRule(r.Rule)
	}
	return r
}

func absentIsEmpty(answer string) string {
	if answer == answerAbsent {
		return ""
	}
	return answer
}

// canonicalRule writes the blanks of a rule the way a server might that does not keep a rule letter
// for letter: one between words, none inside parentheses. Texts in quotes stay.
func canonicalRule(rule string) string {
	var b strings.Builder
	quoted, last := false, rune(0)
	for i, r := range rule {
		if !quoted && r == ' ' {
			next := strings.TrimLeft(rule[i:], " ")
			if last == 0 || last == ' ' || last == '(' || next == "" || next[0] == ')' {
				continue
			}
		}
		if r == '"' && last != '\\' {
			quoted = !quoted
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

func (s *Simulator) firstSequence() int {
	if s.says(SequenceStart) == "0" {
		return 0
	}
	return 1
}

// inScope are the places of the routes that a route shares its order of evaluation with.
func (s *Simulator) inScope(routes []Route, r Route) []int {
	var scope []int
	for i, other := range routes {
		together := other.SiteID == r.SiteID
		if s.says(SequenceScope) == "routine" {
			together = other.Routine == r.Routine
		}
		if together && other.ConfigID != r.ConfigID {
			scope = append(scope, i)
		}
	}
	slices.SortStableFunc(scope, func(a, b int) int { return cmp.Compare(routes[a].Sequence, routes[b].Sequence) })
	return scope
}

// putRoute adds or replaces a route, and finds it its place in the order. Without a sequence of its
// own it goes to the end.
func (s *Simulator) putRoute(r Route, sequenced bool) {
	s.store.routes.change(s.store.nextWrite(), func(routes []Route) []Route {
		at := slices.IndexFunc(routes, func(other Route) bool { return other.ConfigID == r.ConfigID })
		scope := s.inScope(routes, r)
		first := s.firstSequence()
		last := first + len(scope)
		if len(scope) > 0 {
			last = max(last, routes[scope[len(scope)-1]].Sequence+1)
		}
		if !sequenced {
			r.Sequence = last
		}
		switch s.says(SequenceInsertion) {
		case "placed":
			r.Sequence = min(r.Sequence, first+len(scope))
			next := first
			for _, place := range scope {
				if next == r.Sequence {
					next++
				}
				routes[place].Sequence = next
				next++
			}
		case "shifted":
			taken := r.Sequence
			for _, place := range scope {
				if routes[place].Sequence == taken {
					taken++
					routes[place].Sequence = taken
				}
			}
		}
		if at >= 0 {
			routes[at] = r
			return routes
		}
		return append(routes, r)
	})
}

func (s *Simulator) dropRoute(r Route) {
	s.store.routes.change(s.store.nextWrite(), func(routes []Route) []Route {
		if s.says(SequenceInsertion) == "placed" {
			for _, place := range s.inScope(routes, r) {
				if routes[place].Sequence > r.Sequence {
					routes[place].Sequence--
				}
			}
		}
		return slices.DeleteFunc(routes, func(other Route) bool { return other.ConfigID == r.ConfigID })
	})
}

// addRoute adds a route from a seed or a test, at the end where it is not sequenced.
func (s *Simulator) addRoute(r Route, sequenced bool) (string, error) {
	r.Enable = cmp.Or(r.Enable, answerOn)
	at := slices.IndexFunc(s.store.sites, func(site Site) bool { return site.ID == r.SiteID })
	if at < 0 {
		return "", fmt.Errorf("route %q: there is no site %q", r.Name, r.SiteID)
	}
	if err := s.checkRoute(r, s.store.sites[at]); err != nil {
		return "", fmt.Errorf("route %q: %w", r.Name, err)
	}
	if r.ConfigID == "" {
		r.ConfigID = strconv.FormatInt(s.store.numbers.next(configID), 10)
	}
	if err := s.store.useNumber(configID, r.ConfigID); err != nil {
		return "", fmt.Errorf("route %q: %w", r.Name, err)
	}
	if slices.ContainsFunc(s.store.routes.now, func(other Route) bool { return other.ConfigID == r.ConfigID }) {
		return "", fmt.Errorf("there is a route %s already", r.ConfigID)
	}
	s.putRoute(r, sequenced)
	return r.ConfigID, nil
}
