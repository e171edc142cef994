package deployment

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// splitValidator holds a list of code versions against the rules of a split, as far as it is known.
type splitValidator struct{ framework.Describer }

func newSplitValidator() validator.List {
	return splitValidator{framework.Describer(fmt.Sprintf("%d or %d different code versions with whole percentages from %d to %d that sum to %d",
		split.MinCodeVersions, split.MaxCodeVersions, split.MinPercentage, split.MaxPercentage, split.TotalPercentage))}
}

// ValidateList implements validator.List.
func (splitValidator) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	for _, problem := range split.Check(entries(req.ConfigValue)) {
		place := req.Path
		if problem.Index != split.WholeList {
			place = place.AtListIndex(problem.Index).AtName(attributeOf[problem.Field])
		}
		resp.Diagnostics.AddAttributeError(place, "Invalid traffic split", fmt.Sprintf("%s: %s.", place, problem.Message))
	}
}
