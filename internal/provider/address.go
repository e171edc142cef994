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

// address returns the region and the endpoint that the provider block and the environment name. The region of a profile
// counts only where ESA has an endpoint in it: it is often that of servers, whichever side the account is on.
func (m providerModel) address(ctx context.Context, profileRegion string) (region string, endpoint *url.URL, diags diag.Diagnostics) {
	region, regionSource := m.Region.ValueString(), "The attribute region"
	if region == "" {
		region, regionSource = credential.FromEnvironment("ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID")
		regionSource = "The environment variable " + regionSource
	}
	if region == "" && slices.Contains(esa.Regions(), profileRegion) {
		region = profileRegion
	}
	if region == "" {
		region = esa.DefaultRegion
	}
	if profileRegion != "" && profileRegion != region {
		tflog.Debug(ctx, "The profile's region is not used", map[string]any{"profile_region": profileRegion, "region": region})
	}
	endpoint, err := esa.RegionEndpoint(region)
	if err != nil {
		diags.Append(invalid("region", "Unknown region", regionSource+": "+err.Error()+".")...)
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
