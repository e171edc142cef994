package esa

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// Slot is the right to make one attempt at a call at once: its turn under the rate limit has come, and the credentials
// that sign it are at hand. Writes take one as an argument, so that no write goes out without a read: see [Guard].
type Slot struct {
	operation  string
	target     Target
	number     int
	signedWith *credentials.Credentials
}

// anyCall is the operation of a slot that may be used for any call, which only tests take.
const anyCall = "any"

// isFor tells whether the slot was taken for a call: the turn of another one says nothing about it.
func (s *Slot) isFor(call call) bool {
	return s.operation == anyCall || s.operation == call.operation && s.target == call.target
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
	return &Slot{operation: operation, target: target, number: number, signedWith: signedWith}, failure
}

// notSent fills the error of a call for which the time was over before it could be sent.
func (e *Error) notSent(cause error) *Error {
	e.Kind, e.Message, e.cause = Unreachable, "not sent: "+cause.Error(), cause
	return e
}
