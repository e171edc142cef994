package provider

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// place moves diagnostics to paths for which Terraform and OpenTofu find the lines to show: an attribute of a block, or one element of
// it. For deeper paths they show the first line of the block. For an element of an expression, such as the result of a function,
// they show the whole expression.
func place(diagnostics []*tfprotov6.Diagnostic) {
	for _, diagnostic := range diagnostics {
		if diagnostic.Attribute != nil {
			diagnostic.Attribute = shownPath(diagnostic.Attribute)
		}
	}
}

// shownPath is the longest part of a path whose lines are found. The schemas of this provider contain no blocks, in which longer paths
// would be found.
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
