package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

type providerFunction struct {
	name       string
	definition function.Definition
	run        func(ctx context.Context, req function.RunRequest, resp *function.RunResponse)
}

// NewFunction returns the provider function with this name.
func NewFunction(name string, definition function.Definition, run func(ctx context.Context, req function.RunRequest, resp *function.RunResponse)) function.Function {
	return providerFunction{name, definition, run}
}

// Metadata implements function.Function.
func (f providerFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

// Definition implements function.Function.
func (f providerFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = f.definition
}

// Run implements function.Function.
func (f providerFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	f.run(ctx, req, resp)
}
