package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// replaced are words and phrases that have a standard term, by that term.
var replaced = map[string]string{
	`goes on serving`:                          "keeps serving",
	`[Ss]omebody`:                              "someone",
	`[Nn]obody`:                                "no one",
	`the general provider`:                     "the `alicloud` provider",
	`as ESA writes it`:                         "in the format of the ESA API",
	`empty where|null where`:                   "empty if, null if",
	`(?:routine|version|deployment) was made`:  "was created",
	`[Ii]t is no |is no (?:release|ECS)`:       "is not",
	`the ways? in\b`:                           "import it",
	`by hand`:                                  "manually",
	`all the while|the whole time|meanwhile`:   "throughout, in the meantime",
	`makes a new version`:                      "publishes a new version",
	`says so\b.*\bso\b`:                        "one idea a sentence",
	`had no answer|was not answered`:           "ESA did not answer",
	`(?:split|version|one) alone\b`:            "only",
	`behind Terraform's back`:                  "outside of Terraform",
	`put into words|in words\b`:                "formatted",
	`\blooks? (?:at|before|again)\b|live look`: "read",
	`found "[^"]*", want`:                      "must be, got",
	`\d %`:                                     "90%",
	`<label>`:                                  "this resource's address",
	`the attribute timeouts`:                   "set timeouts.update",
}

// TestWords holds what users read against the vocabulary: messages, pages, the README and the CHANGELOG.
func TestWords(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"testdata/messages/*.txt", "testdata/plans/*.txt", "../../docs/*.md", "../../docs/*/*.md", "../../README.md", "../../CHANGELOG.md", "../../SECURITY.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, found...)
	}
	patterns := map[*regexp.Regexp]string{}
	for phrase, term := range replaced {
		patterns[regexp.MustCompile(phrase)] = term
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for pattern, term := range patterns {
			for number, line := range strings.Split(string(content), "\n") {
				if found := pattern.FindString(line); found != "" {
					t.Errorf("%s:%d: %q has a standard term: %s", file, number+1, found, term)
				}
			}
		}
	}
}

// TestPagesHaveTheSameSections checks that the pages of one kind have the same sections in the same order.
func TestPagesHaveTheSameSections(t *testing.T) {
	t.Parallel()
	heading := regexp.MustCompile(`(?m)^## (.*)$`)
	for kind, want := range map[string][]string{
		"resources":      {"Example Usage", "Behavior", "Schema", "Import"},
		"data-sources":   {"Example Usage", "Schema"},
		"list-resources": {"Example Usage", "Schema"},
		"functions":      {"Example Usage", "Signature", "Arguments"},
	} {
		pages, err := filepath.Glob("../../docs/" + kind + "/*.md")
		if err != nil || len(pages) == 0 {
			t.Fatal(kind, err)
		}
		for _, page := range pages {
			content, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			var sections []string
			for _, match := range heading.FindAllStringSubmatch(string(content), -1) {
				sections = append(sections, match[1])
			}
			if !slices.Equal(sections, want) {
				t.Errorf("%s has the sections %q, want %q", page, sections, want)
			}
		}
	}
}
