package apierror

import (
	"context"
	"fmt"
	"testing"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
)

// TestMessages keeps what is said of each error code of ESA, and of each way in which a call fails without one.
func TestMessages(t *testing.T) {
	t.Parallel()
	const (
		read  = "GetRoutine"
		write = "CreateRoutineCodeDeployment"
	)
	target := esa.Target{Routine: "hello", Environment: esa.Production}
	messages := golden.Messages{}
	add := func(situation string, err error) {
		messages[situation] = golden.Of(Diagnostic("Cannot update the deployment", err))
	}
	refused := func(operation, code string, status int) *esa.Error {
		return &esa.Error{
			Operation: operation, Target: target, Kind: esa.Refused, HTTPStatus: status, Code: code, Message: "What ESA said.",
			RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11", AccessKeyID: "LTAI…1234",
		}
	}
	codes := []string{"Throttling.User", "InvalidAccessKeyId.NotFound", "MissingSecurityToken", "NoPermission", "Routine.SomethingNew"}
	for code := range byCode {
		codes = append(codes, code)
	}
	for _, code := range codes {
		add("Code "+code, refused(write, code, 400))
	}
	for operation, known := range byOperation {
		for code := range known {
			add(fmt.Sprintf("Code %s of %s", code, operation), refused(operation, code, 400))
		}
	}
	for name, failure := range map[string]*esa.Error{
		"The connection breaks":          {Kind: esa.Broken, Message: "connection reset by peer"},
		"ESA cannot be reached":          {Kind: esa.Unreachable, Message: "connection refused"},
		"The certificate is not trusted": {Kind: esa.Untrusted, Message: "x509: certificate signed by unknown authority"},
		"The request cannot be signed":   {Kind: esa.Unauthenticated, Message: "the credentials URI answered HTTP 500"},
		"The answer is not ESA's":        {Kind: esa.Unreadable, HTTPStatus: 502, Message: "the body is not JSON"},
		"The provider fails":             {Kind: esa.Failed, Message: "out of range"},
	} {
		failure.Target = target
		for _, operation := range []string{read, write} {
			failed := *failure
			failed.Operation = operation
			add(name+", "+operation, &failed)
		}
	}
	add("A list may lack something", &esa.Error{Operation: "ListSiteRoutes", Target: esa.Target{Site: "54362329990032"}, Kind: esa.Incomplete, Message: "ESA listed 41 of 42 routes; the list changed each time it was read"})
	interrupted := &esa.Interrupted{Operation: write, Target: target, Cause: context.DeadlineExceeded, Last: refused(write, "LockFailed", 400), Attempts: 12, After: 10 * time.Minute, Setting: "timeouts.update"}
	add("The time limit is reached", interrupted)
	stopped := *interrupted
	stopped.Cause, stopped.After = context.Canceled, 1370*time.Millisecond
	add("Canceled", &stopped)
	add("The time limit is reached before an answer", &esa.Interrupted{Operation: read, Target: target, Cause: context.DeadlineExceeded, Attempts: 1, After: 5 * time.Minute, Setting: "timeouts.read"})
	for name, failure := range uploads() {
		failure.Operation, failure.Target = esa.UploadOperation, esa.Target{Routine: "hello", CodeVersion: "1724158802551287320"}
		add("Upload: "+name, failure)
	}
	messages.Compare(t, "../testdata/messages/esa.txt")
}

func uploads() map[string]*esa.Error {
	return map[string]*esa.Error{
		"the connection breaks":    {Kind: esa.Broken, Message: "connection reset by peer"},
		"the storage is not there": {Kind: esa.Unreachable, Message: "no such host"},
		"the form has expired":     {Kind: esa.Refused, HTTPStatus: 403, Code: "AccessDenied", Message: "Invalid according to Policy: Policy expired."},
		"the storage refuses":      {Kind: esa.Refused, HTTPStatus: 400, Code: "EntityTooLarge", Message: "Your proposed upload exceeds the maximum allowed size."},
		"the answer is not OSS's":  {Kind: esa.Unreadable, HTTPStatus: 502, Message: "the body is not XML"},
	}
}
