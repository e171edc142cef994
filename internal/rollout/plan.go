// Package rollout is the domain of a release in steps with health checks: the share of the candidate in each step, how long each
// step is watched, and what happens after a failed check. It is a pure state machine: it does not know Terraform or the API, does
// no input or output, and receives all times as values.
//
// [New] returns the [Itinerary] of a [Plan] from the current split to the goal. A [Run] then returns the next action, and
// receives its result.
package rollout

import (
	"fmt"
	"strings"
	"time"

	"terraform-provider-esa/internal/split"
)

// Plan is a configured rollout. It does not depend on the current split.
type Plan struct {
	// Steps are the shares of the candidate before the goal, strictly rising.
	Steps []Step
	// BakeTime is the bake time of the goal.
	BakeTime time.Duration
	// Checks are the health checks during each step and the goal.
	Checks []Check
	// OnFailure is the policy after a failed check.
	OnFailure OnFailure
}

// Step is one step before the goal.
type Step struct {
	// Percentage is the share of the candidate.
	Percentage int
	// BakeTime is the bake time of the step.
	BakeTime time.Duration
}

// Check is the timing of one health check. The caller makes the requests.
type Check struct {
	// Interval is the time from the start of one attempt to the start of the next.
	Interval time.Duration
	// Timeout is the time after which an attempt counts as failed.
	Timeout time.Duration
	// MaxFailures is the number of consecutive failures that fails the rollout.
	MaxFailures int
}

// OnFailure is the policy after a failed check.
type OnFailure string

// The policies after a failed check.
const (
	// RollBackOnFailure deploys the stable version alone.
	RollBackOnFailure OnFailure = "roll_back"
	// HoldOnFailure keeps the current step.
	HoldOnFailure OnFailure = "hold"
)

// String formats the policy.
func (o OnFailure) String() string { return strings.ReplaceAll(string(o), "_", " ") }

// WholeRollout is the Step of a problem that does not belong to a step.
const WholeRollout = -1

// Problem is one violated rule of a rollout.
type Problem struct {
	// Step is the index of the step at fault, or WholeRollout.
	Step int
	// Message is the problem, as the end of a sentence.
	Message string
}

// Problems are the violated rules of a rollout.
type Problems []Problem

// Error formats every problem with its place.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for index, problem := range p {
		texts[index] = "rollout: " + problem.Message
		if problem.Step != WholeRollout {
			texts[index] = fmt.Sprintf("step %d: %s", problem.Step+1, problem.Message)
		}
	}
	return strings.Join(texts, "; ")
}

// CheckSteps checks the rules of steps: each share is from 1 to 99, above the previous one and below the target share.
func CheckSteps(percentages []int, target int) Problems {
	var problems Problems
	last := 0
	for index, percentage := range percentages {
		message := ""
		switch {
		case percentage < split.MinPercentage || percentage >= split.TotalPercentage:
			message = fmt.Sprintf("percentage must be between %d and %d, got: %d", split.MinPercentage, split.TotalPercentage-1, percentage)
		case percentage <= last:
			message = fmt.Sprintf("percentage must be greater than %d, the percentage of the step before, got: %d", last, percentage)
		case percentage >= target:
			message = fmt.Sprintf("percentage must be less than %d, the share that the rollout ends at, got: %d", target, percentage)
		}
		if message != "" {
			problems = append(problems, Problem{Step: index, Message: message})
		}
		last = max(last, percentage)
	}
	return problems
}

// shares returns the percentages of the steps.
func (p Plan) shares() []int {
	shares := make([]int, len(p.Steps))
	for index, step := range p.Steps {
		shares[index] = step.Percentage
	}
	return shares
}

// MinimumDuration is the minimum duration of the plan: the sum of its bake times.
func (p Plan) MinimumDuration() time.Duration {
	total := p.BakeTime
	for _, step := range p.Steps {
		total += step.BakeTime
	}
	return total
}

// FormatDuration writes a duration without the parts that are zero: "3m", "1m30s".
func FormatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
