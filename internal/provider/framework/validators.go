package framework

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/helpers/validatordiag"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Describer is the description of a validator, in both forms.
type Describer string

// Description implements validator.Describer.
func (d Describer) Description(context.Context) string { return string(d) }

// MarkdownDescription implements validator.Describer.
func (d Describer) MarkdownDescription(context.Context) string { return string(d) }

// NotEmpty refuses an empty text.
func NotEmpty() []validator.String { return []validator.String{stringvalidator.LengthAtLeast(1)} }

var number = regexp.MustCompile(`^\d{1,32}$`)

// NumberValidator refuses an id that is not a number. Ids are strings, because tools that read JSON numbers as floats would round
// them.
func NumberValidator() validator.String {
	return stringvalidator.RegexMatches(number, "must be a number, such as 54362329990032")
}

type textRule struct {
	Describer
	summary string
	check   func(text string) error
}

// TextRule refuses text for which check returns an error. The error is the end of a sentence about the attribute, such as "must
// be a URL". It may omit the value, which may contain a secret.
func TextRule(summary, description string, check func(text string) error) validator.String {
	return textRule{Describer(description), summary, check}
}

// ValidateString implements validator.String.
func (r textRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := r.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, r.summary, fmt.Sprintf("Attribute %s %s.", req.Path, err))
	}
}

type wholeNumber struct {
	Describer
	least, most int64
}

// WholeNumber refuses numbers with a fraction, and those below least or above most, unless both are 0. The attribute is a Number,
// because with an Int64 Terraform would report 99.5 as an error of the provider.
func WholeNumber(least, most int64) validator.Number {
	description := "value must be a whole number"
	if least != 0 || most != 0 {
		description = fmt.Sprintf("%s between %d and %d", description, least, most)
	}
	return wholeNumber{Describer(description), least, most}
}

// ValidateNumber implements validator.Number.
func (v wholeNumber) ValidateNumber(ctx context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	number := req.ConfigValue.ValueBigFloat()
	whole, _ := number.Int64()
	if limited := v.least != 0 || v.most != 0; !number.IsInt() || limited && (whole < v.least || whole > v.most) {
		resp.Diagnostics.Append(validatordiag.InvalidAttributeValueDiagnostic(req.Path, v.Description(ctx), number.Text('g', 10)))
	}
}
