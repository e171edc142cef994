package routine

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"terraform-provider-esa/internal/esa"
)

// clockTolerance is the maximum error of this machine's clock: ESA refuses signatures beyond it.
const clockTolerance = 15 * time.Minute

// create creates a routine. If written.Sent is set, ESA may return the routine only later.
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
		// The unanswered call may have created it, or someone else. Judge compares its description and deployments.
		IsConflict: func(err error, unanswered bool) bool { return unanswered && esa.IsTaken(err) },
	})
	if esa.IsTaken(err) && !written.Unanswered {
		err = &existsError{}
	}
	return written, err
}

// mayBeNew reports whether an attempt that began at a time may have created a routine: it has the description, no deployments,
// and is not older.
func mayBeNew(routine *esa.Routine, description string, began time.Time) bool {
	created, err := time.Parse(time.RFC3339, routine.CreateTime)
	older := err == nil && created.Before(began.Add(-clockTolerance))
	return !older && len(routine.Deployments) == 0 && routine.Description.Is(description)
}

// baseline is the routine that a change or a deletion was planned for.
type baseline struct {
	// createTime distinguishes it from a later routine with the same name. It is empty if ESA has not returned it yet.
	createTime string
	// description is its description.
	description string
	// deployments are the ids of its deployments, by environment.
	deployments map[string]string
}

// isAnother reports whether a routine may be another one than planned. Until the next refresh, the state has no creation time for
// a routine that ESA accepted and did not return.
func (b baseline) isAnother(seen *esa.Routine) bool {
	return !sameTime(b.createTime, seen.CreateTime)
}

// sameTime reports whether two times of ESA are equal, apart from fractions of a second.
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

// remove deletes a routine, and waits until ESA does not return it any more. It succeeds if the routine does not exist. It does
// not delete a recreated routine, or one with other deployments than planned.
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
	// The wait only helps a later create with the same name, so errors are ignored.
	_, _ = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		seen, err := client.FindRoutine(ctx, name, 0)
		return err == nil && (seen == nil || before.isAnother(seen)), err
	})
	return nil
}

// serves reports whether a routine has no other deployments than planned.
func (b baseline) serves(seen *esa.Routine) bool {
	for _, deployment := range seen.Deployments {
		if b.deployments[deployment.Environment] != deployment.ID {
			return false
		}
	}
	return true
}

// awaitDescription returns a routine as soon as GetRoutine returns it with the accepted description, or with another one so often
// that the answer cannot be late.
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

// existsError means that the name of a new routine is in use.
type existsError struct {
	// existing is nil if only ESA's refusal is known.
	existing *esa.Routine
}

func (e *existsError) Error() string {
	return "there is a routine of this name already"
}

// changedError means that a routine differs from the plan of a change or a deletion.
type changedError struct {
	before baseline
	seen   *esa.Routine
	// written is set if it changed at the moment of the write.
	written bool
}

func (e *changedError) Error() string {
	return fmt.Sprintf("routine %q has changed since it was planned", e.seen.Name)
}
