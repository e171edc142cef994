package deployment

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// The values of on_outside_change. Null means onOutsideChangeWarn. A default in the schema would be a change of every existing
// deployment.
const (
	onOutsideChangeWarn = "warn"
	onOutsideChangeStop = "stop"
)

// resourceModel is the resource in plan, state and configuration.
type resourceModel struct {
	ID              types.String   `tfsdk:"id"`
	Name            types.String   `tfsdk:"name"`
	Env             types.String   `tfsdk:"env"`
	Strategy        types.String   `tfsdk:"strategy"`
	CodeVersions    types.List     `tfsdk:"code_versions"`
	AllowOverwrite  types.Bool     `tfsdk:"allow_overwrite"`
	OnOutsideChange types.String   `tfsdk:"on_outside_change"`
	Rollout         types.Object   `tfsdk:"rollout"`
	Traffic         types.Map      `tfsdk:"traffic"`
	DeploymentID    types.String   `tfsdk:"deployment_id"`
	CreateTime      types.String   `tfsdk:"create_time"`
	Timeouts        timeouts.Value `tfsdk:"timeouts"`
}

// environment is the environment that the resource manages.
func (m resourceModel) environment() esa.Target {
	return esa.Target{Routine: m.Name.ValueString(), Environment: m.Env.ValueString()}
}

// unseen reports whether the deployment in a state was accepted by ESA but never live when Terraform read it.
func (m resourceModel) unseen() bool {
	return !m.DeploymentID.IsNull() && m.CreateTime.IsNull()
}

// served returns the deployment in a state. It has no ID if the state has only the id that CreateRoutineCodeDeployment returned,
// which may differ from that of GetRoutine.
func (m resourceModel) served() *esa.Deployment {
	served := &esa.Deployment{Environment: m.Env.ValueString(), CreateTime: m.CreateTime.ValueString()}
	if !m.CreateTime.IsNull() {
		served.ID = m.DeploymentID.ValueString()
	}
	shares, _ := m.split()
	for _, share := range shares.Shares() {
		served.CodeVersions = append(served.CodeVersions, esa.DeployedVersion{CodeVersion: share.CodeVersion, Percentage: share.Percentage})
	}
	return served
}

// The attributes of an element of code_versions.
const (
	attributeCodeVersion = "code_version"
	attributePercentage  = "percentage"
)

// attributeOf has the attribute of each field of an entry.
var attributeOf = map[split.Field]string{split.FieldCodeVersion: attributeCodeVersion, split.FieldPercentage: attributePercentage}

// shareType is the type of an element of code_versions.
var shareType = types.ObjectType{AttrTypes: map[string]attr.Type{
	attributeCodeVersion: types.StringType,
	attributePercentage:  types.NumberType,
}}

// entries returns the elements of code_versions as far as they are known, none if the list itself is unknown.
func entries(codeVersions types.List) split.Entries {
	result := make(split.Entries, 0, len(codeVersions.Elements()))
	for _, element := range codeVersions.Elements() {
		var entry split.Entry
		if object, ok := element.(types.Object); ok && !object.IsUnknown() && !object.IsNull() {
			if version, ok := object.Attributes()[attributeCodeVersion].(types.String); ok && !version.IsUnknown() && !version.IsNull() {
				text := version.ValueString()
				entry.CodeVersion = &text
			}
			if percentage, ok := object.Attributes()[attributePercentage].(types.Number); ok && !percentage.IsUnknown() && !percentage.IsNull() {
				entry.Percentage = percentage.ValueBigFloat()
			}
		}
		result = append(result, entry)
	}
	return result
}

// split returns the split of code_versions; known is false if a part of it is unknown.
func (m resourceModel) split() (described split.Split, known bool) {
	if m.CodeVersions.IsNull() || m.CodeVersions.IsUnknown() {
		return split.Split{}, false
	}
	return entries(m.CodeVersions).Known()
}

// sameRelease reports whether both models have the same split; known is false if a part of one is unknown. There is only one strategy.
func (m resourceModel) sameRelease(other resourceModel) (same, known bool) {
	mine, mineKnown := m.split()
	others, othersKnown := other.split()
	return mine.Equal(others), mineKnown && othersKnown
}

// fromAPI fills the model from the current deployment. If the split is the same, the list keeps its order; otherwise known
// versions keep their places.
func (m *resourceModel) fromAPI(deployment *esa.Deployment) {
	live := framework.Split(deployment)
	if described, known := m.split(); !known || !described.Equal(live) {
		m.CodeVersions = shareList(inOrderOf(live.Shares(), m.CodeVersions))
	}
	m.ID = framework.IDOf(m.Name, m.Env)
	if m.Strategy.IsNull() || m.Strategy.IsUnknown() {
		m.Strategy = types.StringValue(esa.StrategyPercentage)
	}
	m.Traffic = trafficMap(live)
	m.DeploymentID = types.StringValue(deployment.ID)
	m.CreateTime = types.StringValue(deployment.CreateTime)
}

// inOrderOf sorts shares by the places of their versions in a list. New versions follow in the given order.
func inOrderOf(shares []split.Share, written types.List) []split.Share {
	place := map[string]int{}
	for index, entry := range entries(written) {
		if entry.CodeVersion != nil {
			place[*entry.CodeVersion] = index - len(written.Elements())
		}
	}
	slices.SortStableFunc(shares, func(a, b split.Share) int {
		return cmp.Compare(place[a.CodeVersion], place[b.CodeVersion])
	})
	return shares
}

func shareList(shares []split.Share) types.List {
	elements := make([]attr.Value, len(shares))
	for index, share := range shares {
		elements[index] = types.ObjectValueMust(shareType.AttrTypes, map[string]attr.Value{
			attributeCodeVersion: types.StringValue(share.CodeVersion),
			attributePercentage:  types.NumberValue(new(big.Float).SetInt64(int64(share.Percentage))),
		})
	}
	return types.ListValueMust(shareType, elements)
}

// codeVersionPath is the path of a version in code_versions, or of the list if it does not contain the version.
func (m resourceModel) codeVersionPath(codeVersion string) path.Path {
	list := path.Root("code_versions")
	for index, entry := range entries(m.CodeVersions) {
		if entry.CodeVersion != nil && *entry.CodeVersion == codeVersion {
			return list.AtListIndex(index).AtName(attributeCodeVersion)
		}
	}
	return list
}

// resourceID is the id of the environment.
func (m resourceModel) resourceID() string {
	return framework.ID(m.Name.ValueString(), m.Env.ValueString())
}

// splitValidator checks the rules of a split, as far as the list is known.
type splitValidator struct{ framework.Describer }

func newSplitValidator() validator.List {
	return splitValidator{framework.Describer(fmt.Sprintf("%d or %d different code versions with whole percentages from %d to %d that sum to %d",
		split.MinCodeVersions, split.MaxCodeVersions, split.MinPercentage, split.MaxPercentage, split.TotalPercentage))}
}

// ValidateList implements validator.List.
func (splitValidator) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	for _, problem := range split.Check(entries(req.ConfigValue)) {
		place := req.Path
		if problem.Index != split.WholeList {
			place = place.AtListIndex(problem.Index).AtName(attributeOf[problem.Field])
		}
		resp.Diagnostics.AddAttributeError(place, "Invalid traffic split", fmt.Sprintf("%s: %s.", place, problem.Message))
	}
}
