package codeversion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

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
	if failure == nil || failure.reserved != nil || !esa.IsPermissionMissing(failure.cleanup) {
		t.Fatalf("failure %+v, want one that says that nothing could be found out", failure)
	}
	if made := b.Count("CreateRoutineWithAssetsCodeVersion"); made != 1 {
		t.Errorf("%d versions were reserved, want no second one as long as the first is unknown", made)
	}
	words := resourceModel{}.notPublished(failure).Detail()
	for _, want := range []string{"could not determine whether one was reserved", "esa:ListRoutineCodeVersions", "in status \"init\""} {
		if !strings.Contains(words, want) {
			t.Errorf("the error does not say %q:\n%s", want, words)
		}
	}
}

// TestReservationWithoutAnEffect loses the call itself: before it is made again, enough reads have shown that it made nothing,
// and another one follows the publication.
func TestReservationWithoutAnEffect(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ResetBefore, Times: 1})
	if _, failure := b.publish(context.Background(), t); failure != nil {
		t.Fatal(failure.cause)
	}
	if reads := b.Count("ListRoutineCodeVersions"); reads != esa.ReadsAfterLostAnswer+1 {
		t.Errorf("the versions were listed %d times, want %d", reads, esa.ReadsAfterLostAnswer+1)
	}
}

// TestReservationIsFoundByALaterRead cancels a publication whose reservation has had no answer: the first reads for it come
// from a replica that lags behind.
func TestReservationIsFoundByALaterRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Inject(esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.ChosenAnswer, Times: 2, Body: `{"RequestId":"R","TotalCount":0,"CodeVersions":[]}`},
		esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ResetAfter, Times: 1, Then: cancel})
	_, failure := b.publish(ctx, t)
	if failure == nil || failure.cleanup != nil {
		t.Fatalf("failure %+v, want one that was cleaned up", failure)
	}
	if left := b.left(); len(left) != 0 {
		t.Errorf("versions %q are left", left)
	}
}

// TestLostReservationThatCannotBeDeleted makes no second version beside one that counts against the quota.
func TestLostReservationThatCannotBeDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Inject(esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ResetAfter, Times: 1},
		esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError})
	_, failure := b.publish(context.Background(), t)
	if failure == nil || !esa.IsPermissionMissing(failure.cause) {
		t.Fatalf("failure %+v, want that the version cannot be deleted", failure)
	}
	if left := b.left(); len(left) != 1 {
		t.Errorf("versions %q are left, want one", left)
	}
}

// TestRoutineThatGoesAway deletes the routine before a publication and in the middle of it.
func TestRoutineThatGoesAway(t *testing.T) {
	t.Parallel()
	m := resourceModel{Name: types.StringValue(testRoutine)}
	b := newBench(t)
	b.RemoveRoutine(testRoutine)
	_, failure := b.publish(context.Background(), t)
	if said := fmt.Sprintf("%+v", m.notPublished(failure)); !strings.Contains(said, `does not exist`) || strings.Contains(said, "failed at this step") {
		t.Errorf("without a routine: %s", said)
	}
	b = newBench(t)
	b.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.NoFault, Times: 1, Then: func() { b.RemoveRoutine(testRoutine) }})
	_, failure = b.publish(context.Background(), t)
	detail := m.notPublished(failure).Detail()
	if !strings.Contains(detail, "failed at this step: build the code version") || !strings.Contains(detail, "was deleted again") {
		t.Errorf("a routine that is deleted during the publication: %s", detail)
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
		} else if words := (resourceModel{}).notPublished(failure).Detail(); !strings.Contains(words, "permission to upload has expired") || !strings.Contains(words, "that one expired too") {
			t.Errorf("the error says:\n%s", words)
		}
		if left := b.left(); !slices.Equal(left, want) {
			t.Errorf("versions %q, want %q", left, want)
		}
	}
}

// TestLostReservationAmongManyVersions loses a request for a version of a routine that has more of them than ESA lists.
func TestLostReservationAmongManyVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for number := range 41 {
		b.AddCodeVersion(testRoutine, fmt.Sprint(2000000000000000000+number))
	}
	b.Inject(esasim.Rule{Operation: "CreateRoutineWithAssetsCodeVersion", Fault: esasim.ResetBefore, Times: 1})
	version, failure := b.publish(context.Background(), t)
	if failure != nil || version.Status != esa.BuildStatusAvailable {
		t.Errorf("%+v, failure %+v, want a published version", version, failure)
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
	if failure == nil || failure.step != stepBuild || !errors.Is(failure.cause, context.Canceled) {
		t.Fatalf("failure %+v, want the end of the wait for the build", failure)
	}
	if left := b.left(); len(left) != 0 {
		t.Errorf("versions %q are left", left)
	}
	words := resourceModel{}.notPublished(failure).Detail()
	for _, want := range []string{"the build is not finished (status \"init\")", "Canceled after", failure.reserved.CodeVersion + " was deleted again"} {
		if !strings.Contains(words, want) {
			t.Errorf("the error does not say %q:\n%s", want, words)
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
	if words := (resourceModel{}).notPublished(failure).Detail(); !strings.Contains(words, "changed during the upload") {
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
	if failure == nil || failure.reserved == nil || failure.cleanup == nil {
		t.Fatalf("failure %+v, want one with a leftover", failure)
	}
	left := b.left()
	if want := []string{failure.reserved.CodeVersion + " init"}; !slices.Equal(left, want) {
		t.Errorf("versions %q, want %q", left, want)
	}
	words := resourceModel{}.notPublished(failure).Detail()
	for _, want := range []string{"The object store rejected the upload", "AccessDenied", "could not be deleted:", "esa:DeleteRoutineCodeVersion", failure.reserved.CodeVersion, "tainted"} {
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

// TestContentThatIsNotThePlannedOne is refused before ESA is asked for anything, as is content that cannot be read.
func TestContentThatIsNotThePlannedOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	opened, err := bundle.Open(t.Context(), bundle.Source{Entry: b.file})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ entry, hash, summary string }{
		"as planned":    {b.file, opened.ContentHash(), ""},
		"other content": {b.file, "sha256:other", "Content changed since it was planned"},
		"no file":       {b.file + ".gone", opened.ContentHash(), "Content cannot be published"},
	} {
		archive, diags := resourceModel{Name: types.StringValue(testRoutine), Entry: types.StringValue(test.entry), ContentHash: types.StringValue(test.hash)}.pack(t.Context())
		switch {
		case test.summary == "" && (archive == nil || len(diags) > 0):
			t.Errorf("%s: %v", name, diags)
		case test.summary != "" && (archive != nil || len(diags) != 1 || diags[0].Summary() != test.summary):
			t.Errorf("%s: %v, want %q", name, diags, test.summary)
		}
	}
}

func TestChangedFilesAreQuoted(t *testing.T) {
	t.Parallel()
	const name = "worker\u200b.js" // a space that no one sees
	entry := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(entry, []byte("export default {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := plannedFiles{Entry: entry, Hash: "another"}.check(t.Context())
	if want := strconv.Quote(entry) + " changed"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
