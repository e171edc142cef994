package esa_test

import (
	"context"
	"sync"
	"testing"
	"time"

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
			_, err := client.GetRoutine(ctx, routine)
			return err
		}, "GetRoutine"},
		"write": {func(ctx context.Context, client *esa.Client) error {
			_, err := esa.Guard(ctx, client, esa.Write[string]{
				Operation: "DeleteRoutine",
				Look:      func(context.Context, time.Duration) (string, error) { return "", nil },
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
