package routine

import (
	"testing"
	"time"

	"terraform-provider-esa/internal/esa"
)

// TestNewRoutine tells the routine that a lost call has created from one that was there before.
func TestNewRoutine(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	routine := func(createTime, description string, deployments ...esa.Deployment) *esa.Routine {
		return &esa.Routine{RoutineSummary: esa.RoutineSummary{CreateTime: createTime, Description: esa.Description(description)}, Deployments: deployments}
	}
	for label, test := range map[string]struct {
		seen *esa.Routine
		want bool
	}{
		"that of the call":               {routine("2026-01-31T12:00:01Z", "says hello"), true},
		"that of a clock that is behind": {routine("2026-01-31T11:45:01Z", "says hello"), true},
		"an older one":                   {routine("2026-01-31T11:44:59Z", "says hello"), false},
		"one without a readable time":    {routine("yesterday", "says hello"), true},
		"one with another description":   {routine("2026-01-31T12:00:01Z", "of someone else"), false},
		"one that serves something":      {routine("2026-01-31T12:00:01Z", "says hello", esa.Deployment{Environment: esa.Staging}), false},
	} {
		if got := mayBeNew(test.seen, "says hello", began); got != test.want {
			t.Errorf("%s: %t, want %t", label, got, test.want)
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
