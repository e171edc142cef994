package credential

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"terraform-provider-esa/internal/esa"
)

// How long one request may take, from the connection to the end of the answer; connecting may take a third of it. The metadata
// service is next to the instance and answers within milliseconds.
var (
	serviceLimit  = 15 * time.Second
	metadataLimit = 2 * time.Second
)

// maxAnswerBytes limits the size of an answer. A session is much smaller.
const maxAnswerBytes = 1 << 20

// failure is a request to a service that brought no session. All services fail in the same ways, and kind, status and code decide
// by the same rule as for calls of ESA whether another attempt is worth it.
type failure struct {
	kind   esa.Kind
	host   string
	status int
	// code, message and requestID are those of a refusal by the service.
	code, message, requestID string
	// reason is the problem if the service does not name one.
	reason string
	// proxied is set if a proxy may have answered instead of the service.
	proxied bool
}

// Error formats the failure without any content of the service.
func (f *failure) Error() string {
	switch {
	case f.reason != "":
		return f.reason
	case f.kind == esa.Refused:
		return fmt.Sprintf("%s (HTTP %d)", f.code, f.status)
	case f.status == http.StatusProxyAuthRequired:
		return proxyRefusal(f.status).Error()
	default:
		return fmt.Sprintf("HTTP %d from %s", f.status, f.host)
	}
}

// temporary reports whether the same request may succeed later.
func (f *failure) temporary() bool {
	return (&esa.Error{Kind: f.kind, HTTPStatus: f.status, Code: f.code}).Retryable()
}

// because formats the failure without secrets.
func (f *failure) because(words string) *esa.CredentialsError {
	return &esa.CredentialsError{Message: words, Temporary: f.temporary(), Unreachable: f.kind == esa.Unreachable}
}

// unreadable is the failure of an answer with HTTP 200 that is not a valid session.
func (f *failure) unreadable(format string, values ...any) *failure {
	return &failure{kind: esa.Unreadable, host: f.host, status: http.StatusOK, proxied: f.proxied, reason: fmt.Sprintf(format, values...)}
}

// ask makes one request and returns the body of an answer with HTTP 200, or the failure.
func ask(ctx context.Context, limit time.Duration, request *http.Request) (body []byte, exchanged *failure, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	request = request.WithContext(httptrace.WithClientTrace(ctx, trace))
	transport := newTransport(limit)
	failed := &failure{host: request.URL.Host}
	if transport.Proxy != nil {
		proxy, err := transport.Proxy(request)
		failed.proxied = err != nil || proxy != nil
	}
	client := http.Client{Transport: transport, CheckRedirect: followOnlyGET}
	answer, err := client.Do(request)
	if err == nil {
		defer func() { _ = answer.Body.Close() }()
		failed.status = answer.StatusCode
		body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	}
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && sent.Load():
		failed.status, failed.kind, failed.reason = 0, esa.Broken, failed.host+" did not answer in time"
	case err != nil:
		failed.status = 0
		failed.kind, failed.reason = connectionFailure(failed.host, err, sent.Load())
	case answer.StatusCode != http.StatusOK:
		failed.readRefusal(body)
	default:
		return body, failed, true
	}
	return nil, failed, false
}

// dial connects. Tests replace it.
var dial = func(dialer *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return dialer.DialContext
}

// newTransport returns a transport with the proxies and certificates of Go's default transport.
func newTransport(limit time.Duration) *http.Transport {
	transport := &http.Transport{}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.DisableKeepAlives = true // Each request has a transport of its own.
	transport.DialContext = dial(&net.Dialer{Timeout: limit / 3})
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		return proxyRefusal(answer.StatusCode)
	}
	return transport
}

// followOnlyGET prevents redirects of requests with a signature or a token.
func followOnlyGET(_ *http.Request, before []*http.Request) error {
	const most = 5
	if before[0].Method != http.MethodGet || len(before) > most {
		return http.ErrUseLastResponse
	}
	return nil
}

// proxyRefusal is the status with which a proxy refused a connection.
type proxyRefusal int

// Error implements error.
func (p proxyRefusal) Error() string {
	if p == http.StatusProxyAuthRequired {
		return "the proxy requires a user name and password (HTTP 407). Set them in HTTPS_PROXY or HTTP_PROXY"
	}
	return fmt.Sprintf("the proxy answered HTTP %d", int(p))
}

// connectionFailure returns the kind of a transport error and its message without the URL, which may contain secrets.
func connectionFailure(host string, err error, sent bool) (esa.Kind, string) {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return esa.Untrusted, fmt.Sprintf("the certificate of %s is not trusted: %s. If a private certificate authority has signed it, set SSL_CERT_FILE to the authority's certificate", host, phrase(certificate.Err))
	}
	reason := fmt.Sprintf("cannot connect to %s: %s", host, phrase(err))
	proxy, isProxy := errors.AsType[proxyRefusal](err)
	_, oddRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isProxy && proxy < http.StatusInternalServerError:
		return esa.Untrusted, reason
	case oddRecord, errors.Is(err, http.ErrSchemeMismatch):
		return esa.Untrusted, host + " does not use TLS (HTTPS) on this port"
	case !sent:
		return esa.Unreachable, reason
	default:
		return esa.Broken, fmt.Sprintf("the connection to %s broke: %s", host, phrase(err))
	}
}

// codePattern is the form of the error codes of Alibaba Cloud's services.
var codePattern = regexp.MustCompile(`^[A-Za-z0-9._]{1,100}$`)

// readRefusal reads a refusal. An answer without an error code comes from a gateway or is damaged.
func (f *failure) readRefusal(body []byte) {
	var refusal struct {
		Code, Message json.RawMessage
		RequestID     json.RawMessage `json:"RequestId"`
	}
	f.kind = esa.Unreadable
	if json.Unmarshal(body, &refusal) != nil {
		return
	}
	text := func(raw json.RawMessage) (content string) {
		_ = json.Unmarshal(raw, &content)
		return strings.ToValidUTF8(content, "\uFFFD")
	}
	if code := text(refusal.Code); codePattern.MatchString(code) {
		f.kind, f.code, f.message, f.requestID = esa.Refused, code, text(refusal.Message), text(refusal.RequestID)
	}
}
