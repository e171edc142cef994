package split_test

import (
	"math/big"
	"regexp"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/split"
)

// TestNumbersInMessages writes a number exactly where that is short, and never in full where it is not.
func TestNumbersInMessages(t *testing.T) {
	t.Parallel()
	third := new(big.Float).SetPrec(512).Quo(number(t, "100"), number(t, "3"))
	for _, test := range []struct {
		number *big.Float
		want   string
	}{
		{number(t, "0.5"), "0.5"},
		{number(t, "99.5"), "99.5"},
		{number(t, "-5"), "-5"},
		{third, "33.33333…"},
		{new(big.Float).Neg(third), "-33.3333…"},
		{number(t, "99.99999999999999999999"), "99.99999…"},
		{number(t, "100.00000000000000000001"), "100.0000…"},
		{number(t, "123456.123456789"), "123456.1…"},
		{number(t, "12345678901234567890123"), "1.234567…e+22"},
		{number(t, "1e300"), "1e+300"},
	} {
		problems := split.Check([]split.Entry{{Percentage: test.number}})
		if len(problems) != 1 || problems[0].Message != "must be a whole number between 1 and 100, got: "+test.want {
			t.Errorf("%v, want that it got: %s", problems, test.want)
		}
	}
}

// TestMessagesStayShort holds every message about a percentage against whatever Terraform may compute.
func TestMessagesStayShort(t *testing.T) {
	t.Parallel()
	long := regexp.MustCompile(`[\d.]{16}`)
	rapid.Check(t, func(t *rapid.T) {
		percentage := new(big.Float).SetPrec(512).Quo(
			big.NewFloat(rapid.Float64Range(-1e30, 1e30).Draw(t, "numerator")), big.NewFloat(rapid.Float64Range(1e-9, 1e9).Draw(t, "denominator")))
		var texts []string
		for _, problem := range split.Check([]split.Entry{{Percentage: percentage}, {}}) {
			texts = append(texts, problem.Message)
		}
		if _, err := split.Canary(new("1"), new("2"), percentage); err != nil {
			texts = append(texts, err.Error())
		}
		for _, text := range texts {
			if long.MatchString(text) || utf8.RuneCountInString(text) > 120 {
				t.Errorf("too long to read: %s", text)
			}
		}
	})
}
