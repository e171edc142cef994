package modeltest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/esasim"
)

// script is a history as plain data: what is configured at first, and what happens then.
type script struct {
	// OtherIDs: GetRoutine numbers deployments otherwise than CreateRoutineCodeDeployment.
	OtherIDs bool
	// Limit is how many writes ESA takes in a second, 0 for any number. Looks stay fast, so that writes wait after them.
	Limit  int
	Config config
	Steps  []command
}

// command is a step of a history: a run of Terraform, a change of the configuration or an act of someone else.
type command struct {
	// Set is what is configured before.
	Set change
	// Do is one of the constants below.
	Do string
	// NoRefresh is -refresh=false.
	NoRefresh bool
	Act       act
	Events    []event
}

const (
	doAct         = "somebody"
	doPlan        = "plan"
	doPlanDestroy = "plan -destroy"
	doApply       = "apply"
	doSaved       = "apply saved plan"
	doRefresh     = "apply -refresh-only"
	doDestroy     = "destroy"
)

// config is a configuration by routine.
type config map[string]routine

// routine is what is configured of a routine. Where it is not Managed, it exists with the code versions A, B and C.
type routine struct {
	// Fleet is how many routines are configured like this, 0 for one.
	Fleet       int
	Managed     bool
	Description string
	// Code is the content of a code version N, empty if none is configured; First is its create_before_destroy.
	Code                string
	First               bool
	Production, Staging deployment
	surroundings
}

type deployment struct {
	Split     string
	Overwrite bool
	Timeout   string
	// Rollout says that it is released in steps.
	Rollout bool
}

// change is a change of the configuration.
type change struct{ Routine, Field, Value string }

// act is what someone else does. An act without a routine hits that of the call on whose way it happens, or its
// environment.
type act struct{ What, Routine, Env, Split string }

// event is what happens on the way of a call: a fault, an act, or both.
type event struct {
	// On is what Number counts: each "call" of the run, each "write", or each "look" (GetRoutine while applying). Times is how
	// many of them it hits.
	On            string
	Number, Times int
	// Do is a fault of the simulator, or one of the constants below.
	Do string
	// Done says that the work was done although the fault hit it, where the fault leaves that open.
	Done bool
	// When is the phase of the call at which an act, a stop or a kill happens; After is how much later.
	When  string
	After time.Duration
	Act   act
}

const (
	onAct     = "somebody"
	onCancel  = "ctrl-c"
	onKill    = "kill"
	onStale   = "stale"
	onLacking = "lacking lists"
	onHang    = "hang"
	onRefused = "refused"
	onSlow    = "slow"
	onRival   = "rival"
)

// splits are what can be configured and deployed, by name. N is the code version of the configuration.
var splits = map[string][]esasim.Share{
	"A": {{CodeVersion: "1111", Percentage: 100}}, "B": {{CodeVersion: "2222", Percentage: 100}},
	"AB": {{CodeVersion: "1111", Percentage: 90}, {CodeVersion: "2222", Percentage: 10}},
	"N":  {{CodeVersion: "N", Percentage: 100}}, "AN": {{CodeVersion: "1111", Percentage: 75}, {CodeVersion: "N", Percentage: 25}},
}

// generator draws scripts; without names what it leaves out.
type generator struct{ without map[string]bool }

func (g generator) pick(t *rapid.T, label string, from ...string) string {
	from = slices.Clone(from)
	return rapid.SampledFrom(slices.DeleteFunc(from, func(word string) bool { return g.without[word] })).Draw(t, label)
}

