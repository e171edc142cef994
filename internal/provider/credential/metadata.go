package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"terraform-provider-esa/internal/esa"
)

const (
	metadataHost  = "100.100.100.200"
	metadataRoles = "/latest/meta-data/ram/security-credentials/"
)

// The formats of plain-text answers of the metadata service. Pages of other servers have neither.
var (
	metadataTokenPattern = regexp.MustCompile(`^[A-Za-z0-9+/=._~:-]+$`)
	roleNamePattern      = regexp.MustCompile(`^[A-Za-z0-9.@_-]{1,64}$`)
)

// metadata is the metadata service of an ECS instance.
type metadata struct {
	// roleName is the RAM role of the instance, or empty to ask the service.
	roleName string
}

// newECS returns sessions of the RAM role of the ECS instance.
func newECS(roleName string) (*sessions, error) {
	if enabled("ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
		return nil, errors.New("the ECS metadata service is disabled (ALIBABA_CLOUD_ECS_METADATA_DISABLED)")
	}
	return &sessions{name: "ecs_ram_role", open: metadata{roleName}.open}, nil
}

// enabled reports whether an environment variable is "true".
func enabled(variable string) bool {
	return strings.EqualFold(os.Getenv(variable), "true")
}

func (m metadata) open(ctx context.Context) (session, error) {
	opened, failed, _ := m.session(ctx)
	if failed == nil {
		return opened, nil
	}
	return session{}, failed.because(m.describe(failed))
}

// describe formats the failure, and what to do if the service itself answered.
func (m metadata) describe(failed *failure) string {
	about := "this instance's RAM role"
	if m.roleName != "" {
		about = fmt.Sprintf("the RAM role %q", m.roleName)
	}
	words := fmt.Sprintf("cannot get a session of %s from the ECS metadata service: %s", about, failed)
	switch {
	case failed.status == http.StatusNotFound:
		words += ". Check that the role is attached to this instance"
	case failed.kind == esa.Unreachable:
		words += ". Check that this machine is an ECS instance"
	}
	return words
}

// session opens a session. recognized reports whether a failure comes from the metadata service and not from another server.
func (m metadata) session(ctx context.Context) (opened session, failed *failure, recognized bool) {
	get := func(method, path, token string) (string, *failure, bool) {
		body, exchanged, ok := m.ask(ctx, method, path, token)
		recognized = recognized || ok || exchanged.status != 0 && !exchanged.proxied
		return body, exchanged, ok
	}
	token, exchanged, ok := get(http.MethodPut, "/latest/api/token", "")
	switch {
	case ok && !metadataTokenPattern.MatchString(token):
		return session{}, exchanged.unreadable("the answer is not a token"), recognized
	case !ok && (exchanged.temporary() || enabled("ALIBABA_CLOUD_IMDSV1_DISABLED")):
		return session{}, exchanged, recognized
	case !ok: // The first version of the service knows no tokens.
		token = ""
	}
	roleName := m.roleName
	if roleName == "" {
		if roleName, exchanged, ok = get(http.MethodGet, metadataRoles, token); !ok {
			return session{}, exchanged, recognized
		}
		if !roleNamePattern.MatchString(roleName) {
			return session{}, exchanged.unreadable("the answer is not the name of a role"), recognized
		}
	}
	body, exchanged, ok := get(http.MethodGet, metadataRoles+url.PathEscape(roleName), token)
	if !ok {
		return session{}, exchanged, recognized
	}
	var answer struct {
		answeredSession

		Code *string
	}
	problem := decode([]byte(body), &answer)
	if answer.Code == nil || *answer.Code != "Success" {
		problem = cmp.Or(problem, "the code of the answer is not Success")
	}
	opened, missing := answer.session()
	if problem := cmp.Or(problem, missing); problem != "" {
		return session{}, exchanged.unreadable("%s", problem), recognized
	}
	return opened, nil, recognized
}

// ask makes one request and returns the text of the answer.
func (m metadata) ask(ctx context.Context, method, path, token string) (string, *failure, bool) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+metadataHost+path, http.NoBody)
	if err != nil {
		return "", &failure{kind: esa.Unauthenticated, host: metadataHost, reason: "the request cannot be made"}, false
	}
	if method == http.MethodPut {
		request.Header.Set("X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds", "21600")
	}
	if token != "" {
		request.Header.Set("X-Aliyun-Ecs-Metadata-Token", token)
	}
	body, exchanged, ok := ask(ctx, metadataLimit, request)
	return strings.TrimSpace(string(body)), exchanged, ok
}
