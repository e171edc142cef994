package esa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
)

// The product and version of the API, as its reference names them.
const (
	product    = "ESA"
	apiVersion = "2024-09-10"
)

// call is one operation with its parameters.
type call struct {
	operation string
	// target is the object of the call, for errors and logs.
	target Target
	// parameters are sent in the form of a POST, or in the query if inQuery is set. isGet makes the request a GET.
	parameters     parameters
	inQuery, isGet bool
}

type parameters map[string]string

// given removes empty parameters, which are optional ones that were not set.
func (p parameters) given() parameters {
	maps.DeleteFunc(p, func(_, value string) bool { return value == "" })
	return p
}

// request returns the request of one attempt. The SDK modifies it.
func (c call) request() *requests.RpcRequest {
	request := &requests.RpcRequest{}
	request.InitWithApiInfo(product, apiVersion, c.operation, "", "")
	if c.isGet {
		request.Method = requests.GET
	}
	if c.inQuery || c.isGet {
		maps.Copy(request.QueryParams, c.parameters)
	} else {
		maps.Copy(request.FormParams, c.parameters)
	}
	return request
}

// acsResponse is the response of an operation, and response a pointer to one that the SDK can fill.
type acsResponse interface {
	responses.AcsResponse
	requestID() string
}

type response[R any] interface {
	*R
	acsResponse
}

// answer is the part that all responses have in common.
type answer struct {
	responses.BaseResponse

	RequestID string `json:"RequestId"`
}

func (a *answer) requestID() string {
	return a.RequestID
}

// Slot is the right to make one attempt at a call immediately: the rate limit permits it, and the credentials to sign it are
// available. Writes take a Slot as an argument, so that no write is sent without a read: see [Guard].
type Slot struct {
	// fits reports whether the slot was taken for this very call.
	fits       func(call call) bool
	number     int
	signedWith *credentials.Credentials
}

