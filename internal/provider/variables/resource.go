// Package variables is esa_routine_environment_variables: every variable of one environment of a routine.
package variables

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

var (
	_ framework.ManagedResource           = (*variablesResource)(nil)
	_ resource.ResourceWithValidateConfig = (*variablesResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*variablesResource)(nil)
)

// NewResource returns the resource esa_routine_environment_variables.
func NewResource() resource.Resource {
	return &variablesResource{framework.NewResource("_routine_environment_variables", framework.EnvironmentIdentity)}
}

type variablesResource struct {
	framework.Resource
}

// Schema implements resource.Resource.
func (r *variablesResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Every variable of one environment of an edge routine. A variable that someone adds outside Terraform appears in the next plan as a removal. " +
			"A code version carries the variables that its `deploy_env` had when it was published; a change reaches the traffic with the next version.",
		Attributes: map[string]schema.Attribute{
			"name": framework.RoutineName(),
			"env":  framework.Env(),
			"variables": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Plain variables: value by key. A key has 1 to 100 letters, digits and underscores; a value has at most 200 UTF-16 code units. An environment has at most 50 variables, secrets included.",
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
			},
			"secrets_wo": schema.MapAttribute{
				Optional:            true,
				WriteOnly:           true,
				Sensitive:           true,
				ElementType:         types.StringType,
				MarkdownDescription: "Secrets: value by key. The values are sent to ESA and never stored in the plan or the state. Needs Terraform 1.11 or OpenTofu 1.11, and `secrets_wo_version`.",
				Validators:          []validator.Map{mapvalidator.NoNullValues(), mapvalidator.AlsoRequires(path.MatchRoot("secrets_wo_version"))},
			},
			"secrets_wo_version": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Version of the values in `secrets_wo`. Terraform cannot compare the values: increase it to send them again. New secrets are sent in any case.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"allow_overwrite": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether creating this resource may change and delete variables that the environment has already. Defaults to `false`, which stops and names them.",
			},
			"id":           framework.Constant("Routine and environment, as in `hello:production`."),
			"secret_names": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Keys of the secrets, sorted."},
			"revision": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Changes with the plain variables, the keys of the secrets and `secrets_wo_version`, and is known when planning. " +
					"Put it into `replace_triggered_by` of an `esa_routine_code_version`, so that a change publishes a new version.",
			},
			"timeouts": framework.Timeouts(ctx, timeouts.Opts{Create: true, Update: true, Read: true, Delete: true}, "ESA shows the variables"),
		},
	}
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (r *variablesResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plain, secrets := config.Variables.Elements(), config.Secrets.Elements()
	for _, attribute := range []struct {
		name   string
		values types.Map
	}{{"variables", config.Variables}, {"secrets_wo", config.Secrets}} {
		for _, key := range slices.Sorted(maps.Keys(attribute.values.Elements())) {
			at := path.Root(attribute.name).AtMapKey(key)
			if problem := keyProblem(key); problem != "" {
				resp.Diagnostics.Append(invalidKey(at, key, problem))
			}
			value, ok := attribute.values.Elements()[key].(types.String)
			if !ok || value.IsUnknown() || value.IsNull() {
				continue
			}
			problem := valueProblem(value.ValueString())
			if attribute.name == "secrets_wo" && value.ValueString() == "" {
				problem = "must not be empty, since it is a secret"
			}
			if problem != "" {
				resp.Diagnostics.Append(invalidValue(at, key, problem))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		if _, both := plain[key]; both {
			resp.Diagnostics.Append(invalidKey(path.Root("variables").AtMapKey(key), key, "is in variables and in secrets_wo. Remove it from one of them"))
		}
	}
	if count := len(plain) + len(secrets); count > maxVariables {
		resp.Diagnostics.AddError("Too many variables", fmt.Sprintf(
			"An environment has at most %d variables, secrets included; variables and secrets_wo have %d.", maxVariables, count))
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *variablesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.SecretNames = secretNames(config.Secrets)
	plan.setRevision()
	plan.ID = framework.IDOf(plan.Name, plan.Env)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)

	goal, known := plan.set()
	if !req.State.Raw.IsNull() || !known || plan.ID.IsUnknown() || plan.AllowOverwrite.ValueBool() || !r.HasClient() || r.Run().Applying.Load() || resp.Diagnostics.HasError() {
		return
	}
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutRead, plan.Timeouts.Read)
	defer end()
	if client == nil {
		return
	}
	// The create checks it again.
	seen, err := readSet(ctx, client, plan.Name.ValueString(), plan.Env.ValueString())
	switch {
	case esa.IsRoutineMissing(err): // this apply may create it
	case err != nil:
		resp.Diagnostics.Append(plan.failure("plan", err))
	default:
		if existing := seen.overwritten(goal); len(existing) > 0 {
			resp.Diagnostics.Append(plan.exists(existing))
		}
	}
}

// Create implements resource.Resource.
func (r *variablesResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutCreate, plan.Timeouts.Create)
	defer end()
	if client == nil {
		return
	}
	goal, _ := plan.set()
	creating := change{
		client: client, routine: plan.Name.ValueString(), env: plan.Env.ValueString(), goal: goal,
		secrets: secretValues(config.Secrets), overwrite: plan.AllowOverwrite.ValueBool(),
	}
	if err := creating.run(ctx); err != nil {
		resp.Diagnostics.Append(plan.failure("create", err))
		if !creating.wrote {
			return
		}
		plan.SecretsVersion = types.Int64Null()
		creating.recall(ctx, &plan)
	}
	r.NoteCreated(plan.ID.ValueString())
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
	resp.Diagnostics.Append(framework.Remember(ctx, resp.Private, keyTimes, creating.secretTimes())...)
}

