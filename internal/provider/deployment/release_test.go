package deployment

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// TestWhatIsLiveIsJudged judges each deployment of a small world in each situation of a release, some hundred thousand, and holds
// the verdicts against what a release promises: it is sent only over the very deployment that it was planned to replace, and
// it is over only where the environment serves what it is for.
func TestWhatIsLiveIsJudged(t *testing.T) {
	t.Parallel()
	var (
		splits = [][]split.Share{{share("1", 100)}, {share("1", 90), share("2", 10)}, {share("2", 100)}}
		// Three moments, in which any of the splits may have been deployed.
		world    = []*esa.Deployment{nil}
		canary   = split.Observed(splits[1]...)
		goals    = []split.Split{{}, split.Observed(splits[2]...)}
		verdicts = map[esa.Verdict]int{}
	)
	for moment := range 3 {
		for _, shares := range splits {
			deployed := serving(fmt.Sprint("471", moment), shares...)
			deployed.CreateTime = fmt.Sprintf("2026-05-04T03:02:0%dZ", moment)
			world = append(world, deployed)
		}
	}
	// befores are what a plan was made from; of what was not seen live the state knows no id, and no time.
	befores := slices.Clone(world)
	for _, shares := range splits {
		unseen := serving("", shares...)
		unseen.CreateTime = ""
		befores = append(befores, unseen)
	}
	overs := []**esa.Deployment{nil}
	for index := range world {
		overs = append(overs, &world[index])
	}
	is := func(live, before *esa.Deployment) bool {
		if live == nil || before == nil {
			return live == before
		}
		return (before.ID == "" || live.ID == before.ID) && framework.Split(live).Equal(framework.Split(before))
	}
	for situation := range 1 << 4 {
		set := func(bit int) bool { return situation>>bit&1 == 1 }
		for _, before := range befores {
			if before == nil && (set(0) || set(3)) {
				continue // an apply that has deployed or replaced something knows what it deployed
			}
			for _, first := range overs {
				for _, over := range overs {
					for _, live := range world {
						r := release{planned: canary, before: before, first: first, ours: set(0), overwrite: set(1), goal: goals[situation>>2&1]}
						if set(3) {
							r.replaced = []string{"4710"}
						}
						verdict, refusal := r.judge(live, over)
						verdicts[verdict]++

						base := before
						if over != nil {
							base = *over
						}
						planned := live != nil && framework.Split(live).Equal(canary)
						atGoal := live != nil && set(2) && framework.Split(live).Equal(goals[1])
						// The very deployment that the plan was made from, or for a create what it saw first, is still live; so is what an
						// attempt without an answer was sent over.
						untouched := over == nil || is(live, *over)
						if before != nil {
							untouched = untouched && is(live, before)
						} else {
							untouched = untouched && is(live, *r.first) && (live == nil || r.overwrite)
						}
						late := live != nil && (set(3) && live.ID == "4710" || base != nil && base.CreateTime != "" && live.ID != base.ID && live.CreateTime < base.CreateTime)
						compared := before
						if before == nil {
							compared = *r.first
						}
						want := esa.Conflicting
						switch {
						case late:
							want = esa.Late
						case planned && (over != nil || !r.ours && (!set(2) || is(live, compared))), atGoal && !r.ours && before != nil && over == nil:
							want = esa.Achieved
						case planned: // deployed again by someone else, whatever its id, or a step that someone else has made
						case untouched:
							want = esa.Permitted
						}
						if refusal != nil && !shows(refusal, live, before, first, over, want == esa.Late) {
							t.Fatalf("before %s, over %s, first %s: %s is refused with %q", describe(before), told(over), told(first), describe(live), refusal)
						}
						if verdict != want || (refusal == nil) != (want == esa.Permitted || want == esa.Achieved) {
							t.Fatalf("ours %t, overwrite %t, goal %t, replaced %t, before %s, over %s, first %s: %s is judged %d (%v), want %d",
								set(0), set(1), set(2), set(3), describe(before), told(over), told(first), describe(live), verdict, refusal, want)
						}
					}
				}
			}
		}
	}
	for _, verdict := range []esa.Verdict{esa.Permitted, esa.Achieved, esa.Conflicting, esa.Late} {
		if verdicts[verdict] == 0 {
			t.Errorf("no situation was judged %d", verdict)
		}
	}
}

// shows reports whether a refusal shows what is live and, unless it refuses a create, what it was compared with.
func shows(refusal error, live, before *esa.Deployment, first, over **esa.Deployment, late bool) bool {
	changed, ok := errors.AsType[*changedError](refusal)
	if ok && changed.occupied {
		return changed.live == live
	}
	compared := before
	switch {
	case over != nil && (late || !sameDeployment(live, *over)):
		compared = *over
	case before == nil && first != nil:
		compared = *first
	}
	return ok && changed.live == live && changed.before == compared
}

// told describes what an attempt was sent over, or what was read first.
func told(deployment **esa.Deployment) string {
	if deployment == nil {
		return "-"
	}
	return describe(*deployment)
}
