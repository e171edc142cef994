package credential

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

// The environment variables for attributes: those of Alibaba Cloud, then those of the `alicloud` provider.
var (
	keyVariables = []struct{ accessKey, secretKey, securityToken string }{
		{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"},
		{"ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"},
	}
	profileVariables         = []string{"ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"}
	fileVariables            = []string{"ALICLOUD_SHARED_CREDENTIALS_FILE"}
	ecsRoleNameVariables     = []string{"ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME"}
	uriVariables             = []string{"ALIBABA_CLOUD_CREDENTIALS_URI", "ALICLOUD_CREDENTIALS_URI"}
	roleARNVariables         = []string{"ALIBABA_CLOUD_ROLE_ARN", "ALICLOUD_ASSUME_ROLE_ARN"}
	sessionNameVariables     = []string{"ALIBABA_CLOUD_ROLE_SESSION_NAME", "ALICLOUD_ASSUME_ROLE_SESSION_NAME"}
	oidcRoleARNVariables     = roleARNVariables[:1]
	oidcSessionNameVariables = sessionNameVariables[:1]
	oidcProviderARNVariables = []string{"ALIBABA_CLOUD_OIDC_PROVIDER_ARN"}
	oidcTokenFileVariables   = []string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE"}
)

// FromEnvironment returns the value and the name of the first variable that is set and not empty.
func FromEnvironment(variables ...string) (value, variable string) {
	for _, variable := range variables {
		if value := os.Getenv(variable); value != "" {
			return value, variable
		}
	}
	return "", ""
}

// Found is a configured source of credentials.
type Found struct {
	// Provider returns the credentials. It is not safe for concurrent use.
	Provider esa.CredentialsProvider
	// Way is the source, such as "the access key of the provider block". It contains no secret.
	Way string
	// Region is the region of the profile, if there is one.
	Region string
	// Attribute is the attribute of the provider block for errors about the credentials.
	Attribute path.Path
}

// Find returns the first way to credentials that is configured: the provider block's before the environment's, then what is on
// this machine. A role of assume_role is assumed with whatever was found. All attributes must be known.
func (m Model) Find(ctx context.Context) (Found, diag.Diagnostics) {
	if diags := m.checkAccessKey(); diags.HasError() {
		return Found{}, diags
	}
	found, diags := m.source(ctx)
	if diags.HasError() || m.Role.IsNull() {
		return found, diags
	}
	return m.role(found)
}

// source tries the ways in their order. A way that is not configured finds no provider.
func (m Model) source(ctx context.Context) (Found, diag.Diagnostics) {
	for _, way := range []func() (Found, diag.Diagnostics){
		m.blockKey, m.blockOIDC, m.blockECS, m.blockURI, m.blockProfile,
		environmentKey, environmentOIDC, environmentECS, environmentURI, environmentProfile,
	} {
		found, diags := way()
		if found.Provider != nil || diags.HasError() {
			return found, diags
		}
	}
	return machine(ctx)
}

func (m Model) blockKey() (Found, diag.Diagnostics) {
	if !set(m.AccessKey) {
		return Found{}, nil
	}
	return Found{
		Provider:  esa.NewStaticCredentials(m.AccessKey.ValueString(), m.SecretKey.ValueString(), m.SecurityToken.ValueString()),
		Way:       "the access key of the provider block",
		Attribute: path.Root(attributeAccessKey),
	}, nil
}

// environmentKey returns the access key of the first set of variables of which one is set. Sets are never mixed: ESA would refuse the
// signature of a key with the secret or the token of another key.
func environmentKey() (Found, diag.Diagnostics) {
	const incomplete = "Access key is incomplete"
	for _, names := range keyVariables {
		_, given := FromEnvironment(names.accessKey, names.secretKey, names.securityToken)
		accessKey, secretKey := os.Getenv(names.accessKey), os.Getenv(names.secretKey)
		switch {
		case given == "":
			continue
		case accessKey == "":
			return Found{}, missing(path.Root(attributeAccessKey), incomplete, given, []string{names.accessKey})
		case secretKey == "":
			return Found{}, missing(path.Root(attributeSecretKey), incomplete, given, []string{names.secretKey})
		}
		return Found{
			Provider:  esa.NewStaticCredentials(accessKey, secretKey, os.Getenv(names.securityToken)),
			Way:       "the access key of the environment (" + names.accessKey + ")",
			Attribute: path.Root(attributeAccessKey),
		}, nil
	}
	return Found{}, nil
}

func (m Model) blockECS() (Found, diag.Diagnostics) {
	if !set(m.ECSRoleName) {
		return Found{}, nil
	}
	return ecs(m.ECSRoleName.ValueString(), "of the provider block")
}

func environmentECS() (Found, diag.Diagnostics) {
	roleName, variable := FromEnvironment(ecsRoleNameVariables...)
	if roleName == "" {
		return Found{}, nil
	}
	return ecs(roleName, "of the environment ("+variable+")")
}

func ecs(roleName, from string) (Found, diag.Diagnostics) {
	attribute := path.Root(attributeECSRoleName)
	provider, err := newECS(roleName)
	if err != nil {
		return Found{}, failed(attribute, "ECS metadata service is disabled", fmt.Sprintf(
			"The RAM role %q %s needs the ECS metadata service, but ALIBABA_CLOUD_ECS_METADATA_DISABLED is \"true\". Unset this environment variable, or use other credentials.", roleName, from))
	}
	return Found{Provider: provider, Way: fmt.Sprintf("the ECS instance's RAM role %q %s", roleName, from), Attribute: attribute}, nil
}

func (m Model) blockURI() (Found, diag.Diagnostics) {
	if !set(m.URI) {
		return Found{}, nil
	}
	return uri(m.URI.ValueString(), "Attribute "+attributeURI, "of the provider block")
}

func environmentURI() (Found, diag.Diagnostics) {
	address, variable := FromEnvironment(uriVariables...)
	if address == "" {
		return Found{}, nil
	}
	return uri(address, "Environment variable "+variable, "of the environment ("+variable+")")
}

func uri(address, setting, from string) (Found, diag.Diagnostics) {
	attribute := path.Root(attributeURI)
	if !isHTTPURL(address) {
		return Found{}, failed(attribute, "Invalid URL", setting+": "+mustBeURL+".")
	}
	return Found{Provider: newURI(address), Way: "the credentials URI " + from, Attribute: attribute}, nil
}

func (m Model) blockOIDC() (Found, diag.Diagnostics) {
	if m.OIDC.IsNull() {
		return Found{}, nil
	}
	root := path.Root(attributeOIDC)
	settings := oidcSettings{
		roleSettings: roleSettings{
			roleARN:     textOr(m.OIDC, attributeRoleARN, oidcRoleARNVariables...),
			sessionName: textOr(m.OIDC, attributeSessionName, oidcSessionNameVariables...),
			policy:      textOr(m.OIDC, attributePolicy),
			seconds:     seconds(m.OIDC),
		},
		providerARN: textOr(m.OIDC, attributeOIDCProviderARN, oidcProviderARNVariables...),
		tokenFile:   textOr(m.OIDC, attributeOIDCTokenFile, oidcTokenFileVariables...),
	}
	var diags diag.Diagnostics
	for _, part := range []struct {
		attribute, value string
		variables        []string
	}{
		{attributeRoleARN, settings.roleARN, oidcRoleARNVariables},
		{attributeOIDCProviderARN, settings.providerARN, oidcProviderARNVariables},
		{attributeOIDCTokenFile, settings.tokenFile, oidcTokenFileVariables},
	} {
		if part.value == "" {
			diags.Append(needed(root.AtName(part.attribute), part.variables)...)
		}
	}
	if diags.HasError() {
		return Found{}, diags
	}
	return oidc(settings, "of the provider block")
}

func environmentOIDC() (Found, diag.Diagnostics) {
	const incomplete = "OIDC settings are incomplete"
	root := path.Root(attributeOIDC)
	var settings oidcSettings
	settings.roleARN, _ = FromEnvironment(oidcRoleARNVariables...)
	settings.providerARN, _ = FromEnvironment(oidcProviderARNVariables...)
	settings.tokenFile, _ = FromEnvironment(oidcTokenFileVariables...)
	settings.sessionName, _ = FromEnvironment(oidcSessionNameVariables...)
	switch {
	case settings.providerARN == "" && settings.tokenFile == "":
		return Found{}, nil // A role alone is not about OIDC.
	case settings.providerARN == "":
		return Found{}, missing(root.AtName(attributeOIDCProviderARN), incomplete, oidcTokenFileVariables[0], oidcProviderARNVariables)
	case settings.tokenFile == "":
		return Found{}, missing(root.AtName(attributeOIDCTokenFile), incomplete, oidcProviderARNVariables[0], oidcTokenFileVariables)
	case settings.roleARN == "":
		return Found{}, missing(root.AtName(attributeRoleARN), incomplete, oidcProviderARNVariables[0], oidcRoleARNVariables)
	}
	return oidc(settings, "of the environment ("+oidcTokenFileVariables[0]+")")
}

func oidc(settings oidcSettings, from string) (Found, diag.Diagnostics) {
	attribute := path.Root(attributeOIDC)
	settings.tokenFile = expandHome(settings.tokenFile)
	if _, err := readToken(settings.tokenFile); err != nil {
		return Found{}, failed(attribute.AtName(attributeOIDCTokenFile), "Cannot read the OIDC token", fmt.Sprintf(
			"The OIDC token %s: %s. Check that the pipeline or the cluster writes the token before Terraform runs.", from, err))
	}
	return Found{Provider: newOIDC(settings), Way: fmt.Sprintf("the RAM role %s, assumed with the OIDC token %s", settings.roleARN, from), Attribute: attribute}, nil
}

// role returns the credentials of the role in assume_role, which it assumes with the found credentials.
func (m Model) role(source Found) (Found, diag.Diagnostics) {
	attribute := path.Root(attributeRole)
	settings := assumeSettings{
		roleSettings: roleSettings{
			roleARN:     textOr(m.Role, attributeRoleARN, roleARNVariables...),
			sessionName: textOr(m.Role, attributeSessionName, sessionNameVariables...),
			policy:      textOr(m.Role, attributePolicy),
			seconds:     seconds(m.Role),
		},
		externalID: textOr(m.Role, attributeExternalID),
	}
	if settings.roleARN == "" {
		return Found{}, needed(attribute.AtName(attributeRoleARN), roleARNVariables)
	}
	return Found{
		Provider:  newRole(source.Provider, settings),
		Way:       fmt.Sprintf("the RAM role %s, assumed with %s", settings.roleARN, source.Way),
		Region:    source.Region,
		Attribute: attribute,
	}, nil
}

// needed is the error of a nested attribute without a value in the block and in the environment.
func needed(attribute path.Path, variables []string) diag.Diagnostics {
	return failed(attribute, "Missing setting", fmt.Sprintf(
		"%s is required. Set it in the provider block, or set the environment variable %s.", attribute, strings.Join(variables, " or ")))
}

// missing is the error of an environment with only a part of the required variables.
func missing(attribute path.Path, summary, variable string, wanted []string) diag.Diagnostics {
	return failed(attribute, summary, fmt.Sprintf(
		"Environment variable %s is set, but %s is not. Set both, or unset %s to use other credentials.",
		variable, strings.Join(wanted, " or "), variable))
}

func failed(attribute path.Path, summary, detail string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(attribute, summary, detail)}
}

// textOr returns the text of a nested attribute, or that of the environment if the attribute is not set.
func textOr(object types.Object, attribute string, variables ...string) string {
	if value, ok := object.Attributes()[attribute].(types.String); ok && set(value) {
		return value.ValueString()
	}
	value, _ := FromEnvironment(variables...)
	return value
}

// seconds returns session_expiration, 0 if it is not set.
func seconds(object types.Object) int {
	value, ok := object.Attributes()[attributeSessionExpiration].(types.Number)
	if !ok || value.IsNull() {
		return 0
	}
	whole, _ := value.ValueBigFloat().Int64()
	return int(whole)
}

// expandHome replaces a leading "~/", or "~\" on Windows, by the home directory.
func expandHome(name string) string {
	rest, found := strings.CutPrefix(filepath.ToSlash(name), "~/")
	if home, err := os.UserHomeDir(); found && err == nil {
		return filepath.Join(home, rest)
	}
	return name
}

// phrase returns the text of a Go error as a part of a sentence: what Windows says of files and connections ends with a full
// stop.
func phrase(err error) string {
	return strings.TrimSuffix(err.Error(), ".")
}
