package provider

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// NewServer returns the server of a provider for version 6 of the plugin protocol.
//
// terraform-plugin-framework 1.19 keeps the context of every call (contextCancels of its server), including the call's loggers: about
// 20 KiB a call, or 100 MiB in a plan of a thousand deployments. So calls that occur for each resource get a context that releases
// the call at its end.
func NewServer(made provider.Provider) tfprotov6.ProviderServer {
	served := providerserver.NewProtocol6(made)()
	lists, _ := served.(tfprotov6.ListResourceServer)
	return &server{served, lists}
}

type server struct {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// call makes a call with a context that it releases afterwards.
func call[Request, Response any](ctx context.Context, request Request, handle func(context.Context, Request) (Response, error)) (Response, error) {
	held := &heldContext{inner: ctx, done: ctx.Done()}
	defer held.letGo()
	return handle(held, request) //nolint:contextcheck // It is ctx until the call is over.
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *server) ValidateResourceConfig(ctx context.Context, request *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	response, err := call(ctx, request, s.ProviderServer.ValidateResourceConfig)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// UpgradeResourceState implements tfprotov6.ResourceServer.
func (s *server) UpgradeResourceState(ctx context.Context, request *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, request, s.ProviderServer.UpgradeResourceState)
}

// UpgradeResourceIdentity implements tfprotov6.ResourceServer.
func (s *server) UpgradeResourceIdentity(ctx context.Context, request *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return call(ctx, request, s.ProviderServer.UpgradeResourceIdentity)
}

// ReadResource implements tfprotov6.ResourceServer.
func (s *server) ReadResource(ctx context.Context, request *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return call(ctx, request, s.ProviderServer.ReadResource)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s *server) PlanResourceChange(ctx context.Context, request *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	response, err := call(ctx, request, s.ProviderServer.PlanResourceChange)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *server) ApplyResourceChange(ctx context.Context, request *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	response, err := call(ctx, request, s.ProviderServer.ApplyResourceChange)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// ValidateProviderConfig implements tfprotov6.ProviderServer.
func (s *server) ValidateProviderConfig(ctx context.Context, request *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	response, err := s.ProviderServer.ValidateProviderConfig(ctx, request)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (s *server) ConfigureProvider(ctx context.Context, request *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	response, err := s.ProviderServer.ConfigureProvider(ctx, request)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// ValidateDataResourceConfig implements tfprotov6.DataSourceServer.
func (s *server) ValidateDataResourceConfig(ctx context.Context, request *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	response, err := s.ProviderServer.ValidateDataResourceConfig(ctx, request)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// ReadDataSource implements tfprotov6.DataSourceServer.
func (s *server) ReadDataSource(ctx context.Context, request *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	response, err := s.ProviderServer.ReadDataSource(ctx, request)
	if response != nil {
		place(response.Diagnostics)
	}
	return response, err
}

// heldContext is the context of a call until the end of the call. After that it does not refer to the call any more.
type heldContext struct {
	mutex sync.RWMutex
	inner context.Context
	// done is the channel of the call, so that it stays closed.
	done <-chan struct{}
	// deadline, limited and err are the last values of inner.
	deadline time.Time
	limited  bool
	err      error
}

func (h *heldContext) letGo() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.deadline, h.limited = h.inner.Deadline()
	h.err = h.inner.Err()
	if h.err == nil {
		h.err = context.Canceled
	}
	h.inner = nil
}

// Deadline implements context.Context.
func (h *heldContext) Deadline() (time.Time, bool) {
	h.mutex.RLock()
	defer h.mutex.RUnlock()
	if h.inner == nil {
		return h.deadline, h.limited
	}
	return h.inner.Deadline()
}

// Done implements context.Context.
func (h *heldContext) Done() <-chan struct{} {
	return h.done
}

// Err implements context.Context.
func (h *heldContext) Err() error {
	h.mutex.RLock()
	defer h.mutex.RUnlock()
	if h.inner == nil {
		return h.err
	}
	return h.inner.Err()
}

// Value implements context.Context.
func (h *heldContext) Value(key any) any {
	h.mutex.RLock()
	defer h.mutex.RUnlock()
	if h.inner == nil {
		return nil
	}
	return h.inner.Value(key)
}
