package routerule_test

import (
	"testing"

	"terraform-provider-esa/internal/routerule"
)

func TestSame(t *testing.T) {
	t.Parallel()
	const rule = `(http.host eq "www.example.com" and http.request.uri.path eq "/a b")`
	for other, want := range map[string]bool{
		rule: true,
		"( http.host  eq \"www.example.com\"\n\tand http.request.uri.path eq \"/a b\" )": true,
		`(http.host eq "www.example.com" and http.request.uri.path eq "/ab")`:            false,
		`(http.host eq "www.example.com" and http.request.uri.path eq "/a  b")`:          false,
		`(http.host ne "www.example.com" and http.request.uri.path eq "/a b")`:           false,
		`(http.host eq "WWW.example.com" and http.request.uri.path eq "/a b")`:           false,
		"": false,
	} {
		if got := routerule.Same(rule, other); got != want {
			t.Errorf("%s is the same: %t, want %t", other, got, want)
		}
	}
	if routerule.Same(`(http.user_agent eq "a\" b")`, `(http.user_agent eq "a\"b")`) {
		t.Error("an escaped quote ends the text")
	}
}
