// Package routerule writes the rule of a route from a pattern such as "*.example.com/api/*": the expression that the
// console's simple mode and the vendor's command line write for it, letter for letter.
package routerule

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxRule is the size that ESA allows one rule with its configuration, in bytes.
	maxRule = 4096
	// maxHost is the longest host name that DNS allows.
	maxHost = 253
)

// Rule returns the rule for a pattern: a host name, and the path from the first "/" on, "/" if there is none.
//
//   - A host name is compared for equality. One that starts with "*" is compared by its end: "*.example.com" is every
//     host name below example.com, without example.com, and "*example.com" is both, but also notexample.com.
//   - A path is compared for equality. One that ends with "*" is compared by its start.
//
// A "*" anywhere else would not be a wildcard, and with a scheme, a port, a query or a fragment the rule would never
// match: such patterns are refused. The error says why, and what to write.
func Rule(pattern string) (string, error) {
	host, path := cut(pattern)
	for _, check := range []problem{checkPattern(pattern), checkHost(host), checkPath(path)} {
		if check.what != "" {
			return "", check.of(pattern)
		}
	}
	ofHost := `http.host eq "` + host + `"`
	if end, wild := strings.CutPrefix(host, "*"); wild {
		ofHost = `ends_with(http.host, "` + end + `")`
	}
	ofPath := `http.request.uri.path eq "` + path + `"`
	if start, wild := strings.CutSuffix(path, "*"); wild {
		ofPath = `starts_with(http.request.uri.path, "` + start + `")`
	}
	rule := "(" + ofHost + " and " + ofPath + ")"
	if len(rule) > maxRule {
		return "", fmt.Errorf("the pattern is too long: ESA limits a rule to %d bytes, got: %d", maxRule, len(rule))
	}
	return rule, nil
}

// cut splits a pattern at its first "/".
func cut(pattern string) (host, path string) {
	host, rest, _ := strings.Cut(pattern, "/")
	return host, "/" + rest
}

// problem is what is wrong with a pattern, and what to do about it.
type problem struct{ what, advice string }

// of returns the problem as an error about a pattern.
func (p problem) of(pattern string) error {
	if p.advice == "" {
		return fmt.Errorf("%s, got: %q", p.what, pattern)
	}
	return fmt.Errorf("%s, got: %q. %s", p.what, pattern, p.advice)
}

// checkPattern finds what is wrong with a pattern as a whole.
func checkPattern(pattern string) problem {
	switch {
	case pattern == "":
		return problem{"the pattern must not be empty", `Write a host name and a path, such as "www.example.com/*".`}
	case !utf8.ValidString(pattern):
		return problem{"the pattern must be valid UTF-8", ""}
	case strings.ContainsFunc(pattern, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return problem{"the pattern must not contain white space or control characters", ""}
	case strings.ContainsAny(pattern, `"\`):
		return problem{`the pattern must not contain " or \`, ""}
	case hasScheme(pattern):
		return problem{"the pattern must not have a scheme, or it would match nothing", `Remove everything up to "://".`}
	case strings.Contains(pattern, "?"):
		return problem{"the pattern must not have a query, or it would match nothing", `The query is not part of the path. Remove the "?" and what follows it.`}
	case strings.Contains(pattern, "#"):
		return problem{"the pattern must not have a fragment, or it would match nothing", `Clients do not send it. Remove the "#" and what follows it.`}
	}
	return problem{}
}

// hasScheme reports whether a pattern starts as a URL does. A path may hold "://" as well.
func hasScheme(pattern string) bool {
	scheme, _, found := strings.Cut(pattern, "://")
	return found && !strings.Contains(scheme, "/")
}

// checkHost finds what is wrong with the host name of a pattern.
func checkHost(host string) problem {
	name, wild := strings.CutPrefix(host, "*")
	switch {
	case host == "":
		return problem{"the pattern must start with a host name", `Write one before the path, such as "www.example.com/*".`}
	case strings.Contains(name, "*"):
		advice := `Start the host name with "*.", or write one pattern for each host name.`
		if strings.HasSuffix(name, "*") && !strings.HasSuffix(name, ".*") {
			advice = `To match every path, end the pattern with "/*".`
		}
		return problem{`the host name may contain "*" only as its first character, or the pattern would match nothing`, advice}
	case name == "":
		return problem{`the host name must not be only "*", for which ESA allows no rule`, `Write the domain, such as "*.example.com/*".`}
	case strings.Contains(name, ":"):
		return problem{"the host name must not have a port, or the pattern would match nothing", ""}
	case strings.ContainsFunc(name, func(r rune) bool { return !isHostCharacter(r) }):
		return problem{`the host name may contain only letters, digits, ".", "-" and "_"`, `Write an internationalized name in its ASCII form ("xn--…").`}
	case len(name) > maxHost:
		return problem{fmt.Sprintf("the host name must be at most %d characters long", maxHost), ""}
	}
	if wild {
		name = strings.TrimPrefix(name, ".")
	} else if !strings.Contains(name, ".") {
		return problem{"the host name must be complete", `Write it with its domain, such as "www.example.com".`}
	}
	if slices.Contains(strings.Split(name, "."), "") {
		return problem{"the host name must not have an empty part", "Check its dots."}
	}
	return problem{}
}

// checkPath finds what is wrong with the path of a pattern.
func checkPath(path string) problem {
	if strings.Contains(strings.TrimSuffix(path, "*"), "*") {
		return problem{`the path may contain "*" only as its last character, and only once: elsewhere it is not a wildcard`, ""}
	}
	return problem{}
}

func isHostCharacter(r rune) bool {
	return r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
