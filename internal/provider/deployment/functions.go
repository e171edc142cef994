package deployment

import (
	"context"
	"errors"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/split"
)

// The parameters of both canary and shift. The functions accept unknown values, so that a plan shows the known part and refuses
// invalid values early.
var (
	candidateParameter = function.StringParameter{
		Name: string(split.InputCandidate), AllowUnknownValues: true,
		MarkdownDescription: "Number of the code version that serves after the rollout.",
	}
	percentageParameter = function.NumberParameter{
		Name: string(split.InputPercentage), AllowUnknownValues: true,
		MarkdownDescription: "Share of the requests that the candidate serves, in percent: a whole number from 0 to 100.",
	}
	splitReturn = function.ListReturn{ElementType: shareType}
)

// respond sets the result of a function. inputs are its parameters in their order.
func respond(ctx context.Context, resp *function.RunResponse, result split.Partial, err error, inputs ...split.Input) {
	if wrong, ok := errors.AsType[*split.InputError](err); ok {
		resp.Error = function.NewArgumentFuncError(int64(slices.Index(inputs, wrong.Input)), wrong.Message)
		return
	}
	if err != nil {
		resp.Error = function.NewFuncError(err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, partialList(result))
}

// partialList is the list of code versions of a split, unknown if the split is.
func partialList(partial split.Partial) types.List {
	if !partial.Known {
		return types.ListUnknown(shareType)
	}
	elements := make([]attr.Value, len(partial.Entries))
	for index, entry := range partial.Entries {
		codeVersion, percentage := types.StringUnknown(), types.NumberUnknown()
		if entry.CodeVersion != nil {
			codeVersion = types.StringValue(*entry.CodeVersion)
		}
		if entry.Percentage != nil {
			percentage = types.NumberValue(entry.Percentage)
		}
		elements[index] = types.ObjectValueMust(shareType.AttrTypes, map[string]attr.Value{
			attributeCodeVersion: codeVersion, attributePercentage: percentage,
		})
	}
	return types.ListValueMust(shareType, elements)
}

// knownText is the value of an argument, nil if it is not known yet.
func knownText(value types.String) *string {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueStringPointer()
}

// knownNumber is the value of an argument, nil if it is not known yet.
func knownNumber(value types.Number) *big.Float {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueBigFloat()
}
