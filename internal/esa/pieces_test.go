package esa

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestShortened(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"": "…", "abc": "abc…", "abcd": "abcd…", "abcdefgh": "abcd…", "abcdefghijkl": "abcd…", "abcdefghijklm": "abcd…jklm", "LTAI5tAbCdEfGhIj7Xw2": "LTAI…7Xw2",
	} {
		if got := shortened(key); got != want {
			t.Errorf("%q is shortened to %q, want %q", key, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	if got := Redact("abc abcd a%2Fcd", "abc", "abcd", "a/cd"); got != "abc (hidden) (hidden)" {
		t.Errorf("redacted to %q", got)
	}
}

func TestInterruptedInWords(t *testing.T) {
	t.Parallel()
	for want, interruption := range map[string]*Interrupted{
		"gave up after 2s":                                       {After: 2 * time.Second, Attempts: 1},
		"gave up after 2s and 2 attempts":                        {After: 2 * time.Second, Attempts: 2},
		"GetRoutine: gave up after 2s":                           {After: 2 * time.Second, Operation: "GetRoutine"},
		"gave up after 2s; the last problem: it did not work":    {After: 2 * time.Second, Last: errors.New("it did not work")},
		"GetRoutine: gave up after 1ms; the last problem: it is": {After: time.Millisecond, Operation: "GetRoutine", Last: errors.New("it is")},
	} {
		if got := interruption.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestStatusesAtTheBounds reads answers at both sides of each bound.
func TestStatusesAtTheBounds(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: true, 299: true, 300: false, 404: false, 429: true, 499: false, 500: true, 502: true} {
		if got := (&Error{Kind: Unreadable, HTTPStatus: status}).Retryable(); got != want {
			t.Errorf("an unreadable answer with status %d is worth another attempt: %t, want %t", status, got, want)
		}
	}
	for status, want := range map[int]bool{400: true, 404: true, 499: true, 500: false, 503: false} {
		failure := &Error{Kind: Refused, HTTPStatus: status, Code: "RoutineNotExist", RequestID: "1"}
		if got := IsRoutineMissing(failure); got != want {
			t.Errorf("status %d says that the routine is missing: %t, want %t", status, got, want)
		}
		failure.Code = "CodeVersionNotExist"
		if got := IsVersionMissing(failure); got != want {
			t.Errorf("status %d says that the version is missing: %t, want %t", status, got, want)
		}
		failure.Code = "SiteNotFound"
		if got := IsSiteMissing(failure); got != want {
			t.Errorf("status %d says that the site is missing: %t, want %t", status, got, want)
		}
	}
}

// TestUnreachableIsForgotten notes failures at one address: for how long it may stay unreachable counts from the first of them,
// unless the last was longer ago than that.
func TestUnreachableIsForgotten(t *testing.T) {
	t.Parallel()
	const atMost = 15 * time.Second
	synctest.Test(t, func(t *testing.T) {
		var address unreachable
		note := func(want time.Duration) {
			t.Helper()
			if left := address.note(time.Now(), atMost); left != want {
				t.Errorf("%s are left, want %s", left, want)
			}
		}
		note(atMost)
		<-time.After(10 * time.Second)
		note(5 * time.Second)
		<-time.After(atMost) // not longer ago than that
		note(-10 * time.Second)
		<-time.After(atMost + time.Nanosecond)
		note(atMost)
		<-time.After(time.Second)
		address.end()
		note(atMost)
	})
}

// TestShared asks one question at chosen moments.
func TestShared(t *testing.T) {
	t.Parallel()
	about := call{operation: "GetRoutine", target: Target{Routine: "hello"}}
	type question struct {
		shared[int]
		asked, ended int
		answer       chan error
	}
	ask := func(q *question, ctx context.Context, maxAge time.Duration) (int, error) {
		return q.get(ctx, about, maxAge, func(ctx context.Context) (int, error) {
			q.asked++
			number := q.asked
			select {
			case err := <-q.answer:
				return number, err
			case <-ctx.Done():
				q.ended++
				return 0, newInterrupted(ctx, about.operation, about.target, time.Now())
			}
		})
	}
	type result struct {
		number int
		err    error
	}
	later := func(q *question, ctx context.Context, maxAge time.Duration) chan result {
		results := make(chan result, 1)
		go func() {
			number, err := ask(q, ctx, maxAge)
			results <- result{number, err}
		}()
		synctest.Wait()
		return results
	}
	expect := func(t *testing.T, q *question, asked, ended int) {
		t.Helper()
		synctest.Wait()
		if q.asked != asked || q.ended != ended {
			t.Errorf("asked %d times, %d of which ended without an answer; want %d and %d", q.asked, q.ended, asked, ended)
		}
	}
	gets := func(t *testing.T, results chan result, number int, words string) {
		t.Helper()
		synctest.Wait()
		select {
		case got := <-results:
			if got.number != number || (got.err == nil) != (words == "") || got.err != nil && !strings.Contains(got.err.Error(), words) {
				t.Errorf("got %d, %v; want %d, %q", got.number, got.err, number, words)
			}
		default:
			t.Error("there is no answer yet")
		}
	}
	for name, test := range map[string]func(*testing.T, *question){
		"an answer of just that age": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Second)
			q.answer <- nil
			gets(t, first, 1, "")
			<-time.After(time.Second)
			gets(t, later(q, t.Context(), time.Second), 1, "")
			second := later(q, t.Context(), time.Second-1)
			q.answer <- nil
			gets(t, second, 2, "")
			expect(t, q, 2, 0)
		},
		"who leaves ends no more than a call of his own": func(t *testing.T, q *question) {
			var leave [3]context.CancelFunc
			var results [3]chan result
			for index := range leave {
				var ctx context.Context
				ctx, leave[index] = context.WithCancel(t.Context())
				results[index] = later(q, ctx, time.Minute)
			}
			expect(t, q, 1, 0)
			leave[1]()
			gets(t, results[1], 0, "GetRoutine: gave up")
			expect(t, q, 1, 0)
			leave[0]()
			gets(t, results[0], 0, "gave up")
			expect(t, q, 2, 1)
			q.answer <- nil
			gets(t, results[2], 2, "")
			leave[2]()
			expect(t, q, 2, 1)
		},
		"an answer from before a write is for the one who asked then": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Minute)
			second := later(q, t.Context(), time.Minute)
			q.forget(about.target)
			third := later(q, t.Context(), time.Minute)
			expect(t, q, 1, 0)
			q.answer <- nil
			gets(t, first, 1, "")
			expect(t, q, 2, 0)
			q.answer <- nil
			gets(t, second, 2, "")
			gets(t, third, 2, "")
			expect(t, q, 2, 0)
		},
		"an error is for those who wait for it": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Minute)
			second := later(q, t.Context(), time.Minute)
			q.answer <- errors.New("no")
			gets(t, first, 1, "no")
			gets(t, second, 1, "no")
			third := later(q, t.Context(), time.Minute)
			q.answer <- nil
			gets(t, third, 2, "")
			expect(t, q, 2, 0)
		},
		"a call that took too long is no answer": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Minute)
			<-time.After(2 * time.Second)
			second := later(q, t.Context(), time.Second)
			q.answer <- nil
			gets(t, first, 1, "")
			q.answer <- nil
			gets(t, second, 2, "")
		},
		"an answer grows old while someone waits": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Second)
			q.answer <- nil
			gets(t, first, 1, "")
			<-time.After(500 * time.Millisecond)
			slow, leave := context.WithCancel(t.Context())
			second := later(q, slow, time.Millisecond)
			third := later(q, t.Context(), time.Second) // it would do, but another call is under way
			<-time.After(time.Minute)
			leave()
			gets(t, second, 0, "gave up")
			expect(t, q, 3, 1)
			q.answer <- nil
			gets(t, third, 3, "")
		},
		"a slow answer is for all who have waited": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Second)
			second := later(q, t.Context(), time.Second)
			<-time.After(time.Minute)
			q.answer <- nil
			gets(t, first, 1, "")
			gets(t, second, 1, "")
		},
		"who wants no former answer waits for no one": func(t *testing.T, q *question) {
			first := later(q, t.Context(), time.Minute)
			<-time.After(time.Second)
			second := later(q, t.Context(), 0)
			expect(t, q, 2, 0)
			q.answer <- nil
			q.answer <- nil
			synctest.Wait()
			<-first
			<-second
			gets(t, later(q, t.Context(), time.Minute), 2, "")
			third := later(q, t.Context(), 0)
			q.answer <- nil
			gets(t, third, 3, "")
			gets(t, later(q, t.Context(), time.Minute), 3, "")
		},
		"a waiter quotes what went wrong for the one who called": func(t *testing.T, q *question) {
			busy := &Error{Operation: "GetRoutine", Kind: Refused, HTTPStatus: 503, Code: "ServiceUnavailable"}
			short, leave := context.WithCancel(t.Context())
			go func() {
				_, _ = q.get(t.Context(), about, time.Minute, func(ctx context.Context) (int, error) {
					new(attempts).note(ctx, busy)
					return 1, <-q.answer
				})
			}()
			synctest.Wait()
			waiting := later(q, short, time.Minute)
			leave()
			gets(t, waiting, 0, "the last problem: "+busy.Error())
			q.answer <- nil
			synctest.Wait()
			gone, leave := context.WithCancel(t.Context())
			after := later(q, gone, 0)
			leave()
			synctest.Wait()
			if got := <-after; got.err == nil || strings.Contains(got.err.Error(), "problem") {
				t.Errorf("after an answer a caller quotes what went wrong before it: %v", got.err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, &question{answer: make(chan error)}) })
		})
	}
}

