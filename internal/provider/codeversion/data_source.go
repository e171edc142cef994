package codeversion

import (
	"cmp"
	"context"
	"slices"
	"strings"

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
	Name         types.String   `tfsdk:"name"`
	Status       types.String   `tfsdk:"status"`
	Description  types.String   `tfsdk:"description"`
	CodeVersions []listedModel  `tfsdk:"code_versions"`
	Latest       types.String   `tfsdk:"latest"`
	TotalCount   types.Int64    `tfsdk:"total_count"`
	Truncated    types.Bool     `tfsdk:"truncated"`
	Timeouts     timeouts.Value `tfsdk:"timeouts"`
}

type listedModel struct {
	CodeVersion types.String `tfsdk:"code_version"`
	Description types.String `tfsdk:"description"`
	Status      types.String `tfsdk:"status"`
	CreateTime  types.String `tfsdk:"create_time"`
	DeployEnv   types.String `tfsdk:"deploy_env"`
	HasEnvVars  types.Bool   `tfsdk:"has_env_vars"`
}

// NewListDataSource returns the data source esa_routine_code_versions.
func NewListDataSource() datasource.DataSource {
	return framework.NewDataSource("_routine_code_versions", schema.Schema{
		MarkdownDescription: "The code versions of an edge routine, the newest first. ESA lists no more than 40 of them.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the routine.", Validators: framework.NotEmpty()},
			"status": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only versions in this status, such as `available`, in any letter case.",
				Validators:          framework.NotEmpty(),
			},
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only versions whose description contains this text.",
				Validators:          framework.NotEmpty(),
			},
			"code_versions": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The code versions, the newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"code_version":     schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the code version."},
					"description":      schema.StringAttribute{Computed: true, MarkdownDescription: "Description of the version."},
					"status":           schema.StringAttribute{Computed: true, MarkdownDescription: "How far its build is: `init` while it is awaited or built, `available` when it can be deployed; anything else is a failure."},
					"create_time":      schema.StringAttribute{Computed: true, MarkdownDescription: "When it was created, in the format of the ESA API."},
					attributeDeployEnv: schema.StringAttribute{Computed: true, MarkdownDescription: "Environment whose variables it carries; empty if it carries none."},
					"has_env_vars":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it carries variables; null if ESA does not say."},
				}},
			},
			"latest":      schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the newest listed version that is `available`; null if none is."},
			"total_count": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many versions the routine has, listed or not."},
			"truncated":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether versions may be missing from the list, because ESA lists no more than 40 or because the list kept changing while it was read."},
		},
	}, readCodeVersions)
}

// readCodeVersions reads the data source.
func readCodeVersions(ctx context.Context, client *esa.Client, _ *run.Record, model *listModel) diag.Diagnostics {
	list, err := client.ListRoutineCodeVersions(ctx, model.Name.ValueString())
	if err != nil {
		return diag.Diagnostics{apierror.RoutineDiagnostic("Cannot list the code versions", err)}
	}
	model.CodeVersions, model.Latest = []listedModel{}, types.StringNull()
	for _, version := range newestFirst(list.Known) {
		isAsked := model.Status.IsNull() || strings.EqualFold(model.Status.ValueString(), string(version.Status))
		if !isAsked || !strings.Contains(version.Description.Text(), model.Description.ValueString()) {
			continue
		}
		model.CodeVersions = append(model.CodeVersions, listedModel{
			CodeVersion: types.StringValue(version.CodeVersion),
			Description: types.StringValue(version.Description.Text()),
			Status:      types.StringValue(string(version.Status)),
			CreateTime:  types.StringValue(version.CreateTime),
			DeployEnv:   types.StringValue(version.DeployEnv),
			HasEnvVars:  types.BoolPointerValue(version.HasEnvVars),
		})
		if model.Latest.IsNull() && version.Status == esa.BuildStatusAvailable {
			model.Latest = types.StringValue(version.CodeVersion)
		}
	}
	model.TotalCount, model.Truncated = types.Int64Value(int64(list.Total)), types.BoolValue(!list.Complete)
	return versionsMissing(list)
}

// newestFirst sorts versions by their creation time and then by their numbers, which grow with time as well. ESA guarantees no
// order.
func newestFirst(versions []esa.CodeVersion) []esa.CodeVersion {
	return slices.SortedStableFunc(slices.Values(versions), func(a, b esa.CodeVersion) int {
		if created, other, ok := esa.Times(a.CreateTime, b.CreateTime); ok && !created.Equal(other) {
			return other.Compare(created)
		}
		return cmp.Or(cmp.Compare(len(b.CodeVersion), len(a.CodeVersion)), cmp.Compare(b.CodeVersion, a.CodeVersion))
	})
}
