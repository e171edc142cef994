package connection

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"terraform-provider-esa/internal/provider/run"
)

// ProviderData is what the provider's Configure hands to its resources and data sources.
type ProviderData struct {
	// Connection is the client.
	Connection *Connection
	// Run is the record of this run of Terraform.
	Run *run.Record
}

// Resource is embedded by every resource: it takes what the provider hands over.
type Resource struct {
	data ProviderData
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	resp.Diagnostics.Append(r.data.take(req.ProviderData)...)
}

// Connection returns the provider's connection, nil where the provider is not configured yet.
func (r *Resource) Connection() *Connection {
	return r.data.Connection
}

// Run returns the record of this run of Terraform, nil where the provider is not configured yet.
func (r *Resource) Run() *run.Record {
	return r.data.Run
}

// DataSource is embedded by every data source: it takes the connection from the provider.
type DataSource struct {
	data ProviderData
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	resp.Diagnostics.Append(d.data.take(req.ProviderData)...)
}

// Connection returns the provider's connection, nil where the provider is not configured yet.
func (d *DataSource) Connection() *Connection {
	return d.data.Connection
}

// Run returns the record of this run of Terraform, nil where the provider is not configured yet.
func (d *DataSource) Run() *run.Record {
	return d.data.Run
}

// take takes the provider data of a Configure request, which is nil where the provider is not configured yet, as while
// Terraform validates.
func (d *ProviderData) take(data any) diag.Diagnostics {
	if data == nil {
		return nil
	}
	handed, ok := data.(ProviderData)
	if !ok {
		return diag.Diagnostics{diag.NewErrorDiagnostic(
			"Unexpected provider data",
			fmt.Sprintf("Expected %T, got: %T. Please report this to the provider's developers.", *d, data),
		)}
	}
	*d = handed
	return nil
}
