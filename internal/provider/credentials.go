package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/esa"
)

// The environment variables of an access key: Alibaba Cloud's own, then those of the general Terraform provider.
var (
	accessKeyVariables     = []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY"}
	secretKeyVariables     = []string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY"}
	securityTokenVariables = []string{"ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"}
)

// unknownAttributes names the attributes of the provider block that are known only after apply.
func (m providerModel) unknownAttributes() []string {
	var unknown []string
	for _, attribute := range []struct {
		name  string
		value attr.Value
	}{
		{"region", m.Region}, {"endpoint", m.Endpoint},
		{"access_key", m.AccessKey}, {"secret_key", m.SecretKey}, {"security_token", m.SecurityToken},
	} {
		if attribute.value.IsUnknown() {
			unknown = append(unknown, attribute.name)
		}
	}
	return unknown
}

// credentials returns what requests are signed with: the key of the provider block or, where it names none, the one
// of the environment. The two are never mixed.
func (m providerModel) credentials() (esa.CredentialsProvider, diag.Diagnostics) {
	accessKey, secretKey, token := m.AccessKey.ValueString(), m.SecretKey.ValueString(), m.SecurityToken.ValueString()
	if accessKey == "" && secretKey == "" && token == "" {
		accessKey, _ = environment(accessKeyVariables...)
		secretKey, _ = environment(secretKeyVariables...)
		token, _ = environment(securityTokenVariables...)
	}
	switch {
	case accessKey == "" && secretKey == "":
		return nil, invalid("access_key", "No credentials", "Set access_key and secret_key in the provider block, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment.")
	case accessKey == "":
		return nil, invalid("access_key", "Access key is incomplete", "secret_key is set and access_key is not; set both, or neither to use the environment's (ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET).")
	case secretKey == "":
		return nil, invalid("secret_key", "Access key is incomplete", "access_key is set and secret_key is not; set both, or neither to use the environment's (ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET).")
	}
	return esa.NewStaticCredentials(accessKey, secretKey, token), nil
}
