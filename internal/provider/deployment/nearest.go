package deployment

import "math/big"

// nearestVersion returns the version that looks most like the wanted one: the one that the fewest changed, missing or
// surplus digits make of it, among equals the one with the nearest number. It returns nothing if there is none.
func nearestVersion(wanted string, existing []string) string {
	nearest := ""
	for _, version := range existing {
		if nearest == "" {
			nearest = version
			continue
		}
		edits, fewest := editDistance(wanted, version), editDistance(wanted, nearest)
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

// editDistance is the Levenshtein distance of two texts.
func editDistance(from, to string) int {
	row := make([]int, len(to)+1)
	for column := range row {
		row[column] = column
	}
	for line := range len(from) {
		diagonal := row[0]
		row[0] = line + 1
		for column := range len(to) {
			replaced := diagonal
			if from[line] != to[column] {
				replaced++
			}
			diagonal = row[column+1]
			row[column+1] = min(replaced, row[column]+1, diagonal+1)
		}
	}
	return row[len(to)]
}
