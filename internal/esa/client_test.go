package esa_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

const (
	routine   = "hello"
	stable    = "1723599747213377175"
	candidate = "1723599747213377176"
)

// quick are pauses for tests.
var quick = esa.RetryPolicy{Initial: time.Millisecond, Max: 5 * time.Millisecond, UnreachableFor: 50 * time.Millisecond}

// newClient returns a client of the address with the simulator's key.
func newClient(t *testing.T, address string, change ...func(*esa.Config)) *esa.Client {
	t.Helper()
	endpoint, err := esa.ParseEndpoint(address)
	if err != nil {
		t.Fatal(err)
	}
	config := esa.Config{
		Endpoint: endpoint, Region: esa.DefaultRegion, UserAgent: "test", Retry: quick,
		Credentials: esa.NewStaticCredentials(esasim.AccessKeyID, esasim.AccessKeySecret, ""),
	}
	for _, apply := range change {
		apply(&config)
	}
	return esa.New(config)
}

// bubble runs a test in injected time.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			test(t)
			<-time.After(time.Hour) // for the timers of calls that have ended
		})
	})
}

// simulate starts a simulator whose routine serves a canary in production.
func simulate(t *testing.T, options ...esasim.Option) *esasim.Server {
	t.Helper()
	simulator := esasim.Start(t, options...)
	simulator.AddRoutine(routine)
	simulator.AddCodeVersion(routine, stable)
	simulator.AddCodeVersion(routine, candidate)
	simulator.Deploy(routine, esa.Production, esasim.Share{CodeVersion: stable, Percentage: 90}, esasim.Share{CodeVersion: candidate, Percentage: 10})
	return simulator
}

func TestDigitsAreExactInEitherForm(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]esasim.Rule{
		"text":    nil,
		"numbers": {{Fault: esasim.NumericIDs}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			simulator.Inject(faults...)
			client := newClient(t, simulator.URL)
			found, err := client.GetRoutine(t.Context(), routine, 0)
			if err != nil {
				t.Fatal(err)
			}
			live, _ := simulator.Live(routine, esa.Production)
			got := found.Deployment(esa.Production)
			if got == nil || got.ID != live.ID {
				t.Fatalf("deployment is %+v, want id %s", got, live.ID)
			}
			versions := map[string]int{}
			for _, version := range got.CodeVersions {
				versions[version.CodeVersion] = version.Percentage
			}
			if diff := cmp.Diff(map[string]int{stable: 90, candidate: 10}, versions); diff != "" {
				t.Errorf("versions (-want +got):\n%s", diff)
			}
			id, err := client.CreateRoutineCodeDeployment(t.Context(), client.TakeSlot(), esa.CodeDeploymentInput{
				Routine: routine, Environment: esa.Staging, Strategy: esa.StrategyPercentage,
				CodeVersions: []esa.CodeVersionShare{{CodeVersion: candidate, Percentage: 100}},
			})
			live, _ = simulator.Live(routine, esa.Staging)
			if err != nil || id != live.ID {
				t.Errorf("new deployment is %q (%v), want %q", id, err, live.ID)
			}
			list, err := client.ListRoutineCodeVersions(t.Context(), routine)
			if err != nil || !list.Complete || list.Known[0].CodeVersion != candidate {
				t.Errorf("list is %+v (%v), want the newest version %s first", list, err, candidate)
			}
			info, err := client.GetRoutineCodeVersionInfo(t.Context(), routine, stable, 0)
			if err != nil || info.CodeVersion != stable || info.Status != esa.BuildStatusAvailable {
				t.Errorf("version is %+v (%v), want %s available", info, err, stable)
			}
		})
	}
}

// TestConcurrentUse makes fifty calls at once, twice; under -race it proves that nothing is shared that must not be.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	const callers = 50
	// Without latency a connection comes free while others are still being opened, and those are spare then.
	simulator := simulate(t, esasim.WithLatency(50*time.Millisecond))
	client := newClient(t, simulator.URL)
	for range 2 {
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if got := simulator.Count("GetRoutine"); got != 2*callers {
		t.Errorf("%d calls, want %d", got, 2*callers)
	}
	if got, most := simulator.Connections(), callers; got > most || got == 0 {
		t.Errorf("%d connections, want at most one for each of %d callers", got, most)
	}
}

