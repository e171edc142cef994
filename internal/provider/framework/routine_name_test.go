package framework_test

import (
	"testing"

	"terraform-provider-esa/internal/provider/framework"
)

func TestRoutineNameProblem(t *testing.T) {
	t.Parallel()
	const must = "must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: "
	for name, want := range map[string]string{
		"hello":            "",
		"h2":               "",
		"hello-":           "",
		"":                 must + `""`,
		"h":                must + `"h"`,
		"Hello":            must + `"Hello"`,
		"hello:production": must + `"hello:production"`,
		"2hello":           must + `"2hello"`,
	} {
		if got := framework.RoutineNameProblem(name); got != want {
			t.Errorf("problem of %q is %q, want %q", name, got, want)
		}
	}
}
