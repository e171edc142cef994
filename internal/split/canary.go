package split

import (
	"fmt"
	"math/big"
)

// CanaryArgument names one of the arguments of [Canary].
type CanaryArgument int

// The arguments of [Canary], in their order.
const (
	// CanaryStable is the version that serves before the rollout.
	CanaryStable CanaryArgument = iota
	// CanaryCandidate is the version that serves after the rollout.
	CanaryCandidate
	// CanaryPercentage is how far the rollout is.
	CanaryPercentage
)

// String is the argument's name as users read it.
func (a CanaryArgument) String() string {
	switch a {
	case CanaryStable:
		return "stable"
	case CanaryCandidate:
		return "candidate"
	case CanaryPercentage:
		return "percentage"
	default:
		return fmt.Sprintf("argument %d", int(a))
	}
}

// CanaryError is a rule that an argument of [Canary] breaks.
type CanaryError struct {
	// Argument is the argument at fault.
	Argument CanaryArgument
	// Message says what was found and what would be right, as the end of a sentence about the argument.
	Message string
}

// Error says the problem with its place: "percentage: …".
func (e *CanaryError) Error() string {
	return e.Argument.String() + ": " + e.Message
}

// Canary returns the shares of a rollout that moves percentage of the requests from the stable version to the candidate:
// both versions in this order, or at 0 and at 100 the one that serves everything, since a split has no share of 0. One
// number thus drives a rollout from its beginning to its end.
//
// Both versions are held against the rules also where only one is served, so that a mistake shows before the rollout
// begins. Between 0 and 100 they must differ: a version beside itself is no canary. At 0 and at 100 they may be the
// same, as they are before a rollout is prepared and after the candidate was promoted.
//
// An error is a [CanaryError].
func Canary(stable, candidate string, percentage *big.Float) ([]Share, error) {
	if message := versionMessage(stable); message != "" {
		return nil, &CanaryError{CanaryStable, message}
	}
	if message := versionMessage(candidate); message != "" {
		return nil, &CanaryError{CanaryCandidate, message}
	}
	if !percentage.IsInt() || percentage.Sign() < 0 || percentage.Cmp(big.NewFloat(TotalPercentage)) > 0 {
		return nil, &CanaryError{CanaryPercentage, fmt.Sprintf("must be a whole number between 0 and %d, got: %s", TotalPercentage, decimal(percentage))}
	}
	moved, _ := percentage.Int64()
	switch {
	case moved == 0:
		return []Share{{CodeVersion: stable, Percentage: TotalPercentage}}, nil
	case moved == TotalPercentage:
		return []Share{{CodeVersion: candidate, Percentage: TotalPercentage}}, nil
	case stable == candidate:
		return nil, &CanaryError{CanaryCandidate, fmt.Sprintf(
			"found %q, which is the stable version as well; want another one, or a percentage of 0 or %d", candidate, TotalPercentage)}
	default:
		return []Share{
			{CodeVersion: stable, Percentage: TotalPercentage - int(moved)},
			{CodeVersion: candidate, Percentage: int(moved)},
		}, nil
	}
}
