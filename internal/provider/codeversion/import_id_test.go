package codeversion

import (
	"strings"
	"testing"
)

// FuzzParseResourceID proves that an import id means one version of one routine or nothing.
func FuzzParseResourceID(f *testing.F) {
	for _, seed := range []string{"hello:1723599747213377175", "hello", ":1", "hello:", "a:b:1", "hello:1:", "hello:-1", "hello:1e9", "\x00:1", "hello:１"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		name, codeVersion, ok := parseResourceID(id)
		if !ok {
			return
		}
		if resourceID(name, codeVersion) != id || strings.Contains(name, ":") || strings.Trim(codeVersion, "0123456789") != "" || codeVersion == "" {
			t.Fatalf("%q became name %q and code version %q", id, name, codeVersion)
		}
	})
}
