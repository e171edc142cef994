package record

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
)

type listModel struct {
	Name           types.String   `tfsdk:"name"`
	RelatedRecords []summaryModel `tfsdk:"related_records"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

type summaryModel struct {
	ID         types.String `tfsdk:"id"`
	RecordID   types.String `tfsdk:"record_id"`
	RecordName types.String `tfsdk:"record_name"`
	SiteID     types.String `tfsdk:"site_id"`
	SiteName   types.String `tfsdk:"site_name"`
}

// NewListDataSource returns the data source esa_routine_related_records.
func NewListDataSource() datasource.DataSource {
	return framework.NewDataSource("_routine_related_records", schema.Schema{
		MarkdownDescription: "The related records of an edge routine: the host names that are bound to it, of all sites, whoever created them.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the routine.", Validators: framework.RoutineNameValidators(),
			},
			"related_records": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The related records, sorted by host name.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "Routine and record, such as `hello:509348423011904`: what imports the record as `esa_routine_related_record`."},
					"record_id":   schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the record."},
					"record_name": schema.StringAttribute{Computed: true, MarkdownDescription: "Host name."},
					"site_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the site."},
					"site_name":   schema.StringAttribute{Computed: true, MarkdownDescription: "Domain of the site."},
				}},
			},
		},
	}, readRecords)
}

// readRecords reads the data source.
func readRecords(ctx context.Context, client *esa.Client, _ *run.Record, model *listModel) (diags diag.Diagnostics) {
	list, err := client.ListRoutineRelatedRecords(ctx, model.Name.ValueString(), refreshMaxAge)
	if err != nil {
		return diag.Diagnostics{apierror.RoutineDiagnostic("Cannot list the related records", err)}
	}
	diags.Append(framework.Incomplete(*list, "related records", "")...)
	model.RelatedRecords = []summaryModel{}
	for _, record := range slices.SortedFunc(slices.Values(list.Known), func(a, b esa.RelatedRecord) int {
		return cmp.Or(cmp.Compare(a.RecordName, b.RecordName), cmp.Compare(a.RecordID, b.RecordID))
	}) {
		model.RelatedRecords = append(model.RelatedRecords, summaryModel{
			ID: types.StringValue(framework.ID(model.Name.ValueString(), record.RecordID)), RecordID: types.StringValue(record.RecordID),
			RecordName: types.StringValue(record.RecordName), SiteID: types.StringValue(record.SiteID), SiteName: types.StringValue(record.SiteName),
		})
	}
	return diags
}
