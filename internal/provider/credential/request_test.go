package credential_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/provider/credential"
)

// request is everything that a request to a service says: parameters of the query and the form, and the headers that mean
// something to the service.
type request struct {
	line   string
	values map[string]string
}

// changing are the parameters that are different each time. That the signature fits, the token service checks.
var changing = []string{"Timestamp", "SignatureNonce", "Signature"}

func requestsSoFar() []request {
	var got []request
	for _, asked := range network.Requests() {
		values := map[string]string{}
		if !asked.Close {
			values["Connection"] = "left open"
		}
		for name, all := range asked.Parameters {
			values[name] = strings.Join(all, " and ")
			if slices.Contains(changing, name) && values[name] != "" {
				values[name] = "(any)"
			}
		}
		for name, all := range asked.Header {
			if name == "Authorization" || strings.HasPrefix(name, "X-") {
				values[name] = strings.Join(all, " and ")
			}
		}
		got = append(got, request{asked.Method + " " + asked.URL, values})
	}
	return got
}

// tokenService is a request to the token service; more is names and values by turns.
func tokenService(host, action string, more ...string) request {
	values := map[string]string{"Action": action, "Version": "2015-04-01", "Format": "JSON", "Timestamp": "(any)"}
	if action == "AssumeRole" {
		maps.Copy(values, map[string]string{"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": "(any)", "Signature": "(any)"})
	}
	for index := 0; index < len(more); index += 2 {
		values[more[index]] = more[index+1]
	}
	return request{"POST https://" + host + "/", values}
}

// instance is the requests by which the session of an instance's role is opened.
func instance(roleName string, asked bool) []request {
	requests := []request{{"PUT http://100.100.100.200/latest/api/token", map[string]string{"X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds": "21600"}}}
	token := map[string]string{"X-Aliyun-Ecs-Metadata-Token": "metadata-token"}
	if asked {
		requests = append(requests, request{"GET http://100.100.100.200/latest/meta-data/ram/security-credentials/", token})
	}
	return append(requests, request{"GET http://100.100.100.200/latest/meta-data/ram/security-credentials/" + roleName, token})
}

// issued is the credentials of the nth session of a service.
func issued(service, number string) [3]string {
	return [3]string{"STS." + service + number, "session-secret-" + service + "-" + number, "session-token-" + service + "-" + number}
}

// key is the credentials that are configured under a name.
func key(name string) [3]string {
	return [3]string{"LTAI" + name, name + "-secret", name + "-token"}
}

// everyVariable sets every variable that could stand for an attribute, and some more, to what no request may hold.
func everyVariable(more ...string) map[string]string {
	variables := map[string]string{
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "wrong", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong", "ALIBABA_CLOUD_SECURITY_TOKEN": "wrong",
		"ALICLOUD_ACCESS_KEY": "wrong", "ALICLOUD_SECRET_KEY": "wrong", "ALICLOUD_SECURITY_TOKEN": "wrong",
		"ALIBABA_CLOUD_PROFILE": "wrong", "ALICLOUD_PROFILE": "wrong", "ALICLOUD_SHARED_CREDENTIALS_FILE": "wrong",
		"ALIBABA_CLOUD_ECS_METADATA": "wrong", "ALICLOUD_ECS_ROLE_NAME": "wrong",
		"ALIBABA_CLOUD_CREDENTIALS_URI": "wrong", "ALICLOUD_CREDENTIALS_URI": "wrong",
		"ALIBABA_CLOUD_ROLE_ARN": "wrong", "ALICLOUD_ASSUME_ROLE_ARN": "wrong",
		"ALIBABA_CLOUD_ROLE_SESSION_NAME": "wrong", "ALICLOUD_ASSUME_ROLE_SESSION_NAME": "wrong",
		"ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "wrong", "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "wrong",
	}
	for _, variable := range more {
		variables[variable] = "wrong"
	}
	return variables
}

const (
	rolePolicy = `{"Version":"1","Statement":["role"]}`
	oidcPolicy = `{"Version":"1","Statement":["oidc"]}`
)

// The blocks, with a value of its own for every attribute.
func fullKey(m *credential.Model) {
	m.AccessKey, m.SecretKey, m.SecurityToken = text("LTAIblock"), text("block-secret"), text("block-token")
}

