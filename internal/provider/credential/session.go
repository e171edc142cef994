package credential

import (
	"cmp"
	"os"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"terraform-provider-esa/internal/esa"
)

// defaultSessionName is the name of sessions that nobody named. The SDK would make up another one for each.
const defaultSessionName = "terraform-provider-esa"

// oidcSettings are what AssumeRoleWithOIDC asks for. An empty stsRegion stands for the token service's central address.
type oidcSettings struct {
	roleARN, providerARN, tokenFile, sessionName, policy, stsRegion string

	// seconds is how long a session lasts, 0 for the SDK's default of an hour.
	seconds int
	// vpc has the token service called at its address inside of a VPC.
	vpc bool
}

// roleSettings are what AssumeRole asks for, as in [oidcSettings].
type roleSettings struct {
	roleARN, sessionName, policy, externalID, stsRegion string

	seconds int
	vpc     bool
}

func newOIDC(settings oidcSettings) (esa.CredentialsProvider, error) {
	provider, err := credentials.NewOIDCCredentialsProviderBuilder().
		WithRoleArn(settings.roleARN).
		WithOIDCProviderARN(settings.providerARN).
		WithOIDCTokenFilePath(settings.tokenFile).
		WithRoleSessionName(cmp.Or(settings.sessionName, defaultSessionName)).
		WithDurationSeconds(settings.seconds).
		WithPolicy(settings.policy).
		WithStsRegion(settings.stsRegion).
		WithEnableVpc(settings.vpc).
		Build()
	if err != nil {
		return nil, err
	}
	return told{provider, tokenServiceFailure("AssumeRoleWithOIDC", settings.roleARN, func() []string {
		token, err := os.ReadFile(settings.tokenFile)
		if err != nil {
			return nil
		}
		return []string{strings.TrimSpace(string(token))}
	})}, nil
}

func newRole(source esa.CredentialsProvider, settings roleSettings) (esa.CredentialsProvider, error) {
	provider, err := credentials.NewRAMRoleARNCredentialsProviderBuilder().
		WithCredentialsProvider(source).
		WithRoleArn(settings.roleARN).
		WithRoleSessionName(cmp.Or(settings.sessionName, defaultSessionName)).
		WithDurationSeconds(settings.seconds).
		WithPolicy(settings.policy).
		WithExternalId(settings.externalID).
		WithStsRegion(settings.stsRegion).
		WithEnableVpc(settings.vpc).
		Build()
	if err != nil {
		return nil, err
	}
	return told{provider, tokenServiceFailure("AssumeRole", settings.roleARN, func() []string {
		key, err := source.GetCredentials()
		if err != nil {
			return nil
		}
		return []string{key.AccessKeySecret, key.SecurityToken}
	})}, nil
}

// newECS takes an empty name for the role that the metadata service names by itself.
func newECS(roleName string) (esa.CredentialsProvider, error) {
	provider, err := credentials.NewECSRAMRoleCredentialsProviderBuilder().WithRoleName(roleName).Build()
	if err != nil {
		return nil, err
	}
	return told{provider, metadataFailure(roleName)}, nil
}

func newURI(address string) (esa.CredentialsProvider, error) {
	provider, err := credentials.NewURLCredentialsProviderBuilderBuilder().WithUrl(address).Build()
	if err != nil {
		return nil, err
	}
	return told{provider, uriFailure(address)}, nil
}
