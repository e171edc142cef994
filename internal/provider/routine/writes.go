package routine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terraform-provider-esa/internal/esa"
)

const (
	// looksAtConflict is how often a routine that stands in the way of a create must be seen before that is believed:
	// shortly after a deletion, GetRoutine may still show it.
	looksAtConflict = 3
	// looksAfterWrite is how often GetRoutine may show what was before a write that ESA has answered until it is taken
	// at its word. With the default pauses that is about 15 seconds.
	looksAfterWrite = 8
	// clockTolerance is how far this machine's clock may be off: ESA refuses signatures beyond it.
	clockTolerance = 15 * time.Minute
)

// creation makes a routine, or stops.
type creation struct {
	client      *esa.Client
	name        string
	description string

	// answered is called as soon as ESA has answered that it made the routine.
	answered func()
}

// run makes the routine, and returns it as soon as ESA shows it. Where the answer to the call was lost, it finds out
// whether the routine is there and can only come from that call.
func (c *creation) run(ctx context.Context) (*esa.Routine, error) {
	var (
		started = time.Now()
		lost    bool
		adopted *esa.Routine
	)
	err := c.client.Retry(ctx, func(int) error {
		existing, err := c.lookBeforeWrite(ctx, lost)
		if err != nil {
			return err
		}
		if existing == nil {
			err = c.client.CreateRoutine(ctx, esa.CreateRoutineInput{Name: c.name, Description: c.description})
			lost = lost || mayHaveTakenEffect(err)
			if !esa.IsRoutineTaken(err) {
				return err
			}
			if !lost {
				return &existsError{}
			}
			// The lost call made it after all, or somebody else was faster; what it looks like tells.
			if existing, err = awaitRoutine(ctx, c.client, c.name); err != nil {
				return err
			}
		}
		if !lost || !c.isOurs(existing, started) {
			return &existsError{existing: existing}
		}
		adopted = existing
		return nil
	})
	var exists *existsError
	switch {
	case errors.As(err, &exists) || err == nil && adopted != nil:
		return adopted, err
	case err != nil && lost:
		return nil, &unsettledError{cause: err}
	case err != nil:
		return nil, err
	}
	c.answered()
	made, err := awaitRoutine(ctx, c.client, c.name)
	if err == nil && !says(made.Description, c.description) {
		made, err = awaitDescription(ctx, c.client, c.name, c.description)
	}
	if err != nil {
		return nil, &notSeenError{cause: err}
	}
	return made, nil
}

// lookBeforeWrite returns the routine of this name, nil where there is none.
func (c *creation) lookBeforeWrite(ctx context.Context, lost bool) (existing *esa.Routine, err error) {
	looks := 0
	err = c.client.Poll(ctx, func() (bool, error) {
		looks++
		existing, err = c.client.GetRoutine(ctx, c.name)
		if esa.IsRoutineMissing(err) {
			existing, err = nil, nil
		}
		return existing == nil || lost || looks >= looksAtConflict, err
	})
	return existing, err
}

// isOurs tells whether a routine that was not there before can come from this create: it says and serves what a new
// routine does, and is not older than the create.
func (c *creation) isOurs(existing *esa.Routine, started time.Time) bool {
	made, err := time.Parse(time.RFC3339, existing.CreateTime)
	older := err == nil && made.Before(started.Add(-clockTolerance))
	return !older && len(existing.Deployments) == 0 && says(existing.Description, c.description)
}

// describe changes the description of a routine. Where the answer was lost, it looks before it repeats the call, so that
// what somebody else wrote meanwhile is not overwritten without need.
func describe(ctx context.Context, client *esa.Client, name, description string) error {
	lost := false
	return client.Retry(ctx, func(int) error {
		if lost {
			routine, err := client.GetRoutine(ctx, name)
			if err != nil {
				return err
			}
			if says(routine.Description, description) {
				return nil
			}
		}
		err := client.UpdateRoutineConfigDescription(ctx, name, description)
		lost = lost || mayHaveTakenEffect(err)
		return err
	})
}

// remove deletes a routine, made at createTime, and waits until ESA does not show it any more. That it is gone already is
// as good. Where the answer was lost, it looks before it repeats the call: a routine that somebody has made anew
// meanwhile is not the one to delete.
func remove(ctx context.Context, client *esa.Client, name, createTime string) error {
	isGone := func() (bool, error) {
		routine, err := client.GetRoutine(ctx, name)
		if esa.IsRoutineMissing(err) {
			return true, nil
		}
		return err == nil && createTime != "" && routine.CreateTime != createTime, err
	}
	lost := false
	err := client.Retry(ctx, func(int) error {
		if lost {
			if gone, err := isGone(); gone || err != nil {
				return err
			}
		}
		err := client.DeleteRoutine(ctx, name)
		if esa.IsRoutineMissing(err) {
			return nil
		}
		lost = lost || mayHaveTakenEffect(err)
		return err
	})
	if err != nil {
		return err
	}
	// ESA has answered. Seeing it gone only keeps a create of the same name from stumbling over its remains, so what goes
	// wrong here is no failure.
	looks := 0
	_ = client.Poll(ctx, func() (bool, error) {
		looks++
		gone, err := isGone()
		return gone || looks >= looksAfterWrite, err
	})
	return nil
}

// awaitRoutine returns a routine that ESA has answered to be there, once GetRoutine shows it.
func awaitRoutine(ctx context.Context, client *esa.Client, name string) (routine *esa.Routine, err error) {
	err = client.Poll(ctx, func() (bool, error) {
		routine, err = client.GetRoutine(ctx, name)
		if esa.IsRoutineMissing(err) {
			return false, nil
		}
		return true, err
	})
	return routine, err
}

// awaitDescription returns a routine once GetRoutine shows it with the description that ESA has taken, or with another
// one so often that it can not be a late answer.
func awaitDescription(ctx context.Context, client *esa.Client, name, description string) (routine *esa.Routine, err error) {
	looks := 0
	err = client.Poll(ctx, func() (bool, error) {
		looks++
		routine, err = client.GetRoutine(ctx, name)
		if esa.IsRoutineMissing(err) && looks < looksAfterWrite {
			return false, nil
		}
		return looks >= looksAfterWrite || err == nil && says(routine.Description, description), err
	})
	return routine, err
}

func mayHaveTakenEffect(err error) bool {
	var failure *esa.Error
	return errors.As(err, &failure) && failure.MayHaveTakenEffect()
}

// existsError stops a create because the name is in use.
type existsError struct {
	// existing is nil where it is known by ESA's refusal alone.
	existing *esa.Routine
}

func (e *existsError) Error() string {
	return "there is a routine of this name already"
}

// unsettledError ends a create of which it is not known whether it took effect.
type unsettledError struct {
	cause error
}

func (e *unsettledError) Error() string {
	return fmt.Sprintf("it is not known whether the routine was made: %v", e.cause)
}

func (e *unsettledError) Unwrap() error {
	return e.cause
}

// notSeenError says that ESA has made a routine which it then did not show.
type notSeenError struct {
	cause error
}

func (e *notSeenError) Error() string {
	return fmt.Sprintf("the routine was made but not seen: %v", e.cause)
}

func (e *notSeenError) Unwrap() error {
	return e.cause
}
