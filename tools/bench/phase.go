package main

// The phases of a run, in their order.
const (
	validate          = "validate"
	firstPlan         = "first plan"
	firstApply        = "first apply"
	noOpPlan          = "no-op plan"
	noOpPlanUnread    = "no-op plan, no refresh"
	changedPlan       = "changed plan"
	changedPlanUnread = "changed plan, no refresh"
	changedApply      = "changed apply"
	destroy           = "destroy"
)

// phase is one command of the engine.
type phase struct {
	name    string
	command []string
	// parallel says that the command takes -parallelism.
	parallel bool
	// file names the plan that the command applies.
	file string
	exit int
	// changed says that the configuration has the change.
	changed bool
	// unread is the phase that is the same without a refresh.
	unread string
}

// Exit codes of plan -detailed-exitcode.
const (
	noChanges = 0
	changes   = 2
)

var phases = []phase{
	{name: validate, command: []string{"validate"}},
	{name: firstPlan, command: []string{"plan", "-detailed-exitcode", "-out=first.tfplan"}, parallel: true, exit: changes},
	{name: firstApply, command: []string{"apply"}, parallel: true, file: "first.tfplan"},
	{name: noOpPlan, command: []string{"plan", "-detailed-exitcode"}, parallel: true, exit: noChanges, unread: noOpPlanUnread},
	{name: noOpPlanUnread, command: []string{"plan", "-detailed-exitcode", "-refresh=false"}, parallel: true, exit: noChanges},
	{name: changedPlan, command: []string{"plan", "-detailed-exitcode", "-out=changed.tfplan"}, parallel: true, exit: changes, changed: true, unread: changedPlanUnread},
	{name: changedPlanUnread, command: []string{"plan", "-detailed-exitcode", "-refresh=false"}, parallel: true, exit: changes, changed: true},
	{name: changedApply, command: []string{"apply"}, parallel: true, file: "changed.tfplan", changed: true},
	{name: destroy, command: []string{"destroy", "-auto-approve"}, parallel: true, changed: true},
}
