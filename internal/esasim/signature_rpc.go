package esasim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"
)

// authenticateRPC checks the older signature (RPC V1, HMAC-SHA1), which
// alibaba-cloud-sdk-go makes: it stands among the parameters and covers all of
// the query and of the form.
func (s *Simulator) authenticateRPC(q *request) *apiError {
	accessKeyID := q.get("AccessKeyId")
	key, refused := s.keys.find(accessKeyID, q.get("SecurityToken"))
	if refused != nil {
		return refused
	}
	if q.get("SignatureMethod") != "HMAC-SHA1" || q.get("SignatureVersion") != "1.0" {
		return refuse(codeSignatureMethod, "SignatureMethod %q, SignatureVersion %q", q.get("SignatureMethod"), q.get("SignatureVersion"))
	}
	if format := q.get("Format"); format != "" && !strings.EqualFold(format, "JSON") {
		return refuse(codeInvalidParameter, "Format is %q: the simulator answers JSON only", format)
	}
	given := q.get("Signature")
	if given == "" {
		return refuse(codeSignatureMissing, "no signature")
	}
	now := time.Now()
	if refused := checkTime(q.get("Timestamp"), now); refused != nil {
		return refused
	}
	stringToSign := rpcStringToSign(q)
	mac := hmac.New(sha1.New, []byte(key.secret+"&"))
	mac.Write([]byte(stringToSign))
	if !hmac.Equal([]byte(given), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))) {
		return mismatch(stringToSign)
	}
	return s.keys.spend(accessKeyID, q.get("SignatureNonce"), now)
}

// rpcStringToSign is METHOD & %2F & the encoded parameters, sorted by name,
// without the signature itself. A JSON body is not part of it.
func rpcStringToSign(q *request) string {
	parameters := map[string]string{}
	for name := range q.query {
		parameters[name] = q.query.Get(name)
	}
	if q.signedForm {
		for name := range q.form {
			parameters[name] = q.form.Get(name)
		}
	}
	delete(parameters, "Signature")
	pairs := make([]string, 0, len(parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		pairs = append(pairs, percentEncode(name)+"="+percentEncode(parameters[name]))
	}
	return q.http.Method + "&" + percentEncode("/") + "&" + percentEncode(strings.Join(pairs, "&"))
}
