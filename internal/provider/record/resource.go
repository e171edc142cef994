// Package record is esa_routine_related_record, a host name of a site that an edge routine answers.
package record

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

var (
	_ framework.ManagedResource       = (*recordResource)(nil)
	_ resource.ResourceWithModifyPlan = (*recordResource)(nil)
	_ resource.ResourceWithMoveState  = (*recordResource)(nil)
)

// identity identifies a related record in ids and imports.
var identity = framework.Identity{
	Rule:       "the name of a routine and the number of a record, such as \"hello:509348423011904\"",
	Attributes: []framework.IdentityAttribute{framework.IdentityName, {Name: "record_id", Description: "Number of the record.", IsValid: framework.IsNumber}},
}

// NewResource returns the resource esa_routine_related_record.
func NewResource() resource.Resource {
	return &recordResource{framework.NewResource("_routine_related_record", identity)}
}

type recordResource struct {
	framework.Resource
}

// hostName is a host name with its domain. Whether ESA takes a wildcard is not documented, so that it is left to ESA.
var hostName = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

const otherHostRule = "Another host name forces a new resource to be created; another letter case does not."

func otherHost(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	resp.RequiresReplace = !strings.EqualFold(req.PlanValue.ValueString(), req.StateValue.ValueString())
}

// Schema implements resource.Resource.
func (r *recordResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A related record: it binds one host name of a site to an edge routine, which then answers all requests for it. ESA creates the DNS record with it. The site must be active, " +
			"and HTTPS works only where the certificate of the site covers the host name. Every change replaces the record, and the host name is down in between: the plan warns of it.",
		Attributes: map[string]schema.Attribute{
			"name": framework.RoutineName(),
			"site_id": schema.StringAttribute{
				Required: true, MarkdownDescription: "Number of the site that the host name belongs to, such as the `id` of `data.esa_site`. Changing this forces a new resource to be created.",
				Validators: []validator.String{framework.NumberValidator()}, PlanModifiers: replace,
			},
			"record_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Whole host name, such as `www.example.com`, in any letter case. Changing this forces a new resource to be created.",
				Validators: []validator.String{
					stringvalidator.LengthBetween(1, 253),
					stringvalidator.RegexMatches(hostName, "must be a host name with its domain, such as www.example.com"),
				},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(otherHost, otherHostRule, otherHostRule)},
			},
			"id":        framework.Constant("Routine and record, as in `hello:509348423011904`."),
			"record_id": framework.Constant("Number of the record."),
			"timeouts":  framework.Timeouts(ctx, timeouts.Opts{Create: true, Read: true, Delete: true}, "ESA shows the record"),
		},
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan. Every change of the record is a replacement, of which it warns.
func (r *recordResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() || r.Run().Applying.Load() {
		return
	}
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case !strings.EqualFold(plan.RecordName.ValueString(), state.RecordName.ValueString()):
		resp.Diagnostics.Append(state.leftBehind())
	case !plan.Name.Equal(state.Name) || !plan.SiteID.Equal(state.SiteID):
		resp.Diagnostics.Append(state.downInBetween())
	}
}

// Create implements resource.Resource.
func (r *recordResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutCreate, plan.Timeouts.Create)
	defer end()
	if client == nil {
		return
	}
	recordID, shown, err := create(ctx, client, plan.input())
	if recordID != "" {
		plan.identify(recordID)
		resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
	}
	switch {
	case shown:
	case err != nil && recordID == "":
		resp.Diagnostics.Append(plan.failure("create", err))
	default:
		resp.Diagnostics.Append(plan.notSeen(recordID != "", err))
	}
}

// Read implements resource.Resource.
func (r *recordResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	client, ctx, end := r.BeginRead(ctx, req, resp, &state)
	defer end()
	if client == nil {
		return
	}
	record, err := esa.Confirmed(ctx, client, esa.ReadsAtConflict, refreshMaxAge, func(ctx context.Context, maxAge time.Duration) (*esa.RelatedRecord, error) {
		return find(ctx, client, state.Name.ValueString(), state.RecordID.ValueString(), maxAge)
	}, nil)
	switch {
	case err != nil:
		resp.Diagnostics.Append(state.failure("read", err))
	case record == nil:
		resp.State.RemoveResource(ctx)
	default:
		state.fromAPI(record)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// Update implements resource.Resource. Only timeouts and the letter case of the host name change in place.
func (r *recordResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
}

// Delete implements resource.Resource.
func (r *recordResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutDelete, state.Timeouts.Delete)
	defer end()
	if client == nil {
		return
	}
	if err := remove(ctx, client, state.input(), state.RecordID.ValueString()); err != nil {
		resp.Diagnostics.Append(state.failure("delete", err))
	}
}
