package esasim

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// object is a JSON object of an answer.
type object map[string]any

// wideID is an id of an answer: text, unless [NumericIDs] makes it a number.
type wideID string

// deployID is the id that GetRoutine shows for a deployment; [OtherDeployIDs]
// makes it another one than CreateRoutineCodeDeployment answered.
type deployID string

// description is a description of an answer. [PlainDescriptions] and
// [EncodedDescriptions] make it plain or base64 whatever it usually is.
type description struct {
	text    string
	encoded bool
}

// numberID is an id that the schema has as a number; [TextIDs] makes it text.
type numberID string

// shape is how an answer differs from what it usually looks like, in ways that
// leave it true.
type shape struct {
	reversed bool // lists the other way round
	numeric  bool // ids as JSON numbers
	text     bool // numeric ids as JSON text
	otherIDs bool // GetRoutine numbers deployments differently
	huge     bool // padded beyond what a client should take
	// descriptions is PlainDescriptions, EncodedDescriptions or nothing.
	descriptions Fault
}

// hugeBytes is the size of a padded answer: over 8 MiB.
const hugeBytes = 9 << 20

// apply returns a copy of a part of an answer in this shape.
func (sh shape) apply(part any) any {
	switch part := part.(type) {
	case object:
		return sh.applyObject(part)
	case []any:
		shaped := make([]any, len(part))
		for i, element := range part {
			at := i
			if sh.reversed {
				at = len(part) - 1 - i
			}
			shaped[at] = sh.apply(element)
		}
		return shaped
	case description:
		if sh.descriptions == EncodedDescriptions || part.encoded && sh.descriptions != PlainDescriptions {
			return base64.StdEncoding.EncodeToString([]byte(part.text))
		}
		return part.text
	case deployID:
		if sh.otherIDs {
			return sh.apply(wideID(otherID(string(part))))
		}
		return sh.apply(wideID(part))
	case wideID:
		if sh.numeric {
			return json.Number(part)
		}
		return string(part)
	case numberID:
		if sh.text {
			return string(part)
		}
		return json.Number(part)
	}
	return part
}

func (sh shape) applyObject(part object) object {
	shaped := make(object, len(part))
	for name, member := range part {
		shaped[name] = sh.apply(member)
	}
	return shaped
}

// otherID is another id for the same thing: its digits the other way round.
func otherID(id string) string {
	digits := []byte(id)
	slices.Reverse(digits)
	return strings.TrimLeft(string(digits), "0")
}

// reply is an answer ready for the wire.
type reply struct {
	status      int
	contentType string
	location    string
	body        []byte
	// code is ESA's code where the answer is an error, for the log.
	code, reason string
}

const (
	jsonContent = "application/json;charset=utf-8"
	xmlContent  = "application/xml"
	htmlContent = "text/html"
)

// success is the JSON of an answer without errors.
func success(answer object, requestID string, sh shape) reply {
	shaped := sh.applyObject(answer)
	shaped["RequestId"] = requestID
	if sh.huge {
		shaped["Padding"] = strings.Repeat("x", hugeBytes)
	}
	body, err := json.Marshal(shaped)
	if err != nil {
		// Only a wideID that is not a number can do this, under NumericIDs.
		return failure(refuse(codeInternalException, "encoding the answer: %v", err), requestID, "")
	}
	return reply{status: http.StatusOK, contentType: jsonContent, body: body}
}

// failure is the JSON of an error, with the members that the gateway sends.
func failure(e *apiError, requestID, host string) reply {
	body, err := json.Marshal(object{
		"RequestId": requestID,
		"HostId":    host,
		"Code":      e.Code,
		"Message":   e.Message,
		"Recommend": "https://api.aliyun.com/troubleshoot?q=" + e.Code + "&product=ESA&requestId=" + requestID,
	})
	if err != nil {
		panic(fmt.Sprintf("esasim: encoding an error: %v", err))
	}
	return reply{status: e.Status, contentType: jsonContent, body: body, code: e.Code, reason: e.Reason}
}

// ossCodes are the codes that stand for more than one situation in OSS's answers.
var ossCodes = map[string]string{ossPolicyExpired: ossAccessDenied, ossBadSignature: codeSignatureMismatch}

// ossFailure is the XML of an error, as OSS sends it.
func ossFailure(e *apiError, requestID, host string) reply {
	code := cmp.Or(ossCodes[e.Code], e.Code)
	body, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
		HostID    string `xml:"HostId"`
	}{Code: code, Message: e.Message, RequestID: requestID, HostID: host})
	if err != nil {
		panic(fmt.Sprintf("esasim: encoding an error: %v", err))
	}
	return reply{status: e.Status, contentType: xmlContent, body: append([]byte(xml.Header), body...), code: code, reason: e.Reason}
}

// newRequestID is a random UUID in capitals, as ESA's request ids are.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, as its documentation says
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
