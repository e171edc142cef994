package modeltest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/probe"
)

// World is one account of ESA, and everything that happened to it in order. A moment is a number: how many changes came
// before it.
type World struct {
	Simulator *esasim.Simulator
	// Always are rules that hit every call.
	Always []esasim.Rule

	mutex   sync.Mutex
	changes []Change
	truths  []Truth // truths[m] is what ESA held at the moment m
	around  []Surroundings
	calls   []*Call
	answers map[string][]recorded

	turns sync.Mutex
	group *turnGroup
	free  time.Time
}

// Change is one change of the account.
type Change struct {
	// By is the run that made it, or "somebody".
	By string
	// Call is the call that made it, nil if someone else did.
	Call *Call
	// What describes it.
	What string
}

// Truth is what ESA holds: routines by name.
type Truth map[string]Routine

// Routine is a routine as it really is.
type Routine struct {
	// Created tells one routine from a later one of the same name.
	Created     time.Time
	Description string
	// Live holds the deployments by environment.
	Live map[string]Deployment
	// Versions holds the status of each version.
	Versions map[string]string
}

// Surroundings are what surrounds the routines at one moment, each thing by its id in the state.
type Surroundings struct {
	// Routes holds routine, name, rule and whether the route is enabled; Records routine and host name.
	Routes, Records map[string]string
	// Variables holds those of each environment of the routines.
	Variables map[string]map[string]string
}

// Deployment is a split under one id.
type Deployment struct{ ID, Split string }

// NewWorld returns an empty account.
func NewWorld(options ...esasim.Option) *World {
	return &World{Simulator: esasim.New(options...), truths: []Truth{{}}, around: []Surroundings{{}}, answers: map[string][]recorded{}}
}

// Act lets someone else change the account.
func (w *World) Act(what string, act func(*esasim.Simulator)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	act(w.Simulator)
	w.note(Change{By: "somebody", What: what})
}

// note records a change if there was one. The caller holds the mutex.
func (w *World) note(change Change) bool {
	now, around, last := w.look(), w.lookAround(), len(w.truths)-1
	if fmt.Sprint(now, around) == fmt.Sprint(w.truths[last], w.around[last]) { // maps are printed in order
		return false
	}
	w.changes, w.truths, w.around = append(w.changes, change), append(w.truths, now), append(w.around, around)
	return true
}

func (w *World) look() Truth {
	truth := Truth{}
	for _, routine := range w.Simulator.State().Routines {
		seen := Routine{Created: routine.CreateTime, Description: routine.Description, Live: map[string]Deployment{}, Versions: map[string]string{}}
		for _, version := range routine.CodeVersions {
			seen.Versions[version.CodeVersion] = version.Status
		}
		for _, deployment := range routine.Deployments {
			if !deployment.Withdrawn {
				seen.Live[deployment.Env] = Deployment{deployment.ID, SplitOf(deployment.Shares)}
			}
		}
		truth[routine.Name] = seen
	}
	return truth
}

func (w *World) lookAround() Surroundings {
	state := w.Simulator.State()
	around := Surroundings{Routes: map[string]string{}, Records: map[string]string{}, Variables: map[string]map[string]string{}}
	for _, route := range state.Routes {
		around.Routes[route.SiteID+":"+route.ConfigID] = fmt.Sprint(route.Routine, " ", route.Name, " ", route.Rule, " ", route.Enable == "on")
	}
	for _, record := range state.Records {
		around.Records[record.SiteID+":"+record.ID] = record.Routine + " " + record.Name
	}
	for _, routine := range state.Routines {
		for _, env := range []string{esasim.Production, esasim.Staging} {
			variables := map[string]string{}
			for _, variable := range routine.Variables[env] {
				variables[variable.Key] = variable.Value
			}
			around.Variables[routine.Name+":"+env] = variables
		}
	}
	return around
}

// SplitOf writes a split such that equal splits are equal text.
func SplitOf(shares []esasim.Share) string {
	parts := make([]string, len(shares))
	for i, share := range shares {
		parts[i] = fmt.Sprintf("%s:%d", share.CodeVersion, share.Percentage)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// Now returns the present moment.
func (w *World) Now() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.changes)
}

// visitTime is how long a health check takes.
const visitTime = 50 * time.Millisecond

// Visit is one attempt at a health check, answered by the version that the simulator picks of what is live.
func (w *World) Visit(ctx context.Context, check probe.Check) probe.Result {
	if !pause(ctx, visitTime) {
		return probe.Result{Detail: "interrupted"}
	}
	answer := httptest.NewRecorder()
	w.Simulator.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, check.URL, http.NoBody))
	result := probe.Result{Status: answer.Code, Detail: fmt.Sprintf("HTTP %d", answer.Code)}
	if result.Passed = slices.Contains(check.ExpectStatus, answer.Code); !result.Passed {
		result.Detail += fmt.Sprintf(", must be %d", check.ExpectStatus[0])
	}
	return result
}

// Truth returns what ESA held at a moment.
func (w *World) Truth(moment int) Truth {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.truths[moment]
}

// Around returns what surrounded the routines at a moment.
func (w *World) Around(moment int) Surroundings {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.around[moment]
}

// Changes returns the changes from one moment to another; the first of them made the moment from+1.
func (w *World) Changes(from, to int) []Change {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.changes[from:to])
}

// Calls returns the calls made so far, from the given number on.
func (w *World) Calls(from int) []*Call {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.calls[from:])
}

// turnGroup are the calls made in one instant.
type turnGroup struct {
	at    time.Time
	keys  []string
	slots []time.Time
}

// takeTurn puts calls that are made in one instant into an order that does not depend on how goroutines are scheduled,
// a microsecond apart: in a bubble, time stands still until every goroutine waits.
func (w *World) takeTurn(ctx context.Context, key string) {
	w.turns.Lock()
	if w.group == nil || !w.group.at.Equal(time.Now()) {
		w.group = &turnGroup{at: time.Now()}
	}
	group, mine := w.group, len(w.group.keys)
	group.keys = append(group.keys, fmt.Sprintf("%s %d", key, mine))
	key = group.keys[mine]
	w.turns.Unlock()
	if !pause(ctx, time.Microsecond) {
		return
	}
	w.turns.Lock()
	if group.slots == nil {
		slices.Sort(group.keys)
		for range group.keys {
			w.free = later(w.free, time.Now()).Add(time.Microsecond)
			group.slots = append(group.slots, w.free)
		}
	}
	slot := group.slots[slices.Index(group.keys, key)]
	w.turns.Unlock()
	pause(ctx, time.Until(slot))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pause waits, and reports whether the context is still there afterwards.
func pause(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
