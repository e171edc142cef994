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

var _ list.ListResourceWithConfigure = (*routeList)(nil)

// NewListResource returns the list resource esa_routine_route, for terraform query.
func NewListResource() list.ListResource {
	return &routeList{framework.NewListResource("_routine_route")}
}

type routeList struct {
	framework.Resource
}

type queryModel struct {
	RoutineName types.String `tfsdk:"routine_name"`
	SiteID      types.String `tfsdk:"site_id"`
}

// ListResourceConfigSchema implements list.ListResource.
func (l *routeList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
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
	}
}

// List implements list.ListResource.
func (l *routeList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	framework.Stream(ctx, req, stream, func(listing *framework.Listing[resourceModel]) diag.Diagnostics {
		var query queryModel
		diags := req.Config.Get(ctx, &query)
		client, ctx, end := l.Begin(ctx, &diags, "", framework.NoTimeout, defaultReadTimeout)
		defer end()
		if client == nil {
			return diags
		}
		asked := resourceModel{RoutineName: query.RoutineName, SiteID: query.SiteID}
		routes, err := l.routes(ctx, client, query)
		if err != nil {
			return diag.Diagnostics{asked.failure("list", err)}
		}
		for _, route := range routes.Routes {
			if !query.RoutineName.IsNull() && route.RoutineName != query.RoutineName.ValueString() || !query.SiteID.IsNull() && route.SiteID != query.SiteID.ValueString() {
				continue
			}
			identity := identityModel{SiteID: types.StringValue(route.SiteID), ConfigID: types.StringValue(route.ConfigID)}
			// How a person recognises it: "shop -> hello  (http.host eq "www.example.com")".
			more := listing.Push(route.RouteName+" -> "+route.RoutineName+"  "+route.Rule, identity, func(model *resourceModel) diag.Diagnostics {
				model.SiteID = identity.SiteID
				model.fromAPI(&route)
				return nil
			})
			if !more {
				break
			}
		}
		return nil
	})
}

func (l *routeList) routes(ctx context.Context, client *esa.Client, query queryModel) (*esa.RouteList, error) {
	if !query.SiteID.IsNull() {
		return client.ListSiteRoutes(ctx, query.SiteID.ValueString())
	}
	return client.ListRoutineRoutes(ctx, query.RoutineName.ValueString())
}
