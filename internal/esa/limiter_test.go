package esa

import (
	"testing"
	"time"
)

func TestPaceFindsOutWhatIsAllowed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	pace := newPace(now)
	step := func(after time.Duration, waited, throttled bool, want float64) {
		t.Helper()
		now = now.Add(after)
		if waited {
			pace.noteWait()
		}
		pace.adjust(now, throttled)
		if got := float64(pace.bucket.Limit()); got < want-0.01 || got > want+0.01 {
			t.Fatalf("rate is %.2f, want %.2f", got, want)
		}
	}
	step(2*time.Second, false, false, 100)       // nobody waited: no reason to grow
	step(2*time.Second, true, false, 150)        // grows fast at first
	step(time.Millisecond, true, false, 150)     // too soon to tell
	step(time.Millisecond, true, true, 105)      // the first throttled answer counts at once
	step(time.Millisecond, true, true, 105)      // those that were under way with it do not
	step(2*time.Second, true, false, 105*1.03)   // grows slowly from then on
	step(2*time.Second, true, true, 105*1.03*.7) // and gives way each time
	for range 50 {
		now = now.Add(2 * time.Second)
		pace.adjust(now, true)
	}
	step(0, false, false, minRate)
}
