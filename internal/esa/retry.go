package esa

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RetryPolicy sets the pauses between attempts. They grow exponentially with jitter. The deadline of the context limits all
// attempts together.
type RetryPolicy struct {
	// Initial is the first pause, 500 ms by default.
	Initial time.Duration
	// Max is the longest pause, 15 s by default.
	Max time.Duration
	// UnreachableFor is how long an address may refuse connections, fail to resolve or answer unlike ESA before the client treats
	// it as wrong and stops retrying; 15 s by default.
	UnreachableFor time.Duration
	// AttemptTimeout ends an attempt without an answer, so that another one fits into the remaining time; 30 s by default.
	AttemptTimeout time.Duration
}

// maxReadPause is the longest pause between two reads, because a user waits for the result.
const maxReadPause = 5 * time.Second

func (p RetryPolicy) withDefaults() RetryPolicy {
	p.Initial = cmp.Or(p.Initial, 500*time.Millisecond)
	p.Max = cmp.Or(p.Max, 15*time.Second)
	p.UnreachableFor = cmp.Or(p.UnreachableFor, 15*time.Second)
	p.AttemptTimeout = cmp.Or(p.AttemptTimeout, 30*time.Second)
	return p
}

// pauses are the pauses between the attempts of one operation.
type pauses struct {
	*backoff.ExponentialBackOff
	// atLeast is the wait that ESA asked for before the next attempt. atMost is the rest of the time for which an address may be
	// unreachable. Both apply to one pause; 0 means no limit.
	atLeast, atMost time.Duration
}

func (p RetryPolicy) pauses() *pauses {
	exponential := backoff.NewExponentialBackOff()
	exponential.InitialInterval = p.Initial
	exponential.MaxInterval = p.Max
	return &pauses{ExponentialBackOff: exponential}
}

// NextBackOff implements backoff.BackOff.
func (p *pauses) NextBackOff() time.Duration {
	next := max(p.ExponentialBackOff.NextBackOff(), p.atLeast)
	if p.atMost > 0 {
		next = min(next, p.atMost)
	}
	p.atLeast, p.atMost = 0, 0
	return next
}

// unreachable records how long an address has not answered as expected. Calls share it, so that a wrong address is detected once
// and not again for each routine. A failure much older than the next one does not count.
type unreachable struct {
	mutex       sync.Mutex
	first, last time.Time
}

// end notes that a server answered.
func (a *unreachable) end() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.first, a.last = time.Time{}, time.Time{}
}

// note records a failed attempt that began at since, and returns the rest of the time for which a server may be unreachable.
func (a *unreachable) note(since time.Time, atMost time.Duration) (left time.Duration) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	now := time.Now()
	if since.Sub(a.last) > atMost {
		a.first = since
	}
	a.last = now
	return atMost - now.Sub(a.first)
}

// attempts is the record of the attempts that one operation has made.
type attempts struct {
	operation string
	target    Target
	started   time.Time
	count     int
	// last is the failure to quote in an error.
	last *Error
}

// note records the failure of an attempt. It keeps the former failure if that one is more important: a write that may have taken
// effect is more important than a read that failed afterwards.
func (a *attempts) note(ctx context.Context, failure *Error) {
	outweighs := a.last == nil || !a.last.MayHaveTakenEffect() || isWrite(failure.Operation)
	if errors.Is(failure, context.Canceled) || errors.Is(failure, context.DeadlineExceeded) || !outweighs {
		return
	}
	a.last = failure
	if note, ok := ctx.Value(lastFailure{}).(*atomic.Pointer[Error]); ok {
		note.Store(failure)
	}
}

