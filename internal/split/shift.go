package split

import (
	"fmt"
	"math/big"
	"strings"
)

// Shift is [Canary] with the stable version of the current split: the version that is not the candidate. If two are live and
// neither is the candidate, it is the one with the larger share, so that a new candidate replaces an earlier one. An unknown
// candidate is a new one.
//
// If nothing is live, or only the candidate, the candidate gets 100%.
//
// The error is an [InputError].
func Shift(live Partial, candidate *string, percentage *big.Float) (Partial, error) {
	for _, err := range []error{checkLive(live), checkVersion(InputCandidate, candidate), checkPercentage(percentage)} {
		if err != nil {
			return Partial{}, err
		}
	}
	found, err := situationOf(live, candidate)
	if err != nil {
		return Partial{}, err
	}
	return found.at(candidate, percentage)
}

// checkLive refuses a live split that no environment can serve.
func checkLive(live Partial) error {
	if len(live.Entries) == 0 || len(Check(live.Entries)) == 0 {
		return nil
	}
	return inputError(InputLive, "must be empty, or one or two different code versions with whole percentages that sum to %d, got: %s",
		TotalPercentage, formatEntries(live.Entries))
}

// situationOf returns the situation of the candidate.
func situationOf(live Partial, candidate *string) (situation, error) {
	switch {
	case !live.Known:
		return situation{onlyCandidate: true, displaces: true}, nil
	case len(live.Entries) == 0:
		return situation{}, nil
	case len(live.Entries) == 1:
		only := live.Entries[0].CodeVersion
		return situation{onlyCandidate: maybe(only, candidate), displaces: !same(only, candidate), stable: only}, nil
	default:
		stable, err := stableOf(live.Entries[0], live.Entries[1], candidate)
		return situation{displaces: true, stable: stable}, err
	}
}

// stableOf returns the version of two that the candidate displaces, nil if that is unknown.
func stableOf(a, b Entry, candidate *string) (*string, error) {
	if same(a.CodeVersion, candidate) {
		return b.CodeVersion, nil
	}
	if same(b.CodeVersion, candidate) {
		return a.CodeVersion, nil
	}
	var possible []*string
	if maybe(a.CodeVersion, candidate) {
		possible = append(possible, b.CodeVersion)
	}
	if maybe(b.CodeVersion, candidate) {
		possible = append(possible, a.CodeVersion)
	}
	lead, known := lead(a, b)
	if !known || lead > 0 {
		possible = append(possible, a.CodeVersion)
	}
	if !known || lead < 0 {
		possible = append(possible, b.CodeVersion)
	}
	if len(possible) == 0 {
		return nil, inputError(InputLive,
			"has two code versions at 50%% each, %s and %s, and neither is the candidate, so that neither is the stable version. "+
				"Finish or undo that canary first: give one of them %d%%",
			formatVersion(a.CodeVersion), formatVersion(b.CodeVersion), TotalPercentage)
	}
	for _, other := range possible[1:] {
		if !same(possible[0], other) {
			return nil, nil
		}
	}
	return possible[0], nil
}

// maybe reports whether a live version is or may be the candidate.
func maybe(codeVersion, candidate *string) bool {
	return candidate != nil && (codeVersion == nil || *codeVersion == *candidate)
}

// lead compares the shares of the two entries of a split. It is positive if the first one is larger.
func lead(a, b Entry) (lead int, known bool) {
	half := big.NewFloat(TotalPercentage / 2)
	switch {
	case a.Percentage != nil:
		return a.Percentage.Cmp(half), true
	case b.Percentage != nil:
		return half.Cmp(b.Percentage), true
	default:
		return 0, false
	}
}

func formatEntries(entries []Entry) string {
	texts := make([]string, len(entries))
	for index, entry := range entries {
		percentage := "(unknown)"
		if entry.Percentage != nil {
			percentage = entry.Percentage.Text('g', 17) + "%"
		}
		texts[index] = percentage + " " + formatVersion(entry.CodeVersion)
	}
	return strings.Join(texts, " + ")
}

func formatVersion(codeVersion *string) string {
	if codeVersion == nil {
		return "(unknown)"
	}
	return fmt.Sprintf("%q", *codeVersion)
}
