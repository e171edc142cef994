package framework

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// PrivateReader is the private data of a request. Terraform stores it with the state and does not show it.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is the private data of a response.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Remember stores a value in the private data of a resource as JSON.
func Remember(ctx context.Context, private PrivateWriter, key string, value any) diag.Diagnostics {
	content, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Cannot keep private data", err.Error()+". Report this to the provider developers.")}
	}
	return private.SetKey(ctx, key, content)
}

// Recall returns a value that [Remember] stored, the zero value if there is none or another version stored something else.
func Recall[T any](ctx context.Context, private PrivateReader, key string) (value T, diags diag.Diagnostics) {
	content, diags := private.GetKey(ctx, key)
	var kept T
	if len(content) > 0 && json.Unmarshal(content, &kept) == nil {
		value = kept
	}
	return value, diags
}
