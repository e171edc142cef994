package esasim_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
)

// requester makes signed requests (ACS3-HMAC-SHA256) with nothing but the
// standard library. Its fields may be changed between requests.
type requester struct {
	url                string
	id, secret, token  string
	client             *http.Client
	at                 func() time.Time
	nonce              func() string
	change             func(*http.Request) // after signing
	version, userAgent string
}

func newRequester(server *esasim.Server) *requester {
	return &requester{
		url: server.URL, id: esasim.AccessKeyID, secret: esasim.AccessKeySecret,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		at:     time.Now, nonce: rand.Text, version: esasim.Version, userAgent: "esasim-test",
	}
}

// parameters is what a request carries, as pairs of name and value.
type parameters []string

func (p parameters) values() url.Values {
	values := url.Values{}
	for pair := range slices.Chunk(p, 2) {
		values.Add(pair[0], pair[1])
	}
	return values
}

// form makes the request that the vendor's SDKs make: a POST with a form.
func (q *requester) form(operation string, p ...string) *http.Request {
	return q.request(http.MethodPost, operation, nil, "application/x-www-form-urlencoded", parameters(p).values().Encode())
}

func (q *requester) request(method, operation string, query url.Values, contentType, body string) *http.Request {
	text := strings.ReplaceAll(query.Encode(), "+", "%20")
	r, err := http.NewRequest(method, q.url+"/?"+text, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	hash := sha256.Sum256([]byte(body))
	headers := map[string]string{
		"host":                  r.Host,
		"x-acs-action":          operation,
		"x-acs-version":         q.version,
		"x-acs-date":            q.at().UTC().Format("2006-01-02T15:04:05Z"),
		"x-acs-signature-nonce": q.nonce(),
		"x-acs-content-sha256":  hex.EncodeToString(hash[:]),
	}
	if contentType != "" {
		headers["content-type"] = contentType
	}
	if q.token != "" {
		headers["x-acs-security-token"] = q.token
	}
	var names []string
	for name, value := range headers {
		names = append(names, name)
		r.Header.Set(name, value)
	}
	slices.Sort(names)
	canonical := method + "\n/\n" + text + "\n"
	for _, name := range names {
		canonical += name + ":" + headers[name] + "\n"
	}
	canonical += "\n" + strings.Join(names, ";") + "\n" + headers["x-acs-content-sha256"]
	digest := sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(q.secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + hex.EncodeToString(digest[:])))
	r.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential="+q.id+",SignedHeaders="+strings.Join(names, ";")+",Signature="+hex.EncodeToString(mac.Sum(nil)))
	r.Header.Set("User-Agent", q.userAgent)
	r.Header.Del("Host")
	if q.change != nil {
		q.change(r)
	}
	return r
}

// answer is what came back, with its JSON where it is any.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) code() string { code, _ := a.json["Code"].(string); return code }

func (q *requester) send(r *http.Request) (answer, error) {
	response, err := q.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a := answer{status: response.StatusCode, header: response.Header, body: body}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	_ = decoder.Decode(&a.json)
	return a, err
}

// call makes a request with a form, and fails the test where no answer comes.
func (q *requester) call(t *testing.T, operation string, p ...string) answer {
	t.Helper()
	a, err := q.send(q.form(operation, p...))
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return a
}

// must is call for an answer that has to be a success.
func (q *requester) must(t *testing.T, operation string, p ...string) answer {
	t.Helper()
	a := q.call(t, operation, p...)
	if a.status != http.StatusOK {
		t.Fatalf("%s: HTTP %d: %s", operation, a.status, a.body)
	}
	return a
}

// find follows names and indexes into an answer's JSON.
func find(t *testing.T, from any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := from.(map[string]any)
			if !ok {
				t.Fatalf("no object at %v of %v", step, path)
			}
			from = object[step]
		case int:
			list, ok := from.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("no element %d of %v", step, path)
			}
			from = list[step]
		}
	}
	return from
}

const (
	stable = "1723599747213377175"
	next   = "1723599747213377333"
)

func split(shares ...any) string {
	type share struct {
		CodeVersion string
		Percentage  int
	}
	var list []share
	for pair := range slices.Chunk(shares, 2) {
		list = append(list, share{pair[0].(string), pair[1].(int)})
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// withHello starts a simulator with the routine hello of two versions.
func withHello(t *testing.T, options ...esasim.Option) (*esasim.Server, *requester) {
	t.Helper()
	server := esasim.Start(t, options...)
	server.AddRoutine("hello")
	server.AddCodeVersion("hello", stable)
	server.AddCodeVersion("hello", next)
	return server, newRequester(server)
}
