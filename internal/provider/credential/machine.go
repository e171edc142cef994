package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"gopkg.in/ini.v1"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
)

// metadataPatience is the time limit to detect the metadata service. On an ECS instance it answers within milliseconds. Elsewhere the
// network often drops packets to its address.
const metadataPatience = 800 * time.Millisecond

// machine tries what is on this machine, as the SDK's default chain does after the environment: the current profile of the CLI,
// the SDKs' own credentials file, the role of the ECS instance. The SDK's chain itself is not used: once its first round has
// failed it asks only its last provider, it repeats a broken profile file whole, and off ECS it waits several seconds for the
// metadata service.
func machine(ctx context.Context) (Found, diag.Diagnostics) {
	var tried []string
	for _, way := range []func(context.Context) (Found, error){currentProfile, sdkFile, instanceRole} {
		found, reason := way(ctx)
		switch {
		case reason == nil:
			return found, nil
		case ctx.Err() != nil:
			return Found{}, diag.Diagnostics{diag.NewErrorDiagnostic("Canceled", "Canceled while looking for credentials.")}
		default:
			tried = append(tried, "  - "+apierror.Sentence(reason.Error()))
		}
	}
	return Found{}, diag.Diagnostics{diag.NewErrorDiagnostic("No credentials found",
		"Set one of these in the provider block or in the environment:\n"+
			"  - access_key and secret_key (ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET)\n"+
			"  - assume_role_with_oidc (ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE)\n"+
			"  - ecs_role_name (ALIBABA_CLOUD_ECS_METADATA)\n"+
			"  - credentials_uri (ALIBABA_CLOUD_CREDENTIALS_URI)\n"+
			"  - profile (ALIBABA_CLOUD_PROFILE), created by \"aliyun configure\"\n\n"+
			"The provider found no credentials on this machine either:\n"+strings.Join(tried, "\n"))}
}

// currentProfile returns the current profile of the CLI, unless the environment disables it for the SDKs.
func currentProfile(context.Context) (Found, error) {
	if enabled("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") {
		return Found{}, errors.New("the profiles of the CLI are disabled (ALIBABA_CLOUD_CLI_PROFILE_DISABLED)")
	}
	file, err := defaultProfileFile()
	if err != nil {
		return Found{}, err
	}
	if _, err := os.Stat(file); err != nil {
		return Found{}, fmt.Errorf("the file %s does not exist", file)
	}
	profiles, err := readProfiles(file)
	if err != nil {
		return Found{}, err
	}
	return profiles.find("")
}

// sdkFile is the file that Alibaba Cloud's SDKs share, with its section "default". No error repeats anything of its content, as
// those of the SDK do.
func sdkFile(context.Context) (Found, error) {
	file := os.Getenv("ALIBABA_CLOUD_CREDENTIALS_FILE")
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return Found{}, errors.New("cannot find ~/.alibabacloud/credentials: the home directory is unknown")
		}
		file = filepath.Join(home, ".alibabacloud", "credentials")
	}
	if _, err := os.Stat(file); err != nil {
		return Found{}, fmt.Errorf("the file %s does not exist", file)
	}
	provider, err := fromSDKFile(file)
	if err != nil {
		return Found{}, fmt.Errorf("the file %s: %w", file, err)
	}
	return Found{Provider: provider, Way: "the section [default] of " + file, Attribute: path.Root(attributeFile)}, nil
}

func fromSDKFile(file string) (esa.CredentialsProvider, error) {
	content, err := ini.Load(file)
	if err != nil {
		return nil, errors.New("it is not an INI file")
	}
	section, err := content.GetSection("default")
	if err != nil {
		return nil, errors.New("it has no section [default]")
	}
	needs := map[string][]string{
		"access_key":   {"access_key_id", "access_key_secret"},
		"ram_role_arn": {"access_key_id", "access_key_secret", "role_arn"},
		"ecs_ram_role": nil,
	}
	value := func(name string) string { return section.Key(name).String() }
	kind := value("type")
	names, known := needs[kind]
	if !known {
		return nil, errors.New("type in the section [default] must be access_key, ram_role_arn or ecs_ram_role")
	}
	for _, name := range names {
		if value(name) == "" {
			return nil, fmt.Errorf("the section [default] of the type %s has no %s", kind, name)
		}
	}
	if kind == "ecs_ram_role" {
		return newECS(value("role_name"))
	}
	key := esa.NewStaticCredentials(value("access_key_id"), value("access_key_secret"), "")
	if kind == "access_key" {
		return key, nil
	}
	return newRole(key, assumeSettings{roleSettings: roleSettings{roleARN: value("role_arn"), sessionName: value("role_session_name"), policy: value("policy")}}), nil
}

// instanceRole is the role of the ECS instance, whose name the metadata service knows. A temporary failure of the service is left
// to whoever uses the role, who tries again.
func instanceRole(ctx context.Context) (Found, error) {
	provider, err := newECS("")
	if err != nil {
		return Found{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, metadataPatience)
	defer cancel()
	opened, failed, recognized := metadata{}.session(ctx)
	switch {
	case failed == nil:
		provider.keep(opened)
	case !recognized:
		return Found{}, fmt.Errorf("this machine is not an ECS instance: %w", failed)
	case !failed.temporary():
		return Found{}, fmt.Errorf("this ECS instance has no RAM role: %w", failed)
	}
	return Found{Provider: provider, Way: "the RAM role of the ECS instance", Attribute: path.Root(attributeECSRoleName)}, nil
}