func fullRole(m *credential.Model) {
	m.Role = object(roleTypes, map[string]attr.Value{
		"role_arn": text("role-arn"), "session_name": text("role-session"), "session_expiration": types.NumberValue(big.NewFloat(1801)),
		"policy": text(rolePolicy), "external_id": text("role-external"),
	})
}

func fullOIDC(m *credential.Model) {
	m.OIDC = object(oidcTypes, map[string]attr.Value{
		"role_arn": text("oidc-arn"), "oidc_provider_arn": text("oidc-provider"), "oidc_token_file": text("~/block-token-file"),
		"session_name": text("oidc-session"), "session_expiration": types.NumberValue(big.NewFloat(1802)), "policy": text(oidcPolicy),
	})
}

// roleRequest is the request of fullRole.
func roleRequest(key [3]string) request {
	return tokenService("sts.aliyuncs.com", "AssumeRole", "AccessKeyId", key[0], "SecurityToken", key[2],
		"RoleArn", "role-arn", "RoleSessionName", "role-session", "DurationSeconds", "1801", "Policy", rolePolicy, "ExternalId", "role-external")
}

// oidcRequest is the request of fullOIDC.
func oidcRequest() request {
	return tokenService("sts.aliyuncs.com", "AssumeRoleWithOIDC", "RoleArn", "oidc-arn", "OIDCProviderArn", "oidc-provider", "OIDCToken", "token-of-block",
		"RoleSessionName", "oidc-session", "DurationSeconds", "1802", "Policy", oidcPolicy)
}

