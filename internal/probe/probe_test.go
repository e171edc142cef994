package probe_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/probe"
)

// patience is the timeout of checks that are not about it.
const patience = time.Minute

func check(url string) probe.Check {
	return probe.Check{URL: url, ExpectStatus: []int{200}, Timeout: patience, UserAgent: "test"}
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		change func(*probe.Check)
		want   string
	}{
		"the expected status": {answer: func(http.ResponseWriter, *http.Request) {}, want: "passed 200: HTTP 200"},
		"another status": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "upstream\n\tconnect\x00 error", http.StatusServiceUnavailable)
			},
			want: `failed 503: HTTP 503, must be 200: "upstream connect error"`,
		},
		"one of several statuses": {
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
			change: func(c *probe.Check) { c.ExpectStatus = []int{200, 204} },
			want:   "passed 204: HTTP 204",
		},
		"none of several statuses": {
			answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
			change: func(c *probe.Check) { c.ExpectStatus = []int{200, 204} },
			want:   "failed 418: HTTP 418, must be 200 or 204",
		},
		"a redirect": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://user:pw@login.example.com/in?token=s3cret", http.StatusFound)
			},
			want: "failed 302: HTTP 302, must be 200: it redirects to https://login.example.com/in, which is not followed",
		},
		"an expected redirect": {
			answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
			change: func(c *probe.Check) { c.ExpectStatus = []int{302} },
			want:   "passed 302: HTTP 302",
		},
		"the expected text": {
			answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":"ok"}`) },
			change: func(c *probe.Check) { c.ExpectBody = `"ok"` },
			want:   "passed 200: HTTP 200",
		},
		"another text": {
			answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("degraded ", 20)) },
			change: func(c *probe.Check) { c.ExpectBody = "ok" },
			want:   `failed 200: HTTP 200, but its body does not contain the expected text: "` + strings.Repeat("degraded ", 8) + `degraded…"`,
		},
		"an empty body": {
			answer: func(http.ResponseWriter, *http.Request) {},
			change: func(c *probe.Check) { c.ExpectBody = "ok" },
			want:   "failed 200: HTTP 200, but its body does not contain the expected text",
		},
		"text at the end of what is read": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, strings.Repeat(" ", probe.MaxBody-2), "ok", "more")
			},
			change: func(c *probe.Check) { c.ExpectBody = "ok" },
			want:   "passed 200: HTTP 200",
		},
		"text beyond what is read": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, strings.Repeat(" ", probe.MaxBody-1), "ok")
			},
			change: func(c *probe.Check) { c.ExpectBody = "ok" },
			want:   "failed 200: HTTP 200, but the first 64 KiB of its body do not contain the expected text",
		},
		"a compressed body": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				zip := gzip.NewWriter(w)
				fmt.Fprint(zip, "all is ok")
				_ = zip.Close()
			},
			change: func(c *probe.Check) { c.ExpectBody = "is ok" },
			want:   "passed 200: HTTP 200",
		},
		"a body that breaks off": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10")
				fmt.Fprint(w, "ok")
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			},
			want: "failed 200: HTTP 200, but its body did not arrive: the connection was closed too early",
		},
		"no answer": {
			answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			want:   "failed 0: the connection was closed too early",
		},
		"headers": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.Header.Get("X-Probe"), ", ", r.UserAgent())
			},
			change: func(c *probe.Check) {
				c.Headers, c.ExpectBody = map[string]string{"x-probe": "yes", "User-Agent": "mine"}, "yes, mine"
			},
			want: "passed 200: HTTP 200",
		},
		"an answer that repeats secrets": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				http.Error(w, r.URL.RawQuery+" "+r.Header.Get("Authorization")+" "+r.URL.Query().Get("sig"), http.StatusForbidden)
			},
			change: func(c *probe.Check) {
				c.URL += "/?esa_er_token=t0ken&sig=a%2Fb%2Fc"
				c.Headers = map[string]string{"Authorization": "Bearer abcdef"}
			},
			want: `failed 403: HTTP 403, must be 200: "*** *** ***"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := check(serve(t, test.answer).URL)
			if test.change != nil {
				test.change(&c)
			}
			result := c.Do(t.Context())
			verdict := "failed"
			if result.Passed {
				verdict = "passed"
			}
			if diff := cmp.Diff(test.want, fmt.Sprintf("%s %d: %s", verdict, result.Status, result.Detail)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if result.At.IsZero() || result.Took <= 0 {
				t.Errorf("started at %s and took %s", result.At, result.Took)
			}
		})
	}
}

func TestEveryAttemptMakesItsOwnConnection(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	for range 3 {
		if result := check(server.URL).Do(t.Context()); !result.Passed {
			t.Fatal(result.Detail)
		}
	}
	if got := connections.Load(); got != 3 {
		t.Errorf("%d connections, want 3", got)
	}
}

func TestAHangEndsAtTheTimeout(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"before the answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in the body": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "o")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		c := check(serve(t, answer).URL)
		c.Timeout = 50 * time.Millisecond
		result := c.Do(t.Context())
		if result.Passed || !strings.HasSuffix(result.Detail, "no complete answer within 50ms") {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

func TestAnInterruptedAttemptEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := check(serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}).URL)
	if result := c.Do(ctx); result.Passed || result.Detail != "interrupted" {
		t.Errorf("%+v", result)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	result := check(server.URL + "/healthz?token=s3cret").Do(t.Context())
	if result.Passed || result.Status != 0 || !strings.Contains(result.Detail, "refused") || strings.Contains(result.Detail, "s3cret") {
		t.Errorf("%+v", result)
	}
}

func TestConnectToKeepsHostAndServerName(t *testing.T) {
	t.Parallel()
	answer := func(w http.ResponseWriter, r *http.Request) {
		name := "no TLS"
		if r.TLS != nil {
			name = r.TLS.ServerName
		}
		fmt.Fprintf(w, "%s %s", r.Host, name)
	}
	secure := httptest.NewTLSServer(http.HandlerFunc(answer)) // its certificate is for example.com
	defer secure.Close()
	plain := serve(t, answer)
	pool := x509.NewCertPool()
	pool.AddCert(secure.Certificate())

	for _, test := range []struct{ url, connectTo, want string }{
		{"https://example.com/healthz", secure.Listener.Addr().String(), "example.com example.com"},
		{"https://example.com:8443/healthz", secure.Listener.Addr().String(), "example.com:8443 example.com"},
		{"http://www.example.org/", plain.Listener.Addr().String(), "www.example.org no TLS"},
		// The port of the URL, where connect_to has none.
		{"http://www.example.org:" + port(t, plain), "127.0.0.1", "www.example.org:" + port(t, plain) + " no TLS"},
	} {
		c := check(test.url).WithRootCAs(pool)
		c.ConnectTo, c.ExpectBody = test.connectTo, test.want
		if result := c.Do(t.Context()); !result.Passed {
			t.Errorf("%s at %s: %s", test.url, test.connectTo, result.Detail)
		}
	}
}

func port(t *testing.T, server *httptest.Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshakes are the test
	server.StartTLS()
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())

	unknown := check(server.URL)
	otherName := check("https://example.net/").WithRootCAs(pool)
	otherName.ConnectTo = server.Listener.Addr().String()
	for name, c := range map[string]probe.Check{"an unknown authority": unknown, "another name": otherName} {
		if result := c.Do(t.Context()); result.Passed || !strings.Contains(result.Detail, "certificate") {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

// TestProxy runs in a process of its own, since net/http reads the environment once.
func TestProxy(t *testing.T) {
	t.Parallel()
	const child = "PROBE_TEST_PROXY_CHILD"
	if os.Getenv(child) == "1" {
		viaProxy := check("http://behind-the-proxy.example.invalid/")
		if result := viaProxy.Do(t.Context()); !result.Passed {
			t.Error(result.Detail)
		}
		direct := check("http://behind-the-proxy.example.invalid/")
		direct.ConnectTo, direct.ExpectBody = os.Getenv("DIRECT"), "direct"
		if result := direct.Do(t.Context()); !result.Passed {
			t.Errorf("with connect_to: %s", result.Detail)
		}
		return
	}
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "by proxy ", r.URL.Host) })
	direct := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") })
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$", "-test.v")
	command.Env = append(os.Environ(), child+"=1", "HTTP_PROXY="+proxy.URL, "NO_PROXY=", "DIRECT="+direct.Listener.Addr().String())
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestAddressIsShownWithoutQuery(t *testing.T) {
	t.Parallel()
	if got, want := check("https://www.example.com/healthz?token=s3cret#x").Address(), "https://www.example.com/healthz"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
