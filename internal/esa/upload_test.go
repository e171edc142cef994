package esa_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// The secrets of the form that reservation hands out.
const (
	policy    = "cG9saWN5LXRoYXQtaXMtYS1zZWNyZXQ="
	signature = "c2lnbmF0dXJlLXNlY3JldA=="
	token     = "security-token-secret"
	uploadKey = "STS.access-key-of-the-upload"
)

// reserve returns a client and the form that ESA answers with an address for the upload; to is where uploads go in fact.
func reserve(t *testing.T, address, withToken string, to http.RoundTripper) (*esa.Client, *esa.ReservedCodeVersion, error) {
	t.Helper()
	client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
		config.Retry.AttemptTimeout = time.Second
		config.Transport = roundTripper(func(request *http.Request) (*http.Response, error) {
			if request.URL.Host != "127.0.0.1:1" {
				return to.RoundTrip(request)
			}
			body := fmt.Sprintf(`{"RequestId":"R","Status":"init","CodeVersion":%s,"OssPostConfig":{"Url":%q,"Key":"hello/1.zip","Policy":%q,"Signature":%q,"OSSAccessKeyId":%q,"XOssSecurityToken":%q}}`,
				candidate, address, policy, signature, uploadKey, withToken)
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
		})
	})
	reserved, err := client.CreateRoutineWithAssetsCodeVersion(context.Background(), client.TakeSlot(), esa.CodeVersionInput{Routine: routine})
	return client, reserved, err
}

func upload(ctx context.Context, client *esa.Client, reserved *esa.ReservedCodeVersion, content string) error {
	return client.UploadOnce(ctx, esa.Target{Routine: routine, CodeVersion: reserved.CodeVersion}, reserved.Form, int64(len(content)), func(to io.Writer) error {
		_, err := io.WriteString(to, content)
		return err
	})
}

func TestUploadForm(t *testing.T) {
	t.Parallel()
	for _, withToken := range []string{token, ""} {
		var names []string
		var file string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength <= 0 || r.Method != http.MethodPost {
				t.Errorf("%s with Content-Length %d, want POST with one", r.Method, r.ContentLength)
			}
			kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
			if err != nil || kind != "multipart/form-data" {
				t.Errorf("Content-Type %q", r.Header.Get("Content-Type"))
			}
			parts := multipart.NewReader(r.Body, parameters["boundary"])
			for {
				part, err := parts.NextPart()
				if err != nil {
					break
				}
				names = append(names, part.FormName())
				content, _ := io.ReadAll(part)
				file = string(content)
			}
			w.WriteHeader(http.StatusNoContent)
		}))
		t.Cleanup(server.Close)
		client, reserved, err := reserve(t, server.URL, withToken, http.DefaultTransport)
		if err != nil {
			t.Fatal(err)
		}
		if reserved.CodeVersion != candidate {
			t.Errorf("reserved %s, want %s digit for digit", reserved.CodeVersion, candidate)
		}
		if err := upload(context.Background(), client, reserved, "the zip"); err != nil {
			t.Fatal(err)
		}
		want := []string{"OSSAccessKeyId", "Signature", "policy", "key", "x-oss-security-token", "file"}
		if withToken == "" {
			want = slices.Delete(want, 4, 5)
		}
		if diff := cmp.Diff(want, names); diff != "" || file != "the zip" {
			t.Errorf("fields (-want +got):\n%s\nfile %q", diff, file)
		}
	}
}

