package routine

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

var _ list.ListResourceWithConfigure = (*routineList)(nil)

// NewListResource returns the list resource esa_routine, for terraform query.
func NewListResource() list.ListResource {
	return &routineList{framework.NewListResource("_routine")}
}

type routineList struct {
	framework.Resource
}

type queryModel struct {
	NamePrefix types.String `tfsdk:"name_prefix"`
}

// ListResourceConfigSchema implements list.ListResource.
func (l *routineList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the edge routines of the account.",
		Attributes: map[string]schema.Attribute{
			"name_prefix": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only routines whose name begins with this text. Without it, all routines are listed.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
		},
	}
}

// List implements list.ListResource.
func (l *routineList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	framework.Stream(ctx, req, stream, func(listing *framework.Listing[resourceModel]) diag.Diagnostics {
		var query queryModel
		diags := req.Config.Get(ctx, &query)
		client, ctx, end := l.Begin(ctx, &diags, "", framework.NoTimeout, defaultReadTimeout)
		defer end()
		if client == nil {
			return diags
		}
		routines, err := client.ListUserRoutines(ctx, "")
		if err != nil {
			return diag.Diagnostics{apierror.Diagnostic("Cannot list the routines", err)}
		}
		listing.Note(routinesMissing(routines)...)
		for _, summary := range sortedByName(routines) {
			if !strings.HasPrefix(summary.Name, query.NamePrefix.ValueString()) {
				continue
			}
			name := types.StringValue(summary.Name)
			more := listing.Push(summary.Name, identityModel{Name: name}, func(model *resourceModel) diag.Diagnostics {
				model.Name = name
				model.fromAPI(&esa.Routine{RoutineSummary: summary})
				return nil
			})
			if !more {
				break
			}
		}
		return nil
	})
}
