package framework

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// RoutineNameRule is ESA's rule for the names of routines.
const RoutineNameRule = "lower-case letters, digits and hyphens, two or more, the first one a letter"

// RoutineNameProblem says what is wrong with a name, as the end of a sentence about it; nothing where it follows the rule.
func RoutineNameProblem(name string) string {
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	stranger := strings.IndexFunc(name, func(r rune) bool { return !isLetter(r) && (r < '0' || r > '9') && r != '-' })
	got := fmt.Sprintf("must be %s, got: %q", RoutineNameRule, name)
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

// RoutineNameValidators refuse a name that no routine can have. Whether the routine exists is the plan's business.
func RoutineNameValidators() []validator.String {
	return []validator.String{routineNameValidator{}}
}

// routineNameValidator holds a name against [RoutineNameRule].
type routineNameValidator struct{}

// Description implements validator.Describer.
func (routineNameValidator) Description(context.Context) string {
	return RoutineNameRule
}

// MarkdownDescription implements validator.Describer.
func (v routineNameValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateString implements validator.String.
func (routineNameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := RoutineNameProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid name of a routine", req.Path.String()+": "+problem+".")
	}
}
