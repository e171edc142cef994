package esa

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// sharedCallTimeout ends a shared call whose answer does not come. A caller with more time than that starts another.
const sharedCallTimeout = 2 * time.Minute

// shared lets callers that ask the same question at about the same time share one call and its answer. It differs from
// singleflight in that the answer may be used again for as long as the caller allows, that a call ends when no one
// waits for it any more, and that an answer is never used across a write.
type shared[T any] struct {
	mutex sync.Mutex
	calls map[string]*sharedCall[T]
	// writes counts how often a key was forgotten.
	writes map[string]int
}

// sharedCall is one call under way or done.
type sharedCall[T any] struct {
	// started is when the call began: the answer may be as old as that.
	started time.Time
	done    chan struct{}
	end     context.CancelFunc
	// waiters is guarded by the mutex of shared.
	waiters int
	// failure is what went wrong last while the call is under way.
	failure atomic.Pointer[Error]
	// answer and err are written before done is closed.
	answer T
	err    error
}

// get returns the answer to the question key, at most maxAge old where another caller has asked it already.
func (s *shared[T]) get(ctx context.Context, key string, maxAge time.Duration, ask func(context.Context) (T, error)) (T, error) {
	asked := time.Now()
	var last *Error // of this call and of those before it
	for {
		call := s.join(ctx, key, maxAge, ask)
		select {
		case <-call.done:
			s.leave(key, call)
			if !interrupted(call.err) {
				return call.answer, call.err
			}
		case <-ctx.Done():
			s.leave(key, call)
		}
		last = cmp.Or(call.failure.Load(), last)
		if ctx.Err() == nil {
			continue
		}
		var none T
		interruption := newInterrupted(ctx, asked)
		if last != nil {
			interruption.Last = last
		}
		return none, interruption
	}
}

// join returns the call that answers the question, a new one where there is none that is young enough.
func (s *shared[T]) join(ctx context.Context, key string, maxAge time.Duration, ask func(context.Context) (T, error)) *sharedCall[T] {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if call, ok := s.calls[key]; ok && time.Since(call.started) <= maxAge {
		call.waiters++
		return call
	}
	// The call outlives the caller that starts it as long as others wait for it.
	callCtx, end := context.WithTimeout(context.WithoutCancel(ctx), sharedCallTimeout)
	call := &sharedCall[T]{started: time.Now(), done: make(chan struct{}), end: end, waiters: 1}
	s.keep(key, call)
	go func() {
		answer, err := ask(noteFailures(callCtx, &call.failure))
		end()
		s.finish(key, call, answer, err)
	}()
	return call
}

// leave ends a call that no one waits for any more.
func (s *shared[T]) leave(key string, call *sharedCall[T]) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	call.waiters--
	if call.waiters > 0 {
		return
	}
	select {
	case <-call.done:
	default:
		call.end()
		if s.calls[key] == call {
			delete(s.calls, key)
		}
	}
}

// uncached asks by a call of its own and keeps the answer for others, unless the key is forgotten meanwhile.
func (s *shared[T]) uncached(key string, ask func() (T, error)) (T, error) {
	started, writes := time.Now(), s.forgotten(key)
	answer, err := ask()
	if err != nil {
		return answer, err
	}
	call := &sharedCall[T]{started: started, done: make(chan struct{}), end: func() {}, answer: answer}
	close(call.done)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.writes[key] == writes {
		s.keep(key, call)
	}
	return answer, nil
}

func (s *shared[T]) keep(key string, call *sharedCall[T]) {
	if s.calls == nil {
		s.calls = map[string]*sharedCall[T]{}
	}
	s.calls[key] = call
}

// forget makes the next caller ask anew. Whoever waits for a call that is under way still gets its answer.
func (s *shared[T]) forget(key string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.calls, key)
	if s.writes == nil {
		s.writes = map[string]int{}
	}
	s.writes[key]++
}

func (s *shared[T]) forgotten(key string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.writes[key]
}

// finish gives an answer to those who wait for it. An error is not kept for others, and neither is what belongs to the
// caller that began the call: its context holds the whole of its request.
func (s *shared[T]) finish(key string, call *sharedCall[T], answer T, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	call.answer, call.err, call.end = answer, err, func() {}
	if err != nil && s.calls[key] == call {
		delete(s.calls, key)
	}
	close(call.done)
}
