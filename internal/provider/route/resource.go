// Package route is esa_routine_route, which sends requests of a site that match a rule to a routine, and the function route_rule,
// which writes such a rule.
package route

import (
	"context"
	"math"
	"reflect"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

var (
	_ framework.ManagedResource      = (*routeResource)(nil)
	_ resource.ResourceWithMoveState = (*routeResource)(nil)
)

// identity identifies a route in ids and imports.
var identity = framework.Identity{
	Rule: "the number of a site and the number of a route, such as \"54362329990032:352816096987136\"",
	Attributes: []framework.IdentityAttribute{
		{Name: "site_id", Description: "Number of the site.", IsValid: framework.IsNumber}, {Name: "config_id", Description: "Number of the route.", IsValid: framework.IsNumber},
	},
}

// NewResource returns the resource esa_routine_route.
func NewResource() resource.Resource {
	return &routeResource{framework.NewResource("_routine_route", identity)}
}

type routeResource struct {
	framework.Resource
}

// Schema implements resource.Resource.
func (r *routeResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A route: it sends the requests of a site that match a rule to an edge routine. The site must be active, and the host name of the rule needs a proxied DNS record in the site. " +
			"ESA takes a few minutes to bring a new route to all of its nodes. Where several routes match a request, the one with the lowest `sequence` is evaluated first; a plan cannot tell which one that will be.",
		Attributes: map[string]schema.Attribute{
			"site_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Number of the site, such as the `id` of `data.esa_site`. Changing this forces a new resource to be created.",
				Validators:          []validator.String{framework.NumberValidator()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"routine_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the routine that serves the requests.",
				Validators:          framework.RoutineNameValidators(),
			},
			"route_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Label of the route, 1 to 128 characters. ESA does not require it to be unique.",
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 128)},
			},
			"rule": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Rule expression that a request must match, at most 4096 bytes. The function `route_rule` writes it from a pattern of host name and path; `true` matches every request of the site. White space outside of quoted text has no meaning.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 4096)},
			},
			"enabled": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether the route is in use. Defaults to `true`.",
			},
			"bypass": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Whether a request that matches passes by the routine. If not set, ESA decides for a new route, and an existing route keeps its value.",
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
			"fallback": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Whether a request goes to the origin if the routine fails, for example by its CPU limit. If not set, ESA decides for a new route, and an existing route keeps its value.",
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
			"sequence": schema.Int64Attribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Place in the order of evaluation; a lower number comes first. If not set, a new route goes to the end, and ESA may move it when other routes are created and deleted. " +
					"If it is set, the plan shows when the route has moved. Set it on all routes of a site whose order matters, or on none.",
				Validators:    []validator.Int64{int64validator.Between(0, math.MaxInt32)},
				PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"timeout": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Time limit of the routine for one request, from 5 to 60 seconds. If not set, ESA decides for a new route, and an existing route keeps its value.",
				Validators:          []validator.Int64{int64validator.Between(5, 60)},
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"id":        framework.Constant("Site and route, as in `54362329990032:352816096987136`."),
			"config_id": framework.Constant("Number of the route."),
			"timeouts":  framework.Timeouts(ctx, timeouts.Opts{Create: true, Update: true, Read: true, Delete: true}, "ESA shows the route"),
		},
	}
}

// Create implements resource.Resource.
func (r *routeResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutCreate, plan.Timeouts.Create)
	defer end()
	if client == nil {
		return
	}
	input := plan.input()
	configID, err := create(ctx, client, input)
	if err != nil {
		resp.Diagnostics.Append(plan.failure("create", err))
		return
	}
	// The route exists now, even if the wait fails.
	route, err := await(ctx, client, configID, input)
	if route == nil {
		route = &esa.Route{ConfigID: configID}
	} else {
		resp.Diagnostics.Append(checkShown(route, input)...)
	}
	plan.fillUnknown(route)
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
	if err != nil || route.RoutineName == "" {
		resp.Diagnostics.Append(plan.notSeen(err))
	}
}

// Read implements resource.Resource.
func (r *routeResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	client, ctx, end := r.BeginRead(ctx, req, resp, &state)
	defer end()
	if client == nil {
		return
	}
	route, err := esa.Confirmed(ctx, client, esa.ReadsAtConflict, refreshMaxAge, func(ctx context.Context, maxAge time.Duration) (*esa.Route, error) {
		return find(ctx, client, state.SiteID.ValueString(), state.ConfigID.ValueString(), maxAge)
	}, func(route *esa.Route) bool { return state.Rule.IsNull() || shows(route, state.input()) })
	switch {
	case err != nil:
		resp.Diagnostics.Append(state.failure("read", err))
	case route == nil:
		resp.State.RemoveResource(ctx)
	default:
		state.fromAPI(route)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// Update implements resource.Resource. A change of nothing but timeouts calls nothing.
func (r *routeResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutUpdate, plan.Timeouts.Update)
	defer end()
	if client == nil {
		return
	}
	var sequence types.Int64
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("sequence"), &sequence)...)
	if resp.Diagnostics.HasError() {
		return
	}
	before, goal, configID := state.input(), plan.input(), state.ConfigID.ValueString()
	if sequence.IsNull() {
		before.Sequence, goal.Sequence = nil, nil
	}
	shown := &esa.Route{ConfigID: configID}
	if !reflect.DeepEqual(before, goal) {
		if err := update(ctx, client, configID, before, goal); err != nil {
			resp.Diagnostics.Append(plan.failure("update", err))
			return
		}
		route, err := await(ctx, client, configID, goal)
		switch {
		case err != nil:
			resp.Diagnostics.Append(plan.failure("read", err))
		case route != nil:
			resp.Diagnostics.Append(checkShown(route, goal)...)
			shown = route
		}
	}
	plan.fillUnknown(shown)
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
}

// Delete implements resource.Resource.
func (r *routeResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutDelete, state.Timeouts.Delete)
	defer end()
	if client == nil {
		return
	}
	if err := remove(ctx, client, state.ConfigID.ValueString(), state.input()); err != nil {
		resp.Diagnostics.Append(state.failure("delete", err))
	}
}
