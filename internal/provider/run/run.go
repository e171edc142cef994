// Package run remembers what one run of Terraform has seen and planned so far, for the messages and checks of one object
// that depend on another.
package run

import (
	"slices"
	"sync"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/split"
)

// Record is what one run of Terraform has seen and planned with one provider block. Each Configure makes one, since a
// process may serve several runs, as in tests; nothing about a run is remembered elsewhere. It knows no addresses of
// resources: where a run has two objects for one thing, it cannot tell them apart. A nil Record remembers nothing.
type Record struct {
	mutex      sync.Mutex
	refreshing bool
	applying   bool
	left       map[Environment]string
	leaves     map[Environment]bool
	creates    map[string]bool
	deletes    map[string]bool
	changed    map[Environment]Change
	planned    map[Environment][]split.Entries
	bound      map[codeVersion]string
	lineages   map[string]string
}

type codeVersion struct{ routine, number string }

// Environment is one environment of a routine.
type Environment struct {
	// Routine is the name of the routine.
	Routine string
	// Name is "staging" or "production".
	Name string
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

// NewRecord returns the record of a run that begins.
func NewRecord() *Record {
	return &Record{
		left:     map[Environment]string{},
		leaves:   map[Environment]bool{},
		creates:  map[string]bool{},
		deletes:  map[string]bool{},
		changed:  map[Environment]Change{},
		planned:  map[Environment][]split.Entries{},
		bound:    map[codeVersion]string{},
		lineages: map[string]string{},
	}
}

// Refresh notes that Terraform reads an object.
func (r *Record) Refresh() {
	r.update(func() { r.refreshing = true })
}

// Refreshing tells whether Terraform has begun to refresh. It reads each object before it plans a change of it, unless
// it runs with -refresh=false, and reads nothing when it repeats a plan while applying.
func (r *Record) Refreshing() bool {
	return r.ask(func() bool { return r.refreshing })
}

// Apply notes that Terraform applies. It plans each change once more while applying, in a provider process of its own, so
// from the first change that this process applies on every plan is such a repetition.
func (r *Record) Apply() {
	r.update(func() { r.applying = true })
}

// Applying tells whether Terraform has begun to apply. A plan may then leave out checks that the change itself makes
// again right after it.
func (r *Record) Applying() bool {
	return r.ask(func() bool { return r.applying })
}

// Leave notes that this run removes a deployment from the state, while ESA keeps serving it in its environment.
func (r *Record) Leave(environment Environment, deploymentID string) {
	r.update(func() { r.left[environment] = deploymentID })
}

// Deploy notes that this run manages what an environment serves, again if it has left it before.
func (r *Record) Deploy(environment Environment) {
	r.update(func() { delete(r.left, environment) })
}

// Left returns the deployment of an environment that this run has removed from the state, if it has. What the environment
// serves has to stay with it.
func (r *Record) Left(environment Environment) (deploymentID string, left bool) {
	left = r.ask(func() bool {
		deploymentID, left = r.left[environment]
		return left
	})
	return deploymentID, left
}

// PlanToLeave notes that this run plans to remove the deployment of an environment from the state. [Record.Leave] notes it
// once that is done.
func (r *Record) PlanToLeave(environment Environment) {
	r.update(func() { r.leaves[environment] = true })
}

// PlansToLeave tells whether this run is known to remove the deployment of an environment from the state. Terraform may
// still plan it later.
func (r *Record) PlansToLeave(environment Environment) bool {
	return r.ask(func() bool { return r.leaves[environment] })
}

// PlanRoutine notes that this run plans to create a routine.
func (r *Record) PlanRoutine(name string) {
	r.update(func() { r.creates[name] = true })
}

// PlansRoutine tells whether this run is known to create a routine. Terraform may still plan it later.
func (r *Record) PlansRoutine(name string) bool {
	return r.ask(func() bool { return r.creates[name] })
}

// PlanRoutineDeletion notes that this run plans to delete a routine, which ends what its environments serve.
func (r *Record) PlanRoutineDeletion(name string) {
	r.update(func() { r.deletes[name] = true })
}

// PlansRoutineDeletion tells whether this run is known to delete a routine. Terraform may still plan it later.
func (r *Record) PlansRoutineDeletion(name string) bool {
	return r.ask(func() bool { return r.deletes[name] })
}

// NoteChange notes that the refresh found another split than the one in state.
func (r *Record) NoteChange(environment Environment, change Change) {
	r.update(func() { r.changed[environment] = change })
}

// OutsideChange returns the change that the refresh of this run found; found is false if it found none.
func (r *Record) OutsideChange(environment Environment) (change Change, found bool) {
	found = r.ask(func() bool {
		change, found = r.changed[environment]
		return found
	})
	return change, found
}

// PlanSplit notes that this run plans a split for an environment, as far as it is known. It returns a split that the run
// plans for it as well and that cannot be the same, nil if there is none. instead is what the same resource has planned
// before, formatted, empty if it has planned nothing: Terraform plans a replacement twice, and the second plan counts.
func (r *Record) PlanSplit(environment Environment, planned split.Entries, instead string) (conflicting split.Entries) {
	r.update(func() {
		others := slices.Clone(r.planned[environment])
		if index := slices.IndexFunc(others, func(other split.Entries) bool { return other.String() == instead }); index >= 0 {
			others = slices.Delete(others, index, index+1)
		}
		if index := slices.IndexFunc(others, func(other split.Entries) bool { return !other.MayEqual(planned) }); index >= 0 {
			conflicting = others[index]
		}
		r.planned[environment] = append(others, planned)
	})
	return conflicting
}

// BindVersion notes which environment's variables a code version carries, as a resource of this run says.
func (r *Record) BindVersion(routine, number, deployEnv string) {
	r.update(func() { r.bound[codeVersion{routine, number}] = deployEnv })
}

// BoundTo returns the environment whose variables a code version carries, empty if no resource of this run says so.
func (r *Record) BoundTo(routine, number string) (deployEnv string) {
	r.ask(func() bool {
		deployEnv = r.bound[codeVersion{routine, number}]
		return true
	})
	return deployEnv
}

// PassLineage hands the lineage of a code version that is removed from the state on to its successor.
func (r *Record) PassLineage(successor, lineage string) {
	r.update(func() { r.lineages[successor] = lineage })
}

// Lineage returns the lineage that was handed on to a code version, empty if none was.
func (r *Record) Lineage(successor string) (lineage string) {
	r.ask(func() bool {
		lineage = r.lineages[successor]
		return true
	})
	return lineage
}

func (r *Record) update(change func()) {
	if r == nil {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change()
}

func (r *Record) ask(question func() bool) bool {
	if r == nil {
		return false
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return question()
}
