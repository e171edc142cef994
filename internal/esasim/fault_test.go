package esasim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
)

// seen is what a client sees of an answer.
type seen struct {
	status int
	code   string
	// reset, cut and late stand for a connection that was reset, a body that
	// ended early, and no answer before the client gave up.
	reset, cut, late bool
	// body is what the answer must contain; "-" stands for nothing at all.
	body string
}

// What every fault looks like from outside, and whether the work is done.
var appearances = map[esasim.Fault]struct {
	seen seen
	done bool
}{
	esasim.Throttled:              {seen{status: 429, code: "Throttling.User"}, false},
	esasim.ThrottledBadRequest:    {seen{status: 400, code: "Throttling.User"}, false},
	esasim.Unavailable:            {seen{status: 503, code: "ServiceUnavailable"}, false},
	esasim.InternalException:      {seen{status: 400, code: "InternalException"}, false},
	esasim.InternalOperationError: {seen{status: 400, code: "InternalOperationError"}, false},
	esasim.LockFailed:             {seen{status: 400, code: "LockFailed"}, false},
	esasim.SiteBusy:               {seen{status: 400, code: "Site.ServiceBusy"}, false},
	esasim.TooManyRequests:        {seen{status: 400, code: "TooManyRequests"}, false},
	esasim.HTMLBadGateway:         {seen{status: 502, body: "<html>"}, false},
	esasim.NumericCode:            {seen{status: 500, body: `"Code":500`}, false},
	esasim.ResetBefore:            {seen{reset: true}, false},
	esasim.ResetAfter:             {seen{reset: true}, true},
	esasim.HalfAnswer:             {seen{status: 200, cut: true}, true},
	esasim.Hang:                   {seen{late: true}, false},
	esasim.Slow:                   {seen{status: 200}, true},
	esasim.HalfJSON:               {seen{status: 200, body: `{"`}, true},
	esasim.EmptyAnswer:            {seen{status: 200, body: "-"}, true},
	esasim.EmptyObject:            {seen{status: 200, body: "{}"}, true},
	esasim.NullAnswer:             {seen{status: 200, body: "null"}, true},
	esasim.Garbled:                {seen{status: 200, body: "\xff\xfe"}, true},
	esasim.HTMLAnswer:             {seen{status: 200, body: "<!DOCTYPE html>"}, true},
	esasim.Huge:                   {seen{status: 200, body: strings.Repeat("x", 8<<20+1)}, true},
	esasim.Stale:                  {seen{status: 200}, true},
	esasim.Reversed:               {seen{status: 200}, true},
	esasim.NumericIDs:             {seen{status: 200}, true},
	esasim.PlainDescriptions:      {seen{status: 200}, true},
	esasim.EncodedDescriptions:    {seen{status: 200}, true},
	esasim.TextIDs:                {seen{status: 200}, true},
	esasim.OtherDeployIDs:         {seen{status: 200}, true},
	esasim.ChosenError:            {seen{status: 403, code: "NoPermission"}, false},
	esasim.ChosenAnswer:           {seen{status: 200, body: "chosen"}, true},
	esasim.Redirect:               {seen{status: 302, body: "-"}, false},
	esasim.NoFault:                {seen{status: 200}, true},
	esasim.UploadRefused:          {seen{status: 200}, true}, // hits uploads only, as the next three do
	esasim.PolicyExpired:          {seen{status: 200}, true},
	esasim.BuildFailed:            {seen{status: 200}, true},
	esasim.BuildEndless:           {seen{status: 200}, true},
}

