package esasim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// The types of an environment variable.
const (
	PlainText  = "plain_text"
	SecretText = "secret_text"
)

// Variable is one environment variable of one environment of a routine.
type Variable struct {
	Key string `json:"key"`
	// Type is [PlainText] or [SecretText]; a seed may leave it out for the first.
	Type      string    `json:"type,omitempty"`
	Value     string    `json:"value"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// environmentKey names one environment of one routine.
type environmentKey struct{ routine, env string }

// The limits of variables, as the vendor's command line (esa-cli 1.0.11) checks
// them; the schema has none.
const (
	maxVariables   = 50
	maxKeyLength   = 100
	maxValueLength = 200 // UTF-16 units
)

var (
	variableKey  = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)
	reservedKeys = []string{"__proto__", "constructor", "prototype"}
)

// environmentOf reads the parameters that the operations on variables share.
func (s *Simulator) environmentOf(q *request) (environmentKey, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return environmentKey{}, err
	}
	env, err := environment(q)
	if err != nil {
		return environmentKey{}, err
	}
	return environmentKey{name, env}, nil
}

// decodeParameter reads a parameter that holds one JSON value, without members
// that the schema does not have.
func decodeParameter(name, text string, into any) *apiError {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refuse(codeInvalidParameter, "%s is not the JSON that the schema has: %v", name, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refuse(codeInvalidParameter, "%s holds more than one JSON value", name)
	}
	return nil
}

// setRoutineEnvironmentVariables is SetRoutineEnvironmentVariables: the keys
// named are made or replaced, the others stay. A key that is missing from SetKeys
// was not set, for which the service gives no reason.
func (s *Simulator) setRoutineEnvironmentVariables(q *request) (object, *apiError) {
	where, err := s.environmentOf(q)
	if err != nil {
		return nil, err
	}
	text, err := q.required("EnvironmentVariables")
	if err != nil {
		return nil, err
	}
	var wanted map[string]struct{ Type, Value *string }
	if err := decodeParameter("EnvironmentVariables", text, &wanted); err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		return nil, refuse(codeInvalidParameter, "EnvironmentVariables names no variable")
	}
	if _, err := s.store.find(where.routine); err != nil {
		return nil, err
	}
	list := slices.Clone(s.variablesOf(where).read(false))
	set := []any{}
	now := s.clock().UTC()
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		entry := wanted[key]
		if entry.Value == nil {
			return nil, refuse(codeInvalidParameter, "variable %q has no Value", key)
		}
		next := Variable{Key: key, Type: PlainText, Value: *entry.Value, CreatedAt: now, UpdatedAt: now}
		switch {
		case entry.Type != nil:
			next.Type = *entry.Type
		case s.says(AbsentType) == answerRefused:
			return nil, refuse(codeInvalidParameter, "variable %q has no Type", key)
		}
		take, err := s.takesVariable(list, next)
		if err != nil {
			return nil, err
		}
		if take {
			list = putVariable(list, next)
			set = append(set, key)
		}
	}
	s.writeVariables(where, list)
	return object{"SetKeys": set}, nil
}

// takesVariable reports whether a variable joins a list: it is left out without a
// reason, or refused, where a limit is exceeded.
func (s *Simulator) takesVariable(list []Variable, next Variable) (bool, *apiError) {
	if next.Type != PlainText && next.Type != SecretText {
		return false, refuse(codeInvalidParameter, "variable %q has the Type %q, want %q or %q", next.Key, next.Type, PlainText, SecretText)
	}
	if s.store.stuck[next.Key] {
		return false, nil
	}
	before, exists := findVariable(list, next.Key)
	units := len(utf16.Encode([]rune(next.Value)))
	for _, limit := range []struct {
		broken   bool
		question Question
		reason   string
	}{
		{
			!variableKey.MatchString(next.Key) || len(next.Key) > maxKeyLength || slices.Contains(reservedKeys, next.Key),
			BadKey, "is not a valid key",
		},
		{units > maxValueLength || next.Type == SecretText && units == 0, BadValue, "has a value that is too long, or empty"},
		{!exists && len(list) >= maxVariables, TooManyVariables, "is one too many"},
		{exists && before.Type != next.Type, TypeChange, "has another Type already"},
	} {
		if !limit.broken {
			continue
		}
		switch s.says(limit.question) {
		case answerRefused:
			return false, refuse(codeInvalidParameter, "variable %q %s", next.Key, limit.reason)
		case answerLeftOut:
			return false, nil
		}
	}
	return true, nil
}

func findVariable(list []Variable, key string) (Variable, bool) {
	at := slices.IndexFunc(list, func(v Variable) bool { return v.Key == key })
	if at < 0 {
		return Variable{}, false
	}
	return list[at], true
}

// putVariable adds or replaces a variable, which keeps the time of its creation.
func putVariable(list []Variable, next Variable) []Variable {
	if before, exists := findVariable(list, next.Key); exists {
		next.CreatedAt = before.CreatedAt
	}
	list = slices.DeleteFunc(list, func(v Variable) bool { return v.Key == next.Key })
	list = append(list, next)
	slices.SortFunc(list, func(a, b Variable) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// listRoutineEnvironmentVariables is ListRoutineEnvironmentVariables. The pages
// cut the keys in their order; the page itself is an object, which has none.
func (s *Simulator) listRoutineEnvironmentVariables(q *request) (object, *apiError) {
	where, err := s.environmentOf(q)
	if err != nil {
		return nil, err
	}
	most := map[string]int{"50": 50, "100": 100, "at-most-20": 1000}[s.says(VariablePage)]
	page, size, err := q.page(1000, 20, most)
	if err != nil {
		return nil, err
	}
	if s.says(VariablePage) == "at-most-20" {
		size = min(size, 20)
	}
	if _, err := s.store.find(where.routine); err != nil {
		return nil, err
	}
	keyword := strings.ToLower(q.get("KeyWord"))
	var found []Variable
	for _, v := range s.variablesOf(where).read(q.stale) {
		if strings.Contains(strings.ToLower(v.Key), keyword) {
			found = append(found, v)
		}
	}
	shown := object{}
	for _, v := range pageOf(found, page, size) {
		shown[v.Key] = s.showVariable(v)
	}
	return object{
		"EnvironmentVariables": shown,
		"Count":                len(shown),
		"TotalCount":           len(found),
		"PageNumber":           page,
		"PageSize":             size,
	}, nil
}

func (s *Simulator) showVariable(v Variable) object {
	shown := object{"Type": v.Type, "Value": v.Value}
	if v.Type == SecretText {
		switch s.says(ListedSecret) {
		case "mask":
			shown["Value"] = "******"
		case answerEmpty:
			shown["Value"] = ""
		case answerAbsent:
			delete(shown, "Value")
		}
	}
	if s.says(VariableTimes) != answerAbsent {
		shown["CreatedAt"], shown["UpdatedAt"] = stamp(v.CreatedAt), stamp(v.UpdatedAt)
	}
	return shown
}

// deleteRoutineEnvironmentVariables is DeleteRoutineEnvironmentVariables. A key
// that was not deleted is in FailedKeys, or in neither list.
func (s *Simulator) deleteRoutineEnvironmentVariables(q *request) (object, *apiError) {
	where, err := s.environmentOf(q)
	if err != nil {
		return nil, err
	}
	text, err := q.required("EnvironmentVariableKeys")
	if err != nil {
		return nil, err
	}
	var keys []string
	if err := decodeParameter("EnvironmentVariableKeys", text, &keys); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, refuse(codeInvalidParameter, "EnvironmentVariableKeys names no variable")
	}
	if _, err := s.store.find(where.routine); err != nil {
		return nil, err
	}
	list := slices.Clone(s.variablesOf(where).read(false))
	deleted, failed := []any{}, []any{}
	for _, key := range keys {
		_, exists := findVariable(list, key)
		switch {
		case s.store.stuck[key]:
			failed = append(failed, key)
		case exists:
			list = slices.DeleteFunc(list, func(v Variable) bool { return v.Key == key })
			deleted = append(deleted, key)
		case s.says(UnknownVariable) == answerRefused:
			return nil, refuse(codeParameterNotExist, "there is no variable %q", key)
		case s.says(UnknownVariable) == answerDeleted:
			deleted = append(deleted, key)
		case s.says(UnknownVariable) != answerLeftOut:
			failed = append(failed, key)
		}
	}
	s.writeVariables(where, list)
	return object{"DeletedKeys": deleted, "FailedKeys": failed}, nil
}

// variablesOf returns the variables of an environment, nil if it never had any.
func (s *Simulator) variablesOf(where environmentKey) *replicated[Variable] {
	return s.store.variables[where]
}

// writeVariables replaces the variables of an environment. The caller holds the mutex.
func (s *Simulator) writeVariables(where environmentKey, list []Variable) {
	if s.store.variables[where] == nil {
		s.store.variables[where] = &replicated[Variable]{}
	}
	s.store.variables[where].change(s.store.nextWrite(), func([]Variable) []Variable { return list })
}

// bind takes the snapshot of an environment's variables that a version carries
// with it from then on. A version without DeployEnv has none.
func (s *Simulator) bind(routine string, v *codeVersion) {
	if v.deployEnv != "" {
		v.variables = slices.Clone(s.variablesOf(environmentKey{routine, v.deployEnv}).read(false))
	}
}

// deployEnvironment reads the parameter DeployEnv, which may be absent.
func deployEnvironment(q *request) (string, *apiError) {
	env := q.get("DeployEnv")
	if env == "" {
		return "", nil
	}
	if !slices.Contains(environments, env) {
		return "", refuse(codeInvalidParameter, "DeployEnv is %q, want %q or %q", env, Staging, Production)
	}
	return env, nil
}

// checkBinding reports whether versions with their snapshots may be deployed to an environment.
func (s *Simulator) checkBinding(r *routine, env string, shares []Share) *apiError {
	bound := map[string]bool{}
	for _, share := range shares {
		v := r.version(share.CodeVersion)
		bound[v.deployEnv] = true
		if v.deployEnv != "" && v.deployEnv != env && s.says(OtherEnvironment) == answerRefused {
			return refuse(codeInvalidParameter, "code version %s has the variables of %s, not of %s", v.version, v.deployEnv, env)
		}
	}
	if len(bound) > 1 && s.says(MixedSnapshots) == answerRefused {
		return refuse(codeInvalidParameter, "the code versions have the variables of different environments")
	}
	return nil
}

// showBinding adds to a listed version what it says of its variables.
func (s *Simulator) showBinding(shown object, v *codeVersion) {
	answer := s.says(VersionBinding)
	if answer == answerAbsent || answer == "absent-if-none" && v.deployEnv == "" {
		return
	}
	shown["DeployEnv"] = v.deployEnv
	shown["HasEnvVars"] = len(v.variables) > 0 || v.deployEnv != "" && s.says(EmptySnapshot) == "true"
}
