package esa_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

var (
	errConflict = errors.New("someone else's")
	errMissing  = &esa.Error{Operation: "GetRoutine", Kind: esa.Refused, HTTPStatus: 404, Code: "RoutineNotExist", RequestID: "R"}
	errRefused  = &esa.Error{Operation: "GetRoutine", Kind: esa.Refused, HTTPStatus: 403, Code: "NoPermission", RequestID: "R"}
	errInvalid  = &esa.Error{Kind: esa.Refused, HTTPStatus: 400, Code: "InvalidParameter"}
	errLost     = &esa.Error{Operation: "CreateRoutineCodeDeployment", Kind: esa.Broken, Message: "the answer was lost"}
)

// TestGuard plays what the reads of one write show, one after the other, and how its attempts end. "old#1" is what the
// write was planned to replace, "new" its goal; what follows # is the identity. The last read repeats itself.
func TestGuard(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reads    string
		attempts []error
		// sent counts the attempts made, read the reads.
		sent, read int
		accepted   bool
		err        error
	}{
		"nothing in the way":                         {"old#1", nil, 1, 1, true, nil},
		"the goal already":                           {"new#2", nil, 0, 3, false, nil},
		"the goal in a late answer":                  {"new#2 old#1", nil, 1, 2, true, nil},
		"the goal in late answers":                   {"new#2 new#2 old#1", nil, 1, 3, true, nil},
		"someone else's":                             {"other#2", nil, 0, 3, false, errConflict},
		"one odd read":                               {"other#2 old#1", nil, 1, 4, true, nil},
		"a replica that lags behind now and then":    {"other#2 old#1 other#2 old#1 other#2", nil, 0, 7, false, errConflict},
		"late answers":                               {"late#0 late#0 old#1", nil, 1, 3, true, nil},
		"late answers between odd ones":              {"other#2 late#0 other#2 late#0 other#2", nil, 0, 5, false, errConflict},
		"late answers after a lost one":              {"old#1 late#0 old#1 late#0 old#1 late#0 old#1", []error{errLost}, 2, 8, true, nil},
		"nothing but late answers":                   {"late#0", nil, 0, 8, false, errConflict},
		"throttled, and someone else came":           {"old#1 other#2", []error{&esa.Error{Kind: esa.Refused, HTTPStatus: 429, Code: "Throttling"}}, 1, 4, false, errConflict},
		"throttled":                                  {"old#1", []error{&esa.Error{Kind: esa.Refused, HTTPStatus: 429, Code: "Throttling"}}, 2, 2, true, nil},
		"lost, and it took effect":                   {"old#1 new#2", []error{errLost}, 1, 2, false, nil},
		"lost, and it took effect late":              {"old#1 old#1 old#1 new#2", []error{errLost}, 1, 4, false, nil},
		"lost, and it never took effect":             {"old#1", []error{errLost}, 2, 5, true, nil},
		"lost, and replaced by someone":              {"old#1 other#3", []error{errLost}, 1, 4, false, errConflict},
		"lost, and rolled back by someone":           {"old#1 old#3", []error{errLost}, 1, 4, false, errConflict},
		"lost twice, and rolled back by someone":     {"old#1 old#1 old#1 old#1 old#1 old#3", []error{errLost, errLost}, 2, 8, false, errConflict},
		"refused for good":                           {"old#1", []error{errInvalid}, 1, 1, false, errInvalid},
		"refused as a conflict, then no more":        {"old#1", []error{conflicting, conflicting}, 3, 3, true, nil},
		"refused as a conflict again and again":      {"old#1", []error{conflicting, conflicting, conflicting, nil}, 3, 3, false, conflicting},
		"redeployed by someone since it was planned": {"old#2", nil, 0, 3, false, errConflict},
		"a routine that late answers do not know":    {"missing missing old#1", nil, 1, 3, true, nil},
		"a routine that is gone":                     {"missing", nil, 0, 3, false, errMissing},
		"a routine that comes and goes":              {"missing missing other#2 missing missing other#2 other#2", nil, 0, 7, false, errConflict},
		"a read that is refused":                     {"old#1 refused", []error{errLost}, 1, 2, false, errRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Retry = esa.RetryPolicy{} })
				reads, read, sent, seen := strings.Fields(test.reads), 0, 0, ""
				var lost *string // what an attempt without an answer was sent over
				written, err := esa.Guard(t.Context(), client, esa.Write[string]{
					Operation: "CreateRoutineCodeDeployment",
					Read: func(_ context.Context, maxAge time.Duration) (string, error) {
						read++
						if read == 1 && maxAge != time.Second || read > 1 && maxAge != 0 {
							t.Errorf("read %d may be %s old, want a second for the first one and no age for others", read, maxAge)
						}
						switch shown := reads[min(read, len(reads))-1]; shown {
						case "missing":
							return "", errMissing
						case "refused":
							return "", errRefused
						default:
							seen = shown
							return shown, nil
						}
					},
					Judge: func(seen string, over *string) (esa.Verdict, error) {
						if (over == nil) != (lost == nil) || over != nil && *over != *lost {
							t.Errorf("read %d is judged over %v, want %v", read, over, lost)
						}
						switch {
						case strings.HasPrefix(seen, "new"):
							return esa.Achieved, nil
						case strings.HasPrefix(seen, "late"):
							return esa.Late, errConflict
						case seen != "old#1":
							return esa.Conflicting, errConflict
						default:
							return esa.Permitted, nil
						}
					},
					Send: func(context.Context, *esa.Slot) error {
						sent++
						if sent > len(test.attempts) {
							return nil
						}
						if err := test.attempts[sent-1]; esa.MayHaveTakenEffect(err) {
							lost = new(seen)
						}
						return test.attempts[sent-1]
					},
					IsConflict: func(err error, _ bool) bool { return esa.HasCode(err, "DependedByOthers") },
				})
				if sent != test.sent || read != test.read || written.Sent != test.accepted {
					t.Errorf("%d attempts after %d reads, accepted: %t; want %d, %d, %t", sent, read, written.Sent, test.sent, test.read, test.accepted)
				}
				if !errors.Is(err, test.err) || written.Seen != seen {
					t.Errorf("the error is %v over %q, want %v over %q", err, written.Seen, test.err, seen)
				}
				if stopped := errors.Is(err, errConflict) || errors.Is(err, conflicting); stopped && !errors.Is(written.Conflict, err) {
					t.Errorf("the conflict is %v, want %v", written.Conflict, err)
				}
				if slices.Contains(test.attempts, error(errLost)) != written.Unanswered {
					t.Errorf("unanswered: %t", written.Unanswered)
				}
			})
		})
	}
}