// TestUploadsGoOverHTTPS has ESA name addresses of several forms.
func TestUploadsGoOverHTTPS(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://bucket.oss-cn-hangzhou.aliyuncs.com":    "https://bucket.oss-cn-hangzhou.aliyuncs.com",
		"https://bucket.oss-cn-hangzhou.aliyuncs.com/":   "https://bucket.oss-cn-hangzhou.aliyuncs.com/",
		"http://bucket.oss-cn-hangzhou.aliyuncs.com":     "https://bucket.oss-cn-hangzhou.aliyuncs.com",
		"http://bucket.oss-cn-hangzhou.aliyuncs.com:80/": "https://bucket.oss-cn-hangzhou.aliyuncs.com/",
		"//bucket.oss-cn-hangzhou.aliyuncs.com":          "https://bucket.oss-cn-hangzhou.aliyuncs.com",
		"bucket.oss-cn-hangzhou.aliyuncs.com":            "https://bucket.oss-cn-hangzhou.aliyuncs.com",
		"http://127.0.0.1:2/x":                           "http://127.0.0.1:2/x",
		"":                                               "",
		"http://":                                        "",
		"ftp://bucket":                                   "",
		"https://user:secret@bucket":                     "",
		"https://bad host":                               "",
	} {
		var got string
		client, reserved, err := reserve(t, address, token, roundTripper(func(request *http.Request) (*http.Response, error) {
			got = request.URL.String()
			_, _ = io.Copy(io.Discard, request.Body)
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: request}, nil
		}))
		if err == nil {
			err = upload(context.Background(), client, reserved, "x")
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Url %q: uploaded to %q (%v), want %q", address, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestWhatAnUploadsAnswerMeans(t *testing.T) {
	t.Parallel()
	xml := func(code, message string) string {
		return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + message + `</Message><RequestId>534B371674</RequestId><HostId>bucket</HostId><StringToSign>` + policy + `</StringToSign></Error>`
	}
	for name, test := range map[string]struct {
		status                      int
		body                        string
		kind                        esa.Kind
		code                        string
		succeeds, retryable, policy bool
	}{
		"no content":             {status: 204, succeeds: true},
		"ok":                     {status: 200, succeeds: true},
		"ok with a body":         {status: 200, body: "<PostResponse><Key>k</Key></PostResponse>", succeeds: true},
		"created":                {status: 201, body: "<?xml version=\"1.0\"?><PostResponse><ETag>x</ETag></PostResponse>", succeeds: true},
		"another element":        {status: 200, body: "<Error><Code>x</Code></Error>", kind: esa.Unreadable, retryable: true},
		"page of a proxy":        {status: 200, body: "<html>Sign in</html>", kind: esa.Unreadable, retryable: true},
		"another success":        {status: 202, kind: esa.Unreadable, retryable: true},
		"redirect":               {status: 307, kind: esa.Untrusted},
		"refused":                {status: 403, body: xml("AccessDenied", "no"), kind: esa.Refused, code: "AccessDenied"},
		"policy expired":         {status: 403, body: xml("AccessDenied", "Invalid according to Policy: Policy expired."), kind: esa.Refused, code: "AccessDenied", policy: true},
		"token expired":          {status: 403, body: xml("SecurityTokenExpired", "expired"), kind: esa.Refused, code: "SecurityTokenExpired", policy: true},
		"secrets in the message": {status: 403, body: xml("SignatureDoesNotMatch", "not "+signature+" of "+uploadKey+" with "+token+" and "+policy), kind: esa.Refused, code: "SignatureDoesNotMatch"},
		"unavailable":            {status: 503, body: xml("ServiceUnavailable", "later"), kind: esa.Refused, code: "ServiceUnavailable", retryable: true},
		"gateway":                {status: 502, body: "<html>" + signature, kind: esa.Unreadable, retryable: true},
		"unreadable refusal":     {status: 400, body: `{"Code":"x"}`, kind: esa.Unreadable},
		"slow client":            {status: 400, body: xml("RequestTimeout", "slow"), kind: esa.Refused, code: "RequestTimeout", retryable: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := answering(t, test.status, test.body)
			client, reserved, err := reserve(t, address, token, http.DefaultTransport)
			if err != nil {
				t.Fatal(err)
			}
			err = upload(context.Background(), client, reserved, "x")
			if test.succeeds {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var failure *esa.Error
			if !errors.As(err, &failure) {
				t.Fatalf("Upload = %v, want an Error", err)
			}
			if failure.Operation != esa.UploadOperation || failure.Kind != test.kind || failure.Code != test.code || failure.Retryable() != test.retryable || esa.IsUploadPolicyExpired(err) != test.policy {
				t.Errorf("%+v, retryable %t, policy expired %t", failure, failure.Retryable(), esa.IsUploadPolicyExpired(err))
			}
			if test.code != "" && failure.RequestID != "534B371674" {
				t.Errorf("request id %q", failure.RequestID)
			}
			for _, secret := range []string{policy, signature, token, uploadKey} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, failure), secret) {
					t.Errorf("the error shows %q: %+v", secret, failure)
				}
			}
		})
	}
}

