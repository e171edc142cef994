package esa

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// Slot is the right to make one attempt at a call at once: its turn under the rate limit has come, and the credentials
// that sign it are at hand. Writes take one as an argument, so that no write goes out without a read: see [Guard].
type Slot struct {
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
	return &Slot{number: number, signedWith: signedWith}, failure
}

// notSent fills the error of a call for which the time was over before it could be sent.
func (e *Error) notSent(cause error) *Error {
	e.Kind, e.Message, e.cause = Unreachable, "not sent: "+cause.Error(), cause
	return e
}
