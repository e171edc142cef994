package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestAddress(t *testing.T) {
	for name, test := range map[string]struct {
		block, endpoint, variable, secondVariable, profile string
		region, host                                       string
		wrong                                              string // detail of the error
	}{
		"nothing is set":                         {region: "cn-hangzhou", host: "esa.cn-hangzhou.aliyuncs.com"},
		"the block":                              {block: "ap-southeast-1", variable: "cn-hangzhou", region: "ap-southeast-1", host: "esa.ap-southeast-1.aliyuncs.com"},
		"the environment":                        {variable: "ap-southeast-1", profile: "cn-hangzhou", region: "ap-southeast-1", host: "esa.ap-southeast-1.aliyuncs.com"},
		"the second variable":                    {secondVariable: "ap-southeast-1", region: "ap-southeast-1", host: "esa.ap-southeast-1.aliyuncs.com"},
		"the profile":                            {profile: "ap-southeast-1", region: "ap-southeast-1", host: "esa.ap-southeast-1.aliyuncs.com"},
		"servers elsewhere":                      {variable: "cn-shanghai", secondVariable: "cn-shanghai", profile: "cn-beijing", region: "cn-hangzhou", host: "esa.cn-hangzhou.aliyuncs.com"},
		"servers elsewhere, but the profile not": {variable: "cn-shanghai", profile: "ap-southeast-1", region: "ap-southeast-1", host: "esa.ap-southeast-1.aliyuncs.com"},
		"an endpoint and no region":              {endpoint: "esa.test", variable: "cn-shanghai", region: "cn-hangzhou", host: "esa.test"},
		"the block names another region":         {block: "cn-shanghai", wrong: `The attribute region: must be one of the regions where ESA has an endpoint (cn-hangzhou, ap-southeast-1), got: "cn-shanghai".`},
		"the same beside an endpoint":            {block: "cn-shanghai", endpoint: "esa.test", wrong: `The attribute region: must be one of the regions where ESA has an endpoint (cn-hangzhou, ap-southeast-1), got: "cn-shanghai".`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ALIBABA_CLOUD_REGION", test.variable)
			t.Setenv("ALIBABA_CLOUD_REGION_ID", test.secondVariable)
			t.Setenv("ESA_ENDPOINT", "")
			model := providerModel{Region: types.StringValue(test.block), Endpoint: types.StringValue(test.endpoint)}
			region, endpoint, diags := model.address(t.Context(), test.profile)
			if test.wrong != "" {
				if len(diags) != 1 || diags[0].Detail() != test.wrong {
					t.Errorf("got %v, want the error %q", diags, test.wrong)
				}
				return
			}
			if diags.HasError() || region != test.region || endpoint.Host != test.host {
				t.Errorf("got %s and %v (%v), want %s and %s", region, endpoint, diags, test.region, test.host)
			}
		})
	}
}
