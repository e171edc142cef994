package modeltest

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// applying is an apply under way.
type applying struct {
	*Run
	*Plan
	state *State
	save  func(*State)
}

// Apply carries out a plan, in a provider process of its own. Each change of the state is saved at once.
func (r *Run) Apply(plan *Plan, save func(*State)) {
	a := &applying{Run: r, Plan: plan, state: plan.Prior.Clone(), save: save}
	exit, ok := r.begin(true)
	defer exit()
	if !ok {
		return
	}
	steps := map[string]step{}
	for address, resource := range plan.Resources {
		if resource.Action == NoOp {
			continue
		}
		if resource.Action != Delete {
			steps[address] = step{a.before(resource), a.guarded(address, func(ctx context.Context) bool { return a.create(ctx, resource) })}
		}
		switch resource.Action {
		case Delete, DeleteThenCreate:
			steps[address+" (destroy)"] = step{a.beforeDestroy(address), a.guarded(address, func(ctx context.Context) bool {
				return a.destroy(ctx, resource, a.state.Current)
			})}
		case CreateThenDelete:
			after := append(a.dependents(address), address)
			steps[address+" (deposed)"] = step{after, a.guarded(address, func(ctx context.Context) bool { return a.destroyDeposed(ctx, address) })}
		}
	}
	for address := range plan.Deposed {
		if steps[address+" (deposed)"].act == nil {
			steps[address+" (deposed)"] = step{a.dependents(address), a.guarded(address, func(ctx context.Context) bool { return a.destroyDeposed(ctx, address) })}
		}
	}
	r.walk(steps)
	a.keep(func() {})
}

func (a *applying) guarded(address string, act func(ctx context.Context) bool) func() bool {
	return func() bool { return a.guard(address, act) }
}

// before lists the steps that come before a create or an update: those of what it needs; its own destroy; and the
// destroys of what it needed before, unless that is replaced by create_before_destroy.
func (a *applying) before(resource *Resource) []string {
	steps := slices.Clone(resource.Needs)
	if resource.Action == DeleteThenCreate {
		steps = append(steps, resource.Address+" (destroy)")
	}
	needed := resource.Needs
	if object := a.Prior.Current[resource.Address]; object != nil {
		needed = object.Needs
	}
	for _, address := range needed {
		if !a.outlives(address) {
			steps = append(steps, address+" (destroy)")
		}
	}
	return steps
}

// beforeDestroy lists the steps that come before a destroy: the destroys of what needs the object, and their updates
// where it was made to be replaced by create_before_destroy.
func (a *applying) beforeDestroy(address string) []string {
	var steps []string
	for _, other := range a.dependents(address) {
		steps = append(steps, other+" (destroy)")
		if a.outlives(address) {
			steps = append(steps, other)
		}
	}
	return steps
}

// outlives reports whether an object stays until what needs it has changed: by the configuration, or else by the state.
func (a *applying) outlives(address string) bool {
	if block := a.block(address); block != nil {
		return a.createsFirst(*block)
	}
	object := a.Prior.Current[address]
	return object != nil && object.CreateBeforeDestroy
}

// dependents lists what needs an object, or needed it before.
func (a *applying) dependents(address string) []string {
	var found []string
	for other, resource := range a.Resources {
		object := a.Prior.Current[other]
		if slices.Contains(resource.Needs, address) || object != nil && slices.Contains(object.Needs, address) {
			found = append(found, other)
		}
	}
	return found
}

// keep changes the state and saves it, unless Terraform is dead.
func (a *applying) keep(change func()) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if !a.killed {
		change()
		a.save(a.state.Clone())
	}
}

func (a *applying) current(address string) *Object {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.state.Current[address]
}

func (a *applying) resolve(ref Ref) tftypes.Value {
	if object := a.current(ref.Address); object != nil {
		return members(object.Value)[ref.Attribute]
	}
	return tftypes.NewValue(tftypes.String, nil)
}

