package modeltest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
)

// maxLookAge is how old a look may be when the write that relies on it leaves.
const maxLookAge = time.Second

// judge holds a session against what the provider promises. The letters are those of the invariants.
func (h *history) judge(s *session) {
	for _, broken := range s.run.Broken {
		h.violated("(f) %s", broken)
	}
	effects := map[string][]*Call{}
	for _, call := range s.calls {
		if !call.IsWrite() {
			continue
		}
		if !call.Applying {
			h.violated("(d) %s: a plan or a refresh calls %s", s.run.Name, call.Operation)
		}
		if !call.Took {
			continue
		}
		effects[call.Address] = append(effects[call.Address], call)
		switch call.Operation {
		case "CreateRoutineCodeDeployment", "UpdateRoutineConfigDescription":
			h.judgeReplaced(s, call, h.identityOf(call))
		case "DeleteRoutine":
			h.judgeReplaced(s, call, h.identityOf(call))
			h.judgeServed(s, call)
		case "DeleteRoutineCodeVersion":
			h.judgeVersion(s, call)
		default:
			h.judgeAround(s, call)
		}
	}
	h.judgeCounts(s, effects)
	if s.applied {
		h.judgeState(s)
		h.judgeRollouts(s)
		h.judgeRoutes(s, effects)
	}
	h.judgeSuccess(s)
	h.judgeSecrets(s)
}

// subject is what a write replaces: a way to tell what is there at a moment.
type subject func(moment int) string

// identityOf returns the subject of a write: the deployment of an environment, or the routine.
func (h *history) identityOf(call *Call) subject {
	if call.Env == "" {
		return func(moment int) string { return createTime(h.world.Truth(moment)[call.Routine]) }
	}
	return func(moment int) string { return h.world.Truth(moment)[call.Routine].Live[call.Env].ID }
}

func createTime(r Routine) string {
	if r.Created.IsZero() {
		return ""
	}
	return r.Created.UTC().Format(time.RFC3339)
}

// judgeReplaced is (a): what a write replaced is what its plan was made from, or the run's own, or came too late for the
// last look to show it.
func (h *history) judgeReplaced(s *session, write *Call, identity subject) {
	resource := s.resource(write)
	if resource == nil {
		h.violated("(a) %s: %s was not planned", s.run.Name, h.words(write))
		return
	}
	expected := map[string]bool{}
	if write.Env == "" {
		expected[Text(resource.Before, "create_time")] = true
	} else {
		expected[h.deploymentID(Text(resource.Before, "deployment_id"))] = true
		if resource.Action != Update {
			expected[""] = true // there was none, or it is replaced
		}
	}
	if allowsOverwrite(resource) {
		for _, look := range s.firstLooks(write) {
			expected[identity(look.Shown)] = true
		}
	}
	if isRollout(resource) {
		for _, id := range h.takenForOwn(s, write) {
			expected[id] = true
		}
	}
	if why := h.explain(s, write, identity, expected); why != "" {
		if slices.ContainsFunc(s.calls, func(call *Call) bool {
			return call.Address == write.Address && call.Took && call.Status == 0 && call.Served < write.Served
		}) {
			why += ", after a lost answer"
		}
		h.violated("(a) %s: %s %s", s.run.Name, h.words(write), why)
	}
}

// explain says why a write must not have replaced what it did, empty if it may.
func (h *history) explain(s *session, write *Call, identity subject, expected map[string]bool) string {
	for i, change := range h.world.Changes(0, write.Served) {
		if change.By == s.run.Name {
			expected[identity(i+1)] = true
		}
	}
	replaced := identity(write.Served)
	if expected[replaced] {
		return ""
	}
	made := write.Served
	for made > 0 && identity(made-1) == replaced {
		made--
	}
	// It is excused by a look that was answered before someone else acted and at most a second before the write left. A
	// stale look that hides what someone else did cannot be distinguished from a fresh one by any client: that is the one thing
	// exempt here (Shown is then earlier than Served), and only while no later look of the same operation showed it.
	why := fmt.Sprintf("replaced %q, expected %q", replaced, keys(expected))
	reason := ""
	for _, look := range s.looks(write) {
		shown, age := identity(look.Shown), write.SentAt.Sub(look.ReceivedAt)
		switch {
		case look.Address == write.Address && shown == replaced:
			return fmt.Sprintf("%s, and look %d showed it", why, look.Number)
		case !expected[shown] || made <= look.Shown:
			reason = cmp.Or(reason, fmt.Sprintf("look %d showed %q", look.Number, shown))
		case age > maxLookAge:
			reason = cmp.Or(reason, fmt.Sprintf("look %d was %s old", look.Number, age))
		default:
			return ""
		}
	}
	return why + ", and " + cmp.Or(reason, "no one looked")
}

