package esa

import (
	"context"
	"errors"
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

// Retry calls operation until it succeeds, fails with an error that is not worth another attempt, or ctx ends; then the
// error is an [Interrupted] with the last cause. It is meant for operations that are safe to repeat, or that find out
// by themselves what an earlier attempt did.
func (c *Client) Retry(ctx context.Context, operation func(attempt int) error) error {
	var (
		started          = time.Now()
		attempts         = 0
		last             error
		unreachableSince time.Time
	)
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		if ctx.Err() != nil {
			return struct{}{}, ctx.Err()
		}
		attempts++
		err := operation(attempts)
		if err == nil {
			return struct{}{}, nil
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		var failure *Error
		if !errors.As(err, &failure) || !failure.Retryable() {
			return struct{}{}, backoff.Permanent(err)
		}
		if !c.looksAbsent(failure) {
			unreachableSince = time.Time{}
			return struct{}{}, err
		}
		if unreachableSince.IsZero() {
			unreachableSince = time.Now()
		}
		if time.Since(unreachableSince) >= c.retry.UnreachableFor {
			failure.gaveUp = true
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(c.retry.backOff()), backoff.WithMaxElapsedTime(0))
	if err == nil || ctx.Err() == nil {
		return err
	}
	if interrupted(err) {
		return err
	}
	if errors.Is(last, ctx.Err()) {
		last = nil
	}
	return &Interrupted{Cause: ctx.Err(), Last: last, Attempts: attempts, After: time.Since(started)}
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

// looksAbsent tells whether a failure says that nobody speaks ESA at the address, as opposed to ESA having a bad moment.
func (c *Client) looksAbsent(failure *Error) bool {
	return failure.Kind == Unreachable || failure.Kind == Unreadable && failure.HTTPStatus < 500 && !c.answered.Load()
}
