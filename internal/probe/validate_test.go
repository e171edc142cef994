package probe_test

import (
	"testing"

	"terraform-provider-esa/internal/probe"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://www.example.com/healthz?deep=1": "",
		"http://localhost:8080":                  "",
		"https://[::1]:8443/":                    "",
		"":                                       `must begin with https:// or http:// and a host name, got: ""`,
		"www.example.com/healthz":                `must begin with https:// or http:// and a host name, got: "www.example.com/healthz"`,
		"ftp://example.com/?token=s3cret":        `must begin with https:// or http:// and a host name, got: "ftp://example.com/"`,
		"https:///healthz":                       `must begin with https:// or http:// and a host name, got: "https:///healthz"`,
		"https://user:s3cret@example.com/":       "must not contain a user name or a password",
		"https://example.com:0/":                 `must have a port between 1 and 65535 or none, got: "example.com:0"`,
		"https://example.com:/":                  `must have a port between 1 and 65535 or none, got: "example.com:"`,
		"https://example.com:http/?token=s3cret": "must be a URL such as https://www.example.com/healthz",
		"https://exa mple.com/":                  "must be a URL such as https://www.example.com/healthz",
	} {
		if got := text(probe.CheckURL(url)); got != want {
			t.Errorf("%q:\n got %q\nwant %q", url, got, want)
		}
	}
}

func TestCheckConnectTo(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{"192.0.2.1", "192.0.2.1:8443", "::1", "[::1]", "[::1]:443", "staging.example.com", "staging.example.com:443"} {
		if err := probe.CheckConnectTo(valid); err != nil {
			t.Errorf("%q: %v", valid, err)
		}
	}
	for _, invalid := range []string{"", ":443", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:https", "https://192.0.2.1", "192.0.2.1/24", "a b", "[::1]:70000"} {
		if err := probe.CheckConnectTo(invalid); err == nil {
			t.Errorf("%q is taken", invalid)
		}
	}
}

func TestCheckHeader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value, want string }{
		{"X-Canary", "a\tb é", ""},
		{"", "a", `must be the name of an HTTP header, got: ""`},
		{"X Canary", "a", `must be the name of an HTTP header, got: "X Canary"`},
		{"host", "a", "must not set Host: it comes from the URL; to send the request to another address, set connect_to"},
		{"X-Canary", "s3cret\r\nX: y", `must not have line breaks or control characters in the value of "X-Canary"`},
	} {
		if got := text(probe.CheckHeader(test.name, test.value)); got != test.want {
			t.Errorf("%q: %q:\n got %q\nwant %q", test.name, test.value, got, test.want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