// look makes a call and sorts out what came of it.
func look(t *testing.T, q *requester, operation string, p ...string) seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if operation == "" {
		t.Fatal("no operation")
	}
	r := q.form(operation, p...).WithContext(ctx)
	response, err := q.client.Do(r)
	if err != nil {
		return seen{reset: wasReset(err), late: errors.Is(err, context.DeadlineExceeded)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a := answer{}
	_ = json.Unmarshal(body, &a.json)
	return seen{status: response.StatusCode, code: a.code(), cut: errors.Is(err, io.ErrUnexpectedEOF), body: string(body)}
}

// wasReset reports whether the server reset the connection, in which Windows has codes of its own: WSAECONNABORTED where
// something was yet to be sent, WSAECONNRESET otherwise.
func wasReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || runtime.GOOS == "windows" &&
		(errors.Is(err, syscall.Errno(10053)) || errors.Is(err, syscall.Errno(10054)))
}

func TestFaults(t *testing.T) {
	for _, fault := range esasim.Faults() {
		want, known := appearances[fault]
		if !known {
			t.Errorf("no appearance for fault %s", fault)
			continue
		}
		for _, withTLS := range []bool{false, true} {
			if fault == esasim.Hang {
				continue // see TestHang
			}
			t.Run(string(fault)+map[bool]string{false: "", true: " TLS"}[withTLS], func(t *testing.T) {
				server := start(t, withTLS)
				server.AddRoutine("hello")
				server.AddCodeVersion("hello", stable)
				q := requesterFor(t, server)
				server.Inject(esasim.Rule{Fault: fault, Times: 1, Body: "chosen", Delay: time.Millisecond})
				got := look(t, q, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "staging", "Strategy", "percentage", "CodeVersions", split(stable, 100))
				switch {
				case want.seen.body == "-" && got.body == "":
				case want.seen.body != "-" && strings.Contains(got.body, want.seen.body):
				default:
					t.Errorf("the body is %.200q, want %.200q in it", got.body, want.seen.body)
				}
				got.body, want.seen.body = "", ""
				if got != want.seen {
					t.Errorf("seen %+v, want %+v", got, want.seen)
				}
				if _, done := server.Live("hello", "staging"); done != want.done {
					t.Errorf("work done: %v, want %v", done, want.done)
				}
				if fault.Hits("CreateRoutineCodeDeployment") && fault.DoesWork() != want.done {
					t.Errorf("DoesWork says %v", fault.DoesWork())
				}
				// Afterwards everything is as usual.
				if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != http.StatusOK || a.json["Envs"] == nil {
					t.Errorf("the next call answers %d %.200s", a.status, a.body)
				}
			})
		}
	}
}

func TestHang(t *testing.T) {
	server, q := withHello(t)
	server.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Hang, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := q.send(q.form("GetRoutine", "Name", "hello").WithContext(ctx))
		failed <- err
	}()
	if err := server.AwaitCount(t.Context(), "GetRoutine", 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the hanging call ended with %v", err)
	}
	// A server with a hanging call can be closed.
	server.Inject(esasim.Rule{Fault: esasim.Hang})
	go func() {
		_, err := q.send(q.form("GetRoutine", "Name", "hello"))
		failed <- err
	}()
	if err := server.AwaitCount(t.Context(), "GetRoutine", 2); err != nil {
		t.Fatal(err)
	}
	server.Close()
	if err := <-failed; err == nil {
		t.Error("the call of a closed server got an answer")
	}
}

// The work of a fault can be chosen against its nature.
func TestWorkIsChosen(t *testing.T) {
	for _, test := range []struct {
		fault esasim.Fault
		work  esasim.Work
		done  bool
	}{
		{esasim.Unavailable, esasim.WorkDone, true},
		{esasim.HTMLBadGateway, esasim.WorkDone, true},
		{esasim.LockFailed, esasim.WorkUndone, false},
		{esasim.EmptyAnswer, esasim.WorkUndone, false},
		{esasim.HalfJSON, esasim.WorkUndone, false},
		{esasim.HalfAnswer, esasim.WorkUndone, false},
	} {
		server, q := withHello(t)
		server.Inject(esasim.Rule{Fault: test.fault, Work: test.work})
		look(t, q, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "staging", "Strategy", "percentage", "CodeVersions", split(stable, 100))
		if _, done := server.Live("hello", "staging"); done != test.done {
			t.Errorf("%s with work %s: done %v", test.fault, test.work, done)
		}
	}
}

