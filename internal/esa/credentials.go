package esa

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// NewStaticCredentials returns credentials that never change; securityToken is empty for a key that is not temporary.
func NewStaticCredentials(accessKeyID, accessKeySecret, securityToken string) CredentialsProvider {
	if securityToken == "" {
		return credentials.NewStaticAKCredentialsProvider(accessKeyID, accessKeySecret)
	}
	return credentials.NewStaticSTSCredentialsProvider(accessKeyID, accessKeySecret, securityToken)
}

// CredentialsError is a failure to get credentials, with more detail than the errors of the SDK's providers.
type CredentialsError struct {
	// Message is the failure and its reason. It contains no secret.
	Message string
	// Temporary reports whether the same attempt may succeed later, as after a broken connection.
	Temporary bool
	// Unreachable reports whether a temporary failure is that of an address where no server answers.
	Unreachable bool
}

// Error returns the message.
func (e *CredentialsError) Error() string {
	return e.Message
}

// currentCredentials returns the credentials to sign with, or the error of ctx as soon as it ends. Only one caller at a time asks
// the SDK's provider: it is not safe for concurrent use, and an expired session should be renewed once and not by every call. The
// provider takes no context, so it continues after the end of ctx until its own timeouts, and holds the turn until then.
func (c *Client) currentCredentials(ctx context.Context) (*credentials.Credentials, error) {
	if err := c.credentialsTurn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	type answer struct {
		current *credentials.Credentials
		err     error
	}
	answered := make(chan answer, 1)
	go func() {
		defer c.credentialsTurn.Release(1)
		got := answer{err: errors.New("the SDK's credentials provider panicked")}
		defer func() {
			_ = recover()
			answered <- got
		}()
		current, err := c.config.Credentials.GetCredentials()
		if err == nil && current == nil {
			err = errors.New("the SDK's credentials provider returned nothing")
		}
		got = answer{current, err}
	}()
	select {
	case got := <-answered:
		return got.current, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Authenticate gets the credentials that sign the calls, and retries temporary failures, so that an error in them is reported
// once and before the first call. The calls use the session that it opens.
func (c *Client) Authenticate(ctx context.Context) error {
	const operation = "GetCredentials"
	return c.retry(ctx, &c.unreachable, operation, Target{}, func(int, *pauses) error {
		if _, failure := c.signingKey(ctx, &Error{Operation: operation}); failure != nil {
			// Terraform sets no deadline for Configure, so every temporary failure counts as an unreachable address.
			if credentialsErr, ok := errors.AsType[*CredentialsError](failure.cause); ok {
				failure.cause = &CredentialsError{Message: credentialsErr.Message, Temporary: credentialsErr.Temporary, Unreachable: true}
			}
			return failure
		}
		// However long this took, no call to ESA has failed yet.
		c.unreachable.end()
		return nil
	})
}

// signingKey returns the credentials to sign a request with, or fills in the failure.
func (c *Client) signingKey(ctx context.Context, failure *Error) (*credentials.Credentials, *Error) {
	current, err := c.currentCredentials(ctx)
	if err == nil {
		return current, nil
	}
	if ctx.Err() != nil {
		return nil, failure.notSent(ctx.Err())
	}
	failure.Kind, failure.Message, failure.cause = Unauthenticated, err.Error(), err
	return nil, failure
}

// Redact removes secrets from a text that came from outside, also percent-encoded ones.
func Redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		once := url.QueryEscape(secret)
		for _, form := range []string{url.QueryEscape(once), once, secret} {
			text = strings.ReplaceAll(text, form, "(hidden)")
		}
	}
	return passwordInURL.ReplaceAllString(text, "//(hidden)@")
}

// passwordInURL matches the user name and password in the address of a proxy.
var passwordInURL = regexp.MustCompile(`//[^/@\s]+@`)

// shortened returns the beginning and the end of a key: "LTAI…7Xw2".
func shortened(accessKeyID string) string {
	const shown = 4
	if len(accessKeyID) <= 3*shown {
		return accessKeyID[:min(shown, len(accessKeyID))] + "…"
	}
	return accessKeyID[:shown] + "…" + accessKeyID[len(accessKeyID)-shown:]
}
