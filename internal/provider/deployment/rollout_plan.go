package deployment

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// checkRollout announces in one line the rollout of a plan from the current split, or says why it cannot work.
func (m resourceModel) checkRollout(ctx context.Context, client *esa.Client, live split.Split, creates bool) diag.Diagnostics {
	configured, diags := newConfiguredRollout(ctx, m.Rollout)
	if configured == nil || diags.HasError() {
		return diags
	}
	goal, known := m.split()
	var created map[string]time.Time
	if known {
		created = m.creationTimes(ctx, client, live, goal)
	} else {
		var possible bool
		if goal, possible = m.likelySplit(); !possible {
			return diags
		}
		created = risingAsNewest(live, goal)
	}
	setting, limit := m.timeLimit(ctx, creates)
	itinerary, problems := configured.itinerary(live, goal, created, setting, limit)
	switch {
	case problems.HasError() && !known && !live.IsEmpty():
		// The unknown version may be an older one, which is released without steps.
		for _, problem := range problems {
			diags.AddAttributeWarning(path.Root(attributeRollout), problem.Summary(), problem.Detail())
		}
		return diags
	case problems.HasError():
		return append(diags, problems...)
	case len(itinerary.Stages) > 0:
		diags.Append(m.rolloutAhead(itinerary, known))
	}
	return diags
}

// resumes reports whether the current split is a step of the plan's rollout from the split in the state: an earlier apply ended
// there before it could save that. If the state has a step that was never live when Terraform read it, any step between its
// versions counts.
func (m resourceModel) resumes(ctx context.Context, change run.Change) bool {
	configured, _ := newConfiguredRollout(ctx, m.Rollout)
	goal, known := m.split()
	if configured == nil || !known {
		return false
	}
	inState, live := framework.Split(change.InState), framework.Split(change.Live)
	from := inState
	if change.Unseen {
		from = live
	}
	itinerary, err := rollout.New(configured.plan, from, goal, risingAsNewest(from, goal))
	if err != nil || len(itinerary.Stages) == 0 || inState.Percentage(itinerary.Stable) == 0 {
		return false
	}
	steps := itinerary.Stages[:len(itinerary.Stages)-1]
	return slices.ContainsFunc(steps, func(step rollout.Stage) bool { return step.Split.Equal(live) })
}

// unknownVersion is a placeholder for a code version that is known only after apply.
const unknownVersion = "(known after apply)"

// likelySplit is the split of a plan with one unknown version, usually one that this apply publishes.
func (m resourceModel) likelySplit() (likely split.Split, possible bool) {
	if m.CodeVersions.IsUnknown() {
		return split.Split{}, false
	}
	unknown := 0
	var shares []split.Share
	for _, entry := range entries(m.CodeVersions) {
		percentage, known := wholePercentage(entry.Percentage)
		if !known {
			return split.Split{}, false
		}
		share := split.Share{CodeVersion: unknownVersion, Percentage: percentage}
		if entry.CodeVersion != nil {
			share.CodeVersion = *entry.CodeVersion
		} else {
			unknown++
		}
		shares = append(shares, share)
	}
	return split.Observed(shares...), unknown == 1
}

// risingAsNewest returns creation times with which every version whose share rises is newer than the others.
func risingAsNewest(live, goal split.Split) map[string]time.Time {
	created := map[string]time.Time{}
	for _, share := range append(live.Shares(), goal.Shares()...) {
		created[share.CodeVersion] = time.Unix(1, 0)
		if goal.Percentage(share.CodeVersion) > live.Percentage(share.CodeVersion) {
			created[share.CodeVersion] = time.Unix(2, 0)
		}
	}
	return created
}

// creationTimes returns the creation times of the versions of two splits. If ESA does not return one, the numbers of the versions
// decide which one is newer.
func (m resourceModel) creationTimes(ctx context.Context, client *esa.Client, live, goal split.Split) map[string]time.Time {
	created := map[string]time.Time{}
	if live.IsEmpty() || live.Equal(goal) {
		return created
	}
	for _, codeVersion := range append(live.CodeVersions(), goal.CodeVersions()...) {
		version, err := client.GetRoutineCodeVersionInfo(ctx, m.Name.ValueString(), codeVersion, codeVersionMaxAge)
		if err != nil {
			continue
		}
		if at, err := time.Parse(time.RFC3339, version.CreateTime); err == nil {
			created[codeVersion] = at
		}
	}
	return created
}

// applySetting is the attribute that limits a create or an update.
func applySetting(creates bool) string {
	if creates {
		return framework.TimeoutCreate
	}
	return framework.TimeoutUpdate
}

// timeLimit returns the attribute that limits the apply, and its value as far as it is known.
func (m resourceModel) timeLimit(ctx context.Context, creates bool) (setting string, limit time.Duration) {
	setting, configured := applySetting(creates), m.Timeouts.Update
	if creates {
		configured = m.Timeouts.Create
	}
	value := m.Timeouts.Attributes()[strings.TrimPrefix(setting, "timeouts.")]
	if m.Timeouts.IsUnknown() || value != nil && value.IsUnknown() {
		return setting, math.MaxInt64
	}
	limit, _ = configured(ctx, framework.DefaultWriteTimeout) // the schema has validated it
	return setting, limit
}
