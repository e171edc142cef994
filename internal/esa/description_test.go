package esa_test

import (
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/esa"
)

func TestDescriptionText(t *testing.T) {
	t.Parallel()
	for answered, want := range map[esa.Description]string{
		"":           "",
		"says hello": "says hello",
		// The samples of the API reference, without and with padding.
		"ZWRpdCByb3V0aW5lIGNvbmZpZyBkZXNjcmlwdGlvbg":   "edit routine config description",
		"ZWRpdCByb3V0aW5lIGNvbmZpZyBkZXNjcmlwdGlvbg==": "edit routine config description",
		"5pel5pys6Kqe":         "日本語",
		"5pel5pys6Kqe 5pel":    "5pel5pys6Kqe 5pel",
		"YUdWc2JHOD0=":         "aGVsbG8=",            // encoded twice: decoded once
		"dHdvCmxpbmVzCXRhYmI=": "two\nlines\ttabb",    // white space is text
		"cmVsZWFzZSAx":         "release 1",           //
		"djE=":                 "v1",                  // short, with padding
		"OWYyYzFhNA==":         "9f2c1a4",             // the hash of a commit, encoded
		"VGljaw==":             "Tick",                //
		"AAECAw==":             "AAECAw==",            // control characters are not text
		"/////w==":             "/////w==",            // nor is what is not UTF-8
		"SGVsbG9":              "SGVsbG9",             // bits beyond the last byte: not from an encoder
		"blog":                 "blog",                // a word, although it decodes to "nZ "
		"Risk":                 "Risk",                // and this to "F+$"
		"Tick":                 "Tick",                //
		"TODO":                 "TODO",                //
		"Test":                 "Test",                //
		"production":           "production",          //
		"release-2024":         "release-2024",        //
		"Release2024":          "Release2024",         //
		"v1.2.3":               "v1.2.3",              //
		"1723599747213377175":  "1723599747213377175", //
		"a1d1a0c0":             "a1d1a0c0",            // the abbreviated hash of a commit, although it decodes to "kWukG4"
	} {
		if got := answered.Text(); got != want {
			t.Errorf("%q is shown as %q, want %q", answered, got, want)
		}
	}
}

// TestHashesAreNotDecoded takes no hash of a Git commit for base64, however short: eight hexadecimal digits decode to
// text more often than one would think.
func TestHashesAreNotDecoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hash := rapid.StringMatching(`[0-9a-f]{4,40}`).Draw(t, "hash")
		if got := esa.Description(hash).Text(); got != hash {
			t.Fatalf("%q became %q", hash, got)
		}
	})
}

// TestDescriptionIs answers any description in each of the forms that ESA has, and finds the same.
func TestDescriptionIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if rapid.Bool().Draw(t, "encoded by its author") {
			text = base64.StdEncoding.EncodeToString([]byte(text))
		}
		for _, answered := range []string{
			text, base64.StdEncoding.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text)),
		} {
			if !esa.Description(answered).Is(text) {
				t.Fatalf("%q answered as %q is not the same", text, answered)
			}
		}
	})
}
