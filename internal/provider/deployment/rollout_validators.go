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

// rolloutValidator holds a rollout against the rules of its steps, the largest share of code_versions, and the time
// limit of updates, as far as they are known. What depends on the live split is checked by the plan.
type rolloutValidator struct{}

// Description implements validator.Describer.
func (rolloutValidator) Description(context.Context) string {
	return "steps that rise and stay below the share that the rollout ends at, and bake times that fit into timeouts.update"
}

// MarkdownDescription implements validator.Describer.
func (v rolloutValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateObject implements validator.Object.
func (rolloutValidator) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	percentages, places, bakeTime := knownSteps(req.ConfigValue)
	resp.Diagnostics.Append(rolloutProblems(rollout.CheckSteps(percentages, largestShare(ctx, req.Config)), places)...)

	limit := defaultUpdateTimeout
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

// knownSteps returns the percentages of the steps that are known and whole, their places in the list, and the sum of the
// bake times that are known.
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

// largestShare is the largest share that code_versions may give a version: whatever is live, no candidate gets more.
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

// wholeNumber accepts whole numbers from Min to Max, or any where both are 0.
type wholeNumber struct{ Min, Max int64 }

// Description implements validator.Describer.
func (v wholeNumber) Description(context.Context) string {
	if v.Min == 0 && v.Max == 0 {
		return "must be a whole number"
	}
	return fmt.Sprintf("must be a whole number between %d and %d", v.Min, v.Max)
}

// MarkdownDescription implements validator.Describer.
func (v wholeNumber) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateNumber implements validator.Number.
func (v wholeNumber) ValidateNumber(ctx context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	number := req.ConfigValue.ValueBigFloat()
	whole, _ := number.Int64()
	if !number.IsInt() || v != (wholeNumber{}) && (whole < v.Min || whole > v.Max) {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid rollout", fmt.Sprintf(
			"%s %s, got: %s.", req.Path, v.Description(ctx), number.Text('g', 10)))
	}
}

// durationValidator accepts durations of at least Min.
type durationValidator struct{ Min time.Duration }

// Description implements validator.Describer.
func (v durationValidator) Description(context.Context) string {
	return fmt.Sprintf("must be a duration of at least %s, such as \"90s\" or \"5m\"", rollout.FormatDuration(v.Min))
}

// MarkdownDescription implements validator.Describer.
func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v durationValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if parsed, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || parsed < v.Min {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid rollout", fmt.Sprintf(
			"%s %s, got: %q.", req.Path, v.Description(ctx), req.ConfigValue.ValueString()))
	}
}

// textValidator accepts what a function has nothing against.
type textValidator struct {
	what  string
	check func(text string) error
}

// Description implements validator.Describer.
func (v textValidator) Description(context.Context) string { return "must be " + v.what }

// MarkdownDescription implements validator.Describer.
func (v textValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v textValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid rollout", fmt.Sprintf("%s %s.", req.Path, err))
	}
}

// headersValidator accepts headers that can be sent with a check.
type headersValidator struct{}

// Description implements validator.Describer.
func (headersValidator) Description(context.Context) string { return "must be HTTP headers" }

// MarkdownDescription implements validator.Describer.
func (v headersValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap implements validator.Map.
func (headersValidator) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for name, element := range req.ConfigValue.Elements() {
		value, ok := element.(types.String)
		if !ok {
			continue
		}
		if err := probe.CheckHeader(name, value.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid rollout", fmt.Sprintf("%s %s.", req.Path, err))
		}
	}
}