// answering is a server that answers everything in one way.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.WriteHeader(status)
		_, _ = io.WriteString(writer, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// served carries requests to a handler without a socket, so that a client can be tested in injected time. A handler that
// panics breaks the connection, and one that waits for the end of the request hangs.
type served struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (s served) RoundTrip(request *http.Request) (response *http.Response, err error) {
	if trace := httptrace.ContextClientTrace(request.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	answer := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			response, err = nil, io.ErrUnexpectedEOF
		}
	}()
	s.handler.ServeHTTP(answer, request)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	response = answer.Result()
	response.Request = request
	return response, nil
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status    int
		body      string
		kind      esa.Kind
		code      string
		message   string
		retryable bool
		effect    bool
	}{
		"throttled":              {400, `{"Code":"Throttling.User","Message":"Slow down.","RequestId":"R"}`, esa.Refused, "Throttling.User", "Slow down.", true, false},
		"throttled as 429":       {429, `{"Code":"Odd","Message":"m","RequestId":"R"}`, esa.Refused, "Odd", "m", true, false},
		"throttled by a gateway": {429, "<html>", esa.Unreadable, "", `the answer is not what ESA sends: it begins with "<html>"`, true, false},
		"an error with HTTP 200": {200, `{"Code":"NoPermission","Message":"m","RequestId":"R"}`, esa.Refused, "NoPermission", "m", false, false},
		"locked":                 {400, `{"Code":"LockFailed","Message":"m"}`, esa.Refused, "LockFailed", "m", true, false},
		"busy":                   {400, `{"Code":"Site.ServiceBusy","Message":"m"}`, esa.Refused, "Site.ServiceBusy", "m", true, false},
		"internal as 400":        {400, `{"Code":"InternalException","Message":"m"}`, esa.Refused, "InternalException", "m", true, true},
		"internal operation":     {400, `{"Code":"InternalOperationError","Message":"m"}`, esa.Refused, "InternalOperationError", "m", true, true},
		"throttled as 503":       {503, `{"Code":"Throttling.Api","Message":"m"}`, esa.Refused, "Throttling.Api", "m", true, false},
		"locked as 500":          {500, `{"Code":"LockFailed","Message":"m"}`, esa.Refused, "LockFailed", "m", true, false},
		"unavailable":            {503, `{"Code":"ServiceUnavailable","Message":"m"}`, esa.Refused, "ServiceUnavailable", "m", true, true},
		"not there":              {400, `{"Code":"RoutineNotExist","Message":"m","RequestId":"R"}`, esa.Refused, "RoutineNotExist", "m", false, false},
		"forbidden":              {403, `{"Code":"NoPermission","Message":"m"}`, esa.Refused, "NoPermission", "m", false, false},
		"a code that is no text": {500, `{"Code":500,"Message":{"a":1},"RequestId":7}`, esa.Refused, "500", `{"a":1}`, true, true},
		"a numeric code at 400":  {400, `{"Code":40012,"Message":["m"]}`, esa.Refused, "40012", `["m"]`, false, false},
		"names in small letters": {400, `{"code":"NoPermission","message":"m","requestId":"R"}`, esa.Refused, "NoPermission", "m", false, false},
		"a code that is null":    {400, `{"Code":null,"Message":"m"}`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "{\"Code\":null,\"Message\":\"m\"}"`, false, true},
		"an empty error":         {500, ``, esa.Unreadable, "", "the answer is not what ESA sends: it is empty", true, true},
		"an HTML 502":            {502, "<html>\n<h1>Bad Gateway</h1>", esa.Unreadable, "", `the answer is not what ESA sends: it begins with "<html> <h1>Bad Gateway</h1>"`, true, true},
		"an HTML 404":            {404, "<html>", esa.Unreadable, "", `the answer is not what ESA sends: it begins with "<html>"`, false, true},
		"JSON without a code":    {404, `{"message":"no route"}`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "{\"message\":\"no route\"}"`, false, true},
		"an error that is null":  {400, `null`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "null"`, false, true},
		"an error in a list":     {400, `[1]`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "[1]"`, false, true},
		"an empty 200":           {200, ``, esa.Unreadable, "", "the answer is not what ESA sends: it is empty", true, true},
		"an empty object":        {200, `{}`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "{}"`, true, true},
		"null":                   {200, `null`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "null"`, true, true},
		"half a document":        {200, `{"RequestId":"R","Envs":[`, esa.Unreadable, "", `the answer is not what ESA sends: it begins with "{\"RequestId\":\"R\",\"Envs\":["`, true, true},
		"no routine":             {200, `{"RequestId":"R"}`, esa.Unreadable, "", "the answer makes no sense: it describes no routine", true, true},
		"a deployment of nothing": {200, `{"RequestId":"R","Envs":[{"Env":"production","CodeDeploy":{"DeployId":"7","CodeVersions":[]}}]}`,
			esa.Unreadable, "", "the answer makes no sense: it is incomplete: its deployment 7 in production has no code versions", false, true},
		"a fraction of traffic": {200, `{"RequestId":"R","Envs":[{"Env":"production","CodeDeploy":{"DeployId":"7","CodeVersions":[{"CodeVersion":"1","Percentage":99.5}]}}]}`,
			esa.Unreadable, "", `the answer makes no sense: its deployment 7 in production serves version "1" at "99.5" percent`, true, true},
		"the string to sign": {400, `{"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3Dx"}`,
			esa.Refused, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation. server string to sign (not shown)", false, false},
		"the secret itself": {400, `{"Code":"Odd","Message":"you sent ` + esasim.AccessKeySecret + `"}`, esa.Refused, "Odd", "you sent (hidden)", false, false},
	} {
		bubble(t, name, func(t *testing.T) {
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
				config.Transport = served{http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
					writer.WriteHeader(test.status)
					_, _ = io.WriteString(writer, test.body)
				})}
				// Long enough not to give up on an endpoint that has not answered as ESA does yet.
				config.Retry.UnreachableFor = time.Hour
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := client.GetRoutine(ctx, routine, 0)
			var failure *esa.Error
			if !errors.As(err, &failure) {
				t.Fatalf("the error is %v, want an *esa.Error in it", err)
			}
			type outcome struct {
				Kind              esa.Kind
				Code, Message     string
				Retryable, Effect bool
				Missing           bool
			}
			ofWrite := *failure
			ofWrite.Operation = "DeleteRoutine"
			got := outcome{failure.Kind, failure.Code, failure.Message, failure.Retryable(), ofWrite.MayHaveTakenEffect(), esa.IsRoutineMissing(err)}
			want := outcome{test.kind, test.code, test.message, test.retryable, test.effect, test.code == "RoutineNotExist"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if failure.HTTPStatus != test.status || failure.Operation != "GetRoutine" || failure.Target.Routine != routine || failure.MayHaveTakenEffect() {
				t.Errorf("the error does not say which call it was: %+v", failure)
			}
		})
	}
}

func TestAnswerOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Fault: esasim.Huge, Times: 1})
	var seen []string
	client := newClient(t, simulator.URL, func(config *esa.Config) {
		config.Observe = func(_ context.Context, attempt esa.Attempt) { seen = append(seen, fmt.Sprint(attempt.Err)) }
	})
	if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil {
		t.Fatal(err)
	}
	want := []string{`GetRoutine (routine "hello"): HTTP 200: the answer is longer than 8 MiB`, "<nil>"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Fault: esasim.Redirect, Location: other.URL + "/login?Signature=secret"})
	_, err := newClient(t, simulator.URL).GetRoutine(t.Context(), routine, 0)
	want := `GetRoutine (routine "hello"): HTTP 302: HTTP 302 redirects to "` + other.URL + `/login", which is not followed`
	if err == nil || err.Error() != want || elsewhere != 0 {
		t.Errorf("%d requests elsewhere; error\n got %v\nwant %s", elsewhere, err, want)
	}
}

// TestCancellingEndsACallAtOnce presses Ctrl-C while a call is under way that nothing else would end for an hour.
func TestCancellingEndsACallAtOnce(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *esa.Client) error{
		"read": func(ctx context.Context, client *esa.Client) error {
			_, err := client.GetRoutine(ctx, routine, 0)
			return err
		},
		"shared read": func(ctx context.Context, client *esa.Client) error {
			_, err := client.GetRoutine(ctx, routine, time.Minute)
			return err
		},
		"list": func(ctx context.Context, client *esa.Client) error {
			_, err := client.ListRoutineCodeVersions(ctx, routine)
			return err
		},
		"write": deploy,
	} {
		bubble(t, name, func(t *testing.T) {
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
				config.Transport = served{http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
					_, _ = io.Copy(io.Discard, request.Body)
					<-request.Context().Done()
				})}
				config.Retry.AttemptTimeout, config.Retry.UnreachableFor = time.Hour, time.Hour
			})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Second, cancel)
			began := time.Now()
			err := call(ctx, client)
			if took := time.Since(began); !errors.Is(err, context.Canceled) || took != 10*time.Second {
				t.Errorf("ended after %s with %v, want the cancellation after 10s", took, err)
			}
		})
	}
}

