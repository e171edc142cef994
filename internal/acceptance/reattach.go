package acceptance

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"terraform-provider-esa/internal/provider"
)

// Workspace returns a workspace whose provider runs in this process, as that of a test case does, so that
// [Simulated.Options] apply to it.
func (s *Simulated) Workspace(t *testing.T) *Workspace {
	t.Helper()
	needTerraform(t)
	ctx, stop := context.WithCancel(context.Background())
	reattach, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
	served := make(chan error, 1)
	factory := s.Factories()[provider.TypeName]
	go func() {
		server, err := factory()
		if err != nil {
			served <- err
			return
		}
		served <- tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return server },
			tf6server.WithDebug(ctx, reattach, closed), tf6server.WithLoggingSink(t), tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
	}()
	var config *plugin.ReattachConfig
	select {
	case config = <-reattach:
	case err := <-served:
		t.Fatalf("serving the provider: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the provider did not start within a minute")
	}
	t.Cleanup(func() {
		stop()
		<-closed
	})
	// This is what Terraform reads to find a provider that it need not start.
	text, err := json.Marshal(map[string]any{provider.Address: map[string]any{
		"Protocol": string(config.Protocol), "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": config.Test,
		"Addr": map[string]string{"Network": config.Addr.Network(), "String": config.Addr.String()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	workspace := newWorkspace(t, "", []string{"TF_REATTACH_PROVIDERS=" + string(text)})
	workspace.Write("provider.tf", s.ProviderBlock())
	return workspace
}
