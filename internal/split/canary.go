package split

import "math/big"

// Canary returns the split of a rollout that moves percentage of the requests from the stable version to the candidate:
// both versions in this order, or at 0 and at 100 the one that serves everything, since a split has no share of 0. One
// number thus drives a rollout from its beginning to its end. Nil stands for an input that is not known yet.
//
// Both versions are checked even where only one is served, so that a mistake shows before the rollout begins. Between 0
// and 100 they must differ. At 0 and at 100 they may be the same, as they are before a rollout is prepared and after the
// candidate was promoted.
//
// An error is an [InputError].
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

// same tells whether two versions are known to be the same.
func same(a, b *string) bool {
	return a != nil && b != nil && *a == *b
}
