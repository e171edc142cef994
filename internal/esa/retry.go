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

// RetryPolicy says how long to pause between attempts. Pauses grow exponentially with jitter. How long attempts go on
// at all is the deadline of the context.
type RetryPolicy struct {
	// Initial is the first pause, 500 ms by default.
	Initial time.Duration
	// Max is the longest pause, 15 s by default.
	Max time.Duration
	// UnreachableFor is how long an address may refuse connections, not resolve or not answer as ESA does before that
	// is taken for a mistake and no longer for a hiccup; 15 s by default.
	UnreachableFor time.Duration
	// AttemptTimeout ends one attempt whose answer does not come, so that another can be made in the time that is
	// left; 30 s by default.
	AttemptTimeout time.Duration
}

// maxReadPause is the longest pause between two reads, since someone waits for the result.
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
	// atLeast is how long ESA has asked to wait before the next attempt, atMost what is left of the time for which no one
	// may be at the address; both hold for one pause, 0 for none.
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

// unreachable is how long no server has answered as expected at an address. Calls share it, so that a wrong address is found
// out once and not by each routine anew. A failure much older than the next one says nothing about it.
type unreachable struct {
	mutex       sync.Mutex
	first, last time.Time
}

// end notes that someone is there.
func (a *unreachable) end() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.first, a.last = time.Time{}, time.Time{}
}

// note takes a failure of an attempt into account that began at since, and returns what is left of the time for which a
// server may be unreachable.
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
	// last is what is worth quoting of those that failed.
	last *Error
}

// note takes the failure of an attempt into account. One that says less than the one before is not quoted: that a write may have
// taken effect is not forgotten over a read that failed afterwards.
func (a *attempts) note(ctx context.Context, failure *Error) {
	saysMore := a.last == nil || !a.last.MayHaveTakenEffect() || isWrite(failure.Operation)
	if errors.Is(failure, context.Canceled) || errors.Is(failure, context.DeadlineExceeded) || !saysMore {
		return
	}
	a.last = failure
	if note, ok := ctx.Value(lastFailure{}).(*atomic.Pointer[Error]); ok {
		note.Store(failure)
	}
}

// interruption is the error of an operation whose context has ended, after an attempt that failed with err.
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

// retry calls operation until it succeeds, fails with an error that is not worth another attempt, or ctx ends; then the
// error is an [Interrupted] with the last cause. unreachable is about the address that the operation calls, of which name and
// target are empty where it is the caller's own.
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

// isVerdict tells of an error whether it stands whatever became of the time: an answer, or the caller's own.
func isVerdict(err error) bool {
	if interrupted(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrReadAgain) {
		return false
	}
	failure, ok := errors.AsType[*Error](err)
	return !ok || !failure.Retryable()
}

// lastFailure is the key under which a context holds where the last failure of a call is noted, an *atomic.Pointer[Error], for
// those who may stop waiting for the call before it ends.
type lastFailure struct{}

// Poll calls read until it says that it is done, fails, or ctx ends, at most so many times; 0 is no limit. It tells
// whether read was done. Where read returns [ErrReadAgain], it has shown nothing that counts, and the count begins anew.
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

// looksAbsent tells whether a failure says that no one speaks ESA at the address or hands out credentials, as opposed to
// ESA having a bad moment, and since when: an attempt to connect may have taken long. A call that was not sent for want
// of time says nothing.
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
