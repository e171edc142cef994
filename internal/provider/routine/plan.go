package routine

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// keyReplaced is the key under which the first of the two plans of a replacement leaves the name of the routine for the
// second, in the private data of the resource. The second is planned without a state, like a create, and would otherwise
// be refused because of the routine that it replaces. Its warnings are not shown by Terraform, so that one asked for with
// -replace cannot be warned of. The plan of a tainted resource has no first.
const keyReplaced = "replaced"

// keyServed is the key under which the private data of the resource keeps what the routine served when it was last read: a
// map from environment to deployment id. A deletion is held against it, and no plan replaces it by a fresher read: the
// destroy of a deposed object is planned in the middle of an apply.
const keyServed = "served"

// rememberServed keeps what a routine serves.
func rememberServed(ctx context.Context, private framework.PrivateWriter, routine *esa.Routine) diag.Diagnostics {
	served := map[string]string{}
	for _, deployment := range routine.Deployments {
		served[deployment.Environment] = deployment.ID
	}
	return framework.Remember(ctx, private, keyServed, served)
}

// notePlan notes in the record of this run which routine is created and which is deleted.
func (r *routineResource) notePlan(plan, state *resourceModel) {
	if state != nil && (plan == nil || !plan.Name.Equal(state.Name)) {
		r.Run().Deletes.Set(state.Name.ValueString(), true)
	}
	if plan != nil && !plan.Name.IsUnknown() && (state == nil || !plan.Name.Equal(state.Name)) {
		r.Run().Creates.Set(plan.Name.ValueString(), true)
	}
}

// checkCreate refuses to plan a routine that is there already. It is a courtesy to whoever reads the plan: the create
// reads again.
func (m resourceModel) checkCreate(ctx context.Context, client *esa.Client) diag.Diagnostics {
	routine, err := client.GetRoutine(ctx, m.Name.ValueString(), refreshMaxAge)
	switch {
	case esa.IsRoutineMissing(err) || esa.IsPermissionMissing(err):
		return nil
	case err != nil:
		return diag.Diagnostics{m.failure("plan", err)}
	default:
		return diag.Diagnostics{m.exists(routine)}
	}
}

// checkDelete warns where the routine still serves something. Where that cannot be read it says nothing: reading is
// not what was asked for.
func (m resourceModel) checkDelete(ctx context.Context, client *esa.Client, what string) diag.Diagnostics {
	routine, err := client.GetRoutine(ctx, m.Name.ValueString(), refreshMaxAge)
	if err != nil {
		return nil
	}
	return deletionStops(what, routine)
}
