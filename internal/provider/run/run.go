// Package run records what one Terraform run has read and planned, for messages and checks of one object that depend on another.
package run

import (
	"slices"
	"sync"
	"sync/atomic"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/split"
)

// Record is what one Terraform run has read and planned with one provider block. The zero value is the record of a new run. Each
// Configure makes one, because a process may serve several runs, as in tests. It is the only memory of a run. It does not know
// the addresses of resources, so it cannot distinguish two objects for the same thing. It is safe for concurrent use.
//
// It has only what the run has planned so far: Terraform may plan the rest later.
type Record struct {
	// Refreshing is set after the first refresh of an object. Terraform refreshes each object before it plans it, unless it runs
	// with -refresh=false. It refreshes nothing when it repeats a plan during an apply.
	Refreshing atomic.Bool
	// Applying is set after the first change that Terraform applies. Terraform repeats the plan of each change during an apply,
	// in another provider process. So every later plan of this process is such a repetition, and may omit checks that the change
	// itself makes.
	Applying atomic.Bool

	// Creates and Deletes are the routines that this run plans to create and to delete.
	Creates, Deletes Notes[string, bool]
	// Created are the objects that this run has created, by type and id.
	Created Notes[string, bool]
	// Leaves are the environments whose deployment this run plans to remove from the state.
	Leaves Notes[esa.Target, bool]
	// Left are the deployments that this run has removed from the state, by environment, unless it manages the environment again.
	// The code versions that they serve must stay.
	Left Notes[esa.Target, string]
	// Changes are the changes outside of Terraform that the refresh found.
	Changes Notes[esa.Target, Change]
	// Bound is the environment whose variables a code version contains, according to a resource of this run.
	Bound Notes[esa.Target, string]
	// Lineages are the lineages of code versions that were removed from the state, by their successors.
	Lineages Notes[string, string]

	mutex   sync.Mutex
	planned map[esa.Target][]split.Entries
}

// Change is a split that someone else deployed.
type Change struct {
	// InState is the deployment in the state before the refresh.
	InState *esa.Deployment
	// Unseen is set if the deployment in the state was never live when Terraform read it, so it may have failed instead.
	Unseen bool
	// Live is the current deployment.
	Live *esa.Deployment
}

// PlanSplit notes that this run plans a split for an environment, as far as it is known. It returns a different split that the
// run plans for the same environment, or nil. instead is the formatted split that the same resource planned before, or empty:
// Terraform plans a replacement twice, and the second plan counts.
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

// Notes maps keys to what a run has noted about them. It is safe for concurrent use.
type Notes[K comparable, V any] struct{ noted sync.Map }

// Set stores a note. It replaces an earlier one.
func (n *Notes[K, V]) Set(key K, value V) { n.noted.Store(key, value) }

// Delete removes a note.
func (n *Notes[K, V]) Delete(key K) { n.noted.Delete(key) }

// Get returns a note; noted is false if there is none.
func (n *Notes[K, V]) Get(key K) (value V, noted bool) {
	stored, noted := n.noted.Load(key)
	value, _ = stored.(V)
	return value, noted
}

// Of returns a note, the zero value if there is none.
func (n *Notes[K, V]) Of(key K) V {
	value, _ := n.Get(key)
	return value
}
