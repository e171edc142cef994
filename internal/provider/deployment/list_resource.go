package deployment

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

// listTimeout limits a list of the deployments of the account, which needs one call for each routine.
const listTimeout = 10 * time.Minute

type queryModel struct {
	Name types.String `tfsdk:"name"`
	Env  types.String `tfsdk:"env"`
}

// NewListResource returns the list resource esa_routine_code_deployment, for terraform query.
func NewListResource() list.ListResource {
	return framework.NewListResource("_routine_code_deployment", framework.EnvironmentIdentity, schema.Schema{
		MarkdownDescription: "Lists the deployments of edge routines: each environment that serves a split.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only the deployments of this routine. Without it, the deployments of all routines of the account are listed.",
				Validators:          framework.NotEmpty(),
			},
			"env": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only the deployments of this environment: `staging` or `production`.",
				Validators:          []validator.String{stringvalidator.OneOf(esa.Environments()...)},
			},
		},
	}, listTimeout, listDeployments)
}

// listDeployments pushes the current deployments. It skips a routine that is deleted in the meantime.
func listDeployments(ctx context.Context, client *esa.Client, query queryModel, listing *framework.Listing[resourceModel]) diag.Diagnostics {
	names := []string{query.Name.ValueString()}
	if query.Name.IsNull() {
		routines, err := client.ListUserRoutines(ctx, "")
		if err != nil {
			return diag.Diagnostics{apierror.Diagnostic("Cannot list the routines", err)}
		}
		listing.Note(framework.Incomplete(routines.List, "routines", "To list the deployments of another routine, set name.")...)
		names = names[:0]
		for _, routine := range routines.Known {
			names = append(names, routine.Name)
		}
		slices.Sort(names)
	}
	for _, name := range names {
		routine, err := client.GetRoutine(ctx, name, 0)
		switch {
		case esa.IsRoutineMissing(err):
			continue
		case err != nil:
			return diag.Diagnostics{apierror.RoutineDiagnostic("Cannot list the deployments", err)}
		}
		for _, env := range esa.Environments() {
			live := routine.Deployment(env)
			if live == nil || !query.Env.IsNull() && query.Env.ValueString() != env {
				continue
			}
			// For example: "hello:production  90% 1723… + 10% 1724…".
			more := listing.Push(framework.ID(name, env)+"  "+framework.Split(live).String(), []string{name, env}, func(listed *resourceModel) { listed.fromAPI(live) })
			if !more {
				return nil
			}
		}
	}
	return nil
}