func (g generator) script(t *rapid.T) script {
	s := script{Config: config{}}
	s.OtherIDs = !g.without["other-ids"] && rapid.IntRange(0, 9).Draw(t, "other ids") == 9
	s.Config["alpha"] = g.routine(t)
	if !g.without["beta"] && rapid.IntRange(0, 2).Draw(t, "beta") == 2 {
		s.Config["beta"] = g.routine(t)
	}
	if !g.without["fleet"] && (g.without["alpha"] || rapid.IntRange(0, 15).Draw(t, "fleet") == 15) {
		s.Config = config{"fleet": routine{Fleet: 12, Production: deployment{Split: g.split(t, routine{})}}}
		s.Limit = rapid.SampledFrom([]int{1, 1, 0}).Draw(t, "limit")
	}
	if !g.without["surroundings"] && rapid.IntRange(0, 7).Draw(t, "surroundings") == 7 {
		s.Config = config{"alpha": routine{surroundings: surroundings{Route: "/a/", Record: "bound", Variables: "one"}}}
	}
	// A history begins with an apply, or there is nothing that could change. Only what was planned can be applied.
	words := []string{doApply}
	for range rapid.IntRange(1, 5).Draw(t, "steps") {
		step := g.command(t, s.Config, words)
		s.Steps = append(s.Steps, step)
		if len(words) == 1 {
			words = []string{doApply, doApply, doApply, doAct, doPlan, doPlanDestroy, doRefresh, doDestroy}
		}
		if step.Do == doPlan || step.Do == doPlanDestroy {
			words = append(words, doSaved, doSaved, doSaved)
		}
	}
	return s
}

func (g generator) routine(t *rapid.T) routine {
	r := routine{Managed: g.pick(t, "managed", "unmanaged", "managed") == "managed", First: true}
	if r.Managed || g.pick(t, "code", "fixed", "code") == "code" {
		r.Code = "one"
	}
	r.Production.Split = g.split(t, r)
	r.Production.Rollout = g.pick(t, "rollout", "", "", "rollout") != ""
	if g.pick(t, "staging", "", "staging") != "" {
		r.Staging.Split = g.split(t, r)
	}
	if !g.without["surroundings"] {
		r.surroundings = g.surroundings(t)
	}
	return r
}

// split draws a split that can be configured for a routine.
func (g generator) split(t *rapid.T, r routine) string {
	switch {
	case r.Managed:
		return "N"
	case r.Code != "":
		return g.pick(t, "split", "A", "N", "AN")
	}
	return g.pick(t, "split", "A", "B", "AB")
}

func (g generator) command(t *rapid.T, c config, words []string) command {
	todo := command{Do: g.pick(t, "do", words...)}
	if len(words) > 1 && (todo.Do == doApply || todo.Do == doPlan) && rapid.IntRange(0, 4).Draw(t, "change") > 0 {
		todo.Set = g.change(t, c)
	}
	if todo.Do == doAct {
		todo.Act = g.act(t, c)
	} else {
		todo.NoRefresh = !g.without["no-refresh"] && rapid.IntRange(0, 9).Draw(t, "no refresh") == 9
		for range rapid.SampledFrom([]int{0, 1, 2, 0, 1, 3}).Draw(t, "events") {
			todo.Events = append(todo.Events, g.event(t, c))
		}
	}
	return todo
}

func (g generator) change(t *rapid.T, c config) change {
	name := g.pick(t, "routine", slices.Sorted(maps.Keys(c))...)
	if name == "fleet" {
		return change{Routine: name, Field: "production", Value: g.split(t, routine{})}
	}
	fields := []string{"production", "production", "production", "production", "production", "production", "staging", "code", "description", "overwrite", "timeout", "rollout", "first", "gone", "route", "record", "variables"}
	if c[name].isAround() {
		fields = []string{"route", "record", "variables"}
	}
	set := change{Routine: name, Field: g.pick(t, "field", fields...)}
	switch set.Field {
	case "production", "staging":
		set.Value = g.pick(t, "value", append(slices.DeleteFunc([]string{"A", "B", "AB", "N", "AN"}, func(split string) bool {
			uses := strings.Contains(split, "N")
			return c[name].Managed && split != "N" || uses && c[name].Code == ""
		}), "none")...)
	case "code":
		set.Value = g.pick(t, "value", "two", "one", "none")
	case "description":
		set.Value = g.pick(t, "value", "new", "old")
	case "timeout":
		set.Value = g.pick(t, "value", "10s", "10m")
	case "route":
		set.Value = g.pick(t, "value", "none", "/a/", "/b/")
	case "record":
		set.Value = g.pick(t, "value", "none", "bound")
	case "variables":
		set.Value = g.pick(t, "value", "none", "one", "two")
	}
	return set
}

