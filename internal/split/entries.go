package split

import (
	"slices"
	"strings"
)

// Entries are the shares of a split before validation, as far as they are known.
type Entries []Entry

// Known returns the split of the entries; known is false if a part of it is unknown.
func (e Entries) Known() (described Split, known bool) {
	shares := make([]Share, len(e))
	for index, entry := range e {
		if entry.CodeVersion == nil || entry.Percentage == nil {
			return Split{}, false
		}
		percentage, _ := entry.Percentage.Int64()
		shares[index] = Share{CodeVersion: *entry.CodeVersion, Percentage: int(percentage)}
	}
	return Observed(shares...), true
}

// MayEqual reports whether both can be the same split, for some values of the unknown fields.
func (e Entries) MayEqual(other Entries) bool {
	return e.pairs(other, func(a, b Entry) bool {
		sameVersion := a.CodeVersion == nil || b.CodeVersion == nil || *a.CodeVersion == *b.CodeVersion
		samePercentage := a.Percentage == nil || b.Percentage == nil || a.Percentage.Cmp(b.Percentage) == 0
		return sameVersion && samePercentage
	})
}

// pairs reports whether the entries can be paired with the others. There are few, so it tries every order.
func (e Entries) pairs(others Entries, match func(a, b Entry) bool) bool {
	if len(e) != len(others) {
		return false
	}
	if len(e) == 0 {
		return true
	}
	for index, other := range others {
		rest := slices.Delete(slices.Clone(others), index, index+1)
		if match(e[0], other) && e[1:].pairs(rest, match) {
			return true
		}
	}
	return false
}

// MovedTo returns the percentage of the requests that another code version serves in to than in from. An unknown version counts
// as a new one, and an unknown percentage as any value. In both cases atMost is true.
func MovedTo(from Split, to Entries) (moved int, atMost bool) {
	rest := TotalPercentage
	var unknown bool
	for _, entry := range to {
		if entry.Percentage == nil {
			unknown = true
			continue
		}
		percentage, _ := entry.Percentage.Int64()
		rest -= int(percentage)
		stays := 0
		if entry.CodeVersion == nil {
			atMost = true
		} else {
			stays = from.Percentage(*entry.CodeVersion)
		}
		moved += max(0, int(percentage)-stays)
	}
	if unknown {
		return moved + rest, true
	}
	return moved, atMost
}

// String formats the known part of the split: "90% 1723599747213377175 + 10% (known after apply)".
func (e Entries) String() string {
	if described, known := e.Known(); known {
		return described.String()
	}
	words := make([]string, len(e))
	for index, entry := range e {
		percentage, version := "(known after apply)", "(known after apply)"
		if entry.Percentage != nil {
			percentage = decimal(entry.Percentage) + "%"
		}
		if entry.CodeVersion != nil {
			version = *entry.CodeVersion
		}
		words[index] = percentage + " " + version
	}
	return strings.Join(words, " + ")
}
