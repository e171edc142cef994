// Package connection is what the provider block hands to its resources and data sources: the client of the account
// that it names, or the reason why there is none yet.
package connection

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/esa"
)

// Connection is a configured provider.
type Connection struct {
	client  *esa.Client
	unknown []string
	// refreshing is set once something is read, applying once something is applied.
	refreshing atomic.Bool
	applying   atomic.Bool
	// left are the environments of LeaveEnvironment.
	left sync.Map
}

// environment is one environment of a routine.
type environment struct{ routine, name string }

// LeaveEnvironment notes that this run of Terraform forgets what an environment serves, while it goes on serving.
func (c *Connection) LeaveEnvironment(routine, name string) {
	if c != nil {
		c.left.Store(environment{routine, name}, nil)
	}
}

// HasLeftEnvironment tells whether this run of Terraform has forgotten what an environment serves. What it serves has to
// stay with it.
func (c *Connection) HasLeftEnvironment(routine, name string) bool {
	if c == nil {
		return false
	}
	_, left := c.left.Load(environment{routine, name})
	return left
}

// BeginApply notes that Terraform applies. It plans each change once more while applying, in a provider process of its
// own, so from the first change that this process applies on every plan is such a repetition.
func (c *Connection) BeginApply() {
	if c != nil {
		c.applying.Store(true)
	}
}

// NoteRead notes that Terraform refreshes.
func (c *Connection) NoteRead() {
	if c != nil {
		c.refreshing.Store(true)
	}
}

// Refreshing tells whether Terraform has begun to refresh. It reads each object before it plans a change of it, unless
// it was told -refresh=false, and reads nothing when it repeats a plan while applying.
func (c *Connection) Refreshing() bool {
	return c != nil && c.refreshing.Load()
}

// Applying tells whether Terraform has begun to apply. A plan may then leave out checks that the change itself makes
// again right after it.
func (c *Connection) Applying() bool {
	return c != nil && c.applying.Load()
}

// To returns the connection that uses client.
func To(client *esa.Client) *Connection {
	return &Connection{client: client}
}

// Awaiting returns the connection of a provider block some of whose attributes are not known before apply. Resources
// that are yet to be created can be planned with it, without a look at what is live.
func Awaiting(attributes []string) *Connection {
	return &Connection{unknown: attributes}
}

// FromProviderData returns the connection in the provider data of a Configure request: nil where the provider is not
// configured yet, as while Terraform validates.
func FromProviderData(data any) (*Connection, diag.Diagnostics) {
	if data == nil {
		return nil, nil
	}
	connected, ok := data.(*Connection)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic(
			"Provider handed over something unexpected",
			fmt.Sprintf("Found %T where the provider's connection should be. This is a mistake in the provider; please report it to its developers.", data),
		)}
	}
	return connected, nil
}

// Known tells whether there is a client, so that a look at what is live is possible.
func (c *Connection) Known() bool {
	return c != nil && c.client != nil
}

// Client returns the client, or an error that says which attributes of the provider block are still unknown.
func (c *Connection) Client() (*esa.Client, diag.Diagnostics) {
	switch {
	case c == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider is not configured", "Terraform asked for a call to ESA before it configured the provider. Please report this to the provider's developers.")}
	case c.client == nil:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic(
			"Provider configuration is not known yet",
			fmt.Sprintf("This needs a call to ESA, but the provider block takes %s from something that is known only after apply. "+
				"Apply that first (terraform apply -target=...), or give the provider block a value that is known while planning.", strings.Join(c.unknown, " and ")),
		)}
	default:
		return c.client, nil
	}
}
