package modeltest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terraform-provider-esa/internal/esasim"
)

// history is a script being carried out.
type history struct {
	script script
	world  *World
	config config
	state  *State
	saved  *Plan
	runs   int
	others int
	// clean: so far nothing has happened that could explain an error.
	clean bool

	trace      strings.Builder
	violations []string
	// timers are acts to come, and rivals those other runs of Terraform that have ended.
	timers sync.WaitGroup
	mutex  sync.Mutex
	rivals []*session
	// taken are the writes of the last second.
	taken []time.Time
}

// session is one run of Terraform, as it is judged.
type session struct {
	run           *Run
	command       string
	plan          *Plan
	applied       bool
	before, after *State
	began, ended  int
	calls         []*Call
	disturbed     atomic.Bool
}

// play carries a script out. It is meant for a bubble.
func play(s script) *history {
	h := &history{script: s, world: NewWorld(esasim.WithBuildPolls(1)), config: maps.Clone(s.Config), state: NewState(), clean: true}
	pause(context.Background(), time.Until(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	if s.OtherIDs {
		h.world.Always = []esasim.Rule{{Fault: esasim.OtherDeployIDs}}
	}
	h.world.Act("setup", func(sim *esasim.Simulator) {
		sim.AddSite(esasim.Site{ID: site, Name: "example.com"})
		for _, name := range slices.Sorted(maps.Keys(h.config)) {
			for _, one := range h.config[name].names(name) {
				if !h.config[name].Managed {
					addRoutine(sim, one)
				}
			}
		}
	})
	for _, step := range s.Steps {
		pause(context.Background(), 3*time.Second)
		h.step(step)
		if len(h.broken()) > 0 {
			break
		}
	}
	pause(context.Background(), time.Minute) // for what a killed process has left under way
	return h
}

func addRoutine(sim *esasim.Simulator, name string) {
	sim.AddRoutine(name)
	for _, version := range []string{"1111", "2222", "3333"} {
		sim.AddCodeVersion(name, version)
	}
}

func (h *history) tell(format string, args ...any) { fmt.Fprintf(&h.trace, format+"\n", args...) }

func (h *history) violated(format string, args ...any) {
	h.violations = append(h.violations, fmt.Sprintf(format, args...))
}

func (h *history) step(c command) {
	h.tell("%s", c)
	h.set(c.Set)
	if c.Do == doAct {
		h.clean = false
		h.act(c.Act)
	} else {
		h.terraform(c)
	}
}

// set changes the configuration, such that it stays one that can be written.
func (h *history) set(c change) {
	r, ok := h.config[c.Routine]
	if !ok {
		return
	}
	value := strings.TrimPrefix(c.Value, "none")
	switch c.Field {
	case "production":
		r.Production.Split = value
	case "staging":
		r.Staging.Split = value
	case "code":
		r.Code = value
	case "description":
		r.Description = value
	case "overwrite":
		r.Production.Overwrite, r.Staging.Overwrite = !r.Production.Overwrite, !r.Staging.Overwrite
	case "timeout":
		r.Production.Timeout, r.Staging.Timeout = value, value
	case "rollout":
		r.Production.Rollout = !r.Production.Rollout
	case "first":
		r.First = !r.First
	case "route":
		r.Route = value
	case "record":
		r.Record = value
	case "variables":
		r.Variables = value
	}
	if c.Field == "timeout" && value == "10s" || c.Field == "first" || value == "" {
		h.clean = false // too little time, or something stays served that has to go
	}
	h.config[c.Routine] = r
	if c.Field == "gone" {
		delete(h.config, c.Routine)
	}
}

// names are those of the routines that an entry of a configuration stands for.
func (r routine) names(name string) []string {
	if r.Fleet == 0 {
		return []string{name}
	}
	var all []string
	for i := range r.Fleet {
		all = append(all, fmt.Sprintf("%s-%d", name, i+1))
	}
	return all
}

// blocks writes a configuration as Terraform reads it.
func (c config) blocks() []Block {
	var blocks []Block
	for _, name := range slices.Sorted(maps.Keys(c)) {
		for _, one := range c[name].names(name) {
			blocks = append(blocks, c[name].blocks(one)...)
		}
	}
	return blocks
}

func (r routine) blocks(routine string) []Block {
	var blocks []Block
	{
		var name any = routine
		if r.Managed {
			block := Block{Address: "esa_routine." + routine, Type: "esa_routine", Body: map[string]any{"name": routine}}
			if r.Description != "" {
				block.Body["description"] = r.Description
			}
			blocks = append(blocks, block)
			name = Ref{block.Address, "name"}
		}
		version := "esa_routine_code_version." + routine
		if r.Code != "" {
			blocks = append(blocks, Block{
				Address: version, Type: "esa_routine_code_version", CreateBeforeDestroy: r.First, Body: map[string]any{"name": name, "code": r.Code},
			})
		}
		for _, env := range []string{esasim.Production, esasim.Staging} {
			d := r.Production
			if env == esasim.Staging {
				d = r.Staging
			}
			if d.Split == "" || strings.Contains(d.Split, "N") && r.Code == "" {
				continue
			}
			var list []any
			for _, share := range splits[d.Split] {
				var number any = share.CodeVersion
				if share.CodeVersion == "N" {
					number = Ref{version, "code_version"}
				}
				list = append(list, map[string]any{"code_version": number, "percentage": share.Percentage})
			}
			body := map[string]any{"name": name, "env": env, "code_versions": list}
			if d.Overwrite {
				body["allow_overwrite"] = true
			}
			if d.Timeout != "" {
				body["timeouts"] = map[string]any{"create": d.Timeout, "update": d.Timeout}
			}
			if d.Rollout && d.Timeout != "10s" { // which is too short for it
				body["rollout"] = rolloutOf(routine)
			}
			blocks = append(blocks, Block{
				Address: "esa_routine_code_deployment." + routine + "_" + env, Type: "esa_routine_code_deployment", Body: body,
			})
		}
		blocks = append(blocks, r.surroundings.blocks(routine, name)...)
	}
	return blocks
}

// act lets someone else act, where there is anything to act on.
func (h *history) act(a act) {
	if a.What == "recreate" {
		// ESA tells two routines of a name apart by the second of their creation, and so must everyone else.
		created := h.world.Truth(h.world.Now())[a.Routine].Created
		pause(context.Background(), time.Until(created.Truncate(time.Second).Add(time.Second)))
	}
	h.world.Act(a.String(), func(sim *esasim.Simulator) {
		there := slices.ContainsFunc(sim.State().Routines, func(r esasim.SeedRoutine) bool { return r.Name == a.Routine })
		live, serves := sim.Live(a.Routine, a.Env)
		switch {
		case a.What == "recreate" && there:
			sim.RemoveRoutine(a.Routine)
			addRoutine(sim, a.Routine)
		case a.What == "recreate":
			addRoutine(sim, a.Routine)
		case !there:
		case h.actAround(sim, a):
		case a.What == "delete":
			sim.RemoveRoutine(a.Routine)
		case a.What == "break":
			for version := range h.world.look()[a.Routine].Versions {
				if version != "1111" {
					sim.SetErrorRate(a.Routine, version, 1)
				}
			}
		case a.What == "describe":
			sim.SetDescription(a.Routine, "somebody's")
		case a.What == "deploy":
			for _, share := range splits[a.Split] {
				if _, known := h.world.look()[a.Routine].Versions[share.CodeVersion]; !known {
					sim.AddCodeVersion(a.Routine, share.CodeVersion)
				}
			}
			sim.Deploy(a.Routine, a.Env, splits[a.Split]...)
		case a.What == "redeploy" && serves:
			sim.Deploy(a.Routine, a.Env, live.Shares...)
		case a.What == "roll back" && serves:
			made := sim.Deployments(a.Routine, a.Env)
			for _, earlier := range slices.Backward(made) {
				if SplitOf(earlier.Shares) != SplitOf(live.Shares) && h.deployable(a.Routine, earlier.Shares) {
					sim.Deploy(a.Routine, a.Env, earlier.Shares...)
					break
				}
			}
		}
	})
}

// on completes an act by the call on whose way it happens.
func (a act) on(call *Call) act {
	if a.Routine == "" {
		_, label, _ := strings.Cut(call.Address, ".") // a route is not asked for by its routine
		routine, _, _ := strings.Cut(label, "_")
		a.Routine, a.Env = cmp.Or(call.Routine, routine), cmp.Or(call.Env, esasim.Production)
	}
	return a
}

func (h *history) deployable(routine string, shares []esasim.Share) bool {
	versions := h.world.look()[routine].Versions
	return !slices.ContainsFunc(shares, func(share esasim.Share) bool { return versions[share.CodeVersion] != "available" })
}

// terraform runs Terraform, and judges the run.
func (h *history) terraform(c command) {
	h.runs++
	s := h.begin(fmt.Sprintf("run %d", h.runs), c.Do, h.state, c.Events)
	blocks := h.config.blocks()
	options := PlanOptions{
		Destroy: c.Do == doDestroy || c.Do == doPlanDestroy, NoRefresh: c.NoRefresh && c.Do != doRefresh, RefreshOnly: c.Do == doRefresh,
	}
	if c.Do == doSaved {
		s.plan = h.saved
		if h.saved == nil || h.saved.Serial != h.state.Serial {
			h.tell("  there is no plan, or it is stale")
			return
		}
	} else {
		s.plan = s.run.Plan(h.state, blocks, options)
	}
	switch {
	case s.plan == nil:
	case c.Do == doPlan || c.Do == doPlanDestroy:
		h.saved = s.plan
	case !s.run.Over():
		s.applied = true
		s.run.Apply(s.plan, func(state *State) { state.Serial = s.before.Serial + 1; h.state = state })
	}
	h.finish(s, h.state)
	if c.Do != doRefresh && s.applied && !s.run.Failed && !s.run.Over() && !s.plan.Options.NoRefresh && h.undisturbed(s) {
		again := h.begin(fmt.Sprintf("run %d, planned again", h.runs), doPlan, h.state, nil)
		again.plan = again.run.Plan(h.state, s.plan.Blocks, PlanOptions{})
		if again.plan == nil {
			h.violated("(d) a plan right after a success fails: %s", again.run.Diagnostics)
		} else if !again.plan.Empty() {
			h.violated("(d) a plan right after a success is not empty: %s", describe(again.plan))
		}
		h.finish(again, h.state)
	}
}

// undisturbed reports whether no one else has changed anything since the plan was begun, and no look was stale.
func (h *history) undisturbed(s *session) bool {
	for _, change := range h.world.Changes(s.plan.Began, s.ended) {
		if change.By != s.run.Name {
			return false
		}
	}
	return !slices.ContainsFunc(s.calls, func(call *Call) bool { return call.Shown < call.Served })
}

func (h *history) begin(name, command string, before *State, events []event) *session {
	s := &session{command: command, before: before, began: h.world.Now()}
	s.run = &Run{World: h.world, Name: name, Each: func(call *Call) Mishap { return h.mishap(s, call, events) }}
	return s
}

func (h *history) finish(s *session, after *State) {
	h.timers.Wait()
	s.ended, s.after = h.world.Now(), after
	for _, call := range h.world.Calls(0) {
		if call.Run == s.run.Name {
			s.calls = append(s.calls, call)
		}
	}
	h.report(s)
	h.judge(s)
	if s.disturbed.Load() || s.applied && strings.Contains(describe(s.plan), string(Delete)+" esa_routine_code_deployment") {
		h.clean = false // such as an environment that keeps serving what no one manages
	}
	rivals := h.rivals
	h.rivals = nil
	for _, rival := range rivals {
		h.finish(rival, rival.after)
	}
}

// mishap decides what happens to a call.
func (h *history) mishap(s *session, call *Call, events []event) Mishap {
	var m Mishap
	if h.throttles(call) {
		m.Fault = esasim.Throttled
	}
	for _, e := range events {
		at := map[string]int{"call": call.Number, "write": call.Write, "look": call.Look}[e.On]
		if at < e.Number || at >= e.Number+e.Times {
			continue
		}
		if !e.mild() {
			s.disturbed.Store(true)
		}
		switch e.Do {
		case onAct:
		case onStale:
			m.Stale = true
		case onLacking:
			m.Lacking = true
		case onRefused:
			m.Refused = true
		case onHang:
			m.Hangs = true
		case onSlow:
			if e.When == "leaving" || e.When == "arriving" {
				m.Out = e.After
			} else {
				m.Back = e.After
			}
		case onCancel:
			m.at(e.When, h.later(e.After, s.run.Stop))
		case onKill:
			m.at(e.When, h.later(e.After, s.run.Kill))
		case onRival:
			m.at(e.When, h.later(e.After, func() { h.rival(s, e.Act) }))
		default:
			if fault := esasim.Fault(e.Do); fault.Hits(call.Operation) {
				m.Fault = fault
			}
		}
		if e.Act.What != "" && e.Do != onRival {
			m.at(e.When, h.later(e.After, func() { h.act(e.Act.on(call)) }))
		}
		if e.Done {
			m.Work = esasim.WorkDone
		}
	}
	if slices.Contains(refusals, m.Fault) {
		m.Work = esasim.WorkByFault // what another event says of its own fault
	}
	return m
}

// throttles reports whether ESA has taken as many writes of the last second as the script lets it.
func (h *history) throttles(call *Call) bool {
	if h.script.Limit == 0 || !call.IsWrite() {
		return false
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.taken = slices.DeleteFunc(h.taken, func(at time.Time) bool { return time.Since(at) >= time.Second })
	if len(h.taken) >= h.script.Limit {
		return true
	}
	h.taken = append(h.taken, time.Now())
	return false
}

// mild reports whether an event is nothing but a fault that passes, which the provider has to get over.
func (e event) mild() bool {
	fault := esasim.Fault(e.Do)
	// Half of a refusal is an unreadable answer with its HTTP status, which is not tried again.
	lasting := slices.Contains([]esasim.Fault{esasim.HalfJSON, esasim.ChosenError, esasim.Redirect, esasim.UploadRefused, esasim.PolicyExpired, esasim.BuildFailed, esasim.BuildEndless}, fault)
	passing := slices.Contains(esasim.Faults(), fault) && !lasting || e.Do == onHang || e.Do == onRefused
	return passing && e.Times <= 2 && e.Act.What == ""
}

// at adds an act to a phase of a call.
func (m *Mishap) at(when string, act func()) {
	phase := map[string]*func(){"leaving": &m.Leaving, "arriving": &m.Arriving, "done": &m.Done, "answered": &m.Answered}[when]
	before := *phase
	*phase = func() { run(before); act() }
}

// later returns what lets an act happen, at once or after a while. The run is not judged before it has.
func (h *history) later(after time.Duration, act func()) func() {
	if after == 0 {
		return act
	}
	return func() {
		h.timers.Add(1)
		time.AfterFunc(after, func() { defer h.timers.Done(); act() })
	}
}

// rival lets another run of Terraform begin, from a copy of the state and with another split.
func (h *history) rival(s *session, a act) {
	h.mutex.Lock()
	h.others++
	other := h.begin(fmt.Sprintf("rival %d", h.others), doApply, s.before, nil)
	h.mutex.Unlock()
	rivals := maps.Clone(h.config)
	r, ok := rivals[a.Routine]
	if !ok || r.Managed {
		return
	}
	r.Production.Split = a.Split
	rivals[a.Routine] = r
	h.timers.Go(func() {
		state := s.before
		if other.plan = other.run.Plan(state, rivals.blocks(), PlanOptions{}); other.plan != nil {
			other.applied = true
			other.run.Apply(other.plan, func(saved *State) { state = saved })
		}
		other.after = state
		h.mutex.Lock()
		defer h.mutex.Unlock()
		h.rivals = append(h.rivals, other)
	})
}
