package deployment

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/split"
)

type dataSourceModel struct {
	ID           types.String           `tfsdk:"id"`
	Name         types.String           `tfsdk:"name"`
	Env          types.String           `tfsdk:"env"`
	Strategy     types.String           `tfsdk:"strategy"`
	CodeVersions []deployedVersionModel `tfsdk:"code_versions"`
	Traffic      types.Map              `tfsdk:"traffic"`
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

// NewDataSource returns the data source esa_routine_code_deployment.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource("_routine_code_deployment", schema.Schema{
		MarkdownDescription: "What an environment of an edge routine serves at the moment, whoever deployed it. " +
			"Where the routine does not exist or the environment was never deployed to, `code_versions` and `traffic` are empty and `deployment_id` is null.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the routine.", Validators: framework.RoutineNameValidators()},
			"env": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Environment of the routine: `staging` or `production`.",
				Validators:          []validator.String{stringvalidator.OneOf(esa.Environments()...)},
			},
			"strategy": schema.StringAttribute{Computed: true, MarkdownDescription: "Deployment strategy. Null if nothing is deployed."},
			"code_versions": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The code versions that are served, the larger share first and among equals the lower version first. Empty if nothing is deployed.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					attributeCodeVersion: schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the code version."},
					attributePercentage:  schema.NumberAttribute{Computed: true, MarkdownDescription: "Share of the requests that it serves, in percent."},
					"description":        schema.StringAttribute{Computed: true, MarkdownDescription: "Description of the version."},
					"create_time":        schema.StringAttribute{Computed: true, MarkdownDescription: "When it was created, in the format of the ESA API."},
				}},
			},
			"traffic": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.NumberType,
				MarkdownDescription: "The same split as a map from code version to percentage. Empty if nothing is deployed.",
			},
			"id":            schema.StringAttribute{Computed: true, MarkdownDescription: "Routine and environment, as in `hello:production`."},
			"deployment_id": schema.StringAttribute{Computed: true, MarkdownDescription: "ESA's id of the deployment that is live. Null if nothing is deployed."},
			"create_time":   schema.StringAttribute{Computed: true, MarkdownDescription: "When the live deployment was created, in the format of the ESA API. Null if nothing is deployed."},
		},
	}, readDeployment)
}

// readDeployment reads the data source.
func readDeployment(ctx context.Context, client *esa.Client, record *run.Record, model *dataSourceModel) (diags diag.Diagnostics) {
	name, env := model.Name.ValueString(), model.Env.ValueString()
	maxAge := refreshMaxAge
	if record.Applying.Load() {
		// Something that the data source depends on may have just deployed, without this provider.
		maxAge = 0
	}
	const summary = "Cannot read the deployment"
	routine, err := client.GetRoutine(ctx, name, maxAge)
	switch {
	case esa.IsRoutineMissing(err):
		// A routine that does not exist serves nothing.
		routine = &esa.Routine{}
	case err != nil:
		return diag.Diagnostics{apierror.Diagnostic(summary, err)}
	}
	live := routine.Deployment(env)
	// Configurations rely on empty meaning "nothing is deployed", so this case is an error.
	if live == nil && slices.Contains(routine.Published, env) || live != nil && framework.Split(live).IsEmpty() {
		diags.AddAttributeError(path.Root("env"), summary, fmt.Sprintf(
			"ESA shows that the environment %q of the routine %q serves something, but not which code versions at which percentages.\n\n"+
				"Deploy to the environment once, for example in the ESA console, then run Terraform again.", env, name))
		return diags
	}
	model.fromAPI(live)
	return diags
}

// fromAPI fills the model from the current deployment, nil if there is none.
func (m *dataSourceModel) fromAPI(live *esa.Deployment) {
	m.ID = framework.IDOf(m.Name, m.Env)
	served := framework.Split(live)
	m.Traffic = trafficMap(served)
	m.CodeVersions = []deployedVersionModel{}
	if live == nil {
		return
	}
	m.Strategy = types.StringValue(live.Strategy)
	m.DeploymentID = types.StringValue(live.ID)
	m.CreateTime = types.StringValue(live.CreateTime)
	details := map[string]esa.DeployedVersion{}
	for _, version := range live.CodeVersions {
		details[version.CodeVersion] = version
	}
	for _, share := range served.Shares() {
		m.CodeVersions = append(m.CodeVersions, deployedVersionModel{
			CodeVersion: types.StringValue(share.CodeVersion),
			Percentage:  types.NumberValue(new(big.Float).SetInt64(int64(share.Percentage))),
			Description: types.StringValue(details[share.CodeVersion].Description.Text()),
			CreateTime:  types.StringValue(details[share.CodeVersion].CreateTime),
		})
	}
}

// trafficMap is the attribute traffic: a map from code version to percentage.
func trafficMap(served split.Split) types.Map {
	elements := map[string]attr.Value{}
	for _, share := range served.Shares() {
		elements[share.CodeVersion] = types.NumberValue(new(big.Float).SetInt64(int64(share.Percentage)))
	}
	return types.MapValueMust(types.NumberType, elements)
}