// Read implements resource.Resource.
func (r *variablesResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	client, ctx, end := r.BeginRead(ctx, req, resp, &state)
	defer end()
	if client == nil {
		return
	}
	former, diags := framework.Recall[times](ctx, req.Private, keyTimes)
	resp.Diagnostics.Append(diags...)
	seen, err := esa.Confirmed(ctx, client, esa.ReadsAtConflict, 0, func(ctx context.Context, _ time.Duration) (*set, error) {
		return readSet(ctx, client, state.Name.ValueString(), state.Env.ValueString())
	}, func(seen *set) bool {
		described, _ := state.set()
		return state.Revision.IsNull() || seen.equal(described) && len(seen.times.changed(former)) == 0
	})
	switch {
	case err != nil:
		resp.Diagnostics.Append(state.failure("read", err))
	case seen == nil:
		resp.State.RemoveResource(ctx)
	default:
		if changed := seen.times.changed(former); len(changed) > 0 {
			resp.Diagnostics.Append(state.secretsChanged(changed, seen.times))
		}
		state.setFromAPI(*seen)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		resp.Diagnostics.Append(framework.Remember(ctx, resp.Private, keyTimes, seen.times)...)
	}
}

// Update implements resource.Resource. It sends what differs, and the secrets that are new or whose version is another.
func (r *variablesResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutUpdate, plan.Timeouts.Update)
	defer end()
	if client == nil {
		return
	}
	goal, _ := plan.set()
	before, diags := state.setBefore(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	secrets := secretValues(config.Secrets)
	if plan.SecretsVersion.Equal(state.SecretsVersion) {
		maps.DeleteFunc(secrets, func(key, _ string) bool { return slices.Contains(before.secrets, key) })
	}
	if !goal.equal(before) || len(secrets) > 0 {
		updating := change{client: client, routine: plan.Name.ValueString(), env: plan.Env.ValueString(), goal: goal, secrets: secrets, before: &before}
		if err := updating.run(ctx); err != nil {
			resp.Diagnostics.Append(plan.failure("update", err))
			if !updating.wrote {
				return
			}
			plan.SecretsVersion = state.SecretsVersion
			updating.recall(ctx, &plan)
		}
		resp.Diagnostics.Append(framework.Remember(ctx, resp.Private, keyTimes, updating.secretTimes())...)
	}
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
}

// recall fills the model of a failed change with the variables of ESA.
func (c *change) recall(ctx context.Context, model *resourceModel) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_, _ = c.read(ctx, 0) // otherwise the last read counts
	model.setFromAPI(c.seen)
}

// cleanupTimeout limits the last read after a failed or canceled operation.
const cleanupTimeout = 15 * time.Second

// Delete implements resource.Resource. It deletes the variables of the state, and stops where someone else has added or changed
// one since.
func (r *variablesResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutDelete, state.Timeouts.Delete)
	defer end()
	if client == nil {
		return
	}
	if r.WasCreatedAnew(state.ID.ValueString()) {
		return
	}
	before, diags := state.setBefore(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	deleting := change{client: client, routine: state.Name.ValueString(), env: state.Env.ValueString(), before: &before}
	if err := deleting.run(ctx); err != nil && !esa.IsRoutineMissing(err) {
		resp.Diagnostics.Append(state.failure("delete", err))
	}
}
