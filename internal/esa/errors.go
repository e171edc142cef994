package esa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind tells what went wrong with a call, as far as it decides what to do next.
type Kind int

// The kinds of errors.
const (
	// Refused: ESA answered with an error code of its own.
	Refused Kind = iota
	// Unreadable: something answered, but not as ESA does: HTML of a gateway, half a document, an empty body.
	Unreadable
	// Broken: the connection ended after the request was on its way, so ESA may have carried it out.
	Broken
	// Unreachable: the request never left: the name does not resolve, the connection is refused or not answered.
	Unreachable
	// Untrusted: the other side's certificate or protocol is not what HTTPS demands.
	Untrusted
	// Unauthenticated: no credentials could be had to sign the request with.
	Unauthenticated
	// Incomplete: ESA has answered with a list that may lack something.
	Incomplete
	// Failed: the call could not be made or understood for a reason inside this client or the SDK.
	Failed
)

// Target is what a call is about; its fields are empty if the operation has no such parameter.
type Target struct {
	// Routine is the name of the routine.
	Routine string
	// Environment is "staging" or "production".
	Environment string
	// CodeVersion is the number of a code version.
	CodeVersion string
	// Site, Route and Host are the number of a site, the number of a route of it, and a host name of it.
	Site, Route, Host string
}

// String formats the target: `routine "hello", environment "production"`.
func (t Target) String() string {
	var words []string
	for _, part := range []struct{ name, value string }{
		{"routine", t.Routine}, {"environment", t.Environment}, {"code version", t.CodeVersion},
		{"site", t.Site}, {"route", t.Route}, {"host name", t.Host},
	} {
		if part.value != "" {
			words = append(words, fmt.Sprintf("%s %q", part.name, part.value))
		}
	}
	return strings.Join(words, ", ")
}

// Error is one call that did not succeed. It holds no response headers, no URL and no secret.
type Error struct {
	// Operation is the API operation, such as "GetRoutine".
	Operation string
	// Target is what the call was about.
	Target Target
	// Kind tells what went wrong.
	Kind Kind
	// HTTPStatus is the status of the answer, 0 if none came.
	HTTPStatus int
	// Code is ESA's error code, such as "RoutineNotExist", empty if ESA gave none.
	Code string
	// Message is what ESA said, without what it echoes of the request; or what the network or a gateway said.
	Message string
	// RequestID is ESA's id of the request, for its support; empty if ESA gave none.
	RequestID string
	// AccessKeyID names the key that signed the request, its middle left out; empty if nothing was signed.
	AccessKeyID string
	// AccessDenied is what ESA says of a permission that is missing, such as the RAM action; empty if it says nothing.
	AccessDenied string

	cause error
	// gaveUp is set where the time for further attempts is over.
	gaveUp bool
	// connecting is when the attempt began to connect to the address; zero if it never did.
	connecting time.Time
	// retryAfter is how long ESA or a gateway asks to wait before another attempt, 0 if it does not.
	retryAfter time.Duration
}

// Error says the operation, its target and what went wrong, on one line.
func (e *Error) Error() string {
	words := e.Operation
	if target := e.Target.String(); target != "" {
		words += " (" + target + ")"
	}
	return words + ": " + e.Reason()
}

// Reason says what went wrong without the operation and its target: `RoutineNotExist (HTTP 400): The routine …`.
func (e *Error) Reason() string {
	words := e.Message
	switch {
	case e.Code != "" && e.HTTPStatus != 0:
		words = fmt.Sprintf("%s (HTTP %d): %s", e.Code, e.HTTPStatus, e.Message)
	case e.HTTPStatus != 0:
		words = fmt.Sprintf("HTTP %d: %s", e.HTTPStatus, e.Message)
	}
	if e.RequestID != "" {
		words += " (RequestId " + e.RequestID + ")"
	}
	return words
}

// Unwrap returns the error beneath, which may be nil.
func (e *Error) Unwrap() error {
	return e.cause
}

// Retryable tells whether the same call may well succeed later.
func (e *Error) Retryable() bool {
	if e.gaveUp {
		return false
	}
	switch e.Kind {
	case Refused:
		return e.HTTPStatus >= 500 || e.Throttled() || HasCode(e, passingCodes...) ||
			// net/http repeats a GET as it is where a connection that it reuses breaks. Another attempt is signed anew.
			e.Code == "SignatureNonceUsed" && !isWrite(e.Operation)
	case Unreadable:
		return e.HTTPStatus < 300 || e.HTTPStatus >= 500 || e.Throttled()
	case Broken, Unreachable:
		return true
	case Unauthenticated:
		unavailable, ok := errors.AsType[*CredentialsError](e.cause)
		return ok && unavailable.Temporary
	default:
		return false
	}
}

// MayHaveTakenEffect tells of a failed write whether ESA may have carried it out all the same; a read has no effect.
func (e *Error) MayHaveTakenEffect() bool {
	if !isWrite(e.Operation) || e.Throttled() || HasCode(e, "LockFailed", "Site.ServiceBusy") {
		return false
	}
	switch e.Kind {
	case Refused:
		return e.HTTPStatus >= 500 || HasCode(e, "InternalException", "InternalOperationError", "InternalError")
	case Unreadable, Broken, Failed:
		return true
	default:
		return false
	}
}

