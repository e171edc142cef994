// Command terraform-provider-esa serves the esa provider to Terraform and OpenTofu, which start it by themselves.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"terraform-provider-esa/internal/provider"
)

// version is set by the release build (.goreleaser.yml).
var version = "dev"

func main() {
	attach := flag.Bool("debug", false, "run apart from Terraform, for a debugger such as delve; prints how to attach Terraform")
	flag.Parse()

	quietPluginLogs()
	var options []tf6server.ServeOpt
	if *attach {
		options = append(options, tf6server.WithManagedDebug())
	}
	made := provider.New(version, provider.WithConfiguring(closeStdout))
	err := tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return provider.NewServer(made()) }, options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// quietPluginLogs turns off the plugin libraries' own trace logs where no one asked for any log. Terraform would drop
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

// closeStdout drops what is printed to standard output from then on. The SDK prints the errors of its URI provider there,
// with the whole address in them, and Terraform would put them into its log. It must wait until the handshake with
// Terraform, which goes over standard output, is done.
var closeStdout = sync.OnceFunc(func() {
	if nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = nowhere
	}
})
