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

// CredentialsError is a failure to get credentials, for a provider that can tell more than the SDK's do.
type CredentialsError struct {
	// Message says what could not be had and why. It holds no secret.
	Message string
	// Temporary tells whether the same attempt may well succeed later, as after a broken connection.
	Temporary bool
	// Unreachable tells of a temporary failure whether no one was there to ask, as at a wrong address.
	Unreachable bool
}

// Error returns the message.
func (e *CredentialsError) Error() string {
	return e.Message
}

// currentCredentials returns the credentials to sign with, or the error of ctx as soon as it ends. One caller asks for them at a
// time: the SDK's providers are not safe for concurrent use, and a session that expires should be renewed once and not by every
// call in flight. They know no context, so one that is being asked when ctx ends continues until its own timeouts, and keeps its
// turn until then.
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

// Authenticate gets the credentials that calls are going to be signed with, and tries again where that is worth it, so
// that a mistake in them shows once and before the first call. A session that it opens is the one that the calls use.
func (c *Client) Authenticate(ctx context.Context) error {
	const operation = "GetCredentials"
	return c.retry(ctx, &c.unreachable, operation, Target{}, func(int, *pauses) error {
		if _, failure := c.signingKey(ctx, &Error{Operation: operation}); failure != nil {
			// Terraform gives Configure no deadline, so each temporary failure counts as if no one were there.
			if credentialsErr, ok := errors.AsType[*CredentialsError](failure.cause); ok {
				failure.cause = &CredentialsError{Message: credentialsErr.Message, Temporary: credentialsErr.Temporary, Unreachable: true}
			}
			return failure
		}
		// However long it took, ESA itself has not been asked yet.
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

// Redact removes secrets from a text that came from outside, whole or percent-encoded.
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

// passwordInURL is what an address such as that of a proxy has before its host.
var passwordInURL = regexp.MustCompile(`//[^/@\s]+@`)

// shortened names a key without showing it whole: "LTAI…7Xw2".
func shortened(accessKeyID string) string {
	const shown = 4
	if len(accessKeyID) <= 3*shown {
		return accessKeyID[:min(shown, len(accessKeyID))] + "…"
	}
	return accessKeyID[:shown] + "…" + accessKeyID[len(accessKeyID)-shown:]
}