func TestRulesChooseCalls(t *testing.T) {
	server, q := withHello(t)
	server.AddRoutine("other")
	server.Inject(
		esasim.Rule{Operation: "GetRoutine", Routine: "hello", Fault: esasim.Throttled, Skip: 1, Times: 2},
		esasim.Rule{Operation: "ListUserRoutines", Env: "staging", Fault: esasim.Throttled},
	)
	for i, want := range []int{200, 429, 429, 200} {
		if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != want {
			t.Errorf("call %d answers %d, want %d", i, a.status, want)
		}
		q.must(t, "GetRoutine", "Name", "other")
		q.must(t, "ListUserRoutines") // it has no Env
	}
	if left := server.Rules(); len(left) != 1 {
		t.Errorf("rules left: %+v, want only the one that never matched", left)
	}
	server.Inject(esasim.Rule{Fault: esasim.ChosenError, Status: 400, Code: "RoutineUserServiceStatusHalt"})
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != 400 || a.code() != "RoutineUserServiceStatusHalt" || !strings.Contains(a.json["Message"].(string), "overdue") {
		t.Errorf("a chosen error is %d %s", a.status, a.body)
	}
	server.ClearFaults()
	q.must(t, "GetRoutine", "Name", "hello")
}

func TestThenRunsInTheMoment(t *testing.T) {
	server, q := withHello(t)
	// Someone deploys right after a client looked.
	server.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.NoFault, Times: 1, Then: func() {
		server.Deploy("hello", "production", esasim.Share{CodeVersion: next, Percentage: 100})
	}})
	if live := find(t, q.must(t, "GetRoutine", "Name", "hello").json, "Envs", 1, "CodeDeploy"); live != nil {
		t.Errorf("the look shows what came after it: %v", live)
	}
	if _, live := server.Live("hello", "production"); !live {
		t.Error("no one deployed")
	}
}

func TestStaleReads(t *testing.T) {
	server, q := withHello(t)
	server.Deploy("hello", "staging", esasim.Share{CodeVersion: stable, Percentage: 100})
	server.Inject(esasim.Rule{Fault: esasim.Stale, Times: 2})
	shown := func() any {
		return find(t, q.must(t, "GetRoutine", "Name", "hello").json, "Envs", 0, "CodeDeploy", "CodeVersions", 0, "CodeVersion")
	}
	if got := shown(); got != stable {
		t.Errorf("before the write it shows %v", got)
	}
	q.must(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "staging", "Strategy", "percentage", "CodeVersions", split(next, 100))
	for i, want := range []string{stable, stable, next, next} {
		if got := shown(); got != want {
			t.Errorf("read %d after the write shows %v, want %s", i, got, want)
		}
	}
	// A routine that was just made, or deleted, is behind as well.
	server.Inject(esasim.Rule{Fault: esasim.Stale, Times: 2})
	q.must(t, "CreateRoutine", "Name", "new")
	if a := q.call(t, "GetRoutine", "Name", "new"); a.code() != "RoutineNotExist" {
		t.Errorf("a stale read of a new routine answers %s", a.body)
	}
	q.must(t, "DeleteRoutine", "Name", "new")
	q.must(t, "GetRoutine", "Name", "new")
	if a := q.call(t, "GetRoutine", "Name", "new"); a.code() != "RoutineNotExist" {
		t.Errorf("a deleted routine answers %s", a.body)
	}
}

