package modeltest

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Object is a resource in the state.
type Object struct {
	Type                string
	Value               tftypes.Value
	Private             []byte
	Identity            *tfprotov6.ResourceIdentityData
	Tainted             bool
	Needs               []string
	CreateBeforeDestroy bool
}

// State is a state of Terraform. Objects in it are never changed, only replaced.
type State struct {
	Serial int
	// Current holds the objects by address, Deposed those that their replacement has outlived.
	Current map[string]*Object
	Deposed map[string]*Object
}

// NewState returns an empty state.
func NewState() *State {
	return &State{Current: map[string]*Object{}, Deposed: map[string]*Object{}}
}

// Clone returns a copy.
func (s *State) Clone() *State {
	return &State{Serial: s.Serial, Current: maps.Clone(s.Current), Deposed: maps.Clone(s.Deposed)}
}

func put(objects map[string]*Object, address string, object *Object) {
	if object == nil || object.Value.IsNull() {
		delete(objects, address)
	} else {
		objects[address] = object
	}
}

// Action is what a plan does to a resource.
type Action string

// The actions of plans.
const (
	NoOp             Action = "no-op"
	Create           Action = "create"
	Update           Action = "update"
	Delete           Action = "delete"
	DeleteThenCreate Action = "delete then create"
	CreateThenDelete Action = "create then delete"
)

func (a Action) replaces() bool { return a == DeleteThenCreate || a == CreateThenDelete }

// Resource is one planned change.
type Resource struct {
	Address       string
	Action        Action
	Type          string
	Before, After tftypes.Value
	Private       []byte
	Identity      *tfprotov6.ResourceIdentityData
	Needs         []string
	// Deposed says that the object is deposed; the change destroys it.
	Deposed bool
}

// Plan is a plan as Terraform keeps it.
type Plan struct {
	// Serial is that of the state it was made from; Prior is that state, refreshed.
	Serial    int
	Prior     *State
	Blocks    []Block
	Resources map[string]*Resource
	Deposed   map[string]*Resource
	// Options are what it was made with.
	Options PlanOptions
	// Began and Ended are the moments between which it was made.
	Began, Ended int
}

// Empty reports whether the plan changes nothing.
func (p *Plan) Empty() bool {
	for _, resource := range p.Resources {
		if resource.Action != NoOp {
			return false
		}
	}
	return len(p.Deposed) == 0
}

// Changes lists the changes in the order of their addresses.
func (p *Plan) Changes() []*Resource {
	var changes []*Resource
	for _, address := range slices.Sorted(maps.Keys(p.Resources)) {
		if p.Resources[address].Action != NoOp {
			changes = append(changes, p.Resources[address])
		}
	}
	for _, address := range slices.Sorted(maps.Keys(p.Deposed)) {
		changes = append(changes, p.Deposed[address])
	}
	return changes
}

func (p *Plan) block(address string) *Block {
	for i := range p.Blocks {
		if p.Blocks[i].Address == address {
			return &p.Blocks[i]
		}
	}
	return nil
}
