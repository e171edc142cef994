package esasim

import (
	"sync"
	"time"
)

// nonceLife is how long a signature nonce is remembered, which is also how far
// the time stamp of a signature may be off: 15 minutes, as the documentation of
// the request signatures says.
const nonceLife = 15 * time.Minute

// keyring is the access keys that the account knows, and the nonces seen.
type keyring struct {
	mutex sync.Mutex
	keys  map[string]accessKey
	// Two generations of nonces, so that forgetting old ones costs nothing.
	nonces, olderNonces map[string]struct{}
	turned              time.Time
}

type accessKey struct {
	secret  string
	token   string // not empty: the key is temporary and must come with it
	expired bool
}

func newKeyring() keyring {
	return keyring{keys: map[string]accessKey{}, nonces: map[string]struct{}{}, olderNonces: map[string]struct{}{}}
}

func (k *keyring) allow(accessKeyID, secret, token string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.keys[accessKeyID] = accessKey{secret: secret, token: token}
}

// find returns the key for an id and the token that came with it.
func (k *keyring) find(accessKeyID, token string) (accessKey, *apiError) {
	if accessKeyID == "" {
		return accessKey{}, refuse(codeMissingKey, "the request is not signed")
	}
	k.mutex.Lock()
	key, known := k.keys[accessKeyID]
	k.mutex.Unlock()
	switch {
	case !known:
		return key, refuse(codeKeyNotFound, "access key %q", accessKeyID)
	case key.token != "" && token == "":
		return key, refuse(codeMissingToken, "access key %q is temporary", accessKeyID)
	case key.token != token:
		return key, refuse(codeTokenMismatch, "access key %q", accessKeyID)
	case key.expired:
		return key, refuse(codeTokenExpired, "access key %q", accessKeyID)
	}
	return key, nil
}

// spend remembers a nonce, and refuses one that was spent before.
func (k *keyring) spend(accessKeyID, nonce string, now time.Time) *apiError {
	if nonce == "" {
		return refuse(codeNonceMissing, "no nonce")
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if now.Sub(k.turned) > nonceLife {
		k.olderNonces, k.nonces, k.turned = k.nonces, map[string]struct{}{}, now
	}
	entry := accessKeyID + "\n" + nonce
	_, recent := k.nonces[entry]
	_, older := k.olderNonces[entry]
	if recent || older {
		return refuse(codeNonceUsed, "nonce %q", nonce)
	}
	k.nonces[entry] = struct{}{}
	return nil
}

// AllowKey makes a running simulator know another key pair; with a token, it is
// a temporary one. It is what a token service does when it hands out a session.
func (s *Simulator) AllowKey(accessKeyID, secret, token string) {
	s.keys.allow(accessKeyID, secret, token)
}

// ExpireKey ends the session of a temporary key: requests signed with it are
// answered InvalidSecurityToken.Expired from now on.
func (s *Simulator) ExpireKey(accessKeyID string) {
	s.keys.mutex.Lock()
	defer s.keys.mutex.Unlock()
	if key, known := s.keys.keys[accessKeyID]; known {
		key.expired = true
		s.keys.keys[accessKeyID] = key
	}
}

// RemoveKey makes the simulator forget a key: requests signed with it are
// answered InvalidAccessKeyId.NotFound from now on.
func (s *Simulator) RemoveKey(accessKeyID string) {
	s.keys.mutex.Lock()
	defer s.keys.mutex.Unlock()
	delete(s.keys.keys, accessKeyID)
}
