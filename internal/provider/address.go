package provider

import (
	"context"
	"net/url"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/credential"
)

// address returns the region and the endpoint of the provider block and the environment.
func (m providerModel) address(ctx context.Context, profileRegion string) (region string, endpoint *url.URL, diags diag.Diagnostics) {
	if region = m.Region.ValueString(); region == "" {
		region = ambientRegion(ctx, profileRegion)
	}
	endpoint, err := esa.RegionEndpoint(region)
	if err != nil {
		diags.Append(invalid("region", "Unknown region", "The attribute region: "+err.Error()+".")...)
	}
	text, textSource := m.Endpoint.ValueString(), "The attribute endpoint"
	if text == "" {
		text, textSource = credential.FromEnvironment("ESA_ENDPOINT")
		textSource = "The environment variable " + textSource
	}
	if text != "" {
		endpoint, err = esa.ParseEndpoint(text)
		if err != nil {
			diags.Append(invalid("endpoint", "Invalid endpoint", textSource+" "+err.Error()+".")...)
		}
	}
	return region, endpoint, diags
}

// ambientRegion returns the region of the environment or the profile. Other tools use it for the location of servers, so a region
// without an endpoint of ESA is ignored.
func ambientRegion(ctx context.Context, profileRegion string) string {
	type source struct{ name, region string }
	sources := []source{}
	for _, variable := range []string{"ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID"} {
		region, _ := credential.FromEnvironment(variable)
		sources = append(sources, source{variable, region})
	}
	sources = append(sources, source{"profile", profileRegion})
	for _, candidate := range sources {
		if slices.Contains(esa.Regions(), candidate.region) {
			return candidate.region
		}
		if candidate.region != "" {
			tflog.Debug(ctx, "Region ignored: ESA has no endpoint there", map[string]any{"region": candidate.region, "source": candidate.name})
		}
	}
	return esa.DefaultRegion
}
