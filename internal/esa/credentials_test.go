package esa

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// provider is a credentials provider that does as it is credentialsErr.
type provider func() (*credentials.Credentials, error)

func (p provider) GetCredentials() (*credentials.Credentials, error) { return p() }
func (provider) GetProviderName() string                             { return "test" }

func TestAuthenticate(t *testing.T) {
	key := &credentials.Credentials{AccessKeyId: "LTAI", AccessKeySecret: "secret"}
	for name, test := range map[string]struct {
		answers  func(attempt int32) (*credentials.Credentials, error)
		attempts int32
		fails    bool
	}{
		"at once":          {func(int32) (*credentials.Credentials, error) { return key, nil }, 1, false},
		"for good":         {func(int32) (*credentials.Credentials, error) { return nil, &CredentialsError{Message: "no"} }, 1, true},
		"without a reason": {func(int32) (*credentials.Credentials, error) { return nil, errors.New("no") }, 1, true},
		"nothing":          {func(int32) (*credentials.Credentials, error) { return nil, nil }, 1, true},
		"a panic":          {func(int32) (*credentials.Credentials, error) { panic("no") }, 1, true},
		"later": {func(attempt int32) (*credentials.Credentials, error) {
			if attempt < 3 {
				return nil, &CredentialsError{Message: "later", Temporary: true}
			}
			return key, nil
		}, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			client := New(Config{
				Credentials: provider(func() (*credentials.Credentials, error) { return test.answers(attempts.Add(1)) }),
				Retry:       RetryPolicy{Initial: time.Millisecond, Max: time.Millisecond, UnreachableFor: time.Minute},
			})
			err := client.Authenticate(t.Context())
			if (err != nil) != test.fails || attempts.Load() != test.attempts {
				t.Errorf("error %v after %d attempts, want %d", err, attempts.Load(), test.attempts)
			}
			var failure *Error
			if test.fails && (!errors.As(err, &failure) || failure.Kind != Unauthenticated) {
				t.Errorf("error %v is not about credentials", err)
			}
		})
	}
}

func TestAuthenticateGivesUp(t *testing.T) {
	t.Parallel()
	client := New(Config{
		Credentials: provider(func() (*credentials.Credentials, error) {
			return nil, &CredentialsError{Message: "later", Temporary: true}
		}),
		Retry: RetryPolicy{Initial: time.Millisecond, Max: time.Millisecond, UnreachableFor: 20 * time.Millisecond},
	})
	var failure *Error
	if err := client.Authenticate(t.Context()); !errors.As(err, &failure) || failure.Message != "later" {
		t.Errorf("error %v, want the last one", err)
	}
}

// TestCredentialsOfACallAreAwaited is about a session that is renewed in the middle of an operation: a source that fails for
// a while is awaited for as long as ESA itself, one that is not there for as long as an address.
func TestCredentialsOfACallAreAwaited(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure CredentialsError
		// after is when the source is well again.
		after, gaveUpAfter time.Duration
	}{
		"a bad quarter of an hour": {CredentialsError{Message: "later", Temporary: true}, 15 * time.Minute, 0},
		"no one for a moment":      {CredentialsError{Message: "nobody", Temporary: true, Unreachable: true}, 10 * time.Second, 0},
		"nobody":                   {CredentialsError{Message: "nobody", Temporary: true, Unreachable: true}, time.Hour, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				client := New(Config{Credentials: provider(func() (*credentials.Credentials, error) {
					if time.Since(started) < test.after {
						return nil, &test.failure
					}
					return &credentials.Credentials{AccessKeyId: "LTAI", AccessKeySecret: "secret"}, nil
				})})
				err := client.Retry(t.Context(), func(attempt int) error {
					if _, failure := client.takeSlot(t.Context(), "GetRoutine", Target{}, attempt); failure != nil {
						return failure
					}
					return nil
				})
				if gaveUp := err != nil; gaveUp != (test.gaveUpAfter > 0) {
					t.Fatalf("error %v", err)
				}
				if lasted := time.Since(started).Round(time.Second); err != nil && lasted != test.gaveUpAfter {
					t.Errorf("gave up after %s, want %s", lasted, test.gaveUpAfter)
				}
			})
		})
	}
}

func TestWaitForCredentialsEndsWithTheContext(t *testing.T) {
	t.Parallel()
	release, asked := make(chan struct{}), make(chan struct{}, 1)
	client := New(Config{Credentials: provider(func() (*credentials.Credentials, error) {
		asked <- struct{}{}
		<-release
		return &credentials.Credentials{AccessKeyId: "LTAI"}, nil
	})})
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 2)
	for range 2 { // One asks the provider, the other waits for its turn.
		go func() {
			_, err := client.currentCredentials(ctx)
			results <- err
		}()
	}
	<-asked
	cancel()
	for range 2 {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
	}
	close(release)
	if current, err := client.currentCredentials(t.Context()); err != nil || current.AccessKeyId != "LTAI" {
		t.Errorf("afterwards: %v, %v", current, err)
	}
	<-asked
}
