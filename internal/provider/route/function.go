package route

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/routerule"
)

// NewRuleFunction returns the function route_rule.
func NewRuleFunction() function.Function {
	return framework.NewFunction("route_rule", function.Definition{
		Summary: "The rule of a route from a pattern of host and path",
		MarkdownDescription: "Returns the `rule` of an `esa_routine_route` for a pattern such as `*.example.com/api/*`, as the simple mode of the ESA console writes it.\n\n" +
			"A host name is compared for equality, and by its end if it starts with `*`: `*.example.com` is every host below `example.com`, without `example.com` itself. " +
			"A path is compared for equality, and by its start if it ends with `*`; without a path the rule matches `/` only. " +
			"A pattern that would match nothing, such as one with a scheme, a port or a `*` in the middle, is an error.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "pattern", MarkdownDescription: "Host and path, such as `www.example.com/*`."},
		},
		Return: function.StringReturn{},
	}, rule)
}

// rule returns the rule of a pattern.
func rule(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var pattern string
	if resp.Error = req.Arguments.Get(ctx, &pattern); resp.Error != nil {
		return
	}
	rule, err := routerule.Rule(pattern)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, rule)
}
