package esasim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esasim"
)

var someTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func diff(a, b any) string { return cmp.Diff(a, b) }

// plain is the parameter EnvironmentVariables with plain values.
func plain(pairs ...string) string {
	variables := map[string]map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		variables[pair[0]] = map[string]string{"Type": "plain_text", "Value": pair[1]}
	}
	text, _ := json.Marshal(variables)
	return string(text)
}

func texts(list any) []string {
	all := []string{}
	for _, element := range list.([]any) {
		all = append(all, element.(string))
	}
	return all
}

func TestVariablesMerge(t *testing.T) {
	_, q := withHello(t)
	set := func(env, variables string) []string {
		t.Helper()
		return texts(q.must(t, "SetRoutineEnvironmentVariables", "Name", "hello", "Env", env, "EnvironmentVariables", variables).json["SetKeys"])
	}
	if keys := set("production", plain("B", "2", "A", "")); diff(keys, []string{"A", "B"}) != "" {
		t.Errorf("set %v", keys)
	}
	set("production", plain("B", "3", "9", "x"))
	set("staging", `{"TOKEN":{"Type":"secret_text","Value":"s3cret"}}`)
	listed := func(env string, p ...string) map[string]string {
		t.Helper()
		values := map[string]string{}
		answer := q.must(t, "ListRoutineEnvironmentVariables", append([]string{"Name", "hello", "Env", env}, p...)...).json
		for key, entry := range answer["EnvironmentVariables"].(map[string]any) {
			values[key] = fmt.Sprint(entry.(map[string]any)["Value"])
		}
		return values
	}
	if got := listed("production"); diff(got, map[string]string{"9": "x", "A": "", "B": "3"}) != "" {
		t.Errorf("production has %v", got)
	}
	if got := listed("production", "KeyWord", "b"); diff(got, map[string]string{"B": "3"}) != "" {
		t.Errorf("the keyword finds %v", got)
	}
	if got := listed("production", "PageSize", "2", "PageNumber", "2"); diff(got, map[string]string{"B": "3"}) != "" {
		t.Errorf("the second page has %v", got)
	}
	q.must(t, "DeleteRoutineEnvironmentVariables", "Name", "hello", "Env", "production", "EnvironmentVariableKeys", `["B"]`)
	if got := listed("production"); len(got) != 2 {
		t.Errorf("production has %v after one was deleted", got)
	}
	q.must(t, "DeleteRoutine", "Name", "hello")
	q.must(t, "CreateRoutine", "Name", "hello")
	if got := listed("staging"); len(got) != 0 {
		t.Errorf("a new routine has %v of its deleted namesake", got)
	}
}

