package esa

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// NewStaticCredentials returns credentials that never change; securityToken is empty for a key that is not temporary.
func NewStaticCredentials(accessKeyID, accessKeySecret, securityToken string) CredentialsProvider {
	if securityToken == "" {
		return credentials.NewStaticAKCredentialsProvider(accessKeyID, accessKeySecret)
	}
	return credentials.NewStaticSTSCredentialsProvider(accessKeyID, accessKeySecret, securityToken)
}

// credentialsSource hands out credentials one caller at a time: the SDK's providers are not safe for concurrent first
// use, and a session that expires should be renewed once and not by every call in flight.
type credentialsSource struct {
	mutex    sync.Mutex
	provider CredentialsProvider
}

func (s *credentialsSource) get() (current *credentials.Credentials, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	defer func() {
		if recovered := recover(); recovered != nil {
			current, err = nil, fmt.Errorf("the SDK's credentials provider panicked")
		}
	}()
	return s.provider.GetCredentials()
}

// redact removes the secrets of credentials from a text that came from outside, whole or percent-encoded.
func redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range encodings(secret) {
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
