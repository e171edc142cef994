package esa

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// ESA limits the calls of an account separately for each operation. The limits are documented only for its predecessor, about 100
// a second. A limiter starts there and adapts.
const (
	startRate = 100.0
	minRate   = 1.0
	// maxRate is far above the calls of one Terraform run.
	maxRate = 10_000.0
	// burst is the number of calls that may be sent at once after a pause.
	burst = 10
	// growEvery is the minimum time between a change of a rate and its next growth.
	growEvery = time.Second
	// giveWayEvery is the minimum time between a change of a rate and its next reduction: calls that were in progress at the
	// change say nothing about the new rate.
	giveWayEvery = 200 * time.Millisecond
	// The rate grows fast until the first throttled answer and slowly after it. Each throttled answer reduces it.
	fastGrowth = 1.5
	slowGrowth = 1.03
	giveWay    = 0.6
)

// limiter limits the rate of each operation, so that a run over hundreds of deployments slows down instead of being throttled
// repeatedly.
type limiter struct {
	// operations holds a *throttle for the name of each operation.
	operations lazyMap[string, *throttle]
}

// throttle is the rate of one operation.
type throttle struct {
	// turn is held by the call that waits for the bucket, so that a new rate applies to all others immediately.
	turn   *semaphore.Weighted
	bucket *rate.Limiter
	// waited is set if a call had to wait since the last change. Otherwise there is no reason to grow.
	waited atomic.Bool

	mutex    sync.Mutex
	adjusted time.Time
	// throttled is set after the first throttled answer.
	throttled bool
}

func newThrottle(now time.Time) *throttle {
	return &throttle{turn: semaphore.NewWeighted(1), bucket: rate.NewLimiter(startRate, burst), adjusted: now}
}

func (l *limiter) throttle(operation string) *throttle {
	return l.operations.get(operation, func() *throttle { return newThrottle(time.Now()) })
}

// wait returns when the next call of the operation may be sent, or an error if ctx ends before.
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

// adjust changes the rate after a call if the last change was long enough ago. The first throttled answer changes it immediately.
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