func TestVariableRules(t *testing.T) {
	server, q := withHello(t)
	for i := range 50 {
		server.SetVariable("hello", "staging", esasim.Variable{Key: fmt.Sprintf("K%02d", i), Value: "v"})
	}
	set := func(env, variables string) []string {
		return []string{"SetRoutineEnvironmentVariables", "Name", "hello", "Env", env, "EnvironmentVariables", variables}
	}
	for name, test := range map[string]struct {
		call []string
		code string
	}{
		"no variables":     {set("production", "{}"), "InvalidParameter"},
		"a list":           {set("production", "[]"), "InvalidParameter"},
		"unknown member":   {set("production", `{"A":{"Type":"plain_text","Value":"x","Note":"y"}}`), "InvalidParameter"},
		"no value":         {set("production", `{"A":{"Type":"plain_text"}}`), "InvalidParameter"},
		"a number":         {set("production", `{"A":{"Type":"plain_text","Value":1}}`), "InvalidParameter"},
		"unknown type":     {set("production", `{"A":{"Type":"text","Value":"x"}}`), "InvalidParameter"},
		"two values":       {set("production", plain("A", "x")+"{}"), "InvalidParameter"},
		"unknown env":      {set("prod", plain("A", "x")), "InvalidParameter"},
		"blank in the key": {set("production", plain("A B", "x")), "InvalidParameter"},
		"reserved key":     {set("production", plain("__proto__", "x")), "InvalidParameter"},
		"long key":         {set("production", plain(strings.Repeat("K", 101), "x")), "InvalidParameter"},
		"longest key":      {set("production", plain(strings.Repeat("K", 100), "x")), ""},
		"long value":       {set("production", plain("A", strings.Repeat("x", 201))), "InvalidParameter"},
		"two units each":   {set("production", plain("A", strings.Repeat("\U0001F600", 101))), "InvalidParameter"},
		"longest value":    {set("production", plain("A", strings.Repeat("\U0001F600", 100))), ""},
		"empty secret":     {set("production", `{"S":{"Type":"secret_text","Value":""}}`), "InvalidParameter"},
		"51st":             {set("staging", plain("K50", "x")), "InvalidParameter"},
		"50th again":       {set("staging", plain("K49", "x")), ""},
		"delete no list":   {[]string{"DeleteRoutineEnvironmentVariables", "Name", "hello", "Env", "staging", "EnvironmentVariableKeys", "A"}, "InvalidParameter"},
		"delete nothing":   {[]string{"DeleteRoutineEnvironmentVariables", "Name", "hello", "Env", "staging", "EnvironmentVariableKeys", "[]"}, "InvalidParameter"},
		"no routine":       {[]string{"ListRoutineEnvironmentVariables", "Name", "none", "Env", "staging"}, "RoutineNotExist"},
		"page of 51":       {[]string{"ListRoutineEnvironmentVariables", "Name", "hello", "Env", "staging", "PageSize", "51"}, "InvalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := q.call(t, test.call[0], test.call[1:]...); a.code() != test.code {
				t.Errorf("got %s, want code %q", a.body, test.code)
			}
		})
	}
}

// Each answer to what is unknown shows.
func TestVariableQuestions(t *testing.T) {
	set := []string{"SetRoutineEnvironmentVariables", "Name", "hello", "Env", "production", "EnvironmentVariables"}
	remove := []string{"DeleteRoutineEnvironmentVariables", "Name", "hello", "Env", "production", "EnvironmentVariableKeys", `["NONE"]`}
	list := []string{"ListRoutineEnvironmentVariables", "Name", "hello", "Env", "production", "PageSize", "50"}
	tooLong := plain("LONG", strings.Repeat("x", 300), "Z", "x")
	for _, test := range []struct {
		question esasim.Question
		answer   string
		call     []string
		want     string // what the body contains
	}{
		{esasim.ListedSecret, "value", list, `"Value":"s3cret"`},
		{esasim.ListedSecret, "mask", list, `"Value":"******"`},
		{esasim.ListedSecret, "empty", list, `"Type":"secret_text","UpdatedAt":"2026-01-02T03:04:05Z","Value":""`},
		{esasim.ListedSecret, "absent", list, `"Type":"secret_text","UpdatedAt":"2026-01-02T03:04:05Z"}`},
		{esasim.VariableTimes, "absent", list, `"TOKEN":{"Type":"secret_text","Value":"s3cret"}`},
		{esasim.AbsentType, "plain_text", append(set[:6:6], `{"A":{"Value":"x"}}`), `"SetKeys":["A"]`},
		{esasim.AbsentType, "refused", append(set[:6:6], `{"A":{"Value":"x"}}`), `"Code":"InvalidParameter"`},
		{esasim.BadValue, "refused", append(set[:6:6], tooLong), `"Code":"InvalidParameter"`},
		{esasim.BadValue, "left-out", append(set[:6:6], tooLong), `"SetKeys":["Z"]`},
		{esasim.BadValue, "taken", append(set[:6:6], tooLong), `"SetKeys":["LONG","Z"]`},
		{esasim.BadKey, "left-out", append(set[:6:6], plain("a-b", "x", "c", "x")), `"SetKeys":["c"]`},
		{esasim.TypeChange, "replaced", append(set[:6:6], plain("TOKEN", "x")), `"SetKeys":["TOKEN"]`},
		{esasim.TypeChange, "refused", append(set[:6:6], plain("TOKEN", "x")), `"Code":"InvalidParameter"`},
		{esasim.TypeChange, "left-out", append(set[:6:6], plain("TOKEN", "x")), `"SetKeys":[]`},
		{esasim.UnknownVariable, "failed", remove, `"DeletedKeys":[],"FailedKeys":["NONE"]`},
		{esasim.UnknownVariable, "deleted", remove, `"DeletedKeys":["NONE"],"FailedKeys":[]`},
		{esasim.UnknownVariable, "left-out", remove, `"DeletedKeys":[],"FailedKeys":[]`},
		{esasim.UnknownVariable, "refused", remove, `"Code":"ParameterNotExist"`},
		{esasim.VariablePage, "at-most-20", list, `"PageSize":20`},
	} {
		t.Run(string(test.question)+" "+test.answer, func(t *testing.T) {
			server, q := withHello(t, esasim.WithAnswer(test.question, test.answer))
			server.SetVariable("hello", "production", esasim.Variable{
				Key: "TOKEN", Type: esasim.SecretText, Value: "s3cret", CreatedAt: someTime, UpdatedAt: someTime,
			})
			if a := q.call(t, test.call[0], test.call[1:]...); !strings.Contains(string(a.body), test.want) {
				t.Errorf("got %s, want %s in it", a.body, test.want)
			}
		})
	}
}

