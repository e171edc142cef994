package routine

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// nameRule is ESA's rule for the names of routines.
const nameRule = "lower-case letters, digits and hyphens, two or more, the first one a letter"

// nameProblem says what is wrong with a name, or nothing.
func nameProblem(name string) string {
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	stranger := strings.IndexFunc(name, func(r rune) bool { return !isLetter(r) && (r < '0' || r > '9') && r != '-' })
	switch {
	case name == "":
		return "is empty, want " + nameRule
	case stranger >= 0:
		character, _ := utf8.DecodeRuneInString(name[stranger:])
		return fmt.Sprintf("found %q, which has %q; want %s", name, character, nameRule)
	case !isLetter(rune(name[0])):
		return fmt.Sprintf("found %q, which starts with %q; want %s", name, name[0], nameRule)
	case len(name) == 1:
		return fmt.Sprintf("found %q, which is too short; want %s", name, nameRule)
	default:
		return ""
	}
}

// nameValidator holds a name against [nameRule].
type nameValidator struct{}

// Description implements validator.Describer.
func (nameValidator) Description(context.Context) string {
	return nameRule
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
	if problem := nameProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid name of a routine", req.Path.String()+": "+problem+".")
	}
}
