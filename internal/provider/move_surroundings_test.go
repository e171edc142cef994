package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// TestMovedStatesNeedNoChange moves states of the alicloud provider's routes and related records. What is read afterwards is
// what was moved, so that the plan is empty.
func TestMovedStatesNeedNoChange(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t)
	simulator.AddRoutine("hello")
	site := simulator.AddSite(esasim.Site{Name: "example.com"})
	route := simulator.AddRoute(esasim.Route{SiteID: site, Routine: "hello", Name: "shop", Rule: `(http.host eq "www.example.com")`, Enable: "on", Bypass: "off", Fallback: "off", Sequence: 1})
	record := simulator.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: "www.example.com"})
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
	for resource, test := range map[string]struct{ from, state, id string }{
		"esa_routine_route": {"alicloud_esa_routine_route", fmt.Sprintf(`{"id": "%[1]s:hello:%[2]s", "site_id": %[1]s, "config_id": %[2]s, "routine_name": "hello", "route_name": "shop",
			"route_enable": "on", "rule": "(http.host eq \"www.example.com\")", "bypass": "off", "fallback": "off", "sequence": 1}`, site, route), site + ":" + route},
		"esa_routine_related_record": {"alicloud_esa_routine_related_record",
			fmt.Sprintf(`{"id": %q, "name": "hello", "record_name": "www.example.com", "site_id": %q}`, "hello:"+record, site), "hello:" + record},
	} {
		moved, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
			SourceProviderAddress: generalAddress, SourceTypeName: test.from, SourceState: &tfprotov6.RawState{JSON: []byte(test.state)}, TargetTypeName: resource,
		})
		if err != nil || len(moved.Diagnostics) > 0 {
			t.Fatalf("moving %s: %v %+v", resource, err, moved.Diagnostics)
		}
		read, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: resource, CurrentState: moved.TargetState})
		if err != nil || len(read.Diagnostics) > 0 {
			t.Fatalf("reading %s: %v %+v", resource, err, read.Diagnostics)
		}
		kind := schemas.ResourceSchemas[resource].ValueType()
		before, after := attributes(t, moved.TargetState, kind), attributes(t, read.NewState, kind)
		if id := after["id"]; !id.Equal(text(test.id)) {
			t.Errorf("%s has the id %s, want %s", resource, id, test.id)
		}
		for name := range after {
			if !before[name].Equal(after[name]) {
				t.Errorf("%s: %s was moved as %s and read as %s", resource, name, before[name], after[name])
			}
		}
	}
	refused, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: generalAddress, SourceTypeName: "alicloud_esa_routine_route", SourceState: &tfprotov6.RawState{JSON: []byte(`{"id": "hello"}`)}, TargetTypeName: "esa_routine_route",
	})
	if err != nil || len(refused.Diagnostics) != 1 || refused.Diagnostics[0].Summary != "Cannot move the state" {
		t.Errorf("an id of another form: %v %+v", err, refused)
	}
}

func attributes(t *testing.T, state *tfprotov6.DynamicValue, kind tftypes.Type) (values map[string]tftypes.Value) {
	t.Helper()
	value, err := state.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	if value.IsNull() {
		t.Fatal("nothing was read")
	}
	if err := value.As(&values); err != nil {
		t.Fatal(err)
	}
	return values
}
