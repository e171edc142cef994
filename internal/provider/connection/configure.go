package connection

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resource is embedded by every resource: it takes the connection from the provider.
type Resource struct {
	connection *Connection
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	connected, diags := FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.connection = connected
}

// Connection returns the provider's connection, nil where the provider is not configured yet.
func (r *Resource) Connection() *Connection {
	return r.connection
}

// DataSource is embedded by every data source: it takes the connection from the provider.
type DataSource struct {
	connection *Connection
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	connected, diags := FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.connection = connected
}

// Connection returns the provider's connection, nil where the provider is not configured yet.
func (d *DataSource) Connection() *Connection {
	return d.connection
}