// create creates or updates a resource: it plans it once more, holds that against the plan, and applies it.
func (a *applying) create(ctx context.Context, resource *Resource) bool {
	block := *a.block(resource.Address)
	createFirst := a.createsFirst(block)
	action := resource.Action
	if action == CreateThenDelete {
		a.keep(func() {
			put(a.state.Deposed, resource.Address, a.state.Current[resource.Address])
			delete(a.state.Current, resource.Address)
		})
	}
	if action.replaces() {
		action = Create
	}
	prior := a.current(resource.Address)
	config := build(typeOf(block.Type), block.Body, a.resolve)
	again := a.change(ctx, a.server, block, createFirst, config, prior, action)
	if again == nil {
		a.restore(resource)
		return false
	}
	if err := conforms(resource.Address, resource.After, again.After); err != nil {
		return a.complain(resource.Address, "inconsistent final plan: %v", err)
	}
	if again.Action == NoOp {
		return true
	}
	object := &Object{Type: block.Type, Needs: resource.Needs, CreateBeforeDestroy: createFirst}
	ok := a.carryOut(ctx, again, config, object)
	a.keep(func() { put(a.state.Current, resource.Address, object) })
	a.restore(resource)
	return ok
}

// restore takes a deposed object back where its replacement did not come about.
func (a *applying) restore(resource *Resource) {
	if resource.Action != CreateThenDelete || a.current(resource.Address) != nil {
		return
	}
	a.keep(func() {
		put(a.state.Current, resource.Address, a.state.Deposed[resource.Address])
		delete(a.state.Deposed, resource.Address)
	})
}

// carryOut lets the provider apply a change, and fills the object with what becomes of it.
func (a *applying) carryOut(ctx context.Context, change *Resource, config tftypes.Value, object *Object) bool {
	response, err := a.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: change.Type, PriorState: dynamic(change.Before), PlannedState: dynamic(change.After), Config: dynamic(config),
		PlannedPrivate: change.Private, PlannedIdentity: change.Identity,
	})
	if err != nil {
		object.Value = change.Before
		return a.complain(change.Address, "apply: %v", err)
	}
	ok := a.hear(change.Address, response.Diagnostics)
	object.Value, object.Private, object.Identity = value(change.Type, response.NewState), response.Private, response.NewIdentity
	switch {
	case !object.Value.IsFullyKnown():
		ok = a.complain(change.Address, "unknown values after apply: %s", object.Value)
		object.Value = change.Before
	case !ok && object.Value.IsNull() && change.Action != Delete:
		object.Value = change.Before
	case ok:
		if err := conforms(change.Address, change.After, object.Value); err != nil {
			ok = a.complain(change.Address, "inconsistent result after apply: %v", err)
		}
	}
	object.Tainted = !ok && change.Action == Create
	return ok
}

// destroy destroys an object; current is where it is kept.
func (a *applying) destroy(ctx context.Context, resource *Resource, kept map[string]*Object) bool {
	a.mutex.Lock()
	prior := kept[resource.Address]
	a.mutex.Unlock()
	if prior == nil {
		return true
	}
	null := tftypes.NewValue(prior.Value.Type(), nil)
	object := *prior
	ok := a.carryOut(ctx, &Resource{
		Address: resource.Address, Type: prior.Type, Action: Delete, Before: prior.Value, After: null, Private: resource.Private, Identity: resource.Identity,
	}, null, &object)
	object.Tainted = prior.Tainted
	a.keep(func() { put(kept, resource.Address, &object) })
	return ok
}

// destroyDeposed destroys what a replacement has deposed. Core plans that only now.
func (a *applying) destroyDeposed(ctx context.Context, address string) bool {
	a.mutex.Lock()
	object := a.state.Deposed[address]
	a.mutex.Unlock()
	if object == nil {
		return true
	}
	planned := a.planDestroy(ctx, a.server, address, object)
	return planned != nil && a.destroy(ctx, planned, a.state.Deposed)
}
