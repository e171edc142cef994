package deployment

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// rolloutValidator checks the steps of a rollout, the largest share of code_versions and the time limit of updates, as far as
// they are known. The plan checks what depends on the current split.
type rolloutValidator struct{ framework.Describer }

// ValidateObject implements validator.Object.
func (rolloutValidator) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	percentages, places, bakeTime := knownSteps(req.ConfigValue)
	resp.Diagnostics.Append(rolloutProblems(rollout.CheckSteps(percentages, largestShare(ctx, req.Config)), places)...)

	limit := framework.DefaultWriteTimeout
	var text types.String
	if diags := req.Config.GetAttribute(ctx, path.Root("timeouts").AtName("update"), &text); diags.HasError() || text.IsUnknown() {
		return
	}
	if !text.IsNull() {
		parsed, err := time.ParseDuration(text.ValueString())
		if err != nil {
			return // the validator of timeouts says so
		}
		limit = parsed
	}
	resp.Diagnostics.Append(checkTimeLimit(bakeTime, framework.TimeoutUpdate, limit)...)
}

// knownSteps returns the known whole percentages of the steps, their indexes, and the sum of the known bake times.
func knownSteps(attribute types.Object) (percentages, places []int, bakeTime time.Duration) {
	add := func(value any) {
		if text, ok := value.(types.String); ok && text.ValueString() != "" {
			given := text.ValueString()
			bakeTime += duration(&given, 0)
		}
	}
	add(attribute.Attributes()[attributeBakeTime])
	steps, ok := attribute.Attributes()[attributeSteps].(types.List)
	if !ok {
		return nil, nil, bakeTime
	}
	for index, element := range steps.Elements() {
		step, ok := element.(types.Object)
		if !ok || step.IsNull() || step.IsUnknown() {
			continue
		}
		add(step.Attributes()[attributeBakeTime])
		number, ok := step.Attributes()[attributePercentage].(types.Number)
		if percentage, whole := wholePercentage(number.ValueBigFloat()); ok && whole {
			percentages, places = append(percentages, percentage), append(places, index)
		}
	}
	return percentages, places, bakeTime
}

// largestShare is the largest share in code_versions, the maximum for every candidate.
func largestShare(ctx context.Context, config tfsdk.Config) int {
	var codeVersions types.List
	if diags := config.GetAttribute(ctx, path.Root("code_versions"), &codeVersions); diags.HasError() || codeVersions.IsNull() || codeVersions.IsUnknown() {
		return split.TotalPercentage
	}
	largest := 0
	for _, entry := range entries(codeVersions) {
		percentage, known := wholePercentage(entry.Percentage)
		if !known || percentage < split.MinPercentage {
			return split.TotalPercentage
		}
		largest = max(largest, percentage)
	}
	return largest
}

// invalidRollout is the summary of errors about the attribute rollout.
const invalidRollout = "Invalid rollout"

// atLeast refuses text that is not a duration of at least least.
func atLeast(least time.Duration) validator.String {
	must := fmt.Sprintf("must be a duration of at least %s, such as \"90s\" or \"5m\"", rollout.FormatDuration(least))
	return framework.TextRule(invalidRollout, must, func(text string) error {
		if parsed, err := time.ParseDuration(text); err != nil || parsed < least {
			return fmt.Errorf("%s, got: %q", must, text)
		}
		return nil
	})
}

// headersValidator refuses headers that cannot be sent with a check.
type headersValidator struct{ framework.Describer }

// ValidateMap implements validator.Map.
func (headersValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for name, element := range req.ConfigValue.Elements() {
		value, ok := element.(types.String)
		if !ok {
			continue
		}
		if err := probe.CheckHeader(name, value.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path, invalidRollout, fmt.Sprintf("Attribute %s %s.", req.Path, err))
		}
	}
}
