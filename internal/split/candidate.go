package split

import (
	"fmt"
	"math/big"
)

// Input is the name of an input of [Canary] or [Shift].
type Input string

// The inputs of Canary and Shift.
const (
	// InputStable is the version before the rollout.
	InputStable Input = "stable"
	// InputLive is the current split.
	InputLive Input = "live"
	// InputCandidate is the version after the rollout.
	InputCandidate Input = "candidate"
	// InputPercentage is the candidate's share.
	InputPercentage Input = "percentage"
)

// InputError is an invalid input of [Canary] or [Shift].
type InputError struct {
	// Input is the input at fault.
	Input Input
	// Message says what is valid, as the end of a sentence about the input.
	Message string
}

// Error formats the input and the problem: "percentage: …".
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

// checkPercentage also accepts 0, unlike the rules of a share.
func checkPercentage(percentage *big.Float) error {
	if percentage == nil || percentage.IsInt() && percentage.Sign() >= 0 && percentage.Cmp(big.NewFloat(TotalPercentage)) <= 0 {
		return nil
	}
	return inputError(InputPercentage, "must be a whole number between 0 and %d, got: %s", TotalPercentage, decimal(percentage))
}

// situation is the situation of a candidate. If neither field is true, the environment serves nothing. If both are true, the
// situation is unknown.
type situation struct {
	// onlyCandidate means that the candidate already serves all requests.
	onlyCandidate bool
	// displaces means that the candidate displaces the stable version.
	displaces bool
	// stable is that version, nil if it is unknown.
	stable *string
}

// at returns the split in which the candidate has percentage, as far as it is known. Unknown inputs count as valid.
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
