package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"terraform-provider-esa/internal/split"
)

// Itinerary is the sequence of splits from the current one to the goal.
type Itinerary struct {
	// Candidate is the version whose share rises.
	Candidate string
	// Stable is the version that the candidate displaces, empty if there is none for a rollback.
	Stable string
	// Stages are the splits to deploy and watch, the goal last. They are empty if the goal is already live.
	Stages []Stage
	// Checks are the health checks during each stage.
	Checks []Check
	// OnFailure is the policy after a failed check. Without a stable version it is to hold.
	OnFailure OnFailure
	// Skipped is the reason why the steps are skipped, as the end of a sentence, or empty.
	Skipped string
}

// Stage is one split of an itinerary.
type Stage struct {
	// Split is the split of the stage.
	Split split.Split
	// Percentage is the share of the candidate.
	Percentage int
	// BakeTime is how long the stage is watched.
	BakeTime time.Duration
	// IsLive is set if the stage is already live, so that it is watched and not deployed. An earlier rollout ended there, perhaps
	// before the checks were complete.
	IsLive bool
}

// New returns the itinerary of a plan. created has the known creation times of versions. The error is a [Problems].
func New(plan Plan, live, goal split.Split, created map[string]time.Time) (Itinerary, error) {
	if live.Equal(goal) {
		return Itinerary{}, nil
	}
	rising := slices.DeleteFunc(goal.Shares(), func(share split.Share) bool { return share.Percentage <= live.Percentage(share.CodeVersion) })
	others := slices.DeleteFunc(live.Shares(), func(share split.Share) bool {
		return slices.ContainsFunc(rising, func(r split.Share) bool { return r.CodeVersion == share.CodeVersion })
	})
	if len(rising) == 0 {
		return Itinerary{}, Problems{{WholeRollout, "no version's share rises from " + live.String() + " to " + goal.String()}}
	}
	candidate := rising[0].CodeVersion
	target := goal.Percentage(candidate)
	end := Stage{Split: goal, Percentage: target, BakeTime: plan.BakeTime}
	itinerary := Itinerary{Candidate: candidate, Checks: plan.Checks, OnFailure: plan.OnFailure}
	if len(others) == 0 {
		itinerary.OnFailure, itinerary.Stages = HoldOnFailure, []Stage{end}
		itinerary.Skipped = "the environment serves no other version, so there is none to go back to"
		return itinerary, nil
	}
	stable, displaced := others[0].CodeVersion, others
	if tie := len(others) > 1 && others[0].Percentage == others[1].Percentage; !tie {
		displaced = others[:1]
	}
	if isWayBack(rising, displaced, created) {
		end.BakeTime = 0
		itinerary.Checks, itinerary.OnFailure, itinerary.Stages = nil, HoldOnFailure, []Stage{end}
		itinerary.Skipped = fmt.Sprintf("code version %s is older than %s, and a way back is one immediate deployment", candidate, stable)
		return itinerary, nil
	}
	if message := ambiguity(goal, rising, displaced); message != "" {
		return Itinerary{}, Problems{{WholeRollout, message}}
	}
	if problems := CheckSteps(plan.shares(), target); len(problems) > 0 {
		return Itinerary{}, problems
	}
	itinerary.Stable = stable
	for _, step := range plan.Steps {
		stage := Stage{Percentage: step.Percentage, BakeTime: step.BakeTime, Split: split.Observed(
			split.Share{CodeVersion: candidate, Percentage: step.Percentage},
			split.Share{CodeVersion: stable, Percentage: split.TotalPercentage - step.Percentage},
		)}
		stage.IsLive = stage.Split.Equal(live)
		if stage.IsLive || step.Percentage > live.Percentage(candidate) {
			itinerary.Stages = append(itinerary.Stages, stage)
		}
	}
	itinerary.Stages = append(itinerary.Stages, end)
	return itinerary, nil
}

// isWayBack reports whether every version whose share rises is older than what it displaces.
func isWayBack(rising, displaced []split.Share, created map[string]time.Time) bool {
	for _, up := range rising {
		for _, down := range displaced {
			if newer(up.CodeVersion, down.CodeVersion, created) {
				return false
			}
		}
	}
	return true
}

// ambiguity says why the candidate or the stable version is ambiguous, and what to do. It is empty if they are not.
func ambiguity(goal split.Split, rising, displaced []split.Share) string {
	switch {
	case len(rising) > 1:
		return fmt.Sprintf("the shares of two code versions rise, %s and %s, so neither is the candidate; "+
			"release one of them at a time, or remove the rollout for this release", rising[0].CodeVersion, rising[1].CodeVersion)
	case len(displaced) > 1:
		return fmt.Sprintf("code versions %s and %s serve %d%% each, so neither is the stable one; "+
			"deploy only one of them first, or remove the rollout for this release",
			displaced[0].CodeVersion, displaced[1].CodeVersion, displaced[0].Percentage)
	}
	for _, kept := range goal.CodeVersions() {
		if kept != rising[0].CodeVersion && kept != displaced[0].CodeVersion {
			return fmt.Sprintf("code version %s displaces %s, but the split ends with %s beside it, and a step holds two versions; "+
				"deploy only %s first, or remove the rollout for this release", rising[0].CodeVersion, displaced[0].CodeVersion, kept, displaced[0].CodeVersion)
		}
	}
	return ""
}

// newer reports whether a version is newer than another, by their creation times if both are known and differ, otherwise by their
// numbers.
func newer(version, other string, created map[string]time.Time) bool {
	one, two := created[version], created[other]
	if !one.IsZero() && !two.IsZero() && !one.Equal(two) {
		return one.After(two)
	}
	return cmp.Or(cmp.Compare(len(version), len(other)), cmp.Compare(version, other)) > 0
}

// MinimumDuration is the minimum duration of the itinerary: the sum of its bake times.
func (i Itinerary) MinimumDuration() time.Duration {
	var total time.Duration
	for _, stage := range i.Stages {
		total += stage.BakeTime
	}
	return total
}

// String describes the itinerary in one line: "5% for 3m, then 100% for 5m, at least 8m; on failure: roll back".
func (i Itinerary) String() string {
	if len(i.Stages) == 0 {
		return "nothing to do: the planned split is live"
	}
	var stages []string
	for _, stage := range i.Stages {
		stages = append(stages, stage.String())
	}
	last, total := len(stages)-1, i.MinimumDuration()
	switch {
	case last > 0:
		stages[last] = "then " + stages[last]
		if total > 0 {
			stages = append(stages, "at least "+FormatDuration(total))
		}
	case i.Skipped != "" && total > 0:
		stages[last] = "the planned split at once, watched for " + FormatDuration(total)
	case i.Skipped != "":
		stages[last] = "the planned split at once"
	}
	text := strings.Join(stages, ", ")
	if len(i.Checks) > 0 {
		text += "; on failure: " + i.OnFailure.String()
	} else {
		text += "; no checks"
	}
	if i.Skipped != "" {
		text += "; steps skipped: " + i.Skipped
	}
	return text
}

// String describes the stage: "5% for 3m".
func (s Stage) String() string {
	text := fmt.Sprintf("%d%%", s.Percentage)
	if s.IsLive {
		text += " (live already)"
	}
	if s.BakeTime > 0 {
		text += " for " + FormatDuration(s.BakeTime)
	}
	return text
}