// TestNoWriteWithoutCredentials neither reads nor sends where nothing could be signed.
func TestNoWriteWithoutCredentials(t *testing.T) {
	t.Parallel()
	client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
		config.Credentials = askedFor(func() (*credentials.Credentials, error) { return nil, errors.New("no key") })
	})
	written, err := esa.Guard(t.Context(), client, esa.Write[string]{
		Operation: "DeleteRoutine", Target: esa.Target{Routine: routine},
		Read:  func(context.Context, time.Duration) (string, error) { t.Error("it reads"); return "", nil },
		Judge: func(string, *string) (esa.Verdict, error) { return esa.Permitted, nil },
		Send:  func(context.Context, *esa.Slot) error { t.Error("it sends"); return nil },
	})
	failure, ok := errors.AsType[*esa.Error](err)
	if !ok || failure.Kind != esa.Unauthenticated || failure.Operation != "DeleteRoutine" || failure.Target.Routine != routine || written.Sent {
		t.Errorf("%+v, %v; want that there are no credentials", written, err)
	}
}

var conflicting error = &esa.Error{Kind: esa.Refused, HTTPStatus: 400, Code: "DependedByOthers"}

// TestRecoveryFromTwoLostAnswers has nothing to show for two attempts, and is done within twelve seconds all the same.
func TestRecoveryFromTwoLostAnswers(t *testing.T) {
	t.Parallel()
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Retry = esa.RetryPolicy{} })
			begun, sent := time.Now(), 0
			_, err := esa.Guard(t.Context(), client, esa.Write[string]{
				Operation: "CreateRoutineCodeDeployment",
				Read:      func(context.Context, time.Duration) (string, error) { return "before", nil },
				Judge:     func(string, *string) (esa.Verdict, error) { return esa.Permitted, nil },
				Send: func(context.Context, *esa.Slot) error {
					sent++
					if sent <= 2 {
						return errLost
					}
					return nil
				},
			})
			if took := time.Since(begun); err != nil || sent != 3 || took > 12*time.Second {
				t.Errorf("%v after %d attempts and %s", err, sent, took)
			}
		})
	}
}

