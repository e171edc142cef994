package deployment

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// NewCanaryFunction returns the function canary.
func NewCanaryFunction() function.Function {
	return framework.NewFunction("canary", function.Definition{
		Summary: "The code_versions of a canary release at a given percentage",
		MarkdownDescription: "Returns the `code_versions` of an `esa_routine_code_deployment` that gives `percentage` of the requests to the candidate " +
			"and the rest to the stable version. At 0 it returns only the stable version and at 100 only the candidate, so that one variable drives a rollout from 0 to 100.\n\n" +
			"The two versions may be the same at 0 and at 100, when no rollout is under way; in between they must differ. Neither may be empty, whatever the percentage.\n\n" +
			"A version may be unknown while planning, because the same apply creates it. The plan then shows its share with `(known after apply)` as its number.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name: string(split.InputStable), AllowUnknownValues: true,
				MarkdownDescription: "Number of the code version that serves before the rollout.",
			},
			candidateParameter,
			percentageParameter,
		},
		Return: splitReturn,
	}, canary)
}

// canary returns the split of a canary release.
func canary(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var (
		stable, candidate types.String
		percentage        types.Number
	)
	if resp.Error = req.Arguments.Get(ctx, &stable, &candidate, &percentage); resp.Error != nil {
		return
	}
	result, err := split.Canary(knownText(stable), knownText(candidate), knownNumber(percentage))
	respond(ctx, resp, result, err, split.InputStable, split.InputCandidate, split.InputPercentage)
}
