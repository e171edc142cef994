package codeversion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

const (
	testRoutine = "hello"
	released    = "1723599747213377175"
)

// bench is a publication against a simulator of its own.
type bench struct {
	*esasim.Server
	client *esa.Client
	// file is the function's file.
	file string
}

func newBench(t *testing.T, options ...esasim.Option) *bench {
	t.Helper()
	server := esasim.Start(t, options...)
	server.AddRoutine(testRoutine)
	server.AddCodeVersion(testRoutine, released)
	server.Deploy(testRoutine, esasim.Production, esasim.Share{CodeVersion: released, Percentage: 100})
	endpoint, err := esa.ParseEndpoint(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Server: server, file: filepath.Join(t.TempDir(), "worker.js")}
	b.client = esa.New(esa.Config{
		Endpoint: endpoint, Region: esa.DefaultRegion, Credentials: esa.NewStaticCredentials(esasim.AccessKeyID, esasim.AccessKeySecret, ""),
		Retry: esa.RetryPolicy{Initial: time.Millisecond, Max: 10 * time.Millisecond, UnreachableFor: 5 * time.Second, AttemptTimeout: 300 * time.Millisecond},
	})
	b.write(t, strings.Repeat("export default {}\n", 1000))
	return b
}

func (b *bench) write(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile(b.file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) publish(ctx context.Context, t *testing.T) (*esa.CodeVersion, *publishError) {
	t.Helper()
	opened, err := bundle.Open(context.Background(), bundle.Source{Entry: b.file})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := opened.Archive(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	run := publication{client: b.client, input: esa.CodeVersionInput{Routine: testRoutine}, archive: archive}
	return run.run(ctx)
}

// left are the versions beside the released one, with their statuses.
func (b *bench) left() []string {
	var left []string
	for _, routine := range b.State().Routines {
		for _, version := range routine.CodeVersions {
			if version.CodeVersion != released {
				left = append(left, version.CodeVersion+" "+version.Status)
			}
		}
	}
	return left
}

// unharmed checks that production serves what it served, by its one deployment.
func (b *bench) unharmed(t *testing.T) {
	t.Helper()
	if made := b.Deployments(testRoutine, esasim.Production); len(made) != 1 || made[0].Shares[0].CodeVersion != released {
		t.Errorf("deployments in production: %+v", made)
	}
}

// failing lists the faults after which a good client cannot go on, and says so.
var failing = []esasim.Fault{esasim.ChosenError, esasim.Redirect, esasim.UploadRefused, esasim.BuildFailed}

// TestEveryFaultOnce has every fault hit every call of a publication, once each. Either it succeeds with one version,
// or it fails and leaves none.
func TestEveryFaultOnce(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateRoutineWithAssetsCodeVersion", esasim.UploadOperation, "GetRoutineCodeVersionInfo"} {
		for _, fault := range esasim.Faults() {
			for _, work := range []esasim.Work{esasim.WorkByFault, esasim.WorkDone, esasim.WorkUndone} {
				if !fault.Hits(operation) || fault == esasim.BuildEndless {
					continue
				}
				// A refusal that goes with a version is a contradiction that nobody can resolve.
				if work == esasim.WorkDone && (fault == esasim.ChosenError || fault == esasim.Redirect) {
					continue
				}
				t.Run(fmt.Sprint(operation, " ", fault, " ", work), func(t *testing.T) {
					t.Parallel()
					b := newBench(t, esasim.WithBuildPolls(1))
					rule := esasim.Rule{Operation: operation, Fault: fault, Work: work, Times: 1}
					if fault == esasim.ChosenAnswer {
						rule.Body, rule.Status = `{"Surprise": true}`, 200
					}
					b.Inject(rule)
					// Work that is not done behind an answer that says it is makes a version that never gets built.
					ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
					if fault.Benign() && work == esasim.WorkUndone || operation == esasim.UploadOperation && fault == esasim.EmptyAnswer && work == esasim.WorkUndone {
						ctx, cancel = context.WithTimeout(context.Background(), 2*time.Second)
					}
					defer cancel()
					version, err := b.publish(ctx, t)
					b.ClearFaults()
					left := b.left()
					switch {
					case err == nil:
						if want := []string{version.CodeVersion + " available"}; !slices.Equal(left, want) {
							t.Errorf("versions %q after a success, want %q", left, want)
						}
					case len(left) != 0:
						t.Errorf("versions %q are left after %s: %v", left, err.step, err.cause)
					case err.cleanup != nil:
						t.Errorf("cleanup failed: %v", err.cleanup)
					}
					if err != nil && work == esasim.WorkByFault && !slices.Contains(failing, fault) {
						t.Errorf("failed at %s: %v", err.step, err.cause)
					}
					b.unharmed(t)
				})
			}
		}
	}
}

// TestOneVersionWhereTheAnswerWasLost loses several answers in a row.
func TestOneVersionWhereTheAnswerWasLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ResetAfter, Times: 3})
	version, failure := b.publish(context.Background(), t)
	if failure != nil {
		t.Fatal(failure.cause)
	}
	if left := b.left(); !slices.Equal(left, []string{version.CodeVersion + " available"}) {
		t.Errorf("versions %q, want only %s", left, version.CodeVersion)
	}
	if made, deleted := b.Count("CreateRoutineWithAssetsCodeVersion"), b.Count("DeleteRoutineCodeVersion"); made != 4 || deleted != 3 {
		t.Errorf("%d versions were reserved and %d deleted, want 4 and 3", made, deleted)
	}
}

