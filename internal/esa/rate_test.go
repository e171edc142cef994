package esa_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestClientKeepsToTheRate makes more calls at once than the rate allows, reads and writes, and slows down where ESA throttles.
func TestClientKeepsToTheRate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call      func(context.Context, *esa.Client) error
		operation string
	}{
		"read": {func(ctx context.Context, client *esa.Client) error {
			_, err := client.GetRoutine(ctx, routine, 0)
			return err
		}, "GetRoutine"},
		"write": {func(ctx context.Context, client *esa.Client) error {
			_, err := esa.Guard(ctx, client, esa.Write[string]{
				Operation: "DeleteRoutine",
				Target:    esa.Target{Routine: routine},
				Read:      func(context.Context, time.Duration) (string, error) { return "", nil },
				Judge:     func(string, *string) (esa.Verdict, error) { return esa.Permitted, nil },
				Send: func(ctx context.Context, slot *esa.Slot) error {
					if err := client.DeleteRoutine(ctx, slot, routine); err != nil && !esa.IsRoutineMissing(err) {
						return err
					}
					return nil
				},
			})
			return err
		}, "DeleteRoutine"},
	} {
		bubble(t, name, func(t *testing.T) {
			simulator := esasim.New()
			simulator.AddRoutine(routine)
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Transport, config.Retry = served{simulator}, esa.RetryPolicy{} })
			run := func(calls int) time.Duration {
				began := time.Now()
				var group sync.WaitGroup
				for range calls {
					group.Go(func() {
						if err := test.call(t.Context(), client); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				return time.Since(began)
			}
			if took := run(100); took < 500*time.Millisecond || took > 2*time.Second {
				t.Errorf("100 calls at once took %s, want about the second that 100 calls a second allow", took)
			}
			simulator.Inject(esasim.Rule{Operation: test.operation, Fault: esasim.Throttled, Times: 40})
			run(100)
			simulator.ClearFaults()
			if took := run(50); took < 2*time.Second {
				t.Errorf("50 calls took %s after so many throttled ones, want a lower rate", took)
			}
		})
	}
}

// TestAttemptsAreNumbered counts the attempts at a write for the log, over throttled answers and reads.
func TestAttemptsAreNumbered(t *testing.T) {
	t.Parallel()
	bubble(t, "write", func(t *testing.T) {
		simulator := esasim.New()
		simulator.AddRoutine(routine)
		simulator.Inject(esasim.Rule{Operation: "DeleteRoutine", Fault: esasim.Throttled, Times: 3})
		var numbers []int
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
			config.Transport, config.Retry = served{simulator}, esa.RetryPolicy{}
			config.Observe = func(_ context.Context, attempt esa.Attempt) {
				if attempt.Operation == "DeleteRoutine" {
					numbers = append(numbers, attempt.Number)
				}
			}
		})
		_, err := esa.Guard(t.Context(), client, esa.Write[*esa.Routine]{
			Operation: "DeleteRoutine",
			Target:    esa.Target{Routine: routine},
			Read: func(ctx context.Context, _ time.Duration) (*esa.Routine, error) {
				return client.GetRoutine(ctx, routine, 0)
			},
			Judge: func(*esa.Routine, **esa.Routine) (esa.Verdict, error) { return esa.Permitted, nil },
			Send:  func(ctx context.Context, slot *esa.Slot) error { return client.DeleteRoutine(ctx, slot, routine) },
		})
		if err != nil || !slices.Equal(numbers, []int{1, 2, 3, 4}) {
			t.Errorf("attempts %v: %v, want 1 to 4", numbers, err)
		}
	})
}

// TestOneLockForTheAccount has ten writers at once, each write of which holds the only lock of the account for a tenth of a
// second: all succeed, with few calls in vain.
func TestOneLockForTheAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const writers, writes = 10, 20
		simulator := esasim.New(esasim.WithAccountLock(), esasim.WithLatency(100*time.Millisecond))
		var group errgroup.Group
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Transport, config.Retry = served{simulator}, esa.RetryPolicy{} })
		began := time.Now()
		for writer := range writers {
			group.Go(func() error {
				for write := range writes {
					name := fmt.Sprintf("routine-%d-%d", writer, write)
					simulator.AddRoutine(name)
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
					_, err := esa.Guard(ctx, client, esa.Write[*esa.Routine]{
						Operation: "UpdateRoutineConfigDescription",
						Target:    esa.Target{Routine: name},
						Read:      func(context.Context, time.Duration) (*esa.Routine, error) { return nil, nil },
						Judge:     func(*esa.Routine, **esa.Routine) (esa.Verdict, error) { return esa.Permitted, nil },
						Send: func(ctx context.Context, slot *esa.Slot) error {
							return client.UpdateRoutineConfigDescription(ctx, slot, name, "described")
						},
					})
					cancel()
					if err != nil {
						return fmt.Errorf("%s after %s: %w", name, time.Since(began), err)
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		calls := simulator.Count("UpdateRoutineConfigDescription")
		if calls > 2*writers*writes {
			t.Errorf("%d writes took %d calls and %s", writers*writes, calls, time.Since(began))
		}
		<-time.After(time.Hour) // for the timers of calls that have ended
	})
}