// fullProfile is a profile in which every field has a value of its own.
func fullProfile(name, mode string) string {
	fields := map[string]any{
		"name": name, "mode": mode, "region_id": "profile-region", "access_key_id": "LTAI" + name, "access_key_secret": name + "-secret", "sts_token": name + "-token",
		"ram_role_arn": "profile-role", "ram_session_name": "profile-session", "external_id": "profile-external", "policy": rolePolicy,
		"expired_seconds": 1803, "sts_region": "cn-profile", "enable_vpc": true, "ram_role_name": "profile-instance-role", "source_profile": "source",
		"oidc_provider_arn": "profile-provider", "oidc_token_file": "~/profile-token-file", "credentials_uri": "http://session.test/profile?a=1",
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// profileRole is the request of the role of a full profile.
func profileRole(key [3]string) request {
	return tokenService("sts-vpc.cn-profile.aliyuncs.com", "AssumeRole", "AccessKeyId", key[0], "SecurityToken", key[2],
		"RoleArn", "profile-role", "RoleSessionName", "profile-session", "DurationSeconds", "1803", "Policy", rolePolicy, "ExternalId", "profile-external")
}

// checked is one way to credentials, with all that must come of it.
type checked struct {
	block       []func(*credential.Model)
	environment map[string]string
	profiles    []string
	sdkFile     string
	// want is each request; key the credentials that sign calls of ESA.
	want []request
	key  [3]string
	// way, region and attribute are those of what was found.
	way, region, attribute, provider string
}

// TestEverySetting configures every setting of every way to credentials, each with a value of its own, and compares all
// that the services were asked: nothing is dropped, mixed up or taken from elsewhere.
func TestEverySetting(t *testing.T) {
	profile := func(m *credential.Model) { m.Profile, m.File = text("tested"), text("~/profiles.json") }
	uri := func(m *credential.Model) { m.URI = text("http://user:password@session.test/block?a=1&b=2") }
	uriRequest := request{"GET http://session.test/block", map[string]string{"a": "1", "b": "2", "Authorization": "Basic dXNlcjpwYXNzd29yZA=="}}
	ecs := func(m *credential.Model) { m.ECSRoleName = text("block-instance-role") }
	const key1, sessionOfRole = "the access key of the provider block", "the RAM role role-arn, assumed with "
	for name, test := range map[string]checked{
		"block: key":                 {block: []func(*credential.Model){fullKey}, environment: everyVariable(), key: key("block"), way: key1, attribute: "access_key", provider: "static_sts"},
		"block: key without a token": {block: []func(*credential.Model){withKey}, environment: everyVariable(), key: [3]string{accessKeyID, accessKeySecret}, way: key1, attribute: "access_key", provider: "static_ak"},
		"block: role": {
			block: []func(*credential.Model){fullKey, fullRole}, environment: everyVariable(),
			want: []request{roleRequest(key("block"))}, key: issued("token-service", "1"), way: sessionOfRole + key1, attribute: "assume_role", provider: "ram_role_arn/static_sts",
		},
		"block: role with its defaults": {
			block: []func(*credential.Model){withKey, withRole},
			want:  []request{tokenService("sts.aliyuncs.com", "AssumeRole", "AccessKeyId", accessKeyID, "RoleArn", roleARN, "RoleSessionName", "terraform-provider-esa", "DurationSeconds", "3600")},
			key:   issued("token-service", "1"), way: "the RAM role " + roleARN + ", assumed with " + key1, attribute: "assume_role", provider: "ram_role_arn/static_ak",
		},
		"block: OIDC": {
			block: []func(*credential.Model){fullOIDC}, environment: everyVariable(),
			want: []request{oidcRequest()}, key: issued("token-service", "1"),
			way: "the RAM role oidc-arn, assumed with the OIDC token of the provider block", attribute: "assume_role_with_oidc", provider: "oidc_role_arn",
		},
		"block: role on top of OIDC": {
			block: []func(*credential.Model){fullOIDC, fullRole}, environment: everyVariable(),
			want: []request{oidcRequest(), roleRequest(issued("token-service", "1"))}, key: issued("token-service", "2"),
			way: sessionOfRole + "the RAM role oidc-arn, assumed with the OIDC token of the provider block", attribute: "assume_role", provider: "ram_role_arn/oidc_role_arn",
		},
		"block: instance": {
			block: []func(*credential.Model){ecs}, environment: everyVariable(), want: instance("block-instance-role", false), key: issued("metadata", "1"),
			way: `the ECS instance's RAM role "block-instance-role" of the provider block`, attribute: "ecs_role_name", provider: "ecs_ram_role",
		},
		"block: role on top of the instance's": {
			block: []func(*credential.Model){ecs, fullRole}, environment: everyVariable(),
			want: append(instance("block-instance-role", false), roleRequest(issued("metadata", "1"))), key: issued("token-service", "1"),
			way: sessionOfRole + `the ECS instance's RAM role "block-instance-role" of the provider block`, attribute: "assume_role", provider: "ram_role_arn/ecs_ram_role",
		},
		"block: URI": {
			block: []func(*credential.Model){uri}, environment: everyVariable(), want: []request{uriRequest}, key: issued("uri", "1"),
			way: "the credentials URI of the provider block", attribute: "credentials_uri", provider: "credential_uri",
		},
		"block: role on top of the URI": {
			block: []func(*credential.Model){uri, fullRole}, environment: everyVariable(), want: []request{uriRequest, roleRequest(issued("uri", "1"))}, key: issued("token-service", "1"),
			way: sessionOfRole + "the credentials URI of the provider block", attribute: "assume_role", provider: "ram_role_arn/credential_uri",
		},
		"block: role on top of a profile, with its region": {
			block: []func(*credential.Model){profile, fullRole}, environment: everyVariable(), profiles: []string{fullProfile("tested", "StsToken")},
			want: []request{roleRequest(key("tested"))}, key: issued("token-service", "1"),
			way: sessionOfRole + `the profile "tested" (mode StsToken) of HOME/profiles.json`, region: "profile-region", attribute: "assume_role", provider: "ram_role_arn/static_sts",
		},

		"profile: AK": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{fullProfile("tested", "AK")}, key: [3]string{"LTAItested", "tested-secret"},
			way: `the profile "tested" (mode AK) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "static_ak",
		},
		"profile: StsToken": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{fullProfile("tested", "StsToken")}, key: key("tested"),
			way: `the profile "tested" (mode StsToken) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "static_sts",
		},
		"profile: RamRoleArn": {
			block: []func(*credential.Model){profile}, environment: everyVariable("ALIBABA_CLOUD_STS_REGION"), profiles: []string{fullProfile("tested", "RamRoleArn")},
			want: []request{profileRole(key("tested"))}, key: issued("token-service", "1"),
			way: `the profile "tested" (mode RamRoleArn) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "ram_role_arn/static_sts",
		},
		"profile: RamRoleArn with its defaults": {
			block:    []func(*credential.Model){profile},
			profiles: []string{`{"name": "tested", "mode": "RamRoleArn", "access_key_id": "LTAItested", "access_key_secret": "tested-secret", "ram_role_arn": "r"}`},
			want:     []request{tokenService("sts.aliyuncs.com", "AssumeRole", "AccessKeyId", "LTAItested", "RoleArn", "r", "RoleSessionName", "terraform-provider-esa", "DurationSeconds", "3600")},
			key:      issued("token-service", "1"), way: `the profile "tested" (mode RamRoleArn) of HOME/profiles.json`, attribute: "profile", provider: "ram_role_arn/static_ak",
		},
		"profile: ChainableRamRoleArn": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{fullProfile("tested", "ChainableRamRoleArn"), fullProfile("source", "StsToken")},
			want: []request{profileRole(key("source"))}, key: issued("token-service", "1"),
			way: `the profile "tested" (mode ChainableRamRoleArn) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "ram_role_arn/static_sts",
		},
		"profile: EcsRamRole": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{fullProfile("tested", "EcsRamRole")},
			want: instance("profile-instance-role", false), key: issued("metadata", "1"),
			way: `the profile "tested" (mode EcsRamRole) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "ecs_ram_role",
		},
		"profile: EcsRamRole without a name": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{`{"name": "tested", "mode": "EcsRamRole"}`},
			want: instance("instance-role", true), key: issued("metadata", "1"),
			way: `the profile "tested" (mode EcsRamRole) of HOME/profiles.json`, attribute: "profile", provider: "ecs_ram_role",
		},
		"profile: RamRoleArnWithEcs": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{fullProfile("tested", "RamRoleArnWithEcs")},
			want: append(instance("profile-instance-role", false), profileRole(issued("metadata", "1"))), key: issued("token-service", "1"),
			way: `the profile "tested" (mode RamRoleArnWithEcs) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "ram_role_arn/ecs_ram_role",
		},
		"profile: OIDC": {
			block: []func(*credential.Model){profile}, environment: everyVariable("ALIBABA_CLOUD_STS_REGION"), profiles: []string{fullProfile("tested", "OIDC")},
			want: []request{tokenService("sts-vpc.cn-profile.aliyuncs.com", "AssumeRoleWithOIDC", "RoleArn", "profile-role", "OIDCProviderArn", "profile-provider",
				"OIDCToken", "token-of-profile", "RoleSessionName", "profile-session", "DurationSeconds", "1803", "Policy", rolePolicy)},
			key: issued("token-service", "1"), way: `the profile "tested" (mode OIDC) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "oidc_role_arn",
		},
		"profile: CredentialsURI": {
			block: []func(*credential.Model){profile}, environment: everyVariable(), profiles: []string{fullProfile("tested", "CredentialsURI")},
			want: []request{{"GET http://session.test/profile", map[string]string{"a": "1"}}}, key: issued("uri", "1"),
			way: `the profile "tested" (mode CredentialsURI) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "credential_uri",
		},

		"environment: key": {
			environment: map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIenv", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env-secret", "ALIBABA_CLOUD_SECURITY_TOKEN": "env-token"},
			key:         key("env"), way: "the access key of the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)", attribute: "access_key", provider: "static_sts",
		},
		"environment: key under its other name": {
			environment: map[string]string{"ALICLOUD_ACCESS_KEY": "LTAIenv", "ALICLOUD_SECRET_KEY": "env-secret", "ALICLOUD_SECURITY_TOKEN": "env-token"},
			key:         key("env"), way: "the access key of the environment (ALICLOUD_ACCESS_KEY)", attribute: "access_key", provider: "static_sts",
		},
		"environment: role": {
			block: []func(*credential.Model){fullKey, func(m *credential.Model) { m.Role = object(roleTypes, nil) }},
			environment: map[string]string{
				"ALIBABA_CLOUD_ROLE_ARN": "env-role", "ALICLOUD_ASSUME_ROLE_ARN": "wrong", "ALIBABA_CLOUD_ROLE_SESSION_NAME": "env-session", "ALICLOUD_ASSUME_ROLE_SESSION_NAME": "wrong",
				"ALIBABA_CLOUD_STS_REGION": "cn-env", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "false",
			},
			want: []request{tokenService("sts.cn-env.aliyuncs.com", "AssumeRole", "AccessKeyId", "LTAIblock", "SecurityToken", "block-token", "RoleArn", "env-role", "RoleSessionName", "env-session", "DurationSeconds", "3600")},
			key:  issued("token-service", "1"), way: "the RAM role env-role, assumed with " + key1, attribute: "assume_role", provider: "ram_role_arn/static_sts",
		},
		"environment: role under its other name": {
			block: []func(*credential.Model){fullKey, func(m *credential.Model) { m.Role = object(roleTypes, nil) }},
			environment: map[string]string{
				"ALICLOUD_ASSUME_ROLE_ARN": "env-role", "ALICLOUD_ASSUME_ROLE_SESSION_NAME": "env-session",
				"ALIBABA_CLOUD_STS_REGION": "cn-env", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "TRUE",
			},
			want: []request{tokenService("sts-vpc.cn-env.aliyuncs.com", "AssumeRole", "AccessKeyId", "LTAIblock", "SecurityToken", "block-token", "RoleArn", "env-role", "RoleSessionName", "env-session", "DurationSeconds", "3600")},
			key:  issued("token-service", "1"), way: "the RAM role env-role, assumed with " + key1, attribute: "assume_role", provider: "ram_role_arn/static_sts",
		},
		"environment: OIDC": {
			environment: map[string]string{
				"ALIBABA_CLOUD_ROLE_ARN": "env-role", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "env-provider", "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "~/env-token-file", "ALIBABA_CLOUD_ROLE_SESSION_NAME": "env-session",
				"ALICLOUD_ASSUME_ROLE_ARN": "wrong", "ALICLOUD_ASSUME_ROLE_SESSION_NAME": "wrong", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true",
			},
			want: []request{tokenService("sts.aliyuncs.com", "AssumeRoleWithOIDC", "RoleArn", "env-role", "OIDCProviderArn", "env-provider", "OIDCToken", "token-of-env", "RoleSessionName", "env-session", "DurationSeconds", "3600")},
			key:  issued("token-service", "1"), way: "the RAM role env-role, assumed with the OIDC token of the environment (ALIBABA_CLOUD_OIDC_TOKEN_FILE)", attribute: "assume_role_with_oidc", provider: "oidc_role_arn",
		},
		"environment: OIDC of an empty block": {
			block: []func(*credential.Model){func(m *credential.Model) { m.OIDC = object(oidcTypes, nil) }},
			environment: map[string]string{
				"ALIBABA_CLOUD_ROLE_ARN": "env-role", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "env-provider", "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "~/env-token-file", "ALIBABA_CLOUD_ROLE_SESSION_NAME": "env-session",
				"ALICLOUD_ASSUME_ROLE_ARN": "wrong", "ALICLOUD_ASSUME_ROLE_SESSION_NAME": "wrong",
			},
			want: []request{tokenService("sts.aliyuncs.com", "AssumeRoleWithOIDC", "RoleArn", "env-role", "OIDCProviderArn", "env-provider", "OIDCToken", "token-of-env", "RoleSessionName", "env-session", "DurationSeconds", "3600")},
			key:  issued("token-service", "1"), way: "the RAM role env-role, assumed with the OIDC token of the provider block", attribute: "assume_role_with_oidc", provider: "oidc_role_arn",
		},
		"environment: instance": {
			environment: map[string]string{"ALIBABA_CLOUD_ECS_METADATA": "env-instance-role", "ALICLOUD_ECS_ROLE_NAME": "wrong"}, want: instance("env-instance-role", false), key: issued("metadata", "1"),
			way: `the ECS instance's RAM role "env-instance-role" of the environment (ALIBABA_CLOUD_ECS_METADATA)`, attribute: "ecs_role_name", provider: "ecs_ram_role",
		},
		"environment: instance under its other name": {
			environment: map[string]string{"ALICLOUD_ECS_ROLE_NAME": "env-instance-role"}, want: instance("env-instance-role", false), key: issued("metadata", "1"),
			way: `the ECS instance's RAM role "env-instance-role" of the environment (ALICLOUD_ECS_ROLE_NAME)`, attribute: "ecs_role_name", provider: "ecs_ram_role",
		},
		"environment: URI": {
			environment: map[string]string{"ALIBABA_CLOUD_CREDENTIALS_URI": "http://session.test/env", "ALICLOUD_CREDENTIALS_URI": "wrong"},
			want:        []request{{"GET http://session.test/env", map[string]string{}}}, key: issued("uri", "1"),
			way: "the credentials URI of the environment (ALIBABA_CLOUD_CREDENTIALS_URI)", attribute: "credentials_uri", provider: "credential_uri",
		},
		"environment: URI under its other name": {
			environment: map[string]string{"ALICLOUD_CREDENTIALS_URI": "https://session.test/env"},
			want:        []request{{"GET https://session.test/env", map[string]string{}}}, key: issued("uri", "1"),
			way: "the credentials URI of the environment (ALICLOUD_CREDENTIALS_URI)", attribute: "credentials_uri", provider: "credential_uri",
		},
		"environment: profile": {
			environment: map[string]string{"ALIBABA_CLOUD_PROFILE": "tested", "ALICLOUD_PROFILE": "wrong", "ALICLOUD_SHARED_CREDENTIALS_FILE": "~/profiles.json"},
			profiles:    []string{fullProfile("tested", "StsToken")}, key: key("tested"),
			way: `the profile "tested" (mode StsToken) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "static_sts",
		},
		"environment: profile under its other name": {
			environment: map[string]string{"ALICLOUD_PROFILE": "tested", "ALICLOUD_SHARED_CREDENTIALS_FILE": "~/profiles.json"},
			profiles:    []string{fullProfile("tested", "StsToken")}, key: key("tested"),
			way: `the profile "tested" (mode StsToken) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "static_sts",
		},
		"environment: file of the block's profile": {
			block: []func(*credential.Model){func(m *credential.Model) { m.Profile = text("tested") }}, environment: map[string]string{"ALICLOUD_SHARED_CREDENTIALS_FILE": "~/profiles.json"},
			profiles: []string{fullProfile("tested", "StsToken")}, key: key("tested"),
			way: `the profile "tested" (mode StsToken) of HOME/profiles.json`, region: "profile-region", attribute: "profile", provider: "static_sts",
		},

		"SDKs' file: access_key": {
			sdkFile: "type = access_key\naccess_key_id = LTAIsdk\naccess_key_secret = sdk-secret\n", key: [3]string{"LTAIsdk", "sdk-secret"},
			way: "the section [default] of HOME/.alibabacloud/credentials", attribute: "shared_credentials_file", provider: "static_ak",
		},
		"SDKs' file: ram_role_arn": {
			sdkFile: "type = ram_role_arn\naccess_key_id = LTAIsdk\naccess_key_secret = sdk-secret\nrole_arn = sdk-role\nrole_session_name = sdk-session\npolicy = {}\n",
			want:    []request{tokenService("sts.aliyuncs.com", "AssumeRole", "AccessKeyId", "LTAIsdk", "RoleArn", "sdk-role", "RoleSessionName", "sdk-session", "Policy", "{}", "DurationSeconds", "3600")},
			key:     issued("token-service", "1"), way: "the section [default] of HOME/.alibabacloud/credentials", attribute: "shared_credentials_file", provider: "ram_role_arn/static_ak",
		},
		"SDKs' file: ecs_ram_role": {
			sdkFile: "type = ecs_ram_role\nrole_name = sdk-instance-role\n", want: instance("sdk-instance-role", false), key: issued("metadata", "1"),
			way: "the section [default] of HOME/.alibabacloud/credentials", attribute: "shared_credentials_file", provider: "ecs_ram_role",
		},
		"machine: role of the instance": {
			want: instance("instance-role", true), key: issued("metadata", "1"), way: "the RAM role of the ECS instance", attribute: "ecs_role_name", provider: "ecs_ram_role",
		},
	} {
		t.Run(name, func(t *testing.T) {
			checkSettings(t, test)
		})
	}
}

