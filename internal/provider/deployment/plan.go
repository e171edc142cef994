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

// planComputed plans the computed attributes. id follows from name and env. The deployment stays the one in state
// unless the split or the strategy really changes: a new order or another timeout deploys nothing.
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
		// A state that an earlier version of this provider wrote has no traffic until it is read.
		m.DeploymentID, m.CreateTime, m.Traffic = state.DeploymentID, state.CreateTime, state.Traffic
	}
}

// ignoreOrder keeps the state as the plan where the configuration differs from it by nothing but the order of its code
// versions, which Terraform accepts as "no changes". It is for plans only: the plan that Terraform repeats in an apply has to
// stay in the order of the first one, in which a version may have been unknown.
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

// movesFrom tells whether the plan is about another environment than the state, which makes it a replacement.
func (m resourceModel) movesFrom(state resourceModel) bool {
	return !m.Name.Equal(state.Name) || !m.Env.Equal(state.Env)
}

// planToLeave notes that the plan removes the deployment from the state, and warns of it. The destroy of a deposed object
// is planned in the middle of an apply, where a warning comes too late.
func (r *deploymentResource) planToLeave(state resourceModel) diag.Diagnostics {
	r.Run().Leaves.Set(state.environment(), true)
	if r.Run().Applying.Load() || r.Run().Deletes.Of(state.Name.ValueString()) {
		return nil
	}
	return diag.Diagnostics{state.notWithdrawn()}
}

// checkRun holds a plan against what this run has seen and planned before.
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

// checkVariables warns of versions that carry the variables of another environment, as far as this run knows it.
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

// checkOutsideChange warns where the plan moves traffic away from a split that someone else deployed, or refuses to. An
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

// checkLive holds a plan that creates or changes a release against what is live. createsRoutine says that this plan is
// known to create the routine.
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

// checkOverwrite refuses a create over an environment that already serves another split, or warns of it where that is
// allowed. A version that is not known yet counts as another one: what this apply publishes cannot be live.
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

// codeVersionMaxAge is how old an answer about an available version may be that a plan uses: it never changes, and it cannot go
// unnoticed that this process deletes one. Each version is asked for once, however many plans introduce it.
const codeVersionMaxAge = 10 * time.Minute

// checkVersions refuses versions that the plan introduces and that the routine does not have or cannot serve. Versions
// that are live are there.
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

// checkVersion refuses a version that the routine does not have, and names what may have been meant, or that cannot be served.
func (m resourceModel) checkVersion(ctx context.Context, client *esa.Client, codeVersion string, maxAge time.Duration) (diag.Diagnostics, error) {
	version, err := client.FindCodeVersion(ctx, m.Name.ValueString(), codeVersion, maxAge)
	switch {
	case err != nil || version != nil && version.Status == esa.BuildStatusAvailable:
		return nil, err
	case version != nil:
		return diag.Diagnostics{m.versionNotReady(version)}, nil
	}
	var existing []string
	// The list only makes the error better. Without it the error stands.
	if list, err := client.ListRoutineCodeVersions(ctx, m.Name.ValueString()); err == nil {
		for _, version := range list.Known {
			if version.Status == esa.BuildStatusAvailable {
				existing = append(existing, version.CodeVersion)
			}
		}
	}
	return diag.Diagnostics{m.versionMissing(codeVersion, nearestVersion(codeVersion, existing))}, nil
}

// nearestVersion returns the version that looks most like the wanted one: the one that the fewest changed, missing or
// surplus digits make of it, among equals the newest. It returns nothing if there is none.
func nearestVersion(wanted string, existing []string) string {
	if len(existing) == 0 {
		return ""
	}
	return slices.MinFunc(existing, func(a, b string) int {
		return cmp.Or(levenshtein.Distance(wanted, a, nil)-levenshtein.Distance(wanted, b, nil), cmp.Compare(b, a))
	})
}

// keyFirstPlan is the key under which the first of the two plans of a replacement leaves the split that it plans for the
// second, in the private data of the resource. With ignore_changes the two differ, and are no conflict.
const keyFirstPlan = "first_plan"
