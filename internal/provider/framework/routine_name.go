package framework

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// RoutineNameRule is ESA's rule for the names of routines.
const RoutineNameRule = "at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens"

var routineName = regexp.MustCompile(`^[a-z][a-z0-9-]+$`)

// RoutineNameProblem returns what is wrong with a name, as the end of a sentence, or nothing if the name is valid.
func RoutineNameProblem(name string) string {
	if routineName.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("must have %s, got: %q", RoutineNameRule, name)
}

// RoutineNameValidators refuse invalid names. The plan checks whether the routine exists.
func RoutineNameValidators() []validator.String {
	return []validator.String{stringvalidator.RegexMatches(routineName, "must have "+RoutineNameRule)}
}
