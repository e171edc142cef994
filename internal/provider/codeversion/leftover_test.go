package codeversion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestLeftoverIsWhatESASays fails at each step with a cleanup that fails as well: the version goes into the state as ESA
// shows it.
func TestLeftoverIsWhatESASays(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]esasim.Rule{
		"upload refused": {Operation: esasim.UploadOperation, Fault: esasim.UploadRefused},
		"build failed":   {Operation: esasim.UploadOperation, Fault: esasim.BuildFailed},
		"build endless":  {Operation: esasim.UploadOperation, Fault: esasim.BuildEndless},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.Inject(rule, esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go func() {
				if b.AwaitCount(ctx, "GetRoutineCodeVersionInfo", 3) == nil {
					cancel()
				}
			}()
			_, failure := b.publish(ctx, t)
			if failure == nil || failure.reserved == nil || failure.cleanup == nil {
				t.Fatalf("failure %+v (%v), want one with a leftover", failure, failure.cause)
			}
			left := failure.reserved
			if got, want := fmt.Sprint(left.CodeVersion, " ", left.Status), b.left(); len(want) != 1 || got != want[0] {
				t.Errorf("the state gets %q, and ESA has %q", got, want)
			}
			detail := resourceModel{}.notPublished(failure).Detail()
			if want := fmt.Sprintf("status %q", left.Status); !strings.Contains(detail, want) {
				t.Errorf("the error does not say %s:\n%s", want, detail)
			}
		})
	}
}

// TestCleanupSpeaksOfNoTimeout has a cleanup run into its own time limit, which no attribute sets.
func TestCleanupSpeaksOfNoTimeout(t *testing.T) {
	t.Parallel()
	target := esa.Target{Routine: testRoutine, CodeVersion: released}
	for _, code := range []string{"LockFailed", "Site.ServiceBusy", "TooManyRequests", "Throttling.User"} {
		for _, reserved := range []*esa.CodeVersion{nil, {CodeVersion: released, Status: "failed"}} {
			failure := &publishError{
				step: stepBuild, cause: errors.New("no"), reserved: reserved,
				cleanup: &esa.Interrupted{
					Operation: "DeleteRoutineCodeVersion", Target: target, Cause: context.DeadlineExceeded, After: 15 * time.Second, Attempts: 6,
					Last: &esa.Error{Operation: "DeleteRoutineCodeVersion", Target: target, Kind: esa.Refused, HTTPStatus: 400, Code: code, Message: "no", RequestID: "1"},
				},
			}
			detail := resourceModel{Name: types.StringValue(testRoutine)}.notPublished(failure).Detail()
			for _, wrong := range []string{"timeout", "never"} {
				if strings.Contains(detail, wrong) {
					t.Errorf("%s: the error speaks of %q:\n%s", code, wrong, detail)
				}
			}
			for _, want := range []string{"after 15s and 6 attempts", code} {
				if !strings.Contains(detail, want) {
					t.Errorf("%s: the error does not say %q:\n%s", code, want, detail)
				}
			}
		}
	}
}