// judgeServed is (e) for a routine: it serves nothing that it did not serve when its end was planned.
func (h *history) judgeServed(s *session, write *Call) {
	for _, env := range []string{esasim.Production, esasim.Staging} {
		served := func(moment int) string { return h.world.Truth(moment)[write.Routine].Live[env].ID }
		expected := map[string]bool{"": true}
		for moment := s.plan.Began; moment <= s.plan.Ended; moment++ {
			expected[served(moment)] = true
		}
		if why := h.explain(s, write, served, expected); why != "" {
			h.violated("(e) %s: %s in %s %s", s.run.Name, h.words(write), env, why)
		}
	}
	if resource := s.resource(write); resource != nil && resource.Action != Delete && !resource.Action.replaces() {
		h.violated("(e) %s: %s was planned as %s", s.run.Name, h.words(write), resource.Action)
	}
}

// judgeVersion is (e) for a code version: it was planned to go, or is the run's own.
func (h *history) judgeVersion(s *session, write *Call) {
	for _, change := range h.world.Changes(s.began, write.Served) {
		if change.By == s.run.Name && change.Call.Operation == "CreateRoutineWithAssetsCodeVersion" && change.Call.Address == write.Address {
			return
		}
	}
	for _, resource := range s.plan.Changes() {
		if resource.Action != Update && Text(resource.Before, "code_version") == write.Version {
			return
		}
	}
	h.violated("(e) %s: %s was not planned", s.run.Name, h.words(write))
}

// judgeCounts is (b): one deployment for each planned change, and one more of the same split for each lost answer.
func (h *history) judgeCounts(s *session, effects map[string][]*Call) {
	for address, calls := range effects {
		if resource := s.plan.Resources[address]; resource != nil && isRollout(resource) {
			h.judgeSteps(s, address, calls)
			continue
		}
		allowed, split := 1, ""
		for _, call := range calls {
			if call.Operation != "CreateRoutineCodeDeployment" {
				continue
			}
			made := h.world.Truth(call.Served + 1)[call.Routine].Live[call.Env].Split
			if split != "" && made != split {
				h.violated("(b) %s: %s deployed %s and then %s", s.run.Name, address, split, made)
			}
			split = made
			allowed--
			if allowed < 0 {
				h.violated("(b) %s: %s deployed more often than planned and answers were lost", s.run.Name, address)
			}
			if call.Status != 200 {
				allowed++
			}
		}
	}
}

// judgeState is (c): each object of the state is as it is live, or as it was before.
func (h *history) judgeState(s *session) {
	moments := []int{}
	for moment := s.plan.Began; moment <= s.ended; moment++ {
		moments = append(moments, moment)
	}
	for _, call := range h.world.Calls(0) {
		if slices.Contains(s.calls, call) || call.Received >= s.plan.Began && call.Received <= s.plan.Ended {
			moments = append(moments, max(call.Shown, 0)) // a stale look, of the run or of the plan that it applies
		}
	}
	addresses := map[string]bool{}
	for _, state := range []*State{s.before, s.after} {
		for address := range state.Current {
			addresses[address] = true
		}
	}
	for _, address := range keys(addresses) {
		was, is := h.essence(s.before.Current[address], s.before.Deposed[address]), h.essence(s.after.Current[address])
		planned := s.plan.Resources[address]
		succeeded := !s.run.Failed && !s.run.Over() && planned != nil && !planned.After.IsFullyKnown()
		if object := s.after.Current[address]; object == nil {
			object = s.before.Current[address]
			gone := planned != nil && (planned.Action == Delete || planned.Action.replaces())
			if !gone && !slices.ContainsFunc(moments, func(moment int) bool { return h.trueOf(object, moment) == "" }) {
				h.violated("(c) %s: the state lost %s", s.run.Name, address)
			}
			continue
		} else if (!succeeded || s.plan.Options.NoRefresh) && slices.Contains(was, is[0]) || h.unseen(s, object) {
			continue
		} else if !slices.ContainsFunc(moments, func(moment int) bool { return h.trueOf(object, moment) == is[0] }) {
			h.violated("(c) %s: the state has %s as %s, before it was %s, and live is %s",
				s.run.Name, address, is[0], was, h.trueOf(object, s.ended))
		}
	}
}

// essence is what matters of objects.
func (h *history) essence(objects ...*Object) []string {
	var all []string
	for _, object := range objects {
		switch {
		case object == nil:
		case object.Type == "esa_routine":
			all = append(all, Text(object.Value, "create_time")+" "+Text(object.Value, "description"))
		case object.Type == "esa_routine_code_version":
			all = append(all, Text(object.Value, "code_version"))
		case isAround(object.Type):
			all = append(all, essenceAround(object))
		default:
			all = append(all, h.deploymentID(Text(object.Value, "deployment_id"))+" "+splitOf(object.Value))
		}
	}
	return all
}

