// Package deployment is esa_routine_code_deployment: the code versions that an environment of a routine serves, and their
// percentages. The resource manages the current state of the environment, not one event of deploying.
package deployment

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
)

var (
	_ framework.ManagedResource       = (*deploymentResource)(nil)
	_ resource.ResourceWithModifyPlan = (*deploymentResource)(nil)
	_ resource.ResourceWithMoveState  = (*deploymentResource)(nil)
)

// NewResource returns the resource esa_routine_code_deployment; ask makes one attempt at a health check of a rollout.
func NewResource(ask func(context.Context, probe.Check) probe.Result) resource.Resource {
	return &deploymentResource{framework.NewResource("_routine_code_deployment", framework.EnvironmentIdentity), ask}
}

type deploymentResource struct {
	framework.Resource

	ask func(context.Context, probe.Check) probe.Result
}

// Schema implements resource.Resource.
func (r *deploymentResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The code versions that an environment of an edge routine serves, and in what proportion. " +
			"A change of the split is an update in place: nothing is withdrawn in between. " +
			"ESA has no operation that withdraws a deployment, so destroying this resource removes it from the state while the environment keeps serving.",
		Attributes: map[string]schema.Attribute{
			"name": framework.RoutineName(),
			"env":  framework.Env(),
			"strategy": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(esa.StrategyPercentage),
				MarkdownDescription: "Deployment strategy. `percentage`, the default, is the only one.",
				Validators:          []validator.String{stringvalidator.OneOf(esa.StrategyPercentage)},
			},
			"code_versions": schema.ListNestedAttribute{
				Required:            true,
				MarkdownDescription: "One or two code versions whose percentages sum to 100. Their order has no meaning: another order of the same split is not a change, and the state keeps the order that it has.",
				Validators:          []validator.List{listvalidator.NoNullValues(), newSplitValidator()},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					attributeCodeVersion: schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "Number of the code version, such as `1723599747213377175`. It is a string, because tools that read JSON numbers as floats would round it.",
					},
					attributePercentage: schema.NumberAttribute{
						Required:            true,
						MarkdownDescription: "Share of the requests that this version serves, in percent: a whole number from 1 to 100. To give a version nothing, leave it out.",
					},
				}},
			},
			"allow_overwrite": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether creating this resource may replace a different split that the environment already serves. " +
					"Without it such a create is an error: import the deployment instead. Updates never overwrite what someone else deployed after the plan. Defaults to `false`.",
			},
			"on_outside_change": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What a plan does that moves traffic away from a split which someone else deployed since the last apply: `warn` or `stop`. " +
					"`stop` makes it an error until their split is in the configuration or in the state. Plans with `-refresh=false` do not notice such a change. Defaults to `warn`.",
				Validators: []validator.String{stringvalidator.OneOf(onOutsideChangeWarn, onOutsideChangeStop)},
			},
			attributeRollout: rolloutAttribute(),
			"traffic": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.NumberType,
				MarkdownDescription: "The split as a map from code version to percentage. A plan shows it as soon as every code version is known.",
			},
			"id":            schema.StringAttribute{Computed: true, MarkdownDescription: "Routine and environment, as in `hello:production`."},
			"deployment_id": schema.StringAttribute{Computed: true, MarkdownDescription: "ESA's id of the deployment that is live. It changes with every release."},
			"create_time":   schema.StringAttribute{Computed: true, MarkdownDescription: "When the current deployment was created, in the format of the ESA API."},
			"timeouts":      framework.Timeouts(ctx, timeouts.Opts{Create: true, Update: true, Read: true}, "the split is live"),
		},
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *deploymentResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state *resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan == nil {
		resp.Diagnostics.Append(r.planToLeave(*state)...)
		return
	}
	plan.planComputed(state)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	if state != nil && r.Run().Refreshing.Load() && !r.Run().Applying.Load() {
		resp.Diagnostics.Append(plan.ignoreOrder(ctx, *state, &resp.Plan, req.State)...)
	}
	resp.Diagnostics.Append(r.checkRun(ctx, *plan, state, req.Private, resp.Private)...)
	if state == nil || !plan.DeploymentID.Equal(state.DeploymentID) {
		resp.Diagnostics.Append(r.checkVariables(*plan)...)
	}

	if state != nil && (plan.Name.IsUnknown() || plan.Env.IsUnknown()) {
		resp.Diagnostics.Append(state.mayStay())
		return
	}
	if state != nil && plan.movesFrom(*state) {
		resp.Diagnostics.Append(r.planToLeave(*state)...)
		// For the new environment this is a create. Terraform plans it again as one, but does not show the warnings of that plan.
		state = nil
	}
	if state != nil && plan.DeploymentID.Equal(state.DeploymentID) || !r.HasClient() || resp.Diagnostics.HasError() {
		return
	}
	if r.Run().Applying.Load() || state != nil && !r.Run().Refreshing.Load() {
		// The apply checks this again. With -refresh=false, a plan of an update does not call ESA.
		return
	}
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutRead, plan.Timeouts.Read)
	defer end()
	if client == nil {
		return
	}
	resp.Diagnostics.Append(plan.checkLive(ctx, client, state, r.Run().Creates.Of(plan.Name.ValueString()))...)
}

