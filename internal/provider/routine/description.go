package routine

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

// says tells whether what ESA answered is the description.
func says(answered esa.Description, description string) bool {
	return answered.Is(description)
}

// observedDescription is the value of the attribute where ESA answered a description: the value that was there before
// where ESA says the same, so that neither the encoding nor an empty text for none makes a difference.
func observedDescription(before types.String, answered esa.Description) types.String {
	switch {
	case answered.Is(before.ValueString()):
		return before
	case answered == "":
		return types.StringNull()
	default:
		return types.StringValue(answered.Text())
	}
}
