package credential

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
)

// profileFile is what is read of the file that `aliyun configure` writes. The SDK reads it from one place only, and repeats the
// whole file, keys included, where it is not JSON.
type profileFile struct {
	Current  string    `json:"current"`
	Profiles []profile `json:"profiles"`

	name string
}

// profile is one profile of the file; which fields it needs depends on its mode.
type profile struct {
	Name            string `json:"name"`
	Mode            string `json:"mode"`
	Region          string `json:"region_id"`
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
	SecurityToken   string `json:"sts_token"`
	RoleARN         string `json:"ram_role_arn"`
	SessionName     string `json:"ram_session_name"`
	ExternalID      string `json:"external_id"`
	Policy          string `json:"policy"`
	Seconds         int    `json:"expired_seconds"`
	STSRegion       string `json:"sts_region"`
	VPC             bool   `json:"enable_vpc"`
	ECSRoleName     string `json:"ram_role_name"`
	SourceProfile   string `json:"source_profile"`
	OIDCProviderARN string `json:"oidc_provider_arn"`
	OIDCTokenFile   string `json:"oidc_token_file"`
	URI             string `json:"credentials_uri"`
}

func (m Model) blockProfile() (Found, diag.Diagnostics) {
	if !set(m.Profile) && !set(m.File) {
		return Found{}, nil
	}
	name, file := m.Profile.ValueString(), m.File.ValueString()
	if name == "" {
		name, _ = FromEnvironment(profileVariables...)
	}
	if file == "" {
		file, _ = FromEnvironment(fileVariables...)
	}
	return fromProfile(name, file)
}

func environmentProfile() (Found, diag.Diagnostics) {
	name, _ := FromEnvironment(profileVariables...)
	file, _ := FromEnvironment(fileVariables...)
	if name == "" && file == "" {
		return Found{}, nil
	}
	return fromProfile(name, file)
}

// fromProfile finds the credentials of a profile; an empty name stands for the file's current one, an empty file for the CLI's
// own.
func fromProfile(name, file string) (Found, diag.Diagnostics) {
	const summary = "Cannot use the profile"
	if file == "" {
		var err error
		if file, err = defaultProfileFile(); err != nil {
			return Found{}, failed(path.Root(attributeFile), summary, apierror.Sentence(err.Error()))
		}
	}
	profiles, err := readProfiles(expandHome(file))
	if err != nil {
		return Found{}, failed(path.Root(attributeFile), summary, apierror.Sentence(err.Error()))
	}
	found, err := profiles.find(name)
	if err != nil {
		return Found{}, failed(path.Root(attributeProfile), summary, apierror.Sentence(err.Error()))
	}
	return found, nil
}

func defaultProfileFile() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("cannot find ~/.aliyun/config.json: the home directory is unknown. Set shared_credentials_file")
	}
	return filepath.Join(home, ".aliyun", "config.json"), nil
}

// readProfiles reads a file of profiles. No error repeats anything of its content.
func readProfiles(name string) (*profileFile, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read the profiles: %s. Run \"aliyun configure\" to create the file, or set shared_credentials_file to another one", phrase(err))
	}
	read := &profileFile{name: name}
	var (
		syntax   *json.SyntaxError
		mistyped *json.UnmarshalTypeError
	)
	err = json.Unmarshal(bytes.TrimPrefix(content, []byte("\uFEFF")), read)
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("the file %s is not valid JSON: syntax error in line %d", name, line(content, syntax.Offset))
	case errors.As(err, &mistyped):
		return nil, fmt.Errorf("the file %s: %s in line %d must be %s", name, mistyped.Field, line(content, mistyped.Offset), jsonType(mistyped.Type.Kind()))
	case err != nil:
		return nil, fmt.Errorf("the file %s is not valid JSON", name)
	case len(read.Profiles) == 0:
		return nil, fmt.Errorf("the file %s has no profiles. Run \"aliyun configure\" to create one", name)
	}
	return read, nil
}

