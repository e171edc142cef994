package esasim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
)

func TestSignatureACS3(t *testing.T) {
	server, _ := withHello(t, esasim.WithSecurityToken("STS.id", "sts-secret", "sts-token"), esasim.WithKey("second", "second-secret"))
	for name, test := range map[string]struct {
		change func(*requester)
		status int
		code   string
	}{
		"default key":   {func(*requester) {}, 200, ""},
		"another key":   {func(q *requester) { q.id, q.secret = "second", "second-secret" }, 200, ""},
		"temporary key": {func(q *requester) { q.id, q.secret, q.token = "STS.id", "sts-secret", "sts-token" }, 200, ""},
		"no token":      {func(q *requester) { q.id, q.secret = "STS.id", "sts-secret" }, 400, "MissingSecurityToken"},
		"wrong token":   {func(q *requester) { q.id, q.secret, q.token = "STS.id", "sts-secret", "x" }, 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		"unknown key":   {func(q *requester) { q.id = "nobody" }, 404, "InvalidAccessKeyId.NotFound"},
		"wrong secret":  {func(q *requester) { q.secret = "wrong" }, 400, "SignatureDoesNotMatch"},
		"old":           {func(q *requester) { q.at = func() time.Time { return time.Now().Add(-16 * time.Minute) } }, 400, "InvalidTimeStamp.Expired"},
		"early":         {func(q *requester) { q.at = func() time.Time { return time.Now().Add(16 * time.Minute) } }, 400, "InvalidTimeStamp.Expired"},
		"no nonce":      {func(q *requester) { q.nonce = func() string { return "" } }, 400, "SignatureDoesNotMatch"},
		"wrong version": {func(q *requester) { q.version = "2023-01-01" }, 404, "InvalidVersion"},
		"unsigned":      {func(q *requester) { q.change = func(r *http.Request) { r.Header.Del("Authorization") } }, 400, "MissingAccessKeyId"},
		"another algorithm": {func(q *requester) {
			q.change = setHeader("Authorization", "ACS3-HMAC-SM3 Credential=x,SignedHeaders=host,Signature=x")
		}, 400, "InvalidSignatureMethod"},
		"date not well":       {func(q *requester) { q.change = setHeader("X-Acs-Date", "yesterday") }, 400, "InvalidTimeStamp.Format"},
		"header changed":      {func(q *requester) { q.change = setHeader("X-Acs-Signature-Nonce", "other") }, 400, "SignatureDoesNotMatch"},
		"header not signed":   {func(q *requester) { q.change = setHeader("X-Acs-Extra", "x") }, 400, "SignatureDoesNotMatch"},
		"query changed":       {func(q *requester) { q.change = func(r *http.Request) { r.URL.RawQuery = "PageNumber=1" } }, 400, "SignatureDoesNotMatch"},
		"content hash lies":   {func(q *requester) { q.change = setHeader("X-Acs-Content-Sha256", strings.Repeat("0", 64)) }, 400, "SignatureDoesNotMatch"},
		"another path":        {func(q *requester) { q.change = func(r *http.Request) { r.URL.Path = "/routines" } }, 404, "InvalidAction.NotFound"},
		"method not taken":    {func(q *requester) { q.change = func(r *http.Request) { r.Method = http.MethodPut } }, 405, "UnsupportedHTTPMethod"},
		"content not taken":   {func(q *requester) { q.change = setHeader("Content-Type", "text/plain") }, 415, "UnsupportedContentType"},
		"content type broken": {func(q *requester) { q.change = setHeader("Content-Type", ";") }, 415, "UnsupportedContentType"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newRequester(server)
			test.change(q)
			if a := q.call(t, "GetRoutine", "Name", "hello"); a.status != test.status || a.code() != test.code {
				t.Errorf("got %d %s, want %d %q", a.status, a.body, test.status, test.code)
			}
		})
	}
}

func setHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestNonceIsTakenOnce(t *testing.T) {
	_, q := withHello(t)
	q.nonce = func() string { return "the same" }
	q.must(t, "GetRoutine", "Name", "hello")
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.code() != "SignatureNonceUsed" {
		t.Errorf("got %s", a.body)
	}
}

