package esa_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"terraform-provider-esa/internal/esa"
)

// roundTripper answers without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	return r(request)
}

// FuzzAnswer gives every operation an answer of any status and body. Whatever comes, there is no panic, an error says
// which operation it was, and what is believed makes sense.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []struct {
		status int
		body   string
	}{
		{200, `{"RequestId":"R","CreateTime":"2026-01-01T00:00:00Z","Envs":[{"Env":"production","CodeDeploy":{"DeployId":1795382963386211015,"Strategy":"percentage","CreationTime":"t","CodeVersions":[{"CodeVersion":1723599747213377175,"Percentage":90},{"CodeVersion":"2","Percentage":"10"}]}}]}`},
		{200, `{"RequestId":"R","Envs":[{"Env":"staging","CodeDeploy":null}]}`},
		{200, `{"RequestId":"R","Status":"Available","CodeVersion":7}`},
		{200, `{"RequestId":"R","CodeVersions":[{"CodeVersion":"7","Status":"init"}],"TotalCount":1}`},
		{200, `{"RequestId":"R","DeploymentId":234,"CodeVersions":[]}`},
		{200, `{"RequestId":7,"Envs":{"Env":1}}`},
		{400, `{"RequestId":"R","Code":"RoutineNotExist","Message":"m"}`},
		{500, `{"RequestId":7,"Code":500,"Message":["m"],"AccessDeniedDetail":7}`},
		{403, `{"Code":"NoPermission","AccessDeniedDetail":{"AuthAction":"esa:GetRoutine"}}`},
		{200, `{"RequestId":"R","CodeVersion":7,"OssPostConfig":{"Url":"https://b.test","Key":"k","Policy":"p","Signature":"s","OSSAccessKeyId":"i"}}`},
		{200, `{"RequestId":"R","CodeVersion":"7","OssPostConfig":{"Url":"http://%zz","Key":1}}`},
		{502, "<html>"}, {200, ""}, {200, "null"}, {204, ""}, {302, ""}, {200, "\xff\xfe"}, {200, `{"RequestId":"\xff"}`},
	} {
		f.Add(seed.status, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 599 {
			status = 200 + abs(status)%400
		}
		client := esa.New(esa.Config{
			Endpoint: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, Region: esa.DefaultRegion,
			Credentials: esa.NewStaticCredentials("key-of-the-fuzzer", "secret-of-the-fuzzer", ""),
			Retry:       esa.RetryPolicy{Initial: time.Nanosecond, Max: time.Nanosecond, UnreachableFor: time.Nanosecond},
			Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
					Body: io.NopCloser(bytes.NewReader(body)), Request: request,
				}, nil
			}),
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
		defer cancel()
		check := func(operation string, err error) {
			t.Helper()
			var (
				failure     *esa.Error
				interrupted *esa.Interrupted
			)
			switch {
			case err == nil:
				if !utf8.Valid(body) || status >= 300 {
					t.Fatalf("%s believed HTTP %d %q", operation, status, body)
				}
			case errors.As(err, &failure):
				if failure.Operation != operation || !utf8.ValidString(err.Error()) {
					t.Fatalf("%s failed with %q", operation, err)
				}
				if esa.IsRoutineMissing(err) && status < 300 {
					t.Fatalf("%s took HTTP %d for a routine that is gone", operation, status)
				}
			case !errors.As(err, &interrupted):
				t.Fatalf("%s failed with %T: %v", operation, err, err)
			}
		}
		routine, err := client.GetRoutine(ctx, "hello", 0)
		check("GetRoutine", err)
		if err == nil {
			for _, deployment := range routine.Deployments {
				if len(deployment.CodeVersions) == 0 || deployment.Environment == "" {
					t.Fatalf("believed a deployment of nothing: %+v from %q", deployment, body)
				}
			}
		}
		_, err = client.CreateRoutineCodeDeployment(ctx, client.TakeSlot(), esa.CodeDeploymentInput{Routine: "hello", Environment: esa.Staging})
		check("CreateRoutineCodeDeployment", err)
		_, err = client.GetRoutineCodeVersionInfo(ctx, "hello", "1", 0)
		check("GetRoutineCodeVersionInfo", err)
		_, err = client.ListRoutineCodeVersions(ctx, "hello")
		check("ListRoutineCodeVersions", err)
		_, err = client.CreateRoutineWithAssetsCodeVersion(ctx, client.TakeSlot(), esa.CodeVersionInput{Routine: "hello"})
		check("CreateRoutineWithAssetsCodeVersion", err)
		check("DeleteRoutineCodeVersion", client.DeleteRoutineCodeVersion(ctx, client.TakeSlot(), "hello", "1"))
	})
}

func abs(number int) int {
	if number < 0 {
		return -(number + 1)
	}
	return number
}

// FuzzParseEndpoint proves that no text makes an endpoint in plain HTTP but one of this machine.
func FuzzParseEndpoint(f *testing.F) {
	for _, seed := range []string{"esa.test", "http://127.0.0.1:80", "http://[::1]", "https://a:b@c/", "http://localhost.", "http://127.1", "//x", "http://127.0.0.1%00.esa.test", "HTTP://esa.test"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		endpoint, err := esa.ParseEndpoint(text)
		if err != nil {
			return
		}
		host := endpoint.Hostname()
		local := host == "localhost" || len(host) >= 4 && host[:4] == "127." || host == "::1" || len(host) > 7 && host[:7] == "::ffff:" || len(host) > 2 && host[0] == '0'
		if endpoint.Scheme != "https" && !local || host == "" || endpoint.User != nil || endpoint.Path != "" {
			t.Fatalf("%q became %q", text, endpoint)
		}
	})
}