// TestRunEndsWithAVerdict has a run end at the moment of its last attempt: what stands whatever became of the time is returned,
// and what does not becomes an interruption.
func TestRunEndsWithAVerdict(t *testing.T) {
	t.Parallel()
	refused := &Error{Kind: Refused, HTTPStatus: 400, Code: "InvalidParameter"}
	busy := &Error{Kind: Refused, HTTPStatus: 503, Code: "ServiceUnavailable"}
	own := errors.New("the caller's own")
	for name, test := range map[string]struct {
		err     error
		verdict bool
	}{
		"a refusal": {refused, true}, "the caller's own": {own, true}, "a passing failure": {busy, false}, "another read is needed": {ErrReadAgain, false},
		"a cancellation": {context.Canceled, false}, "a timeout": {context.DeadlineExceeded, false}, "an interruption": {&Interrupted{Cause: context.Canceled}, false},
	} {
		if got := isVerdict(test.err); got != test.verdict {
			t.Errorf("%s is a verdict: %t", name, got)
		}
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			err := New(Config{}).Retry(ctx, func(int) error {
				cancel()
				return test.err
			})
			if test.verdict != (err == test.err) { //nolint:errorlint // the very error
				t.Errorf("%s ends a run with %v", name, err)
			}
		})
	}
}

