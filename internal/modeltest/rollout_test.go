package modeltest

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// rolloutOf is the rollout of a routine, as it is configured: a step below every share that a script configures.
func rolloutOf(routine string) map[string]any {
	record := fmt.Sprintf("%s.%08x.er.aliyun-esa.net", routine, crc32.ChecksumIEEE([]byte(routine)))
	return map[string]any{
		"steps":     []any{map[string]any{"percentage": 2, "bake_time": "10s"}, map[string]any{"percentage": 5, "bake_time": "20s"}},
		"bake_time": "10s",
		"checks":    []any{map[string]any{"url": "https://" + record + "/", "interval": "500ms", "max_failures": 1}},
	}
}

// isRollout reports whether a deployment is planned to be released in steps.
func isRollout(resource *Resource) bool {
	rollout, ok := members(resource.After)["rollout"]
	return ok && !rollout.IsNull()
}

// takenForOwn lists the deployments that the first look after a step showed with the split of that step. Where someone else
// redeploys that very split before the look, theirs cannot be distinguished from the step: the ids that the two operations answer may
// be numbered differently.
func (h *history) takenForOwn(s *session, write *Call) (ids []string) {
	looks := s.looks(write)
	slices.Reverse(looks)
	for _, step := range s.calls {
		if step.Operation != write.Operation || step.Address != write.Address || !step.Took || step.Served >= write.Served {
			continue
		}
		made := h.world.Truth(step.Served + 1)[write.Routine].Live[write.Env]
		for _, look := range looks {
			shown := h.world.Truth(look.Shown)[write.Routine].Live[write.Env]
			if look.Shown > step.Served && shown.Split == made.Split {
				ids = append(ids, shown.ID)
			}
			if look.Shown > step.Served {
				break
			}
		}
	}
	return ids
}

// judgeSteps is (b) for a rollout: no split is deployed twice unless an answer was lost, and there are no more than two
// steps, the goal and the way back.
func (h *history) judgeSteps(s *session, address string, calls []*Call) {
	var splits []string
	resource := s.plan.Resources[address]
	goal, stable := splitOf(resource.After), versionsOf(splitOf(resource.Before))
	lost := true
	for _, call := range calls {
		if call.Operation != "CreateRoutineCodeDeployment" {
			continue
		}
		made := h.world.Truth(call.Served + 1)[call.Routine].Live[call.Env].Split
		stable = append(stable, versionsOf(h.world.Truth(call.Served)[call.Routine].Live[call.Env].Split)...)
		if !isOnTheWay(made, goal, stable) {
			h.violated("(h) %s: %s deployed %s, which is neither a step to %s nor the way back", s.run.Name, address, made, goal)
		}
		if again := len(splits) > 0 && splits[len(splits)-1] == made; !again {
			splits = append(splits, made)
		} else if !lost {
			h.violated("(b) %s: %s deployed %s twice", s.run.Name, address, made)
		}
		lost = call.Status != 200
	}
	if len(splits) > 4 {
		h.violated("(b) %s: %s deployed %q", s.run.Name, address, splits)
	}
}

// versionsOf are the versions of a split.
func versionsOf(split string) (versions []string) {
	for share := range strings.FieldsSeq(split) {
		version, _, _ := strings.Cut(share, ":")
		versions = append(versions, version)
	}
	return versions
}

// isOnTheWay reports whether a rollout may deploy a split: its goal, a step of the candidate over one of the versions that
// were live, or one of these by itself. A goal with a version that was unknown in the plan may be any.
func isOnTheWay(made, goal string, stable []string) bool {
	if made == goal || slices.ContainsFunc(strings.Fields(goal), func(share string) bool { return strings.HasPrefix(share, ":") }) {
		return true
	}
	shares := strings.Fields(made)
	if len(shares) == 1 {
		return slices.Contains(stable, versionsOf(made)[0])
	}
	for i, version := range versionsOf(made) {
		isStep := shares[i] == version+":2" || shares[i] == version+":5"
		if isStep && slices.Contains(versionsOf(goal), version) && slices.Contains(stable, versionsOf(made)[1-i]) {
			return true
		}
	}
	return false
}

// judgeRollouts is (h): where a rollout has failed, what is live is what the state or the error names, unless someone else
// has deployed since, or the process was killed.
func (h *history) judgeRollouts(s *session) {
	if s.run.Killed() {
		return
	}
	for _, resource := range s.plan.Changes() {
		if resource.Type != "esa_routine_code_deployment" || resource.Action == Delete || !isRollout(resource) {
			continue
		}
		routine, env := Text(resource.After, "name"), Text(resource.After, "env")
		deployed, foreign := false, false
		for _, change := range h.world.Changes(s.plan.Began, s.ended) {
			if change.By != s.run.Name {
				foreign = true
			} else if change.What == "CreateRoutineCodeDeployment" && change.Call.Routine == routine && change.Call.Env == env {
				deployed = true
			}
		}
		if !deployed || foreign {
			continue
		}
		live := h.world.Truth(s.ended)[routine].Live[env].Split
		if object := s.after.Current[resource.Address]; object != nil && splitOf(object.Value) == live {
			continue
		}
		said := strings.Join(s.run.Diagnostics, "\n")
		if words := inWords(live); !strings.Contains(said, words) {
			h.violated("(h) %s: %s serves %s, which neither the state nor an error names: %s", s.run.Name, resource.Address, words, said)
		}
	}
}

// inWords writes a split as messages do, the larger share first.
func inWords(split string) string {
	var words []string
	for share := range strings.FieldsSeq(split) {
		version, percentage, _ := strings.Cut(share, ":")
		words = append(words, percentage+"% "+version)
	}
	if len(words) == 2 {
		var first, second int
		_, _ = fmt.Sscanf(words[0], "%d", &first)
		_, _ = fmt.Sscanf(words[1], "%d", &second)
		if second > first {
			words[0], words[1] = words[1], words[0]
		}
	}
	return strings.Join(words, " + ")
}
