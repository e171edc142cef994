// Package credential is the part of the provider block about credentials: its attributes, and the order of the sources of
// credentials. Each source is a credentials provider of the SDK. Those that use the network (AssumeRole, AssumeRoleWithOIDC, the ECS
// metadata service, a URI) share the code for requests and renewals, so that all of them detect temporary failures in the same way
// and none shows a secret.
package credential

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
)

// The attributes of the provider block that this package reads.
const (
	attributeAccessKey     = "access_key"
	attributeSecretKey     = "secret_key"
	attributeSecurityToken = "security_token"
	attributeProfile       = "profile"
	attributeFile          = "shared_credentials_file"
	attributeECSRoleName   = "ecs_role_name"
	attributeURI           = "credentials_uri"
	attributeRole          = "assume_role"
	attributeOIDC          = "assume_role_with_oidc"

	attributeRoleARN           = "role_arn"
	attributeSessionName       = "session_name"
	attributeSessionExpiration = "session_expiration"
	attributePolicy            = "policy"
	attributeExternalID        = "external_id"
	attributeOIDCProviderARN   = "oidc_provider_arn"
	attributeOIDCTokenFile     = "oidc_token_file"
)

// The limits of a session in seconds: those of the token service's AssumeRole, and for AssumeRoleWithOIDC those of Alibaba
// Cloud's SDKs.
const (
	minSessionSeconds     = 900
	maxSessionSeconds     = 43200
	maxOIDCSessionSeconds = 3600
)

// Attributes returns the attributes of the provider block about credentials.
func Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		attributeAccessKey: schema.StringAttribute{
			Optional:            true,
			Sensitive:           true,
			MarkdownDescription: "Access key id, set together with `secret_key`. Environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`, then `ALICLOUD_ACCESS_KEY`.",
		},
		attributeSecretKey: schema.StringAttribute{
			Optional:            true,
			Sensitive:           true,
			MarkdownDescription: "Access key secret, set together with `access_key`. Environment: `ALIBABA_CLOUD_ACCESS_KEY_SECRET`; `ALICLOUD_SECRET_KEY` beside `ALICLOUD_ACCESS_KEY`.",
		},
		attributeSecurityToken: schema.StringAttribute{
			Optional:            true,
			Sensitive:           true,
			MarkdownDescription: "Security token of a temporary access key, set together with `access_key` and `secret_key`. Environment: `ALIBABA_CLOUD_SECURITY_TOKEN`; `ALICLOUD_SECURITY_TOKEN` beside `ALICLOUD_ACCESS_KEY`.",
		},
		attributeProfile: schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Profile of the Alibaba Cloud CLI (`aliyun configure`). Environment: `ALIBABA_CLOUD_PROFILE`, then `ALICLOUD_PROFILE`. " +
				"Defaults to the profile that the file names as its current one.",
		},
		attributeFile: schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "File of the Alibaba Cloud CLI that holds the profiles. Environment: `ALICLOUD_SHARED_CREDENTIALS_FILE`. " +
				"Defaults to `~/.aliyun/config.json`.",
		},
		attributeECSRoleName: schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "RAM role of the ECS instance on which Terraform runs; its session comes from the instance's metadata service. " +
				"Environment: `ALIBABA_CLOUD_ECS_METADATA`, then `ALICLOUD_ECS_ROLE_NAME`.",
		},
		attributeURI: schema.StringAttribute{
			Optional:  true,
			Sensitive: true,
			MarkdownDescription: "URL that answers a `GET` with a session as JSON: `AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`. " +
				"Environment: `ALIBABA_CLOUD_CREDENTIALS_URI`, then `ALICLOUD_CREDENTIALS_URI`.",
			Validators: []validator.String{httpURL()},
		},
		attributeRole: schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "RAM role to act as. The credentials that the rest of the provider block or the environment names serve only to assume it. " +
				"Its session is renewed before it expires.",
			Attributes: map[string]schema.Attribute{
				attributeRoleARN:     roleARNAttribute("`ALIBABA_CLOUD_ROLE_ARN`, then `ALICLOUD_ASSUME_ROLE_ARN`"),
				attributeSessionName: sessionNameAttribute("`ALIBABA_CLOUD_ROLE_SESSION_NAME`, then `ALICLOUD_ASSUME_ROLE_SESSION_NAME`"),
				attributeSessionExpiration: schema.NumberAttribute{
					Optional: true,
					MarkdownDescription: "How long a session lasts, in seconds, from 900 to 43200. The token service refuses more than the role's own maximum. " +
						"Defaults to 3600.",
					Validators: []validator.Number{framework.WholeNumber(minSessionSeconds, maxSessionSeconds)},
				},
				attributePolicy: policyAttribute(),
				attributeExternalID: schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "External id that the role's trust policy asks for, where another account owns the role.",
				},
			},
		},
		attributeOIDC: schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "RAM role to act as, assumed with the OIDC token that a pipeline or a Kubernetes cluster hands out, so that no key is stored anywhere. " +
				"Its session is renewed before it expires, with the token that the file holds then. Beside `assume_role`, it is the role that assumes the other one.",
			Attributes: map[string]schema.Attribute{
				attributeRoleARN: roleARNAttribute("`ALIBABA_CLOUD_ROLE_ARN`"),
				attributeOIDCProviderARN: schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "ARN of the OIDC identity provider in RAM, such as `acs:ram::123456789012****:oidc-provider/github`. Required here or as `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.",
				},
				attributeOIDCTokenFile: schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "File that holds the OIDC token. Required here or as `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.",
				},
				attributeSessionName: sessionNameAttribute("`ALIBABA_CLOUD_ROLE_SESSION_NAME`"),
				attributeSessionExpiration: schema.NumberAttribute{
					Optional:            true,
					MarkdownDescription: "How long a session lasts, in seconds, from 900 to 3600. Defaults to 3600.",
					Validators:          []validator.Number{framework.WholeNumber(minSessionSeconds, maxOIDCSessionSeconds)},
				},
				attributePolicy: policyAttribute(),
			},
		},
	}
}

