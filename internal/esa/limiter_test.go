package esa

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func TestPaceFindsOutWhatIsAllowed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	throttle := newThrottle(now)
	step := func(after time.Duration, waited, throttled bool, want float64) {
		t.Helper()
		now = now.Add(after)
		if waited {
			throttle.waited.Store(true)
		}
		throttle.adjust(now, throttled)
		if got := float64(throttle.bucket.Limit()); got < want-0.01 || got > want+0.01 {
			t.Fatalf("rate is %.2f, want %.2f", got, want)
		}
	}
	step(2*time.Second, false, false, 100)       // no one waited: no reason to grow
	step(2*time.Second, true, false, 150)        // grows fast at first
	step(time.Millisecond, true, false, 150)     // too soon to tell
	step(time.Millisecond, true, true, 90)       // the first throttled answer counts at once
	step(time.Millisecond, true, true, 90)       // those that were under way with it do not
	step(2*time.Second, true, false, 90*1.03)    // grows slowly from then on
	step(2*time.Second, true, true, 90*1.03*.6)  // and gives way each time
	step(time.Second/2, true, true, 90*1.03*.36) // soon again if that was not enough
	for range 50 {
		now = now.Add(2 * time.Second)
		throttle.adjust(now, true)
	}
	step(0, false, false, minRate)
}

// TestPaceUnderALimit plays workers whose calls a service takes at its own rate, with bursts of one second's worth, in a
// time of its own: few answers are throttled, whether there are many calls or few, and no one dawdles.
func TestPaceUnderALimit(t *testing.T) {
	t.Parallel()
	const operation, latency = "GetRoutine", 50 * time.Millisecond
	for _, test := range []struct{ calls, workers, allowed int }{
		{500, 50, 100}, {1000, 50, 100}, {3000, 50, 100}, {500, 10, 100}, {3000, 100, 100},
		{1000, 50, 50}, {3000, 50, 50}, {3000, 50, 300}, {10000, 50, 300}, {3000, 50, 10000},
	} {
		t.Run(fmt.Sprintf("%d calls by %d workers, %d a second", test.calls, test.workers, test.allowed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var (
					limiter   limiter
					service   = rate.NewLimiter(rate.Limit(test.allowed), test.allowed)
					throttled atomic.Int64
					left      atomic.Int64
					all       sync.WaitGroup
					started   = time.Now()
				)
				left.Store(int64(test.calls))
				call := func() bool {
					_ = limiter.wait(t.Context(), operation)
					<-time.After(latency)
					taken := service.Allow()
					limiter.throttle(operation).adjust(time.Now(), !taken)
					return taken
				}
				for range test.workers {
					all.Go(func() {
						for left.Add(-1) >= 0 {
							for !call() {
								throttled.Add(1)
								<-time.After(500 * time.Millisecond)
							}
						}
					})
				}
				all.Wait()
				share := 100 * float64(throttled.Load()) / float64(int64(test.calls)+throttled.Load())
				t.Logf("%.1f %% throttled, %s, at best %s", share, time.Since(started), time.Duration(test.calls)*time.Second/time.Duration(test.allowed))
				if share >= 5 {
					t.Errorf("%.1f %% were throttled, want less than 5", share)
				}
			})
		})
	}
}
