package provider_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// dynamic is an object of a schema whose attributes are null but for those that are known.
func dynamic(t testing.TB, schema *tfprotov6.Schema, known map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	object := schema.ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
		if value, ok := known[name]; ok {
			values[name] = value
		}
	}
	value, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, values))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// TestNoGrowthFromRefreshToRefresh refreshes a hundred times in one process: what a call needs is let go of after it.
func TestNoGrowthFromRefreshToRefresh(t *testing.T) {
	simulator := esasim.Start(t, esasim.WithCountsOnly())
	simulator.AddRoutine("hello")
	simulator.AddCodeVersion("hello", "1723599747213377175")
	simulator.Deploy("hello", "production", esasim.Share{CodeVersion: "1723599747213377175", Percentage: 100})
	server := provider.NewServer(provider.New("test")())
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: dynamic(t, schemas.Provider, map[string]tftypes.Value{
		"endpoint": text(simulator.URL), "access_key": text(esasim.AccessKeyID), "secret_key": text(esasim.AccessKeySecret),
	})})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("configuring: %v %v", err, configured)
	}
	const resource = "esa_routine_code_deployment"
	state := dynamic(t, schemas.ResourceSchemas[resource], map[string]tftypes.Value{"name": text("hello"), "env": text("production")})
	// Each call has something of its own to hold on to, as those of Terraform have their loggers.
	type key struct{}
	const callBytes = 64 << 10
	refresh := func(times int) uint64 {
		for range times {
			ctx, end := context.WithCancel(context.WithValue(t.Context(), key{}, make([]byte, callBytes)))
			answered, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: resource, CurrentState: state})
			end()
			if err != nil || len(answered.Diagnostics) > 0 || answered.NewState == nil {
				t.Fatalf("reading: %v %+v", err, answered)
			}
		}
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	tenth := refresh(10)
	hundredth := refresh(90)
	runtime.KeepAlive(server)
	if growth := int64(hundredth) - int64(tenth); growth > 90*callBytes/4 {
		t.Errorf("from the tenth to the hundredth refresh the heap grew by %d KiB", growth>>10)
	}
}

// BenchmarkStart is what a provider process does for terraform validate, once it runs: it answers for the schema and
// validates one resource.
func BenchmarkStart(b *testing.B) {
	const resource = "esa_routine_code_deployment"
	b.ReportAllocs()
	for b.Loop() {
		server := provider.NewServer(provider.New("test")())
		schemas, err := server.GetProviderSchema(b.Context(), &tfprotov6.GetProviderSchemaRequest{})
		if err != nil {
			b.Fatal(err)
		}
		config := dynamic(b, schemas.ResourceSchemas[resource], map[string]tftypes.Value{
			"name": tftypes.NewValue(tftypes.String, "hello"), "env": tftypes.NewValue(tftypes.String, "production"),
		})
		answered, err := server.ValidateResourceConfig(b.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: resource, Config: config})
		if err != nil || len(answered.Diagnostics) == 0 {
			b.Fatalf("validating a deployment without versions: %v %+v", err, answered)
		}
	}
}
