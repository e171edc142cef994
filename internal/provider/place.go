package provider

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// place makes diagnostics stand where Terraform and OpenTofu find the lines to show: on an attribute of a block, or on one
// element of it. Of anything deeper they show the first line of the block, however exact the path. Of an element that is not
// written as one, such as the result of a function, they show the whole expression.
func place(diagnostics []*tfprotov6.Diagnostic) {
	for _, diagnostic := range diagnostics {
		if diagnostic.Attribute != nil {
			diagnostic.Attribute = shownPath(diagnostic.Attribute)
		}
	}
}

// shownPath is the longest part of a path whose lines are found. No schema of this provider has blocks in it, in which more would
// be found.
func shownPath(path *tftypes.AttributePath) *tftypes.AttributePath {
	steps := path.Steps()
	if len(steps) < 2 {
		return path
	}
	switch steps[1].(type) {
	case tftypes.ElementKeyInt, tftypes.ElementKeyString:
		return tftypes.NewAttributePathWithSteps(steps[:2])
	default:
		return tftypes.NewAttributePathWithSteps(steps[:1])
	}
}
