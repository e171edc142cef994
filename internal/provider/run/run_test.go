package run_test

import (
	"testing"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/split"
)

func all(codeVersion string) split.Entries {
	return split.Entries{split.KnownEntry(split.Share{CodeVersion: codeVersion, Percentage: 100})}
}

func TestPlanSplit(t *testing.T) {
	t.Parallel()
	production := esa.Target{Routine: "hello", Environment: "production"}
	record := new(run.Record)
	plan := func(planned split.Entries, instead string, want string) {
		t.Helper()
		conflicting := record.PlanSplit(production, planned, instead)
		if got := conflicting.String(); (conflicting != nil || want != "") && got != want {
			t.Errorf("plan of %s after %q: conflicts with %q, want %q", planned, instead, got, want)
		}
	}
	plan(all("1"), "", "")
	plan(all("1"), "", "")
	if conflicting := record.PlanSplit(esa.Target{Routine: "hello", Environment: "staging"}, all("2"), ""); conflicting != nil {
		t.Errorf("another environment conflicts with %s", conflicting)
	}
	plan(all("2"), "", "100% 1")

	record = new(run.Record)
	plan(all("1"), "", "")
	// The second plan of a replacement takes the place of its first, and of no other resource's plan.
	plan(all("2"), "100% 1", "")
	plan(all("3"), "100% 1", "100% 2")
}

func TestNotes(t *testing.T) {
	t.Parallel()
	var notes run.Notes[string, int]
	if value, noted := notes.Get("a"); value != 0 || noted {
		t.Errorf("of nothing: %d, %t", value, noted)
	}
	notes.Set("a", 1)
	notes.Set("a", 2)
	if value, noted := notes.Get("a"); value != 2 || !noted || notes.Of("a") != 2 || notes.Of("b") != 0 {
		t.Errorf("of a: %d, %t", value, noted)
	}
	notes.Delete("a")
	if _, noted := notes.Get("a"); noted {
		t.Error("a deleted note is there")
	}
}
