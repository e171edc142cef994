package standin

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Session is what a service hands out.
type Session struct {
	AccessKeyID, AccessKeySecret, SecurityToken string
}

// Sessions makes sessions for the services of this package.
type Sessions struct {
	// Lifetime is how long a session lasts, an hour by default. One that has ended already is negative.
	Lifetime time.Duration
	// Issued is called with each session, as ESA learns of them.
	Issued func(accessKeyID, secret, token string)

	mutex sync.Mutex
	count int
}

// Count returns how many sessions were handed out.
func (s *Sessions) Count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.count
}

// next returns the JSON members of a new session, which is unlike those of other services.
func (s *Sessions) next(service string) map[string]string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.count++
	lifetime := s.Lifetime
	if lifetime == 0 {
		lifetime = time.Hour
	}
	session := Session{
		AccessKeyID:     fmt.Sprintf("STS.%s%d", service, s.count),
		AccessKeySecret: fmt.Sprintf("session-secret-%s-%d", service, s.count),
		SecurityToken:   fmt.Sprintf("session-token-%s-%d", service, s.count),
	}
	if s.Issued != nil {
		s.Issued(session.AccessKeyID, session.AccessKeySecret, session.SecurityToken)
	}
	return map[string]string{
		"AccessKeyId": session.AccessKeyID, "AccessKeySecret": session.AccessKeySecret, "SecurityToken": session.SecurityToken,
		"Expiration": time.Now().Add(lifetime).UTC().Format(time.RFC3339),
	}
}

// TokenService is the part of STS that hands out sessions of roles: AssumeRole, whose requests are signed with a key,
// and AssumeRoleWithOIDC, whose requests carry a token.
type TokenService struct {
	Sessions

	mutex   sync.Mutex
	keys    map[string]Session
	tokens  []string
	answer  http.HandlerFunc
	request []url.Values
}

// TokenServiceHost is where clients look for the token service.
const TokenServiceHost = "sts.aliyuncs.com"

// AllowKey makes a key known that may assume every role; token is empty unless it is a session's.
func (s *TokenService) AllowKey(accessKeyID, secret, token string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.keys == nil {
		s.keys = map[string]Session{}
	}
	s.keys[accessKeyID] = Session{accessKeyID, secret, token}
}

// AllowToken makes an OIDC token known that may assume every role.
func (s *TokenService) AllowToken(token string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tokens = append(s.tokens, token)
}

// Answer has another handler answer from now on.
func (s *TokenService) Answer(handler http.HandlerFunc) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.answer = handler
}

// Requests returns the parameters of each request so far, those of the query and the form together.
func (s *TokenService) Requests() []url.Values {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.request)
}

// ServeHTTP implements http.Handler.
func (s *TokenService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		Refusal(http.StatusBadRequest, "InvalidParameter", "The request cannot be read.")(w, r)
		return
	}
	s.mutex.Lock()
	s.request = append(s.request, r.Form)
	answer, key, known := s.answer, s.keys[r.Form.Get("AccessKeyId")], slices.Contains(s.tokens, strings.TrimSpace(r.Form.Get("OIDCToken")))
	s.mutex.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case r.TLS == nil:
		Refusal(http.StatusBadRequest, "InvalidProtocol", "Want HTTPS.")(w, r)
	case r.Form.Get("Action") == "AssumeRoleWithOIDC" && !known:
		Refusal(http.StatusBadRequest, "AuthenticationFail.OIDCToken.Invalid", "This JSON Web Token has an invalid signature.")(w, r)
	case r.Form.Get("Action") == "AssumeRole" && key.AccessKeyID == "":
		Refusal(http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")(w, r)
	case r.Form.Get("Action") == "AssumeRole" && key.SecurityToken != r.Form.Get("SecurityToken"):
		Refusal(http.StatusBadRequest, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")(w, r)
	case r.Form.Get("Action") == "AssumeRole" && sign(r, key.AccessKeySecret) != r.Form.Get("Signature"):
		Refusal(http.StatusBadRequest, "SignatureDoesNotMatch", "Specified signature does not match our calculation. server string to sign is:"+stringToSign(r))(w, r)
	default:
		write(w, http.StatusOK, map[string]any{"RequestId": "STS-REQUEST", "AssumedRoleUser": map[string]string{}, "Credentials": s.next("token-service")})
	}
}

// Refusal returns the handler that answers with an error, as Alibaba Cloud's services do.
func Refusal(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		write(w, status, map[string]any{"RequestId": "STS-REQUEST", "HostId": TokenServiceHost, "Code": code, "Message": message})
	}
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// stringToSign is that of signature version 1.0: method, path and sorted parameters, percent-encoded twice.
func stringToSign(r *http.Request) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		if name != "Signature" {
			pairs = append(pairs, escape(name)+"="+escape(r.Form.Get(name)))
		}
	}
	return r.Method + "&%2F&" + escape(strings.Join(pairs, "&"))
}

func sign(r *http.Request, secret string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(stringToSign(r)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func escape(text string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(text))
}

// MetadataService is the part of an ECS instance's metadata service that hands out sessions of its role. As the newer
// version of it does, it wants a token of its own with each request.
type MetadataService struct {
	Sessions

	// RoleName is the role that is attached to the instance.
	RoleName string
	// Old makes it the service's first version, which knows no tokens.
	Old bool
}

// The paths of the metadata service.
const (
	MetadataTokenPath = "/latest/api/token"
	MetadataRolesPath = "/latest/meta-data/ram/security-credentials/"
)

// MetadataHost is where instances find their metadata service, over plain HTTP.
const MetadataHost = "100.100.100.200"

// ServeHTTP implements http.Handler.
func (s *MetadataService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const token = "metadata-token"
	switch {
	case !s.Old && r.Method == http.MethodPut && r.URL.Path == MetadataTokenPath && r.Header.Get("X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds") != "":
		_, _ = fmt.Fprint(w, token)
	case !s.Old && r.Header.Get("X-Aliyun-Ecs-Metadata-Token") != token:
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == MetadataRolesPath && s.RoleName != "":
		_, _ = fmt.Fprint(w, s.RoleName)
	case s.RoleName != "" && r.URL.Path == MetadataRolesPath+s.RoleName:
		session := s.next("metadata")
		session["Code"], session["LastUpdated"] = "Success", time.Now().UTC().Format(time.RFC3339)
		write(w, http.StatusOK, session)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// SessionService is what credentials_uri points at.
type SessionService struct {
	Sessions
}

// ServeHTTP implements http.Handler.
func (s *SessionService) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, s.next("uri"))
}