// TestNothingWaitsBetweenTheLookAndTheWrite has ESA throttle writes until the limiter spaces them by seconds. However long
// a write waits for its turn, it is sent in the moment in which its read is answered.
func TestNothingWaitsBetweenTheLookAndTheWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulator := esasim.New()
		simulator.Inject(esasim.Rule{Operation: "DeleteRoutine", Fault: esasim.Throttled, Times: 60})
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
			config.Transport, config.Retry = served{simulator}, esa.RetryPolicy{}
		})
		var group sync.WaitGroup
		begun := time.Now()
		for number := range 20 {
			name := fmt.Sprintf("routine-%d", number)
			simulator.AddRoutine(name)
			group.Go(func() {
				var read time.Time
				_, err := esa.Guard(t.Context(), client, esa.Write[*esa.Routine]{
					Operation: "DeleteRoutine",
					Target:    esa.Target{Routine: name},
					Read: func(ctx context.Context, _ time.Duration) (*esa.Routine, error) {
						defer func() { read = time.Now() }()
						return client.GetRoutine(ctx, name, 0)
					},
					Judge: func(*esa.Routine, **esa.Routine) (esa.Verdict, error) { return esa.Permitted, nil },
					Send: func(ctx context.Context, slot *esa.Slot) error {
						if waited := time.Since(read); waited != 0 {
							t.Errorf("%s: the write was sent %s after the read", name, waited)
						}
						defer func() {
							if waited := time.Since(read); waited != 0 {
								t.Errorf("%s: the write was answered %s after the read", name, waited)
							}
						}()
						return client.DeleteRoutine(ctx, slot, name)
					},
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if calls := simulator.Count("DeleteRoutine"); calls != 80 || time.Since(begun) < 2*time.Second {
			t.Errorf("%d calls in %s: the limiter had nothing to do", calls, time.Since(begun))
		}
	})
}

// TestAWriteIsTheOneThatItsTurnWasTakenFor refuses to send another call: the rate limit of its operation was not asked, and an
// interruption would name the wrong call.
func TestAWriteIsTheOneThatItsTurnWasTakenFor(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]esa.Write[string]{
		"another operation": {Operation: "UpdateRoutineConfigDescription", Target: esa.Target{Routine: routine}},
		"another routine":   {Operation: "DeleteRoutine", Target: esa.Target{Routine: "other"}},
		"no operation":      {Target: esa.Target{Routine: routine}},
		"no routine":        {Operation: "DeleteRoutine"},
	} {
		simulator := esasim.New()
		simulator.AddRoutine(routine)
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Transport = served{simulator} })
		write.Judge = func(string, *string) (esa.Verdict, error) { return esa.Permitted, nil }
		write.Send = func(ctx context.Context, slot *esa.Slot) error { return client.DeleteRoutine(ctx, slot, routine) }
		if _, err := esa.Guard(t.Context(), client, write); err == nil || simulator.Count("") != 0 {
			t.Errorf("%s: %v after %d calls, want an error and none", name, err, simulator.Count(""))
		}
	}
}

// TestRetryAfterIsHonoured asks for more time than a pause would take, with each form of the header and any body.
func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status      int
		body, after string
	}{
		{429, "<html>", "40"},
		{429, `{"Code":"Throttling.User","Message":"m","RequestId":"R"}`, "40"},
		{503, "", "40"},
		{503, `{"Code":"ServiceUnavailable","Message":"m","RequestId":"R"}`, "Sat, 01 Jan 2000 00:00:40 GMT"},
	} {
		t.Run(fmt.Sprint(test.status, " ", test.after), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				simulator, calls := esasim.New(), 0
				simulator.AddRoutine(routine)
				begun := time.Now()
				client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
					config.Retry = esa.RetryPolicy{}
					config.Transport = roundTrip(func(request *http.Request) (*http.Response, error) {
						calls++
						if calls > 1 {
							return served{simulator}.RoundTrip(request)
						}
						answer := httptest.NewRecorder()
						answer.Header().Set("Retry-After", test.after)
						answer.WriteHeader(test.status)
						_, _ = answer.WriteString(test.body)
						return answer.Result(), nil
					})
				})
				if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil || calls != 2 {
					t.Fatalf("%v after %d calls", err, calls)
				}
				if waited := time.Since(begun); waited < 40*time.Second || waited > 42*time.Second {
					t.Errorf("the second attempt came after %s, want 40 s", waited)
				}
			})
		})
	}
}

