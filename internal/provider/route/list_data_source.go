package route

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
)

type listModel struct {
	RoutineName types.String   `tfsdk:"routine_name"`
	Routes      []summaryModel `tfsdk:"routes"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
}

// summaryModel is one route of the list. What ESA does not show of it is null.
type summaryModel struct {
	ID        types.String `tfsdk:"id"`
	SiteID    types.String `tfsdk:"site_id"`
	SiteName  types.String `tfsdk:"site_name"`
	ConfigID  types.String `tfsdk:"config_id"`
	RouteName types.String `tfsdk:"route_name"`
	Rule      types.String `tfsdk:"rule"`
	Enabled   types.Bool   `tfsdk:"enabled"`
	Bypass    types.Bool   `tfsdk:"bypass"`
	Fallback  types.Bool   `tfsdk:"fallback"`
	Sequence  types.Int64  `tfsdk:"sequence"`
	Timeout   types.Int64  `tfsdk:"timeout"`
}

func newSummaryModel(route esa.Route) summaryModel {
	shown := resourceModel{SiteID: types.StringValue(route.SiteID)}
	shown.fromAPI(&route)
	return summaryModel{
		ID: shown.ID, SiteID: shown.SiteID, SiteName: types.StringValue(route.SiteName), ConfigID: shown.ConfigID, RouteName: shown.RouteName,
		Rule: shown.Rule, Enabled: shown.Enabled, Bypass: shown.Bypass, Fallback: shown.Fallback, Sequence: shown.Sequence, Timeout: shown.Timeout,
	}
}

// NewListDataSource returns the data source esa_routine_routes.
func NewListDataSource() datasource.DataSource {
	return framework.NewDataSource("_routine_routes", schema.Schema{
		MarkdownDescription: "The routes that send requests to an edge routine, of all sites, whoever created them.",
		Attributes: map[string]schema.Attribute{
			"routine_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the routine.", Validators: framework.RoutineNameValidators(),
			},
			"routes": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The routes, sorted by site and sequence. What ESA does not show of a route is null.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":         schema.StringAttribute{Computed: true, MarkdownDescription: "Site and route, such as `54362329990032:352816096987136`: what imports the route as `esa_routine_route`."},
					"site_id":    schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the site."},
					"site_name":  schema.StringAttribute{Computed: true, MarkdownDescription: "Domain of the site."},
					"config_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the route."},
					"route_name": schema.StringAttribute{Computed: true, MarkdownDescription: "Label of the route."},
					"rule":       schema.StringAttribute{Computed: true, MarkdownDescription: "Rule expression that a request must match."},
					"enabled":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the route is in use."},
					"bypass":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether a request that matches passes by the routine."},
					"fallback":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether a request goes to the origin if the routine fails."},
					"sequence":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Place in the order of evaluation; a lower number comes first."},
					"timeout":    schema.Int64Attribute{Computed: true, MarkdownDescription: "Time limit of the routine for one request, in seconds."},
				}},
			},
		},
	}, readRoutes)
}

// readRoutes reads the data source.
func readRoutes(ctx context.Context, client *esa.Client, _ *run.Record, model *listModel) (diags diag.Diagnostics) {
	list, err := client.ListRoutineRoutes(ctx, model.RoutineName.ValueString())
	switch {
	case esa.IsRoutineMissing(err):
		return diag.Diagnostics{apierror.AttributeDiagnostic(path.Root("routine_name"), "Cannot list the routes", err)}
	case err != nil:
		return diag.Diagnostics{apierror.Diagnostic("Cannot list the routes", err)}
	}
	diags.Append(framework.Incomplete(*list, "routes", "")...)
	model.Routes = []summaryModel{}
	for _, route := range slices.SortedFunc(slices.Values(list.Known), func(a, b esa.Route) int {
		return cmp.Or(cmp.Compare(a.SiteName, b.SiteName), cmp.Compare(a.SiteID, b.SiteID), cmp.Compare(place(a), place(b)), cmp.Compare(a.ConfigID, b.ConfigID))
	}) {
		model.Routes = append(model.Routes, newSummaryModel(route))
	}
	return diags
}

func place(route esa.Route) int {
	if route.Sequence == nil {
		return 0
	}
	return *route.Sequence
}
