package routine

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// keyReplaced is the key of the name of the routine in the private data, which the first of the two plans of a replacement stores
// for the second. The second one has no state, like a create, and would be refused because the replaced routine exists. Terraform
// does not show its warnings, so there is no warning of a replacement by -replace. The plan of a tainted resource has no first
// plan.
const keyReplaced = "replaced"

// keyServed is the key of the deployments of the last read in the private data: a map from environment to deployment id. A
// deletion is compared with it. A plan does not update it, because the destroy of a deposed object is planned during an apply.
const keyServed = "served"

// rememberServed stores the deployments of a routine.
func rememberServed(ctx context.Context, private framework.PrivateWriter, routine *esa.Routine) diag.Diagnostics {
	served := map[string]string{}
	for _, deployment := range routine.Deployments {
		served[deployment.Environment] = deployment.ID
	}
	return framework.Remember(ctx, private, keyServed, served)
}

// notePlan notes which routine this run creates and which it deletes.
func (r *routineResource) notePlan(plan, state *resourceModel) {
	if state != nil && (plan == nil || !plan.Name.Equal(state.Name)) {
		r.Run().Deletes.Set(state.Name.ValueString(), true)
	}
	if plan != nil && !plan.Name.IsUnknown() && (state == nil || !plan.Name.Equal(state.Name)) {
		r.Run().Creates.Set(plan.Name.ValueString(), true)
	}
}

// checkCreate refuses to plan a routine that already exists. The create checks it again.
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

// checkDelete warns if the routine still has deployments. It ignores errors, because the plan does not need the answer.
func (m resourceModel) checkDelete(ctx context.Context, client *esa.Client, what string) diag.Diagnostics {
	routine, err := client.GetRoutine(ctx, m.Name.ValueString(), refreshMaxAge)
	if err != nil {
		return nil
	}
	return deletionStops(what, routine)
}