// TestOldAbsenceSaysNothing lets an address refuse connections, at first for so long that it is given up, and once much
// later. The later refusal is a hiccup again.
func TestOldAbsenceSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulator := esasim.New()
		var answers atomic.Bool
		simulator.AddRoutine(routine)
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
			config.Retry = esa.RetryPolicy{}
			config.Transport = roundTrip(func(request *http.Request) (*http.Response, error) {
				if !answers.Load() {
					return nil, errors.New("connection refused")
				}
				return served{simulator}.RoundTrip(request)
			})
		})
		begun := time.Now()
		if _, err := client.GetRoutine(t.Context(), routine, 0); err == nil || time.Since(begun) > 20*time.Second {
			t.Fatalf("%v after %s, want an error after 15 s", err, time.Since(begun))
		}
		<-time.After(3 * time.Minute)
		time.AfterFunc(time.Second, func() { answers.Store(true) })
		if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil {
			t.Errorf("a hiccup minutes later: %v", err)
		}
	})
}

// askedFor is a function that hands out credentials.
type askedFor func() (*credentials.Credentials, error)

func (f askedFor) GetCredentials() (*credentials.Credentials, error) { return f() }
func (askedFor) GetProviderName() string                             { return "test" }

// TestACallThatWasNotSentSaysNothingOfTheAddress ends the time of calls before they were sent.
func TestACallThatWasNotSentSaysNothingOfTheAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		simulator, refused, asked := esasim.New(), 0, 0
		simulator.AddRoutine(routine)
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
			config.Retry = esa.RetryPolicy{AttemptTimeout: time.Second}
			slow := config.Credentials
			config.Credentials = askedFor(func() (*credentials.Credentials, error) {
				asked++
				if asked == 1 {
					<-time.After(20 * time.Second)
				}
				return slow.GetCredentials()
			})
			config.Transport = roundTrip(func(request *http.Request) (*http.Response, error) {
				refused++
				if refused == 1 {
					return nil, errors.New("connection refused")
				}
				return served{simulator}.RoundTrip(request)
			})
		})
		if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil {
			t.Errorf("slow credentials, then one refused connection: %v", err)
		}
	})
}

// A late answer must neither make the state forget what is there nor report a change that no one made; reads that agree do.
func TestConfirmed(t *testing.T) {
	for name, test := range map[string]struct {
		shown []string
		want  string
		reads int
		any   bool // anything is expected
	}{
		"as expected":              {[]string{"new"}, "new", 1, false},
		"one late answer":          {[]string{"", "new"}, "new", 2, false},
		"two late answers":         {[]string{"old", "", "new"}, "new", 3, false},
		"new, old, new":            {[]string{"old", "new", "old"}, "new", 2, false},
		"changed, and reads agree": {[]string{"old", "old", "old"}, "old", esa.ReadsAtConflict, false},
		"anything":                 {[]string{"old"}, "old", 1, true},
		"anything after nothing":   {[]string{"", "old"}, "old", 2, true},
		"gone, and reads agree":    {[]string{"", "", ""}, "", esa.ReadsAtConflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, "http://127.0.0.1:1")
				reads, expected := 0, func(routine *esa.Routine) bool { return routine.Description == "new" }
				if test.any {
					expected = nil
				}
				found, err := esa.Confirmed(t.Context(), client, esa.ReadsAtConflict, time.Minute, func(_ context.Context, maxAge time.Duration) (*esa.Routine, error) {
					if (maxAge != 0) != (reads == 0) {
						t.Errorf("read %d took an answer up to %s old", reads+1, maxAge)
					}
					shown := test.shown[reads]
					reads++
					if shown == "" {
						return nil, &esa.Error{Kind: esa.Refused, HTTPStatus: 404, Code: "RoutineNotExist", RequestID: "1"}
					}
					return &esa.Routine{RoutineSummary: esa.RoutineSummary{Description: esa.Description(shown)}}, nil
				}, expected)
				got := ""
				if found != nil {
					got = string(found.Description)
				}
				if err != nil || got != test.want || reads != test.reads {
					t.Errorf("found %q (%v) after %d reads, want %q after %d", got, err, reads, test.want, test.reads)
				}
			})
		})
	}
}

