package split

import (
	"slices"
	"strings"
)

// Entries are a split as someone wrote it down, each share as far as it is known.
type Entries []Entry

// Known returns the split that the entries describe; known is false while a part of it is not known.
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

// MayEqual tells whether both can turn out to be the same split, whatever becomes of what is not known yet.
func (e Entries) MayEqual(other Entries) bool {
	return e.pairs(other, func(a, b Entry) bool {
		sameVersion := a.CodeVersion == nil || b.CodeVersion == nil || *a.CodeVersion == *b.CodeVersion
		samePercentage := a.Percentage == nil || b.Percentage == nil || a.Percentage.Cmp(b.Percentage) == 0
		return sameVersion && samePercentage
	})
}

// pairs tells whether each entry has a partner of its own among the others. Entries are few, so it tries every order.
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

// MovedTo returns how much of the traffic is served by another code version once from has become to, in percent of the
// requests. A version that is not known yet counts as one that from does not serve; atMost is then true, and where a
// percentage is not known it may be anything.
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

// String says what is known of the split: "90% 1723599747213377175 + 10% (known after apply)".
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
