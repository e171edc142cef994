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

// ESA's limits, which the vendor's command line knows and no reference page states.
const (
	maxVariables = 50
	maxKey       = 100
	maxValue     = 200 // UTF-16 units
)

var keyPattern = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)

// reservedKeys are keys that JavaScript gives a meaning.
var reservedKeys = []string{"__proto__", "constructor", "prototype"}

// keyProblem says what is wrong with a key, nothing if it follows the rules.
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

// valueProblem says what is wrong with a value, without the value.
func valueProblem(value string) string {
	if length := len(utf16.Encode([]rune(value))); length > maxValue {
		return fmt.Sprintf("must have at most %d UTF-16 code units, got: %d", maxValue, length)
	}
	return ""
}

// set is every variable of one environment. Secrets have no values in it, and times says when each was set, where ESA does.
type set struct {
	plain   map[string]string
	secrets []string
	times   times
}

// times says by key when a secret was set last, in the format of the ESA API: the only sign that someone else has set one.
type times map[string]string

// changed returns the keys of the secrets that were set at another time than before. A secret without a time is none of them.
func (t times) changed(before times) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if at, known := before[key]; known && at != t[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// entry is what a set says of one key.
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

// readSet returns every variable of an environment as ESA shows it.
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

// foreign returns the keys of a set that are neither as they were before nor as they are to be: someone else changed them.
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

// surplus returns the keys that are not in the goal, or are a secret in one and not in the other: whether ESA changes the type of
// a variable is not known, so it is deleted and made anew.
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
