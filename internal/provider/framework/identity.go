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

// Identity identifies an object of a resource: the attributes of its id, joined with colons.
type Identity struct {
	// Rule describes a valid id, with an example.
	Rule string
	// Attributes are in the order of the id.
	Attributes []IdentityAttribute
}

// IdentityAttribute is a part of an [Identity].
type IdentityAttribute struct {
	Name, Description string
	// IsValid reports whether a text is a valid value.
	IsValid func(text string) bool
}

// Attributes that identify objects of several resources.
var (
	IdentityName = IdentityAttribute{"name", "Name of the routine.", isName}
	IdentityEnv  = IdentityAttribute{"env", "Environment of the routine: staging or production.", IsEnvironment}
)

// EnvironmentIdentity is the identity of resources that manage one environment of a routine.
var EnvironmentIdentity = Identity{
	"the name of a routine and one of its environments (" + strings.Join(esa.Environments(), ", ") + "), such as \"hello:production\"",
	[]IdentityAttribute{IdentityName, IdentityEnv},
}

func isName(text string) bool { return text != "" }

// IsNumber reports whether a text can be a number of ESA.
func IsNumber(text string) bool { return number.MatchString(text) }

// IsEnvironment reports whether a text is the name of an environment.
func IsEnvironment(text string) bool { return slices.Contains(esa.Environments(), text) }

// ID returns the id of attribute values in the order of the [Identity]: "hello:production".
func ID(values ...string) string { return strings.Join(values, ":") }

// IDOf is ID for attributes of a model. It is unknown if one of them is unknown.
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

// Parse returns the attribute values of an id; ok is false if it is not valid.
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

// Save stores a model in the state, together with the identity.
func (r *Resource) Save(ctx context.Context, model any, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	diags := state.Set(ctx, model)
	diags.Append(r.identity.store(ctx, state, identity)...)
	return diags
}

// store copies the attributes of the identity from a state.
func (i Identity) store(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity) (diags diag.Diagnostics) {
	for _, attribute := range i.Attributes {
		var value types.String
		diags.Append(state.GetAttribute(ctx, path.Root(attribute.Name), &value)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(attribute.Name), value)...)
	}
	return diags
}

// set sets the attributes of the identity, in a state or in an identity.
func (i Identity) set(ctx context.Context, target interface {
	SetAttribute(ctx context.Context, at path.Path, value any) diag.Diagnostics
}, values []string) (diags diag.Diagnostics) {
	for index, attribute := range i.Attributes {
		diags.Append(target.SetAttribute(ctx, path.Root(attribute.Name), values[index])...)
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

// ImportState implements resource.ResourceWithImportState, by id or by identity. The following read sets the other attributes.
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
	resp.Diagnostics.Append(r.identity.set(ctx, &resp.State, values)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}
