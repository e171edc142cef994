package deployment

import (
	"context"
	"errors"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"terraform-provider-esa/internal/split"
)

var _ function.Function = canaryFunction{}

// NewCanaryFunction returns the function canary.
func NewCanaryFunction() function.Function {
	return canaryFunction{}
}

type canaryFunction struct{}

// Metadata implements function.Function.
func (canaryFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "canary"
}

// Definition implements function.Function.
func (canaryFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The code_versions of a canary release at a given percentage",
		MarkdownDescription: "Returns the `code_versions` of an `esa_routine_code_deployment` that gives `percentage` of the requests to the candidate " +
			"and the rest to the stable version. At 0 it is the stable version alone and at 100 the candidate alone, so that one variable drives a rollout from 0 to 100.\n\n" +
			"The two versions may be the same at 0 and at 100, when no rollout is under way; in between they must differ. Neither may be empty, whatever the percentage.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: split.CanaryStable.String(), MarkdownDescription: "Number of the code version that serves before the rollout."},
			function.StringParameter{Name: split.CanaryCandidate.String(), MarkdownDescription: "Number of the code version that serves after the rollout."},
			function.NumberParameter{Name: split.CanaryPercentage.String(), MarkdownDescription: "Share of the requests that the candidate serves, in percent: a whole number from 0 to 100."},
		},
		Return: function.ListReturn{ElementType: shareType},
	}
}

// Run implements function.Function.
func (canaryFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var (
		stable, candidate string
		percentage        *big.Float
	)
	if resp.Error = req.Arguments.Get(ctx, &stable, &candidate, &percentage); resp.Error != nil {
		return
	}
	shares, err := split.Canary(stable, candidate, percentage)
	if err != nil {
		resp.Error = argumentError(err)
		return
	}
	list, diags := shareList(shares)
	if resp.Error = function.FuncErrorFromDiags(ctx, diags); resp.Error != nil {
		return
	}
	resp.Error = resp.Result.Set(ctx, list)
}

// argumentError stands on the argument at fault, which Terraform names before it.
func argumentError(err error) *function.FuncError {
	if wrong, ok := errors.AsType[*split.CanaryError](err); ok {
		return function.NewArgumentFuncError(int64(wrong.Argument), wrong.Message)
	}
	return function.NewFuncError(err.Error())
}
