package esasim_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esasim"
)

func start(t *testing.T, withTLS bool, options ...esasim.Option) *esasim.Server {
	t.Helper()
	if withTLS {
		return esasim.StartTLS(t, options...)
	}
	return esasim.Start(t, options...)
}

// requesterFor is a requester with connections of its own, which trusts the server.
func requesterFor(t *testing.T, server *esasim.Server) *requester {
	t.Helper()
	q := newRequester(server)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if server.CertificateAuthorityPEM != nil {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(server.CertificateAuthorityPEM) {
			t.Fatal("the certificate authority is no certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	}
	t.Cleanup(transport.CloseIdleConnections)
	q.client.Transport = transport
	return q
}

func TestOnlyLoopback(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.com:80", "127.0.0.1"} {
		if server, err := esasim.New().Listen(address, false); err == nil {
			server.Close()
			t.Errorf("it listens on %s", address)
		}
	}
	server, err := esasim.New().Listen("localhost:0", false)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	server.Close() // twice does no harm
}

func TestTLS(t *testing.T) {
	server := start(t, true)
	server.AddRoutine("hello")
	q := requesterFor(t, server)
	if !strings.HasPrefix(server.URL, "https://") {
		t.Errorf("the URL is %s", server.URL)
	}
	q.must(t, "GetRoutine", "Name", "hello")
	if url := find(t, q.must(t, "CreateRoutineWithAssetsCodeVersion", "Name", "hello").json, "OssPostConfig", "Url"); url != server.URL+esasim.UploadPath {
		t.Errorf("uploads go to %v, want %s%s", url, server.URL, esasim.UploadPath)
	}
	if _, err := newRequester(server).send(q.form("GetRoutine", "Name", "hello")); err == nil {
		t.Error("a client that does not trust the authority gets through")
	}
	q.client.CloseIdleConnections()
	q.must(t, "GetRoutine", "Name", "hello")
	if calls := server.Calls(); !calls[len(calls)-1].TLSResumed || calls[0].TLSResumed {
		t.Error("the second connection does not resume the first one's session")
	}
}

func TestLog(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	server, _ := withHello(t, esasim.WithClock(func() time.Time { return at }))
	q := requesterFor(t, server)
	a := q.must(t, "GetRoutine", "Name", "hello")
	q.call(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "nowhere")
	server.Inject(esasim.Rule{Fault: esasim.ResetAfter, Times: 1})
	look(t, q, "GetRoutine", "Name", "hello")
	calls := server.Calls()
	if len(calls) != 3 {
		t.Fatalf("logged %d calls", len(calls))
	}
	first := calls[0]
	if first.Operation != "GetRoutine" || first.HTTPMethod != "POST" || first.Form.Get("Name") != "hello" || first.Status != 200 || first.Connection != 1 ||
		first.ContentType != "application/x-www-form-urlencoded" || first.UserAgent != "esasim-test" || first.Header.Get("X-Acs-Action") != "GetRoutine" ||
		!first.Time.Equal(at) || first.RequestID != a.json["RequestId"] {
		t.Errorf("the first call is %+v", first)
	}
	if calls[1].Code != "InvalidParameter" || calls[1].Status != 400 || !strings.Contains(calls[1].Reason, `Env is "nowhere"`) {
		t.Errorf("the second call is %+v", calls[1])
	}
	if calls[2].Status != 0 || !cmp.Equal(calls[2].Faults, []esasim.Fault{esasim.ResetAfter}) {
		t.Errorf("the third call is %+v", calls[2])
	}
	if server.Connections() != 1 || server.MaxInFlight() != 1 || !cmp.Equal(server.UserAgents(), []string{"esasim-test"}) {
		t.Errorf("%d connections, %d in flight, agents %v", server.Connections(), server.MaxInFlight(), server.UserAgents())
	}
	server.ResetLog()
	if len(server.Calls()) != 0 || server.Count("") != 0 || server.Count("GetRoutine") != 0 || server.Connections() != 0 {
		t.Error("the log is not reset")
	}
}

func TestCountsOnly(t *testing.T) {
	server, q := withHello(t, esasim.WithCountsOnly())
	q.must(t, "GetRoutine", "Name", "hello")
	if len(server.Calls()) != 0 || server.Count("GetRoutine") != 1 {
		t.Errorf("kept %d calls, counted %v", len(server.Calls()), server.Counts())
	}
}

func TestRateLimit(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	_, q := withHello(t, esasim.WithRateLimit(3), esasim.WithClock(func() time.Time { return at }))
	for i, want := range []int{200, 200, 200, 429, 429} {
		if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != want || want == 429 && a.code() != "Throttling.User" {
			t.Errorf("call %d answers %d %s", i, a.status, a.body)
		}
	}
	q.must(t, "ListUserRoutines") // another operation has its own limit
	at = at.Add(334 * time.Millisecond)
	q.must(t, "GetRoutine", "Name", "hello")
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != 429 {
		t.Errorf("a third of a second is good for %d more than one call", a.status)
	}
	at = at.Add(time.Hour)
	for range 3 {
		q.must(t, "GetRoutine", "Name", "hello")
	}
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != 429 {
		t.Error("an idle hour is good for more than a second's worth")
	}
}

func TestLatencyEndsWithTheClient(t *testing.T) {
	server, q := withHello(t, esasim.WithLatency(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := q.send(q.form("PublishRoutineCodeVersion", "Name", "hello", "Env", "staging", "CodeVersion", stable).WithContext(ctx))
		done <- err
	}()
	if err := server.AwaitCount(t.Context(), "", 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("an answer came")
	}
	if _, live := server.Live("hello", "staging"); live {
		t.Error("the work was done for a client that went away")
	}
}

func TestWriteLock(t *testing.T) {
	server, q := withHello(t, esasim.WithWriteLock())
	server.Inject(esasim.Rule{Env: "staging", Fault: esasim.Slow, Delay: time.Hour, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := q.send(q.form("PublishRoutineCodeVersion", "Name", "hello", "Env", "staging", "CodeVersion", stable).WithContext(ctx))
		first <- err
	}()
	if err := server.AwaitCount(t.Context(), "", 1); err != nil {
		t.Fatal(err)
	}
	publish := func() string {
		return q.call(t, "PublishRoutineCodeVersion", "Name", "hello", "Env", "production", "CodeVersion", stable).code()
	}
	if code := publish(); code != "LockFailed" {
		t.Errorf("the second write answers %q", code)
	}
	q.must(t, "GetRoutine", "Name", "hello") // reads need no lock
	cancel()
	<-first
	for publish() == "LockFailed" {
		if server.Count("") > 10000 {
			t.Fatal("the lock is never given back")
		}
	}
}

func TestSeedAndState(t *testing.T) {
	text := `{"routines": [{"name": "hello", "description": "d", "code_versions": [
		{"code_version": "1723599747213377175", "description": "one"},
		{"code_version": "1723599747213377333", "status": "init", "polls_left": 1, "next_status": "available"}],
		"deployments": [
			{"env": "production", "shares": [{"code_version": "1723599747213377175", "percentage": 100}]},
			{"env": "staging", "id": "234", "shares": [{"code_version": "1723599747213377175", "percentage": 100}], "withdrawn": true}]}]}`
	seed, err := esasim.ParseSeed([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var saved esasim.Seed
	server := esasim.Start(t, esasim.WithOnChange(func(s esasim.Seed) { saved = s }), esasim.WithSeed(seed))
	q := newRequester(server)
	if _, live := server.Live("hello", "staging"); live {
		t.Error("a withdrawn deployment is live")
	}
	for _, want := range []string{"init", "available"} {
		if got := status(t, q, next); got != want {
			t.Errorf("the building version is %s, want %s", got, want)
		}
	}
	made := q.must(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "staging", "Strategy", "percentage", "CodeVersions", split(next, 100)).json
	if diff := cmp.Diff(server.State(), saved); diff != "" {
		t.Errorf("state and saved state differ:\n%s", diff)
	}
	again, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	seed, err = esasim.ParseSeed(again)
	if err != nil {
		t.Fatal(err)
	}
	second := esasim.Start(t, esasim.WithSeed(seed))
	if diff := cmp.Diff(server.State(), second.State()); diff != "" {
		t.Errorf("the second simulator differs:\n%s", diff)
	}
	read := func(q *requester) map[string]any {
		answer := q.must(t, "GetRoutine", "Name", "hello").json
		delete(answer, "RequestId")
		return answer
	}
	if diff := cmp.Diff(read(q), read(newRequester(second))); diff != "" {
		t.Errorf("the second simulator answers differently:\n%s", diff)
	}
	if id := second.Deploy("hello", "staging", esasim.Share{CodeVersion: next, Percentage: 100}); id <= made["DeploymentId"].(string) {
		t.Errorf("a later deployment has the lower id %s", id)
	}
}

func TestWrongSeeds(t *testing.T) {
	for text, says := range map[string]string{
		`{"routine": []}`:                                      `unknown field "routine"`,
		`{"routines": [{"name": "Hello"}]}`:                    `Name is "Hello"`,
		`{"routines": [{"name": "hello"}, {"name": "hello"}]}`: "already",
		`{"routines": [{"name": "hello", "code_versions": [{"code_version": 1723599747213377175}]}]}`:                                 "cannot unmarshal number",
		`{"routines": [{"name": "hello", "code_versions": [{"code_version": "v1"}]}]}`:                                                "want the digits",
		`{"routines": [{"name": "hello", "code_versions": [{"code_version": "7"}, {"code_version": "7"}]}]}`:                          "twice",
		`{"routines": [{"name": "hello", "deployments": [{"env": "prod"}]}]}`:                                                         `Env is "prod"`,
		`{"routines": [{"name": "hello", "deployments": [{"env": "staging", "shares": []}]}]}`:                                        "want 1 or 2",
		`{"routines": [{"name": "hello", "deployments": [{"env": "staging", "shares": [{"code_version": "7", "percentage": 90}]}]}]}`: "sum to 90",
		`{} {}`: "after the JSON value",
		`[]`:    "cannot unmarshal array",
	} {
		if _, err := esasim.ParseSeed([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want one that says %q", text, err, says)
		}
	}
}

func TestAdmin(t *testing.T) {
	server, q := withHello(t)
	admin := func(method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, server.URL+esasim.AdminPath+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	for _, step := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "health", "", 200, "ok"},
		{"POST", "seed", `{"routines": [{"name": "second"}]}`, 200, "ok"},
		{"POST", "seed", `{"routines": [{"name": "second"}]}`, 400, "there already"},
		{"POST", "deploy", `{"routine": "hello", "env": "staging", "shares": [{"code_version": "` + stable + `", "percentage": 100}]}`, 200, `"id"`},
		{"POST", "deploy", `{"routine": "hello", "env": "staging", "shares": [{"code_version": "7", "percentage": 100}]}`, 400, "no code version 7"},
		{"GET", "deployments?routine=hello&env=staging", "", 200, stable},
		{"GET", "deployments?name=hello", "", 400, "unknown parameter name"},
		{"GET", "state", "", 200, `"second"`},
		{"POST", "faults", `{"fault": "throttled", "operation": "GetRoutine"}`, 200, "throttled"},
		{"POST", "faults", `[{"fault": "slow", "delay": "1ms"}, {"fault": "reversed"}]`, 200, "reversed"},
		{"POST", "faults", `[{"fault": "flaky"}]`, 400, "unknown fault"},
		{"GET", "faults", "", 200, `"delay": "1ms"`},
		{"PUT", "faults", "", 404, "unknown admin request"},
		{"GET", "nothing", "", 404, "unknown admin request"},
		{"GET", "uploads", "", 200, "[]"},
	} {
		if code, text := admin(step.method, step.path, step.body); code != step.status || !strings.Contains(text, step.says) {
			t.Errorf("%s %s %s answers %d %s, want %d and %q", step.method, step.path, step.body, code, text, step.status, step.says)
		}
	}
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != 429 {
		t.Errorf("the injected rule does not hit: %d", a.status)
	}
	if _, text := admin("GET", "calls", ""); !strings.Contains(text, `"GetRoutine": 1`) {
		t.Errorf("the calls are %s", text)
	}
	if _, text := admin("GET", "counts", ""); !strings.Contains(text, `"GetRoutine": 1`) || !strings.Contains(text, `"Throttling.User": 1`) ||
		!strings.Contains(text, `"connections": `) || strings.Contains(text, "calls") {
		t.Errorf("the counts are %s", text)
	}
	admin("DELETE", "faults", "")
	admin("DELETE", "calls", "")
	if len(server.Rules()) != 0 || server.Count("") != 0 || len(server.ErrorCounts()) != 0 {
		t.Errorf("rules %v and %d calls are left", server.Rules(), server.Count(""))
	}
}

func TestConcurrentUse(t *testing.T) {
	server, _ := withHello(t)
	q := requesterFor(t, server)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 20 {
				env := []string{"staging", "production"}[i%2]
				for _, r := range []*http.Request{
					q.form("PublishRoutineCodeVersion", "Name", "hello", "Env", env, "CodeVersion", stable),
					q.form("GetRoutine", "Name", "hello"),
				} {
					if a, err := q.send(r); err != nil || a.status != http.StatusOK {
						t.Errorf("got %v %s", err, a.body)
						return
					}
				}
				server.Deploy("hello", env, esasim.Share{CodeVersion: next, Percentage: 100})
				server.Calls()
				server.State()
			}
		})
	}
	group.Wait()
	ids := map[string]bool{}
	for _, d := range append(server.Deployments("hello", "staging"), server.Deployments("hello", "production")...) {
		ids[d.ID] = true
	}
	if len(ids) != 320 {
		t.Errorf("%d ids for 320 deployments", len(ids))
	}
	if server.MaxInFlight() < 1 || server.MaxInFlight() > 8 {
		t.Errorf("%d in flight", server.MaxInFlight())
	}
}
