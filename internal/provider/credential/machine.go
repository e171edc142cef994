package credential

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
)

const (
	metadataAddress = "http://100.100.100.200/latest/meta-data/"
	// metadataPatience is how long the metadata service may take to show that it is there. On an ECS instance it takes
	// a few milliseconds; elsewhere the address often swallows packets.
	metadataPatience = 800 * time.Millisecond
)

// machine tries what is on this machine, as the SDK's default chain does after the environment: the current profile of
// the CLI, the SDKs' own credentials file, the role of the ECS instance. The SDK's chain itself is not used: once its
// first round has failed it asks only its last provider, it repeats a broken profile file whole, and off ECS it waits
// several seconds for the metadata service.
func machine(ctx context.Context) (Found, diag.Diagnostics) {
	var looked []string
	for _, way := range []func(context.Context) (Found, string){currentProfile, sdkFile, instanceRole} {
		found, reason := way(ctx)
		switch {
		case found.Provider != nil:
			return found, nil
		case ctx.Err() != nil:
			return Found{}, diag.Diagnostics{diag.NewErrorDiagnostic("Cancelled", "Cancelled while looking for credentials.")}
		default:
			looked = append(looked, "  - "+sentence(reason))
		}
	}
	return Found{}, diag.Diagnostics{diag.NewErrorDiagnostic("No credentials",
		"Nothing says who calls ESA. Set one of these in the provider block or in the environment:\n"+
			"  - access_key and secret_key (ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET)\n"+
			"  - assume_role_with_oidc (ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE)\n"+
			"  - ecs_role_name (ALIBABA_CLOUD_ECS_METADATA)\n"+
			"  - credentials_uri (ALIBABA_CLOUD_CREDENTIALS_URI)\n"+
			"  - profile (ALIBABA_CLOUD_PROFILE), after aliyun configure\n\n"+
			"This machine has none of its own:\n"+strings.Join(looked, "\n"))}
}

// currentProfile is the profile that the CLI uses, where the CLI is configured and nobody turned it off for the SDKs.
func currentProfile(context.Context) (Found, string) {
	if strings.EqualFold(os.Getenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"), "true") {
		return Found{}, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED turns the profiles of the CLI off"
	}
	file, err := defaultProfileFile()
	if err != nil {
		return Found{}, err.Error()
	}
	if _, err := os.Stat(file); err != nil {
		return Found{}, "there is no " + file
	}
	profiles, err := readProfiles(file)
	if err != nil {
		return Found{}, err.Error()
	}
	found, err := profiles.find("")
	if err != nil {
		return Found{}, err.Error()
	}
	return found, ""
}

// sdkFile is the file that Alibaba Cloud's SDKs share, with its section "default".
func sdkFile(ctx context.Context) (Found, string) {
	file := os.Getenv("ALIBABA_CLOUD_CREDENTIALS_FILE")
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return Found{}, "the home directory is not known, so neither is ~/.alibabacloud/credentials"
		}
		file = filepath.Join(home, ".alibabacloud", "credentials")
	}
	if _, err := os.Stat(file); err != nil {
		return Found{}, "there is no " + file
	}
	unusable := fmt.Sprintf("the file %s has no section [default] with credentials that work", file)
	provider := told{credentials.NewProfileCredentialsProviderBuilder().Build(), func(error) *esa.CredentialsError {
		// The SDK's own words repeat the line of the file that they are about.
		return &esa.CredentialsError{Message: unusable}
	}}
	if err := attempt(ctx, provider); err != nil {
		return Found{}, unusable
	}
	return Found{Provider: provider, Way: "the section [default] of " + file, Attribute: path.Root(attributeFile)}, ""
}

// instanceRole is the role of the ECS instance, whose name the metadata service knows.
func instanceRole(ctx context.Context) (Found, string) {
	provider, err := newECS("")
	if err != nil {
		return Found{}, "ALIBABA_CLOUD_ECS_METADATA_DISABLED turns the metadata service of ECS off"
	}
	if !onECS(ctx) {
		return Found{}, "it is no ECS instance: the metadata service does not answer"
	}
	if err := attempt(ctx, provider); err != nil {
		return Found{}, "it is no ECS instance with a RAM role: " + err.Error()
	}
	return Found{Provider: provider, Way: "the RAM role of the ECS instance", Attribute: path.Root(attributeECSRoleName)}, ""
}

// onECS tells whether something answers at the address of the metadata service.
func onECS(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, metadataPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, metadataAddress, http.NoBody)
	if err != nil {
		return false
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: metadataPatience}).DialContext}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.Proxy = standard.Proxy // The SDK has the same.
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return true
}

// attempt asks a provider once, and gives up when ctx ends. The provider must not be used after an error.
func attempt(ctx context.Context, provider esa.CredentialsProvider) error {
	answered := make(chan error, 1)
	go func() {
		_, err := provider.GetCredentials()
		answered <- err
	}()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
