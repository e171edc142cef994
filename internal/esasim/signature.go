package esasim

import (
	"strings"
	"time"
)

// signatureTime is the layout of the time stamps in both signatures, always UTC.
const signatureTime = "2006-01-02T15:04:05Z"

// authenticate checks the signature of a request, in whichever of the two ways
// it was made.
func (s *Simulator) authenticate(q *request) *apiError {
	if strings.HasPrefix(q.http.Header.Get("Authorization"), "ACS3-") {
		return s.authenticateACS3(q)
	}
	return s.authenticateRPC(q)
}

// checkTime refuses a time stamp that is not well formed or too far off.
func checkTime(stamp string, now time.Time) *apiError {
	at, err := time.Parse(signatureTime, stamp)
	if err != nil {
		return refuse(codeTimeStampFormat, "time stamp %q", stamp)
	}
	if off := now.Sub(at); off > nonceLife || off < -nonceLife {
		return refuse(codeTimeStampExpired, "time stamp %s is %s off", stamp, off.Round(time.Second))
	}
	return nil
}

// mismatch is the answer to a wrong signature. The real service echoes the
// whole string to sign, in these words; the older Go SDK looks for them.
func mismatch(stringToSign string) *apiError {
	wrong := refuse(codeSignatureMismatch, "the signature is not that of this request by this key")
	wrong.Message += " server string to sign is:" + stringToSign
	return wrong
}

// percentEncode is the percent-encoding of RFC 3986 that both signatures use:
// everything but letters, digits and -_.~ is encoded.
func percentEncode(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