// TestOnlyAnAnswerEndsUnreachable has an address refuse connections, with other failures between them.
func TestOnlyAnAnswerEndsUnreachable(t *testing.T) {
	t.Parallel()
	refusal := &Error{Kind: Unreachable}
	for name, test := range map[string]struct {
		between  *Error
		attempts int
	}{
		"nothing":                             {refusal, 0},
		"credentials that cannot be had":      {&Error{Kind: Unauthenticated, cause: &CredentialsError{Temporary: true}}, 0},
		"an answer that ESA is not available": {&Error{Kind: Refused, HTTPStatus: 503, Code: "ServiceUnavailable"}, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				client, attempts := New(Config{Retry: RetryPolicy{Initial: time.Second, Max: time.Second, UnreachableFor: 5 * time.Second}}), 0
				err := client.Retry(ctx, func(attempt int) error {
					attempts = attempt
					if attempt%2 == 0 {
						failure := *test.between
						return &failure
					}
					failure := *refusal
					return &failure
				})
				if err == nil || (attempts >= 40) != (test.attempts >= 40) {
					t.Errorf("%d attempts: %v", attempts, err)
				}
				if gaveUp := strings.Contains(err.Error(), "gave up after"); gaveUp != (test.attempts >= 40) {
					t.Errorf("gave up when the time was over: %t: %v", gaveUp, err)
				}
			})
		})
	}
}

func TestWithoutEcho(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"nothing of that":                   "nothing of that",
		"String to sign: GET&token":         "String to sign (not shown)",
		"server's string to sign: POST&key": "server's string to sign (not shown)",
	} {
		if got := WithoutEcho(message); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "äöü": "äöü", "äöüx": "äöü…"} {
		if got := limit(text, 3); got != want {
			t.Errorf("%q is limited to %q, want %q", text, got, want)
		}
	}
}
