// Package run remembers what one run of Terraform has seen and planned so far, for the messages and checks of one object
// that depend on another.
package run

import "sync"

// Record is what one run of Terraform has seen and planned with one provider block. Each Configure makes one, since a
// process may serve several runs, as in tests; nothing about a run is remembered elsewhere. It knows no addresses of
// resources: where a run has two objects for one thing, it cannot tell them apart. A nil Record remembers nothing.
type Record struct {
	mutex      sync.Mutex
	refreshing bool
	applying   bool
	left       map[Environment]string
}

// Environment is one environment of a routine.
type Environment struct {
	// Routine is the name of the routine.
	Routine string
	// Name is "staging" or "production".
	Name string
}

// NewRecord returns the record of a run that begins.
func NewRecord() *Record {
	return &Record{left: map[Environment]string{}}
}

// Refresh notes that Terraform reads an object.
func (r *Record) Refresh() {
	r.update(func() { r.refreshing = true })
}

// Refreshing tells whether Terraform has begun to refresh. It reads each object before it plans a change of it, unless
// it was told -refresh=false, and reads nothing when it repeats a plan while applying.
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
