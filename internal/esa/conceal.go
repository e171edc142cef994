package esa

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// notShown replaces the message of an error that may repeat a secret.
const notShown = "the message is not shown, because it may contain a secret"

var (
	// plainCode is the format of ESA's error codes.
	plainCode = regexp.MustCompile(`^[A-Z][A-Za-z]{0,60}(\.[A-Z][A-Za-z]{0,60}){0,3}$`)
	// plainRequestID is the format of ESA's request ids: a UUID in upper case.
	plainRequestID = regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`)
)

// conceal removes from an error of an operation on environment variables what may repeat a secret: of one that sets them, all
// that someone else wrote, since ESA and gateways may echo what they were sent; of one that lists them, what is quoted of an
// answer. What remains is the operation, its target, the HTTP status, and code and RequestId where they look like ESA's own.
func conceal(err error) {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		return
	}
	switch failure.Operation {
	case "SetRoutineEnvironmentVariables":
	case "ListRoutineEnvironmentVariables":
		if failure.Kind == Refused {
			return
		}
	default:
		return
	}
	switch failure.Kind {
	case Unreachable, Untrusted, Unauthenticated:
		return // nothing was sent that could be repeated
	}
	failure.Message, failure.AccessDenied = notShown, ""
	if !plainCode.MatchString(failure.Code) && failure.Code != "" {
		failure.Code = "Unknown"
	}
	if !plainRequestID.MatchString(failure.RequestID) {
		failure.RequestID = ""
	}
}

// concealing removes secrets from the errors of observed attempts.
func concealing(observe func(ctx context.Context, attempt Attempt)) func(ctx context.Context, attempt Attempt) {
	return func(ctx context.Context, attempt Attempt) {
		conceal(attempt.Err)
		if strings.HasSuffix(attempt.Operation, "RoutineEnvironmentVariables") && !plainRequestID.MatchString(attempt.RequestID) {
			attempt.RequestID = ""
		}
		observe(ctx, attempt)
	}
}
