package variables

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"terraform-provider-esa/internal/esa"
)

// The limits of ESA according to the vendor's command line. No reference page has them.
const (
	maxVariables = 50
	maxKey       = 100
	maxValue     = 200 // UTF-16 units
)

var keyPattern = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)

// reservedKeys are keys with a meaning in JavaScript.
var reservedKeys = []string{"__proto__", "constructor", "prototype"}

// keyProblem returns what is wrong with a key, or nothing.
func keyProblem(key string) string {
	switch {
	case len(key) < 1 || len(key) > maxKey:
		return fmt.Sprintf("must have between 1 and %d characters, got: %d", maxKey, len(key))
	case !keyPattern.MatchString(key):
		return "must have letters, digits and underscores only"
	case slices.Contains(reservedKeys, key):
		return "must not be one of the reserved keys " + strings.Join(reservedKeys, ", ")
	default:
		return ""
	}
}

// valueProblem returns what is wrong with a value, without the value, or nothing.
func valueProblem(value string) string {
	if length := len(utf16.Encode([]rune(value))); length > maxValue {
		return fmt.Sprintf("must have at most %d UTF-16 code units, got: %d", maxValue, length)
	}
	return ""
}

// set is the set of all variables of one environment, with the names of secrets and the known times at which they were set.
type set struct {
	plain   map[string]string
	secrets []string
	times   times
}

// times are the times at which secrets were set, by key, in the format of the ESA API. Only they show that someone else has set one.
type times map[string]string

// changed returns the keys of secrets with another time than before. Secrets without a time do not count.
func (t times) changed(before times) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if at, known := before[key]; known && at != t[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// entry is one variable of a set.
type entry struct {
	there, secret bool
	value         string
}

func (s set) entry(key string) entry {
	if value, ok := s.plain[key]; ok {
		return entry{there: true, value: value}
	}
	return entry{there: slices.Contains(s.secrets, key), secret: slices.Contains(s.secrets, key)}
}

func (s set) keys() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(s.plain)), s.secrets...)))
}

func (s set) equal(other set) bool {
	return maps.Equal(s.plain, other.plain) && slices.Equal(s.secrets, other.secrets)
}

// readSet returns all variables of an environment.
func readSet(ctx context.Context, client *esa.Client, routine, env string) (*set, error) {
	list, err := client.ListRoutineEnvironmentVariables(ctx, routine, env)
	if err != nil {
		return nil, err
	}
	all, err := list.Whole()
	if err != nil {
		return nil, err
	}
	found := &set{plain: map[string]string{}, times: times{}}
	for _, variable := range all {
		if variable.Type != esa.VariableSecret {
			found.plain[variable.Key] = variable.Value
			continue
		}
		found.secrets = append(found.secrets, variable.Key)
		if variable.UpdatedAt != "" {
			found.times[variable.Key] = variable.UpdatedAt
		}
	}
	return found, nil
}

// foreign returns the keys that someone else changed: those that differ both from the former set and from the goal.
func (s set) foreign(before, goal set) (changed []string) {
	for _, key := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.keys(), before.keys(), goal.keys())))) {
		seen, was, wanted := s.entry(key), before.entry(key), goal.entry(key)
		replaced := !seen.there && was.there && wanted.there && was.secret != wanted.secret // deleted, and not made anew yet
		if seen != was && seen != wanted && !replaced {
			changed = append(changed, key)
		}
	}
	return changed
}

// overwritten returns the keys of a set that a create of the goal would change or delete.
func (s set) overwritten(goal set) (keys []string) {
	for _, key := range s.keys() {
		if seen := s.entry(key); seen != goal.entry(key) || seen.secret {
			keys = append(keys, key)
		}
	}
	return keys
}

// surplus returns the keys that are not in the goal or have another type. It is unknown whether ESA can change the type of a
// variable, so it is deleted and created again.
func (s set) surplus(goal set) []string {
	return slices.DeleteFunc(s.keys(), func(key string) bool {
		wanted := goal.entry(key)
		return wanted.there && wanted.secret == s.entry(key).secret
	})
}

// revision identifies plain values, the names of secrets and the version of their values; never the values of secrets.
func (s set) revision(secretsVersion string) string {
	content, _ := json.Marshal([]any{s.plain, cmp.Or(strings.Join(s.secrets, " "), "-"), secretsVersion}) // texts are always JSON
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}
