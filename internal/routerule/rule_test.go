package routerule_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/routerule"
)

// The rules are those that the vendor's tools write, letter for letter: the console shows a route as a pattern only where
// it knows the form of its rule.
func TestRule(t *testing.T) {
	for pattern, want := range map[string]string{
		"example.com/*":           `(http.host eq "example.com" and starts_with(http.request.uri.path, "/"))`,
		"example.com":             `(http.host eq "example.com" and http.request.uri.path eq "/")`,
		"example.com/":            `(http.host eq "example.com" and http.request.uri.path eq "/")`,
		"example.com/api/*":       `(http.host eq "example.com" and starts_with(http.request.uri.path, "/api/"))`,
		"example.com/api*":        `(http.host eq "example.com" and starts_with(http.request.uri.path, "/api"))`,
		"example.com/api":         `(http.host eq "example.com" and http.request.uri.path eq "/api")`,
		"*.example.com/*":         `(ends_with(http.host, ".example.com") and starts_with(http.request.uri.path, "/"))`,
		"*.example.com/login":     `(ends_with(http.host, ".example.com") and http.request.uri.path eq "/login")`,
		"*example.com/*":          `(ends_with(http.host, "example.com") and starts_with(http.request.uri.path, "/"))`,
		"*-shop.example.com":      `(ends_with(http.host, "-shop.example.com") and http.request.uri.path eq "/")`,
		"example.com/to/https://": `(http.host eq "example.com" and http.request.uri.path eq "/to/https://")`,
		"WWW.Example.com/A":       `(http.host eq "WWW.Example.com" and http.request.uri.path eq "/A")`,
		"_x.example.com//a%20;b":  `(http.host eq "_x.example.com" and http.request.uri.path eq "//a%20;b")`,
	} {
		if got, err := routerule.Rule(pattern); got != want || err != nil {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", pattern, got, err, want)
		}
	}
}

// TestRuleLimits holds the ends of what is allowed: the characters of a host name, and the size of a rule.
func TestRuleLimits(t *testing.T) {
	for _, host := range []string{"09.az.AZ", "a-b_c.example"} {
		if _, err := routerule.Rule(host + "/*"); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"a/b", "a:b", "a@b", "a[b", "a`b", "a{b"} { // the neighbours of digits and letters
		if _, err := routerule.Rule("*" + host + "/*"); err == nil && !strings.Contains(host, "/") {
			t.Errorf("%s is allowed", host)
		}
	}
	short, err := routerule.Rule("example.com/*")
	if err != nil {
		t.Fatal(err)
	}
	for length, allowed := range map[int]bool{4096: true, 4097: false} {
		rule, err := routerule.Rule("example.com/" + strings.Repeat("a", length-len(short)) + "*")
		if (err == nil) != allowed || allowed && len(rule) != length {
			t.Errorf("a rule of %d bytes: %v, %d", length, err, len(rule))
		}
	}
}

// What would match nothing, or something else than it says, is refused with a way out.
func TestRefusedPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                      "must not be empty",
		"/api/*":                "must start with a host name",
		"example.com/a*b":       "only as its last character",
		"example.com/api/**":    "only once",
		"example.com/*/":        "only as its last character",
		"a.*.com/x":             "only as its first character",
		"**.example.com":        "only as its first character",
		"*.*.example.com":       "only as its first character",
		"example.com*":          `end the pattern with "/*"`,
		"*/*":                   `must not be only "*"`,
		"*":                     `must not be only "*"`,
		"https://example.com/*": "must not have a scheme",
		"example.com:8443/*":    "must not have a port",
		"https:/example.com":    "must not have a port",
		"example.com/a?x=1":     "must not have a query",
		"example.com/a#b":       "must not have a fragment",
		`example.com/"`:         `must not contain "`,
		`example.com/\`:         `must not contain "`,
		" example.com":          "white space",
		"example.com/a and b":   "white space",
		"example.com/\x00":      "control characters",
		"example.com/\xff":      "valid UTF-8",
		"bücher.example/*":      "xn--",
		"localhost/*":           "must be complete",
		"example..com":          "empty part",
		"example.com./*":        "empty part",
		".example.com":          "empty part",
		"*..example.com":        "empty part",
		"*.":                    "empty part",
		"a(b).com":              "may contain only letters",
		"example.com/" + strings.Repeat("a", 4096): "too long",
		strings.Repeat("a", 250) + ".com":          "at most 253",
	} {
		if rule, err := routerule.Rule(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %s, %v; want an error with %q", pattern, rule, err, want)
		}
	}
}

var (
	host = rapid.StringMatching(`(\*|\*\.|\*-)?[a-z0-9]{1,3}(\.[a-z0-9]{1,3}){1,3}`)
	path = rapid.StringMatching(`(/[a-z0-9._~%!$&'()+,;=:@-]{0,3}){0,3}\*?`)
)

// A rule matches what its pattern says, to the simulator, which reads rules with code of its own.
func TestRuleMatchesItsPattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hostPattern, pathPattern := host.Draw(t, "host"), path.Draw(t, "path")
		if pathPattern == "*" {
			pathPattern = "/*"
		}
		rule, err := routerule.Rule(hostPattern + pathPattern)
		if err != nil {
			t.Fatal(err)
		}
		if pathPattern == "" {
			pathPattern = "/"
		}
		candidates := rapid.SampledFrom([]string{
			strings.Replace(hostPattern, "*", "", 1), strings.Replace(hostPattern, "*", "x", 1), strings.TrimLeft(hostPattern, "*.-"), "not" + hostPattern, "other.example",
		})
		visited := candidates.Draw(t, "visited host")
		visitedPath := rapid.SampledFrom([]string{
			strings.TrimSuffix(pathPattern, "*"), strings.Replace(pathPattern, "*", "more", 1), pathPattern + "x", "/", "/other",
		}).Draw(t, "visited path")
		got, err := esasim.MatchRule(rule, visited, visitedPath)
		if err != nil {
			t.Fatalf("%s is not a rule: %v", rule, err)
		}
		if want := fits(hostPattern, visited) && fits(pathPattern, visitedPath); got != want {
			t.Fatalf("%s is %v for %s%s, want %v", rule, got, visited, visitedPath, want)
		}
	})
}

// fits reads a pattern as a person does: "*" stands for anything.
func fits(pattern, text string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile("^" + expression + "$").MatchString(text)
}

// Whatever the pattern, the answer is a rule that can be read and is as long as ESA allows, or an error that quotes it.
func FuzzRule(f *testing.F) {
	for _, pattern := range []string{"example.com/*", "*.example.com/api/*", "*/*", `a.b/"`, "https://example.com", "a.b/\xff", "*example.com"} {
		f.Add(pattern)
	}
	form := regexp.MustCompile(`^\((http\.host eq "[^"]+"|ends_with\(http\.host, "[^"]+"\)) and (http\.request\.uri\.path eq "/[^"]*"|starts_with\(http\.request\.uri\.path, "/[^"]*"\))\)$`)
	f.Fuzz(func(t *testing.T, pattern string) {
		rule, err := routerule.Rule(pattern)
		if err != nil {
			if rule != "" || err.Error() == "" {
				t.Fatalf("%q: %q with the error %v", pattern, rule, err)
			}
			return
		}
		if !form.MatchString(rule) || len(rule) > 4096 {
			t.Fatalf("%q: %s", pattern, rule)
		}
		if _, err := esasim.MatchRule(rule, "www.example.com", "/"); err != nil {
			t.Fatalf("%q: %s: %v", pattern, rule, err)
		}
	})
}
