package deployment

import (
	"strings"
	"testing"

	"terraform-provider-esa/internal/esa"
)

// FuzzParseResourceID proves that an import id means one environment of one routine or nothing.
func FuzzParseResourceID(f *testing.F) {
	for _, seed := range []string{"hello:production", "hello:staging", "hello", ":production", "hello:", "a:b:production", "hello:production:", "héllo:staging", "\x00:staging"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		name, env, ok := parseResourceID(id)
		if !ok {
			return
		}
		if resourceID(name, env) != id || strings.Contains(name, ":") || env != esa.Staging && env != esa.Production {
			t.Fatalf("%q became name %q and env %q", id, name, env)
		}
	})
}
