package deployment

import (
	"context"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/connection"
	"terraform-provider-esa/internal/provider/observed"
	"terraform-provider-esa/internal/provider/routinename"
)

var _ datasource.DataSourceWithConfigure = (*deploymentDataSource)(nil)

// NewDataSource returns the data source esa_routine_code_deployment.
func NewDataSource() datasource.DataSource {
	return &deploymentDataSource{}
}

type deploymentDataSource struct {
	connection.DataSource
}

type dataSourceModel struct {
	ID           types.String           `tfsdk:"id"`
	Name         types.String           `tfsdk:"name"`
	Env          types.String           `tfsdk:"env"`
	Strategy     types.String           `tfsdk:"strategy"`
	CodeVersions []deployedVersionModel `tfsdk:"code_versions"`
	DeploymentID types.String           `tfsdk:"deployment_id"`
	CreateTime   types.String           `tfsdk:"create_time"`
	Timeouts     timeouts.Value         `tfsdk:"timeouts"`
}

type deployedVersionModel struct {
	CodeVersion types.String `tfsdk:"code_version"`
	Percentage  types.Number `tfsdk:"percentage"`
	Description types.String `tfsdk:"description"`
	CreateTime  types.String `tfsdk:"create_time"`
}

// Metadata implements datasource.DataSource.
func (d *deploymentDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_routine_code_deployment"
}

// Schema implements datasource.DataSource.
func (d *deploymentDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What an environment of an edge routine serves at the moment, whoever deployed it.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the routine.",
				Validators:          routinename.Validators(),
			},
			"env": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Environment of the routine: `staging` or `production`.",
				Validators:          []validator.String{stringvalidator.OneOf(esa.Environments()...)},
			},
			"strategy": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Deployment strategy.",
			},
			"code_versions": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The code versions that are served, the larger share first and among equals the lower version first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					attributeCodeVersion: schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the code version."},
					attributePercentage:  schema.NumberAttribute{Computed: true, MarkdownDescription: "Share of the requests that it serves, in percent."},
					"description":        schema.StringAttribute{Computed: true, MarkdownDescription: "What its author said of it."},
					"create_time":        schema.StringAttribute{Computed: true, MarkdownDescription: "When it was made, as ESA writes it."},
				}},
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Routine and environment, as in `hello:production`.",
			},
			"deployment_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ESA's id of the deployment that is live.",
			},
			"create_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the live deployment was made, as ESA writes it.",
			},
			"timeouts": timeouts.AttributesWithOpts(ctx, timeouts.Opts{
				ReadDescription: "How long the read may take, retries included, such as `30s`. Defaults to `2m`.",
			}),
		},
	}
}

// Read implements datasource.DataSource.
func (d *deploymentDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model dataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	client, diags := d.Connection().Client()
	resp.Diagnostics.Append(diags...)
	timeout, diags := model.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	name, env := model.Name.ValueString(), model.Env.ValueString()
	maxAge := refreshMaxAge
	if d.Run().Applying() {
		// Whatever it depends on may have deployed just now, with other means than this provider.
		maxAge = 0
	}
	routine, err := client.RecentRoutine(ctx, name, maxAge)
	switch {
	case esa.IsRoutineMissing(err):
		resp.Diagnostics.Append(apierror.AttributeDiagnostic(path.Root("name"), "Cannot read the deployment", err))
		return
	case err != nil:
		resp.Diagnostics.Append(apierror.Diagnostic("Cannot read the deployment", err))
		return
	}
	live := routine.Deployment(env)
	if live == nil {
		resp.Diagnostics.AddAttributeError(path.Root("env"), "Environment serves nothing", fmt.Sprintf(
			"In the attribute env: the routine %q has no deployment in %s yet. Release a code version there first.", name, env))
		return
	}
	model.fromAPI(live)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func (m *dataSourceModel) fromAPI(live *esa.Deployment) {
	m.ID = types.StringValue(resourceID(m.Name.ValueString(), m.Env.ValueString()))
	m.Strategy = types.StringValue(live.Strategy)
	m.DeploymentID = types.StringValue(live.ID)
	m.CreateTime = types.StringValue(live.CreateTime)
	details := map[string]esa.DeployedVersion{}
	for _, version := range live.CodeVersions {
		details[version.CodeVersion] = version
	}
	m.CodeVersions = []deployedVersionModel{}
	for _, share := range observed.Split(live).Shares() {
		m.CodeVersions = append(m.CodeVersions, deployedVersionModel{
			CodeVersion: types.StringValue(share.CodeVersion),
			Percentage:  types.NumberValue(new(big.Float).SetInt64(int64(share.Percentage))),
			Description: types.StringValue(details[share.CodeVersion].Description.Text()),
			CreateTime:  types.StringValue(details[share.CodeVersion].CreateTime),
		})
	}
}
