package esa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The values of [EnvironmentVariable.Type].
const (
	// VariablePlain is the type of a variable with a readable value.
	VariablePlain = "plain_text"
	// VariableSecret is the type of a variable with a secret value, which this client never returns.
	VariableSecret = "secret_text"
)

// EnvironmentVariable is one variable of one environment of a routine.
type EnvironmentVariable struct {
	// Key is its name.
	Key string
	// Type is [VariablePlain] or [VariableSecret].
	Type string
	// Value is its value. It is empty for a listed secret.
	Value string
	// UpdatedAt is when it was last set, in the format of the ESA API (RFC 3339), if ESA returns it. Only this shows that someone
	// else changed a secret.
	UpdatedAt string
}

// String formats the variable without the value of a secret.
func (v EnvironmentVariable) String() string {
	if v.Type == VariableSecret {
		return v.Key + " (secret)"
	}
	return fmt.Sprintf("%s=%q", v.Key, v.Value)
}

// GoString is String, so that no verb of package fmt shows a secret.
func (v EnvironmentVariable) GoString() string {
	return v.String()
}

type setRoutineEnvironmentVariablesResponse struct {
	answer
	SetKeys []string
}

// SetRoutineEnvironmentVariables makes or replaces the variables named and leaves the others as they are. It makes one attempt,
// like [Client.CreateRoutine]; another one does no harm. ESA may set some and not others, without a reason: failed holds the keys
// that it did not set, in the order of the variables.
//
// The values are part of what is signed, which ESA repeats in the message of some errors. So an error of this operation has no
// message, only what is known not to be an echo; see [conceal].
func (c *Client) SetRoutineEnvironmentVariables(ctx context.Context, slot *Slot, routine, environment string, variables []EnvironmentVariable) (failed []string, err error) {
	type value struct{ Type, Value string }
	values := map[string]value{}
	for _, variable := range variables {
		values[variable.Key] = value{variable.Type, variable.Value}
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return nil, errors.New("writing EnvironmentVariables as JSON failed")
	}
	failed, err = once(ctx, c, slot, variablesCall("SetRoutineEnvironmentVariables", routine, environment, parameters{"EnvironmentVariables": string(encoded)}),
		func(response *setRoutineEnvironmentVariablesResponse) ([]string, error) {
			if response.SetKeys == nil {
				return nil, errors.New("it has no SetKeys")
			}
			return missingKeys(variables, response.SetKeys), nil
		})
	conceal(err)
	return failed, err
}

// variablesCall is an operation on the variables of an environment, with more parameters than the routine and the environment.
func variablesCall(operation, routine, environment string, more parameters) call {
	more["Name"], more["Env"] = routine, environment
	return call{operation: operation, target: Target{Routine: routine, Environment: environment}, parameters: more}
}

func missingKeys(variables []EnvironmentVariable, done []string) []string {
	var missing []string
	for _, variable := range variables {
		if !slices.Contains(done, variable.Key) {
			missing = append(missing, variable.Key)
		}
	}
	return missing
}

type deleteRoutineEnvironmentVariablesResponse struct {
	answer
	DeletedKeys []string
	FailedKeys  []string
}

// DeleteRoutineEnvironmentVariables deletes the variables named. It makes one attempt, like [Client.CreateRoutine]; another one
// does no harm. Unsure holds the keys of which ESA does not say that it deleted them: that can mean that they were not there,
// which [Client.ListRoutineEnvironmentVariables] tells.
func (c *Client) DeleteRoutineEnvironmentVariables(ctx context.Context, slot *Slot, routine, environment string, keys []string) (unsure []string, err error) {
	encoded, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("writing EnvironmentVariableKeys as JSON: %w", err)
	}
	return once(ctx, c, slot, variablesCall("DeleteRoutineEnvironmentVariables", routine, environment, parameters{"EnvironmentVariableKeys": string(encoded)}),
		func(response *deleteRoutineEnvironmentVariablesResponse) ([]string, error) {
			var unsure []string
			for _, key := range keys {
				if slices.Contains(response.FailedKeys, key) || !slices.Contains(response.DeletedKeys, key) {
					unsure = append(unsure, key)
				}
			}
			return unsure, nil
		})
}

// variablePages has pages of the size that the vendor's command line asks for; how large ESA's are at most is not documented.
// They are more than enough: an environment has 50 variables at most.
var variablePages = pages[EnvironmentVariable]{
	what: "variables", size: 50, count: 50,
	key: func(variable EnvironmentVariable) string { return variable.Key },
}

type listRoutineEnvironmentVariablesResponse struct {
	counted

	EnvironmentVariables map[string]struct {
		Type      string
		Value     *string
		UpdatedAt string
	}
}

// ListRoutineEnvironmentVariables returns the variables of an environment, by key. Secrets have no value.
func (c *Client) ListRoutineEnvironmentVariables(ctx context.Context, routine, environment string) (*List[EnvironmentVariable], error) {
	call := variablesCall("ListRoutineEnvironmentVariables", routine, environment, parameters{})
	list, err := listAll(ctx, c, call, variablePages, (*listRoutineEnvironmentVariablesResponse).variables)
	if err != nil {
		conceal(err)
		return nil, err
	}
	slices.SortFunc(list.Known, func(a, b EnvironmentVariable) int { return cmp.Compare(a.Key, b.Key) })
	return list, nil
}

func (r *listRoutineEnvironmentVariablesResponse) variables() ([]EnvironmentVariable, error) {
	if r.EnvironmentVariables == nil {
		return nil, nil
	}
	listed := []EnvironmentVariable{}
	for key, entry := range r.EnvironmentVariables {
		variable := EnvironmentVariable{Key: key, Type: entry.Type, UpdatedAt: entry.UpdatedAt}
		switch {
		case entry.Type == VariableSecret:
		case entry.Type == VariablePlain && entry.Value != nil:
			variable.Value = *entry.Value
		default:
			return nil, fmt.Errorf("its variable %q is neither a plain value nor a secret", key)
		}
		listed = append(listed, variable)
	}
	return listed, nil
}
