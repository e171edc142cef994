package framework_test

import (
	"testing"

	"terraform-provider-esa/internal/provider/framework"
)

func TestRoutineNameProblem(t *testing.T) {
	t.Parallel()
	const must = "must be lower-case letters, digits and hyphens, two or more, the first one a letter, got: "
	for name, want := range map[string]string{
		"hello":            "",
		"h2":               "",
		"hello-":           "",
		"":                 must + `""`,
		"h":                must + `"h", which is too short`,
		"Hello":            must + `"Hello", which has 'H'`,
		"hello:production": must + `"hello:production", which has ':'`,
		"2hello":           must + `"2hello", which starts with '2'`,
	} {
		if got := framework.RoutineNameProblem(name); got != want {
			t.Errorf("problem of %q is %q, want %q", name, got, want)
		}
	}
}
