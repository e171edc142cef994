// Package provider is the provider block of esa: its schema, how it finds credentials and the endpoint, and the list of
// what the provider offers. Each object has a folder of its own below this one.
package provider

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/codeversion"
	"terraform-provider-esa/internal/provider/connection"
	"terraform-provider-esa/internal/provider/deployment"
	"terraform-provider-esa/internal/provider/routine"
)

// Address is the provider's address in the Terraform registry.
const Address = "registry.terraform.io/edge-routines/esa"

// TypeName is the prefix of every resource, data source and function.
const TypeName = "esa"

// Option changes how the provider works, for tests.
type Option func(*esaProvider)

// WithTransport makes the provider send its requests through transport.
func WithTransport(transport http.RoundTripper) Option {
	return func(p *esaProvider) { p.transport = transport }
}

// WithRetryPolicy makes the provider pause between attempts as policy says.
func WithRetryPolicy(policy esa.RetryPolicy) Option {
	return func(p *esaProvider) { p.retry = policy }
}

var _ provider.ProviderWithFunctions = (*esaProvider)(nil)

// New returns what makes providers of the given version.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		made := &esaProvider{version: version}
		for _, option := range options {
			option(made)
		}
		return made
	}
}

type esaProvider struct {
	version   string
	transport http.RoundTripper
	retry     esa.RetryPolicy
}

// Metadata implements provider.Provider.
func (p *esaProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = TypeName
	resp.Version = p.version
}

// Schema implements provider.Provider.
func (p *esaProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Releases edge routines (Functions and Pages) of Alibaba Cloud's Edge Security Acceleration (ESA).",
		Attributes: map[string]schema.Attribute{
			"region": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Region of the account's ESA endpoint: `cn-hangzhou` for China accounts, `ap-southeast-1` for international accounts. " +
					"Environment: `ALIBABA_CLOUD_REGION`, then `ALIBABA_CLOUD_REGION_ID`. Defaults to `cn-hangzhou`.",
			},
			"endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address of the ESA API in place of the region's own, such as `esa.ap-southeast-1.aliyuncs.com`. It is spoken to over HTTPS; " +
					"`http://` is accepted for a loopback address only. Environment: `ESA_ENDPOINT`.",
			},
			"access_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Access key id. Environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`, then `ALICLOUD_ACCESS_KEY`.",
			},
			"secret_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Access key secret, set together with `access_key`. Environment: `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, then `ALICLOUD_SECRET_KEY`.",
			},
			"security_token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Security token of a temporary access key. Environment: `ALIBABA_CLOUD_SECURITY_TOKEN`, then `ALICLOUD_SECURITY_TOKEN`.",
			},
		},
	}
}

type providerModel struct {
	Region        types.String `tfsdk:"region"`
	Endpoint      types.String `tfsdk:"endpoint"`
	AccessKey     types.String `tfsdk:"access_key"`
	SecretKey     types.String `tfsdk:"secret_key"`
	SecurityToken types.String `tfsdk:"security_token"`
}

// Configure implements provider.Provider.
func (p *esaProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	connected := connection.Awaiting(model.unknownAttributes())
	if len(model.unknownAttributes()) == 0 {
		region, endpoint, diags := model.address()
		resp.Diagnostics.Append(diags...)
		credentials, diags := model.credentials()
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		connected = connection.To(esa.New(esa.Config{
			Endpoint:    endpoint,
			Region:      region,
			Credentials: credentials,
			UserAgent:   fmt.Sprintf("terraform-provider-esa/%s Terraform/%s", p.version, req.TerraformVersion),
			Transport:   p.transport,
			Retry:       p.retry,
			Observe:     logAttempt,
		}))
	}
	resp.ResourceData = connected
	resp.DataSourceData = connected
}

// logAttempt writes one line a request, without anything that is secret.
func logAttempt(ctx context.Context, attempt esa.Attempt) {
	fields := map[string]any{
		"operation":   attempt.Operation,
		"target":      attempt.Target.String(),
		"attempt":     attempt.Number,
		"duration_ms": attempt.Duration.Milliseconds(),
		"http_status": attempt.HTTPStatus,
		"request_id":  attempt.RequestID,
	}
	if attempt.Err != nil {
		fields["error"] = attempt.Err.Error()
	}
	tflog.Debug(ctx, "ESA request", fields)
}

// Resources implements provider.Provider.
func (p *esaProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		codeversion.NewResource,
		deployment.NewResource,
		routine.NewResource,
	}
}

// DataSources implements provider.Provider.
func (p *esaProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		codeversion.NewListDataSource,
		deployment.NewDataSource,
		routine.NewDataSource,
		routine.NewListDataSource,
	}
}

// Functions implements provider.ProviderWithFunctions.
func (p *esaProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		deployment.NewCanaryFunction,
	}
}

// invalid is an error on one attribute of the provider block.
func invalid(attribute, summary, detail string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute), summary, detail)}
}

// environment returns the first of the variables that is set, with its name.
func environment(names ...string) (value, name string) {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return value, name
		}
	}
	return "", ""
}
