package codeversion

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-esa/internal/esa"
)

// planLineage plans the lineage. If it is not configured, a new version has the lineage of the version that it replaces. It is
// known only during the apply, because Terraform then plans a replacement again, without the former object.
func (m *resourceModel) planLineage(configured types.String, state *resourceModel, isReplaced bool) {
	switch {
	case !configured.IsNull():
		m.Lineage = configured
	case state != nil && !isReplaced:
		m.Lineage = state.Lineage
	case m.Retain.IsNull():
		m.Lineage = types.StringNull()
	default:
		m.Lineage = types.StringUnknown()
	}
}

// successorKey identifies the successor of a version among the new versions of a routine in the same run. The content is empty if
// the plan did not know it.
func (m resourceModel) successorKey(content string) string {
	return strings.Join([]string{m.Name.ValueString(), content, m.DeployEnv.ValueString()}, " ")
}

// lineageOf returns the lineage of a new version: the planned one, or that of the replaced version if it was removed from the
// state first, or a new one.
func (r *codeVersionResource) lineageOf(plan resourceModel) string {
	if plan.Retain.IsNull() {
		return plan.Lineage.ValueString()
	}
	former := cmp.Or(r.Run().Lineages.Of(plan.successorKey(plan.ContentHash.ValueString())), r.Run().Lineages.Of(plan.successorKey("")))
	return cmp.Or(plan.Lineage.ValueString(), former, rand.Text())
}

// prune deletes the oldest versions of the lineage that no environment serves, so that at most retain of them remain, including
// the next one. A failure only costs quota, so it does not fail the publication.
func (p *publication) prune(ctx context.Context, retain int) {
	surplus, err := p.surplus(ctx, retain-1)
	for _, codeVersion := range surplus {
		err = errors.Join(err, p.cleanUp(ctx, codeVersion))
	}
	if err != nil {
		tflog.Warn(ctx, "Old code versions were not deleted", map[string]any{"routine": p.input.Routine, "error": err.Error()})
	}
}

// surplus returns the versions of the lineage beyond the newest keep, except those that an environment serves.
func (p *publication) surplus(ctx context.Context, keep int) (surplus []string, err error) {
	list, err := p.client.ListRoutineCodeVersions(ctx, p.input.Routine)
	if err != nil {
		return nil, err
	}
	all, err := list.Whole()
	if err != nil {
		return nil, err
	}
	var own []string
	for _, version := range newestFirst(all) {
		var extra extraInfo
		if json.Unmarshal([]byte(version.ExtraInfo), &extra) == nil && extra.Lineage == p.lineage {
			own = append(own, version.CodeVersion)
		}
	}
	if len(own) <= keep {
		return nil, nil
	}
	routine, err := p.client.GetRoutine(ctx, p.input.Routine, 0)
	if err != nil {
		return nil, err
	}
	for _, codeVersion := range own[keep:] {
		if len(servedBy(routine, codeVersion)) == 0 {
			surplus = append(surplus, codeVersion)
		}
	}
	return surplus, nil
}

// quotaFull is the advice if the routine has the maximum number of versions.
func (m resourceModel) quotaFull(err error) string {
	switch {
	case !esa.IsVersionQuotaFull(err):
		return ""
	case m.Retain.IsNull():
		return "What to do: delete versions that are no longer needed, and set retain on this resource: it then deletes the oldest versions that it has published before each publication."
	default:
		return fmt.Sprintf("What to do: delete versions that are no longer needed, or lower retain, which is %d. retain deletes only versions that this resource has published since it was set.", m.Retain.ValueInt64())
	}
}
