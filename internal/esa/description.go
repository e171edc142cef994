package esa

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Description is a description as ESA answers it: some operations answer the text that was given and others its base64,
// and no documentation says which. It is a type of its own so that none is shown or compared as it was answered.
type Description string

// encodingsOfText are the forms of base64 in which ESA's operations answer descriptions: the samples of the API reference
// show them with padding and without.
var encodingsOfText = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding}

// asWritten is the form of texts that people write and that are base64 only by accident: a word, an acronym, a number, the
// hash of a Git commit. "blog" is base64 of "nZ " and "Risk" of "F+$". The base64 of a text mixes capitals, small letters
// and digits, but for a few very short texts.
var asWritten = regexp.MustCompile(`^([A-Z]?[a-z]*|[A-Z]*|[0-9a-f]*|[0-9A-F]*)$`)

// Is tells whether this is the description text, plain or as base64. To compare the encoded forms is exact, where to
// decode the answer would be to guess: a plain description may itself be valid base64.
func (d Description) Is(text string) bool {
	return string(d) == text || slices.ContainsFunc(encodingsOfText, func(encoding *base64.Encoding) bool {
		return string(d) == encoding.EncodeToString([]byte(text))
	})
}

// Text returns the text that was given: decoded where this can only be taken for base64 of a text, and otherwise as it
// is.
func (d Description) Text() string {
	answered := string(d)
	if asWritten.MatchString(answered) {
		return answered
	}
	for _, encoding := range encodingsOfText {
		decoded, err := encoding.Strict().DecodeString(answered)
		if err == nil && isText(decoded) {
			return string(decoded)
		}
	}
	return answered
}

// isText tells whether bytes are something that a person may have written.
func isText(content []byte) bool {
	return utf8.Valid(content) && !strings.ContainsFunc(string(content), func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune("\t\n\r", r)
	})
}
