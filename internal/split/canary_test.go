package split_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/split"
)

func number(t *testing.T, text string) *big.Float {
	t.Helper()
	if text == "?" {
		return nil
	}
	parsed, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// version reads a version, "?" for one that is not known.
func version(text string) *string {
	if text == "?" {
		return nil
	}
	return &text
}

// format writes a partial split as "1@90 ?@10", "?" where nothing is known.
func format(partial split.Partial) string {
	if !partial.Known {
		return "?"
	}
	texts := make([]string, len(partial.Entries))
	for index, entry := range partial.Entries {
		texts[index] = "?"
		if entry.CodeVersion != nil {
			texts[index] = *entry.CodeVersion
		}
		texts[index] += "@" + entry.Percentage.String()
	}
	return strings.Join(texts, " ")
}

func TestCanary(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ stable, candidate, percentage, want string }{
		{stable, candidate, "0", stable + "@100"},
		{stable, candidate, "1", stable + "@99 " + candidate + "@1"},
		{stable, candidate, "99", stable + "@1 " + candidate + "@99"},
		{stable, candidate, "100", candidate + "@100"},
		{stable, candidate, "1e1", stable + "@90 " + candidate + "@10"},
		{stable, stable, "0", stable + "@100"},
		{stable, stable, "100", stable + "@100"},
		{stable, "?", "0", stable + "@100"},
		{stable, "?", "10", stable + "@90 ?@10"},
		{stable, "?", "100", "?@100"},
		{"?", candidate, "0", "?@100"},
		{"?", candidate, "10", "?@90 " + candidate + "@10"},
		{"?", candidate, "100", candidate + "@100"},
		{"?", "?", "25", "?@75 ?@25"},
		{stable, candidate, "?", "?"},
		{stable, stable, "?", stable + "@100"},
	} {
		got, err := split.Canary(version(test.stable), version(test.candidate), number(t, test.percentage))
		if err != nil || format(got) != test.want {
			t.Errorf("Canary(%s, %s, %s) = %s (%v), want %s", test.stable, test.candidate, test.percentage, format(got), err, test.want)
		}
	}
}

// TestCanaryKeepsTheRules checks every step of a rollout against the rules of a split.
func TestCanaryKeepsTheRules(t *testing.T) {
	t.Parallel()
	for percentage := range 101 {
		made, err := split.Canary(version("1"), version("2"), big.NewFloat(float64(percentage)))
		if err != nil {
			t.Fatal(err)
		}
		if problems := split.Check(made.Entries); len(problems) > 0 {
			t.Errorf("at %d: %v", percentage, problems)
		}
		if got := completed(made).Percentage("2"); got != percentage {
			t.Errorf("at %d the candidate has %d", percentage, got)
		}
	}
}

// completed is the split of a partial one of which everything is known.
func completed(partial split.Partial) split.Split {
	var shares []split.Share
	for _, entry := range partial.Entries {
		percentage, _ := entry.Percentage.Int64()
		shares = append(shares, split.Share{CodeVersion: *entry.CodeVersion, Percentage: int(percentage)})
	}
	return split.Observed(shares...)
}

func TestCanaryErrors(t *testing.T) {
	t.Parallel()
	const ofVersion, ofPercentage = `must be the number of a code version such as "1723599747213377175", got: `, "percentage: must be a whole number between 0 and 100, got: "
	for _, test := range []struct{ stable, candidate, percentage, want string }{
		{"", "2", "10", "stable: " + ofVersion + `""`},
		{"1 ", "2", "10", "stable: " + ofVersion + `"1 "`},
		{"1", "", "0", "candidate: " + ofVersion + `""`},
		{"1", "2\n", "0", "candidate: " + ofVersion + `"2\n"`},
		{"?", "", "10", "candidate: " + ofVersion + `""`},
		{"", "?", "?", "stable: " + ofVersion + `""`},
		{"1", "1", "10", `candidate: must not be the stable version unless the percentage is 0 or 100, got: "1" for both`},
		{"1", "2", "99.5", ofPercentage + "99.5"},
		{"1", "2", "0.1", ofPercentage + "0.1"},
		{"1", "2", "-1", ofPercentage + "-1"},
		{"1", "2", "101", ofPercentage + "101"},
		{"1", "2", "1e300", ofPercentage + "1e+300"},
		{"1", "?", "150", ofPercentage + "150"},
		{"?", "2", "10.5", ofPercentage + "10.5"},
		{"?", "?", "-1", ofPercentage + "-1"},
	} {
		t.Run(fmt.Sprint(test.stable, "/", test.candidate, "/", test.percentage), func(t *testing.T) {
			t.Parallel()
			made, err := split.Canary(version(test.stable), version(test.candidate), number(t, test.percentage))
			expectInputError(t, made, err, test.want)
		})
	}
}

// expectInputError expects an error of the given text and no split beside it.
func expectInputError(t *testing.T, made split.Partial, err error, want string) {
	t.Helper()
	wrong, ok := errors.AsType[*split.InputError](err)
	if !ok || err.Error() != want || !strings.HasPrefix(want, string(wrong.Input)+": ") || made.Known || made.Entries != nil {
		t.Errorf("got %s and the error\n%v, want\n%s", format(made), err, want)
	}
}

// TestCanaryPromisesNothingThatDoesNotCome forgets inputs and compares with what comes once they are known.
func TestCanaryPromisesNothingThatDoesNotCome(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stable, candidate := drawVersion().Draw(t, "stable"), drawVersion().Draw(t, "candidate")
		percentage := drawPercentage().Draw(t, "percentage")
		early, earlyErr := split.Canary(forget(t, stable), forget(t, candidate), forget(t, percentage))
		late, lateErr := split.Canary(stable, candidate, percentage)
		switch {
		case lateErr == nil && earlyErr != nil:
			t.Fatalf("refused although it comes right: %v", earlyErr)
		case lateErr == nil && !promises(early, late):
			t.Fatalf("promised %s, came to %s", format(early), format(late))
		}
	})
}

// promises reports whether late is what early left open and nothing else.
func promises(early, late split.Partial) bool {
	if !early.Known {
		return true
	}
	if !late.Known || len(early.Entries) != len(late.Entries) {
		return false
	}
	for index, entry := range early.Entries {
		other := late.Entries[index]
		if entry.Percentage.Cmp(other.Percentage) != 0 || entry.CodeVersion != nil && *entry.CodeVersion != *other.CodeVersion {
			return false
		}
	}
	return true
}

func drawVersion() *rapid.Generator[*string] {
	return rapid.Map(rapid.SampledFrom([]string{"1", "2", "3", "4", " "}), version)
}

func drawPercentage() *rapid.Generator[*big.Float] {
	return rapid.Map(rapid.OneOf(rapid.IntRange(-1, 101), rapid.SampledFrom([]int{0, 50, 100})), func(percentage int) *big.Float {
		return big.NewFloat(float64(percentage))
	})
}

// forget returns the value, or nil as if it were not known yet.
func forget[T any](t *rapid.T, value *T) *T {
	if rapid.Bool().Draw(t, "forget") {
		return nil
	}
	return value
}
