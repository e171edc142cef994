// Package split is the domain of this provider: how an environment of a routine divides its traffic between code versions. It
// contains the rules of a split, the comparison of splits and their format in messages. It does not know Terraform or the API.
//
// The rules are those of the operation CreateRoutineCodeDeployment of the ESA API 2024-09-10: one or two code versions, each with
// a whole percentage from 1 to 100, and a total of 100.
package split

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The limits of CreateRoutineCodeDeployment ("CodeVersions" and "Percentage" on its reference page).
const (
	// MinCodeVersions is the minimum number of code versions in a split.
	MinCodeVersions = 1
	// MaxCodeVersions is the maximum number of code versions in a split.
	MaxCodeVersions = 2
	// MinPercentage is the minimum share of a code version, in percent of the requests.
	MinPercentage = 1
	// MaxPercentage is the maximum share of a code version, in percent of the requests.
	MaxPercentage = 100
	// TotalPercentage is the sum of the shares of a split, in percent of the requests.
	TotalPercentage = 100
)

// Share is the part of an environment's requests that one code version serves.
type Share struct {
	// CodeVersion is the version's number in the format of the ESA API: digits, usually 19, too long for a float.
	CodeVersion string
	// Percentage is a whole number of percent, from MinPercentage to MaxPercentage.
	Percentage int
}

// Split is how an environment divides its requests between code versions. The order of the shares has no meaning. The zero Split
// is that of an environment without a deployment.
type Split struct {
	shares []Share
}

// New returns the split of shares, or a [Problems] with all violated rules.
func New(shares ...Share) (Split, error) {
	entries := make([]Entry, len(shares))
	for index, share := range shares {
		entries[index] = KnownEntry(share)
	}
	if problems := Check(entries); len(problems) > 0 {
		return Split{}, problems
	}
	return Observed(shares...), nil
}

// Observed returns the split of shares without validation. It is for answers of the API, which are facts even if they should not
// be possible. A version with 0% is omitted, and the shares of a version that occurs twice are added.
func Observed(shares ...Share) Split {
	var sorted []Share
	for _, share := range shares {
		at := slices.IndexFunc(sorted, func(known Share) bool { return known.CodeVersion == share.CodeVersion })
		switch {
		case share.Percentage == 0:
		case at >= 0:
			sorted[at].Percentage += share.Percentage
		default:
			sorted = append(sorted, share)
		}
	}
	slices.SortFunc(sorted, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Percentage, a.Percentage), compareVersions(a.CodeVersion, b.CodeVersion))
	})
	return Split{shares: sorted}
}

// compareVersions sorts the lower version first. Versions are numbers without leading zeros, so the shorter one is lower.
func compareVersions(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// Shares returns the shares, the larger first and among equals the lower version first.
func (s Split) Shares() []Share {
	return slices.Clone(s.shares)
}

// CodeVersions returns the versions of the split in the order of Shares.
func (s Split) CodeVersions() []string {
	versions := make([]string, len(s.shares))
	for index, share := range s.shares {
		versions[index] = share.CodeVersion
	}
	return versions
}

// IsEmpty reports whether the split serves nothing.
func (s Split) IsEmpty() bool {
	return len(s.shares) == 0
}

// Equal reports whether both splits serve the same versions in the same proportion.
func (s Split) Equal(other Split) bool {
	return slices.Equal(s.shares, other.shares)
}

// Percentage returns the share of a code version, 0 if the split does not serve it.
func (s Split) Percentage(codeVersion string) int {
	for _, share := range s.shares {
		if share.CodeVersion == codeVersion {
			return share.Percentage
		}
	}
	return 0
}

// Moved returns the percentage of the requests that another code version serves in to than in from. It is 0 for equal splits, and
// 100 for splits without a common version.
func Moved(from, to Split) int {
	moved := 0
	for _, share := range to.shares {
		moved += max(0, share.Percentage-from.Percentage(share.CodeVersion))
	}
	return moved
}

// String formats the split, the larger share first: "90% 1723599747213377175 + 10% 1723599747213377176".
func (s Split) String() string {
	if s.IsEmpty() {
		return "nothing"
	}
	words := make([]string, len(s.shares))
	for index, share := range s.shares {
		words[index] = fmt.Sprintf("%d%% %s", share.Percentage, share.CodeVersion)
	}
	return strings.Join(words, " + ")
}