func roleARNAttribute(environment string) schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "ARN of the role, such as `acs:ram::123456789012****:role/edge-release`. Required here or in the environment: " + environment + ".",
	}
}

func sessionNameAttribute(environment string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Name of the session, by which the audit log (ActionTrail) shows who acted: 2 to 64 letters, digits and `.@-_`. " +
			"Environment: " + environment + ". Defaults to `" + defaultSessionName + "`.",
		Validators: []validator.String{stringvalidator.RegexMatches(sessionNamePattern, "value must be 2 to 64 letters, digits or any of .@-_")},
	}
}

func policyAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "RAM policy, as JSON, that leaves the session less than the role may do.",
		Validators:          []validator.String{jsonObject()},
	}
}

// Model is the part of the provider block about credentials. The model of the whole block embeds it.
type Model struct {
	AccessKey     types.String `tfsdk:"access_key"`
	SecretKey     types.String `tfsdk:"secret_key"`
	SecurityToken types.String `tfsdk:"security_token"`
	Profile       types.String `tfsdk:"profile"`
	File          types.String `tfsdk:"shared_credentials_file"`
	ECSRoleName   types.String `tfsdk:"ecs_role_name"`
	URI           types.String `tfsdk:"credentials_uri"`
	Role          types.Object `tfsdk:"assume_role"`
	OIDC          types.Object `tfsdk:"assume_role_with_oidc"`
}

// Unknown names the attributes that are known only after apply, those of nested ones as "assume_role.role_arn".
func (m Model) Unknown() []string {
	var unknown []string
	for _, attribute := range []struct {
		name  string
		value attr.Value
	}{
		{attributeAccessKey, m.AccessKey}, {attributeSecretKey, m.SecretKey}, {attributeSecurityToken, m.SecurityToken},
		{attributeRole, m.Role}, {attributeOIDC, m.OIDC}, {attributeECSRoleName, m.ECSRoleName}, {attributeURI, m.URI},
		{attributeProfile, m.Profile}, {attributeFile, m.File},
	} {
		if attribute.value.IsUnknown() {
			unknown = append(unknown, attribute.name)
		}
		object, ok := attribute.value.(types.Object)
		if !ok {
			continue
		}
		for _, name := range []string{
			attributeRoleARN, attributeOIDCProviderARN, attributeOIDCTokenFile, attributeSessionName,
			attributeSessionExpiration, attributePolicy, attributeExternalID,
		} {
			if value, ok := object.Attributes()[name]; ok && value.IsUnknown() {
				unknown = append(unknown, attribute.name+"."+name)
			}
		}
	}
	return unknown
}
