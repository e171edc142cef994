package credential

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/utils"

	"terraform-provider-esa/internal/esa"
)

const (
	// defaultSessionName is the default name of sessions.
	defaultSessionName = "terraform-provider-esa"
	// defaultSessionSeconds is the default duration of a session.
	defaultSessionSeconds = 3600
)

// roleSettings are the parameters of the token service (STS) for a session of a RAM role.
type roleSettings struct {
	roleARN, sessionName, policy string
	// stsRegion is the region of the token service, empty for the environment's or its central address.
	stsRegion string
	// seconds is the duration of a session, 0 for the default.
	seconds int
	// vpc selects the VPC address of the token service.
	vpc bool
}

// assumeSettings are the parameters of AssumeRole.
type assumeSettings struct {
	roleSettings

	externalID string
}

// oidcSettings are the parameters of AssumeRoleWithOIDC.
type oidcSettings struct {
	roleSettings

	providerARN, tokenFile string
}

// newRole returns sessions of a role that it assumes with the credentials of source.
func newRole(source esa.CredentialsProvider, settings assumeSettings) esa.CredentialsProvider {
	return &sessions{name: "ram_role_arn/" + source.GetProviderName(), open: func(ctx context.Context) (session, error) {
		key, err := source.GetCredentials()
		if err != nil {
			return session{}, err
		}
		form := settings.form()
		setIfNotEmpty(form, "ExternalId", settings.externalID)
		return settings.open(ctx, "AssumeRole", form, key, key.AccessKeySecret, key.SecurityToken)
	}}
}

// newOIDC returns sessions of a role that it assumes with an OIDC token. It reads the token again for each session.
func newOIDC(settings oidcSettings) esa.CredentialsProvider {
	return &sessions{name: "oidc_role_arn", open: func(ctx context.Context) (session, error) {
		const operation = "AssumeRoleWithOIDC"
		token, err := readToken(settings.tokenFile)
		if err != nil {
			return session{}, &esa.CredentialsError{Message: fmt.Sprintf("%s of the RAM role %s: cannot read the OIDC token: %s", operation, settings.roleARN, err)}
		}
		form := settings.form()
		form.Set("OIDCProviderArn", settings.providerARN)
		form.Set("OIDCToken", token)
		return settings.open(ctx, operation, form, nil, token)
	}}
}

// readToken reads an OIDC token.
func readToken(name string) (string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return "", errors.New(phrase(err))
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", fmt.Errorf("the file %s is empty", name)
	}
	return token, nil
}

// form returns the common parameters of both operations.
func (s roleSettings) form() url.Values {
	form := url.Values{
		"RoleArn":         {s.roleARN},
		"RoleSessionName": {cmp.Or(s.sessionName, defaultSessionName)},
		"DurationSeconds": {strconv.Itoa(cmp.Or(s.seconds, defaultSessionSeconds))},
	}
	setIfNotEmpty(form, "Policy", s.policy)
	return form
}

func setIfNotEmpty(form url.Values, name, value string) {
	if value != "" {
		form.Set(name, value)
	}
}

// hostPattern is the format of the token service's addresses.
var hostPattern = regexp.MustCompile(`^sts[a-z0-9.-]*\.aliyuncs\.com$`)

// host is the address of the token service.
func (s roleSettings) host() string {
	region := cmp.Or(s.stsRegion, os.Getenv("ALIBABA_CLOUD_STS_REGION"))
	switch {
	case region == "":
		return "sts.aliyuncs.com"
	case s.vpc, enabled("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"):
		return "sts-vpc." + region + ".aliyuncs.com"
	default:
		return "sts." + region + ".aliyuncs.com"
	}
}

// open calls the token service. It signs the call with key unless key is nil. The error does not contain the secrets.
func (s roleSettings) open(ctx context.Context, operation string, form url.Values, key *credentials.Credentials, secrets ...string) (session, error) {
	opened, failed := s.call(ctx, operation, form, key)
	if failed == nil {
		return opened, nil
	}
	about := fmt.Sprintf("%s of the RAM role %s", operation, s.roleARN)
	hidden := func(text string) string { return limited(esa.WithoutEcho(esa.Redact(text, secrets...))) }
	switch {
	case failed.kind == esa.Refused:
		words := fmt.Sprintf("%s was refused: %s: %s", about, hidden(failed.Error()), hidden(failed.message))
		if failed.requestID != "" {
			words += " (RequestId " + hidden(failed.requestID) + ")"
		}
		return session{}, failed.because(words)
	case failed.kind == esa.Unreadable && failed.status != http.StatusOK:
		return session{}, failed.because(fmt.Sprintf("%s failed: the answer (%s) does not come from the token service. Check the proxy settings (HTTPS_PROXY, NO_PROXY)", about, failed))
	default:
		return session{}, failed.because(fmt.Sprintf("%s failed: %s", about, failed))
	}
}

func (s roleSettings) call(ctx context.Context, operation string, form url.Values, key *credentials.Credentials) (session, *failure) {
	query := url.Values{
		"Action": {operation}, "Version": {"2015-04-01"}, "Format": {"JSON"}, "Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	if key != nil {
		sign(query, form, key)
	}
	address := url.URL{Scheme: "https", Host: s.host(), Path: "/", RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), strings.NewReader(form.Encode()))
	if err != nil || !hostPattern.MatchString(s.host()) {
		return session{}, &failure{kind: esa.Unauthenticated, reason: fmt.Sprintf("%q is not an address of the token service. The region (sts_region, ALIBABA_CLOUD_STS_REGION) must be one such as cn-hangzhou", s.host())}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, exchanged, ok := ask(ctx, serviceLimit, request)
	if !ok {
		return session{}, exchanged
	}
	var answer struct{ Credentials *answeredSession }
	problem := decode(body, &answer)
	opened, missing := answer.Credentials.session()
	if problem := cmp.Or(problem, missing); problem != "" {
		return session{}, exchanged.unreadable("%s", problem)
	}
	return opened, nil
}

// sign adds a signature of version 1.0 to the query of a POST.
func sign(query, form url.Values, key *credentials.Credentials) {
	query.Set("AccessKeyId", key.AccessKeyId)
	setIfNotEmpty(query, "SecurityToken", key.SecurityToken)
	query.Set("SignatureMethod", "HMAC-SHA1")
	query.Set("SignatureVersion", "1.0")
	query.Set("SignatureNonce", rand.Text())
	all := maps.Clone(query)
	maps.Copy(all, form)
	escaped := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(all.Encode())
	query.Set("Signature", utils.ShaHmac1("POST&%2F&"+url.QueryEscape(escaped), key.AccessKeySecret+"&"))
}

// limited truncates a message.
func limited(message string) string {
	const longest = 1000
	runes := []rune(message)
	if len(runes) <= longest {
		return message
	}
	return string(runes[:longest]) + "…"
}