// Create implements resource.Resource.
func (r *deploymentResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	r.NoteCreated(plan.resourceID())
	r.apply(ctx, plan, nil, &resp.State, resp.Identity, &resp.Diagnostics)
}

// Read implements resource.Resource.
func (r *deploymentResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	client, ctx, end := r.BeginRead(ctx, req, resp, &state)
	defer end()
	if client == nil {
		return
	}
	r.Run().Refreshing.Store(true)
	live, err := state.read(ctx, client)
	if err != nil {
		resp.Diagnostics.Append(state.failure("read", err))
		return
	}
	if live == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	if inState, known := state.split(); known && !inState.Equal(framework.Split(live)) {
		r.Run().Changes.Set(state.environment(), run.Change{InState: state.served(), Unseen: state.unseen(), Live: live})
	}
	state.fromAPI(live)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// read returns the current deployment, nil if there is none.
func (m resourceModel) read(ctx context.Context, client *esa.Client) (*esa.Deployment, error) {
	environment := release{client: client, name: m.Name.ValueString(), env: m.Env.ValueString()}
	if m.unseen() {
		// An earlier apply ended before its deployment was live, and ESA may still return the former one.
		awaited, _ := m.split()
		return esa.Confirmed(ctx, client, esa.ReadsAfterWrite, 0, environment.read, func(live *esa.Deployment) bool {
			return framework.Split(live).Equal(awaited)
		})
	}
	return esa.Confirmed(ctx, client, esa.ReadsAtConflict, refreshMaxAge, environment.read, func(live *esa.Deployment) bool {
		return m.DeploymentID.IsNull() || live.ID == m.DeploymentID.ValueString()
	})
}

// Update implements resource.Resource.
func (r *deploymentResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, prior resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	r.apply(ctx, plan, &prior, &resp.State, resp.Identity, &resp.Diagnostics)
}

// apply releases the planned split, at once or by a rollout. prior is nil for a create. It makes no call if the split is the same.
func (r *deploymentResource) apply(ctx context.Context, plan resourceModel, prior *resourceModel, state *tfsdk.State, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	client, problems := r.Client()
	diags.Append(problems...)
	if diags.HasError() {
		return
	}
	r.Run().Applying.Store(true)
	r.Run().Left.Delete(plan.environment())
	save := func(model resourceModel) { diags.Append(r.Save(ctx, model, state, identity)...) }
	var before *esa.Deployment
	if prior != nil {
		if same, known := plan.sameRelease(*prior); known && same {
			plan.DeploymentID, plan.CreateTime, plan.Traffic = prior.DeploymentID, prior.CreateTime, prior.Traffic
			save(plan)
			return
		}
		before = prior.served()
	}
	if plan.Rollout.IsNull() {
		diags.Append(plan.deploy(ctx, client, before, save)...)
	} else {
		diags.Append(plan.rollOut(ctx, client, r.ask, before, save)...)
	}
}

// deploy releases the planned split, and fills the model from the new deployment. before is nil for a create. save stores the
// model as soon as ESA accepts the deployment, and again when the split is live.
func (m resourceModel) deploy(ctx context.Context, client *esa.Client, before *esa.Deployment, save func(resourceModel)) (diags diag.Diagnostics) {
	setting, limit := m.timeLimit(ctx, before == nil)
	ctx, end := esa.WithTimeLimit(ctx, limit, setting)
	defer end()
	planned, _ := m.split()
	m.Traffic = trafficMap(planned)
	attempt := release{
		client: client, name: m.Name.ValueString(), env: m.Env.ValueString(), strategy: m.Strategy.ValueString(),
		planned: planned, before: before, overwrite: m.AllowOverwrite.ValueBool(),
	}
	written, deploymentID, err := attempt.run(ctx)
	live := written.Seen
	if err == nil && written.Sent {
		m.DeploymentID, m.CreateTime = types.StringValue(deploymentID), types.StringNull()
		save(m)
		live, err = attempt.waitUntilLive(ctx, deploymentID, live)
	}
	if err == nil {
		m.fromAPI(live)
		save(m)
		return diags
	}
	return append(m.versionsAtFault(ctx, client, err), m.notDeployed(err, planned, before == nil, written.Unanswered))
}

// versionsAtFault checks the versions after ESA refused a parameter: the plan could not check a version that was unknown.
func (m resourceModel) versionsAtFault(ctx context.Context, client *esa.Client, err error) (diags diag.Diagnostics) {
	if !esa.HasCode(err, "ParameterNotExist", "InvalidParameter") {
		return nil
	}
	planned, _ := m.split()
	for _, codeVersion := range planned.CodeVersions() {
		problems, _ := m.checkVersion(ctx, client, codeVersion, 0) // It only improves the error of ESA.
		diags.Append(problems...)
	}
	return diags
}

// Delete implements resource.Resource. ESA has no operation for it. The record of the run lets the resources of the code versions
// know that their versions must stay.
func (r *deploymentResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Run().Applying.Store(true)
	if !r.WasCreatedAnew(state.resourceID()) {
		r.Run().Left.Set(state.environment(), state.DeploymentID.ValueString())
	}
}
