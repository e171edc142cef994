package deployment

import (
	"math/big"

	"github.com/agext/levenshtein"
)

// nearestVersion returns the version that looks most like the wanted one: the one that the fewest changed, missing or
// surplus digits make of it, among equals the one with the nearest number. It returns nothing if there is none.
func nearestVersion(wanted string, existing []string) string {
	nearest := ""
	for _, version := range existing {
		if nearest == "" {
			nearest = version
			continue
		}
		edits, fewest := levenshtein.Distance(wanted, version, nil), levenshtein.Distance(wanted, nearest, nil)
		if edits < fewest || edits == fewest && isNearer(wanted, version, nearest) {
			nearest = version
		}
	}
	return nearest
}

// isNearer tells whether the number of one version lies nearer to the wanted one than that of another.
func isNearer(wanted, version, than string) bool {
	distance := func(other string) *big.Int {
		a, isNumber := new(big.Int).SetString(wanted, 10)
		b, isOtherNumber := new(big.Int).SetString(other, 10)
		if !isNumber || !isOtherNumber {
			return new(big.Int)
		}
		return a.Abs(a.Sub(a, b))
	}
	return distance(version).Cmp(distance(than)) < 0
}
