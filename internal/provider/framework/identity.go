package framework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

// Identity is what tells one object of a resource from another: attributes that make up its id, with colons between them.
type Identity struct {
	// Rule is what an id must be, with an example.
	Rule string
	// Attributes are the attributes, in the order of the id.
	Attributes []IdentityAttribute
}

// IdentityAttribute is a part of an [Identity].
type IdentityAttribute struct {
	Name, Description string
	// IsValid tells whether a text can be the attribute.
	IsValid func(text string) bool
}

// Attributes that identify objects of several resources.
var (
	IdentityName = IdentityAttribute{"name", "Name of the routine.", isName}
	IdentityEnv  = IdentityAttribute{"env", "Environment of the routine: staging or production.", IsEnvironment}
)

// EnvironmentIdentity is that of a resource about one environment of a routine.
var EnvironmentIdentity = Identity{
	"the name of a routine and one of its environments (" + strings.Join(esa.Environments(), ", ") + "), such as \"hello:production\"",
	[]IdentityAttribute{IdentityName, IdentityEnv},
}

func isName(text string) bool { return text != "" }

// IsNumber tells whether a text can be a number that ESA has given to something.
func IsNumber(text string) bool { return number.MatchString(text) }

// IsEnvironment tells whether a text is the name of an environment.
func IsEnvironment(text string) bool { return slices.Contains(esa.Environments(), text) }

// ID returns the id that attributes make up, in the order of the [Identity]: "hello:production".
func ID(values ...string) string { return strings.Join(values, ":") }

// IDOf is ID for the attributes of a model, unknown if one of them is.
func IDOf(attributes ...types.String) types.String {
	values := make([]string, len(attributes))
	for index, attribute := range attributes {
		if attribute.IsUnknown() {
			return types.StringUnknown()
		}
		values[index] = attribute.ValueString()
	}
	return types.StringValue(ID(values...))
}

// Parse returns the attributes that make up an id; ok is false for anything that is not one.
func (i Identity) Parse(id string) (values []string, ok bool) {
	values = strings.SplitN(id, ":", len(i.Attributes))
	if len(values) != len(i.Attributes) {
		return nil, false
	}
	for index, attribute := range i.Attributes {
		if !attribute.IsValid(values[index]) {
			return nil, false
		}
	}
	return values, true
}

// Save stores a model as the state of an object, and the identity that follows from it.
func (r *Resource) Save(ctx context.Context, model any, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	diags := state.Set(ctx, model)
	diags.Append(r.identity.store(ctx, state, identity)...)
	return diags
}

// store stores the identity of the object in a state.
func (i Identity) store(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity) (diags diag.Diagnostics) {
	for _, attribute := range i.Attributes {
		var value types.String
		diags.Append(state.GetAttribute(ctx, path.Root(attribute.Name), &value)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(attribute.Name), value)...)
	}
	return diags
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema.Attributes = map[string]identityschema.Attribute{}
	for _, attribute := range r.identity.Attributes {
		resp.IdentitySchema.Attributes[attribute.Name] = identityschema.StringAttribute{RequiredForImport: true, Description: attribute.Description}
	}
}

// ImportState implements resource.ResourceWithImportState, by id or by identity. The read that follows fills the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := req.ID
	if id == "" && req.Identity != nil && !req.Identity.Raw.IsNull() {
		parts := make([]string, len(r.identity.Attributes))
		for index, attribute := range r.identity.Attributes {
			var part types.String
			resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(attribute.Name), &part)...)
			parts[index] = part.ValueString()
		}
		id = ID(parts...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	values, ok := r.identity.Parse(id)
	if !ok {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("The id must be %s, got: %q.", r.identity.Rule, id))
		return
	}
	for index, attribute := range r.identity.Attributes {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute.Name), values[index])...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}
