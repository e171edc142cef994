package esa_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestTheLastCauseIsQuotedHoweverTimeRunsOut lets a fault last until the time is up, under each way of waiting.
func TestTheLastCauseIsQuotedHoweverTimeRunsOut(t *testing.T) {
	t.Parallel()
	for _, fault := range []esasim.Fault{esasim.Throttled, esasim.Hang, esasim.HTMLBadGateway} {
		for name, wait := range map[string]func(context.Context, *esa.Client) error{
			"alone": func(ctx context.Context, client *esa.Client) error {
				_, err := client.GetRoutine(ctx, routine, 0)
				return err
			},
			"shared": func(ctx context.Context, client *esa.Client) error {
				_, err := client.GetRoutine(ctx, routine, time.Minute)
				return err
			},
			"nested": func(ctx context.Context, client *esa.Client) error {
				return client.Retry(ctx, func(int) error {
					_, err := client.Poll(ctx, 0, func() (bool, error) {
						_, err := client.GetRoutine(ctx, routine, 0)
						return false, err
					})
					return err
				})
			},
		} {
			bubble(t, string(fault)+"/"+name, func(t *testing.T) {
				simulator := esasim.New()
				simulator.Inject(esasim.Rule{Fault: fault})
				client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
					config.Transport, config.Retry.AttemptTimeout, config.Retry.UnreachableFor = served{simulator}, 50*time.Millisecond, time.Hour
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := wait(ctx, client)
				failure, ok := errors.AsType[*esa.Error](err)
				if !ok || failure.Operation != "GetRoutine" || failure.Target.Routine != routine || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the error is %v, want the deadline and the last failure of GetRoutine", err)
				}
			})
		}
	}
}

// deploy makes one attempt at a deployment to staging.
func deploy(ctx context.Context, client *esa.Client) error {
	_, err := client.CreateRoutineCodeDeployment(ctx, client.TakeSlot(), esa.CodeDeploymentInput{
		Routine: routine, Environment: esa.Staging, Strategy: esa.StrategyPercentage,
		CodeVersions: []esa.CodeVersionShare{{CodeVersion: stable, Percentage: 100}},
	})
	return err
}

// TestALostWriteIsNotForgottenOverARead ends the time while the effect of a lost write is being looked for.
func TestALostWriteIsNotForgottenOverARead(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.ResetAfter}, esasim.Rule{Operation: "GetRoutine", Fault: esasim.Throttled})
	client := newClient(t, simulator.URL)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	written := false
	err := client.Retry(ctx, func(int) error {
		if written {
			_, err := client.GetRoutine(ctx, routine, 0)
			return err
		}
		written = true
		return deploy(ctx, client)
	})
	if failure, ok := errors.AsType[*esa.Error](err); !ok || failure.Operation != "CreateRoutineCodeDeployment" {
		t.Errorf("the error is %v, want the lost write", err)
	}
}

// TestNoHalfOfASecretIsShown has something echo a token that is longer than what is quoted.
func TestNoHalfOfASecretIsShown(t *testing.T) {
	t.Parallel()
	token := "CAIS" + strings.Repeat("t0ken", 300)
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"a page":       {404, "<html><body>Cannot POST /?AccessKeyId=x&SecurityToken=" + token + "</body></html>"},
		"a message":    {400, `{"Code":"Odd","RequestId":"R","Message":"` + strings.Repeat("x", 800) + token + `"}`},
		"a request id": {400, `{"Code":"Odd","RequestId":"` + token + `","Message":"m"}`},
		"a code":       {400, `{"Code":"` + token + `","RequestId":"R","Message":"m"}`},
		"a RAM action": {403, `{"Code":"NoPermission","Message":"m","AccessDeniedDetail":{"AuthAction":"` + token + `"}}`},
	} {
		client := newClient(t, answering(t, answer.status, answer.body), func(config *esa.Config) {
			config.Credentials = esa.NewStaticCredentials(esasim.AccessKeyID, esasim.AccessKeySecret, token)
		})
		_, err := client.GetRoutine(t.Context(), routine, 0)
		failure, ok := errors.AsType[*esa.Error](err)
		if !ok || strings.Contains(err.Error()+failure.AccessDenied, "CAISt0ken") {
			t.Errorf("%s shows the token: %v", name, err)
		}
	}
}

