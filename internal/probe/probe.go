// Package probe makes a health check over HTTP: a GET request with an expected answer.
//
// Every attempt resolves the name again and opens a new connection with a TLS handshake, like a new visitor. A reused connection would
// stay at one edge server, and perhaps one code version, independent of the split, and it would hide an invalid address or
// certificate.
//
// An attempt uses the proxy of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, like calls to ESA. With ConnectTo it connects to that address
// directly. Certificates are always verified. Redirects are never followed.
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

// MaxBody is the maximum number of bytes that are read of a body.
const MaxBody = 64 << 10

// Check is a request with its expected answer.
type Check struct {
	// URL is the URL of the request.
	URL string
	// ExpectStatus are the expected statuses.
	ExpectStatus []int
	// ExpectBody is text that the first MaxBody bytes of the body must contain, or empty.
	ExpectBody string
	// Headers are sent with the request.
	Headers map[string]string
	// Timeout limits an attempt, from the resolution of the name to the end of the body.
	Timeout time.Duration
	// ConnectTo is the address to connect to, an IP address or a name with or without a port. The default is the address in URL.
	// The Host header and the TLS handshake always use the host in URL.
	ConnectTo string
	// UserAgent is sent if Headers have none.
	UserAgent string

	rootCAs *x509.CertPool // of the system where it is nil
}

// Result is the result of an attempt. It contains no header value and no query of the check.
type Result struct {
	Passed bool
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// At is the start of the attempt, and Took its duration.
	At   time.Time
	Took time.Duration
	// Detail describes the answer, such as "HTTP 503, must be 200".
	Detail string
}

// Do makes one attempt. If the context ends it, the check has not passed.
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

// transport returns the transport of one attempt.
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

// connectAddress adds the port of the URL to an address without one.
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

// describe formats why there is no answer.
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
