package split_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/split"
)

// live reads "1@90 2@10", "?" for a split of which nothing is known and "" for one that serves nothing.
func live(text string) split.Partial {
	if text == "?" {
		return split.Partial{}
	}
	read := split.Partial{Known: true}
	for share := range strings.FieldsSeq(text) {
		read.Entries = append(read.Entries, entry(share))
	}
	return read
}

func TestShift(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ live, candidate, percentage, want string }{
		// A first release, and each later plan of it.
		{"", "2", "10", "2@100"},
		{"", "2", "0", "2@100"},
		{"", "?", "10", "?@100"},
		{"2@100", "2", "1", "2@100"},
		{"2@100", "2", "100", "2@100"},
		{"2@100", "2", "?", "2@100"},
		// A rollout.
		{"1@100", "2", "0", "1@100"},
		{"1@100", "2", "10", "1@90 2@10"},
		{"1@90 2@10", "2", "10", "1@90 2@10"},
		{"1@90 2@10", "2", "50", "1@50 2@50"},
		{"1@50 2@50", "2", "50", "1@50 2@50"},
		{"2@90 1@10", "2", "95", "1@5 2@95"},
		{"1@50 2@50", "2", "100", "2@100"},
		{"1@50 2@50", "2", "0", "1@100"},
		// A new build takes the place of the smaller share.
		{"1@90 2@10", "3", "10", "1@90 3@10"},
		{"2@10 1@90", "3", "20", "1@80 3@20"},
		{"1@90 2@10", "3", "100", "3@100"},
		{"1@90 2@10", "?", "10", "1@90 ?@10"},
		{"1@49 2@51", "?", "10", "2@90 ?@10"},
		{"1@100", "?", "0", "1@100"},
		{"1@100", "?", "10", "1@90 ?@10"},
		{"1@100", "?", "100", "?@100"},
		// What is live is not known.
		{"?", "2", "0", "?@100"},
		{"?", "2", "10", "?"},
		{"?", "2", "100", "2@100"},
		{"?", "?", "100", "?@100"},
		{"?", "2", "?", "?"},
		{"1@100", "2", "?", "?"},
		// What is live is known in part.
		{"?@100", "2", "0", "?@100"},
		{"?@100", "2", "10", "?"},
		{"?@100", "2", "100", "2@100"},
		{"?@100", "?", "10", "?@90 ?@10"},
		{"1@?", "2", "10", "1@90 2@10"},
		{"1@? ?@?", "1", "10", "?@90 1@10"},
		{"1@? 2@?", "3", "10", "?@90 3@10"},
		{"1@? 2@20", "3", "10", "1@90 3@10"},
		{"?@20 2@80", "3", "10", "2@90 3@10"},
		{"?@80 2@20", "3", "10", "?@90 3@10"},
		{"?@50 2@50", "3", "10", "2@90 3@10"},
		{"2@50 ?@50", "3", "10", "2@90 3@10"},
	} {
		got, err := split.Shift(live(test.live), version(test.candidate), number(t, test.percentage))
		if err != nil || format(got) != test.want {
			t.Errorf("Shift(%q, %s, %s) = %s (%v), want %s", test.live, test.candidate, test.percentage, format(got), err, test.want)
		}
	}
}

