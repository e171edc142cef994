package deployment

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/agext/levenshtein"
)

// nearestVersion returns the version that looks most like the wanted one: the one that the fewest changed, missing or
// surplus digits make of it, among equals the one with the nearest number. It returns nothing if there is none.
func nearestVersion(wanted string, existing []string) string {
	if len(existing) == 0 {
		return ""
	}
	return slices.MinFunc(existing, func(a, b string) int {
		return cmp.Or(levenshtein.Distance(wanted, a, nil)-levenshtein.Distance(wanted, b, nil), distance(wanted, a).Cmp(distance(wanted, b)))
	})
}

// distance is how far two versions are from one another, as numbers; nothing if one is none.
func distance(one, other string) *big.Int {
	a, isNumber := new(big.Int).SetString(one, 10)
	b, isOtherNumber := new(big.Int).SetString(other, 10)
	if !isNumber || !isOtherNumber {
		return new(big.Int)
	}
	return a.Abs(a.Sub(a, b))
}
