package split_test

import (
	"testing"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/split"
)

// partly is a share whose version is unknown if it is empty, and its percentage where it is 0.
func partly(codeVersion string, percentage int) split.Entry {
	known := split.KnownEntry(split.Share{CodeVersion: codeVersion, Percentage: percentage})
	if codeVersion == "" {
		known.CodeVersion = nil
	}
	if percentage == 0 {
		known.Percentage = nil
	}
	return known
}

func entriesOf(known split.Split) (entries split.Entries) {
	for _, share := range known.Shares() {
		entries = append(entries, split.KnownEntry(share))
	}
	return entries
}

func TestEntriesMayEqual(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		one, other split.Entries
		want       bool
	}{
		"the same":                           {split.Entries{partly("1", 90), partly("2", 10)}, split.Entries{partly("1", 90), partly("2", 10)}, true},
		"another order":                      {split.Entries{partly("1", 90), partly("2", 10)}, split.Entries{partly("2", 10), partly("1", 90)}, true},
		"other percentages":                  {split.Entries{partly("1", 90), partly("2", 10)}, split.Entries{partly("1", 50), partly("2", 50)}, false},
		"another version":                    {split.Entries{partly("1", 100)}, split.Entries{partly("2", 100)}, false},
		"one more version":                   {split.Entries{partly("1", 100)}, split.Entries{partly("1", 90), partly("", 10)}, false},
		"an unknown version":                 {split.Entries{partly("1", 90), partly("", 10)}, split.Entries{partly("1", 90), partly("2", 10)}, true},
		"an unknown version at another part": {split.Entries{partly("1", 90), partly("", 10)}, split.Entries{partly("1", 80), partly("2", 20)}, false},
		"an unknown version of two others":   {split.Entries{partly("1", 90), partly("", 10)}, split.Entries{partly("2", 90), partly("3", 10)}, false},
		"unknown versions":                   {split.Entries{partly("", 100)}, split.Entries{partly("", 100)}, true},
		"equal parts in another order":       {split.Entries{partly("", 50), partly("1", 50)}, split.Entries{partly("", 50), partly("2", 50)}, true},
		"an unknown percentage":              {split.Entries{partly("1", 0), partly("2", 10)}, split.Entries{partly("2", 10), partly("1", 90)}, true},
	} {
		if got := test.one.MayEqual(test.other); got != test.want {
			t.Errorf("%s: MayEqual is %t, want %t", name, got, test.want)
		}
		if got := test.other.MayEqual(test.one); got != test.want {
			t.Errorf("%s, the other way round: MayEqual is %t, want %t", name, got, test.want)
		}
	}
}

func TestMovedTo(t *testing.T) {
	t.Parallel()
	live, err := split.New(split.Share{CodeVersion: "1", Percentage: 90}, split.Share{CodeVersion: "2", Percentage: 10})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		to     split.Entries
		moved  int
		atMost bool
		words  string
	}{
		"the same":              {split.Entries{partly("2", 10), partly("1", 90)}, 0, false, "90% 1 + 10% 2"},
		"promoted":              {split.Entries{partly("2", 100)}, 90, false, "100% 2"},
		"a version yet to come": {split.Entries{partly("1", 90), partly("", 10)}, 10, true, "90% 1 + 10% (known after apply)"},
		"an unknown percentage": {split.Entries{partly("1", 60), partly("2", 0)}, 40, true, "60% 1 + (known after apply) 2"},
		"nothing known":         {split.Entries{partly("", 0), partly("", 0)}, 100, true, "(known after apply) (known after apply) + (known after apply) (known after apply)"},
	} {
		if moved, atMost := split.MovedTo(live, test.to); moved != test.moved || atMost != test.atMost {
			t.Errorf("%s: moved %d, at most %t; want %d, %t", name, moved, atMost, test.moved, test.atMost)
		}
		if words := test.to.String(); words != test.words {
			t.Errorf("%s: formatted as %q, want %q", name, words, test.words)
		}
	}
}

// TestEntriesAgreeWithSplits compares entries of which everything is known with the splits that they are.
func TestEntriesAgreeWithSplits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) split.Split {
			versions := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3"}), 1, 2, rapid.ID).Draw(t, label)
			if len(versions) == 1 {
				return split.Observed(split.Share{CodeVersion: versions[0], Percentage: 100})
			}
			percentage := rapid.IntRange(1, 99).Draw(t, label+" percentage")
			return split.Observed(split.Share{CodeVersion: versions[0], Percentage: percentage}, split.Share{CodeVersion: versions[1], Percentage: 100 - percentage})
		}
		from, to := draw("from"), draw("to")
		if got, want := entriesOf(from).MayEqual(entriesOf(to)), from.Equal(to); got != want {
			t.Fatalf("MayEqual is %t, Equal is %t", got, want)
		}
		if moved, atMost := split.MovedTo(from, entriesOf(to)); moved != split.Moved(from, to) || atMost {
			t.Fatalf("MovedTo is %d, %t; Moved is %d", moved, atMost, split.Moved(from, to))
		}
		if described, known := entriesOf(to).Known(); !known || !described.Equal(to) {
			t.Fatalf("Known is %s, %t; want %s", described, known, to)
		}
	})
}