func TestShiftErrors(t *testing.T) {
	t.Parallel()
	const (
		ofPercentage = "percentage: must be a whole number between 0 and 100, got: "
		ofLive       = "live: must be empty, or one or two different code versions with whole percentages that sum to 100, got: "
		tie          = `live: has two code versions at 50% each, "1" and "2", and neither is the candidate, so that neither is the stable version. ` +
			"Finish or undo that canary first: give one of them 100%"
	)
	for _, test := range []struct{ live, candidate, percentage, want string }{
		{"1@50 2@50", "3", "10", tie},
		{"1@50 2@50", "3", "100", tie},
		{"1@50 2@?", "?", "?", tie},
		{"2@100", "2", "0", "percentage: must be between 1 and 100, got: 0. The candidate already serves everything, and the former version is not live any more. " +
			"To go back to that version, use canary() with it as the stable version"},
		{"1@100", "2", "150", ofPercentage + "150"},
		{"", "2", "10.5", ofPercentage + "10.5"},
		{"?", "?", "-1", ofPercentage + "-1"},
		{"1@100", "", "10", `candidate: must be the number of a code version such as "1723599747213377175", got: ""`},
		{"1@60", "2", "10", ofLive + `60% "1"`},
		{"1@60 2@30", "2", "10", ofLive + `60% "1" + 30% "2"`},
		{"1@50 1@50", "2", "10", ofLive + `50% "1" + 50% "1"`},
		{"1@40 2@30 ?@?", "2", "10", ofLive + `40% "1" + 30% "2" + (unknown) (unknown)`},
	} {
		made, err := split.Shift(live(test.live), version(test.candidate), number(t, test.percentage))
		expectInputError(t, made, err, test.want)
	}
}

// drawLive draws what an environment can serve, nothing included.
func drawLive() *rapid.Generator[split.Partial] {
	return rapid.Custom(func(t *rapid.T) split.Partial {
		versions := rapid.Permutation([]string{"1", "2", "3"}).Draw(t, "live versions")
		share := rapid.OneOf(rapid.IntRange(1, 99), rapid.Just(50)).Draw(t, "live share")
		return rapid.SampledFrom([]split.Partial{
			{Known: true},
			{Known: true, Entries: []split.Entry{split.KnownEntry(split.Share{CodeVersion: versions[0], Percentage: 100})}},
			{Known: true, Entries: []split.Entry{
				split.KnownEntry(split.Share{CodeVersion: versions[0], Percentage: share}),
				split.KnownEntry(split.Share{CodeVersion: versions[1], Percentage: 100 - share}),
			}},
		}).Draw(t, "live")
	})
}

// TestShiftKeepsTheRules checks that a shift is a split of the current split and the candidate alone, and that shifting again
// changes nothing: a plan right after an apply is empty.
func TestShiftKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := drawLive().Draw(t, "before")
		candidate := rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "candidate")
		percentage := rapid.IntRange(0, 100).Draw(t, "percentage")
		shifted, err := split.Shift(before, &candidate, big.NewFloat(float64(percentage)))
		if err != nil {
			if len(before.Entries) == 1 && percentage == 0 || len(before.Entries) == 2 && completed(before).Percentage(candidate) == 0 {
				return
			}
			t.Fatalf("refused: %v", err)
		}
		if problems := split.Check(shifted.Entries); len(problems) > 0 {
			t.Fatalf("%s is no split: %v", format(shifted), problems)
		}
		was, is := completed(before), completed(shifted)
		want := percentage
		if was.IsEmpty() || was.Percentage(candidate) == split.TotalPercentage {
			want = split.TotalPercentage
		}
		if got := is.Percentage(candidate); got != want {
			t.Fatalf("the candidate has %d%%, want %d%%", got, want)
		}
		for _, served := range is.CodeVersions() {
			if served != candidate && was.Percentage(served) < split.TotalPercentage/2 && was.Percentage(candidate) == 0 {
				t.Fatalf("%s, which had the smaller share of %s, stays", served, was)
			}
		}
		if percentage == 0 && was.IsEmpty() {
			return
		}
		again, err := split.Shift(shifted, &candidate, big.NewFloat(float64(percentage)))
		if err != nil || !completed(again).Equal(is) {
			t.Fatalf("%s becomes %s in the next plan (%v)", is, format(again), err)
		}
	})
}