// TestAProxysPasswordIsNotShown gives addresses that neither the SDK nor net/http can read.
func TestAProxysPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	if os.Getenv("ESA_TEST_PROXY_CHILD") == "1" {
		_, err := newClient(t, "https://esa.test:1").GetRoutine(t.Context(), routine, 0)
		t.Logf("error: %v", err)
		return
	}
	for _, proxy := range []string{"http://user:pa%zzw0rd@proxy:3128", "socks9://user:passw0rd@proxy:3128"} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAProxysPasswordIsNotShown$", "-test.v")
		child.Env = append(os.Environ(), "ESA_TEST_PROXY_CHILD=1", "HTTPS_PROXY="+proxy)
		output, err := child.CombinedOutput()
		if err != nil || !strings.Contains(string(output), "error: GetRoutine") || strings.Contains(string(output), "w0rd") {
			t.Errorf("with the proxy %s: %v\n%s", proxy, err, output)
		}
	}
}

// TestRefusedTLSIsNotTriedAgain covers what a server says during or right after the handshake.
func TestRefusedTLSIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]*tls.Config{
		"wants a certificate":              {ClientAuth: tls.RequireAnyClientCert},
		"wants a certificate with TLS 1.2": {ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
		"speaks only an old TLS":           {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, //nolint:gosec // The test is about refusing it.
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = config
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			transport := esa.NewTransport()
			transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			_, err := newClient(t, server.URL, func(config *esa.Config) { config.Transport = transport }).GetRoutine(t.Context(), routine, 0)
			if failure, ok := errors.AsType[*esa.Error](err); !ok || failure.Kind != esa.Untrusted || failure.MayHaveTakenEffect() {
				t.Errorf("the error is %v, want one that is not worth another attempt", err)
			}
		})
	}
}

// TestRefusalOfAProxy has a proxy refuse for good, and for the moment.
func TestRefusalOfAProxy(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		kind  esa.Kind
		words string
	}{
		http.StatusForbidden:           {esa.Untrusted, "answered HTTP 403"},
		http.StatusProxyAuthRequired:   {esa.Untrusted, "answered HTTP 407: it asks for a user name and password, which go into HTTPS_PROXY"},
		http.StatusInternalServerError: {esa.Unreachable, "cannot connect: the proxy 127.0.0.1:"},
		http.StatusBadGateway:          {esa.Unreachable, "answered HTTP 502"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		address, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		transport := esa.NewTransport()
		transport.Proxy = http.ProxyURL(address)
		_, err = newClient(t, "https://esa.test", func(config *esa.Config) {
			config.Transport, config.Retry.UnreachableFor = transport, 10*time.Millisecond
		}).GetRoutine(t.Context(), routine, 0)
		if failure, ok := errors.AsType[*esa.Error](err); !ok || failure.Kind != want.kind || !strings.Contains(err.Error(), want.words) {
			t.Errorf("HTTP %d: %v, want %q", status, err, want.words)
		}
	}
}

func TestOnlyESAsOwnWordMakesARoutineMissing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"its word":             {400, `{"Code":"RoutineNotExist","RequestId":"R","Message":"m"}`, true},
		"a gateway's 503":      {503, `{"Code":"RoutineNotExist","RequestId":"R","Message":"m"}`, false},
		"without a request id": {404, `{"Code":"RoutineNotExist","Message":"m"}`, false},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		attempts := 0
		client := newClient(t, answering(t, answer.status, answer.body), func(config *esa.Config) {
			config.Observe = func(context.Context, esa.Attempt) {
				attempts++
				if attempts == 3 {
					cancel()
				}
			}
		})
		_, err := client.GetRoutine(ctx, routine, 0)
		cancel()
		if got := esa.IsRoutineMissing(err); got != answer.want {
			t.Errorf("%s: missing is %t, want %t (%v)", name, got, answer.want, err)
		}
	}
}

// refusing is a network in which nothing listens at any address.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// TestAWrongAddressIsFoundOutOnce gives the verdict of the first caller to all that follow.
func TestAWrongAddressIsFoundOutOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
			config.Transport, config.Retry = refusing{}, esa.RetryPolicy{}
			config.Observe = func(context.Context, esa.Attempt) { attempts++ }
		})
		_, first := client.GetRoutine(t.Context(), routine, 0)
		after := attempts
		for range 10 {
			if _, err := client.GetRoutine(t.Context(), routine, 0); err == nil || first == nil {
				t.Fatal("no one listens, want errors")
			}
		}
		if after < 2 || attempts != after+10 {
			t.Errorf("%d attempts, and %d for ten more calls; want several, then one for each", after, attempts-after)
		}
		<-time.After(time.Hour) // for the timers of calls that have ended
	})
}

