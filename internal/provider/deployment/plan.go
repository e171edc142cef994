package deployment

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/split"
)

// planComputed plans the computed attributes. id follows from name and env. The deployment stays that of the state unless the
// split changes: a new order or another timeout deploys nothing.
func (m *resourceModel) planComputed(state *resourceModel) {
	m.ID = framework.IDOf(m.Name, m.Env)
	m.DeploymentID, m.CreateTime, m.Traffic = types.StringUnknown(), types.StringUnknown(), types.MapUnknown(types.NumberType)
	if planned, known := m.split(); known {
		m.Traffic = trafficMap(planned)
	}
	if state == nil || m.movesFrom(*state) {
		return
	}
	if same, known := m.sameRelease(*state); known && same {
		// A state of an earlier version of this provider has no traffic until it is read.
		m.DeploymentID, m.CreateTime, m.Traffic = state.DeploymentID, state.CreateTime, state.Traffic
	}
}

// ignoreOrder plans the state if the configuration differs from it only in the order of the code versions, so that Terraform
// shows "no changes". It is not used when Terraform repeats the plan during an apply: that plan must keep the order of the first
// one, in which a version may have been unknown.
func (m resourceModel) ignoreOrder(ctx context.Context, state resourceModel, plan *tfsdk.Plan, prior tfsdk.State) diag.Diagnostics {
	if same, known := m.sameRelease(state); !same || !known {
		return nil
	}
	inOrder := *plan
	m.CodeVersions = state.CodeVersions
	diags := inOrder.Set(ctx, m)
	if inOrder.Raw.Equal(prior.Raw) {
		plan.Raw = inOrder.Raw
	}
	return diags
}

// movesFrom reports whether the plan is for another environment than the state. This is a replacement.
func (m resourceModel) movesFrom(state resourceModel) bool {
	return !m.Name.Equal(state.Name) || !m.Env.Equal(state.Env)
}

// planToLeave notes that the plan removes the deployment from the state, and warns of it. There is no warning for the destroy of
// a deposed object, which Terraform plans during an apply.
func (r *deploymentResource) planToLeave(state resourceModel) diag.Diagnostics {
	r.Run().Leaves.Set(state.environment(), true)
	if r.Run().Applying.Load() || r.Run().Deletes.Of(state.Name.ValueString()) {
		return nil
	}
	return diag.Diagnostics{state.notWithdrawn()}
}

// checkRun compares a plan with what this run has read and planned before.
func (r *deploymentResource) checkRun(ctx context.Context, plan resourceModel, state *resourceModel, former framework.PrivateReader, private framework.PrivateWriter) (diags diag.Diagnostics) {
	if plan.Name.IsUnknown() || plan.Env.IsUnknown() {
		return nil
	}
	if change, found := r.Run().Changes.Get(plan.environment()); found && state != nil && !plan.movesFrom(*state) {
		diags.Append(plan.checkOutsideChange(ctx, change)...)
	}
	if plan.CodeVersions.IsUnknown() {
		return diags
	}
	instead := ""
	if state == nil {
		first, moreDiags := framework.Recall[string](ctx, former, keyFirstPlan)
		diags.Append(moreDiags...)
		instead = first
	}
	planned := entries(plan.CodeVersions)
	if conflicting := r.Run().PlanSplit(plan.environment(), planned, instead); conflicting != nil {
		diags.Append(plan.plannedTwice(conflicting, planned))
	}
	if state != nil {
		diags.Append(framework.Remember(ctx, private, keyFirstPlan, planned.String())...)
	}
	return diags
}

// checkVariables warns of versions that contain the variables of another environment, as far as this run knows.
func (r *deploymentResource) checkVariables(plan resourceModel) (diags diag.Diagnostics) {
	if plan.Name.IsUnknown() || plan.Env.IsUnknown() || plan.CodeVersions.IsUnknown() {
		return nil
	}
	for _, entry := range entries(plan.CodeVersions) {
		if entry.CodeVersion == nil {
			continue
		}
		if bound := r.Run().Bound.Of(esa.Target{Routine: plan.Name.ValueString(), CodeVersion: *entry.CodeVersion}); bound != "" && bound != plan.Env.ValueString() {
			diags.Append(plan.otherVariables(*entry.CodeVersion, bound))
		}
	}
	return diags
}

// checkOutsideChange warns if the plan moves traffic away from a split that someone else deployed, or refuses the plan. An
// interrupted rollout is not a change by someone else.
func (m resourceModel) checkOutsideChange(ctx context.Context, change run.Change) diag.Diagnostics {
	if m.resumes(ctx, change) {
		return nil
	}
	var planned split.Entries
	if !m.CodeVersions.IsUnknown() {
		planned = entries(m.CodeVersions)
		if moved, _ := split.MovedTo(framework.Split(change.Live), planned); moved == 0 {
			return nil
		}
	}
	return diag.Diagnostics{m.changedOutside(change, planned)}
}

