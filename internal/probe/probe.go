// Package probe is one health check over HTTP: a GET whose answer is held against what is expected.
//
// Every attempt resolves the name again and makes a connection of its own, TLS handshake included, as a new visitor
// does. A kept connection would stay with one edge server, and perhaps with one code version, however the traffic is
// split, and it would hide an address or a certificate that no longer works.
//
// An attempt goes through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, as the calls to ESA do. With
// ConnectTo it does not: that address is where it goes. Certificates are always verified, redirects are never followed.
package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxBody is how much of an answer's body is read, in bytes.
const MaxBody = 64 << 10

// Check is what to ask, and what to expect.
type Check struct {
	// URL is what to GET.
	URL string
	// ExpectStatus are the statuses that pass.
	ExpectStatus []int
	// ExpectBody is text that the first MaxBody bytes of the body must contain. Empty text is in every body.
	ExpectBody string
	// Headers are sent with the request.
	Headers map[string]string
	// Timeout is how long an attempt may take, from the resolution of the name to the end of the body.
	Timeout time.Duration
	// ConnectTo is the address to connect to in place of that in URL, whose host stays in the Host header and the TLS
	// handshake: an IP address or a name, with or without a port. Empty means the address in URL.
	ConnectTo string
	// UserAgent is sent where Headers have none.
	UserAgent string

	rootCAs *x509.CertPool // of the system where it is nil
}

// Result is what an attempt has seen. It holds no header value and no part of a query of the check.
type Result struct {
	Passed bool
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// At is when the attempt started, and Took is how long it lasted.
	At   time.Time
	Took time.Duration
	// Detail says what was seen, such as "HTTP 503, must be 200".
	Detail string
}

// Do makes one attempt. The context ends it early, with a result that has not passed.
func (c Check) Do(ctx context.Context) Result {
	result := Result{At: time.Now()}
	result.Passed, result.Status, result.Detail = c.attempt(ctx)
	result.Took = time.Since(result.At)
	return result
}

func (c Check) attempt(ctx context.Context) (passed bool, status int, detail string) {
	timed, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(timed, http.MethodGet, c.URL, http.NoBody)
	if err != nil {
		return false, 0, c.describe(ctx, timed, err)
	}
	request.Header.Set("User-Agent", c.UserAgent)
	for name, value := range c.Headers {
		request.Header.Set(name, value)
	}
	transport := c.transport(request.URL)
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request) // not a Client: it would follow redirects and keep cookies
	if err != nil {
		return false, 0, c.describe(ctx, timed, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxBody))

	status = answer.StatusCode
	seen := "HTTP " + strconv.Itoa(status)
	switch {
	case !slices.Contains(c.ExpectStatus, status):
		seen += ", must be " + joinStatuses(c.ExpectStatus)
		if location, redirected := answer.Header["Location"]; redirected {
			return false, status, c.redact(seen + ": it redirects to " + withoutQuery(location[0]) + ", which is not followed")
		}
		return false, status, seen + c.excerpt(body)
	case err != nil:
		return false, status, seen + ", but its body did not arrive: " + c.describe(ctx, timed, err)
	case !strings.Contains(string(body), c.ExpectBody):
		if len(body) == MaxBody {
			seen += fmt.Sprintf(", but the first %d KiB of its body do not contain the expected text", MaxBody>>10)
		} else {
			seen += ", but its body does not contain the expected text"
		}
		return false, status, seen + c.excerpt(body)
	}
	return true, status, seen
}

// transport is for one attempt.
func (c Check) transport(target *url.URL) *http.Transport {
	dialer := &net.Dialer{}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.rootCAs},
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 1 << 20,
	}
	if c.ConnectTo != "" {
		address := connectAddress(c.ConnectTo, target)
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}
	}
	return transport
}

// connectAddress adds the port of the URL to an address that has none.
func connectAddress(connectTo string, target *url.URL) string {
	if _, _, err := net.SplitHostPort(connectTo); err == nil {
		return connectTo
	}
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	return net.JoinHostPort(strings.Trim(connectTo, "[]"), port)
}

// describe says why there is no answer.
func (c Check) describe(ctx, timed context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case timed.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return "no complete answer within " + c.Timeout.String()
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed too early"
	}
	if inURL, ok := errors.AsType[*url.Error](err); ok {
		err = inURL.Err
	}
	return c.redact(err.Error())
}

func joinStatuses(statuses []int) string {
	texts := make([]string, len(statuses))
	for index, status := range statuses {
		texts[index] = strconv.Itoa(status)
	}
	return strings.Join(texts, " or ")
}
