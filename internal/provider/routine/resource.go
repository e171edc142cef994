// Package routine is esa_routine, an edge routine without its code, with the data sources for routines.
package routine

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// refreshMaxAge is the maximum age of an answer that a read or a plan uses: one call is enough for all objects of a routine in
// one refresh.
const refreshMaxAge = 15 * time.Second

var (
	_ framework.ManagedResource       = (*routineResource)(nil)
	_ resource.ResourceWithModifyPlan = (*routineResource)(nil)
	_ resource.ResourceWithMoveState  = (*routineResource)(nil)
)

// identity identifies a routine in ids and imports.
var identity = framework.Identity{Rule: "the name of a routine: " + framework.RoutineNameRule, Attributes: []framework.IdentityAttribute{
	{Name: "name", Description: "Name of the routine.", IsValid: func(text string) bool { return framework.RoutineNameProblem(text) == "" }},
}}

// NewResource returns the resource esa_routine.
func NewResource() resource.Resource {
	return &routineResource{framework.NewResource("_routine", identity)}
}

type routineResource struct {
	framework.Resource
}

// Schema implements resource.Resource.
func (r *routineResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An edge routine: the name under which code versions are kept and released. " +
			"Destroying it deletes the routine with its code versions and stops what its environments serve; the plan warns where one still serves.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the routine, unique in the account: " + framework.RoutineNameRule + ". " +
					"Changing this forces a new resource to be created, and deletes this routine with its versions.",
				Validators:    framework.RoutineNameValidators(),
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"description":            schema.StringAttribute{Optional: true, MarkdownDescription: "What the routine is for. It is changed in place."},
			"id":                     schema.StringAttribute{Computed: true, MarkdownDescription: "The name."},
			"default_related_record": framework.Constant("Default host name of the routine, such as `hello.154edaf6.er.aliyun-esa.net`."),
			"has_assets": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the routine has static files.",
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
			"create_time": framework.Constant("When the routine was created, in the format of the ESA API."),
			"timeouts":    framework.Timeouts(ctx, timeouts.Opts{Create: true, Update: true, Read: true, Delete: true}, "ESA shows the routine"),
		},
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *routineResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state *resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	replaced, diags := framework.Recall[string](ctx, req.Private, keyReplaced)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan != nil {
		plan.ID = plan.Name
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	}
	if state != nil && plan != nil {
		resp.Diagnostics.Append(framework.Remember(ctx, resp.Private, keyReplaced, state.Name.ValueString())...)
	}
	r.notePlan(plan, state)
	if !r.HasClient() || r.Run().Applying.Load() || resp.Diagnostics.HasError() {
		return
	}
	configured := plan
	if plan == nil {
		configured = state
	}
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutRead, configured.Timeouts.Read)
	defer end()
	if client == nil {
		return
	}
	switch {
	case plan == nil:
		resp.Diagnostics.Append(state.checkDelete(ctx, client, "This deletes")...)
	case state == nil && !plan.Name.IsUnknown() && plan.Name.ValueString() != replaced:
		resp.Diagnostics.Append(plan.checkCreate(ctx, client)...)
	case state != nil && !plan.Name.Equal(state.Name):
		resp.Diagnostics.Append(state.checkDelete(ctx, client, "This replacement deletes")...)
	}
}

// Create implements resource.Resource.
func (r *routineResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutCreate, plan.Timeouts.Create)
	defer end()
	if client == nil {
		return
	}
	name, description := plan.Name.ValueString(), plan.Description.ValueString()
	written, err := create(ctx, client, name, description)
	if err == nil {
		r.NoteCreated(name)
		resp.Diagnostics.Append(r.Save(ctx, plan.unseen(resourceModel{}), &resp.State, resp.Identity)...)
		if written.Sent {
			written.Seen, err = awaitDescription(ctx, client, name, description)
		}
	}
	var exists *existsError
	switch {
	case err == nil:
		plan.computedFromAPI(written.Seen)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(rememberServed(ctx, resp.Private, written.Seen)...)
		resp.Diagnostics.Append(plan.checkDescription(written.Seen)...)
	case errors.As(err, &exists):
		resp.Diagnostics.Append(plan.exists(exists.existing))
	case written.Sent:
		resp.Diagnostics.Append(plan.notSeen(err))
	default:
		resp.Diagnostics.Append(plan.createFailure(err, written.Unanswered))
	}
}

// Read implements resource.Resource.
func (r *routineResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	client, ctx, end := r.BeginRead(ctx, req, resp, &state)
	defer end()
	if client == nil {
		return
	}
	name := state.Name.ValueString()
	routine, err := esa.Confirmed(ctx, client, esa.ReadsAtConflict, refreshMaxAge, func(ctx context.Context, maxAge time.Duration) (*esa.Routine, error) {
		return client.GetRoutine(ctx, name, maxAge)
	}, state.matches)
	switch {
	case err != nil:
		resp.Diagnostics.Append(state.failure("read", err))
	case routine == nil:
		resp.State.RemoveResource(ctx)
	default:
		state.fromAPI(routine)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		resp.Diagnostics.Append(rememberServed(ctx, resp.Private, routine)...)
	}
}

// Update implements resource.Resource. It makes no call if only timeouts change, or a description from null to empty.
func (r *routineResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutUpdate, plan.Timeouts.Update)
	defer end()
	if client == nil {
		return
	}
	name, description, before := plan.Name.ValueString(), plan.Description.ValueString(), state.baseline()
	changes := description != before.description
	if changes {
		if err := describe(ctx, client, name, description, before); err != nil {
			resp.Diagnostics.Append(plan.notWritten("update", err))
			return
		}
	}
	resp.Diagnostics.Append(r.Save(ctx, plan.unseen(state), &resp.State, resp.Identity)...)
	if !changes && !plan.hasUnknown() {
		return
	}
	seen, err := awaitDescription(ctx, client, name, description)
	switch {
	case err != nil:
		resp.Diagnostics.Append(plan.failure("read", err))
		return
	case before.isAnother(seen):
		// Someone recreated it at the moment of the write, so it is not the routine in the state.
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		resp.Diagnostics.Append(plan.notWritten("update", &changedError{before: before, seen: seen, written: true}))
		return
	case plan.hasUnknown():
		plan.computedFromAPI(seen)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
	resp.Diagnostics.Append(plan.checkDescription(seen)...)
}

// Delete implements resource.Resource.
func (r *routineResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutDelete, state.Timeouts.Delete)
	defer end()
	if client == nil || r.WasCreatedAnew(state.Name.ValueString()) {
		return
	}
	before := state.baseline()
	served, diags := framework.Recall[map[string]string](ctx, req.Private, keyServed)
	resp.Diagnostics.Append(diags...)
	before.deployments = map[string]string{}
	maps.Copy(before.deployments, served)
	for _, environment := range esa.Environments() {
		if left, ok := r.Run().Left.Get(esa.Target{Routine: state.Name.ValueString(), Environment: environment}); ok {
			before.deployments[environment] = left
		}
	}
	if err := remove(ctx, client, state.Name.ValueString(), before); err != nil {
		resp.Diagnostics.Append(state.notWritten("delete", err))
	}
}