// checkLive compares a plan that creates or changes a release with the current deployment. createsRoutine is set if this run
// plans to create the routine.
func (m resourceModel) checkLive(ctx context.Context, client *esa.Client, state *resourceModel, createsRoutine bool) diag.Diagnostics {
	if m.Name.IsUnknown() || m.Env.IsUnknown() {
		return nil
	}
	if state != nil {
		served, _ := state.split()
		return append(m.checkVersions(ctx, client, served), m.checkRollout(ctx, client, served, false)...)
	}
	routine, err := client.GetRoutine(ctx, m.Name.ValueString(), refreshMaxAge)
	switch {
	case esa.IsRoutineMissing(err) && createsRoutine:
		return m.checkRollout(ctx, client, split.Split{}, true)
	case esa.IsRoutineMissing(err):
		return append(diag.Diagnostics{m.routineMissing()}, m.checkRollout(ctx, client, split.Split{}, true)...)
	case err != nil:
		return diag.Diagnostics{m.failure("plan", err)}
	}
	live := routine.Deployment(m.Env.ValueString())
	diags := m.checkOverwrite(live)
	if diags.HasError() {
		return diags
	}
	diags.Append(m.checkVersions(ctx, client, framework.Split(live))...)
	return append(diags, m.checkRollout(ctx, client, framework.Split(live), true)...)
}

// checkOverwrite refuses a create in an environment that already serves another split, or warns if overwriting is allowed. An
// unknown version counts as another one: a version that this apply publishes cannot be live.
func (m resourceModel) checkOverwrite(live *esa.Deployment) diag.Diagnostics {
	if live == nil {
		return nil
	}
	planned, known := m.split()
	switch {
	case known && framework.Split(live).Equal(planned):
		return diag.Diagnostics{m.adopting(live)}
	case m.AllowOverwrite.IsUnknown():
		return diag.Diagnostics{m.mayOverwrite(live)}
	case m.AllowOverwrite.ValueBool():
		return diag.Diagnostics{m.overwriting(live)}
	default:
		return diag.Diagnostics{m.occupied(live)}
	}
}

// codeVersionMaxAge is the maximum age of an answer about an available version that a plan uses: a version does not change after
// its build. One call for each version is enough for all plans.
const codeVersionMaxAge = 10 * time.Minute

// checkVersions refuses new versions that do not exist or are not available. Versions that are live are not checked.
func (m resourceModel) checkVersions(ctx context.Context, client *esa.Client, served split.Split) (diags diag.Diagnostics) {
	var introduced []string
	for _, entry := range entries(m.CodeVersions) {
		if entry.CodeVersion != nil && served.Percentage(*entry.CodeVersion) == 0 {
			introduced = append(introduced, *entry.CodeVersion)
		}
	}
	for index, codeVersion := range introduced {
		problems, err := m.checkVersion(ctx, client, codeVersion, codeVersionMaxAge)
		diags.Append(problems...)
		switch {
		case esa.IsRoutineMissing(err):
			return diags
		case esa.IsPermissionMissing(err):
			return append(diags, m.versionsNotChecked(introduced[index:], err))
		case err != nil:
			return append(diags, m.failure("check the code versions of", err))
		}
	}
	return diags
}

// checkVersion refuses a version that does not exist, with the closest existing one, or that is not available.
func (m resourceModel) checkVersion(ctx context.Context, client *esa.Client, codeVersion string, maxAge time.Duration) (diag.Diagnostics, error) {
	version, err := client.FindCodeVersion(ctx, m.Name.ValueString(), codeVersion, maxAge)
	switch {
	case err != nil || version != nil && version.Status == esa.BuildStatusAvailable:
		return nil, err
	case version != nil:
		return diag.Diagnostics{m.versionNotReady(version)}, nil
	}
	var existing []string
	// The list only improves the error.
	if list, err := client.ListRoutineCodeVersions(ctx, m.Name.ValueString()); err == nil {
		for _, version := range list.Known {
			if version.Status == esa.BuildStatusAvailable {
				existing = append(existing, version.CodeVersion)
			}
		}
	}
	return diag.Diagnostics{m.versionMissing(codeVersion, nearestVersion(codeVersion, existing))}, nil
}

// nearestVersion returns the version with the fewest changed, missing or additional digits, and of several ones the newest. It is
// empty if there are no versions.
func nearestVersion(wanted string, existing []string) string {
	if len(existing) == 0 {
		return ""
	}
	return slices.MinFunc(existing, func(a, b string) int {
		return cmp.Or(levenshtein.Distance(wanted, a, nil)-levenshtein.Distance(wanted, b, nil), cmp.Compare(b, a))
	})
}

// keyFirstPlan is the key of the planned split in the private data, which the first of the two plans of a replacement stores for
// the second. With ignore_changes the two differ without a conflict.
const keyFirstPlan = "first_plan"
