package routine

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

var _ datasource.DataSourceWithConfigure = (*routineDataSource)(nil)

// NewDataSource returns the data source esa_routine.
func NewDataSource() datasource.DataSource {
	return &routineDataSource{framework.NewDataSource("_routine")}
}

type routineDataSource struct {
	framework.DataSource
}

type dataSourceModel struct {
	summaryModel
	ID       types.String   `tfsdk:"id"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// Schema implements datasource.DataSource.
func (d *routineDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An edge routine that exists, whoever made it.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the routine.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name.",
			},
			"description": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What the routine is for; empty if not set.",
			},
			"default_related_record": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Default host name of the routine, such as `hello.154edaf6.er.aliyun-esa.net`.",
			},
			"has_assets": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the routine has static files.",
			},
			"create_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the routine was created, in the format of the ESA API.",
			},
			"timeouts": timeouts.AttributesWithOpts(ctx, timeouts.Opts{
				ReadDescription: "Time limit for reading, including retries, such as `30s`. Defaults to `2m`.",
			}),
		},
	}
}

// Read implements datasource.DataSource.
func (d *routineDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model dataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	client, ctx, end := d.Begin(ctx, &resp.Diagnostics, framework.TimeoutRead, model.Timeouts.Read, defaultReadTimeout)
	defer end()
	if client == nil {
		return
	}
	routine, err := client.RecentRoutine(ctx, model.Name.ValueString(), refreshMaxAge)
	if err != nil {
		resp.Diagnostics.Append(apierror.RoutineDiagnostic("Cannot read the routine", err))
		return
	}
	model.summaryModel = newSummaryModel(routine.RoutineSummary)
	model.ID = model.Name
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}