// takeSlot waits for the turn of an operation under the rate limit, and for credentials.
func (c *Client) takeSlot(ctx context.Context, operation string, target Target, number int) (*Slot, *Error) {
	failure := &Error{Operation: operation, Target: target}
	if err := c.limiter.wait(ctx, operation); err != nil {
		return nil, failure.notSent(err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Retry.AttemptTimeout)
	defer cancel()
	signedWith, failure := c.signingKey(ctx, failure)
	fits := func(call call) bool { return call.operation == operation && call.target == target }
	return &Slot{fits: fits, number: number, signedWith: signedWith}, failure
}

// notSent fills the error of a call whose time ran out before it could be sent.
func (e *Error) notSent(cause error) *Error {
	e.Kind, e.Message, e.cause = Unreachable, "not sent: "+cause.Error(), cause
	return e
}

// read makes a call that changes nothing, and retries it until ctx ends. decode converts the response of an attempt, or returns
// an error if the response is unreadable.
func read[R, T any, P response[R]](ctx context.Context, client *Client, call call, decode func(P) (T, error)) (result T, err error) {
	incomplete := 0
	err = client.retry(ctx, &client.unreachable, call.operation, call.target, func(attempt int, _ *pauses) error {
		slot, failure := client.takeSlot(ctx, call.operation, call.target, attempt)
		if failure != nil {
			return failure
		}
		var err error
		result, err = once(ctx, client, slot, call, decode)
		if failure, ok := errors.AsType[*Error](err); ok && errors.Is(err, errIncomplete) {
			incomplete++
			failure.gaveUp = incomplete >= ReadsAtConflict
		}
		return err
	})
	return result, err
}

// errIncomplete means that an answer of ESA lacks a required part. After a few reads it is no longer an accident.
var errIncomplete = errors.New("it is incomplete")

// once makes one attempt at a call, immediately.
func once[R, T any, P response[R]](ctx context.Context, client *Client, slot *Slot, call call, decode func(P) (T, error)) (result T, err error) {
	if !slot.fits(call) {
		return result, &Error{Operation: call.operation, Target: call.target, Kind: Failed, Message: "sent with the turn of another call"}
	}
	if isWrite(call.operation) {
		client.forget(call.target)
		defer client.forget(call.target)
	}
	started := time.Now()
	into := P(new(R))
	exchanged, failure := client.send(ctx, slot.signedWith, call, into)
	client.limiter.throttle(call.operation).adjust(time.Now(), failure != nil && failure.Throttled())
	if failure == nil {
		if result, err = decode(into); err != nil {
			failure = &Error{
				Operation: call.operation, Target: call.target, Kind: Unreadable,
				HTTPStatus: exchanged.status, RequestID: into.requestID(), Message: "the answer makes no sense: " + err.Error(), cause: err,
			}
		}
	}
	if failure == nil || failure.Kind == Refused {
		client.answered.Store(true)
		client.unreachable.end()
	}
	attempt := Attempt{
		Operation: call.operation, Target: call.target, Number: slot.number, Duration: time.Since(started),
		HTTPStatus: exchanged.status, RequestID: into.requestID(),
	}
	if failure != nil {
		attempt.RequestID, attempt.Err = failure.RequestID, failure
	}
	client.config.Observe(ctx, attempt)
	return result, attempt.Err
}

// isWrite reports whether an operation changes anything. The names of those that do not begin with Get or List.
func isWrite(operation string) bool {
	return !strings.HasPrefix(operation, "Get") && !strings.HasPrefix(operation, "List")
}

// forget drops the answers about every object that a write may change.
func (c *Client) forget(target Target) {
	c.routines.forget(Target{Routine: target.Routine})
	c.codeVersions.forget(Target{Routine: target.Routine, CodeVersion: target.CodeVersion})
	c.siteRoutes.forget(Target{Site: target.Site})
	c.relatedRecords.forget(Target{Routine: target.Routine})
}

// send lets the SDK sign, send and decode one request. It returns the exchange in every case.
func (c *Client) send(operationCtx context.Context, signedWith *credentials.Credentials, call call, into acsResponse) (*exchange, *Error) {
	ctx, cancel := context.WithTimeout(operationCtx, c.config.Retry.AttemptTimeout)
	defer cancel()
	exchanged := newExchange(ctx, c.config.Transport, c.config.UserAgent)
	defer exchanged.end(nil)
	failure := &Error{Operation: call.operation, Target: call.target, AccessKeyID: shortened(signedWith.AccessKeyId)}
	if err := operationCtx.Err(); err != nil {
		return exchanged, failure.notSent(err)
	}
	request := call.request()
	err := c.doAction(exchanged, signedWith, request, into)

	// Secrets are hidden before a text is cut: half a secret would not be found.
	hide := func(text string) string {
		return Redact(text, signedWith.AccessKeySecret, signedWith.SecurityToken, request.GetQueryParams()["Signature"])
	}
	failure.HTTPStatus, failure.retryAfter = exchanged.status, exchanged.retryAfter
	refusal, refused := readRefusal(exchanged.status, exchanged.body)
	switch {
	case exchanged.err != nil:
		failure.Kind, failure.Message = exchanged.failure()
		failure.Message, failure.connecting = hide(failure.Message), exchanged.connecting
		failure.cause = operationCtx.Err()
	case exchanged.status == 0:
		failure.Kind, failure.Message = Failed, "the request could not be made: "+hide(fmt.Sprint(err))
	case refused:
		failure.Kind, failure.Code, failure.RequestID = Refused, shorten(hide(text(refusal.Code))), shorten(hide(text(refusal.RequestID)))
		failure.Message, failure.AccessDenied = shorten(WithoutEcho(hide(text(refusal.Message)))), shorten(hide(text(refusal.AccessDeniedDetail.AuthAction)))
	case exchanged.status >= http.StatusBadRequest, err != nil, !utf8.Valid(exchanged.body), into.requestID() == "":
		// Every answer of ESA has a RequestId. An answer without one comes from a gateway or is damaged.
		failure.Kind, failure.Message = Unreadable, "the answer is not what ESA sends: "+excerpt(exchanged.body, hide)
	default:
		return exchanged, nil
	}
	failure.Message = strings.ToValidUTF8(strings.TrimSpace(failure.Message), "\uFFFD")
	return exchanged, failure
}

// doAction calls the SDK with a client of its own, because the SDK modifies the client at every call. It turns a panic of the SDK
// into an error: the SDK's error decoder panics on some answers.
func (c *Client) doAction(exchanged *exchange, signedWith *credentials.Credentials, request requests.AcsRequest, into acsResponse) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("the SDK panicked: %v", recovered)
		}
	}()
	config := sdk.NewConfig().WithScheme(c.config.Endpoint.Scheme)
	config.Transport = exchanged
	client, err := sdk.NewClientWithOptions(c.config.Region, config, NewStaticCredentials(signedWith.AccessKeyId, signedWith.AccessKeySecret, signedWith.SecurityToken))
	if err != nil {
		return err
	}
	// The transport handles proxies. The SDK reads NO_PROXY as a regular expression, which fails for many values, and quotes the
	// address of a proxy with its password if it cannot parse it.
	client.SetNoProxy("^$")
	client.SetHttpProxy("http://unused.invalid")
	client.SetHttpsProxy("http://unused.invalid")
	// The context of the exchange ends the attempt. The SDK's own timeout must be later.
	client.SetReadTimeout(2 * c.config.Retry.AttemptTimeout)
	request.SetDomain(c.config.Endpoint.Host)
	return client.DoAction(request, into)
}

