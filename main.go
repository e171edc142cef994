// Command terraform-provider-esa serves the esa provider to Terraform and OpenTofu, which start it by themselves.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"terraform-provider-esa/internal/provider"
)

// version is set by the release build (.goreleaser.yml).
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run apart from Terraform, for a debugger such as delve; prints how to attach Terraform")
	flag.Parse()

	quietPluginLogs()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: provider.Address,
		Debug:   *debug,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// quietPluginLogs turns off the plugin libraries' own trace logs where nobody asked for any log. Terraform would drop
// them, but writing them costs about a third of the provider's CPU time.
func quietPluginLogs() {
	for _, setting := range os.Environ() {
		if strings.HasPrefix(setting, "TF_LOG") {
			return
		}
	}
	// Setenv fails only for a malformed name.
	_ = os.Setenv("TF_LOG_SDK", "off")
}
