package split_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/split"
)

func number(t *testing.T, text string) *big.Float {
	t.Helper()
	parsed, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestCanary(t *testing.T) {
	t.Parallel()
	const stable, candidate = "1723599747213377175", "1723599747213377176"
	for _, test := range []struct {
		stable, candidate, percentage string
		want                          []split.Share
	}{
		{stable, candidate, "0", []split.Share{{CodeVersion: stable, Percentage: 100}}},
		{stable, candidate, "1", []split.Share{{CodeVersion: stable, Percentage: 99}, {CodeVersion: candidate, Percentage: 1}}},
		{stable, candidate, "99", []split.Share{{CodeVersion: stable, Percentage: 1}, {CodeVersion: candidate, Percentage: 99}}},
		{stable, candidate, "100", []split.Share{{CodeVersion: candidate, Percentage: 100}}},
		{stable, candidate, "1e1", []split.Share{{CodeVersion: stable, Percentage: 90}, {CodeVersion: candidate, Percentage: 10}}},
		{stable, stable, "0", []split.Share{{CodeVersion: stable, Percentage: 100}}},
		{stable, stable, "100", []split.Share{{CodeVersion: stable, Percentage: 100}}},
	} {
		got, err := split.Canary(test.stable, test.candidate, number(t, test.percentage))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("Canary(%s, %s, %s): %v (-want +got):\n%s", test.stable, test.candidate, test.percentage, err, diff)
		}
	}
}

// TestCanaryKeepsTheRules holds every step of a rollout against the rules of a split.
func TestCanaryKeepsTheRules(t *testing.T) {
	t.Parallel()
	for percentage := range 101 {
		shares, err := split.Canary("1", "2", big.NewFloat(float64(percentage)))
		if err != nil {
			t.Fatal(err)
		}
		made, err := split.New(shares...)
		if err != nil {
			t.Errorf("at %d: %v", percentage, err)
		}
		if got := made.Percentage("2"); got != percentage {
			t.Errorf("at %d the candidate has %d", percentage, got)
		}
	}
}

func TestCanaryErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stable, candidate, percentage string
		argument                      split.CanaryArgument
		want                          string
	}{
		{"", "2", "10", split.CanaryStable, "stable: is empty, want the number of a code version"},
		{"1 ", "2", "10", split.CanaryStable, `stable: found "1 ", want a code version without white space`},
		{"1", "", "0", split.CanaryCandidate, "candidate: is empty, want the number of a code version"},
		{"1", "2\n", "0", split.CanaryCandidate, `candidate: found "2\n", want a code version without white space`},
		{"1", "1", "10", split.CanaryCandidate, `candidate: found "1", which is the stable version as well; want another one, or a percentage of 0 or 100`},
		{"1", "2", "99.5", split.CanaryPercentage, "percentage: must be a whole number between 0 and 100, got: 99.5"},
		{"1", "2", "0.1", split.CanaryPercentage, "percentage: must be a whole number between 0 and 100, got: 0.1"},
		{"1", "2", "-1", split.CanaryPercentage, "percentage: must be a whole number between 0 and 100, got: -1"},
		{"1", "2", "101", split.CanaryPercentage, "percentage: must be a whole number between 0 and 100, got: 101"},
		{"1", "2", "1e300", split.CanaryPercentage, "percentage: must be a whole number between 0 and 100, got: 1e+300"},
	} {
		t.Run(fmt.Sprint(test.stable, "/", test.candidate, "/", test.percentage), func(t *testing.T) {
			t.Parallel()
			shares, err := split.Canary(test.stable, test.candidate, number(t, test.percentage))
			var wrong *split.CanaryError
			if !errors.As(err, &wrong) || wrong.Argument != test.argument || !strings.HasPrefix(err.Error(), test.want) || shares != nil {
				t.Errorf("got %v and %v, want an error about %s: %s", shares, err, test.argument, test.want)
			}
		})
	}
}