// TestNoPermissionToUploadIsShown breaks off the answer that holds one.
func TestNoPermissionToUploadIsShown(t *testing.T) {
	t.Parallel()
	client := newClient(t, answering(t, http.StatusOK, `{"OssPostConfig":{"Signature":"c2lnbmVk","Policy":"cG9saWN5","XOssSecurityToken":"CAISt0ken"`))
	_, err := client.CreateRoutineWithAssetsCodeVersion(t.Context(), client.TakeSlot(), esa.CodeVersionInput{Routine: routine})
	if err == nil || !strings.Contains(err.Error(), "OssPostConfig (not shown)") || strings.Contains(err.Error(), "c2lnbmVk") {
		t.Errorf("the error is %v, want one that does not show the form", err)
	}
}

// unreachable is what a call to an address comes to where no one listens.
func unreachable(operation string) *esa.Error {
	return &esa.Error{Operation: operation, Kind: esa.Unreachable}
}

// TestAGatewayThatIsThereIsGivenTime has a connection refused now and then, and a gateway that fails in between, for
// longer than an address may refuse connections: attempts go on, with pauses, until the time is up.
func TestAGatewayThatIsThereIsGivenTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, "https://esa.test", func(config *esa.Config) { config.Retry = esa.RetryPolicy{} })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		attempts := 0
		err := client.Retry(ctx, func(attempt int) error {
			attempts = attempt
			if attempt%7 == 1 {
				return unreachable("GetRoutine")
			}
			return &esa.Error{Operation: "GetRoutine", Kind: esa.Unreadable, HTTPStatus: http.StatusBadGateway}
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v, want the deadline", err)
		}
		if attempts < 10 || attempts > 60 {
			t.Errorf("%d attempts in five minutes, want some with pauses of up to 15 seconds", attempts)
		}
	})
}

// TestAnUploadThatGoesNowhereSaysNothingOfESA keeps apart who is there: the two are different addresses.
func TestAnUploadThatGoesNowhereSaysNothingOfESA(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, "https://esa.test", func(config *esa.Config) { config.Retry = esa.RetryPolicy{} })
		started := time.Now()
		err := client.RetryUpload(t.Context(), func(int) error { return unreachable(esa.UploadOperation) })
		if err == nil || time.Since(started) != 15*time.Second {
			t.Fatalf("an upload that goes nowhere ended with %v after %s, want an error after 15 seconds", err, time.Since(started))
		}
		err = client.Retry(t.Context(), func(attempt int) error {
			if attempt <= 3 {
				return unreachable("GetRoutine")
			}
			return nil
		})
		if err != nil {
			t.Errorf("the call after it was given up: %v", err)
		}
	})
}

// TestAnUploadThatSucceedsEndsTheAbsence has the object store refuse connections for a moment before an upload and for another
// moment later: the two are not one long absence.
func TestAnUploadThatSucceedsEndsTheAbsence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stored := roundTripper(func(request *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, request.Body)
			return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: request}, err
		})
		client, reserved, err := reserve(t, "https://bucket.oss-cn-hangzhou.aliyuncs.com", "", stored)
		if err != nil {
			t.Fatal(err)
		}
		refusedFor := func(length time.Duration) error {
			began := time.Now()
			return client.RetryUpload(t.Context(), func(int) error {
				if time.Since(began) < length {
					return unreachable(esa.UploadOperation)
				}
				return upload(t.Context(), client, reserved, "the zip")
			})
		}
		if err := refusedFor(quick.UnreachableFor / 2); err != nil {
			t.Fatal(err)
		}
		if err := refusedFor(quick.UnreachableFor * 3 / 4); err != nil {
			t.Errorf("after an upload that succeeded: %v", err)
		}
	})
}