// A key can fail without a reason, as the service's answers allow.
func TestVariablesThatFail(t *testing.T) {
	server, q := withHello(t)
	server.SetVariable("hello", "staging", esasim.Variable{Key: "OLD", Value: "1"})
	server.FailVariables("OLD", "NEW")
	a := q.must(t, "SetRoutineEnvironmentVariables", "Name", "hello", "Env", "staging", "EnvironmentVariables", plain("NEW", "1", "OTHER", "1"))
	if keys := texts(a.json["SetKeys"]); diff(keys, []string{"OTHER"}) != "" {
		t.Errorf("set %v", keys)
	}
	a = q.must(t, "DeleteRoutineEnvironmentVariables", "Name", "hello", "Env", "staging", "EnvironmentVariableKeys", `["OLD","OTHER"]`)
	if deleted, failed := texts(a.json["DeletedKeys"]), texts(a.json["FailedKeys"]); diff(deleted, []string{"OTHER"})+diff(failed, []string{"OLD"}) != "" {
		t.Errorf("deleted %v, failed %v", deleted, failed)
	}
	server.FailVariables()
	q.must(t, "DeleteRoutineEnvironmentVariables", "Name", "hello", "Env", "staging", "EnvironmentVariableKeys", `["OLD"]`)
	if left := server.Variables("hello", "staging"); len(left) != 0 {
		t.Errorf("left is %v", left)
	}
}

