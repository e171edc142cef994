package credential

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"terraform-provider-esa/internal/esa"
)

// TestRenewal follows one source through an hour: when it opens a session, and what it hands out while that fails.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			started = time.Now()
			fails   bool
			asked   int
			failure = &esa.CredentialsError{Message: "later", Temporary: true}
		)
		source := &sessions{name: "test", open: func(context.Context) (session, error) {
			asked++
			if fails {
				return session{}, failure
			}
			return session{key: credentials.Credentials{AccessKeyId: fmt.Sprint("key ", asked)}, expires: time.Now().Add(time.Hour)}, nil
		}}
		const minute57, minute59 = 57 * time.Minute, 59 * time.Minute
		for _, step := range []struct {
			at    time.Duration
			fails bool
			// asked is how often the source has been asked by now, key what it hands out, nothing for an error.
			asked int
			key   string
		}{
			{0, true, 1, ""},
			{1 * time.Second, true, 2, ""},
			{2 * time.Second, false, 3, "key 3"}, // It lasts until an hour later.
			{minute57 + 1*time.Second, true, 3, "key 3"},
			{minute57 + 2*time.Second, true, 4, "key 3"}, // 3 minutes before its end
			{minute57 + 11*time.Second, true, 4, "key 3"},
			{minute57 + 12*time.Second, true, 5, "key 3"}, // 10 seconds later
			{minute59 + 31*time.Second, true, 6, "key 3"},
			{minute59 + 41*time.Second, true, 7, ""}, // less than 30 seconds before its end
			{minute59 + 42*time.Second, false, 8, "key 8"},
			{minute59 + 43*time.Second, true, 8, "key 8"},
		} {
			<-time.After(time.Until(started.Add(step.at)))
			fails = step.fails
			got, err := source.GetCredentials()
			switch {
			case asked != step.asked:
				t.Errorf("after %s: asked %d times, want %d", step.at, asked, step.asked)
			case step.key == "" && !errors.Is(err, failure):
				t.Errorf("after %s: error %v, want that of the source", step.at, err)
			case step.key != "" && (err != nil || got.AccessKeyId != step.key):
				t.Errorf("after %s: %v, error %v, want %s", step.at, got, err, step.key)
			}
		}
	})
}

// TestPatience pins how long a service is waited for: where no one answers, several attempts must fit into the time that
// an address may be silent.
func TestPatience(t *testing.T) {
	if serviceLimit != 15*time.Second || metadataLimit != 2*time.Second || metadataPatience != 800*time.Millisecond {
		t.Errorf("limits %s, %s and %s", serviceLimit, metadataLimit, metadataPatience)
	}
	before := dial
	t.Cleanup(func() { dial = before })
	var connecting time.Duration
	dial = func(dialer *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
		connecting = dialer.Timeout
		return before(dialer)
	}
	newTransport(serviceLimit)
	if connecting != 5*time.Second {
		t.Errorf("%s to connect, want 5s", connecting)
	}
}
