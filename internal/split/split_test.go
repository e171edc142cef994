package split_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"terraform-provider-esa/internal/split"
)

const (
	stable    = "1723599747213377175"
	candidate = "1723599747213377176"
)

func TestNewKeepsEveryDigitAndPutsTheLargerShareFirst(t *testing.T) {
	t.Parallel()
	got, err := split.New(split.Share{CodeVersion: candidate, Percentage: 10}, split.Share{CodeVersion: stable, Percentage: 90})
	if err != nil {
		t.Fatal(err)
	}
	want := []split.Share{{CodeVersion: stable, Percentage: 90}, {CodeVersion: candidate, Percentage: 10}}
	if diff := cmp.Diff(want, got.Shares()); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if got, want := got.String(), "90% 1723599747213377175 + 10% 1723599747213377176"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEqualSharesPutTheLowerVersionFirst(t *testing.T) {
	t.Parallel()
	got := split.Observed(split.Share{CodeVersion: "1000", Percentage: 50}, split.Share{CodeVersion: "999", Percentage: 50})
	if diff := cmp.Diff([]string{"999", "1000"}, got.CodeVersions()); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestMoved(t *testing.T) {
	t.Parallel()
	all := split.Observed(split.Share{CodeVersion: stable, Percentage: 100})
	canary := split.Observed(split.Share{CodeVersion: stable, Percentage: 90}, split.Share{CodeVersion: candidate, Percentage: 10})
	swapped := split.Observed(split.Share{CodeVersion: stable, Percentage: 10}, split.Share{CodeVersion: candidate, Percentage: 90})
	other := split.Observed(split.Share{CodeVersion: "1", Percentage: 100})
	for name, test := range map[string]struct {
		from, to split.Split
		want     int
	}{
		"nothing changes":        {all, all, 0},
		"a canary starts":        {all, canary, 10},
		"a canary ends":          {canary, all, 10},
		"the two trade places":   {canary, swapped, 80},
		"no version in common":   {canary, other, 100},
		"nothing was served yet": {split.Split{}, canary, 100},
	} {
		if got := split.Moved(test.from, test.to); got != test.want {
			t.Errorf("%s: moved %d %%, want %d %%", name, got, test.want)
		}
	}
}

func TestObservedTakesOnlyWhatServes(t *testing.T) {
	t.Parallel()
	got := split.Observed(split.Share{CodeVersion: stable}, split.Share{CodeVersion: candidate, Percentage: 60}, split.Share{CodeVersion: candidate, Percentage: 40})
	if !got.Equal(split.Observed(split.Share{CodeVersion: candidate, Percentage: 100})) {
		t.Errorf("got %s, want the candidate alone", got)
	}
}

// entry reads "version@percentage", with "?" for what is not known.
func entry(text string) split.Entry {
	version, percentage, _ := strings.Cut(text, "@")
	var result split.Entry
	if version != "?" {
		result.CodeVersion = &version
	}
	if percentage != "?" {
		number, _, err := big.ParseFloat(percentage, 10, 512, big.ToNearestEven)
		if err != nil {
			panic(err)
		}
		result.Percentage = number
	}
	return result
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		entries string
		want    string
	}{
		{"a@100", ""},
		{"a@60 b@40", ""},
		{"a@1 b@99", ""},
		{"a@? b@?", ""},
		{"?@100", ""},
		{"?@60 ?@40", ""},
		{"a@99 b@?", ""},
		{"a@?", ""},
		{"", "must have 1 or 2 code versions, got: 0"},
		{"a@50 b@25 c@25", "must have 1 or 2 code versions, got: 3"},
		{"a@60 b@30", "the percentages must sum to 100, got: 90 (60 + 30)"},
		{"?@60 ?@30", "the percentages must sum to 100, got: 90 (60 + 30)"},
		{"a@60 b@60", "the percentages must sum to 100, got: 120 (60 + 60)"},
		{"a@40", "percentage 1: must be 100, got: 40; a single code version serves every request"},
		{"?@40", "percentage 1: must be 100, got: 40; a single code version serves every request"},
		{"a@100 ?@?", "percentage 1: must be at most 99, got: 100, which leaves nothing for the other code version"},
		{"?@? a@100", "percentage 2: must be at most 99, got: 100, which leaves nothing for the other code version"},
		{"a@100 b@0", "percentage 2: must not be 0; remove the code version instead: a version that is not listed serves no requests"},
		{"a@101", "percentage 1: must be a whole number between 1 and 100, got: 101"},
		{"a@-5 b@105", "percentage 1: must be a whole number between 1 and 100, got: -5; percentage 2: must be a whole number between 1 and 100, got: 105"},
		{"a@99.5 b@0.5", "percentage 1: must be a whole number between 1 and 100, got: 99.5; percentage 2: must be a whole number between 1 and 100, got: 0.5"},
		{"a@50 a@50", `code version 2: must be listed once, got "a" twice`},
		{"a@60 a@30", `code version 2: must be listed once, got "a" twice; the percentages must sum to 100, got: 90 (60 + 30)`},
		{"@100", `code version 1: must not be empty; write the number of a code version, such as "1723599747213377175"`},
		{"a\t@100", `code version 1: must not contain white space, got: "a\t"`},
	} {
		var entries []split.Entry
		for _, text := range strings.FieldsFunc(test.entries, func(r rune) bool { return r == ' ' }) {
			entries = append(entries, entry(text))
		}
		got := ""
		if problems := split.Check(entries); len(problems) > 0 {
			got = problems.Error()
		}
		if got != test.want {
			t.Errorf("%q:\n got %q\nwant %q", test.entries, got, test.want)
		}
	}
}

// validShares draws the shares of any split that the rules allow, in any order.
func validShares() *rapid.Generator[[]split.Share] {
	return rapid.Custom(func(t *rapid.T) []split.Share {
		versions := rapid.SliceOfNDistinct(rapid.StringMatching(`[1-9][0-9]{0,18}`), 2, 2, rapid.ID[string]).Draw(t, "versions")
		first := rapid.IntRange(split.MinPercentage, split.MaxPercentage).Draw(t, "percentage")
		if first == split.MaxPercentage {
			return []split.Share{{CodeVersion: versions[0], Percentage: first}}
		}
		return []split.Share{{CodeVersion: versions[0], Percentage: first}, {CodeVersion: versions[1], Percentage: split.TotalPercentage - first}}
	})
}

func TestEveryValidSplitSurvivesARoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shares := validShares().Draw(t, "shares")
		first, err := split.New(shares...)
		if err != nil {
			t.Fatalf("%v is refused: %v", shares, err)
		}
		second, err := split.New(first.Shares()...)
		if err != nil || !second.Equal(first) {
			t.Fatalf("%v became %v (%v)", first, second, err)
		}
		for _, share := range shares {
			if got := second.Percentage(share.CodeVersion); got != share.Percentage {
				t.Fatalf("%s has %d %%, want %d %%", share.CodeVersion, got, share.Percentage)
			}
		}
	})
}

func TestComparisonIgnoresOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shares := validShares().Draw(t, "shares")
		one := split.Observed(shares...)
		other := split.Observed(rapid.Permutation(shares).Draw(t, "other order")...)
		if !one.Equal(other) || split.Moved(one, other) != 0 || one.String() != other.String() {
			t.Fatalf("%v and %v differ only by order", one, other)
		}
	})
}

func TestMovedIsAsMuchForthAsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := split.Observed(validShares().Draw(t, "from")...)
		to := split.Observed(validShares().Draw(t, "to")...)
		forth, back := split.Moved(from, to), split.Moved(to, from)
		if forth != back || (forth == 0) != from.Equal(to) || forth > split.TotalPercentage {
			t.Fatalf("%v to %v moves %d %%, back %d %%", from, to, forth, back)
		}
	})
}

func TestNoSplitOutsideTheRulesValidates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) split.Share {
			return split.Share{
				CodeVersion: rapid.SampledFrom([]string{"", " ", "1", "2", "3", "4 4"}).Draw(t, "version"),
				Percentage:  rapid.OneOf(rapid.IntRange(-10, 110), rapid.SampledFrom([]int{50, 100})).Draw(t, "percentage"),
			}
		}), 0, 4).Draw(t, "shares")
		_, err := split.New(shares...)
		if got, want := err == nil, allowed(shares); got != want {
			t.Fatalf("%v: valid is %t, want %t (%v)", shares, got, want, err)
		}
	})
}

// allowed is the rule of the reference page said once more, in other words.
func allowed(shares []split.Share) bool {
	sum, versions := 0, map[string]bool{}
	for _, share := range shares {
		if share.Percentage < 1 || share.Percentage > 100 || share.CodeVersion == "" || strings.Contains(share.CodeVersion, " ") {
			return false
		}
		sum += share.Percentage
		versions[share.CodeVersion] = true
	}
	return sum == 100 && len(versions) == len(shares) && len(shares) <= 2
}

// TestWhatIsRefusedWhileUnknownStaysRefused holds partial knowledge against every way it could turn out.
func TestWhatIsRefusedWhileUnknownStaysRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shares := validShares().Draw(t, "shares")
		entries := make([]split.Entry, len(shares))
		for index, share := range shares {
			entries[index] = split.KnownEntry(share)
			if rapid.Bool().Draw(t, "percentage unknown") {
				entries[index].Percentage = nil
			}
			if rapid.Bool().Draw(t, "version unknown") {
				entries[index].CodeVersion = nil
			}
		}
		if problems := split.Check(entries); len(problems) > 0 {
			t.Fatalf("%v could become %v, but is refused: %v", entries, shares, problems)
		}
	})
}
