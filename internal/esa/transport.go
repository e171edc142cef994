package esa

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxAnswerBytes limits the size of an answer. The largest valid one is a page of 20 code versions.
	maxAnswerBytes = 8 << 20
	// connectTimeout ends an attempt without a connection, including TLS and the answer of a proxy. It is short enough for three
	// attempts within 20 seconds.
	connectTimeout = 5 * time.Second
	// maxIdleConnections is more than the concurrent calls of Terraform, so that every connection is reused.
	maxIdleConnections = 256
)

var (
	errAnswerTooLong = fmt.Errorf("the answer is longer than %d MiB", maxAnswerBytes>>20)
	errNotConnected  = fmt.Errorf("no connection within %s", connectTimeout)
)

// NewTransport returns the default transport of a Client: TLS 1.2 or later with verified certificates, the proxies of the
// environment (HTTPS_PROXY, NO_PROXY), and reused connections.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refuseProxyAnswer,
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		MaxIdleConns:           maxIdleConnections,
		MaxIdleConnsPerHost:    maxIdleConnections,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// untrusted is an error that says why the server is not trusted.
type untrusted string

func (u untrusted) Error() string { return string(u) }

// refuseProxyAnswer returns an error for every answer of a proxy to CONNECT other than 200.
func refuseProxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	words := fmt.Sprintf("the proxy %s answered HTTP %d", proxy.Host, answer.StatusCode)
	switch {
	case answer.StatusCode == http.StatusOK:
		return nil
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return untrusted(words + ": it asks for a user name and password, which go into HTTPS_PROXY")
	case answer.StatusCode < http.StatusInternalServerError:
		return untrusted(words)
	default:
		return errors.New(words)
	}
}

// exchange is the transport of one attempt. It adds a context to the SDK's call, reads the whole answer up to the size limit, and
// records the result, because the SDK's own errors lose it.
type exchange struct {
	ctx       context.Context
	end       context.CancelCauseFunc
	base      http.RoundTripper
	userAgent string

	// connecting is when the request was handed to the transport.
	connecting time.Time
	// sent is set as soon as the first byte of the request may have been sent.
	sent   atomic.Bool
	err    error
	status int
	body   []byte
	// retryAfter is the header Retry-After, 0 if there is none.
	retryAfter time.Duration
}

// newExchange returns the transport of an attempt. The attempt ends with ctx, or if there is no connection in time. The caller
// must call end.
func newExchange(ctx context.Context, base http.RoundTripper, userAgent string) *exchange {
	ctx, end := context.WithCancelCause(ctx)
	return &exchange{ctx: ctx, end: end, base: base, userAgent: userAgent}
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(request *http.Request) (*http.Response, error) {
	e.connecting = time.Now()
	impatience := time.AfterFunc(connectTimeout, func() {
		if !e.sent.Load() {
			e.end(errNotConnected)
		}
	})
	defer impatience.Stop()
	trace := &httptrace.ClientTrace{WroteHeaders: func() { e.sent.Store(true) }}
	request = request.WithContext(httptrace.WithClientTrace(e.ctx, trace))
	request.Header.Set("User-Agent", strings.TrimSpace(e.userAgent+" "+request.Header.Get("User-Agent")))
	answer, err := e.base.RoundTrip(request)
	if err != nil {
		e.err = err
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	e.status, e.retryAfter = answer.StatusCode, retryAfter(answer.Header, time.Now())
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		// ESA never redirects. Following a redirect would send a signed request to another server.
		e.err = untrusted(fmt.Sprintf("HTTP %d redirects to %q, which is not followed", answer.StatusCode, withoutQuery(answer.Header.Get("Location"))))
		return nil, e.err
	}
	e.body, e.err = io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes+1))
	if e.err == nil && len(e.body) > maxAnswerBytes {
		e.err = errAnswerTooLong
	}
	if e.err != nil {
		return nil, e.err
	}
	answer.Body = io.NopCloser(bytes.NewReader(e.body))
	return answer, nil
}

// retryAfter reads the header Retry-After, seconds or a date; 0 if it is neither, or in the past.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// withoutQuery removes what a redirect repeats of a signed request.
func withoutQuery(location string) string {
	parsed, err := url.Parse(location)
	if err != nil {
		return "an unreadable address"
	}
	return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String()
}

// failure returns the kind of a transport error and its message without the signed URL that net/http adds.
func (e *exchange) failure() (Kind, string) {
	err := e.err
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var (
		recordHeader tls.RecordHeaderError
		certificate  *tls.CertificateVerificationError
		refused      untrusted
	)
	switch {
	case errors.As(err, &refused):
		return Untrusted, err.Error()
	case errors.As(err, &certificate):
		return Untrusted, "the server's certificate is not trusted: " + certificate.Err.Error()
	case errors.As(err, &recordHeader), errors.Is(err, http.ErrSchemeMismatch):
		return Untrusted, "the server does not speak TLS (HTTPS) on this port"
	case isAlert(err) && (!e.sent.Load() || refusesClient(err)):
		return Untrusted, "the TLS connection was refused: " + err.Error()
	case errors.Is(err, errAnswerTooLong):
		return Unreadable, err.Error()
	case errors.Is(context.Cause(e.ctx), errNotConnected) && !e.sent.Load():
		return Unreachable, "cannot connect: " + errNotConnected.Error()
	case errors.Is(err, context.DeadlineExceeded) && e.sent.Load():
		return Broken, "no answer came in time"
	case !e.sent.Load():
		return Unreachable, "cannot connect: " + err.Error()
	default:
		return Broken, "the connection broke before the whole answer arrived: " + err.Error()
	}
}

// isAlert reports whether an error is a TLS alert. crypto/tls does not export the type of alerts.
func isAlert(err error) bool {
	network, ok := errors.AsType[*net.OpError](err)
	return ok && (network.Op == "remote error" || network.Op == "local error")
}

// refusesClient reports whether an alert refuses the client. With TLS 1.3 a server sends it after the request was sent, and does
// not process the request. Any other alert breaks an established connection.
func refusesClient(err error) bool {
	words := []string{"certificate", "access denied", "protocol version", "handshake failure"}
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(err.Error(), word) })
}