func checkSettings(t *testing.T, test checked) {
	t.Helper()
	w := newWorld(t)
	w.chain()
	for _, name := range []string{"block", "env", "profile"} {
		w.file(t, name+"-token-file", "token-of-"+name+"\n")
		w.tokens.AllowToken("token-of-" + name)
	}
	for _, name := range []string{"block", "tested", "source"} {
		w.tokens.AllowKey("LTAI"+name, name+"-secret", name+"-token")
	}
	if strings.Contains(t.Name(), "with_its_defaults") {
		w.tokens.AllowKey("LTAItested", "tested-secret", "")
	}
	w.tokens.AllowKey("LTAIsdk", "sdk-secret", "")
	for _, host := range []string{"sts-vpc.cn-profile.aliyuncs.com", "sts.cn-env.aliyuncs.com", "sts-vpc.cn-env.aliyuncs.com"} {
		network.Host(host, w.tokens)
	}
	for _, last := range test.want {
		if _, roleName, found := strings.Cut(last.line, standin.MetadataRolesPath); found && roleName != "" {
			w.metadata.RoleName = roleName
		}
	}
	if test.profiles != nil {
		w.file(t, "profiles.json", profiles("wrong", test.profiles...))
	}
	if test.sdkFile != "" {
		w.file(t, ".alibabacloud/credentials", "[default]\n"+test.sdkFile)
	}
	for variable, value := range test.environment {
		t.Setenv(variable, value)
	}
	found, diags := block(both(test.block...)).Find(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	got, err := found.Provider.GetCredentials()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(test.want, requestsSoFar(), cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if key := [3]string{got.AccessKeyId, got.AccessKeySecret, got.SecurityToken}; key != test.key || got.BearerToken != "" {
		t.Errorf("credentials %q, want %q", key, test.key)
	}
	if got.ProviderName != test.provider || found.Provider.GetProviderName() != test.provider {
		t.Errorf("the SDK's name of the source is %q and %q, want %q", got.ProviderName, found.Provider.GetProviderName(), test.provider)
	}
	way := strings.ReplaceAll(strings.ReplaceAll(found.Way, w.home, "HOME"), `\`, "/")
	if way != test.way || found.Region != test.region || found.Attribute.String() != test.attribute {
		t.Errorf("found %q, region %q, attribute %s; want %q, %q, %s", way, found.Region, found.Attribute, test.way, test.region, test.attribute)
	}
}

// TestEverySettingIsTested keeps a new attribute or a new field of a profile from being left out above.
func TestEverySettingIsTested(t *testing.T) {
	values := map[string]attr.Value{}
	model := block(both(fullKey, fullRole, fullOIDC))
	model.Profile, model.File, model.ECSRoleName, model.URI = text("a"), text("b"), text("c"), text("d")
	for name, value := range map[string]attr.Value{
		"access_key": model.AccessKey, "secret_key": model.SecretKey, "security_token": model.SecurityToken, "profile": model.Profile, "shared_credentials_file": model.File,
		"ecs_role_name": model.ECSRoleName, "credentials_uri": model.URI, "assume_role": model.Role, "assume_role_with_oidc": model.OIDC,
	} {
		values[name] = value
		if nested, ok := value.(types.Object); ok {
			for attribute, value := range nested.Attributes() {
				values[name+"."+attribute] = value
			}
		}
	}
	var names []string
	for name, attribute := range credential.Attributes() {
		names = append(names, name)
		if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
			for inner := range nested.Attributes {
				names = append(names, name+"."+inner)
			}
		}
	}
	for _, name := range names {
		if value, ok := values[name]; !ok || value.IsNull() {
			t.Errorf("no test sets the attribute %s", name)
		}
	}
	var profile map[string]any
	if err := json.Unmarshal([]byte(fullProfile("tested", "AK")), &profile); err != nil {
		t.Fatal(err)
	}
	for _, field := range credential.ProfileFields() {
		if value, ok := profile[field]; !ok || value == "" {
			t.Errorf("no test sets the field %s of a profile", field)
		}
	}
}
