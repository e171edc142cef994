package deployment

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// The values of on_outside_change. Null means onOutsideChangeWarn: a default in the schema would make every existing
// deployment differ.
const (
	onOutsideChangeWarn = "warn"
	onOutsideChangeStop = "stop"
)

// resourceModel is the resource as plan, state and configuration hold it.
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

// environment is what the resource manages.
func (m resourceModel) environment() esa.Target {
	return esa.Target{Routine: m.Name.ValueString(), Environment: m.Env.ValueString()}
}

// unseen tells whether a state holds a deployment that ESA accepted and that was not seen live.
func (m resourceModel) unseen() bool {
	return !m.DeploymentID.IsNull() && m.CreateTime.IsNull()
}

// served is the deployment that a state holds. It has no ID where the state has only the one that
// CreateRoutineCodeDeployment answered, of a deployment that was not seen live: GetRoutine may number it differently.
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

// attributeOf is the attribute that each field of an entry is written in.
var attributeOf = map[split.Field]string{split.FieldCodeVersion: attributeCodeVersion, split.FieldPercentage: attributePercentage}

// shareType is the type of an element of code_versions.
var shareType = types.ObjectType{AttrTypes: map[string]attr.Type{
	attributeCodeVersion: types.StringType,
	attributePercentage:  types.NumberType,
}}

// entries returns the elements of code_versions as far as they are known, none if the list itself is not known.
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

// split returns the split that code_versions describes; known is false if a part of it is not known yet.
func (m resourceModel) split() (described split.Split, known bool) {
	if m.CodeVersions.IsNull() || m.CodeVersions.IsUnknown() {
		return split.Split{}, false
	}
	return entries(m.CodeVersions).Known()
}

// sameRelease tells whether both models release the same split; known is false while that cannot be determined. The strategy
// makes no difference, since there is only one.
func (m resourceModel) sameRelease(other resourceModel) (same, known bool) {
	mine, mineKnown := m.split()
	others, othersKnown := other.split()
	return mine.Equal(others), mineKnown && othersKnown
}

// fromAPI fills the model with what an environment serves. Where the split is the one that the model already has, its
// list stays as it is written; otherwise versions that it has keep their places.
func (m *resourceModel) fromAPI(deployment *esa.Deployment) diag.Diagnostics {
	live := framework.Split(deployment)
	if described, known := m.split(); !known || !described.Equal(live) {
		list, diags := shareList(inOrderOf(live.Shares(), m.CodeVersions))
		if diags.HasError() {
			return diags
		}
		m.CodeVersions = list
	}
	m.ID = framework.IDOf(m.Name, m.Env)
	if m.Strategy.IsNull() || m.Strategy.IsUnknown() {
		m.Strategy = types.StringValue(esa.StrategyPercentage)
	}
	m.Traffic = trafficMap(live)
	m.DeploymentID = types.StringValue(deployment.ID)
	m.CreateTime = types.StringValue(deployment.CreateTime)
	return nil
}

// inOrderOf sorts shares by the place that their versions have in the list as it is written; versions that are new to
// it follow in the order they come.
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

func shareList(shares []split.Share) (types.List, diag.Diagnostics) {
	elements := make([]attr.Value, len(shares))
	for index, share := range shares {
		elements[index] = types.ObjectValueMust(shareType.AttrTypes, map[string]attr.Value{
			attributeCodeVersion: types.StringValue(share.CodeVersion),
			attributePercentage:  types.NumberValue(new(big.Float).SetInt64(int64(share.Percentage))),
		})
	}
	return types.ListValue(shareType, elements)
}

// codeVersionPath is the place of a version in code_versions, or the list itself where it is not in it.
func (m resourceModel) codeVersionPath(codeVersion string) path.Path {
	list := path.Root("code_versions")
	for index, entry := range entries(m.CodeVersions) {
		if entry.CodeVersion != nil && *entry.CodeVersion == codeVersion {
			return list.AtListIndex(index).AtName(attributeCodeVersion)
		}
	}
	return list
}

// resourceID is the id of the environment that the model is about.
func (m resourceModel) resourceID() string {
	return framework.ID(m.Name.ValueString(), m.Env.ValueString())
}

// splitValidator holds a list of code versions against the rules of a split, as far as it is known.
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
