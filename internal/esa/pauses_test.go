package esa

import (
	"testing"
	"time"
)

// TestPauses grow from the first one of the policy to the longest, each with a jitter of one half; what ESA asks for, and what is left
// of the time for which no one may be there, hold for one pause.
func TestPauses(t *testing.T) {
	t.Parallel()
	pauses := RetryPolicy{Initial: time.Minute, Max: 4 * time.Minute}.pauses()
	within := func(pause, atLeast, atMost time.Duration) {
		t.Helper()
		if pause < atLeast || pause > atMost {
			t.Errorf("the pause is %s, want between %s and %s", pause, atLeast, atMost)
		}
	}
	within(pauses.NextBackOff(), 30*time.Second, 90*time.Second)
	pauses.atLeast = time.Hour
	within(pauses.NextBackOff(), time.Hour, time.Hour)
	pauses.atMost = time.Second
	within(pauses.NextBackOff(), time.Second, time.Second)
	for range 20 {
		within(pauses.NextBackOff(), time.Minute, 6*time.Minute)
	}
}
