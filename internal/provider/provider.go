// Package provider is the provider block of esa: its schema, its credentials and endpoint, and the list of resources, data sources
// and functions. Each object has a folder below this one.
package provider

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/codeversion"
	"terraform-provider-esa/internal/provider/credential"
	"terraform-provider-esa/internal/provider/deployment"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/record"
	"terraform-provider-esa/internal/provider/route"
	"terraform-provider-esa/internal/provider/routine"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/provider/site"
	"terraform-provider-esa/internal/provider/variables"
)

// Address is the provider's address in the Terraform registry.
const Address = "registry.terraform.io/edge-routines/esa"

// TypeName is the prefix of every resource, data source and function.
const TypeName = "esa"

// Option configures the provider.
type Option func(*esaProvider)

// WithTransport sets the transport of requests.
func WithTransport(transport http.RoundTripper) Option {
	return func(p *esaProvider) { p.transport = transport }
}

// WithRetryPolicy sets the pauses between attempts.
func WithRetryPolicy(policy esa.RetryPolicy) Option {
	return func(p *esaProvider) { p.retry = policy }
}

// WithProbe sets the function that makes health checks of rollouts.
func WithProbe(ask func(context.Context, probe.Check) probe.Result) Option {
	return func(p *esaProvider) { p.probe = ask }
}

// WithConfiguring sets a function that the provider calls before it reads its configuration, possibly more than once.
func WithConfiguring(prepare func()) Option {
	return func(p *esaProvider) { p.configuring = prepare }
}

// New returns a factory of providers with a version.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		made := &esaProvider{version: version, configuring: func() {}}
		made.probe = func(ctx context.Context, check probe.Check) probe.Result {
			check.UserAgent = "terraform-provider-esa/" + version
			return check.Do(ctx)
		}
		for _, option := range options {
			option(made)
		}
		return made
	}
}

var (
	_ provider.ProviderWithFunctions      = (*esaProvider)(nil)
	_ provider.ProviderWithListResources  = (*esaProvider)(nil)
	_ provider.ProviderWithValidateConfig = (*esaProvider)(nil)
)

type esaProvider struct {
	version     string
	transport   http.RoundTripper
	retry       esa.RetryPolicy
	probe       func(context.Context, probe.Check) probe.Result
	configuring func()
}

// Metadata implements provider.Provider.
func (p *esaProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = TypeName
	resp.Version = p.version
}

// Schema implements provider.Provider.
func (p *esaProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"region": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Region of the account's ESA endpoint: `cn-hangzhou` for China accounts, `ap-southeast-1` for international accounts. " +
				"Environment: `ALIBABA_CLOUD_REGION`, then `ALIBABA_CLOUD_REGION_ID`, then the region of the CLI profile in use; a region there that is neither of the two is ignored. " +
				"Defaults to `cn-hangzhou`. Not needed if `endpoint` is set.",
		},
		"endpoint": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Address of the ESA API in place of the region's own, such as `esa.ap-southeast-1.aliyuncs.com`. It is spoken to over HTTPS; " +
				"`http://` is accepted for a loopback address only. Environment: `ESA_ENDPOINT`.",
		},
	}
	maps.Copy(attributes, credential.Attributes())
	resp.Schema = schema.Schema{
		MarkdownDescription: "Releases edge routines (Functions and Pages) of Alibaba Cloud's Edge Security Acceleration (ESA).",
		Attributes:          attributes,
	}
}

type providerModel struct {
	credential.Model

	Region   types.String `tfsdk:"region"`
	Endpoint types.String `tfsdk:"endpoint"`
}

// unknown returns the attributes of the provider block that are known only after apply.
func (m providerModel) unknown() []string {
	var unknown []string
	if m.Region.IsUnknown() {
		unknown = append(unknown, "region")
	}
	if m.Endpoint.IsUnknown() {
		unknown = append(unknown, "endpoint")
	}
	return append(unknown, m.Unknown()...)
}

// ValidateConfig implements provider.ProviderWithValidateConfig.
func (p *esaProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(model.Validate()...)
}

// Configure implements provider.Provider.
func (p *esaProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	p.configuring()
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	handed := framework.ProviderData{Unknown: model.unknown(), Run: new(run.Record)}
	if len(handed.Unknown) == 0 {
		client, diags := p.connect(ctx, model, req.TerraformVersion)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		handed.Client = client
	}
	resp.ResourceData = handed
	resp.DataSourceData = handed
	resp.ListResourceData = handed
}

// connect returns the client for the account of the provider block and the environment. It already gets the credentials, so that an
// error in them is reported once and not by every resource.
func (p *esaProvider) connect(ctx context.Context, model providerModel, terraformVersion string) (*esa.Client, diag.Diagnostics) {
	found, diags := model.Find(ctx)
	if diags.HasError() {
		return nil, diags
	}
	region, endpoint, more := model.address(ctx, found.Region)
	diags.Append(more...)
	if diags.HasError() {
		return nil, diags
	}
	tflog.Debug(ctx, "ESA credentials", map[string]any{"way": found.Way, "region": region})
	client := esa.New(esa.Config{
		Endpoint:    endpoint,
		Region:      region,
		Credentials: found.Provider,
		UserAgent:   userAgent(p.version, terraformVersion),
		Transport:   p.transport,
		Retry:       p.retry,
		Observe:     logAttempt,
	})
	if err := client.Authenticate(ctx); err != nil {
		diags.AddAttributeError(found.Attribute, "Cannot get credentials", fmt.Sprintf(
			"The provider uses %s.\n\n%s", found.Way, apierror.Detail(err)))
	}
	return client, diags
}

// userAgent identifies this provider and Terraform or OpenTofu, which passes its version in the same field.
func userAgent(version, terraformVersion string) string {
	return fmt.Sprintf("terraform-provider-esa/%s Terraform/%s", version, cmp.Or(terraformVersion, "unknown"))
}

// logAttempt writes one log line for each request, without secrets.
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
		func() resource.Resource { return deployment.NewResource(p.probe) },
		record.NewResource,
		route.NewResource,
		routine.NewResource,
		variables.NewResource,
	}
}

// ListResources implements provider.ProviderWithListResources.
func (p *esaProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		codeversion.NewListResource,
		deployment.NewListResource,
		record.NewListResource,
		route.NewListResource,
		routine.NewListResource,
	}
}

// DataSources implements provider.Provider.
func (p *esaProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		codeversion.NewListDataSource,
		deployment.NewDataSource,
		record.NewListDataSource,
		route.NewListDataSource,
		routine.NewDataSource,
		routine.NewListDataSource,
		site.NewDataSource,
		site.NewStagingDataSource,
	}
}

// Functions implements provider.ProviderWithFunctions.
func (p *esaProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		deployment.NewCanaryFunction,
		deployment.NewShiftFunction,
		route.NewRuleFunction,
	}
}

// invalid is an error for one attribute of the provider block.
func invalid(attribute, summary, detail string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute), summary, detail)}
}
