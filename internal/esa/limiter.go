package esa

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// ESA limits the calls of an account separately for each operation. How many it allows is documented for its
// predecessor only, about 100 a second, so that is where a limiter starts; from there it finds out.
const (
	startRate = 100.0
	minRate   = 1.0
	// maxRate is far above what one Terraform run can ask for.
	maxRate = 10_000.0
	// burst is how many calls may leave at once after a pause.
	burst = 10
	// growEvery is the shortest time from one change of a rate to its next growth, long enough to see what the last did.
	growEvery = time.Second
	// giveWayEvery is the shortest time from one change of a rate to its next reduction: the calls that were under way
	// at the change say nothing about the new rate.
	giveWayEvery = 200 * time.Millisecond
	// The rate grows fast until the first throttled answer and slowly after it, and gives way at each.
	fastGrowth = 1.5
	slowGrowth = 1.03
	giveWay    = 0.6
)

// limiter spaces the calls of each operation, so that a run over hundreds of deployments slows down instead
// of being throttled again and again.
type limiter struct {
	// operations holds a *throttle for the name of each.
	operations sync.Map
}

// throttle is how fast calls of one operation may follow each other.
type throttle struct {
	// turn is held by the one call that waits for the bucket, so that all others follow a new rate at once.
	turn   *semaphore.Weighted
	bucket *rate.Limiter
	// waited is set when a call had to wait since the last change, without which there is no reason to grow.
	waited atomic.Bool

	mutex    sync.Mutex
	adjusted time.Time
	// throttled is set once an answer was, after which the rate grows slowly.
	throttled bool
}

func newThrottle(now time.Time) *throttle {
	return &throttle{turn: semaphore.NewWeighted(1), bucket: rate.NewLimiter(startRate, burst), adjusted: now}
}

func (l *limiter) throttle(operation string) *throttle {
	stored, _ := l.operations.LoadOrStore(operation, newThrottle(time.Now()))
	found, _ := stored.(*throttle) // nothing else is stored
	return found
}

// wait returns when the next call of the operation may leave, or an error when ctx ends before.
func (l *limiter) wait(ctx context.Context, operation string) error {
	throttle := l.throttle(operation)
	if err := throttle.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer throttle.turn.Release(1)
	reservation := throttle.bucket.Reserve()
	delay := reservation.Delay()
	if delay <= 0 {
		return ctx.Err()
	}
	throttle.waited.Store(true)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		reservation.Cancel()
		return ctx.Err()
	}
}

// adjust takes the outcome of a call into account: it changes the rate where the last change was long enough ago; the first
// throttled answer counts at once.
func (p *throttle) adjust(now time.Time, throttled bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	since := now.Sub(p.adjusted)
	limit := float64(p.bucket.Limit())
	switch {
	case throttled && p.throttled && since < giveWayEvery:
		return
	case throttled:
		p.throttled = true
		limit *= giveWay
	case !p.waited.Load() || since < growEvery:
		return
	case p.throttled:
		limit *= slowGrowth
	default:
		limit *= fastGrowth
	}
	p.bucket.SetLimitAt(now, rate.Limit(min(max(limit, minRate), maxRate)))
	p.adjusted = now
	p.waited.Store(false)
}
