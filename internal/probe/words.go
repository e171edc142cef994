package probe

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// excerptRunes is the maximum length of a shown body.
const excerptRunes = 80

// minSecret is the minimum length of a header or query value that counts as a secret: shorter ones, such as "1", occur in every text.
const minSecret = 4

// userInfo matches the user name and password in an address.
var userInfo = regexp.MustCompile(`//[^/@\s]*@`)

// excerpt returns the beginning of a body, as the end of a sentence.
func (c Check) excerpt(body []byte) string {
	if len(body) > MaxBody/16 {
		body = body[:MaxBody/16]
	}
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, c.redact(string(body)))
	runes := []rune(strings.Join(strings.Fields(text), " "))
	switch {
	case len(runes) == 0:
		return ""
	case len(runes) > excerptRunes:
		return `: "` + string(runes[:excerptRunes]) + `…"`
	default:
		return `: "` + string(runes) + `"`
	}
}

// redact removes possible secrets of the check from a text.
func (c Check) redact(text string) string {
	text = userInfo.ReplaceAllString(text, "//***@")
	var secrets []string
	for _, value := range c.Headers {
		secrets = append(secrets, value)
		if _, token, found := strings.Cut(value, " "); found { // "Bearer …"
			secrets = append(secrets, token)
		}
	}
	if target, err := url.Parse(c.URL); err == nil {
		secrets = append(secrets, target.RawQuery)
		for _, values := range target.Query() {
			for _, value := range values {
				secrets = append(secrets, value, url.QueryEscape(value))
			}
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // none before one that holds it
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// Address is the URL of the check without its query, for messages.
func (c Check) Address() string { return withoutQuery(c.URL) }

// withoutQuery removes the query, the fragment, and the user name and password from an address.
func withoutQuery(address string) string {
	if at := strings.IndexAny(address, "?#"); at >= 0 {
		address = address[:at]
	}
	return userInfo.ReplaceAllString(address, "//")
}
