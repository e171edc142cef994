package modeltest

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// PlanOptions are the flags of terraform plan.
type PlanOptions struct{ Destroy, NoRefresh, RefreshOnly bool }

// planning is a plan in the making.
type planning struct {
	*Run
	*Plan
	options PlanOptions
	// values is what references evaluate to.
	values map[string]tftypes.Value
}

// Plan makes a plan, nil if it failed.
func (r *Run) Plan(state *State, blocks []Block, options PlanOptions) *Plan {
	plan := &Plan{
		Serial: state.Serial, Prior: state.Clone(), Blocks: blocks, Options: options, Began: r.World.Now(),
		Resources: map[string]*Resource{}, Deposed: map[string]*Resource{},
	}
	if options.Destroy {
		plan.Blocks = nil
	}
	p := &planning{Run: r, Plan: plan, options: options, values: map[string]tftypes.Value{}}
	exit, ok := r.begin(false)
	defer exit()
	if !ok {
		return nil
	}
	steps := map[string]step{}
	for _, block := range plan.Blocks {
		steps[block.Address] = step{needs(block.Body), func() bool {
			return r.guard(block.Address, func(ctx context.Context) bool { return p.refresh(ctx, block.Address) && p.plan(ctx, block) })
		}}
	}
	for address := range state.Current {
		if plan.block(address) == nil {
			steps[address] = step{nil, func() bool {
				return r.guard(address, func(ctx context.Context) bool { return p.refresh(ctx, address) && p.forget(ctx, address) })
			}}
		}
	}
	for address := range state.Deposed {
		steps[address+" (deposed)"] = step{nil, func() bool {
			return r.guard(address, func(ctx context.Context) bool { return p.refreshDeposed(ctx, address) })
		}}
	}
	r.walk(steps)
	plan.Ended = r.World.Now()
	if r.Failed || r.Over() {
		return nil
	}
	return plan
}

// read refreshes an object; nil means that it is gone.
func (r *Run) read(ctx context.Context, server tfprotov6.ProviderServer, address string, object *Object) (*Object, bool) {
	response, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: object.Type, CurrentState: dynamic(object.Value), Private: object.Private, CurrentIdentity: object.Identity,
	})
	if err != nil {
		return nil, r.complain(address, "read: %v", err)
	}
	if !r.hear(address, response.Diagnostics) {
		return nil, false
	}
	fresh := *object
	fresh.Value, fresh.Private, fresh.Identity = value(object.Type, response.NewState), response.Private, response.NewIdentity
	return &fresh, true
}

func (p *planning) refresh(ctx context.Context, address string) bool {
	p.mutex.Lock()
	object := p.Prior.Current[address]
	p.mutex.Unlock()
	if object == nil || p.options.NoRefresh {
		return true
	}
	fresh, ok := p.read(ctx, p.server, address, object)
	if ok {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		put(p.Prior.Current, address, fresh)
	}
	return ok
}

