package routine

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
)

type dataSourceModel struct {
	summaryModel
	ID       types.String   `tfsdk:"id"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// NewDataSource returns the data source esa_routine.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource("_routine", schema.Schema{
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
		},
	}, readRoutine)
}

// readRoutine reads the data source.
func readRoutine(ctx context.Context, client *esa.Client, _ *run.Record, model *dataSourceModel) (diags diag.Diagnostics) {
	routine, err := client.RecentRoutine(ctx, model.Name.ValueString(), refreshMaxAge)
	if err != nil {
		return diag.Diagnostics{apierror.RoutineDiagnostic("Cannot read the routine", err)}
	}
	model.summaryModel = newSummaryModel(routine.RoutineSummary)
	model.ID = model.Name
	return diags
}