func TestMismatchEchoesWhatWasSigned(t *testing.T) {
	_, q := withHello(t, esasim.WithSecurityToken("STS.id", "sts-secret", "very-secret-token"))
	q.id, q.secret, q.token = "STS.id", "wrong", "very-secret-token"
	a := q.call(t, "GetRoutine", "Name", "hello")
	if message := a.json["Message"].(string); !strings.Contains(message, "server string to sign is:ACS3-HMAC-SHA256\n") || !strings.Contains(message, "very-secret-token") {
		t.Errorf("the message does not echo the string to sign: %s", message)
	}
}

func TestKeysChangeWhileItRuns(t *testing.T) {
	server, q := withHello(t)
	q.id, q.secret, q.token = "STS.new", "s", "t"
	for _, step := range []struct {
		do   func()
		code string
	}{
		{func() {}, "InvalidAccessKeyId.NotFound"},
		{func() { server.AllowKey("STS.new", "s", "t") }, ""},
		{func() { server.ExpireKey("STS.new") }, "InvalidSecurityToken.Expired"},
		{func() { server.RemoveKey("STS.new") }, "InvalidAccessKeyId.NotFound"},
	} {
		step.do()
		if a := q.call(t, "GetRoutine", "Name", "hello"); a.code() != step.code {
			t.Errorf("got %s, want code %q", a.body, step.code)
		}
	}
}

// The ways real clients send parameters, which must all be read the same.
func TestWaysToSendParameters(t *testing.T) {
	const formType, jsonType = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
	deployment := url.Values{"Name": {"hello"}, "Env": {"production"}, "Strategy": {"percentage"}, "CodeVersions": {split(stable, 90, next, 10)}}
	for name, build := range map[string]func(q *requester) *http.Request{
		"SDK: form": func(q *requester) *http.Request {
			return q.request(http.MethodPost, "CreateRoutineCodeDeployment", nil, formType, deployment.Encode())
		},
		"CLI: POST, all in the query, no body": func(q *requester) *http.Request {
			return q.request(http.MethodPost, "CreateRoutineCodeDeployment", deployment, "", "")
		},
		"GET": func(q *requester) *http.Request {
			return q.request(http.MethodGet, "CreateRoutineCodeDeployment", deployment, "", "")
		},
		"JSON, list as text": func(q *requester) *http.Request {
			body := `{"Name":"hello","Env":"production","Strategy":"percentage","Note":null,"CodeVersions":` + quote(split(stable, 90, next, 10)) + `}`
			return q.request(http.MethodPost, "CreateRoutineCodeDeployment", nil, jsonType, body)
		},
		"JSON, list as list": func(q *requester) *http.Request {
			body := `{"Name":"hello","Env":"production","Strategy":"percentage","CodeVersions":` + split(stable, 90, next, 10) + `}`
			return q.request(http.MethodPost, "CreateRoutineCodeDeployment", nil, jsonType, body)
		},
		"half query, half form": func(q *requester) *http.Request {
			return q.request(http.MethodPost, "CreateRoutineCodeDeployment", url.Values{"Name": {"hello"}, "Env": {"production"}}, formType,
				url.Values{"Strategy": {"percentage"}, "CodeVersions": deployment["CodeVersions"]}.Encode())
		},
		"chunked": func(q *requester) *http.Request {
			r := q.request(http.MethodPost, "CreateRoutineCodeDeployment", nil, formType, deployment.Encode())
			r.ContentLength = -1
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, q := withHello(t)
			a, err := q.send(build(q))
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("got %v %s", err, a.body)
			}
			live, ok := server.Live("hello", esasim.Production)
			if !ok || len(live.Shares) != 2 || live.Shares[0] != (esasim.Share{CodeVersion: stable, Percentage: 90}) {
				t.Errorf("live is %+v", live)
			}
			calls := server.Calls()
			if len(calls) != 1 || calls[0].Routine != "hello" || calls[0].Env != "production" || calls[0].Status != 200 {
				t.Errorf("logged %+v", calls)
			}
		})
	}
}

func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }
