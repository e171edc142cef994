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
	// maxAnswerBytes is the longest answer that is read; the longest honest one is a page of 20 code versions.
	maxAnswerBytes = 8 << 20
	// connectTimeout ends an attempt that has no connection yet to send a request on, TLS and a proxy's consent
	// included. It is short enough for three tries within 20 seconds.
	connectTimeout = 5 * time.Second
	// maxIdleConnections is more than Terraform ever has calls in flight, so that a connection is never thrown away.
	maxIdleConnections = 256
)

var (
	errAnswerTooLong = fmt.Errorf("the answer is longer than %d MiB", maxAnswerBytes>>20)
	errNotConnected  = fmt.Errorf("no connection within %s", connectTimeout)
)

// NewTransport returns the transport that a Client uses unless it is given another: TLS 1.2 or later with verified
// certificates, proxies as the environment says (HTTPS_PROXY, NO_PROXY), connections kept for the next call.
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

// untrusted is an error that says why the other side is not to be trusted.
type untrusted string

func (u untrusted) Error() string { return string(u) }

// refuseProxyAnswer refuses a proxy's answer to CONNECT other than 200.
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

// exchange is the transport of one attempt. It gives the SDK's call the context that the SDK does not know, reads the
// whole answer under the size limit, and remembers what happened, since the SDK's own errors lose it.
type exchange struct {
	ctx       context.Context
	end       context.CancelCauseFunc
	base      http.RoundTripper
	userAgent string

	// connecting is when the request was given to the transport.
	connecting time.Time
	// sent is set once the first byte of the request may have left this machine.
	sent   atomic.Bool
	err    error
	status int
	body   []byte
	// retryAfter is the header Retry-After, 0 if there is none.
	retryAfter time.Duration
}

// newExchange returns the transport of an attempt, which ends with ctx or when there is no connection in time. Its end
// must be called.
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
		// ESA never points elsewhere. To follow that would be to carry a signed request there.
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

// withoutQuery cuts what a redirect repeats of a signed request.
func withoutQuery(location string) string {
	parsed, err := url.Parse(location)
	if err != nil {
		return "an unreadable address"
	}
	return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String()
}

// failure tells the kind of a transport's error and says it without the signed URL that net/http puts around it.
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

// isAlert tells whether an error is an alert of TLS. This is how crypto/tls gives them; their own type is not exported.
func isAlert(err error) bool {
	network, ok := errors.AsType[*net.OpError](err)
	return ok && (network.Op == "remote error" || network.Op == "local error")
}

// refusesClient tells whether an alert refuses the client as such. With TLS 1.3 a server says that after the request has
// been sent, and does not carry it out. Any other alert breaks a connection that was good before.
func refusesClient(err error) bool {
	words := []string{"certificate", "access denied", "protocol version", "handshake failure"}
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(err.Error(), word) })
}
