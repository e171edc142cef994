package credential

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"terraform-provider-esa/internal/esa"
)

// newURI returns the sessions of a URL.
func newURI(address string) esa.CredentialsProvider {
	return &sessions{name: "credential_uri", open: func(ctx context.Context) (session, error) {
		opened, failed := fromURI(ctx, address)
		if failed == nil {
			return opened, nil
		}
		words := fmt.Sprintf("cannot get a session from credentials_uri%s: %s", shown(address), failed)
		if failed.status == http.StatusOK {
			words += ". The answer must be a JSON object with AccessKeyId, AccessKeySecret, SecurityToken and Expiration"
		}
		return session{}, failed.because(words)
	}}
}

// shown returns an address without its query and its password.
func shown(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return " (" + (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String() + ")"
}

func fromURI(ctx context.Context, address string) (session, *failure) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return session{}, &failure{kind: esa.Unauthenticated, reason: "it is not a URL"}
	}
	body, exchanged, ok := ask(ctx, serviceLimit, request)
	if !ok {
		return session{}, exchanged
	}
	var answer answeredSession
	problem := decode(body, &answer)
	opened, missing := answer.session()
	if problem := cmp.Or(problem, missing); problem != "" {
		return session{}, exchanged.unreadable("%s", problem)
	}
	return opened, nil
}
