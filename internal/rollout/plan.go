// Package rollout is the itinerary of a release that watches itself: in which steps the candidate takes over the
// traffic, how long each step is watched, and what follows from the answers of the checks. It is a pure state machine:
// it knows neither Terraform nor the API, does no input or output, and gets every time as a value.
//
// [New] turns a [Plan], what is live and the goal into an [Itinerary]. Its [Run] then says, action by action, what to do
// next, and receives the result.
package rollout

import (
	"fmt"
	"strings"
	"time"

	"terraform-provider-esa/internal/split"
)

// Plan is how a release is to be rolled out, whatever is live.
type Plan struct {
	// Steps are the shares of the candidate before the goal, strictly rising.
	Steps []Step
	// BakeTime is how long the goal is watched.
	BakeTime time.Duration
	// Checks are asked as long as a step or the goal is watched.
	Checks []Check
	// OnFailure is what a failed check leads to.
	OnFailure OnFailure
}

// Step is one share of the candidate, and how long it is watched.
type Step struct {
	// Percentage is the share of the candidate.
	Percentage int
	// BakeTime is how long the step is watched before the next one.
	BakeTime time.Duration
}

// Check is the timing of one health check. What it asks is the caller's matter.
type Check struct {
	// Interval is the time from the start of one attempt to the start of the next.
	Interval time.Duration
	// Timeout is how long an attempt may take before it counts as failed.
	Timeout time.Duration
	// MaxFailures is the number of failures in a row that fails the rollout.
	MaxFailures int
}

// OnFailure is what follows once a check has failed.
type OnFailure string

// What can follow once a check has failed.
const (
	// RollBackOnFailure deploys the stable version alone.
	RollBackOnFailure OnFailure = "roll_back"
	// HoldOnFailure leaves the step that is live.
	HoldOnFailure OnFailure = "hold"
)

// String formats the policy.
func (o OnFailure) String() string { return strings.ReplaceAll(string(o), "_", " ") }

// WholeRollout is the Step of a problem that lies in none of the steps.
const WholeRollout = -1

// Problem is one rule that a rollout breaks.
type Problem struct {
	// Step is the index of the step at fault, or WholeRollout.
	Step int
	// Message says what is wrong, as the end of a sentence about the place at fault.
	Message string
}

// Problems are the rules that a rollout breaks.
type Problems []Problem

// Error says every problem with its place.
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

// CheckSteps holds shares against the rules of steps: each from 1 to 99, strictly rising, and below the target share.
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

// MinimumDuration is the least time that the whole plan takes: every bake time together.
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