func (g generator) act(t *rapid.T, c config) act {
	names := slices.Sorted(maps.Keys(c))
	a := act{What: g.pick(t, "act", "deploy", "deploy", "roll back", "roll back", "redeploy", "recreate", "delete", "describe", "break"), Routine: g.pick(t, "routine", names...)}
	if c[a.Routine].isAround() || c[a.Routine].surroundings != (surroundings{}) && rapid.Bool().Draw(t, "around") {
		a.What = g.pick(t, "act", "reroute", "reroute", "reroute", "set", "set", "route", "unroute", "bind", "unbind", "add", "unset")
	}
	switch a.What {
	case "deploy", "roll back", "redeploy":
		a.Env = g.pick(t, "env", esasim.Production, esasim.Staging)
	}
	if a.What == "deploy" {
		a.Split = g.pick(t, "split", "A", "B", "AB")
	}
	return a
}

// faults are those that hit calls; the others of the simulator have their own events.
func faults() []string {
	var names []string
	for _, fault := range esasim.Faults() {
		switch fault {
		case esasim.Hang, esasim.Slow, esasim.Stale, esasim.NoFault, esasim.OtherDeployIDs, esasim.ChosenAnswer:
		default:
			names = append(names, string(fault))
		}
	}
	return names
}

// refusals are the faults by which ESA says that it did not do the work, which no client can doubt, and the redirect of a portal, which
// passes nothing on.
var refusals = []esasim.Fault{esasim.Throttled, esasim.ThrottledBadRequest, esasim.TooManyRequests, esasim.LockFailed, esasim.SiteBusy, esasim.Redirect}

func (g generator) event(t *rapid.T, c config) event {
	_, many := c["fleet"]
	e := event{On: g.pick(t, "on", "call", "write", "look"), Times: 1}
	last := map[string]int{"call": 16, "write": 3, "look": 4}[e.On]
	if many {
		last *= 10
	}
	e.Number = rapid.IntRange(1, last).Draw(t, "number")
	e.Do = g.pick(t, "event", onAct, onAct, onAct, "lost", "lost", "fault", "fault", string(esasim.Throttled), onStale, onLacking, onSlow, onCancel, onKill, onHang, onRefused, onRival)
	lost := false
	switch e.Do {
	case "lost":
		e.Do = g.pick(t, "lost", string(esasim.ResetAfter), string(esasim.HalfAnswer), string(esasim.EmptyAnswer))
		lost = true
	case "fault":
		e.Do = g.pick(t, "fault", faults()...)
		e.Done = rapid.IntRange(0, 3).Draw(t, "done") == 3 && !slices.Contains(refusals, esasim.Fault(e.Do))
		if e.Do != string(esasim.Huge) { // it takes long to read
			e.Times = g.times(t)
		}
	case onHang:
		e.Done = rapid.Bool().Draw(t, "done")
	case onStale, string(esasim.Throttled):
		e.Times = g.times(t)
	case onLacking:
		e.Times = 60 // a list that lacks something once is read again
	case onRival:
		e.Act = act{What: "rival", Routine: "alpha", Env: esasim.Production, Split: g.pick(t, "split", "A", "B", "AB")}
	}
	if e.Do != onRival && (e.Do == onAct || lost && rapid.Bool().Draw(t, "and an act") || rapid.IntRange(0, 3).Draw(t, "and an act") == 3) {
		e.Act = g.act(t, c)
		e.Times = min(e.Times, 4)
		if many {
			e.Times = rapid.SampledFrom([]int{1, 10, 40}).Draw(t, "times")
		}
		if rapid.IntRange(0, 3).Draw(t, "of the call") > 0 {
			e.Act.Routine, e.Act.Env = "", ""
		}
	}
	e.When = g.pick(t, "when", "leaving", "arriving", "done", "answered")
	if e.When == "answered" || e.Do == onSlow {
		e.After = rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, time.Second, 3 * time.Second, 40 * time.Second}).Draw(t, "after")
	}
	return e
}

