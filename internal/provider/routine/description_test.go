package routine

import (
	"encoding/base64"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"

	"terraform-provider-esa/internal/esa"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	for answered, want := range map[string]string{
		"":           "",
		"says hello": "says hello",
		// The samples of the API reference, without and with padding.
		"ZWRpdCByb3V0aW5lIGNvbmZpZyBkZXNjcmlwdGlvbg":   "edit routine config description",
		"ZWRpdCByb3V0aW5lIGNvbmZpZyBkZXNjcmlwdGlvbg==": "edit routine config description",
		"5pel5pys6Kqe":         "日本語",
		"5pel5pys6Kqe 5pel":    "5pel5pys6Kqe 5pel",
		"YUdWc2JHOD0=":         "aGVsbG8=",            // encoded twice: decoded once
		"dHdvCmxpbmVzCXRhYmI=": "two\nlines\ttabb",    // white space is text
		"AAECAw==":             "AAECAw==",            // control characters are not
		"/////w==":             "/////w==",            // nor is what is not UTF-8
		"SGVsbG9":              "SGVsbG9",             // bits beyond the last byte: not from an encoder
		"blog":                 "blog",                // a word, although it decodes to "nZ "
		"Test":                 "Test",                // a word, since it decodes to no text
		"production":           "production",          //
		"release-2024":         "release-2024",        //
		"Release2024":          "Release2024",         //
		"1723599747213377175":  "1723599747213377175", //
	} {
		if got := readable(answered); got != want {
			t.Errorf("readable(%q) = %q, want %q", answered, got, want)
		}
	}
}

// TestObservedDescriptionIsStable answers any description in each of the forms that ESA has, and expects no difference.
func TestObservedDescriptionIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		description := rapid.String().Draw(t, "description")
		if rapid.Bool().Draw(t, "encoded by its author") {
			description = base64.StdEncoding.EncodeToString([]byte(description))
		}
		before := types.StringValue(description)
		for _, answered := range []string{
			description, base64.StdEncoding.EncodeToString([]byte(description)), base64.RawStdEncoding.EncodeToString([]byte(description)),
		} {
			if got := observedDescription(before, answered); !got.Equal(before) {
				t.Fatalf("%q answered as %q became %q", description, answered, got.ValueString())
			}
		}
	})
}

func TestObservedDescription(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		before   types.String
		answered string
		want     types.String
	}{
		{types.StringNull(), "", types.StringNull()},
		{types.StringValue(""), "", types.StringValue("")},
		{types.StringValue("text"), "", types.StringNull()},
		{types.StringNull(), "says hello", types.StringValue("says hello")},
		{types.StringNull(), "c2F5cyBoZWxsbw==", types.StringValue("says hello")},
		{types.StringValue("text"), "c2F5cyBoZWxsbw==", types.StringValue("says hello")},
		{types.StringValue("Text"), "text", types.StringValue("text")},
	} {
		if got := observedDescription(test.before, test.answered); !got.Equal(test.want) {
			t.Errorf("observedDescription(%s, %q) = %s, want %s", test.before, test.answered, got, test.want)
		}
	}
}

func TestCheckDescription(t *testing.T) {
	t.Parallel()
	model := resourceModel{Name: types.StringValue("hello"), Description: types.StringValue("says hello ")}
	for _, test := range []struct{ answered, want string }{
		{answered: "says hello "},
		{answered: "c2F5cyBoZWxsbyA="},
		{"c2F5cyBoZWxsbw==", `In the attribute description: ESA took "says hello " for the routine "hello" but still shows "says hello". ` +
			"The next plan shows a difference if that stays so; then give the description the form that ESA shows."},
	} {
		got := ""
		for _, warning := range model.checkDescription(&esa.Routine{Description: test.answered}) {
			got += warning.Detail()
		}
		if got != test.want {
			t.Errorf("for %q it says %q, want %q", test.answered, got, test.want)
		}
	}
}
