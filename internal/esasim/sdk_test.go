package esasim_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"

	"terraform-provider-esa/internal/esasim"
)

// The vendor's older Go SDK is the judge of the RPC V1 signature: no one here
// wrote its signer.

// callSDK makes one call with the vendor's older Go SDK. Parameters go into the
// query where get is true, else into the form.
func callSDK(t *testing.T, url, id, secret, token, operation string, get bool, parameters map[string]string) (map[string]any, error) {
	t.Helper()
	scheme, host, _ := strings.Cut(url, "://")
	config := sdk.NewConfig()
	config.Scheme = scheme
	config.AutoRetry = false
	var client *sdk.Client
	var err error
	if token == "" {
		client, err = sdk.NewClientWithOptions("cn-hangzhou", config, credentials.NewStaticAKCredentialsProvider(id, secret))
	} else {
		client, err = sdk.NewClientWithOptions("cn-hangzhou", config, credentials.NewStaticSTSCredentialsProvider(id, secret, token))
	}
	if err != nil {
		t.Fatal(err)
	}
	request := requests.NewCommonRequest()
	request.Product = "ESA"
	request.Version = esasim.Version
	request.ApiName = operation
	request.Domain = host
	request.Scheme = scheme
	request.Method = requests.POST
	for name, value := range parameters {
		if get {
			request.QueryParams[name] = value
		} else {
			request.FormParams[name] = value
		}
	}
	if get {
		request.Method = requests.GET
	}
	response, err := client.ProcessCommonRequest(request)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(response.GetHttpContentString()))
	decoder.UseNumber()
	var answer map[string]any
	if err := decoder.Decode(&answer); err != nil {
		t.Fatalf("%s answered %q: %v", operation, response.GetHttpContentString(), err)
	}
	return answer, nil
}

func TestOlderSDKReleases(t *testing.T) {
	const stable, next = "1723599747213377175", "1723599747213377333"
	server := esasim.Start(t)
	server.AddRoutine("hello")
	server.AddCodeVersion("hello", stable)
	server.AddCodeVersion("hello", next)

	for _, get := range []bool{false, true} {
		split := `[{"CodeVersion":"` + stable + `","Percentage":90},{"CodeVersion":"` + next + `","Percentage":10}]`
		made, err := callSDK(t, server.URL, esasim.AccessKeyID, esasim.AccessKeySecret, "", "CreateRoutineCodeDeployment", get,
			map[string]string{"Name": "hello", "Env": "production", "Strategy": "percentage", "CodeVersions": split})
		if err != nil {
			t.Fatal(err)
		}
		read, err := callSDK(t, server.URL, esasim.AccessKeyID, esasim.AccessKeySecret, "", "GetRoutine", get, map[string]string{"Name": "hello"})
		if err != nil {
			t.Fatal(err)
		}
		production := read["Envs"].([]any)[1].(map[string]any)["CodeDeploy"].(map[string]any)
		if production["DeployId"] != made["DeploymentId"] {
			t.Errorf("GetRoutine shows deployment %v, CreateRoutineCodeDeployment answered %v", production["DeployId"], made["DeploymentId"])
		}
		first := production["CodeVersions"].([]any)[0].(map[string]any)
		if first["CodeVersion"] != stable || first["Percentage"] != json.Number("90") {
			t.Errorf("first share is %v, want 90 %% of %s", first, stable)
		}
	}
	if made := server.Deployments("hello", "production"); len(made) != 2 || !made[0].ByAPI {
		t.Errorf("deployments %+v, want two by the API", made)
	}
}

func TestOlderSDKErrors(t *testing.T) {
	server := esasim.Start(t, esasim.WithSecurityToken("STS.id", "sts-secret", "sts-token"))
	server.AddRoutine("hello")
	for name, test := range map[string]struct {
		id, secret, token, routine string
		status                     int
		code                       string
	}{
		"unknown key":     {"nobody", esasim.AccessKeySecret, "", "hello", 404, "InvalidAccessKeyId.NotFound"},
		"wrong secret":    {esasim.AccessKeyID, "wrong", "", "hello", 400, "SignatureDoesNotMatch"},
		"no token":        {"STS.id", "sts-secret", "", "hello", 400, "MissingSecurityToken"},
		"wrong token":     {"STS.id", "sts-secret", "other", "hello", 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		"needless token":  {esasim.AccessKeyID, esasim.AccessKeySecret, "other", "hello", 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		"unknown routine": {"STS.id", "sts-secret", "sts-token", "nothing", 400, "RoutineNotExist"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := callSDK(t, server.URL, test.id, test.secret, test.token, "GetRoutine", false, map[string]string{"Name": test.routine})
			var refused *sdkerrors.ServerError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want an error of the service", err)
			}
			if refused.ErrorCode() != test.code || refused.HttpStatus() != test.status {
				t.Errorf("got %d %s, want %d %s", refused.HttpStatus(), refused.ErrorCode(), test.status, test.code)
			}
			if test.code == "SignatureDoesNotMatch" && refused.Recommend() != "InvalidAccessKeySecret: Please check you AccessKeySecret" {
				// The SDK says this only where its own string to sign is the one echoed.
				t.Errorf("the echoed string to sign is not the SDK's: %s", refused.Message())
			}
		})
	}
}
