package provider

import (
	"net/url"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/esa"
)

// address returns the region and the endpoint that the provider block and the environment name.
func (m providerModel) address() (region string, endpoint *url.URL, diags diag.Diagnostics) {
	region, regionSource := m.Region.ValueString(), "The attribute region"
	if region == "" {
		region, regionSource = environment("ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID")
		regionSource = "The environment variable " + regionSource
	}
	if region == "" {
		region = esa.DefaultRegion
	}
	endpoint, err := esa.RegionEndpoint(region)
	if err != nil {
		diags.Append(invalid("region", "Unknown region", regionSource+": "+err.Error()+".")...)
	}
	text, textSource := m.Endpoint.ValueString(), "The attribute endpoint"
	if text == "" {
		text, textSource = environment("ESA_ENDPOINT")
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
