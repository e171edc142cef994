package routine

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"terraform-provider-esa/internal/esa"
)

// clockTolerance is how far this machine's clock may be off: ESA refuses signatures beyond it.
const clockTolerance = 15 * time.Minute

// create creates a routine, or stops. What ESA shows of it is still to be awaited where it has answered that it did.
func create(ctx context.Context, client *esa.Client, name, description string) (written esa.Written[*esa.Routine], err error) {
	started := time.Now()
	written, err = esa.Guard(ctx, client, esa.Write[*esa.Routine]{
		Operation: "CreateRoutine",
		Target:    esa.Target{Routine: name},
		Read: func(ctx context.Context, maxAge time.Duration) (*esa.Routine, error) {
			return client.FindRoutine(ctx, name, maxAge)
		},
		Judge: func(existing *esa.Routine, over **esa.Routine) (esa.Verdict, error) {
			switch {
			case existing == nil:
				return esa.Permitted, nil
			case over != nil && mayBeNew(existing, description, started):
				return esa.Achieved, nil
			default:
				return esa.Conflicting, &existsError{existing: existing}
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			return client.CreateRoutine(ctx, slot, name, description)
		},
		// The call without an answer may have created it, or someone else was faster; what it looks like tells.
		IsConflict: func(err error, unanswered bool) bool { return unanswered && esa.IsTaken(err) },
	})
	if esa.IsTaken(err) && !written.Unanswered {
		err = &existsError{}
	}
	return written, err
}

// mayBeNew tells whether a routine can come from an attempt to create it that began at a time: it says and serves what a new
// routine does, and is not older.
func mayBeNew(routine *esa.Routine, description string, began time.Time) bool {
	created, err := time.Parse(time.RFC3339, routine.CreateTime)
	older := err == nil && created.Before(began.Add(-clockTolerance))
	return !older && len(routine.Deployments) == 0 && routine.Description.Is(description)
}

// baseline is what the plan of a change or a deletion was made from.
type baseline struct {
	// createTime tells the routine from one of the same name that was created later; empty if ESA
	// has not shown it yet.
	createTime string
	// description is its description.
	description string
	// deployments are the ids of what it serves, by environment.
	deployments map[string]string
}

// isAnother tells whether there is no evidence that a routine is the planned one. The state does not know when a routine
// was created that ESA accepted and never showed, until the next refresh.
func (b baseline) isAnother(seen *esa.Routine) bool {
	return !sameTime(b.createTime, seen.CreateTime)
}

// sameTime tells whether two times of ESA are the same, whether they come with fractions of a second or without.
func sameTime(a, b string) bool {
	first, second, ok := esa.Times(a, b)
	if !ok {
		return a == b
	}
	return first.Truncate(time.Second).Equal(second.Truncate(time.Second))
}

// describe changes the description of a routine.
func describe(ctx context.Context, client *esa.Client, name, description string, before baseline) error {
	_, err := esa.Guard(ctx, client, esa.Write[*esa.Routine]{
		Operation: "UpdateRoutineConfigDescription",
		Target:    esa.Target{Routine: name},
		Read: func(ctx context.Context, maxAge time.Duration) (*esa.Routine, error) {
			return client.GetRoutine(ctx, name, maxAge)
		},
		Judge: func(seen *esa.Routine, _ **esa.Routine) (esa.Verdict, error) {
			switch {
			case before.isAnother(seen):
				return esa.Conflicting, &changedError{before: before, seen: seen}
			case seen.Description.Is(description):
				return esa.Achieved, nil
			case !seen.Description.Is(before.description):
				return esa.Conflicting, &changedError{before: before, seen: seen}
			default:
				return esa.Permitted, nil
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			return client.UpdateRoutineConfigDescription(ctx, slot, name, description)
		},
	})
	return err
}

// remove deletes a routine, and waits until ESA does not show it any more. That it is gone already is as good. One that
// was created anew, or that serves what it did not serve when the deletion was planned, stays.
func remove(ctx context.Context, client *esa.Client, name string, before baseline) error {
	written, err := esa.Guard(ctx, client, esa.Write[*esa.Routine]{
		Operation: "DeleteRoutine",
		Target:    esa.Target{Routine: name},
		Read: func(ctx context.Context, maxAge time.Duration) (*esa.Routine, error) {
			return client.FindRoutine(ctx, name, maxAge)
		},
		Judge: func(seen *esa.Routine, over **esa.Routine) (esa.Verdict, error) {
			switch {
			case seen == nil, over != nil && !sameTime((*over).CreateTime, seen.CreateTime):
				return esa.Achieved, nil
			case before.isAnother(seen) || !before.serves(seen):
				return esa.Conflicting, &changedError{before: before, seen: seen}
			default:
				return esa.Permitted, nil
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			err := client.DeleteRoutine(ctx, slot, name)
			if esa.IsRoutineMissing(err) {
				return nil
			}
			return err
		},
	})
	if err != nil || !written.Sent {
		return err
	}
	// Seeing it gone only keeps a create of the same name from stumbling over its remains, so an error here
	// is ignored.
	_, _ = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		seen, err := client.FindRoutine(ctx, name, 0)
		return err == nil && (seen == nil || before.isAnother(seen)), err
	})
	return nil
}

// serves tells whether a routine serves nothing but what it served when planned.
func (b baseline) serves(seen *esa.Routine) bool {
	for _, deployment := range seen.Deployments {
		if b.deployments[deployment.Environment] != deployment.ID {
			return false
		}
	}
	return true
}

// awaitDescription returns a routine once GetRoutine shows it with the description that ESA has accepted, or with another
// one so often that it can not be a late answer.
func awaitDescription(ctx context.Context, client *esa.Client, name, description string) (routine *esa.Routine, err error) {
	_, err = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		routine, err = client.FindRoutine(ctx, name, 0)
		if routine == nil {
			return false, cmp.Or(err, esa.ErrReadAgain)
		}
		return routine.Description.Is(description), err
	})
	return routine, err
}

// existsError stops a create because the name is in use.
type existsError struct {
	// existing is nil if it is known only by ESA's refusal.
	existing *esa.Routine
}

func (e *existsError) Error() string {
	return "there is a routine of this name already"
}

// changedError stops a change or a deletion of a routine that is not what was planned.
type changedError struct {
	before baseline
	seen   *esa.Routine
	// written is set where it changed in the very moment of the write.
	written bool
}

func (e *changedError) Error() string {
	return fmt.Sprintf("routine %q has changed since it was planned", e.seen.Name)
}
