package routine

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

type queryModel struct {
	NamePrefix types.String `tfsdk:"name_prefix"`
}

// NewListResource returns the list resource esa_routine, for terraform query.
func NewListResource() list.ListResource {
	return framework.NewListResource("_routine", identity, schema.Schema{
		MarkdownDescription: "Lists the edge routines of the account.",
		Attributes: map[string]schema.Attribute{
			"name_prefix": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only routines whose name begins with this text. Without it, all routines are listed.",
				Validators:          framework.NotEmpty(),
			},
		},
	}, framework.DefaultReadTimeout, listRoutines)
}

// listRoutines pushes the routines of the account, by name.
func listRoutines(ctx context.Context, client *esa.Client, query queryModel, listing *framework.Listing[resourceModel]) diag.Diagnostics {
	routines, err := client.ListUserRoutines(ctx, "")
	if err != nil {
		return diag.Diagnostics{apierror.Diagnostic("Cannot list the routines", err)}
	}
	listing.Note(routinesMissing(routines)...)
	for _, summary := range sortedByName(routines) {
		if !strings.HasPrefix(summary.Name, query.NamePrefix.ValueString()) {
			continue
		}
		listing.Push(summary.Name, []string{summary.Name}, func(model *resourceModel) {
			model.fromAPI(&esa.Routine{RoutineSummary: summary})
		})
	}
	return nil
}
