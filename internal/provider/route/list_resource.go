package route

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

type queryModel struct {
	RoutineName types.String `tfsdk:"routine_name"`
	SiteID      types.String `tfsdk:"site_id"`
}

// NewListResource returns the list resource esa_routine_route, for terraform query.
func NewListResource() list.ListResource {
	return framework.NewListResource("_routine_route", identity, schema.Schema{
		MarkdownDescription: "Lists the routes of a routine or of a site.",
		Attributes: map[string]schema.Attribute{
			"routine_name": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Name of the routine whose routes are listed. Set it or `site_id`; with both, only the routes of the routine in the site are listed.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AtLeastOneOf(path.MatchRoot("site_id"))},
			},
			"site_id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Number of the site whose routes are listed.",
				Validators: []validator.String{framework.NumberValidator()},
			},
		},
	}, framework.DefaultReadTimeout, listRoutes)
}

// listRoutes pushes the routes of a routine or of a site.
func listRoutes(ctx context.Context, client *esa.Client, query queryModel, listing *framework.Listing[resourceModel]) diag.Diagnostics {
	asked := resourceModel{RoutineName: query.RoutineName, SiteID: query.SiteID}
	routes, err := routes(ctx, client, query)
	if err != nil {
		return diag.Diagnostics{asked.failure("list", err)}
	}
	listing.Note(framework.Incomplete(*routes, "routes", "")...)
	for _, route := range routes.Known {
		if !query.RoutineName.IsNull() && route.RoutineName != query.RoutineName.ValueString() || !query.SiteID.IsNull() && route.SiteID != query.SiteID.ValueString() {
			continue
		}
		// For example: "shop -> hello  (http.host eq "www.example.com")".
		listing.Push(route.RouteName+" -> "+route.RoutineName+"  "+route.Rule, []string{route.SiteID, route.ConfigID}, func(model *resourceModel) {
			model.fromAPI(&route)
		})
	}
	return nil
}

func routes(ctx context.Context, client *esa.Client, query queryModel) (*esa.List[esa.Route], error) {
	if !query.SiteID.IsNull() {
		return client.ListSiteRoutes(ctx, query.SiteID.ValueString(), 0)
	}
	return client.ListRoutineRoutes(ctx, query.RoutineName.ValueString())
}