func (p *planning) refreshDeposed(ctx context.Context, address string) bool {
	object := p.Prior.Deposed[address]
	if !p.options.NoRefresh {
		fresh, ok := p.read(ctx, p.server, address, object)
		if !ok {
			return false
		}
		p.mutex.Lock()
		put(p.Prior.Deposed, address, fresh)
		p.mutex.Unlock()
		if object = fresh; object.Value.IsNull() {
			return true
		}
	}
	if p.options.RefreshOnly {
		return true
	}
	planned := p.planDestroy(ctx, p.server, address, object)
	if planned == nil {
		return false
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	planned.Deposed = true
	p.Deposed[address] = planned
	return true
}

// plan plans a resource of the configuration.
func (p *planning) plan(ctx context.Context, block Block) bool {
	if p.options.RefreshOnly {
		return true
	}
	prior, config := p.configured(block)
	planned := p.change(ctx, p.server, block, p.createsFirst(block), config, prior, "")
	if planned == nil {
		return false
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.Resources[block.Address] = planned
	p.values[block.Address] = planned.After
	return true
}

// configured returns what the state has of a block, and its configuration with the values of other blocks.
func (p *planning) configured(block Block) (prior *Object, config tftypes.Value) {
	p.mutex.Lock()
	defer p.mutex.Unlock() // also where the configuration of a test does not fit the schema
	return p.Prior.Current[block.Address], build(typeOf(block.Type), block.Body, p.resolve)
}

func (p *planning) resolve(ref Ref) tftypes.Value {
	return members(p.values[ref.Address])[ref.Attribute]
}

// createsFirst reports whether a block is replaced by create_before_destroy, by itself or for one that needs it.
func (p *Plan) createsFirst(block Block) bool {
	for _, other := range p.Blocks {
		if slices.Contains(needs(other.Body), block.Address) && p.createsFirst(other) {
			return true
		}
	}
	return block.CreateBeforeDestroy
}

// forget plans to destroy a resource that is not in the configuration any more.
func (p *planning) forget(ctx context.Context, address string) bool {
	p.mutex.Lock()
	object := p.Prior.Current[address]
	p.mutex.Unlock()
	if object == nil || p.options.RefreshOnly {
		return true
	}
	planned := p.planDestroy(ctx, p.server, address, object)
	if planned == nil {
		return false
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.Resources[address] = planned
	return true
}

// planDestroy plans the end of an object, nil if that failed.
func (r *Run) planDestroy(ctx context.Context, server tfprotov6.ProviderServer, address string, object *Object) *Resource {
	null := tftypes.NewValue(typeOf(object.Type), nil)
	response, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: object.Type, PriorState: dynamic(object.Value), ProposedNewState: dynamic(null), Config: dynamic(null),
		PriorPrivate: object.Private, PriorIdentity: object.Identity,
	})
	if err != nil {
		r.complain(address, "plan of a destroy: %v", err)
		return nil
	}
	if !r.hear(address, response.Diagnostics) {
		return nil
	}
	if !value(object.Type, response.PlannedState).IsNull() {
		r.complain(address, "a destroy was planned as something else")
		return nil
	}
	return &Resource{
		Address: address, Action: Delete, Type: object.Type, Before: object.Value, After: null, Private: response.PlannedPrivate,
		Identity: response.PlannedIdentity, Needs: object.Needs,
	}
}

// change plans one resource as core does: prior is its object, nil if there is none, and sticking the action that was
// planned before, empty while planning. It returns nil if that failed.
func (r *Run) change(ctx context.Context, server tfprotov6.ProviderServer, block Block, createFirst bool, config tftypes.Value, prior *Object, sticking Action) *Resource {
	typ := typeOf(block.Type)
	null := tftypes.NewValue(typ, nil)
	validated, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: block.Type, Config: dynamic(config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		r.complain(block.Address, "validate: %v", err)
		return nil
	}
	if !r.hear(block.Address, validated.Diagnostics) {
		return nil
	}
	before, asked := null, &Object{Value: null}
	if prior != nil {
		before = prior.Value
		if !prior.Tainted {
			asked = prior
		}
	}
	planned := r.ask(ctx, server, block, config, asked)
	if planned == nil {
		return nil
	}
	result := &Resource{Address: block.Address, Type: block.Type, Before: before, Needs: needs(block.Body)}
	planned.replaces = planned.replaces || block.Replace && prior != nil && !prior.Tainted
	switch {
	case prior != nil && prior.Tainted, planned.replaces:
		result.Action = DeleteThenCreate
		if createFirst {
			result.Action = CreateThenDelete
		}
		if planned.replaces {
			if planned = r.ask(ctx, server, block, config, &Object{Value: null, Private: planned.private}); planned == nil {
				return nil
			}
		}
	case prior == nil:
		result.Action = Create
	case planned.value.Equal(before):
		result.Action = NoOp
	default:
		result.Action = Update
	}
	if sticking != "" && result.Action != sticking && (sticking != Update || result.Action != NoOp) {
		r.complain(block.Address, "inconsistent final plan: %s became %s", sticking, result.Action)
		return nil
	}
	result.After, result.Private, result.Identity = planned.value, planned.private, planned.identity
	return result
}

// answer is a provider's answer to a plan.
type answer struct {
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	replaces bool
}

func (r *Run) ask(ctx context.Context, server tfprotov6.ProviderServer, block Block, config tftypes.Value, prior *Object) *answer {
	resource := schemas().resources[block.Type]
	response, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: block.Type, PriorState: dynamic(prior.Value), Config: dynamic(config),
		ProposedNewState: dynamic(proposed(resource, prior.Value, config)), PriorPrivate: prior.Private, PriorIdentity: prior.Identity,
	})
	if err != nil {
		r.complain(block.Address, "plan: %v", err)
		return nil
	}
	if !r.hear(block.Address, response.Diagnostics) {
		return nil
	}
	result := &answer{value: value(block.Type, response.PlannedState), private: response.PlannedPrivate, identity: response.PlannedIdentity}
	was, is, wants := members(prior.Value), members(result.value), members(config)
	for _, attribute := range resource.Block.Attributes {
		if set := wants[attribute.Name]; !attribute.WriteOnly && (!set.IsNull() || !attribute.Computed) && !set.Equal(is[attribute.Name]) && !was[attribute.Name].Equal(is[attribute.Name]) {
			r.complain(block.Address, "invalid plan: %s is configured as %s and planned as %s", attribute.Name, set, is[attribute.Name])
			return nil
		}
	}
	for _, path := range response.RequiresReplace {
		for _, name := range slices.Sorted(maps.Keys(was)) {
			if path.Steps()[0] == tftypes.AttributeName(name) && !was[name].Equal(is[name]) {
				result.replaces = true
			}
		}
	}
	return result
}