// A version carries the variables as they were when it was created, and one
// without DeployEnv has none.
func TestVersionsCarryVariables(t *testing.T) {
	for _, when := range esasim.SnapshotTime.Answers() {
		server, q := withHello(t, esasim.WithAnswer(esasim.SnapshotTime, when))
		server.SetVariable("hello", "production", esasim.Variable{Key: "LEVEL", Value: "info"})
		bare, _, _ := reserve(t, q)
		other, _, _ := reserve(t, q, "DeployEnv", "staging")
		bound, url, fields := reserve(t, q, "DeployEnv", "production")
		server.SetVariable("hello", "production", esasim.Variable{Key: "LEVEL", Value: "debug"})
		upload(t, url, fields, zipOf(t, "routine/index.js"))
		server.SetVariable("hello", "production", esasim.Variable{Key: "LEVEL", Value: "trace"})

		env, variables := server.VersionVariables("hello", bound)
		want := map[string]string{"reserved": "info", "built": "debug"}[when]
		if env != "production" || len(variables) != 1 || variables[0].Value != want {
			t.Errorf("%s: the version has %v of %q, want LEVEL %s", when, variables, env, want)
		}
		if env, variables := server.VersionVariables("hello", bare); env != "" || len(variables) != 0 {
			t.Errorf("%s: without DeployEnv the version has %v of %q", when, variables, env)
		}
		listed := q.must(t, "ListRoutineCodeVersions", "Name", "hello").json
		for i, want := range []map[string]any{{"DeployEnv": "production", "HasEnvVars": true}, {"DeployEnv": "staging", "HasEnvVars": false}, {"DeployEnv": "", "HasEnvVars": false}} {
			got := find(t, listed, "CodeVersions", i).(map[string]any)
			if got["DeployEnv"] != want["DeployEnv"] || got["HasEnvVars"] != want["HasEnvVars"] {
				t.Errorf("%s: version %d is listed with %v, %v, want %v", when, i, got["DeployEnv"], got["HasEnvVars"], want)
			}
		}
		if info := q.must(t, "GetRoutineCodeVersionInfo", "Name", "hello", "CodeVersion", other).json; info["DeployEnv"] != nil || info["HasEnvVars"] != nil {
			t.Errorf("%s: the info operation tells of variables: %v", when, info)
		}
	}
}

func TestVersionQuestions(t *testing.T) {
	share := func(a, b any) string { return split(a, 50, b, 50) }
	for _, test := range []struct {
		question     esasim.Question
		answer, code string
		sameEnv      bool
	}{
		{esasim.OtherEnvironment, "allowed", "", false},
		{esasim.OtherEnvironment, "refused", "InvalidParameter", false},
		{esasim.MixedSnapshots, "allowed", "", true},
		{esasim.MixedSnapshots, "refused", "InvalidParameter", true},
	} {
		server := esasim.Start(t, esasim.WithAnswer(test.question, test.answer), esasim.WithSeed(esasim.Seed{Routines: []esasim.SeedRoutine{{
			Name: "hello", CodeVersions: []esasim.SeedCodeVersion{{CodeVersion: stable, DeployEnv: "production"}, {CodeVersion: next}},
		}}}))
		env := "staging"
		if test.sameEnv {
			env = "production"
		}
		a := newRequester(server).call(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", env, "Strategy", "percentage", "CodeVersions", share(stable, next))
		if a.code() != test.code {
			t.Errorf("%s=%s: got %s, want code %q", test.question, test.answer, a.body, test.code)
		}
	}
	for _, answer := range esasim.VersionBinding.Answers() {
		_, q := withHello(t, esasim.WithAnswer(esasim.VersionBinding, answer))
		first := find(t, q.must(t, "ListRoutineCodeVersions", "Name", "hello").json, "CodeVersions", 0).(map[string]any)
		if _, shown := first["DeployEnv"]; shown != (answer == "empty") {
			t.Errorf("version-binding=%s: %v", answer, first)
		}
	}
}

func TestVersionQuota(t *testing.T) {
	for _, code := range esasim.VersionQuotaCode.Answers() {
		_, q := withHello(t, esasim.WithVersionQuota(3), esasim.WithAnswer(esasim.VersionQuotaCode, code))
		q.must(t, "CreateRoutineWithAssetsCodeVersion", "Name", "hello")
		a := q.call(t, "CreateRoutineWithAssetsCodeVersion", "Name", "hello")
		if a.code() != code || !strings.Contains(string(a.body), "exceeds the quota limit") {
			t.Errorf("the fourth version answers %s, want %s", a.body, code)
		}
		q.must(t, "DeleteRoutineCodeVersion", "Name", "hello", "CodeVersion", stable)
		q.must(t, "CreateRoutineWithAssetsCodeVersion", "Name", "hello")
	}
}
