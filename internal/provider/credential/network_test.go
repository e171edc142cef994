package credential_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/acceptance/standin"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider/credential"
)

// network is where the SDK's providers find the services under their real names: they take proxy and certificates from
// Go's default transport. The tests change it and the environment, so that none of them runs beside another.
var network *standin.Network

func TestMain(m *testing.M) {
	made, err := standin.NewNetwork()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	network = made
	transport := http.DefaultTransport.(*http.Transport)
	transport.Proxy = func(*http.Request) (*url.URL, error) { return network.ProxyURL(), nil }
	transport.TLSClientConfig = &tls.Config{RootCAs: network.Authority.Pool(), MinVersion: tls.VersionTLS12}
	os.Exit(m.Run())
}

const (
	roleARN     = "acs:ram::1234567890123456:role/edge-release"
	providerARN = "acs:ram::1234567890123456:oidc-provider/github"
	oidcToken   = "eyJhbGciOiJSUzI1NiJ9.claims.signature"

	accessKeyID     = "LTAI5tTheKeyOfABlock"
	accessKeySecret = "secret-of-the-block"
)

// world is the services around one test, and a simulator that knows the sessions that they hand out.
type world struct {
	simulator *esasim.Server
	tokens    *standin.TokenService
	metadata  *standin.MetadataService
	sessions  *standin.SessionService
	home      string
}

// newWorld empties the environment and the home directory, and starts the services.
func newWorld(t *testing.T) *world {
	t.Helper()
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, "ALIBABA_CLOUD_") || strings.HasPrefix(name, "ALICLOUD_") {
			t.Setenv(name, "")
		}
	}
	w := &world{
		simulator: esasim.Start(t, esasim.WithKey(accessKeyID, accessKeySecret)),
		tokens:    &standin.TokenService{}, metadata: &standin.MetadataService{RoleName: "instance-role"}, sessions: &standin.SessionService{},
		home: t.TempDir(),
	}
	for _, variable := range []string{"HOME", "USERPROFILE"} { // The second is the name on Windows.
		t.Setenv(variable, w.home)
	}
	w.simulator.AddRoutine("hello")
	for _, sessions := range []*standin.Sessions{&w.tokens.Sessions, &w.metadata.Sessions, &w.sessions.Sessions} {
		sessions.Issued = w.simulator.AllowKey
	}
	w.tokens.AllowKey(accessKeyID, accessKeySecret, "")
	w.tokens.AllowToken(oidcToken)
	network.Reset()
	network.Host(standin.TokenServiceHost, w.tokens)
	network.Host(standin.MetadataHost, w.metadata)
	network.Host("session.test", w.sessions)
	return w
}

// chain has the token service know the sessions that were handed out, so that a role can be assumed with them.
func (w *world) chain() {
	for _, sessions := range []*standin.Sessions{&w.tokens.Sessions, &w.metadata.Sessions, &w.sessions.Sessions} {
		sessions.Issued = func(id, secret, token string) {
			w.simulator.AllowKey(id, secret, token)
			w.tokens.AllowKey(id, secret, token)
		}
	}
}

// file writes a file into the home directory and returns its path.
func (w *world) file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// client returns a client of the simulator with the credentials that were found.
func (w *world) client(t *testing.T, provider esa.CredentialsProvider) *esa.Client {
	t.Helper()
	endpoint, err := esa.ParseEndpoint(w.simulator.URL)
	if err != nil {
		t.Fatal(err)
	}
	return esa.New(esa.Config{
		Endpoint: endpoint, Region: esa.DefaultRegion, Credentials: provider,
		Retry: esa.RetryPolicy{Initial: time.Millisecond, Max: 10 * time.Millisecond, UnreachableFor: 200 * time.Millisecond},
	})
}

// patientClient is a client that gives up for no reason but an error that is worth no other attempt.
func patientClient(provider esa.CredentialsProvider) *esa.Client {
	return esa.New(esa.Config{Credentials: provider, Retry: esa.RetryPolicy{Initial: time.Microsecond, Max: time.Millisecond, UnreachableFor: time.Minute}})
}

// find finds the credentials of a block and calls ESA with them.
func (w *world) find(t *testing.T, block credential.Model) credential.Found {
	t.Helper()
	found, diags := block.Find(t.Context())
	if diags.HasError() {
		t.Fatalf("no credentials: %v", diags)
	}
	if err := w.call(t.Context(), w.client(t, found.Provider)); err != nil {
		t.Fatalf("with %s: %v", found.Way, err)
	}
	return found
}

func (w *world) call(ctx context.Context, client *esa.Client) error {
	_, err := client.GetRoutine(ctx, "hello", 0)
	return err
}

// block returns a provider block in which nothing is set, changed as the caller wants.
func block(change func(*credential.Model)) credential.Model {
	model := credential.Model{Role: types.ObjectNull(roleTypes), OIDC: types.ObjectNull(oidcTypes)}
	if change != nil {
		change(&model)
	}
	return model
}

var (
	roleTypes = map[string]attr.Type{
		"role_arn": types.StringType, "session_name": types.StringType, "session_expiration": types.NumberType, "policy": types.StringType, "external_id": types.StringType,
	}
	oidcTypes = map[string]attr.Type{
		"role_arn": types.StringType, "oidc_provider_arn": types.StringType, "oidc_token_file": types.StringType,
		"session_name": types.StringType, "session_expiration": types.NumberType, "policy": types.StringType,
	}
)

// object returns a nested attribute, with null for what is not given.
func object(attributes map[string]attr.Type, given map[string]attr.Value) types.Object {
	values := map[string]attr.Value{}
	for name, kind := range attributes {
		values[name] = types.StringNull()
		if kind == types.NumberType {
			values[name] = types.NumberNull()
		}
		if value, ok := given[name]; ok {
			values[name] = value
		}
	}
	return types.ObjectValueMust(attributes, values)
}

func text(value string) types.String {
	return types.StringValue(value)
}

// checkDiagnostic checks the place of an error and that its detail has some words in it.
func checkDiagnostic(t *testing.T, got diag.Diagnostic, at, words string) {
	t.Helper()
	located, ok := got.(diag.DiagnosticWithPath)
	if !ok || located.Path().String() != at {
		t.Errorf("the error stands on %v, want %s", got, at)
	}
	if !strings.Contains(got.Detail(), words) {
		t.Errorf("detail %q, want %q in it", got.Detail(), words)
	}
	for _, twice := range []string{"..", ".;"} { // The operating system's words end with a full stop on Windows.
		if strings.Contains(got.Detail(), twice) {
			t.Errorf("detail %q, want no %q in it", got.Detail(), twice)
		}
	}
}