func line(content []byte, offset int64) int {
	return 1 + bytes.Count(content[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
}

// jsonType is the JSON name of a Go type.
func jsonType(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

// find returns the credentials of a profile. An empty name means the current one.
func (f *profileFile) find(name string) (Found, error) {
	name = cmp.Or(name, f.Current)
	if name == "" {
		return Found{}, fmt.Errorf("the file %s names no current profile. Set profile to one of: %s", f.name, f.names())
	}
	chosen, err := f.profile(name)
	if err != nil {
		return Found{}, err
	}
	provider, err := f.provider(chosen, nil)
	if err != nil {
		return Found{}, err
	}
	return Found{
		Provider:  provider,
		Way:       fmt.Sprintf("the profile %q (mode %s) of %s", name, cmp.Or(chosen.Mode, "AK"), f.name),
		Region:    chosen.Region,
		Attribute: path.Root(attributeProfile),
	}, nil
}

func (f *profileFile) profile(name string) (profile, error) {
	index := slices.IndexFunc(f.Profiles, func(candidate profile) bool { return candidate.Name == name })
	if index < 0 {
		return profile{}, fmt.Errorf("the file %s has no profile %q. It has: %s", f.name, name, f.names())
	}
	return f.Profiles[index], nil
}

func (f *profileFile) names() string {
	names := make([]string, len(f.Profiles))
	for index, candidate := range f.Profiles {
		names[index] = fmt.Sprintf("%q", candidate.Name)
	}
	return strings.Join(names, ", ")
}

// provider returns the credentials of a profile's mode. chain contains the names of the profiles that refer to it.
func (f *profileFile) provider(chosen profile, chain []string) (esa.CredentialsProvider, error) {
	common := roleSettings{
		roleARN: chosen.RoleARN, sessionName: chosen.SessionName, policy: chosen.Policy,
		stsRegion: chosen.STSRegion, seconds: chosen.Seconds, vpc: chosen.VPC,
	}
	role := assumeSettings{roleSettings: common, externalID: chosen.ExternalID}
	if err := f.check(chosen); err != nil {
		return nil, err
	}
	switch chosen.Mode {
	case "AK", "":
		return esa.NewStaticCredentials(chosen.AccessKeyID, chosen.AccessKeySecret, ""), nil
	case "StsToken":
		return esa.NewStaticCredentials(chosen.AccessKeyID, chosen.AccessKeySecret, chosen.SecurityToken), nil
	case "RamRoleArn":
		return newRole(esa.NewStaticCredentials(chosen.AccessKeyID, chosen.AccessKeySecret, chosen.SecurityToken), role), nil
	case "ChainableRamRoleArn":
		source, err := f.source(chosen, append(chain, chosen.Name))
		if err != nil {
			return nil, err
		}
		return newRole(source, role), nil
	case "EcsRamRole":
		return f.ecs(chosen)
	case "RamRoleArnWithEcs":
		source, err := f.ecs(chosen)
		if err != nil {
			return nil, err
		}
		return newRole(source, role), nil
	case "OIDC":
		return newOIDC(oidcSettings{roleSettings: common, providerARN: chosen.OIDCProviderARN, tokenFile: expandHome(chosen.OIDCTokenFile)}), nil
	case "CredentialsURI":
		return newURI(chosen.URI), nil
	default:
		return nil, fmt.Errorf("the profile %q of %s has the mode %q, which needs the Alibaba Cloud CLI. Use a profile of the mode AK, StsToken, RamRoleArn, ChainableRamRoleArn, RamRoleArnWithEcs, EcsRamRole, OIDC or CredentialsURI, "+
			"or export a session as ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN", chosen.Name, f.name, chosen.Mode)
	}
}

// check finds what a profile lacks for its mode: nothing is taken from the environment, which would mix two identities. The CLI
// reads a profile without a mode as one of a plain access key.
func (f *profileFile) check(chosen profile) error {
	type field struct{ name, value string }
	key := []field{{"access_key_id", chosen.AccessKeyID}, {"access_key_secret", chosen.AccessKeySecret}}
	role := field{"ram_role_arn", chosen.RoleARN}
	needs := map[string][]field{
		"":                    key,
		"AK":                  key,
		"StsToken":            append(slices.Clone(key), field{"sts_token", chosen.SecurityToken}),
		"RamRoleArn":          append(slices.Clone(key), role),
		"ChainableRamRoleArn": {{"source_profile", chosen.SourceProfile}, role},
		"RamRoleArnWithEcs":   {role},
		"OIDC":                {role, {"oidc_provider_arn", chosen.OIDCProviderARN}, {"oidc_token_file", chosen.OIDCTokenFile}},
		"CredentialsURI":      {{"credentials_uri", chosen.URI}},
	}
	for _, needed := range needs[chosen.Mode] {
		if needed.value == "" {
			return fmt.Errorf("the profile %q (mode %s) of %s has no %s. Run \"aliyun configure --profile %s\" to complete it",
				chosen.Name, cmp.Or(chosen.Mode, "AK"), f.name, needed.name, chosen.Name)
		}
	}
	_, assumesRole := maxSeconds[chosen.Mode]
	switch {
	case chosen.Mode == "CredentialsURI" && !isHTTPURL(chosen.URI):
		return fmt.Errorf("the profile %q of %s: credentials_uri %s", chosen.Name, f.name, mustBeURL)
	case assumesRole && chosen.Seconds != 0 && (chosen.Seconds < minSessionSeconds || chosen.Seconds > maxSeconds[chosen.Mode]):
		return fmt.Errorf("the profile %q of %s: expired_seconds must be between %d and %d, got: %d", chosen.Name, f.name, minSessionSeconds, maxSeconds[chosen.Mode], chosen.Seconds)
	}
	return nil
}

// maxSeconds is the maximum session duration of the modes that assume a role.
var maxSeconds = map[string]int{
	"RamRoleArn": maxSessionSeconds, "ChainableRamRoleArn": maxSessionSeconds, "RamRoleArnWithEcs": maxSessionSeconds, "OIDC": maxOIDCSessionSeconds,
}

// source returns the provider of the profile with which a chained profile assumes its role.
func (f *profileFile) source(chosen profile, chain []string) (esa.CredentialsProvider, error) {
	if slices.Contains(chain, chosen.SourceProfile) {
		return nil, fmt.Errorf("the profiles in %s form a circle (source_profile): %s", f.name, strings.Join(append(chain, chosen.SourceProfile), ", "))
	}
	source, err := f.profile(chosen.SourceProfile)
	if err != nil {
		return nil, fmt.Errorf("the profile %q has the source_profile %q, but %w", chosen.Name, chosen.SourceProfile, err)
	}
	return f.provider(source, chain)
}

func (f *profileFile) ecs(chosen profile) (esa.CredentialsProvider, error) {
	provider, err := newECS(chosen.ECSRoleName)
	if err != nil {
		return nil, fmt.Errorf("cannot use the profile %q of %s: %w", chosen.Name, f.name, err)
	}
	return provider, nil
}