// TestWritesThatAreSerialised makes several writes at once, each of which takes a second with its read: those of one site after
// one another, others at the same time.
func TestWritesThatAreSerialised(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serial func(number int) string
		takes  time.Duration
	}{
		"one site":      {func(int) string { return "site 1" }, 5 * time.Second},
		"several sites": {func(number int) string { return fmt.Sprint("site ", number) }, time.Second},
		"nothing":       {func(int) string { return "" }, time.Second},
	} {
		bubble(t, name, func(t *testing.T) {
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Retry = esa.RetryPolicy{} })
			write := func(ctx context.Context, number int) error {
				_, err := esa.Guard(ctx, client, esa.Write[string]{
					Operation: "CreateRoutineRoute", Serial: test.serial(number),
					Read: func(ctx context.Context, _ time.Duration) (string, error) {
						<-time.After(time.Second)
						return "", ctx.Err()
					},
					Judge: func(string, *string) (esa.Verdict, error) { return esa.Permitted, nil },
					Send:  func(context.Context, *esa.Slot) error { return nil },
				})
				return err
			}
			began := time.Now()
			var group sync.WaitGroup
			for number := range 5 {
				group.Go(func() {
					if err := write(t.Context(), number); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if took := time.Since(began); took != test.takes {
				t.Errorf("took %s, want %s", took, test.takes)
			}
			// Who waits for a turn can be interrupted.
			if test.takes > time.Second {
				go func() { _ = write(t.Context(), 0) }()
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				defer cancel()
				<-time.After(time.Millisecond)
				var interrupted *esa.Interrupted
				if err := write(ctx, 0); !errors.As(err, &interrupted) || interrupted.Operation != "CreateRoutineRoute" || interrupted.After != 499*time.Millisecond {
					t.Errorf("write = %v, want an interruption after the half second", err)
				}
			}
		})
	}
}

// TestPatience gives a conflict more time than a goal that is reached, where something else of the same apply may still end it.
func TestPatience(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[esa.Verdict]int{esa.Achieved: esa.ReadsAtConflict, esa.Conflicting: esa.ReadsAfterWrite, esa.Permitted: 1} {
		bubble(t, fmt.Sprint(verdict), func(t *testing.T) {
			client, reads := newClient(t, "http://127.0.0.1:1"), 0
			_, _ = esa.Guard(t.Context(), client, esa.Write[string]{
				Operation: "DeleteRoutineCodeVersion", Target: esa.Target{Routine: routine}, Patience: esa.ReadsAfterWrite,
				Read:  func(context.Context, time.Duration) (string, error) { reads++; return "", nil },
				Judge: func(string, *string) (esa.Verdict, error) { return verdict, errConflict },
				Send:  func(context.Context, *esa.Slot) error { return nil },
			})
			if reads != want {
				t.Errorf("%d reads, want %d", reads, want)
			}
		})
	}
}

// TestAWriteThatOnlyAdds reads nothing before it, and after a lost answer what the attempt has made.
func TestAWriteThatOnlyAdds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lost, made  bool
		reads, sent int
	}{
		"answered":                    {false, true, 0, 1},
		"lost, and it took effect":    {true, true, 1, 1},
		"lost, and nothing was there": {true, false, esa.ReadsAfterLostAnswer, 2},
	} {
		bubble(t, name, func(t *testing.T) {
			client, reads, sent := newClient(t, "http://127.0.0.1:1"), 0, 0
			written, err := esa.Guard(t.Context(), client, esa.Write[bool]{
				Operation: "CreateRoutineWithAssetsCodeVersion", Target: esa.Target{Routine: routine},
				ReadAfterLoss: func(context.Context) (bool, error) { reads++; return test.made, nil },
				Judge: func(seen bool, _ *bool) (esa.Verdict, error) {
					if seen {
						return esa.Achieved, nil
					}
					return esa.Permitted, nil
				},
				Send: func(context.Context, *esa.Slot) error {
					sent++
					if test.lost && sent == 1 {
						return errLost
					}
					return nil
				},
			})
			if err != nil || reads != test.reads || sent != test.sent || written.Sent != (!test.lost || !test.made) || written.Seen != (test.lost && test.made) {
				t.Errorf("%+v, %v after %d reads and %d attempts, want %d and %d", written, err, reads, sent, test.reads, test.sent)
			}
		})
	}
}
