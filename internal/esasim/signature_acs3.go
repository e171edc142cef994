package esasim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const acs3Algorithm = "ACS3-HMAC-SHA256"

// authenticateACS3 checks the newer signature (ACS3-HMAC-SHA256), which the
// vendor's newer SDKs and its command line make: it stands in the headers and
// covers the query, the hash of the body, and the headers it names.
func (s *Simulator) authenticateACS3(q *request) *apiError {
	header := q.http.Header
	algorithm, fields := parseAuthorization(header.Get("Authorization"))
	if algorithm != acs3Algorithm {
		return refuse(codeSignatureMethod, "algorithm %q, want %s", algorithm, acs3Algorithm)
	}
	accessKeyID := fields["Credential"]
	key, refused := s.keys.find(accessKeyID, header.Get("X-Acs-Security-Token"))
	if refused != nil {
		return refused
	}
	if fields["Signature"] == "" {
		return refuse(codeSignatureMissing, "no signature")
	}
	now := time.Now()
	if refused := checkTime(header.Get("X-Acs-Date"), now); refused != nil {
		return refused
	}
	signed := strings.Split(fields["SignedHeaders"], ";")
	canonical := acs3CanonicalRequest(q, signed)
	digest := sha256.Sum256([]byte(canonical))
	stringToSign := acs3Algorithm + "\n" + hex.EncodeToString(digest[:])
	// The canonical request is echoed too, as it is by the service.
	wrong := mismatch(stringToSign + ", server canonical request is:" + canonical)
	if reason := unsigned(q.http, signed); reason != "" {
		wrong.Reason = reason
		return wrong
	}
	body := sha256.Sum256(q.body)
	if header.Get("X-Acs-Content-Sha256") != hex.EncodeToString(body[:]) {
		wrong.Reason = "x-acs-content-sha256 is not the hash of the body"
		return wrong
	}
	mac := hmac.New(sha256.New, []byte(key.secret))
	mac.Write([]byte(stringToSign))
	if !hmac.Equal([]byte(fields["Signature"]), []byte(hex.EncodeToString(mac.Sum(nil)))) {
		return wrong
	}
	return s.keys.spend(accessKeyID, header.Get("X-Acs-Signature-Nonce"), now)
}

// parseAuthorization takes "ALGORITHM Credential=…,SignedHeaders=…,Signature=…" apart.
func parseAuthorization(text string) (algorithm string, fields map[string]string) {
	algorithm, rest, _ := strings.Cut(text, " ")
	fields = map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	return algorithm, fields
}

// unsigned names what the signature had to cover and does not.
func unsigned(r *http.Request, signed []string) string {
	if !slices.Contains(signed, "host") {
		return "the host header is not signed"
	}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if (strings.HasPrefix(lower, "x-acs-") || lower == "content-type") && !slices.Contains(signed, lower) {
			return "the header " + lower + " is not signed"
		}
	}
	for _, name := range []string{"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"} {
		if r.Header.Get(name) == "" {
			return "the header " + name + " is missing"
		}
	}
	return ""
}

// acs3CanonicalRequest is the request as both sides write it down to sign it.
func acs3CanonicalRequest(q *request, signed []string) string {
	pairs := make([]string, 0, len(q.query))
	for _, name := range slices.Sorted(maps.Keys(q.query)) {
		pairs = append(pairs, percentEncode(name)+"="+percentEncode(q.query.Get(name)))
	}
	var headers strings.Builder
	for _, name := range signed {
		values := slices.Clone(q.http.Header.Values(name))
		if name == "host" {
			values = []string{q.http.Host}
		}
		for i, value := range values {
			values[i] = strings.TrimSpace(value)
		}
		slices.Sort(values)
		headers.WriteString(name + ":" + strings.Join(values, ",") + "\n")
	}
	path := q.http.URL.EscapedPath()
	return strings.Join([]string{
		q.http.Method, path, strings.Join(pairs, "&"), headers.String(),
		strings.Join(signed, ";"), q.http.Header.Get("X-Acs-Content-Sha256"),
	}, "\n")
}