// refusal is the body of an error response. Its fields are raw, because those of some gateways are not text. The SDK's own
// decoder panics on them.
type refusal struct {
	RequestID          json.RawMessage `json:"RequestId"`
	Code               json.RawMessage
	Message            json.RawMessage
	AccessDeniedDetail struct{ AuthAction json.RawMessage }
}

// readRefusal reads an answer as a refusal; ok is false if it is not one. An answer with an HTTP status of success can be a
// refusal too: no successful answer of ESA has a member Code.
func readRefusal(status int, content []byte) (body refusal, ok bool) {
	if status < http.StatusBadRequest && !bytes.Contains(content, []byte(`"Code"`)) {
		return body, false
	}
	err := json.Unmarshal(content, &body)
	// A type error in one field does not prevent the others from being filled.
	_, mistyped := errors.AsType[*json.UnmarshalTypeError](err)
	code := text(body.Code)
	return body, (err == nil || mistyped) && code != "" && code != "null" && body.Code[0] != '{' && body.Code[0] != '['
}

// text returns the content of a JSON string, or any other JSON value in its JSON form.
func text(raw json.RawMessage) string {
	var content string
	if json.Unmarshal(raw, &content) != nil {
		content = string(bytes.TrimSpace(raw))
	}
	return strings.ToValidUTF8(content, "\uFFFD")
}

// WithoutEcho removes what an error message of Alibaba Cloud repeats of the request: the message of SignatureDoesNotMatch
// contains the string to sign, which includes the security token.
func WithoutEcho(message string) string {
	const marker = "string to sign"
	if at := strings.Index(strings.ToLower(message), marker); at >= 0 {
		message = strings.TrimSpace(message[:at+len(marker)]) + " (not shown)"
	}
	return message
}

// excerpt returns the beginning of an answer that does not come from ESA. It stops before an upload permission, which half an
// answer of ESA may contain.
func excerpt(body []byte, hide func(string) string) string {
	const permission = "OssPostConfig"
	content := strings.ToValidUTF8(hide(string(body)), "\uFFFD")
	if before, _, found := strings.Cut(content, permission); found {
		content = before + permission + " (not shown)"
	}
	content = strings.Join(strings.Fields(limit(content, 4096)), " ")
	if content == "" {
		return "it is empty"
	}
	return fmt.Sprintf("it begins with %q", limit(content, 120))
}

func shorten(content string) string {
	return limit(content, 1000)
}

func limit(content string, length int) string {
	runes := []rune(content)
	if len(runes) <= length {
		return content
	}
	return string(runes[:length]) + "…"
}