// trueOf is what ESA holds of an object, in the words of essence; empty if it is gone.
func (h *history) trueOf(object *Object, moment int) string {
	if isAround(object.Type) {
		return h.trueAround(object, moment)
	}
	truth := h.world.Truth(moment)
	routine, there := truth[Text(object.Value, "name")]
	live, serves := routine.Live[Text(object.Value, "env")]
	_, built := routine.Versions[Text(object.Value, "code_version")]
	switch {
	case object.Type == "esa_routine" && there:
		return createTime(routine) + " " + routine.Description
	case object.Type == "esa_routine_code_version" && built:
		return Text(object.Value, "code_version")
	case object.Type == "esa_routine_code_deployment" && serves:
		return live.ID + " " + live.Split
	}
	return ""
}

// unseen tells of an object whether it says of itself that ESA has answered and shown nothing yet: it has an id and no
// create_time. That is the one exception to (c), with the warning that a routine shows another description than the one it
// was created with: someone else's of the same second cannot be distinguished from a late answer.
func (h *history) unseen(s *session, object *Object) bool {
	if object.Type == "esa_routine" && slices.ContainsFunc(s.run.Diagnostics, func(said string) bool {
		return strings.Contains(said, "Description differs") && strings.Contains(said, fmt.Sprintf("routine %q", Text(object.Value, "name")))
	}) {
		return true
	}
	if Text(object.Value, "create_time") != "" || isAround(object.Type) {
		return false
	}
	return slices.ContainsFunc(h.world.Changes(s.began, s.ended), func(change Change) bool {
		return change.By == s.run.Name && change.Call.Routine == Text(object.Value, "name") && change.Call.Env == Text(object.Value, "env")
	})
}

// judgeSuccess is (f): without a fault, a foreign act, a stop or too little time there is no error.
func (h *history) judgeSuccess(s *session) {
	ambiguous := slices.ContainsFunc(s.run.Diagnostics, func(said string) bool { return strings.Contains(said, "Invalid rollout") })
	if s.run.Failed && h.clean && !s.disturbed.Load() && !ambiguous {
		h.violated("(f) %s: nothing happened, and it failed: %s", s.run.Name, strings.Join(s.run.Diagnostics, "\n"))
	}
}

// judgeSecrets is (g).
func (h *history) judgeSecrets(s *session) {
	secrets := []string{esasim.AccessKeySecret, "esasim-oss-secret", "STS.esasim-oss"}
	for _, call := range s.calls {
		if call.Signature != "" {
			secrets = append(secrets, call.Signature)
		}
	}
	for _, said := range s.run.Diagnostics {
		for _, secret := range secrets {
			if strings.Contains(said, secret) {
				h.violated("(g) %s: a message holds %q: %s", s.run.Name, secret, said)
			}
		}
	}
}

// resource is the planned change that a call belongs to.
func (s *session) resource(call *Call) *Resource {
	if resource := s.plan.Resources[call.Address]; resource != nil && resource.Action != NoOp {
		return resource
	}
	return s.plan.Deposed[call.Address]
}

// looks lists the looks at what a write changes whose answers were there before it left, the last one first.
func (s *session) looks(write *Call) []*Call {
	looks := slices.DeleteFunc(slices.Clone(s.calls), func(call *Call) bool {
		return !looksFor(call, write) || !call.Applying || call.Status == 0 ||
			call.Status != 200 && call.Code != "RoutineNotExist" || call.ReceivedAt.After(write.SentAt)
	})
	slices.SortStableFunc(looks, func(a, b *Call) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
	return looks
}

// firstLooks are the looks before the first attempt at the write that this one belongs to.
func (s *session) firstLooks(write *Call) []*Call {
	first := write
	for _, call := range s.calls {
		if call.Address == write.Address && call.Operation == write.Operation && call.SentAt.Before(first.SentAt) {
			first = call
		}
	}
	return s.looks(first)
}

func allowsOverwrite(resource *Resource) bool {
	var allows bool
	if value, ok := members(resource.After)["allow_overwrite"]; ok && value.IsKnown() && !value.IsNull() {
		_ = value.As(&allows)
	}
	return allows && resource.Action != Update
}

// deploymentID is the id under which ESA keeps a deployment, whichever of its two numbers is given.
func (h *history) deploymentID(id string) string {
	digits := []byte(id)
	slices.Reverse(digits)
	for moment := 0; moment <= h.world.Now(); moment++ {
		for _, routine := range h.world.Truth(moment) {
			for _, live := range routine.Live {
				if live.ID == string(digits) {
					return live.ID
				}
			}
		}
	}
	return id
}

// splitOf is the split of a deployment in the state.
func splitOf(value tftypes.Value) string { return SplitOf(SharesOf(value)) }
