package esa

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// shared lets callers that ask the same question at about the same time share one answer: the first one calls, and the
// others wait for it. It differs from singleflight in that the answer may be used again for as long as the caller allows,
// that each caller waits and calls in its own context, and that an answer is never used across a write.
type shared[T any] struct {
	// questions holds a *question[T] for each target.
	questions sync.Map
}

// question is one question, and what is known of its answer.
type question[T any] struct {
	// turn is held by the caller whose answer the others wait for.
	turn *semaphore.Weighted
	// failure is what went wrong last since a call has ended.
	failure atomic.Pointer[Error]

	mutex sync.Mutex
	known known[T]
}

// known is how the newest call about a question ended.
type known[T any] struct {
	// writes counts how often the answer was forgotten, calls those that have ended since.
	calls, writes int
	// started and ended are when the call was under way, long ago where there is no answer.
	started, ended time.Time
	answer         T
	err            error
}

// get returns the answer to a call that ask makes, up to maxAge old where another caller has asked for the same target
// already. At a maxAge of 0 it asks at once, and waits for no one.
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
		// A slow call was young enough when it was joined, and its answer must be so now. An error is for those who have
		// waited for it, and for no one after them.
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

// forget makes the next caller ask anew, and those who wait.
func (s *shared[T]) forget(target Target) {
	question := s.question(target)
	question.mutex.Lock()
	defer question.mutex.Unlock()
	question.known = known[T]{writes: question.known.writes + 1}
}

func (s *shared[T]) question(target Target) *question[T] {
	stored, _ := s.questions.LoadOrStore(target, &question[T]{turn: semaphore.NewWeighted(1)})
	found, _ := stored.(*question[T]) // nothing else is stored
	return found
}

func (q *question[T]) current() known[T] {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.known
}

// keep notes how a call ended, unless the question was forgotten meanwhile or a later call has ended before.
func (q *question[T]) keep(ended known[T]) {
	q.failure.Store(nil)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.known.writes == ended.writes && !ended.started.Before(q.known.started) {
		ended.calls = q.known.calls + 1
		q.known = ended
	}
}

// explain adds to an interruption how long it took since the caller asked, and what went wrong last for the one whose
// answer it has waited for.
func (q *question[T]) explain(err error, asked time.Time) error {
	if interruption, ok := errors.AsType[*Interrupted](err); ok {
		interruption.After = time.Since(asked)
		if failure := q.failure.Load(); failure != nil {
			interruption.Last = failure
		}
	}
	return err
}
