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

// Kind is the kind of a failure, as far as the next step depends on it.
type Kind int

// The kinds of errors.
const (
	// Refused: ESA answered with an error code of its own.
	Refused Kind = iota
	// Unreadable: an answer came that is not one of ESA: HTML of a gateway, half a document, an empty body.
	Unreadable
	// Broken: the connection ended after the request was sent, so ESA may have processed it.
	Broken
	// Unreachable: the request was never sent: the name does not resolve, or the connection is refused or not answered.
	Unreachable
	// Untrusted: the certificate or the protocol of the server is not valid for HTTPS.
	Untrusted
	// Unauthenticated: no credentials were available to sign the request.
	Unauthenticated
	// Incomplete: ESA answered with a list that may be incomplete.
	Incomplete
	// Failed: the call failed inside this client or the SDK.
	Failed
)

// Target is the object of a call. Fields are empty if the operation has no such parameter.
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

// Error is a failed call. It contains no response headers, no URL and no secret.
type Error struct {
	// Operation is the API operation, such as "GetRoutine".
	Operation string
	// Target is the object of the call.
	Target Target
	// Kind is the kind of the failure.
	Kind Kind
	// HTTPStatus is the status of the answer, 0 if there was none.
	HTTPStatus int
	// Code is ESA's error code, such as "RoutineNotExist", empty if ESA gave none.
	Code string
	// Message is the message of ESA, without what it echoes of the request, or of the network or a gateway.
	Message string
	// RequestID is ESA's id of the request, for its support; empty if ESA gave none.
	RequestID string
	// AccessKeyID is the key that signed the request, shortened; empty if nothing was signed.
	AccessKeyID string
	// AccessDenied is the missing permission, such as the RAM action, if ESA names it.
	AccessDenied string

	cause error
	// gaveUp is set if there is no time for further attempts.
	gaveUp bool
	// connecting is when the attempt began to connect, zero if it never did.
	connecting time.Time
	// retryAfter is the wait before another attempt that ESA or a gateway asks for, 0 for none.
	retryAfter time.Duration
}

// Error formats the operation, its target and the reason on one line.
func (e *Error) Error() string {
	words := e.Operation
	if target := e.Target.String(); target != "" {
		words += " (" + target + ")"
	}
	return words + ": " + e.Reason()
}

// Reason formats the failure without the operation and its target: `RoutineNotExist (HTTP 400): The routine …`.
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

// Unwrap returns the underlying error, which may be nil.
func (e *Error) Unwrap() error {
	return e.cause
}

// Retryable reports whether the same call may succeed later.
func (e *Error) Retryable() bool {
	if e.gaveUp {
		return false
	}
	switch e.Kind {
	case Refused:
		return e.HTTPStatus >= 500 || e.Throttled() || HasCode(e, passingCodes...) ||
			// net/http repeats a GET unchanged if a reused connection breaks. Another attempt has a new signature.
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

// MayHaveTakenEffect reports whether ESA may have processed a failed write. It is false for a read.
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

// MayHaveTakenEffect reports whether err is a failed write that ESA may have processed.
func MayHaveTakenEffect(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.MayHaveTakenEffect()
}

// Throttled reports whether ESA or a gateway refused the call because there were too many.
func (e *Error) Throttled() bool {
	return e.HTTPStatus == http.StatusTooManyRequests || e.Code == "TooManyRequests" || e.Code == "Throttling" || strings.HasPrefix(e.Code, "Throttling.")
}

// passingCodes are the error codes of temporary failures: those of the reference page of CreateRoutineCodeDeployment and those
// observed on related operations. ESA sends several of them with HTTP status 400.
var passingCodes = []string{
	"LockFailed", "Site.ServiceBusy", "ServiceUnavailable", "InternalException", "InternalOperationError", "InternalError",
	"RequestTimeout", // of OSS, for an upload that was too slow
}

// Interrupted is the error of an operation that ran out of time or was canceled.
type Interrupted struct {
	// Operation is the API operation in progress, empty for a wait without one.
	Operation string
	// Target is its object.
	Target Target
	// Cause is context.DeadlineExceeded or context.Canceled.
	Cause error
	// Last is the last failure before, nil if there was none.
	Last error
	// Attempts is the number of calls.
	Attempts int
	// After is the duration of the operation.
	After time.Duration
	// Setting is the attribute that changes the time limit, such as timeouts.update, or empty; see [WithTimeLimit].
	Setting string
}

type settingKey struct{}

// WithTimeLimit returns a context with a time limit. setting is the attribute that changes it, such as timeouts.update.
func WithTimeLimit(ctx context.Context, limit time.Duration, setting string) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, settingKey{}, setting), limit)
}

// newInterrupted returns the error of an operation whose context ended.
func newInterrupted(ctx context.Context, operation string, target Target, began time.Time) *Interrupted {
	setting, _ := ctx.Value(settingKey{}).(string)
	return &Interrupted{Operation: operation, Target: target, Cause: ctx.Err(), After: time.Since(began), Setting: setting}
}

// Error formats how long the operation took and its last failure.
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

// Unwrap returns the reason for the interruption and the last failure before it.
func (i *Interrupted) Unwrap() []error {
	if i.Last == nil {
		return []error{i.Cause}
	}
	return []error{i.Cause, i.Last}
}

// interrupted reports whether err is an [Interrupted].
func interrupted(err error) bool {
	_, ended := errors.AsType[*Interrupted](err)
	return ended
}

// HasCode reports whether err is an answer of ESA with one of the given error codes.
func HasCode(err error, codes ...string) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == Refused && slices.Contains(codes, failure.Code)
}

// IsRoutineMissing reports whether err is ESA's answer that the routine does not exist. It is false for everything else: a 404 of
// a gateway, an error about a key, a version or the operation, an answer without ESA's RequestId, and the last failure before the
// time ran out.
func IsRoutineMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && !interrupted(err) && failure.HTTPStatus < 500 && failure.RequestID != "" && HasCode(err, "RoutineNotExist", "RoutineNotFound")
}

// IsTaken reports whether err is ESA's answer that the object to create already exists. For a routine that is
// RoutineNameAlreadyExist, RoutineNameAlreadyExists or RoutineAlreadyExist; for routes and related records ESA does not document
// it.
func IsTaken(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == Refused && (strings.HasSuffix(failure.Code, "AlreadyExist") || strings.HasSuffix(failure.Code, "AlreadyExists"))
}

// IsVersionMissing reports whether err can mean that the code version does not exist. ESA does not document the code; known ones
// end in NotExist or NotFound. ListRoutineCodeVersions settles unclear cases.
func IsVersionMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Kind != Refused || failure.HTTPStatus >= 500 || IsRoutineMissing(err) ||
		HasCode(err, "InvalidAccessKeyId.NotFound", "InvalidAction.NotFound", "InvalidApi.NotFound") {
		return false
	}
	return strings.HasSuffix(failure.Code, "NotExist") || strings.HasSuffix(failure.Code, "NotFound")
}

// IsPermissionMissing reports whether err is ESA's answer that the key has no permission for the operation.
func IsPermissionMissing(err error) bool {
	return HasCode(err, "NoPermission", "Forbidden.RAM", "Forbidden", "Forbidden.NoPermission")
}
