// Package run remembers what one run of Terraform has seen and planned so far, for the messages and checks of one object
// that depend on another.
package run

import (
	"slices"
	"sync"
	"sync/atomic"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/split"
)

// Record is what one run of Terraform has seen and planned with one provider block; an empty one is that of a run that begins. Each
// Configure makes one, since a process may serve several runs, as in tests; nothing about a run is remembered elsewhere. It
// knows no addresses of resources: where a run has two objects for one thing, it cannot tell them apart. It is safe for
// concurrent use.
//
// What a run plans is known as far as it has planned yet: Terraform may plan the rest later.
type Record struct {
	// Refreshing is set once Terraform reads an object to refresh it. It reads each before it plans a change of it, unless it
	// runs with -refresh=false, and reads nothing when it repeats a plan while applying.
	Refreshing atomic.Bool
	// Applying is set once Terraform applies. It plans each change once more while applying, in a provider process of its own, so
	// from the first change that this process applies on every plan is such a repetition, and may leave out checks that the
	// change itself makes again right after it.
	Applying atomic.Bool

	// Creates and Deletes are the routines that this run plans to create and to delete. A deletion ends what the environments
	// of the routine serve.
	Creates, Deletes Notes[string, bool]
	// Created are the objects that this run has created, by type and id.
	Created Notes[string, bool]
	// Leaves are the environments whose deployment this run plans to remove from the state.
	Leaves Notes[esa.Target, bool]
	// Left are the deployments that this run has removed from the state, by environment, and does not manage again since. What the
	// environment serves has to stay with it.
	Left Notes[esa.Target, string]
	// Changes are the changes from outside that the refresh found.
	Changes Notes[esa.Target, Change]
	// Bound is the environment whose variables a code version carries, as a resource of this run says.
	Bound Notes[esa.Target, string]
	// Lineages are those that a code version which is removed from the state hands on, by its successor.
	Lineages Notes[string, string]

	mutex   sync.Mutex
	planned map[esa.Target][]split.Entries
}

// Change is a split that a refresh found changed: someone else deployed it.
type Change struct {
	// InState is what the state said that the environment serves.
	InState *esa.Deployment
	// Unseen tells that the deployment in the state was never seen live, so that it may have failed instead.
	Unseen bool
	// Live is what the environment serves.
	Live *esa.Deployment
}

// PlanSplit notes that this run plans a split for an environment, as far as it is known. It returns a split that the run
// plans for it as well and that cannot be the same, nil if there is none. instead is what the same resource has planned
// before, formatted, empty if it has planned nothing: Terraform plans a replacement twice, and the second plan counts.
func (r *Record) PlanSplit(environment esa.Target, planned split.Entries, instead string) (conflicting split.Entries) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	others := slices.Clone(r.planned[environment])
	if index := slices.IndexFunc(others, func(other split.Entries) bool { return other.String() == instead }); index >= 0 {
		others = slices.Delete(others, index, index+1)
	}
	if index := slices.IndexFunc(others, func(other split.Entries) bool { return !other.MayEqual(planned) }); index >= 0 {
		conflicting = others[index]
	}
	if r.planned == nil {
		r.planned = map[esa.Target][]split.Entries{}
	}
	r.planned[environment] = append(others, planned)
	return conflicting
}

// Notes is what a run has noted of things of one kind. It is safe for concurrent use.
type Notes[K comparable, V any] struct{ noted sync.Map }

// Set notes something, in place of what was noted before.
func (n *Notes[K, V]) Set(key K, value V) { n.noted.Store(key, value) }

// Delete drops what was noted.
func (n *Notes[K, V]) Delete(key K) { n.noted.Delete(key) }

// Get returns what was noted, the zero value if nothing was; noted tells which.
func (n *Notes[K, V]) Get(key K) (value V, noted bool) {
	stored, noted := n.noted.Load(key)
	value, _ = stored.(V)
	return value, noted
}

// Of returns what was noted, the zero value if nothing was.
func (n *Notes[K, V]) Of(key K) V {
	value, _ := n.Get(key)
	return value
}