func TestLostAnswerThatCannotBeSettled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ResetAfter, Times: 1},
		esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.ChosenError})
	_, failure := b.publish(context.Background(), t)
	if failure == nil || failure.codeVersion != "" || !esa.IsPermissionMissing(failure.cleanup) || failure.leftover() != nil {
		t.Fatalf("failure %+v, want one that says that nothing could be found out", failure)
	}
	if made := b.Count("CreateRoutineWithAssetsCodeVersion"); made != 1 {
		t.Errorf("%d versions were reserved, want no second one as long as the first is unknown", made)
	}
	words := resourceModel{}.notPublished(failure).Detail()
	for _, want := range []string{"could not find out whether ESA reserved one", "esa:ListRoutineCodeVersions", "in status \"init\""} {
		if !strings.Contains(words, want) {
			t.Errorf("the error does not say %q:\n%s", want, words)
		}
	}
}

// TestPolicyExpiry lets the form of an upload grow too old.
func TestPolicyExpiry(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		times, reserved int
		published       bool
	}{{1, 2, true}, {0, 2, false}} {
		b := newBench(t)
		b.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.PolicyExpired, Times: test.times})
		version, failure := b.publish(context.Background(), t)
		if (failure == nil) != test.published {
			t.Fatalf("expired %d times: failure %+v", test.times, failure)
		}
		if made := b.Count("CreateRoutineWithAssetsCodeVersion"); made != test.reserved {
			t.Errorf("%d versions were reserved, want %d", made, test.reserved)
		}
		var want []string
		if test.published {
			want = []string{version.CodeVersion + " available"}
		} else if words := (resourceModel{}).notPublished(failure).Detail(); !strings.Contains(words, "permission to upload expired") || !strings.Contains(words, "expired as well") {
			t.Errorf("the error says:\n%s", words)
		}
		if left := b.left(); !slices.Equal(left, want) {
			t.Errorf("versions %q, want %q", left, want)
		}
	}
}

func TestBuildThatNeverEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.BuildEndless})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		if b.AwaitCount(ctx, "GetRoutineCodeVersionInfo", 3) == nil {
			cancel()
		}
	}()
	_, failure := b.publish(ctx, t)
	var notBuilt *notBuiltError
	if failure == nil || !errors.As(failure.cause, &notBuilt) || !errors.Is(failure.cause, context.Canceled) {
		t.Fatalf("failure %+v, want one that says that the build was not over", failure)
	}
	if left := b.left(); len(left) != 0 {
		t.Errorf("versions %q are left", left)
	}
	words := resourceModel{}.notPublished(failure).Detail()
	for _, want := range []string{"still building it (status \"init\")", "Cancelled after", failure.codeVersion + " was reserved for this and is deleted again"} {
		if !strings.Contains(words, want) {
			t.Errorf("the error does not say %q:\n%s", want, words)
		}
	}
}

// TestCancelledAtEachCall ends the operation while one of its calls is in flight.
func TestCancelledAtEachCall(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateRoutineWithAssetsCodeVersion", esasim.UploadOperation, "GetRoutineCodeVersionInfo"} {
		for _, work := range []esasim.Work{esasim.WorkDone, esasim.WorkUndone} {
			t.Run(operation+" "+string(work), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, esasim.WithBuildPolls(1))
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				b.Inject(esasim.Rule{Operation: operation, Fault: esasim.Hang, Work: work, Times: 1, Then: cancel})
				_, failure := b.publish(ctx, t)
				if failure == nil || !errors.Is(failure.cause, context.Canceled) || failure.cleanup != nil {
					t.Fatalf("failure %+v, want a cancellation that was cleaned up after", failure)
				}
				if left := b.left(); len(left) != 0 {
					t.Errorf("versions %q are left", left)
				}
				b.unharmed(t)
			})
		}
	}
}

// TestFileThatChangesOnItsWay changes the file when the version is reserved already.
func TestFileThatChangesOnItsWay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.NoFault, Then: func() {
		_ = os.WriteFile(b.file, []byte("export default { changed: true }"), 0o600)
	}})
	_, failure := b.publish(context.Background(), t)
	var changed *bundle.ChangedError
	if failure == nil || !errors.As(failure.cause, &changed) {
		t.Fatalf("failure %+v, want one about a file that changed", failure)
	}
	if left, taken := b.left(), b.Uploads(); len(left) != 0 || len(taken) != 0 {
		t.Errorf("versions %q are left, and %d uploads were taken", left, len(taken))
	}
	if words := (resourceModel{}).notPublished(failure).Detail(); !strings.Contains(words, "changed while it was being uploaded") {
		t.Errorf("the error says:\n%s", words)
	}
}

// TestCleanupThatFails keeps the version that could not be deleted, for the state.
func TestCleanupThatFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.UploadRefused},
		esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError})
	_, failure := b.publish(context.Background(), t)
	if failure == nil || failure.leftover() == nil {
		t.Fatalf("failure %+v, want one with a leftover", failure)
	}
	left := b.left()
	if want := []string{failure.leftover().CodeVersion + " init"}; !slices.Equal(left, want) {
		t.Errorf("versions %q, want %q", left, want)
	}
	words := resourceModel{}.notPublished(failure).Detail()
	for _, want := range []string{"The object store refused the upload", "AccessDenied", "could not be deleted:", "esa:DeleteRoutineCodeVersion", failure.codeVersion, "tainted"} {
		if !strings.Contains(words, want) {
			t.Errorf("the error does not say %q:\n%s", want, words)
		}
	}
	for _, secret := range []string{"esasim-oss-secret", "Signature=", "STS.esasim-oss"} {
		if strings.Contains(words, secret) {
			t.Errorf("the error shows %q:\n%s", secret, words)
		}
	}
}
