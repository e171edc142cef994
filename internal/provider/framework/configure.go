// Package framework is what the resources, data sources and list resources of the provider have in common: how they get the
// client, ids, private data, recurring attributes, lists, and states that the `alicloud` provider wrote.
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

// ProviderData is what the provider's Configure hands to its resources and data sources.
type ProviderData struct {
	// Client is the client, nil where a part of the provider block is known only after apply. Objects that are yet to be created can
	// be planned without it, and without reading what is live.
	Client *esa.Client
	// Unknown are the attributes of the provider block that are known only after apply.
	Unknown []string
	// Run is the record of this run of Terraform.
	Run *run.Record
}

// ManagedResource is what every resource of the provider is.
type ManagedResource interface {
	resource.ResourceWithConfigure
	resource.ResourceWithImportState
	resource.ResourceWithIdentity
}

// Resource is embedded by every resource: it takes what the provider hands over, and imports.
type Resource struct {
	provided
	identity Identity
}

// NewResource returns the resource whose type is the provider's with this ending.
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

// HasClient tells whether there is a client, so that what is live can be read.
func (p *provided) HasClient() bool {
	return p.data.Client != nil
}

// Client returns the client, or an error that says why there is none.
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

// Run returns the record of this run of Terraform, which remembers nothing if the provider is not configured yet.
func (p *provided) Run() *run.Record {
	if p.data.Run == nil {
		return new(run.Record)
	}
	return p.data.Run
}

// UntaintHint says what to do where the object that stands in the way of a create is that of the resource itself.
const UntaintHint = "If Terraform marks this resource as tainted after an interrupted apply, run terraform untaint on it instead."

// The attributes of timeouts that limit an operation, as errors name them.
const (
	TimeoutCreate = "timeouts.create"
	TimeoutRead   = "timeouts.read"
	TimeoutUpdate = "timeouts.update"
	TimeoutDelete = "timeouts.delete"
)

// How long an operation may take, retries and waiting included, where the configuration sets no timeout.
const (
	DefaultReadTimeout  = 2 * time.Minute
	DefaultWriteTimeout = 5 * time.Minute
)

// Timeout reads one timeout of a configuration, such as timeouts.Value.Read.
type Timeout func(ctx context.Context, standard time.Duration) (time.Duration, diag.Diagnostics)

// Begin returns the client for an operation, and the context that ends it in time; end is to be called when it is over. setting
// is the attribute that configures the time, empty if none does: with that of a create, an update or a delete, the record of the
// run has that Terraform applies. The client is nil if diags has an error, from before or of the connection or the timeout.
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

// BeginRead is Begin for a read. It reads the state into the model, and sets the identity: Terraform before 1.12 has stored
// none, and without one even a removal fails.
func (r *Resource) BeginRead(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse, model any) (client *esa.Client, limited context.Context, end context.CancelFunc) {
	var limits timeouts.Value
	resp.Diagnostics.Append(req.State.Get(ctx, model)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	resp.Diagnostics.Append(r.identity.store(ctx, &req.State, resp.Identity)...)
	return r.Begin(ctx, &resp.Diagnostics, TimeoutRead, limits.Read)
}

// NoteCreated notes that this run has created the object of an id.
func (r *Resource) NoteCreated(id string) {
	r.Run().Created.Set(r.ending+" "+id, true)
}

// WasCreatedAnew tells whether this run has created the object of an id before it destroys that of the state, as with
// create_before_destroy. Where an id is the user's choice, ESA has no more than one of it, and the new one has to stay.
func (r *Resource) WasCreatedAnew(id string) bool {
	return r.Run().Created.Of(r.ending + " " + id)
}

// take takes the provider data of a Configure request, which is nil if the provider is not configured yet, as while
// Terraform validates.
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
