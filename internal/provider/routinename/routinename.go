// Package routinename validates the name of a routine where something refers to one that exists.
package routinename

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

var withoutColon = regexp.MustCompile(`^[^:]*$`)

// Validators refuse an empty name, and one with a colon: that keeps the name apart from what follows it in an id such
// as "hello:production". Whether the routine exists is the plan's business.
func Validators() []validator.String {
	return []validator.String{
		stringvalidator.LengthAtLeast(1),
		stringvalidator.RegexMatches(withoutColon, "must not contain \":\", which no name of a routine does"),
	}
}