// TestPollEnds with what its read says, or with an interruption that counts the reads.
func TestPollEnds(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("the caller's own")
	for name, test := range map[string]struct {
		atMost int
		read   func(end context.CancelFunc) (bool, error)
		done   bool
		err    error
	}{
		"done":                                  {0, func(context.CancelFunc) (bool, error) { return true, nil }, true, nil},
		"done in the moment in which time ends": {0, func(end context.CancelFunc) (bool, error) { end(); return true, nil }, true, nil},
		"never done":                            {0, func(context.CancelFunc) (bool, error) { return false, nil }, false, context.DeadlineExceeded},
		"not done in so many reads":             {3, func(context.CancelFunc) (bool, error) { return false, nil }, false, nil},
		"a failure":                             {0, func(context.CancelFunc) (bool, error) { return false, errOwn }, false, errOwn},
	} {
		bubble(t, name, func(t *testing.T) {
			client, reads := newClient(t, "http://127.0.0.1:1"), 0
			ctx, end := context.WithTimeout(t.Context(), 10*time.Second)
			defer end()
			done, err := client.Poll(ctx, test.atMost, func() (bool, error) {
				reads++
				return test.read(end)
			})
			if done != test.done || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("done: %t, %v; want %t, %v", done, err, test.done, test.err)
			}
			interruption, interrupted := errors.AsType[*esa.Interrupted](err)
			if interrupted != errors.Is(test.err, context.DeadlineExceeded) || interrupted && interruption.Attempts != reads {
				t.Errorf("after %d reads the error is %#v", reads, err)
			}
		})
	}
}

// slowCredentials takes longer to hand out a key than a connection may take.
type slowCredentials struct{ esa.CredentialsProvider }

func (s slowCredentials) GetCredentials() (*credentials.Credentials, error) {
	<-time.After(20 * time.Second)
	return s.CredentialsProvider.GetCredentials()
}

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) {
	return r(request)
}

// TestSlowCredentialsAreNotASlowConnection renews a session that takes its time.
func TestSlowCredentialsAreNotASlowConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		connections := 0
		client := newClient(t, "https://esa.test", func(config *esa.Config) {
			config.Retry = esa.RetryPolicy{}
			config.Credentials = slowCredentials{config.Credentials}
			config.Transport = roundTrip(func(request *http.Request) (*http.Response, error) {
				connections++
				if connections == 1 {
					return nil, errors.New("connection refused")
				}
				if err := request.Context().Err(); err != nil {
					return nil, err
				}
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"RequestId":"R","Envs":[],"CreateTime":"2026-01-01T00:00:00Z"}`))}, nil
			})
		})
		if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil || connections != 2 {
			t.Errorf("%d connections and %v, want the second to bring the answer", connections, err)
		}
	})
}

// TestALateBreakOfTLSMayHaveTakenEffect alerts after the request was sent, which is no refusal of the client.
func TestALateBreakOfTLSMayHaveTakenEffect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]esa.Kind{
		"tls: bad record MAC":                                esa.Broken,
		"tls: internal error":                                esa.Broken,
		"tls: certificate required":                          esa.Untrusted,
		"tls: unknown certificate authority":                 esa.Untrusted,
		"tls: user canceled; anything else that comes later": esa.Broken,
	} {
		client := newClient(t, "https://esa.test", func(config *esa.Config) {
			config.Transport = roundTrip(func(request *http.Request) (*http.Response, error) {
				httptrace.ContextClientTrace(request.Context()).WroteHeaders()
				return nil, &net.OpError{Op: "remote error", Err: errors.New(text)}
			})
		})
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := client.CreateRoutineCodeDeployment(ctx, client.TakeSlot(), esa.CodeDeploymentInput{Routine: routine, Environment: esa.Staging})
		cancel()
		if failure, ok := errors.AsType[*esa.Error](err); !ok || failure.Kind != want {
			t.Errorf("%s: the error is %v, want kind %d", text, err, want)
		}
	}
}

// TestCanceledWriteSaysWhatItWas ends a write that hangs, before anything had gone wrong.
func TestCanceledWriteSaysWhatItWas(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.Hang})
	client := newClient(t, simulator.URL)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_ = simulator.AwaitCount(ctx, "CreateRoutineCodeDeployment", 1)
		cancel()
	}()
	want := esa.Target{Routine: routine, Environment: esa.Staging}
	_, err := esa.Guard(ctx, client, esa.Write[string]{
		Operation: "CreateRoutineCodeDeployment", Target: want,
		Judge: func(string, *string) (esa.Verdict, error) { return esa.Permitted, nil },
		Send:  func(ctx context.Context, _ *esa.Slot) error { return deploy(ctx, client) },
	})
	interruption, ok := errors.AsType[*esa.Interrupted](err)
	if !ok || interruption.Operation != "CreateRoutineCodeDeployment" || interruption.Target != want {
		t.Errorf("the error is %v, want an interruption of the write to %s", err, want)
	}
}
