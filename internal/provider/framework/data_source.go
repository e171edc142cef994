package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/run"
)

// dataSource is a data source with Model as its configuration and state.
type dataSource[Model any] struct {
	provided

	schema schema.Schema
	read   func(ctx context.Context, client *esa.Client, record *run.Record, model *Model) diag.Diagnostics
}

// NewDataSource returns a data source. Its type is that of the provider with this ending. NewDataSource adds the attribute
// timeouts to the schema. read fills the model.
func NewDataSource[Model any](ending string, definition schema.Schema, read func(ctx context.Context, client *esa.Client, record *run.Record, model *Model) diag.Diagnostics) datasource.DataSource {
	definition.Attributes["timeouts"] = timeouts.AttributesWithOpts(context.Background(), timeouts.Opts{
		ReadDescription: "Time limit for reading, including retries, such as `30s`. Defaults to `2m`.",
	})
	return &dataSource[Model]{provided{ending: ending}, definition, read}
}

// Metadata implements datasource.DataSource.
func (d *dataSource[Model]) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + d.ending
}

// Schema implements datasource.DataSource.
func (d *dataSource[Model]) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.schema
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *dataSource[Model]) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	resp.Diagnostics.Append(d.data.take(req.ProviderData)...)
}

// Read implements datasource.DataSource.
func (d *dataSource[Model]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model Model
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	client, ctx, end := d.Begin(ctx, &resp.Diagnostics, TimeoutRead, limits.Read)
	defer end()
	if client == nil {
		return
	}
	resp.Diagnostics.Append(d.read(ctx, client, d.Run(), &model)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
	}
}
