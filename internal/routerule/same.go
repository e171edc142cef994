package routerule

import (
	"strings"
	"unicode"
)

// Same reports whether two rules differ in nothing but white space outside of quoted text. ESA may give back a rule with
// other white space than it was written with.
func Same(a, b string) bool {
	return a == b || withoutSpace(a) == withoutSpace(b)
}

// withoutSpace removes the white space between the words of a rule.
func withoutSpace(rule string) string {
	var kept strings.Builder
	quoted, escaped := false, false
	for _, character := range rule {
		switch {
		case escaped:
			escaped = false
		case quoted && character == '\\':
			escaped = true
		case character == '"':
			quoted = !quoted
		case !quoted && unicode.IsSpace(character):
			continue
		}
		kept.WriteRune(character)
	}
	return kept.String()
}
