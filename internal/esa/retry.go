package esa

import (
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

func (p RetryPolicy) withDefaults() RetryPolicy {
	for _, field := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&p.Initial, 500 * time.Millisecond},
		{&p.Max, 15 * time.Second},
		{&p.UnreachableFor, 15 * time.Second},
		{&p.AttemptTimeout, 30 * time.Second},
	} {
		if *field.value <= 0 {
			*field.value = field.standard
		}
	}
	return p
}

func (p RetryPolicy) backOff() backoff.BackOff {
	exponential := backoff.NewExponentialBackOff()
	exponential.InitialInterval = p.Initial
	exponential.MaxInterval = p.Max
	return exponential
}

// upTo is a BackOff whose pauses end when the time that is left has passed, if there is a limit.
type upTo struct {
	backoff.BackOff
	left func() (left time.Duration, limited bool)
}

// NextBackOff implements backoff.BackOff.
func (u upTo) NextBackOff() time.Duration {
	next := u.BackOff.NextBackOff()
	if left, limited := u.left(); limited && left > 0 {
		return min(next, left)
	}
	return next
}

// absence is since when nobody speaks as expected at an address. All calls there share it, so that a wrong address is
// found out once and not by each routine anew.
type absence struct {
	mutex sync.Mutex
	since time.Time
}

// end notes that somebody is there.
func (a *absence) end() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.since = time.Time{}
}

// begin notes since when nobody is there, unless that is known already.
func (a *absence) begin(since time.Time) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.since.IsZero() {
		a.since = since
	}
}

// left is what is left of the time that an absence may last; limited is false where there is none.
func (a *absence) left(atMost time.Duration) (left time.Duration, limited bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.since.IsZero() {
		return 0, false
	}
	return atMost - time.Since(a.since), true
}

// Retry calls operation until it succeeds, fails with an error that is not worth another attempt, or ctx ends; then the
// error is an [Interrupted] with the last cause. It is meant for operations that are safe to repeat, or that find out
// by themselves what an earlier attempt did.
func (c *Client) Retry(ctx context.Context, operation func(attempt int) error) error {
	return c.retryAt(ctx, &c.absence, operation)
}

// RetryUpload is Retry for [Client.Upload]. Uploads go to another address than calls do, and whether somebody is there
// says nothing about the other.
func (c *Client) RetryUpload(ctx context.Context, operation func(attempt int) error) error {
	return c.retryAt(ctx, &c.uploadAbsence, operation)
}

// retryAt is Retry for operations at the address that absence is about.
func (c *Client) retryAt(ctx context.Context, absence *absence, operation func(attempt int) error) error {
	var (
		started  = time.Now()
		attempts = 0
		underWay *Error
		last     error
	)
	left := func() (time.Duration, bool) { return absence.left(c.retry.UnreachableFor) }
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		if ctx.Err() != nil {
			return struct{}{}, ctx.Err()
		}
		attempts++
		err := operation(attempts)
		if err == nil {
			return struct{}{}, nil
		}
		failure, ok := errors.AsType[*Error](err)
		if ok {
			underWay = failure
		}
		if ok && !errors.Is(failure, context.Canceled) && !errors.Is(failure, context.DeadlineExceeded) && worthQuoting(failure, last) {
			last = failure
			noteFailure(ctx, failure)
		}
		if !ok || !failure.Retryable() || interrupted(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		if !c.looksAbsent(failure) {
			absence.end()
			return struct{}{}, err
		}
		absence.begin(failure.nobodySince())
		if left, _ := left(); left <= 0 {
			failure.gaveUp = true
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(upTo{c.retry.backOff(), left}), backoff.WithMaxElapsedTime(0))
	if err == nil || ctx.Err() == nil || isVerdict(err) {
		return err
	}
	interruption := &Interrupted{Cause: ctx.Err(), Last: last, Attempts: attempts, After: time.Since(started)}
	if inner, ok := errors.AsType[*Interrupted](err); ok {
		interruption.Operation, interruption.Target = inner.Operation, inner.Target
		interruption.Attempts = max(attempts, inner.Attempts)
		if last == nil {
			interruption.Last = inner.Last
		}
	}
	if interruption.Operation == "" && underWay != nil {
		interruption.Operation, interruption.Target = underWay.Operation, underWay.Target
	}
	return interruption
}

// isVerdict tells of an error whether it stands whatever became of the time: an answer, or the caller's own.
func isVerdict(err error) bool {
	if interrupted(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	failure, ok := errors.AsType[*Error](err)
	return !ok || !failure.Retryable()
}

// worthQuoting tells whether a failure says more than the one before it: that a write may have taken effect is not
// forgotten over a look that failed afterwards.
func worthQuoting(failure *Error, last error) bool {
	before, ok := errors.AsType[*Error](last)
	return !ok || !isWrite(before.Operation) || !before.MayHaveTakenEffect() || isWrite(failure.Operation)
}

// lastFailure is the key under which a context holds where the last failure of a call is noted, for those who may stop
// waiting for the call before it ends.
type lastFailure struct{}

func noteFailures(ctx context.Context, note *atomic.Pointer[Error]) context.Context {
	return context.WithValue(ctx, lastFailure{}, note)
}

func noteFailure(ctx context.Context, failure *Error) {
	if note, ok := ctx.Value(lastFailure{}).(*atomic.Pointer[Error]); ok {
		note.Store(failure)
	}
}

// Poll calls look until it says that it is done, fails, or ctx ends. Its pauses are those between attempts, shorter at
// the longest, since somebody waits for the result.
func (c *Client) Poll(ctx context.Context, look func() (done bool, err error)) error {
	started, looks := time.Now(), 0
	policy := c.retry
	policy.Max = min(policy.Max, 5*time.Second)
	errNotYet := errors.New("not yet")
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		looks++
		done, err := look()
		switch {
		case err != nil:
			return struct{}{}, backoff.Permanent(err)
		case !done:
			return struct{}{}, errNotYet
		default:
			return struct{}{}, nil
		}
	}, backoff.WithBackOff(policy.backOff()), backoff.WithMaxElapsedTime(0))
	if err == nil || ctx.Err() == nil || interrupted(err) {
		return err
	}
	return &Interrupted{Cause: ctx.Err(), Attempts: looks, After: time.Since(started)}
}

// looksAbsent tells whether a failure says that nobody speaks ESA at the address or hands out credentials, as opposed to
// ESA having a bad moment.
func (c *Client) looksAbsent(failure *Error) bool {
	return failure.Kind == Unreachable || failure.Kind == Unauthenticated || failure.Kind == Unreadable && failure.HTTPStatus < 500 && !c.answered.Load()
}
