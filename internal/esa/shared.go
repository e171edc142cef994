package esa

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// shared lets callers that ask the same question at about the same time share one answer: the first one calls, and the others
// wait for it. Unlike singleflight, an answer can be reused for as long as the caller allows, each caller waits and calls in its
// own context, and no answer is reused after a write.
type shared[T any] struct {
	// questions holds a *question[T] for each target.
	questions lazyMap[Target, *question[T]]
}

// question is one question with its newest answer.
type question[T any] struct {
	// turn is held by the caller that the others wait for.
	turn *semaphore.Weighted
	// failure is the last failure of the call in progress.
	failure atomic.Pointer[Error]

	mutex sync.Mutex
	known known[T]
}

// known is the result of the newest call about a question.
type known[T any] struct {
	// writes counts how often the answer was dropped, calls the calls that ended since.
	calls, writes int
	// started and ended are the times of the call, zero if there is no answer.
	started, ended time.Time
	answer         T
	err            error
}

// get returns the answer to a call that ask makes, or an answer up to maxAge old if another caller asked for the same target.
// With a maxAge of 0 it asks immediately and does not wait for other callers.
func (s *shared[T]) get(ctx context.Context, call call, maxAge time.Duration, ask func(context.Context) (T, error)) (answer T, err error) {
	asked, question := time.Now(), s.question(call.target)
	before := question.current()
	now := before
	if maxAge > 0 {
		if question.turn.Acquire(ctx, 1) != nil {
			return answer, question.explain(newInterrupted(ctx, call.operation, call.target, asked), asked)
		}
		defer question.turn.Release(1)
		now = question.current()
		// The call must have been recent enough when the caller joined it, and so must its answer now. An error is only for the
		// callers that waited for it.
		if asked.Sub(now.started) <= maxAge && time.Since(now.ended) <= maxAge && (now.err == nil || now.calls != before.calls) {
			return now.answer, now.err
		}
	}
	now.started = time.Now()
	now.answer, now.err = ask(context.WithValue(ctx, lastFailure{}, &question.failure))
	if interrupted(now.err) {
		return answer, question.explain(now.err, asked)
	}
	now.ended = time.Now()
	question.keep(now)
	return now.answer, now.err
}

// forget makes the next caller ask again, and also the callers that wait.
func (s *shared[T]) forget(target Target) {
	question := s.question(target)
	question.mutex.Lock()
	defer question.mutex.Unlock()
	question.known = known[T]{writes: question.known.writes + 1}
}

func (s *shared[T]) question(target Target) *question[T] {
	return s.questions.get(target, func() *question[T] { return &question[T]{turn: semaphore.NewWeighted(1)} })
}

func (q *question[T]) current() known[T] {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.known
}

// keep stores the result of a call, unless forget was called in the meantime or a later call has ended before.
func (q *question[T]) keep(ended known[T]) {
	q.failure.Store(nil)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.known.writes == ended.writes && !ended.started.Before(q.known.started) {
		ended.calls = q.known.calls + 1
		q.known = ended
	}
}

// explain adds to an interruption the time since the caller asked, and the last failure of the call that it waited for.
func (q *question[T]) explain(err error, asked time.Time) error {
	if interruption, ok := errors.AsType[*Interrupted](err); ok {
		interruption.After = time.Since(asked)
		if failure := q.failure.Load(); failure != nil {
			interruption.Last = failure
		}
	}
	return err
}
