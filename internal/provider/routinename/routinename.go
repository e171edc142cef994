// Package routinename is the rule for the names of routines, for the routine itself and for whatever refers to one.
package routinename

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Rule is ESA's rule for the names of routines.
const Rule = "lower-case letters, digits and hyphens, two or more, the first one a letter"

// Problem says what is wrong with a name, as the end of a sentence about it; nothing where it follows the rule.
func Problem(name string) string {
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	stranger := strings.IndexFunc(name, func(r rune) bool { return !isLetter(r) && (r < '0' || r > '9') && r != '-' })
	got := fmt.Sprintf("must be %s, got: %q", Rule, name)
	switch {
	case name == "":
		return got
	case stranger >= 0:
		character, _ := utf8.DecodeRuneInString(name[stranger:])
		return fmt.Sprintf("%s, which has %q", got, character)
	case !isLetter(rune(name[0])):
		return fmt.Sprintf("%s, which starts with %q", got, name[0])
	case len(name) == 1:
		return got + ", which is too short"
	default:
		return ""
	}
}

// Validators refuse a name that no routine can have. Whether the routine exists is the plan's business.
func Validators() []validator.String {
	return []validator.String{nameValidator{}}
}

// nameValidator holds a name against [Rule].
type nameValidator struct{}

// Description implements validator.Describer.
func (nameValidator) Description(context.Context) string {
	return Rule
}

// MarkdownDescription implements validator.Describer.
func (v nameValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateString implements validator.String.
func (nameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := Problem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid name of a routine", req.Path.String()+": "+problem+".")
	}
}