func (g generator) times(t *rapid.T) int {
	return rapid.SampledFrom([]int{1, 1, 1, 2, 4, 12, 60}).Draw(t, "times")
}

// String tells the script as a story.
func (s script) String() string {
	var b strings.Builder
	if s.OtherIDs {
		b.WriteString("GetRoutine numbers deployments otherwise than CreateRoutineCodeDeployment.\n")
	}
	if s.Limit > 0 {
		fmt.Fprintf(&b, "ESA takes %d writes in a second.\n", s.Limit)
	}
	b.WriteString("Configured:\n")
	for _, name := range slices.Sorted(maps.Keys(s.Config)) {
		fmt.Fprintf(&b, "  %s: %s\n", name, s.Config[name])
	}
	for i, step := range s.Steps {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step)
	}
	return b.String()
}

// GoString is how rapid prints what it drew.
func (s script) GoString() string { return "\n" + s.String() }

func (r routine) String() string {
	parts := []string{"exists"}
	switch {
	case r.Managed:
		parts[0] = "managed"
	case r.Fleet > 0:
		parts[0] = fmt.Sprintf("%d like this", r.Fleet)
	}
	if r.Code != "" {
		parts = append(parts, fmt.Sprintf("code version N of %q", r.Code))
	}
	for _, d := range []struct {
		env string
		deployment
	}{{"production", r.Production}, {"staging", r.Staging}} {
		if d.Split != "" && d.Rollout {
			parts = append(parts, d.env+" serves "+d.Split+" by a rollout")
		} else if d.Split != "" {
			parts = append(parts, d.env+" serves "+d.Split)
		}
	}
	for _, part := range []struct{ name, value string }{{"route", r.Route}, {"record", r.Record}, {"variables", r.Variables}} {
		if part.value != "" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	return strings.Join(parts, ", ")
}

func (c command) String() string {
	text := c.Do
	if c.Do == doAct {
		text = c.Act.String()
	}
	if c.Set.Routine != "" {
		text = fmt.Sprintf("configure %s of %s: %s; %s", c.Set.Field, c.Set.Routine, cmp.Or(c.Set.Value, "the other way"), text)
	}
	if c.NoRefresh {
		text += " -refresh=false"
	}
	for _, e := range c.Events {
		text += "\n     " + e.String()
	}
	return text
}

func (a act) String() string {
	if a.Routine == "" {
		a.Routine = "this one"
	}
	return strings.Join(strings.Fields(fmt.Sprintf("somebody: %s %s %s %s", a.What, a.Split, a.Routine, a.Env)), " ")
}

func (e event) String() string {
	text := fmt.Sprintf("%s %d", e.On, e.Number)
	if e.Times > 1 {
		text += fmt.Sprintf(" to %d", e.Number+e.Times-1)
	}
	text += ": "
	if e.Do != onAct {
		text += e.Do + " "
	}
	if e.Done {
		text += "(the work is done) "
	}
	if e.Act.What != "" {
		text += e.Act.String() + " "
	}
	if e.When != "" && (e.Act.What != "" || e.Do == onCancel || e.Do == onKill || e.Do == onSlow) {
		text += "(" + e.When
		if e.After > 0 {
			text += fmt.Sprintf(", %s", e.After)
		}
		text += ")"
	}
	return strings.TrimSpace(text)
}