// TestShiftLeavesOpenOnlyWhatIsOpen compares what is known early with every way in which it can turn out: whatever all
// of them have in common is known, and nothing else.
func TestShiftLeavesOpenOnlyWhatIsOpen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := drawLive().Draw(t, "before")
		early := split.Partial{Known: rapid.Bool().Draw(t, "live is known")}
		for _, share := range before.Entries {
			if early.Known {
				early.Entries = append(early.Entries, split.Entry{CodeVersion: forget(t, share.CodeVersion), Percentage: forget(t, share.Percentage)})
			}
		}
		candidate := forget(t, rapid.SampledFrom([]*string{version("1"), version("4")}).Draw(t, "candidate"))
		percentage := forget(t, rapid.SampledFrom([]*big.Float{big.NewFloat(0), big.NewFloat(10), big.NewFloat(100)}).Draw(t, "percentage"))

		var outcomes []split.Partial
		for _, each := range completions(early) {
			for _, one := range versionsOf(candidate, "1", "4", "5") {
				if candidate == nil && completed(each).Percentage(*one) > 0 {
					continue // a candidate that is not known yet is a new one
				}
				for _, moved := range numbersOf(percentage, 0, 10, 100) {
					if late, err := split.Shift(each, one, moved); err == nil {
						outcomes = append(outcomes, late)
					}
				}
			}
		}
		got, err := split.Shift(early, candidate, percentage)
		if (err != nil) != (len(outcomes) == 0) {
			t.Fatalf("%d ways come right, but the error is %v", len(outcomes), err)
		}
		if err == nil && format(got) != format(common(outcomes)) {
			t.Fatalf("got %s, want %s", format(got), format(common(outcomes)))
		}
	})
}

// completions are ways in which a partly known live split can turn out.
func completions(early split.Partial) []split.Partial {
	candidates := [][]split.Entry{early.Entries}
	if !early.Known {
		candidates = [][]split.Entry{{}, {{}}, {{}, {}}}
	}
	var result []split.Partial
	for _, entries := range candidates {
		made := [][]split.Entry{nil}
		for _, partial := range entries {
			var longer [][]split.Entry
			for _, start := range made {
				for _, codeVersion := range versionsOf(partial.CodeVersion, "1", "2", "3", "4") {
					for _, percentage := range numbersOf(partial.Percentage, 10, 50, 90, 100) {
						longer = append(longer, append(slices.Clip(start), split.Entry{CodeVersion: codeVersion, Percentage: percentage}))
					}
				}
			}
			made = longer
		}
		for _, each := range made {
			// A share that the other one fixes need not be one of the samples.
			if len(each) == 2 {
				if entries[0].Percentage != nil && entries[1].Percentage == nil {
					each[1].Percentage = new(big.Float).Sub(big.NewFloat(100), each[0].Percentage)
				}
				if entries[1].Percentage != nil && entries[0].Percentage == nil {
					each[0].Percentage = new(big.Float).Sub(big.NewFloat(100), each[1].Percentage)
				}
			}
			if len(each) == 0 || len(split.Check(each)) == 0 {
				result = append(result, split.Partial{Known: true, Entries: each})
			}
		}
	}
	return result
}

func versionsOf(known *string, others ...string) []*string {
	if known != nil {
		return []*string{known}
	}
	var result []*string
	for _, other := range others {
		result = append(result, &other)
	}
	return result
}

func numbersOf(known *big.Float, others ...float64) []*big.Float {
	if known != nil {
		return []*big.Float{known}
	}
	var result []*big.Float
	for _, other := range others {
		result = append(result, big.NewFloat(other))
	}
	return result
}

// common is what all outcomes have in common.
func common(outcomes []split.Partial) split.Partial {
	result := split.Partial{Known: true, Entries: append([]split.Entry{}, outcomes[0].Entries...)}
	for _, outcome := range outcomes[1:] {
		if len(outcome.Entries) != len(result.Entries) {
			return split.Partial{}
		}
		for index, other := range outcome.Entries {
			entry := &result.Entries[index]
			if entry.Percentage.Cmp(other.Percentage) != 0 {
				return split.Partial{}
			}
			if entry.CodeVersion != nil && *entry.CodeVersion != *other.CodeVersion {
				entry.CodeVersion = nil
			}
		}
	}
	return result
}