func TestFormShowsNoSecret(t *testing.T) {
	t.Parallel()
	_, reserved, err := reserve(t, "https://bucket.example", token, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{reserved.Form.String(), fmt.Sprintf("%+v", reserved), fmt.Sprintf("%#v", *reserved)} {
		for _, secret := range []string{policy, signature, token, uploadKey} {
			if strings.Contains(shown, secret) {
				t.Errorf("the form shows %q: %s", secret, shown)
			}
		}
	}
}

// TestContentThatEndsTheUpload lets the content fail on its way: the server must not see a whole form.
func TestContentThatEndsTheUpload(t *testing.T) {
	t.Parallel()
	whole := make(chan error, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		whole <- err
	}))
	defer server.Close()
	client, reserved, err := reserve(t, server.URL, token, http.DefaultTransport)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the file changed")
	for name, test := range map[string]struct {
		content func(io.Writer) error
		words   string
	}{
		"error":     {func(to io.Writer) error { _, _ = to.Write(make([]byte, 500)); return broken }, "the file changed"},
		"too short": {func(to io.Writer) error { _, err := to.Write(make([]byte, 500)); return err }, "500 bytes, want 1000"},
	} {
		err := client.UploadOnce(context.Background(), esa.Target{}, reserved.Form, 1000, test.content)
		var failure *esa.Error
		if err == nil || errors.As(err, &failure) || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: Upload = %v, want the content's own error", name, err)
		}
		if err := <-whole; err == nil {
			t.Errorf("%s: the server saw a whole form", name)
		}
	}
}

// TestAnswerBeforeTheWholeFile has something answer with success that has not taken the file.
func TestAnswerBeforeTheWholeFile(t *testing.T) {
	t.Parallel()
	client, reserved, err := reserve(t, "http://127.0.0.1:2", token, roundTripper(func(request *http.Request) (*http.Response, error) {
		_, _ = io.CopyN(io.Discard, request.Body, 100)
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: request}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	var failure *esa.Error
	if err := upload(t.Context(), client, reserved, strings.Repeat("x", 1000)); !errors.As(err, &failure) || failure.Kind != esa.Unreadable || !failure.Retryable() {
		t.Errorf("Upload = %v, want one that may be tried again", err)
	}
}

// TestStalledUpload has a server that stops reading, and one that reads and does not answer.
func TestStalledUpload(t *testing.T) {
	t.Parallel()
	for name, reads := range map[string]bool{"reads nothing": false, "reads all and says nothing": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if reads {
					_, _ = io.Copy(io.Discard, r.Body)
				}
				<-over
			}))
			defer server.Close()
			defer close(over)
			client, reserved, err := reserve(t, server.URL, token, http.DefaultTransport)
			if err != nil {
				t.Fatal(err)
			}
			// More than the buffers of a connection take.
			const size = 64 << 20
			err = client.UploadOnce(context.Background(), esa.Target{}, reserved.Form, size, func(to io.Writer) error {
				for range size >> 20 {
					if _, err := to.Write(make([]byte, 1<<20)); err != nil {
						return err
					}
				}
				return nil
			})
			var failure *esa.Error
			if !errors.As(err, &failure) || failure.Kind != esa.Broken || !failure.Retryable() || !strings.Contains(err.Error(), "nothing moved any more") {
				t.Errorf("Upload = %v, want one that broke off and may be tried again", err)
			}
		})
	}
}

