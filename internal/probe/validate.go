package probe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// CheckURL returns an error if text is not a valid URL of a check. The error is the end of a sentence and does not repeat the query.
func CheckURL(text string) error {
	target, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("must be a URL such as https://www.example.com/healthz")
	case target.Scheme != "http" && target.Scheme != "https" || target.Hostname() == "":
		return fmt.Errorf("must begin with https:// or http:// and a host name, got: %q", withoutQuery(text))
	case target.User != nil:
		return errors.New("must not contain a user name or a password")
	case strings.HasSuffix(target.Host, ":") || !validPort(target.Port()):
		return fmt.Errorf("must have a port between 1 and 65535 or none, got: %q", target.Host)
	}
	return nil
}

// CheckConnectTo returns an error if text is not a valid address.
func CheckConnectTo(text string) error {
	invalid := fmt.Errorf("must be an IP address or a host name, with or without a port, got: %q", text)
	host := text
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err != nil && strings.Contains(text, ":") {
		var port string
		var splitErr error
		if host, port, splitErr = net.SplitHostPort(text); splitErr != nil || port == "" || !validPort(port) {
			return invalid
		}
	}
	if host == "" || strings.ContainsAny(host, "/?#@ \t\r\n") {
		return invalid
	}
	return nil
}

func validPort(port string) bool {
	number, err := strconv.Atoi(port)
	return port == "" || err == nil && number >= 1 && number <= 65535
}

// CheckHeader returns an error if a header cannot be sent with a check. The error does not repeat the value.
func CheckHeader(name, value string) error {
	const separators = `"(),/:;<=>?@[\]{}`
	isToken := name != "" && strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(separators, r) }) < 0
	switch {
	case !isToken:
		return fmt.Errorf("must be the name of an HTTP header, got: %q", name)
	case strings.EqualFold(name, "Host"):
		return errors.New("must not set Host: it comes from the URL; to send the request to another address, set connect_to")
	case strings.IndexFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0:
		return fmt.Errorf("must not have line breaks or control characters in the value of %q", name)
	}
	return nil
}
