package routine

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// encodings are the forms of base64 in which ESA's operations answer descriptions: the samples of the API reference show
// them with padding and without.
var encodings = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding}

// says tells whether what ESA answered is the description, plain or as base64. To compare the encoded forms is exact,
// where to decode the answer would be to guess: a plain description may be valid base64 by itself.
func says(answered, description string) bool {
	if answered == description {
		return true
	}
	for _, encoding := range encodings {
		if answered == encoding.EncodeToString([]byte(description)) {
			return true
		}
	}
	return false
}

// readable returns a description that ESA answered as the text it was written as: decoded where it can only be taken for
// base64 of a text, and otherwise as it is.
func readable(answered string) string {
	// "blog" is base64 as well, of "nZ ". Text in base64 has capitals or digits, but for a few very short ones.
	if !strings.ContainsFunc(answered, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return answered
	}
	for _, encoding := range encodings {
		decoded, err := encoding.Strict().DecodeString(answered)
		if err == nil && isText(decoded) {
			return string(decoded)
		}
	}
	return answered
}

func isText(content []byte) bool {
	return utf8.Valid(content) && !strings.ContainsFunc(string(content), func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune("\t\n\r", r)
	})
}

// observedDescription is the value of the attribute where ESA answered a description: the value that was there before
// where ESA says the same, so that neither the encoding nor an empty text for none makes a difference.
func observedDescription(before types.String, answered string) types.String {
	switch {
	case says(answered, before.ValueString()):
		return before
	case answered == "":
		return types.StringNull()
	default:
		return types.StringValue(readable(answered))
	}
}
