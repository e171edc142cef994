package codeversion

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider/run"
)

const unused = "1723599747213377177"

func (b *bench) remove(ctx context.Context, codeVersion string) error {
	removed := removal{client: b.client, routine: testRoutine, codeVersion: codeVersion}
	return removed.run(ctx)
}

func (b *bench) has(codeVersion string) bool {
	return slices.ContainsFunc(b.State().Routines, func(routine esasim.SeedRoutine) bool {
		return slices.ContainsFunc(routine.CodeVersions, func(version esasim.SeedCodeVersion) bool { return version.CodeVersion == codeVersion })
	})
}

func TestServedVersionIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Deploy(testRoutine, esasim.Staging, esasim.Share{CodeVersion: released, Percentage: 100})
	err := b.remove(context.Background(), released)
	var served *servedError
	if !errors.As(err, &served) || len(served.deployments) != 2 {
		t.Fatalf("removal = %v, want one that is refused because of two environments", err)
	}
	if asked := b.Count("DeleteRoutineCodeVersion"); asked != 0 {
		t.Errorf("ESA was asked to delete %d times, want none", asked)
	}
	words := resourceModel{Name: types.StringValue(testRoutine), CodeVersion: types.StringValue(released)}.notDeleted(err).Detail()
	for _, want := range []string{"  staging:    100% " + released + " (deployment ", "  production: 100% " + released, "create_before_destroy", "set retain"} {
		if !strings.Contains(words, want) {
			t.Errorf("the error does not say %q:\n%s", want, words)
		}
	}
}

// TestStaleLookIsNotBelieved lets GetRoutine show the former split for a while, as after a deployment of the same apply.
func TestStaleLookIsNotBelieved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.AddCodeVersion(testRoutine, unused)
	b.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale, Times: 3})
	b.Deploy(testRoutine, esasim.Production, esasim.Share{CodeVersion: unused, Percentage: 100})
	if err := b.remove(context.Background(), released); err != nil {
		t.Fatal(err)
	}
	if b.has(released) {
		t.Error("the version is still there")
	}
}

// TestRefusalThatNoEnvironmentShows has ESA refuse while GetRoutine shows nothing that serves the version.
func TestRefusalThatNoEnvironmentShows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		times   int
		deleted bool
	}{{esa.ReadsAfterWrite - 1, true}, {0, false}} {
		b := newBench(t)
		b.AddCodeVersion(testRoutine, unused)
		b.Inject(esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError, Status: 400, Code: "DependedByOthers", Times: test.times})
		err := b.remove(context.Background(), unused)
		if (err == nil) != test.deleted || b.has(unused) == test.deleted {
			t.Errorf("refused %d times: %v; still there: %t", test.times, err, b.has(unused))
		}
		if err != nil {
			words := resourceModel{}.notDeleted(err).Detail()
			if !strings.Contains(words, "no environment serves it") || !strings.Contains(words, "DependedByOthers") {
				t.Errorf("the error says:\n%s", words)
			}
		}
	}
}

func TestWhatIsGoneIsDeleted(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*bench){
		"deleted by someone else": func(b *bench) { b.RemoveCodeVersion(testRoutine, unused) },
		"routine deleted":         func(b *bench) { b.RemoveRoutine(testRoutine) },
		"answer lost": func(b *bench) {
			b.Inject(esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ResetAfter, Times: 1})
		},
		"answer lost, unclear code": func(b *bench) {
			b.Inject(esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ResetAfter, Times: 1},
				esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError, Status: 400, Code: "InvalidParameter", Times: 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.AddCodeVersion(testRoutine, unused)
			prepare(b)
			if err := b.remove(context.Background(), unused); err != nil || b.has(unused) {
				t.Errorf("removal = %v; still there: %t", err, b.has(unused))
			}
		})
	}
}

func TestRefusalOfAVersionThatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.AddCodeVersion(testRoutine, unused)
	b.Inject(esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError, Status: 400, Code: "InvalidParameter"})
	if err := b.remove(context.Background(), unused); !esa.HasCode(err, "InvalidParameter") {
		t.Errorf("removal = %v, want ESA's refusal: the version is still there", err)
	}
}

// TestVersionIsLeftToItsEnvironments forgets deployments of which all or only some serve the version.
func TestVersionIsLeftToItsEnvironments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		left []string
		kept bool
	}{
		"all":                      {[]string{esasim.Staging, esasim.Production}, true},
		"one of them":              {[]string{esasim.Staging}, false},
		"none":                     {[]string{}, false},
		"of a version never shown": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.Deploy(testRoutine, esasim.Staging, esasim.Share{CodeVersion: released, Percentage: 100})
			removed := removal{client: b.client, routine: testRoutine, codeVersion: released}
			if test.left != nil {
				removed.record = new(run.Record)
			}
			for _, environment := range test.left {
				removed.record.Left.Set(esa.Target{Routine: testRoutine, Environment: environment}, "4711")
			}
			err := removed.run(context.Background())
			var served *servedError
			if !errors.As(err, &served) || served.left != test.kept || !b.has(released) {
				t.Errorf("removal = %v; still there: %t", err, b.has(released))
			}
		})
	}
}

// TestUnreadableRefusal has something else than ESA answer a deletion: a read tells that the version is gone, so that ESA is not
// asked again. A refusal by ESA itself is believed without one.
func TestUnreadableRefusal(t *testing.T) {
	t.Parallel()
	for fault, reads := range map[esasim.Fault]int{esasim.HTMLAnswer: 1, esasim.ChosenError: 0} {
		b := newBench(t)
		b.AddCodeVersion(testRoutine, unused)
		b.Inject(esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: fault})
		err := b.remove(context.Background(), unused)
		if asked, read := b.Count("DeleteRoutineCodeVersion"), b.Count("GetRoutineCodeVersionInfo"); (err == nil) != (fault == esasim.HTMLAnswer) || asked != 1 || read != reads {
			t.Errorf("%s: removal = %v after %d attempts and %d reads of the version, want 1 and %d", fault, err, asked, read, reads)
		}
	}
}