// MayHaveTakenEffect tells of the error of a write whether ESA may have carried it out all the same.
func MayHaveTakenEffect(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.MayHaveTakenEffect()
}

// Throttled tells whether calls come too fast for ESA: Throttling, Throttling.User, Throttling.Api and what gateways say.
func (e *Error) Throttled() bool {
	return e.HTTPStatus == http.StatusTooManyRequests || e.Code == "TooManyRequests" || e.Code == "Throttling" || strings.HasPrefix(e.Code, "Throttling.")
}

// passingCodes are the error codes that speak of the moment and not of the request: those of the reference page of
// CreateRoutineCodeDeployment and those seen on its family of operations. ESA sends several of them with HTTP status 400.
var passingCodes = []string{
	"LockFailed", "Site.ServiceBusy", "ServiceUnavailable", "InternalException", "InternalOperationError", "InternalError",
	"RequestTimeout", // of OSS, which answers it to an upload that was too slow
}

// Interrupted is an operation that ended before it could succeed: its time ran out or it was canceled.
type Interrupted struct {
	// Operation is the API operation that was under way, empty if the wait was for something else.
	Operation string
	// Target is what it was about.
	Target Target
	// Cause is context.DeadlineExceeded or context.Canceled.
	Cause error
	// Last is the last thing that went wrong before, nil if nothing had yet.
	Last error
	// Attempts is how many calls were made.
	Attempts int
	// After is how long it took.
	After time.Duration
	// Setting is what the user sets to change the time, such as timeouts.update, empty for nothing; see [WithTimeLimit].
	Setting string
}

type settingKey struct{}

// WithTimeLimit returns a context that ends after a time. setting is what the user sets to change it, such as timeouts.update.
func WithTimeLimit(ctx context.Context, limit time.Duration, setting string) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, settingKey{}, setting), limit)
}

// newInterrupted returns the error of an operation that began at a time and whose context has ended.
func newInterrupted(ctx context.Context, operation string, target Target, began time.Time) *Interrupted {
	setting, _ := ctx.Value(settingKey{}).(string)
	return &Interrupted{Operation: operation, Target: target, Cause: ctx.Err(), After: time.Since(began), Setting: setting}
}

// Error says why the operation ended and what went wrong last.
func (i *Interrupted) Error() string {
	words := fmt.Sprintf("gave up after %s", i.After.Round(time.Millisecond))
	if i.Attempts > 1 {
		words += fmt.Sprintf(" and %d attempts", i.Attempts)
	}
	if i.Operation != "" {
		words = i.Operation + ": " + words
	}
	if i.Last != nil {
		words += "; the last problem: " + i.Last.Error()
	}
	return words
}

// Unwrap returns the reason for the interruption and the last problem before it.
func (i *Interrupted) Unwrap() []error {
	if i.Last == nil {
		return []error{i.Cause}
	}
	return []error{i.Cause, i.Last}
}

// interrupted tells whether an operation ended because its time ran out or it was canceled.
func interrupted(err error) bool {
	_, ended := errors.AsType[*Interrupted](err)
	return ended
}

// HasCode tells whether err is an answer of ESA with one of the given error codes.
func HasCode(err error, codes ...string) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == Refused && slices.Contains(codes, failure.Code)
}

// IsRoutineMissing tells whether err is ESA's answer that the routine does not exist. Nothing else means that: neither a
// gateway's 404, nor an error about a key, a version or the operation, nor an answer without ESA's RequestId, nor what
// went wrong last before the time ran out.
func IsRoutineMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && !interrupted(err) && failure.HTTPStatus < 500 && failure.RequestID != "" && HasCode(err, "RoutineNotExist", "RoutineNotFound")
}

// IsTaken tells whether err is ESA's answer that what a call would create is there already. For a routine that is
// RoutineNameAlreadyExist, RoutineNameAlreadyExists or RoutineAlreadyExist; for routes and related records ESA does not document it.
func IsTaken(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == Refused && (strings.HasSuffix(failure.Code, "AlreadyExist") || strings.HasSuffix(failure.Code, "AlreadyExists"))
}

// IsVersionMissing tells whether err is an answer that can be read as "no such code version". Which code that is
// ESA does not document, beyond that it ends in NotExist or NotFound; ListRoutineCodeVersions settles an unclear one.
func IsVersionMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Kind != Refused || failure.HTTPStatus >= 500 || IsRoutineMissing(err) ||
		HasCode(err, "InvalidAccessKeyId.NotFound", "InvalidAction.NotFound", "InvalidApi.NotFound") {
		return false
	}
	return strings.HasSuffix(failure.Code, "NotExist") || strings.HasSuffix(failure.Code, "NotFound")
}

// IsPermissionMissing tells whether err is ESA's answer that the key may not call the operation.
func IsPermissionMissing(err error) bool {
	return HasCode(err, "NoPermission", "Forbidden.RAM", "Forbidden", "Forbidden.NoPermission")
}
