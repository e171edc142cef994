package routine

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
	Keyword    types.String   `tfsdk:"keyword"`
	Names      []string       `tfsdk:"names"`
	Routines   []summaryModel `tfsdk:"routines"`
	TotalCount types.Int64    `tfsdk:"total_count"`
	Truncated  types.Bool     `tfsdk:"truncated"`
	Used       types.Int64    `tfsdk:"used"`
	Quota      types.Int64    `tfsdk:"quota"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

type summaryModel struct {
	Name                 types.String `tfsdk:"name"`
	Description          types.String `tfsdk:"description"`
	DefaultRelatedRecord types.String `tfsdk:"default_related_record"`
	HasAssets            types.Bool   `tfsdk:"has_assets"`
	CreateTime           types.String `tfsdk:"create_time"`
}

// summaryAttributes are the attributes of a routine that exists.
func summaryAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":                   schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the routine."},
		"description":            schema.StringAttribute{Computed: true, MarkdownDescription: "What the routine is for; empty if not set."},
		"default_related_record": schema.StringAttribute{Computed: true, MarkdownDescription: "Default host name of the routine, such as `hello.154edaf6.er.aliyun-esa.net`."},
		"has_assets":             schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the routine has static files."},
		"create_time":            schema.StringAttribute{Computed: true, MarkdownDescription: "When the routine was created, in the format of the ESA API."},
	}
}

func newSummaryModel(routine esa.RoutineSummary) summaryModel {
	return summaryModel{
		Name:                 types.StringValue(routine.Name),
		Description:          types.StringValue(routine.Description.Text()),
		DefaultRelatedRecord: types.StringValue(routine.DefaultRelatedRecord),
		HasAssets:            types.BoolValue(routine.HasAssets),
		CreateTime:           types.StringValue(routine.CreateTime),
	}
}

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
		Validators:          framework.NotEmpty(),
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

// NewListDataSource returns the data source esa_routines.
func NewListDataSource() datasource.DataSource {
	return framework.NewDataSource("_routines", schema.Schema{
		MarkdownDescription: "The edge routines of the account.",
		Attributes: map[string]schema.Attribute{
			"keyword": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only the routines that ESA's fuzzy search of names finds for this word. Without it, all are listed.",
				Validators:          framework.NotEmpty(),
			},
			"names": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Names of the routines, sorted; `toset` of it suits `for_each`.",
			},
			"routines": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The routines, sorted by name.",
				NestedObject:        schema.NestedAttributeObject{Attributes: summaryAttributes()},
			},
			"total_count": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many routines ESA counts, for the keyword if there is one."},
			"truncated":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether routines may be missing from the list, because ESA lists no more than 200 or because the list kept changing while it was read."},
			"used":        schema.Int64Attribute{Computed: true, MarkdownDescription: "How many routines the account has, whatever the keyword."},
			"quota":       schema.Int64Attribute{Computed: true, MarkdownDescription: "How many routines the account's plan allows."},
		},
	}, readRoutines)
}

// readRoutines reads the data source.
func readRoutines(ctx context.Context, client *esa.Client, _ *run.Record, model *listModel) diag.Diagnostics {
	list, err := client.ListUserRoutines(ctx, model.Keyword.ValueString())
	if err != nil {
		return diag.Diagnostics{apierror.Diagnostic("Cannot list the routines", err)}
	}
	model.Names, model.Routines = []string{}, []summaryModel{}
	for _, routine := range sortedByName(list) {
		model.Names = append(model.Names, routine.Name)
		model.Routines = append(model.Routines, newSummaryModel(routine))
	}
	model.TotalCount, model.Truncated = types.Int64Value(int64(list.Total)), types.BoolValue(!list.Complete)
	model.Used, model.Quota = types.Int64Value(int64(list.Used)), types.Int64Value(int64(list.Quota))
	return routinesMissing(list)
}

func sortedByName(list *esa.RoutineList) []esa.RoutineSummary {
	return slices.SortedFunc(slices.Values(list.Known), func(a, b esa.RoutineSummary) int { return cmp.Compare(a.Name, b.Name) })
}
