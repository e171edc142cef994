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
	attributes := summaryAttributes()
	attributes["name"] = schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "Name of the routine.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
	}
	attributes["id"] = schema.StringAttribute{Computed: true, MarkdownDescription: "The name."}
	return framework.NewDataSource("_routine", schema.Schema{
		MarkdownDescription: "An edge routine that exists, whoever made it.",
		Attributes:          attributes,
	}, readRoutine)
}

// readRoutine reads the data source.
func readRoutine(ctx context.Context, client *esa.Client, _ *run.Record, model *dataSourceModel) (diags diag.Diagnostics) {
	routine, err := client.GetRoutine(ctx, model.Name.ValueString(), refreshMaxAge)
	if err != nil {
		return diag.Diagnostics{apierror.RoutineDiagnostic("Cannot read the routine", err)}
	}
	model.summaryModel = newSummaryModel(routine.RoutineSummary)
	model.ID = model.Name
	return diags
}
