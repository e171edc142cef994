package deployment

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/observed"
	"terraform-provider-esa/internal/split"
)

// planComputed plans the computed attributes. id follows from name and env. The deployment stays the one in state
// unless the split or the strategy really changes: a new order or another timeout deploys nothing.
func (m *resourceModel) planComputed(state *resourceModel) {
	m.ID = types.StringUnknown()
	if !m.Name.IsUnknown() && !m.Env.IsUnknown() {
		m.ID = types.StringValue(m.resourceID())
	}
	m.DeploymentID, m.CreateTime = types.StringUnknown(), types.StringUnknown()
	if state == nil || m.movesFrom(*state) {
		return
	}
	if same, known := m.sameRelease(*state); known && same {
		m.DeploymentID, m.CreateTime = state.DeploymentID, state.CreateTime
	}
}

// movesFrom tells whether the plan is about another environment than the state, which makes it a replacement.
func (m resourceModel) movesFrom(state resourceModel) bool {
	return !m.Name.Equal(state.Name) || !m.Env.Equal(state.Env)
}

// checkLive holds a plan that creates or changes a release against what is live.
func (m resourceModel) checkLive(ctx context.Context, client *esa.Client, state *resourceModel) diag.Diagnostics {
	if m.Name.IsUnknown() || m.Env.IsUnknown() {
		return nil
	}
	if state != nil {
		served, _ := state.split()
		return m.checkVersions(ctx, client.FindBuiltCodeVersion, served)
	}
	live, proceed, diags := m.checkEnvironment(ctx, client)
	if !proceed || diags.HasError() {
		return diags
	}
	return append(diags, m.checkVersions(ctx, client.FindBuiltCodeVersion, observed.Split(live))...)
}

// checkEnvironment refuses a create over an environment that already serves another split, or warns of it where that is
// allowed. It returns what is live; proceed is false where the routine does not exist yet, so that there is nothing
// more to check.
func (m resourceModel) checkEnvironment(ctx context.Context, client *esa.Client) (live *esa.Deployment, proceed bool, diags diag.Diagnostics) {
	routine, err := client.RecentRoutine(ctx, m.Name.ValueString(), refreshMaxAge)
	switch {
	case esa.IsRoutineMissing(err):
		diags.AddAttributeWarning(path.Root("name"), "Routine does not exist yet", fmt.Sprintf(
			"ESA has no routine %q in this account, so this plan could not check the environment %q and the code versions. "+
				"That is as it should be if the same apply creates the routine; otherwise the apply will fail: check the name.",
			m.Name.ValueString(), m.Env.ValueString()))
		return nil, false, diags
	case err != nil:
		diags.Append(m.failure("plan", err))
		return nil, false, diags
	}
	live = routine.Deployment(m.Env.ValueString())
	planned, known := m.split()
	switch {
	case live == nil || known && observed.Split(live).Equal(planned):
	case !known || m.AllowOverwrite.IsUnknown():
		diags.Append(m.mayBeOccupied(live))
	case m.AllowOverwrite.ValueBool():
		diags.Append(m.overwriting(live, planned))
	default:
		diags.Append(m.occupied(live, planned))
	}
	return live, true, diags
}

// findCodeVersion returns a version of a routine, nil where the routine has no such version.
type findCodeVersion func(ctx context.Context, routine, codeVersion string) (*esa.CodeVersion, error)

// checkVersions refuses versions that the plan introduces and that the routine does not have or cannot serve. Versions
// that are live are there. It asks for the version itself, however many the routine has, and for the list only where
// that answer is unclear.
func (m resourceModel) checkVersions(ctx context.Context, find findCodeVersion, served split.Split) diag.Diagnostics {
	var introduced []string
	for _, entry := range entries(m.CodeVersions) {
		if entry.CodeVersion != nil && served.Percentage(*entry.CodeVersion) == 0 {
			introduced = append(introduced, *entry.CodeVersion)
		}
	}
	var diags diag.Diagnostics
	for _, codeVersion := range introduced {
		version, err := find(ctx, m.Name.ValueString(), codeVersion)
		switch {
		case esa.IsPermissionMissing(err) || esa.IsRoutineMissing(err):
			return diags
		case err != nil:
			diags.Append(m.failure("check the code versions of", err))
			return diags
		case version == nil:
			diags.Append(m.versionMissing(codeVersion))
		case version.Status == esa.BuildStatusInit:
			diags.Append(m.versionNotReady(codeVersion, "is still being built (status init)", "Wait until its build is finished, then plan again."))
		case version.Status != esa.BuildStatusAvailable:
			diags.Append(m.versionNotReady(codeVersion, fmt.Sprintf("cannot be deployed: its build ended in status %q", version.Status), "Publish the code again and release the new version."))
		}
	}
	return diags
}

func (m resourceModel) versionMissing(codeVersion string) diag.Diagnostic {
	at := m.codeVersionPath(codeVersion)
	return diag.NewAttributeErrorDiagnostic(at, "Code version does not exist", fmt.Sprintf(
		"In the attribute %s: the routine %q has no code version %s. Check the number, and that the version was not deleted; the ESA console lists the versions of a routine.",
		at, m.Name.ValueString(), codeVersion))
}

func (m resourceModel) versionNotReady(codeVersion, state, remedy string) diag.Diagnostic {
	at := m.codeVersionPath(codeVersion)
	return diag.NewAttributeErrorDiagnostic(at, "Code version is not ready", fmt.Sprintf(
		"In the attribute %s: code version %s of the routine %q %s. %s", at, codeVersion, m.Name.ValueString(), state, remedy))
}