// TestSlowUpload takes longer than one attempt may take without moving, but never stands still for that long.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	bubble(t, "slow", func(t *testing.T) {
		client, reserved, err := reserve(t, "http://127.0.0.1:2", token, served{http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
			_, _ = io.Copy(io.Discard, request.Body)
		})})
		if err != nil {
			t.Fatal(err)
		}
		const chunks = 20
		err = client.UploadOnce(t.Context(), esa.Target{}, reserved.Form, chunks<<16, func(to io.Writer) error {
			for range chunks {
				<-time.After(700 * time.Millisecond)
				if _, err := to.Write(make([]byte, 1<<16)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("Upload = %v, want a success after %d pauses that are shorter than an attempt", err, chunks)
		}
	})
}

func TestCanceledUpload(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	client := newClient(t, simulator.URL)
	reserved, err := client.CreateRoutineWithAssetsCodeVersion(context.Background(), client.TakeSlot(), esa.CodeVersionInput{Routine: routine})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	simulator.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.Hang, Then: cancel})
	if err := upload(ctx, client, reserved, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Upload = %v, want %v", err, context.Canceled)
	}
	if err := upload(ctx, client, reserved, "x"); !errors.Is(err, context.Canceled) || simulator.Count(esasim.UploadOperation) != 1 {
		t.Errorf("Upload after the cancellation = %v with %d uploads", err, simulator.Count(esasim.UploadOperation))
	}
}

// TestUploadOverTLS uploads to a server whose certificate is, and is not, trusted.
func TestUploadOverTLS(t *testing.T) {
	t.Parallel()
	simulator := esasim.StartTLS(t)
	simulator.AddRoutine(routine)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(simulator.CertificateAuthorityPEM)
	trusting := esa.NewTransport()
	trusting.TLSClientConfig.RootCAs = roots
	client := newClient(t, simulator.URL, func(config *esa.Config) { config.Transport = trusting })
	reserved, err := client.CreateRoutineWithAssetsCodeVersion(context.Background(), client.TakeSlot(), esa.CodeVersionInput{Routine: routine})
	if err != nil {
		t.Fatal(err)
	}
	if err := upload(context.Background(), client, reserved, "no zip"); err != nil {
		t.Fatal(err)
	}
	if taken := simulator.Uploads(); len(taken) != 1 || !bytes.Equal(taken[0].Bytes, []byte("no zip")) || taken[0].CodeVersion != reserved.CodeVersion {
		t.Errorf("uploads %+v", taken)
	}
	wary := newClient(t, simulator.URL, func(config *esa.Config) {
		config.Transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	})
	var failure *esa.Error
	if err := upload(context.Background(), wary, reserved, "no zip"); !errors.As(err, &failure) || failure.Kind != esa.Untrusted {
		t.Errorf("Upload to a stranger = %v", err)
	}
}

func TestCodeVersionWithUnexpectedFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ conf, extra, strategy, info string }{
		"documented":  {`{"NotFoundStrategy":"404Page"}`, `"{\"Source\":\"CLI\"}"`, "404Page", `{"Source":"CLI"}`},
		"text":        {`"{\"NotFoundStrategy\":\"404Page\"}"`, `{"Source":"CLI"}`, "404Page", `{"Source":"CLI"}`},
		"null":        {`null`, `null`, "", ""},
		"other types": {`[1]`, `7`, "", "7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := answering(t, 200, fmt.Sprintf(`{"RequestId":"R","Status":"Available","ConfOptions":%s,"ExtraInfo":%s}`, test.conf, test.extra))
			version, err := newClient(t, address).GetRoutineCodeVersionInfo(context.Background(), routine, stable, 0)
			if err != nil {
				t.Fatal(err)
			}
			if version.NotFoundStrategy != test.strategy || version.ExtraInfo != test.info || version.Status != esa.BuildStatusAvailable {
				t.Errorf("%+v", version)
			}
		})
	}
}
