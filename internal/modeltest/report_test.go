package modeltest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String tells a history that broke a promise: what was broken, the script, and what happened. Ids are named D1, D2 and so
// on in the order in which they came to be, code versions as in scripts.
func (h *history) String() string {
	names := []string{"1111:", "A:", "2222:", "B:"}
	seen, counts := map[string]bool{}, map[string]int{}
	name := func(id, letter string) {
		if id != "" && !seen[id] && len(id) > 4 {
			seen[id] = true
			reversed := []byte(id)
			slices.Reverse(reversed)
			counts[letter]++
			short := fmt.Sprintf("%s%d", letter, counts[letter])
			names = append(names, id, short, string(reversed), short+"'")
		}
	}
	for moment := range h.world.Now() + 1 {
		for _, routine := range h.world.Truth(moment) {
			for version := range routine.Versions {
				name(version, "N")
			}
			for _, live := range routine.Live {
				name(live.ID, "D")
			}
		}
	}
	return strings.NewReplacer(names...).Replace(fmt.Sprintf("%s\n\n%s\nWhat happened:\n%s", strings.Join(h.violations, "\n"), h.script, h.trace.String()))
}

// report writes down what a session did, such that it reads as a story.
func (h *history) report(s *session) {
	h.tell("  %s (%s)", s.run.Name, s.command)
	moment := s.began
	var lines []string
	acts := func(to int) {
		for _, change := range h.world.Changes(moment, max(moment, to)) {
			if change.By != s.run.Name {
				lines = append(lines, fmt.Sprintf("       ! %s: %s", change.By, change.What))
			}
		}
		moment = max(moment, to)
	}
	start := s.run.started
	for _, call := range s.calls {
		acts(max(call.Sent, call.Served))
		outcome := fmt.Sprint(call.Status)
		switch {
		case call.Received < 0:
			outcome = "no answer"
		case call.Status == 0:
			outcome = "answer lost: " + string(call.Mishap.Fault)
		case call.Code != "":
			outcome = call.Code
		case call.Shown < call.Served:
			outcome += ", stale"
		}
		if call.Took {
			outcome += ", took effect"
		}
		lines = append(lines, fmt.Sprintf("    %2d %8.3fs %s: %s", call.Number, call.SentAt.Sub(start).Seconds(), h.words(call), outcome))
	}
	acts(s.ended)
	const most = 60
	if len(lines) > most {
		lines = slices.Concat(lines[:most/2], []string{fmt.Sprintf("       … %d more", len(lines)-most)}, lines[len(lines)-most/2:])
	}
	for _, line := range lines {
		h.tell("%s", line)
	}
	if s.plan != nil && !s.plan.Empty() {
		h.tell("    planned: %s", describe(s.plan))
	}
	for _, said := range s.run.Diagnostics {
		if text, found := strings.CutPrefix(said, "ERROR: "); found {
			h.tell("    error: %.300s", strings.ReplaceAll(text, "\n", " "))
		}
	}
}

// words says what a call is about.
func (h *history) words(call *Call) string {
	about := call.Routine
	if call.Env != "" {
		about += " " + call.Env
	}
	if call.Operation == "CreateRoutineCodeDeployment" && call.Served >= 0 {
		before := h.world.Truth(call.Served)[call.Routine].Live[call.Env]
		about += fmt.Sprintf(" (serving %s of %s)", cmp.Or(before.Split, "nothing"), cmp.Or(before.ID, "no deployment"))
	}
	return call.Operation + " " + about
}

func describe(plan *Plan) string {
	var parts []string
	for _, change := range plan.Changes() {
		parts = append(parts, string(change.Action)+" "+change.Address)
	}
	return strings.Join(parts, ", ")
}

func keys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
