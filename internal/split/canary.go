package split

import "math/big"

// Canary returns the split in which the candidate serves percentage of the requests and the stable version the rest, in this
// order. At 0 and at 100 it contains only one version, because a split has no share of 0. So one number drives a rollout from
// beginning to end. A nil input is unknown.
//
// Both versions are checked even if only one is in the split, so that an error is reported before the rollout. Between 0 and 100
// they must differ. At 0 and at 100 they may be the same, as before and after a rollout.
//
// The error is an [InputError].
func Canary(stable, candidate *string, percentage *big.Float) (Partial, error) {
	for _, err := range []error{
		checkVersion(InputStable, stable), checkVersion(InputCandidate, candidate), checkPercentage(percentage),
	} {
		if err != nil {
			return Partial{}, err
		}
	}
	if !same(stable, candidate) {
		return situation{displaces: true, stable: stable}.at(candidate, percentage)
	}
	if percentage != nil && percentage.Sign() != 0 && percentage.Cmp(big.NewFloat(TotalPercentage)) != 0 {
		return Partial{}, inputError(InputCandidate,
			"must not be the stable version unless the percentage is 0 or %d, got: %q for both", TotalPercentage, *candidate)
	}
	return allTraffic(stable), nil
}

// same reports whether two versions are known to be the same.
func same(a, b *string) bool {
	return a != nil && b != nil && *a == *b
}
