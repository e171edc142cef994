package credential

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"terraform-provider-esa/internal/esa"
)

// told is one of the SDK's providers with its failures put into words. The SDK's own hold signed URLs, response headers
// and whole answers, secrets included, and some answers make it panic.
type told struct {
	esa.CredentialsProvider

	words func(error) *esa.CredentialsError
}

// errPanicked stands for an answer in a form that the SDK does not expect.
var errPanicked = errors.New("the answer has a form that the SDK cannot read")

// GetCredentials implements the SDK's CredentialsProvider.
func (t told) GetCredentials() (*credentials.Credentials, error) {
	current, err := t.ask()
	if err == nil {
		return current, nil
	}
	if already, ok := errors.AsType[*esa.CredentialsError](err); ok {
		return nil, already // It is about the credentials that a role is assumed with.
	}
	return nil, t.words(err)
}

func (t told) ask() (current *credentials.Credentials, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			current, err = nil, errPanicked
		}
	}()
	return t.CredentialsProvider.GetCredentials()
}

// tokenServiceFailure says what went wrong with a call to the token service (STS). secrets returns what must not be in
// the message of its answer.
func tokenServiceFailure(operation, roleARN string, secrets func() []string) func(error) *esa.CredentialsError {
	return func(err error) *esa.CredentialsError {
		about := fmt.Sprintf("%s of the RAM role %s", operation, roleARN)
		var (
			answer *sdkerrors.ServerError
			file   *fs.PathError
		)
		switch {
		case errors.As(err, &answer) && answer.ErrorCode() != "":
			words := fmt.Sprintf("%s was refused: %s (HTTP %d): %s", about, answer.ErrorCode(), answer.HttpStatus(), limited(esa.WithoutEcho(esa.Redact(answer.Message(), secrets()...))))
			if id := answer.RequestId(); id != "" {
				words += " (RequestId " + id + ")"
			}
			return &esa.CredentialsError{
				Message:   words,
				Temporary: answer.HttpStatus() >= http.StatusInternalServerError || esa.Throttled(answer.ErrorCode()),
			}
		case errors.As(err, &answer):
			return &esa.CredentialsError{
				Message:   fmt.Sprintf("%s failed: something answered HTTP %d, but not as the token service does; check the proxy settings (HTTPS_PROXY, NO_PROXY)", about, answer.HttpStatus()),
				Temporary: answer.HttpStatus() >= http.StatusInternalServerError,
			}
		case errors.As(err, &file):
			return &esa.CredentialsError{Message: fmt.Sprintf("%s failed: the OIDC token cannot be read: %s", about, phrase(file))}
		default:
			return noSession(about+" failed", err, "the token service's answer holds no session")
		}
	}
}

// limited cuts a message that is longer than any honest one.
func limited(message string) string {
	const longest = 1000
	runes := []rune(strings.ToValidUTF8(message, "\uFFFD"))
	if len(runes) <= longest {
		return string(runes)
	}
	return string(runes[:longest]) + "…"
}

// uriFailure says what went wrong with the URI of credentials, without its query, its password and its answer.
func uriFailure(address string) func(error) *esa.CredentialsError {
	shown := "credentials_uri"
	if parsed, err := url.Parse(address); err == nil {
		shown += " (" + (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String() + ")"
	}
	return func(err error) *esa.CredentialsError {
		return noSession(shown, err, "the answer is not HTTP 200 with a session as JSON: AccessKeyId, AccessKeySecret, SecurityToken and Expiration (such as 2026-01-31T12:00:00Z)")
	}
}

var (
	// metadataStatus finds the status in "httpStatus: 404, message = …" and "request http://… 404".
	metadataStatus = regexp.MustCompile(`(?:httpStatus: |request \S+ )(\d{3})\b`)
	// metadataNetwork finds the reason in `Get "http://…": dial tcp …`, which the SDK does not keep as an error.
	metadataNetwork = regexp.MustCompile(`(?:Get|Put) "[^"]*": (.+)$`)
)

// metadataFailure says what went wrong with the metadata service of an ECS instance; roleName is empty for the role
// that the service names by itself.
func metadataFailure(roleName string) func(error) *esa.CredentialsError {
	about := "the session of the ECS instance's RAM role"
	if roleName != "" {
		about += fmt.Sprintf(" %q", roleName)
	}
	return func(err error) *esa.CredentialsError {
		reason := "the answer holds no session"
		if status := metadataStatus.FindStringSubmatch(err.Error()); status != nil {
			reason = "it answered HTTP " + status[1]
			if status[1] == "404" {
				reason += ", as it does where no such role is attached to the instance"
			}
		} else if network := metadataNetwork.FindStringSubmatch(err.Error()); network != nil {
			reason = strings.TrimSuffix(network[1], ".") + " (is this an ECS instance?)"
		}
		return &esa.CredentialsError{Message: fmt.Sprintf("%s cannot be had from the metadata service (100.100.100.200): %s", about, reason)}
	}
}

// noSession says why no answer came, or otherwise what is wrong with it. Other texts of the SDK are not shown.
func noSession(about string, err error, otherwise string) *esa.CredentialsError {
	var (
		network     *url.Error
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &certificate):
		return &esa.CredentialsError{Message: fmt.Sprintf(
			"%s: the server's certificate is not trusted: %s; where a private certificate authority stands between, name its certificate with SSL_CERT_FILE", about, certificate.Err)}
	case errors.As(err, &network):
		host := ""
		if parsed, unreadable := url.Parse(network.URL); unreadable == nil {
			host = parsed.Host + ": "
		}
		reason := phrase(network.Err)
		// net/http has no type for a proxy's refusal, only the words of its status.
		proxyAsks := strings.Contains(reason, http.StatusText(http.StatusProxyAuthRequired))
		if proxyAsks {
			reason = "the proxy asks for a user name and password, which go into HTTPS_PROXY"
		}
		return &esa.CredentialsError{Message: fmt.Sprintf("%s: %s%s", about, host, reason), Temporary: !proxyAsks}
	case errors.Is(err, errPanicked):
		otherwise = errPanicked.Error()
	}
	return &esa.CredentialsError{Message: about + ": " + otherwise}
}
