package esa

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Description is a description in the format of the ESA API: some operations return the text and others its base64, and the
// documentation does not say which. The type prevents that a description is shown or compared in that format.
type Description string

// encodingsOfText are the forms of base64 in the samples of the API reference: with and without padding.
var encodingsOfText = []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding}

// asWritten matches texts that are valid base64 only by accident: a word, an acronym, a number, the hash of a Git commit. "blog"
// is the base64 of "nZ " and "Risk" of "F+$". The base64 of a text mixes upper case, lower case and digits, except for a few very
// short texts.
var asWritten = regexp.MustCompile(`^([A-Z]?[a-z]*|[A-Z]*|[0-9a-f]*|[0-9A-F]*)$`)

// Is reports whether this is the description text, plain or as base64. It compares the encoded forms, because decoding would be a
// guess: a plain description may itself be valid base64.
func (d Description) Is(text string) bool {
	return string(d) == text || slices.ContainsFunc(encodingsOfText, func(encoding *base64.Encoding) bool {
		return string(d) == encoding.EncodeToString([]byte(text))
	})
}

// Text returns the description, decoded if it can only be the base64 of a text.
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

// isText reports whether bytes are printable text.
func isText(content []byte) bool {
	return utf8.Valid(content) && !strings.ContainsFunc(string(content), func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune("\t\n\r", r)
	})
}
