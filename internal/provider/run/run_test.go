package run_test

import (
	"testing"

	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/split"
)

func all(codeVersion string) split.Entries {
	return split.EntriesOf(split.Observed(split.Share{CodeVersion: codeVersion, Percentage: 100}))
}

func TestPlanSplit(t *testing.T) {
	t.Parallel()
	production := run.Environment{Routine: "hello", Name: "production"}
	record := run.NewRecord()
	plan := func(planned split.Entries, instead string, want string) {
		t.Helper()
		conflicting := record.PlanSplit(production, planned, instead)
		if got := conflicting.String(); (conflicting != nil || want != "") && got != want {
			t.Errorf("plan of %s after %q: conflicts with %q, want %q", planned, instead, got, want)
		}
	}
	plan(all("1"), "", "")
	plan(all("1"), "", "")
	if conflicting := record.PlanSplit(run.Environment{Routine: "hello", Name: "staging"}, all("2"), ""); conflicting != nil {
		t.Errorf("another environment conflicts with %s", conflicting)
	}
	plan(all("2"), "", "100% 1")

	record = run.NewRecord()
	plan(all("1"), "", "")
	// The second plan of a replacement takes the place of its first, and of no other resource's plan.
	plan(all("2"), "100% 1", "")
	plan(all("3"), "100% 1", "100% 2")
}

func TestARecordOfNothing(t *testing.T) {
	t.Parallel()
	var record *run.Record
	record.PlanRoutine("hello")
	if _, found := record.OutsideChange(run.Environment{}); found || record.PlansRoutine("hello") || record.PlanSplit(run.Environment{}, all("1"), "") != nil {
		t.Error("a nil record remembers something")
	}
}