// interruption returns the error of an operation whose context ended after an attempt that failed with err.
func (a *attempts) interruption(ctx context.Context, err error) *Interrupted {
	interruption := newInterrupted(ctx, a.operation, a.target, a.started)
	interruption.Attempts = a.count
	if a.last != nil {
		interruption.Last = a.last
	}
	if inner, ok := errors.AsType[*Interrupted](err); ok {
		interruption.Operation, interruption.Target = cmp.Or(inner.Operation, a.operation), cmp.Or(inner.Target, a.target)
		interruption.Attempts = max(a.count, inner.Attempts)
		if a.last == nil {
			interruption.Last = inner.Last
		}
	}
	return interruption
}

// retry calls operation until it succeeds, fails with an error that is not retryable, or ctx ends. In the last case the error is
// an [Interrupted] with the last cause. unreachable belongs to the address that the operation calls. name and target may be empty
// for an operation that is not a single API call.
func (c *Client) retry(ctx context.Context, unreachable *unreachable, name string, target Target, operation func(attempt int, pauses *pauses) error) error {
	record, pauses := attempts{operation: name, target: target, started: time.Now()}, c.config.Retry.pauses()
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		if ctx.Err() != nil {
			return struct{}{}, ctx.Err()
		}
		record.count++
		err := operation(record.count, pauses)
		if err == nil || errors.Is(err, ErrReadAgain) {
			pauses.atMost = maxReadPause
			return struct{}{}, err
		}
		failure, ok := errors.AsType[*Error](err)
		if ok {
			record.note(ctx, failure)
		}
		if !ok || !failure.Retryable() || interrupted(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		pauses.atLeast = failure.retryAfter
		if since, absent := c.looksAbsent(failure); absent {
			pauses.atMost = unreachable.note(since, c.config.Retry.UnreachableFor)
			if pauses.atMost <= 0 {
				failure.gaveUp = true
				return struct{}{}, backoff.Permanent(err)
			}
		} else if failure.Kind != Unreachable && failure.Kind != Unauthenticated {
			unreachable.end()
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0))
	if err == nil || ctx.Err() == nil || isVerdict(err) {
		return err
	}
	return record.interruption(ctx, err)
}

// isVerdict reports whether an error is final even if the time ran out: an answer of ESA, or an error of the caller.
func isVerdict(err error) bool {
	if interrupted(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrReadAgain) {
		return false
	}
	failure, ok := errors.AsType[*Error](err)
	return !ok || !failure.Retryable()
}

// lastFailure is the context key of an *atomic.Pointer[Error] that receives the last failure of a call. Callers that stop waiting
// for a shared call read it.
type lastFailure struct{}

// Poll calls read until it is done, fails, or ctx ends, but at most atMost times; 0 means no limit. It reports whether read was
// done. If read returns [ErrReadAgain], the call does not count, and the count starts again.
func (c *Client) Poll(ctx context.Context, atMost int, read func() (done bool, err error)) (done bool, err error) {
	reads := 0
	err = c.retry(ctx, &c.unreachable, "", Target{}, func(int, *pauses) (err error) {
		reads++
		done, err = read()
		if errors.Is(err, ErrReadAgain) {
			reads = 0
		} else if err == nil && !done && reads != atMost {
			return ErrReadAgain
		}
		return err
	})
	return done, err
}

// looksAbsent reports whether a failure means that ESA does not answer at the address or that credentials are unavailable, and
// since when: an attempt to connect may have taken long. A temporary error of ESA does not count, and neither does a call that
// was not sent because the time ran out.
func (c *Client) looksAbsent(failure *Error) (since time.Time, absent bool) {
	unavailable, _ := errors.AsType[*CredentialsError](failure)
	switch {
	case errors.Is(failure, context.Canceled), errors.Is(failure, context.DeadlineExceeded):
		return time.Time{}, false
	case failure.Kind == Unreachable && !failure.connecting.IsZero():
		return failure.connecting, true
	case failure.Kind == Unreachable, unavailable != nil && unavailable.Unreachable, failure.Kind == Unreadable && failure.HTTPStatus < 500 && !failure.Throttled() && !c.answered.Load():
		return time.Now(), true
	default:
		return time.Time{}, false
	}
}