func TestForms(t *testing.T) {
	server, q := withHello(t)
	id := server.Deploy("hello", "production", esasim.Share{CodeVersion: stable, Percentage: 90}, esasim.Share{CodeVersion: next, Percentage: 10})
	server.Inject(esasim.Rule{Fault: esasim.Reversed}, esasim.Rule{Fault: esasim.NumericIDs}, esasim.Rule{Fault: esasim.Throttled, Times: 1})
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != 429 {
		t.Fatalf("got %d: a rule that replaces the answer goes with those that form it", a.status)
	}
	read := q.must(t, "GetRoutine", "Name", "hello").json
	production := find(t, read, "Envs", 0)
	if find(t, production, "Env") != "production" || find(t, production, "CodeDeploy", "DeployId") != json.Number(id) {
		t.Errorf("the first environment is %v, want production with a numeric id", production)
	}
	if first := find(t, production, "CodeDeploy", "CodeVersions", 0, "CodeVersion"); first != json.Number(next) {
		t.Errorf("the first version is %v, want %s as a number", first, next)
	}
	server.Inject(esasim.Rule{Fault: esasim.OtherDeployIDs})
	if other := find(t, q.must(t, "GetRoutine", "Name", "hello").json, "Envs", 0, "CodeDeploy", "DeployId"); other == json.Number(id) {
		t.Error("the deployment's id is the same")
	}
	made := q.must(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "staging", "Strategy", "percentage", "CodeVersions", split(stable, 60, next, 40)).json
	live, _ := server.Live("hello", "staging")
	if made["DeploymentId"] != json.Number(live.ID) || find(t, made, "CodeVersions", 0, "CodeVersion") != json.Number(next) {
		t.Errorf("the deployment answers %v", made)
	}
}

func TestUploadFaults(t *testing.T) {
	file := zipOf(t, "routine/index.js")
	for fault, want := range map[esasim.Fault]struct {
		answer int
		text   string
		status string
	}{
		esasim.UploadRefused: {403, "<Code>AccessDenied</Code>", "init"},
		esasim.PolicyExpired: {403, "Policy expired", "init"},
		esasim.Unavailable:   {503, "<Code>ServiceUnavailable</Code>", "init"},
		esasim.BuildFailed:   {204, "", "failed"},
		esasim.BuildEndless:  {204, "", "init"},
	} {
		server, q := withHello(t)
		server.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: fault, Routine: "hello"})
		version, url, fields := reserve(t, q)
		if code, text := upload(t, url, fields, file); code != want.answer || !strings.Contains(text, want.text) {
			t.Errorf("%s: the upload answers %d %s", fault, code, text)
		}
		if got := status(t, q, version); got != want.status {
			t.Errorf("%s: the version is %s, want %s", fault, got, want.status)
		}
	}
}

func TestRuleJSON(t *testing.T) {
	var rule esasim.Rule
	text := `{"operation":"GetRoutine","fault":"slow","times":2,"routine":"hello","work":"done","delay":"1.5s"}`
	if err := json.Unmarshal([]byte(text), &rule); err != nil || rule.Delay != 1500*time.Millisecond || rule.Times != 2 {
		t.Fatalf("read %+v, %v", rule, err)
	}
	again, err := json.Marshal(rule)
	if err != nil || string(again) != text {
		t.Errorf("written as %s, %v", again, err)
	}
	for wrong, says := range map[string]string{
		`{"fault":"flaky"}`:                        `unknown fault "flaky"`,
		`{"fault":"slow","delay":"soon"}`:          "invalid duration",
		`{"fault":"slow","every":2}`:               `unknown field "every"`,
		`{"fault":"slow","operation":"GetRoutin"}`: `unknown operation "GetRoutin"`,
		`{"fault":"slow","times":-1}`:              "cannot be negative",
		`{"fault":"slow","work":"half"}`:           `unknown work "half"`,
		`{"fault":"error","status":999}`:           "unknown HTTP status 999",
		`{}`:                                       `unknown fault ""`,
	} {
		if err := json.Unmarshal([]byte(wrong), &rule); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want one that says %q", wrong, err, says)
		}
	}
}
