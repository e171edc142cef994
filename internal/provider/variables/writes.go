package variables

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"terraform-provider-esa/internal/esa"
)

// change changes the variables of one environment to a goal.
type change struct {
	client       *esa.Client
	routine, env string
	goal         set
	// secrets are the values of the secrets to send, by name.
	secrets map[string]string
	// before is the set that the plan starts from, nil for a create until its first read.
	before *set
	// overwrite permits a create to change and delete the variables of its first read.
	overwrite bool
	// seen is the set of the last read. wrote is set after the first attempt to change it. sent counts the attempts to send the
	// secrets.
	seen  set
	wrote bool
	sent  int
}

// read lists the variables.
func (c *change) read(ctx context.Context, _ time.Duration) (set, error) {
	seen, err := readSet(ctx, c.client, c.routine, c.env)
	if err != nil {
		return set{}, err
	}
	c.seen = *seen
	return c.seen, nil
}

// permitted returns an error if someone else has changed a variable since the plan. Effects of this change do not count.
func (c *change) permitted(seen set) error {
	if c.before == nil {
		if existing := seen.overwritten(c.goal); len(existing) > 0 && !c.overwrite {
			return &existsError{keys: existing}
		}
		c.before = &seen
	}
	foreign := seen.foreign(*c.before, c.goal)
	for _, key := range seen.times.changed(c.before.times) {
		if _, own := c.secrets[key]; !own || c.sent == 0 {
			foreign = append(foreign, key)
		}
	}
	if len(foreign) > 0 {
		slices.Sort(foreign)
		return &changedError{keys: foreign}
	}
	return nil
}

// secretTimes returns the times of the secrets after the change. A sent secret has none if the last read may not show it yet.
func (c *change) secretTimes() times {
	known := maps.Clone(c.seen.times)
	for key := range c.secrets {
		if c.sent > 1 || c.sent == 1 && c.before.times[key] == known[key] {
			delete(known, key)
		}
	}
	return known
}

// run makes the change. A late answer may hide a part of it, which a second pass makes.
func (c *change) run(ctx context.Context) error {
	err := c.pass(ctx)
	_, failed := errors.AsType[*failedKeysError](err)
	_, hidden := errors.AsType[*notShownError](err)
	if failed || hidden {
		return c.pass(ctx)
	}
	return err
}

// pass deletes variables that are not in the goal, sets those that differ, and waits until ESA returns them. It deletes first, because
// the number of variables of an environment is limited.
func (c *change) pass(ctx context.Context) error {
	mayDelete := c.before == nil || len(c.before.surplus(c.goal)) > 0
	if mayDelete {
		if err := c.delete(ctx); err != nil && !errors.Is(err, errNothingToDelete) {
			return err
		}
		if len(c.due(c.seen)) == 0 {
			return nil
		}
	}
	if err := c.set(ctx); err != nil {
		return err
	}
	shown, err := c.client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		seen, err := c.read(ctx, 0)
		return seen.equal(c.goal), err
	})
	if err == nil && !shown {
		err = &notShownError{keys: c.seen.foreign(c.goal, c.goal)}
	}
	return err
}

// errNothingToDelete ends the deletion of a create without surplus variables.
var errNothingToDelete = errors.New("nothing to delete")

func (c *change) delete(ctx context.Context) error {
	written, err := esa.Guard(ctx, c.client, esa.Write[set]{
		Operation: "DeleteRoutineEnvironmentVariables",
		Target:    esa.Target{Routine: c.routine, Environment: c.env},
		Serial:    "routine " + c.routine,
		Read: func(ctx context.Context, maxAge time.Duration) (set, error) {
			seen, err := c.read(ctx, maxAge)
			if err == nil && c.before == nil && len(seen.surplus(c.goal)) == 0 {
				err = errNothingToDelete
			}
			return seen, err
		},
		Judge: func(seen set, _ *set) (esa.Verdict, error) {
			if err := c.permitted(seen); err != nil {
				return esa.Conflicting, err
			}
			if len(seen.surplus(c.goal)) == 0 {
				return esa.Achieved, nil
			}
			return esa.Permitted, nil
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			c.wrote = true
			// A key that ESA does not confirm may not have existed. The next read shows it.
			_, err := c.client.DeleteRoutineEnvironmentVariables(ctx, slot, c.routine, c.env, c.seen.surplus(c.goal))
			return err
		},
	})
	if err != nil || !written.Sent {
		return err
	}
	_, err = c.client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		seen, err := c.read(ctx, 0)
		return len(seen.surplus(c.goal)) == 0, err
	})
	if remaining := c.seen.surplus(c.goal); err == nil && len(remaining) > 0 {
		return &failedKeysError{verb: "delete", keys: remaining}
	}
	return err
}

func (c *change) set(ctx context.Context) error {
	var failed []string
	_, err := esa.Guard(ctx, c.client, esa.Write[set]{
		Operation: "SetRoutineEnvironmentVariables",
		Target:    esa.Target{Routine: c.routine, Environment: c.env},
		Serial:    "routine " + c.routine,
		Read:      c.read,
		Judge: func(seen set, _ *set) (esa.Verdict, error) {
			if err := c.permitted(seen); err != nil {
				return esa.Conflicting, err
			}
			if len(c.due(seen)) == 0 {
				return esa.Achieved, nil
			}
			return esa.Permitted, nil
		},
		Send: func(ctx context.Context, slot *esa.Slot) (err error) {
			c.wrote = true
			c.sent++
			failed, err = c.client.SetRoutineEnvironmentVariables(ctx, slot, c.routine, c.env, c.due(c.seen))
			return err
		},
	})
	if err == nil && len(failed) > 0 {
		return &failedKeysError{verb: "set", keys: failed}
	}
	return err
}

// due returns the variables to set: plain ones that differ, and all secrets to send, because their values cannot be compared.
func (c *change) due(seen set) (due []esa.EnvironmentVariable) {
	for _, key := range slices.Sorted(maps.Keys(c.goal.plain)) {
		if seen.entry(key) != c.goal.entry(key) {
			due = append(due, esa.EnvironmentVariable{Key: key, Type: esa.VariablePlain, Value: c.goal.plain[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.secrets)) {
		due = append(due, esa.EnvironmentVariable{Key: key, Type: esa.VariableSecret, Value: c.secrets[key]})
	}
	return due
}

// existsError means that a create would change or delete existing variables.
type existsError struct {
	keys []string
}

func (e *existsError) Error() string {
	return "there are variables already: " + strings.Join(e.keys, ", ")
}

// changedError means that someone else has changed variables since the plan.
type changedError struct {
	keys []string
}

func (e *changedError) Error() string {
	return "changed since it was planned: " + strings.Join(e.keys, ", ")
}

// failedKeysError has the variables that ESA did not change. ESA gives no reason.
type failedKeysError struct {
	verb string
	keys []string
}

func (e *failedKeysError) Error() string {
	return "ESA did not " + e.verb + " " + strings.Join(e.keys, ", ")
}

// notShownError means that ESA accepted the variables and returns others.
type notShownError struct {
	keys []string
}

func (e *notShownError) Error() string {
	return "ESA accepted the variables and does not show them: " + strings.Join(e.keys, ", ")
}
