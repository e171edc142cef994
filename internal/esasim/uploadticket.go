package esasim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	// UploadPath is where the simulator takes uploads, in place of an OSS bucket.
	UploadPath = "/esasim-oss"
	// UploadOperation is the name of an upload among the operations; it is OSS's own.
	UploadOperation = "PostObject"

	// policyLife is how long an upload's policy is good for: about five minutes.
	policyLife = 5 * time.Minute
	// maxUpload is the largest file that an upload's policy allows, in bytes.
	maxUpload = 512 << 20

	ossAccessKeyID = "STS.esasim-oss"
	ossSecret      = "esasim-oss-secret"
)

// uploadTicket is the signed form that an upload is posted with. It is derived
// from its key, so that a simulator that was restarted still knows it.
type uploadTicket struct {
	key, policy, signature, accessKeyID, token string
}

// policyDocument is an OSS policy: until when, and what, may be uploaded.
type policyDocument struct {
	Expiration time.Time `json:"expiration"`
	Conditions []any     `json:"conditions"`
}

func newUploadTicket(key string, now time.Time) uploadTicket {
	document, err := json.Marshal(policyDocument{
		Expiration: now.Add(policyLife).UTC(),
		Conditions: []any{
			[]any{"eq", "$key", key},
			[]any{"content-length-range", 0, maxUpload},
		},
	})
	if err != nil {
		panic(fmt.Sprintf("esasim: encoding a policy: %v", err))
	}
	policy := base64.StdEncoding.EncodeToString(document)
	return uploadTicket{key: key, policy: policy, signature: ossSign(policy), accessKeyID: ossAccessKeyID, token: ossSign("token " + key)}
}

func ossSign(text string) string {
	mac := hmac.New(sha1.New, []byte(ossSecret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// uploadURL is the simulator's own address, as the request came to it.
func uploadURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + UploadPath
}

const (
	zipKeyPrefix     = "routine_assets/"
	stagingKeyPrefix = "site_er_js/"
	stagingKeySuffix = ".unstable.js"
)

// zipKey is the key that a version's zip is uploaded to.
func zipKey(routine, version string) string { return zipKeyPrefix + routine + "/" + version + ".zip" }

// stagingKey is the key of a routine's one staging slot.
func stagingKey(routine string) string { return stagingKeyPrefix + routine + stagingKeySuffix }

// parseKey tells which routine, and which version, a key is for. The version is
// empty if it is the staging slot.
func parseKey(key string) (routine, version string, ok bool) {
	if rest, found := strings.CutPrefix(key, stagingKeyPrefix); found {
		routine, found = strings.CutSuffix(rest, stagingKeySuffix)
		return routine, "", found
	}
	rest, found := strings.CutPrefix(key, zipKeyPrefix)
	if !found {
		return "", "", false
	}
	routine, file, found := strings.Cut(rest, "/")
	version, zip := strings.CutSuffix(file, ".zip")
	return routine, version, found && zip
}

// OSS's own codes, all in XML.
const (
	ossAccessDenied   = "AccessDenied"
	ossPolicyExpired  = "PolicyExpired" // answered as AccessDenied; see its message
	ossBadPolicy      = "InvalidPolicyDocument"
	ossBadSignature   = "SignatureDoesNotMatch.OSS"
	ossUnknownKey     = "InvalidAccessKeyId"
	ossBadToken       = "InvalidSecurityToken"
	ossMalformed      = "MalformedPOSTRequest"
	ossFileCount      = "IncorrectNumberOfFilesInPOSTRequest"
	ossMissing        = "InvalidArgument"
	ossTooLarge       = "EntityTooLarge"
	ossMethod         = "MethodNotAllowed"
	ossNotMultipart   = "PreconditionFailed"
	ossRequestTimeout = "RequestTimeout"
)

// check holds an upload's fields against the ticket that its key must have had.
func (s *Simulator) checkTicket(fields map[string]string) *apiError {
	for _, name := range []string{"OSSAccessKeyId", "Signature", "policy", "key"} {
		if fields[name] == "" {
			return refuse(ossMissing, "the field %s is missing", name)
		}
	}
	if fields["OSSAccessKeyId"] != ossAccessKeyID {
		return refuse(ossUnknownKey, "OSSAccessKeyId is %q", fields["OSSAccessKeyId"])
	}
	if !hmac.Equal([]byte(fields["Signature"]), []byte(ossSign(fields["policy"]))) {
		return refuse(ossBadSignature, "Signature is not that of the policy")
	}
	key := fields["key"]
	token := fields["x-oss-security-token"]
	if strings.HasPrefix(key, zipKeyPrefix) && !hmac.Equal([]byte(token), []byte(ossSign("token "+key))) {
		return refuse(ossBadToken, "x-oss-security-token is not the one that came with the policy")
	}
	text, err := base64.StdEncoding.DecodeString(fields["policy"])
	if err != nil {
		return refuse(ossBadPolicy, "policy is not base64: %v", err)
	}
	var policy policyDocument
	if err := json.Unmarshal(text, &policy); err != nil {
		return refuse(ossBadPolicy, "policy: %v", err)
	}
	if !s.clock().Before(policy.Expiration) {
		return refuse(ossPolicyExpired, "the policy expired at %s", stamp(policy.Expiration))
	}
	if len(policy.Conditions) == 0 || fmt.Sprint(policy.Conditions[0]) != fmt.Sprint([]any{"eq", "$key", key}) {
		return refuse(ossAccessDenied, "the policy is not for the key %q", key)
	}
	return nil
}
