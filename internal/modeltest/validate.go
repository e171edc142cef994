package modeltest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-esa/internal/provider"
)

// Validate returns what the provider says of the configuration of a resource, as terraform validate asks it.
func Validate(t testing.TB, typ string, body map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	response, err := provider.NewServer(provider.New("test")()).ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typ, Config: dynamic(build(typeOf(typ), body, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return response.Diagnostics
}

// Configure configures a provider with a provider block, and returns it with what it says of the block.
func Configure(ctx context.Context, t testing.TB, body map[string]any) (tfprotov6.ProviderServer, []*tfprotov6.Diagnostic) {
	t.Helper()
	server := provider.NewServer(provider.New("test")())
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	config := dynamic(build(schemas.Provider.ValueType(), body, nil))
	validated, err := server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	if err != nil || len(validated.Diagnostics) > 0 {
		return server, validated.Diagnostics
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return server, configured.Diagnostics
}