// TestDeploymentWithoutAnID does not accept an answer that says which deployment was made by no id.
func TestDeploymentWithoutAnID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"RequestId":"R"}`, `{"RequestId":"R","DeploymentId":""}`, `{"RequestId":"R","DeploymentId":null}`} {
		bubble(t, body, func(t *testing.T) {
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
				config.Transport = served{http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(writer, body) })}
			})
			if err := deploy(t.Context(), client); !esa.MayHaveTakenEffect(err) || !strings.Contains(err.Error(), "it has no DeploymentId") {
				t.Errorf("deploy = %v, want an answer that makes no sense", err)
			}
		})
	}
}

func TestNobodyAnswersIsGivenUpBeforeTheTimeIsOut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	_, err := newClient(t, server.URL).GetRoutine(t.Context(), routine, 0)
	var failure *esa.Error
	if !errors.As(err, &failure) || failure.Kind != esa.Unreachable || failure.Retryable() {
		t.Errorf("the error is %v, want one that says the address is unreachable for good", err)
	}
}

// TestParseEndpoint covers plain text to the world, and what else an endpoint may not be.
func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"esa.cn-hangzhou.aliyuncs.com":     "https://esa.cn-hangzhou.aliyuncs.com",
		"esa.test:8443":                    "https://esa.test:8443",
		"https://esa.test/":                "https://esa.test",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
		"http://[::1]:8080":                "http://[::1]:8080",
		"http://localhost:8080":            "http://localhost:8080",
		"http://esa.test":                  `error: must start with https://, got: "http://esa.test"`,
		"http://127.0.0.1.esa.test":        `error: must start with https://, got: "http://127.0.0.1.esa.test"`,
		"http://localhost.esa.test":        `error: must start with https://, got: "http://localhost.esa.test"`,
		"ftp://esa.test":                   `error: must start with https://`,
		"https://esa.test/v1":              `error: must be a host and port without a path`,
		"https://esa.test?x=1":             `error: must be a host and port without a path`,
		"https://user:password@esa.test":   `error: must not contain a user name`,
		"https://":                         `error: must be a host such as`,
		":8080":                            `error: must be a host such as`,
		"http://127.0.0.1:port":            `error: must be a host such as`,
		"https://user:pass word@esa.test/": `error: must be a host such as`,
		"esa test":                         `error: must be a host such as`,
	} {
		endpoint, err := esa.ParseEndpoint(text)
		var got string
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = endpoint.String()
		}
		if got != want && (!strings.HasPrefix(want, "error: ") || !strings.HasPrefix(got, want)) {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
		if strings.Contains(got, "password") || strings.Contains(got, "pass word") {
			t.Errorf("%q: the error shows the password: %s", text, got)
		}
	}
}

// TestDebugIsOff asks the SDK for its debug output, which would show the signature of every request.
func TestDebugIsOff(t *testing.T) {
	t.Parallel()
	if os.Getenv("ESA_TEST_DEBUG_CHILD") == "1" {
		client := newClient(t, os.Getenv("ESA_TEST_ENDPOINT"))
		if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil {
			t.Fatal(err)
		}
		fmt.Println("DEBUG is now", os.Getenv("DEBUG"))
		return
	}
	simulator := simulate(t)
	child := exec.Command(os.Args[0], "-test.run=^TestDebugIsOff$", "-test.v")
	child.Env = append(os.Environ(), "ESA_TEST_DEBUG_CHILD=1", "ESA_TEST_ENDPOINT="+simulator.URL, "DEBUG=mine,sdk,other")
	output, err := child.CombinedOutput()
	if err != nil || simulator.Count("GetRoutine") != 1 {
		t.Fatalf("the child made %d calls: %v\n%s", simulator.Count("GetRoutine"), err, output)
	}
	if strings.Contains(string(output), "Signature") || !strings.Contains(string(output), "DEBUG is now mine,other") {
		t.Errorf("the SDK printed what it sends:\n%s", output)
	}
}
