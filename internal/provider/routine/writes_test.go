package routine

import (
	"testing"
	"time"

	"terraform-provider-esa/internal/esa"
)

// TestJudgeCreation tells the routine that a lost call has created from one that was there before.
func TestJudgeCreation(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	create := &creation{name: "hello", description: "says hello", started: started}
	routine := func(createTime, description string, deployments ...esa.Deployment) *esa.Routine {
		return &esa.Routine{RoutineSummary: esa.RoutineSummary{CreateTime: createTime, Description: esa.Description(description)}, Deployments: deployments}
	}
	nothing := (*esa.Routine)(nil)
	for label, test := range map[string]struct {
		seen *esa.Routine
		lost bool
		want esa.Verdict
	}{
		"nothing":                        {nil, false, esa.Permitted},
		"nothing after a lost call":      {nil, true, esa.Permitted},
		"one that no call has created":   {routine("2026-01-31T12:00:01Z", "says hello"), false, esa.Conflicting},
		"that of the lost call":          {routine("2026-01-31T12:00:01Z", "says hello"), true, esa.Achieved},
		"that of a clock that is behind": {routine("2026-01-31T11:45:01Z", "says hello"), true, esa.Achieved},
		"an older one":                   {routine("2026-01-31T11:44:59Z", "says hello"), true, esa.Conflicting},
		"one without a readable time":    {routine("yesterday", "says hello"), true, esa.Achieved},
		"one with another description":   {routine("2026-01-31T12:00:01Z", "of someone else"), true, esa.Conflicting},
		"one that serves something":      {routine("2026-01-31T12:00:01Z", "says hello", esa.Deployment{Environment: esa.Staging}), true, esa.Conflicting},
	} {
		var over **esa.Routine
		if test.lost {
			over = &nothing
		}
		if got, err := create.judge(test.seen, over); got != test.want || (err != nil) != (test.want == esa.Conflicting) {
			t.Errorf("%s: %v, %v, want %v", label, got, err, test.want)
		}
	}
}

func TestSameTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", true},
		{"2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123Z", true},
		{"2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z", false},
		{"", "", true},
		{"", "2026-01-31T12:00:00Z", false},
		{"2026-01-31T12:00:00Z", "soon", false},
		{"soon", "soon", true},
	} {
		if got := sameTime(test.a, test.b); got != test.want {
			t.Errorf("%q and %q are the same: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}
