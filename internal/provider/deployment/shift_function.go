package deployment

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// NewShiftFunction returns the function shift.
func NewShiftFunction() function.Function {
	return framework.NewFunction("shift", function.Definition{
		Summary: "The code_versions that shift traffic from what is live to a candidate",
		MarkdownDescription: "Returns the `code_versions` of an `esa_routine_code_deployment` that gives `percentage` of the requests to the candidate " +
			"and the rest to the version that is live now. It is `canary` without a configuration that remembers the old version.\n\n" +
			"| live | result |\n" +
			"|---|---|\n" +
			"| nothing | only the candidate, whatever the percentage |\n" +
			"| one other version | that version and the candidate; at 0 only that version, at 100 only the candidate |\n" +
			"| the candidate and another version | the same, with the other version |\n" +
			"| two other versions | the same, with the version that has the larger share; an error if each has 50% |\n" +
			"| only the candidate | only the candidate; an error at 0, because the former version is not live any more |\n\n" +
			"Use `canary` to go back to a version that is not live any more.\n\n" +
			"The candidate may be unknown while planning, because the same apply creates it. It counts as a version that is not live, " +
			"and the plan shows its share with `(known after apply)` as its number.\n\n" +
			"If the data source has `depends_on` or refers to a resource, and that resource changes, Terraform reads it during the apply. Between 1 and 99 the plan then shows no split. " +
			"To avoid that, write the name of the routine as text or take it from a variable.",
		Parameters: []function.Parameter{
			function.ListParameter{
				Name: string(split.InputLive), ElementType: shareType, AllowUnknownValues: true,
				MarkdownDescription: "What the environment serves now: the `code_versions` of the data source `esa_routine_code_deployment`.",
			},
			candidateParameter,
			percentageParameter,
		},
		Return: splitReturn,
	}, shift)
}

// shift returns the split that shifts traffic from what is live to a candidate.
func shift(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var (
		live       types.List
		candidate  types.String
		percentage types.Number
	)
	if resp.Error = req.Arguments.Get(ctx, &live, &candidate, &percentage); resp.Error != nil {
		return
	}
	if hasNull(live) {
		resp.Error = function.NewArgumentFuncError(0, "must not contain null, got a code version without its number or its percentage")
		return
	}
	served := split.Partial{Known: !live.IsUnknown(), Entries: entries(live)}
	result, err := split.Shift(served, knownText(candidate), knownNumber(percentage))
	respond(ctx, resp, result, err, split.InputLive, split.InputCandidate, split.InputPercentage)
}

// hasNull reports whether an element of the list, or a part of one, is null.
func hasNull(list types.List) bool {
	for _, element := range list.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsNull() {
			return true
		}
		for _, part := range object.Attributes() {
			if part.IsNull() {
				return true
			}
		}
	}
	return false
}
