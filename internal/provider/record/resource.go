// Package record is esa_routine_related_record, a host name of a site that an edge routine answers.
package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/alicloud"
	"terraform-provider-esa/internal/provider/connection"
	"terraform-provider-esa/internal/provider/routinename"
)

// Time limits where the configuration sets none.
const (
	defaultWriteTimeout = 5 * time.Minute
	defaultReadTimeout  = 2 * time.Minute
)

// refreshMaxAge is how old the list of a routine's records may be that a read uses: one call serves all of them.
const refreshMaxAge = 15 * time.Second

var (
	_ resource.ResourceWithConfigure   = (*recordResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*recordResource)(nil)
	_ resource.ResourceWithImportState = (*recordResource)(nil)
	_ resource.ResourceWithIdentity    = (*recordResource)(nil)
	_ resource.ResourceWithMoveState   = (*recordResource)(nil)
)

// NewResource returns the resource esa_routine_related_record.
func NewResource() resource.Resource {
	return &recordResource{connection.NewResource("_routine_related_record")}
}

type recordResource struct {
	connection.Resource
}

// resourceModel is the resource as plan, state and configuration hold it.
type resourceModel struct {
	ID         types.String   `tfsdk:"id"`
	Name       types.String   `tfsdk:"name"`
	SiteID     types.String   `tfsdk:"site_id"`
	RecordName types.String   `tfsdk:"record_name"`
	RecordID   types.String   `tfsdk:"record_id"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

// identityModel is what tells one record from another.
type identityModel struct {
	Name     types.String `tfsdk:"name"`
	RecordID types.String `tfsdk:"record_id"`
}

func (m resourceModel) identity() identityModel {
	return identityModel{Name: m.Name, RecordID: m.RecordID}
}

func (m resourceModel) input() esa.RelatedRecordInput {
	return esa.RelatedRecordInput{Routine: m.Name.ValueString(), SiteID: m.SiteID.ValueString(), RecordName: m.RecordName.ValueString()}
}

// fromAPI fills the model with a record. A host name in another letter case is the same.
func (m *resourceModel) fromAPI(record *esa.RelatedRecord) {
	m.SiteID = types.StringValue(record.SiteID)
	if !strings.EqualFold(m.RecordName.ValueString(), record.RecordName) {
		m.RecordName = types.StringValue(record.RecordName)
	}
	m.RecordID = types.StringValue(record.RecordID)
	m.ID = types.StringValue(resourceID(m.Name.ValueString(), record.RecordID))
}

// resourceID is the id of the resource and of its import: "hello:509348423011904".
func resourceID(name, recordID string) string {
	return name + ":" + recordID
}

// Schema implements resource.Resource.
func (r *recordResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A related record: a host name of a site that an edge routine answers by itself. ESA makes the DNS record with it. The site must be active.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the routine. Changing this forces a new resource to be created.",
				Validators: routinename.Validators(), PlanModifiers: replace,
			},
			"site_id": schema.StringAttribute{
				Required: true, MarkdownDescription: "Number of the site that the host name belongs to, such as the `id` of `data.esa_site`. Changing this forces a new resource to be created.",
				Validators: []validator.String{connection.NumberValidator()}, PlanModifiers: replace,
			},
			"record_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Whole host name, such as `www.example.com`. Changing this forces a new resource to be created.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 253)}, PlanModifiers: replace,
			},
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Routine and record, as in `hello:509348423011904`.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"record_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Number of the record.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Delete: true,
				CreateDescription: "Time limit for creating, including retries and the wait until ESA shows the record, such as `90s` or `10m`. Defaults to `5m`.",
				ReadDescription:   "Time limit for reading, including retries. Defaults to `2m`.",
				DeleteDescription: "Time limit for deleting, including retries. Defaults to `5m`.",
			}),
		},
	}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *recordResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name":      identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the routine."},
		"record_id": identityschema.StringAttribute{RequiredForImport: true, Description: "Number of the record."},
	}}
}

// ModifyPlan implements resource.ResourceWithModifyPlan. Every change is a replacement, of which it warns.
func (r *recordResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !resp.Diagnostics.HasError() && plan.RecordName.Equal(state.RecordName) && !plan.Name.Equal(state.Name) {
		resp.Diagnostics.Append(state.downInBetween())
	}
}

// Create implements resource.Resource.
func (r *recordResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, plan.Timeouts.Create, defaultWriteTimeout)
	defer end()
	if client == nil {
		return
	}
	r.Run().Apply()
	record, err := create(ctx, client, plan.input())
	if err != nil {
		resp.Diagnostics.Append(plan.failure("create", err))
	}
	if record == nil {
		return
	}
	plan.RecordID = types.StringValue(record.RecordID)
	plan.ID = types.StringValue(resourceID(plan.Name.ValueString(), record.RecordID))
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

// Read implements resource.Resource.
func (r *recordResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, state.Timeouts.Read, defaultReadTimeout)
	defer end()
	if client == nil {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	record, err := esa.Confirmed(ctx, client, refreshMaxAge, func(ctx context.Context, maxAge time.Duration) (*esa.RelatedRecord, error) {
		return find(ctx, client, state.Name.ValueString(), state.RecordID.ValueString(), maxAge)
	})
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

// Update implements resource.Resource. Only timeouts change in place.
func (r *recordResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

// Delete implements resource.Resource.
func (r *recordResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, state.Timeouts.Delete, defaultWriteTimeout)
	defer end()
	if client == nil {
		return
	}
	r.Run().Apply()
	if err := remove(ctx, client, state.input(), state.RecordID.ValueString()); err != nil {
		resp.Diagnostics.Append(state.failure("delete", err))
	}
}

// ImportState implements resource.ResourceWithImportState. The read that follows fills the rest.
func (r *recordResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := connection.ImportID(ctx, req, &resp.Diagnostics, "name", "record_id")
	if resp.Diagnostics.HasError() {
		return
	}
	name, recordID, _ := strings.Cut(id, ":")
	if name == "" || recordID == "" || strings.Trim(recordID, "0123456789") != "" {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf(
			"The id must be the name of a routine and the number of a record, such as \"hello:509348423011904\", got: %q.", id))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("record_id"), recordID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// generalState is what is taken over of a state of alicloud_esa_routine_related_record. Its id is routine and record.
type generalState struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	RecordName string `json:"record_name"`
	SiteID     any    `json:"site_id"`
}

// MoveState implements resource.ResourceWithMoveState.
func (r *recordResource) MoveState(context.Context) []resource.StateMover {
	return alicloud.Movers("alicloud_esa_routine_related_record", func(state generalState) (model, identity any, err error) {
		name, recordID, _ := strings.Cut(state.ID, ":")
		name = cmp.Or(name, state.Name)
		if name == "" || recordID == "" || strings.Trim(recordID, "0123456789") != "" {
			return nil, nil, errors.New("its id is not that of a record, as in \"hello:509348423011904\"")
		}
		moved := resourceModel{
			ID: types.StringValue(resourceID(name, recordID)), Name: types.StringValue(name), RecordID: types.StringValue(recordID),
			RecordName: alicloud.Text(state.RecordName), SiteID: types.StringNull(),
			Timeouts: timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{"create": types.StringType, "read": types.StringType, "delete": types.StringType})},
		}
		if site, ok := state.SiteID.(string); ok {
			moved.SiteID = alicloud.Text(site)
		}
		return moved, moved.identity(), nil
	})
}
