package esa_test

import (
	"errors"
	"fmt"
	"testing"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestRoutineWrites goes through the life of a routine, an empty description included, which the SDK would leave out.
func TestRoutineWrites(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t, esasim.WithPlainDescriptions())
	client := newClient(t, simulator.URL)
	describedAs := func(want string) {
		t.Helper()
		found, err := client.GetRoutine(t.Context(), "new", 0)
		if err != nil || found.Description.Text() != want {
			t.Fatalf("GetRoutine: %+v and %v, want the description %q", found, err, want)
		}
	}
	if err := client.CreateRoutine(t.Context(), client.TakeSlot(), "new", "a + b & c = ü"); err != nil {
		t.Fatal(err)
	}
	describedAs("a + b & c = ü")
	if err := client.CreateRoutine(t.Context(), client.TakeSlot(), "new", ""); !esa.IsTaken(err) {
		t.Errorf("a second routine of the name: %v, want that the name is taken", err)
	}
	for _, description := range []string{"other", ""} {
		if err := client.UpdateRoutineConfigDescription(t.Context(), client.TakeSlot(), "new", description); err != nil {
			t.Fatal(err)
		}
		describedAs(description)
	}
	if err := client.DeleteRoutine(t.Context(), client.TakeSlot(), "new"); err != nil {
		t.Fatal(err)
	}
	if err := client.DeleteRoutine(t.Context(), client.TakeSlot(), "new"); !esa.IsRoutineMissing(err) {
		t.Errorf("a second deletion: %v, want that there is no such routine", err)
	}
}

// TestRoutineWritesAreNotRepeated leaves it to the caller to read before another attempt.
func TestRoutineWritesAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []string{`"Pending"`, `false`} {
		simulator := simulate(t)
		simulator.Inject(esasim.Rule{Operation: "DeleteRoutine", Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","Status":` + status + `}`})
		client := newClient(t, simulator.URL)
		err := client.DeleteRoutine(t.Context(), client.TakeSlot(), routine)
		var failure *esa.Error
		if !errors.As(err, &failure) || !failure.MayHaveTakenEffect() || !failure.Retryable() {
			t.Errorf("Status %s: %v, want an error that may have taken effect", status, err)
		}
		if calls := simulator.Count("DeleteRoutine"); calls != 1 {
			t.Errorf("Status %s: %d calls, want 1", status, calls)
		}
	}
}

// TestListThatNeverSettles is given up after a few readings: it is better to list what is known than to list for ever.
func TestListThatNeverSettles(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t)
	for index := range 30 {
		simulator.AddRoutine(fmt.Sprintf("routine-%d", index))
	}
	made := 30
	simulator.Inject(esasim.Rule{Operation: "ListUserRoutines", Fault: esasim.NoFault, Then: func() {
		simulator.AddRoutine(fmt.Sprintf("routine-%d", made))
		made++
	}})
	list, err := newClient(t, simulator.URL).ListUserRoutines(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if calls := simulator.Count("ListUserRoutines"); calls != 6 || len(list.Known) != 35 || list.Total != 35 || list.Complete || list.Truncated {
		t.Errorf("%d routines of %d in %d calls, complete: %t, want 35 of 35 in 3 readings of 2 pages, not complete", len(list.Known), list.Total, calls, list.Complete)
	}
}
