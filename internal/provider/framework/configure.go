// Package framework is what the resources, data sources and list resources of the provider have in common: the client, ids,
// private data, recurring attributes, lists, and the conversion of states of the `alicloud` provider.
package framework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/run"
)

// ProviderData is what the provider's Configure passes to resources and data sources.
type ProviderData struct {
	// Client is nil if a part of the provider block is known only after apply. New objects can be planned without it.
	Client *esa.Client
	// Unknown are the attributes of the provider block that are known only after apply.
	Unknown []string
	// Run is the record of this Terraform run.
	Run *run.Record
}

// ManagedResource is the interface that every resource of the provider implements.
type ManagedResource interface {
	resource.ResourceWithConfigure
	resource.ResourceWithImportState
	resource.ResourceWithIdentity
}

// Resource is embedded by every resource. It implements Metadata, Configure, identity and import.
type Resource struct {
	provided
	identity Identity
}

// NewResource returns a resource. Its type is that of the provider with this ending.
func NewResource(ending string, identity Identity) Resource {
	return Resource{provided{ending: ending}, identity}
}

// Metadata implements resource.Resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + r.ending
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	resp.Diagnostics.Append(r.data.take(req.ProviderData)...)
}

// provided is what resources and data sources have in common.
type provided struct {
	ending string
	data   ProviderData
}

// HasClient reports whether there is a client.
func (p *provided) HasClient() bool {
	return p.data.Client != nil
}

// Client returns the client, or an error that explains why there is none.
func (p *provided) Client() (*esa.Client, diag.Diagnostics) {
	switch {
	case p.HasClient():
		return p.data.Client, nil
	case p.data.Run == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider is not configured", "Terraform asked for a call to ESA before it configured the provider. Report this to the provider developers.")}
	default:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider configuration is not known yet", fmt.Sprintf(
			"This operation calls ESA, but %s in the provider block is known only after apply. "+
				"Apply what it depends on first (terraform apply -target=...), or use a value that is known during planning.", strings.Join(p.data.Unknown, " and ")))}
	}
}

// Run returns the record of this Terraform run, an empty one if the provider is not configured yet.
func (p *provided) Run() *run.Record {
	if p.data.Run == nil {
		return new(run.Record)
	}
	return p.data.Run
}

// UntaintHint is the advice if the object that blocks a create belongs to the same resource.
const UntaintHint = "If Terraform marks this resource as tainted after an interrupted apply, run terraform untaint on it instead."

// The attributes that limit the time of an operation.
const (
	TimeoutCreate = "timeouts.create"
	TimeoutRead   = "timeouts.read"
	TimeoutUpdate = "timeouts.update"
	TimeoutDelete = "timeouts.delete"
)

// The default time limits, including retries and waits.
const (
	DefaultReadTimeout  = 2 * time.Minute
	DefaultWriteTimeout = 5 * time.Minute
)

// Timeout returns one timeout of a configuration, such as timeouts.Value.Read.
type Timeout func(ctx context.Context, standard time.Duration) (time.Duration, diag.Diagnostics)

// Begin returns the client for an operation and a context with its time limit. The caller must call end. setting is the attribute
// that sets the limit, or empty. If it is that of a create, an update or a delete, Begin notes that Terraform applies. The client
// is nil if diags has an error.
func (p *provided) Begin(ctx context.Context, diags *diag.Diagnostics, setting string, configured Timeout) (client *esa.Client, limited context.Context, end context.CancelFunc) {
	client, problems := p.Client()
	diags.Append(problems...)
	writes, standard := slices.Contains([]string{TimeoutCreate, TimeoutUpdate, TimeoutDelete}, setting), DefaultReadTimeout
	if writes {
		standard = DefaultWriteTimeout
	}
	timeout, problems := configured(ctx, standard)
	diags.Append(problems...)
	if diags.HasError() {
		return nil, ctx, func() {}
	}
	if writes {
		p.Run().Applying.Store(true)
	}
	limited, end = esa.WithTimeLimit(ctx, timeout, setting)
	return client, limited, end
}

// BeginRead is Begin for a read. It reads the state into the model and sets the identity. Terraform before 1.12 stored none, and
// without an identity even the removal from the state fails.
func (r *Resource) BeginRead(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse, model any) (client *esa.Client, limited context.Context, end context.CancelFunc) {
	var limits timeouts.Value
	resp.Diagnostics.Append(req.State.Get(ctx, model)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	resp.Diagnostics.Append(r.identity.store(ctx, &req.State, resp.Identity)...)
	return r.Begin(ctx, &resp.Diagnostics, TimeoutRead, limits.Read)
}

// NoteCreated notes that this run has created the object with an id.
func (r *Resource) NoteCreated(id string) {
	r.Run().Created.Set(r.ending+" "+id, true)
}

// WasCreatedAnew reports whether this run has created an object with the id of the one that it destroys, as with
// create_before_destroy. If the user chooses the id, ESA has only one object with it, and that is the new one, which must stay.
func (r *Resource) WasCreatedAnew(id string) bool {
	return r.Run().Created.Of(r.ending + " " + id)
}

// take stores the provider data of a Configure request. It is nil if the provider is not configured yet, as during validation.
func (d *ProviderData) take(data any) diag.Diagnostics {
	if data == nil {
		return nil
	}
	handed, ok := data.(ProviderData)
	if !ok {
		return diag.Diagnostics{diag.NewErrorDiagnostic(
			"Unexpected provider data",
			fmt.Sprintf("Expected %T, got: %T. Report this to the provider developers.", *d, data),
		)}
	}
	*d = handed
	return nil
}
