package framework

import (
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esa"
)

// FuzzIdentity proves that an import id means one object or nothing.
func FuzzIdentity(f *testing.F) {
	version := Identity{Attributes: []IdentityAttribute{IdentityName, {Name: "code_version", IsValid: IsNumber}}}
	for _, seed := range []string{
		"hello:production", "hello:staging", "hello", ":production", "hello:", "a:b:production", "hello:production:", "héllo:staging", "\x00:staging",
		"hello:1723599747213377175", ":1", "a:b:1", "hello:1:", "hello:-1", "hello:1e9", "\x00:1", "hello:１",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		for _, identity := range []Identity{EnvironmentIdentity, version} {
			values, ok := identity.Parse(id)
			if !ok {
				continue
			}
			if strings.Join(values, ":") != id || len(values) != 2 || values[0] == "" || strings.Contains(values[0], ":") {
				t.Fatalf("%q became %q", id, values)
			}
			isEnvironment, isNumber := slices.Contains(esa.Environments(), values[1]), values[1] != "" && strings.Trim(values[1], "0123456789") == ""
			if isEnvironment == isNumber {
				t.Fatalf("%q became %q", id, values)
			}
		}
	})
}
