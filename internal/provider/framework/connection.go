package framework

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/esa"
)

// Connection is the client of a configured provider.
type Connection struct {
	client  *esa.Client
	unknown []string
}

// To returns the connection that uses client.
func To(client *esa.Client) *Connection {
	return &Connection{client: client}
}

// Awaiting returns the connection of a provider block some of whose attributes are not known before apply. Resources
// that are yet to be created can be planned with it, without reading what is live.
func Awaiting(attributes []string) *Connection {
	return &Connection{unknown: attributes}
}

// Known tells whether there is a client, so that what is live can be read.
func (c *Connection) Known() bool {
	return c != nil && c.client != nil
}

// Client returns the client, or an error that says which attributes of the provider block are still unknown.
func (c *Connection) Client() (*esa.Client, diag.Diagnostics) {
	switch {
	case c == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider is not configured", "Terraform asked for a call to ESA before it configured the provider. Report this to the provider developers.")}
	case c.client == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic(
			"Provider configuration is not known yet",
			fmt.Sprintf("This operation calls ESA, but %s in the provider block is known only after apply. "+
				"Apply what it depends on first (terraform apply -target=...), or use a value that is known during planning.", strings.Join(c.unknown, " and ")),
		)}
	default:
		return c.client, nil
	}
}
