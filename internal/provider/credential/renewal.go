package credential

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

const (
	// renewEarly is the time before its end at which a session is renewed.
	renewEarly = 3 * time.Minute
	// usable is the minimum remaining time of a session whose renewal failed, so that the calls it signs arrive in time.
	usable = 30 * time.Second
	// renewAgain is the pause after a failed renewal while the session is still usable.
	renewAgain = 10 * time.Second
)

// session is a temporary access key.
type session struct {
	key     credentials.Credentials
	expires time.Time
}

// sessions returns the session of a source, and renews it. It makes one attempt and never waits: the caller retries temporary failures.
type sessions struct {
	// name is the SDK's name of the source.
	name string
	// open opens a session. Its error is an [esa.CredentialsError].
	open func(context.Context) (session, error)

	current session
	renewAt time.Time
}

// GetCredentials implements the SDK's CredentialsProvider, which knows no context.
func (s *sessions) GetCredentials() (*credentials.Credentials, error) {
	if time.Now().Before(s.renewAt) {
		return s.key(), nil
	}
	opened, err := s.open(context.Background())
	switch {
	case err == nil:
		s.keep(opened)
	case time.Until(s.current.expires) > usable:
		s.renewAt = time.Now().Add(renewAgain)
	default:
		return nil, err
	}
	return s.key(), nil
}

// keep uses a session until it is time to renew it.
func (s *sessions) keep(opened session) {
	s.current, s.renewAt = opened, opened.expires.Add(-renewEarly)
}

func (s *sessions) key() *credentials.Credentials {
	key := s.current.key
	key.ProviderName = s.name
	return &key
}

// GetProviderName implements the SDK's CredentialsProvider.
func (s *sessions) GetProviderName() string {
	return s.name
}

// answeredSession is a session in the format of all services.
type answeredSession struct {
	AccessKeyID     *string `json:"AccessKeyId"`
	AccessKeySecret *string
	SecurityToken   *string
	Expiration      *string
}

// decode decodes an answer. It returns what is wrong with it, or nothing.
func decode(body []byte, into any) (problem string) {
	if json.Unmarshal(body, into) != nil {
		return "the answer has an unexpected form"
	}
	return ""
}

// session returns the session, or what is wrong with the answer.
func (a *answeredSession) session() (opened session, problem string) {
	if a == nil {
		return session{}, "the answer holds no session"
	}
	var missing []string
	for _, part := range []struct {
		name  string
		value *string
	}{
		{"AccessKeyId", a.AccessKeyID}, {"AccessKeySecret", a.AccessKeySecret}, {"SecurityToken", a.SecurityToken}, {"Expiration", a.Expiration},
	} {
		if part.value == nil {
			missing = append(missing, part.name)
		}
	}
	if len(missing) > 0 {
		return session{}, "the answer lacks " + strings.Join(missing, ", ")
	}
	expires, err := time.Parse(time.RFC3339, *a.Expiration)
	if err != nil {
		return session{}, "Expiration of the answer must be a time such as 2026-01-31T12:00:00Z"
	}
	key := credentials.Credentials{AccessKeyId: *a.AccessKeyID, AccessKeySecret: *a.AccessKeySecret, SecurityToken: *a.SecurityToken}
	return session{key: key, expires: expires}, ""
}
