package split

import (
	"fmt"
	"math/big"
)

// Input names one of the values that [Canary] and [Shift] work on.
type Input string

// The inputs of Canary and Shift.
const (
	// InputStable is the version that serves before the rollout.
	InputStable Input = "stable"
	// InputLive is the split that serves now.
	InputLive Input = "live"
	// InputCandidate is the version that serves after the rollout.
	InputCandidate Input = "candidate"
	// InputPercentage is the candidate's share.
	InputPercentage Input = "percentage"
)

// InputError is a rule that an input of [Canary] or [Shift] breaks.
type InputError struct {
	// Input is the input at fault.
	Input Input
	// Message says what is valid and what was given, as the end of a sentence about the input.
	Message string
}

// Error returns the problem after the name of its input: "percentage: …".
func (e *InputError) Error() string {
	return string(e.Input) + ": " + e.Message
}

func inputError(input Input, format string, arguments ...any) error {
	return &InputError{Input: input, Message: fmt.Sprintf(format, arguments...)}
}

func checkVersion(input Input, codeVersion *string) error {
	if codeVersion != nil && versionMessage(*codeVersion) != "" {
		return inputError(input, "must be the number of a code version such as \"1723599747213377175\", got: %q", *codeVersion)
	}
	return nil
}

// checkPercentage accepts 0 as well, which a share cannot be: the candidate then serves nothing.
func checkPercentage(percentage *big.Float) error {
	if percentage == nil || percentage.IsInt() && percentage.Sign() >= 0 && percentage.Cmp(big.NewFloat(TotalPercentage)) <= 0 {
		return nil
	}
	return inputError(InputPercentage, "must be a whole number between 0 and %d, got: %s", TotalPercentage, decimal(percentage))
}

// situation is what a candidate meets. Where neither field is true, nothing serves yet; where both are, it is not known
// which of the three it is.
type situation struct {
	// onlyCandidate means that the candidate serves everything already.
	onlyCandidate bool
	// displaces means that the candidate displaces the stable version.
	displaces bool
	// stable is that version, nil if it is not known yet.
	stable *string
}

// at returns the split that gives percentage to the candidate, as far as it follows from what is known. Inputs that may
// still turn out to be wrong are taken to be right.
func (s situation) at(candidate *string, percentage *big.Float) (Partial, error) {
	if !s.displaces {
		if s.onlyCandidate && percentage != nil && percentage.Sign() == 0 {
			return Partial{}, inputError(InputPercentage,
				"must be between 1 and %d, got: 0. The candidate already serves everything, and the former version is not live any more. "+
					"To go back to that version, use canary() with it as the stable version", TotalPercentage)
		}
		return allTraffic(candidate), nil
	}
	if percentage == nil {
		return Partial{}, nil
	}
	moved, _ := percentage.Int64()
	switch {
	case moved == TotalPercentage:
		return allTraffic(candidate), nil
	case moved == 0:
		return allTraffic(s.stable), nil
	case s.onlyCandidate:
		return Partial{}, nil
	default:
		return Partial{Known: true, Entries: []Entry{
			partialShare(s.stable, TotalPercentage-int(moved)), partialShare(candidate, int(moved)),
		}}, nil
	}
}
