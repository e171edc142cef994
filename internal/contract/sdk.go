package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// Key is what calls are signed with.
type Key struct {
	ID, Secret, Token string
}

// SDK is an [API] by the vendor's SDK, and by none of this project's client: what is recorded is what ESA answered.
type SDK struct {
	client       *sdk.Client
	scheme, host string
	key          Key
}

// NewSDK returns the API at an endpoint such as https://esa.cn-hangzhou.aliyuncs.com.
func NewSDK(endpoint string, key Key) (*SDK, error) {
	scheme, host, ok := strings.Cut(endpoint, "://")
	if !ok {
		scheme, host = "https", endpoint
	}
	config := sdk.NewConfig()
	config.Scheme, config.AutoRetry = scheme, false
	var provider credentials.CredentialsProvider = credentials.NewStaticAKCredentialsProvider(key.ID, key.Secret)
	if key.Token != "" {
		provider = credentials.NewStaticSTSCredentialsProvider(key.ID, key.Secret, key.Token)
	}
	client, err := sdk.NewClientWithOptions("cn-hangzhou", config, provider)
	return &SDK{client: client, scheme: scheme, host: host, key: key}, err
}

// inQuery are the operations that take their parameters by GET.
var inQuery = []string{"GetRoutineRoute", "ListSiteRoutes", "ListRoutineRoutes"}

// Call implements [API].
func (s *SDK) Call(ctx context.Context, operation string, parameters map[string]string) (Call, error) {
	call := Call{Operation: operation, Parameters: parameters}
	if err := ctx.Err(); err != nil {
		return call, err
	}
	request := requests.NewCommonRequest()
	request.Product, request.Version, request.ApiName = "ESA", "2024-09-10", operation
	request.Domain, request.Scheme, request.Method = s.host, s.scheme, requests.POST
	into := request.FormParams
	if slices.Contains(inQuery, operation) {
		request.Method, into = requests.GET, request.QueryParams
	}
	maps.Copy(into, parameters)
	response, err := s.client.ProcessCommonRequest(request)
	if failure, ok := errors.AsType[*sdkerrors.ServerError](err); ok {
		call.HTTPStatus, call.Code, call.Body = failure.HttpStatus(), failure.ErrorCode(), s.hide(failure.Message())
		return call, nil
	}
	if err != nil {
		return call, errors.New(s.hide(err.Error()))
	}
	call.HTTPStatus, call.raw = response.GetHttpStatus(), response.GetHttpContentString()
	call.Body = s.hide(call.raw)
	return call, nil
}

// Upload implements [API]. What the form permits is not recorded.
func (s *SDK) Upload(ctx context.Context, form map[string]string, code []byte) (Call, error) {
	call := Call{Operation: "PostObject"}
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for _, field := range []string{"OSSAccessKeyId", "Signature", "policy", "key", "x-oss-security-token"} {
		if form[field] == "" {
			continue
		}
		if err := writer.WriteField(field, form[field]); err != nil {
			return call, err
		}
	}
	file, err := writer.CreateFormFile("file", "code.zip")
	if err != nil {
		return call, err
	}
	if _, err := file.Write(code); err != nil {
		return call, err
	}
	if err := writer.Close(); err != nil {
		return call, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, form["url"], &body)
	if err != nil {
		return call, errors.New("the address of the upload is not usable")
	}
	request.Header.Set("Content-Type", writer.FormDataContentType())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return call, errors.New("the upload failed: " + s.hide(err.Error()))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	call.HTTPStatus, call.Body = response.StatusCode, s.hide(string(text))
	return call, err
}

// hide replaces the key and what a form permits.
func (s *SDK) hide(text string) string {
	for _, secret := range []string{s.key.Secret, s.key.Token, s.key.ID} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	var body map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&body) != nil {
		return text
	}
	if _, found := body["OssPostConfig"]; !found {
		return text
	}
	body["OssPostConfig"] = "***"
	hidden, err := json.Marshal(body)
	if err != nil {
		return "***"
	}
	return string(hidden)
}
