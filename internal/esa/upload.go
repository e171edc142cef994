package esa

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// UploadOperation is the name of an upload in errors and attempts: the operation of OSS, Alibaba Cloud's object store, that
// receives the code of a version.
const UploadOperation = "PostObject"

// UploadForm is the signed form to upload the code of one version: OssPostConfig of CreateRoutineWithAssetsCodeVersion. Its
// policy is valid for about five minutes. It contains secrets, but its formatted values do not.
type UploadForm struct {
	address *url.URL
	post    ossPostConfig
}

// ossPostConfig is OssPostConfig in the format of the ESA API.
type ossPostConfig struct {
	URL               string `json:"Url"`
	Key               string
	Policy            string
	Signature         string
	OSSAccessKeyID    string `json:"OSSAccessKeyId"`
	XOssSecurityToken string
}

// newUploadForm returns the form, or an error if it is not usable.
func newUploadForm(post ossPostConfig) (UploadForm, error) {
	address, err := uploadAddress(post.URL)
	if err == nil && (post.Key == "" || post.Policy == "" || post.Signature == "" || post.OSSAccessKeyID == "") {
		err = errors.New("it lacks a field that an upload needs: Key, Policy, Signature and OSSAccessKeyId")
	}
	return UploadForm{address, post}, err
}

// String returns the name of the form without its secrets.
func (f UploadForm) String() string {
	return "upload form for " + f.post.Key
}

// GoString is String, for the verb %#v.
func (f UploadForm) GoString() string {
	return f.String()
}

// uploadAddress parses OssPostConfig.Url. Uploads use HTTPS even if the address has another scheme or none, because the form is a
// permission to write. Plain HTTP is possible only to a loopback address.
func uploadAddress(text string) (*url.URL, error) {
	switch {
	case strings.HasPrefix(text, "//"):
		text = "https:" + text
	case !strings.Contains(text, "://"):
		text = "https://" + text
	}
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" || address.User != nil {
		return nil, errors.New("its Url is not the address of a bucket")
	}
	switch {
	case address.Scheme == "http" && !isLoopback(address.Hostname()):
		address.Scheme = "https"
		if address.Port() == "80" {
			address.Host = strings.TrimSuffix(address.Host, ":80")
		}
	case address.Scheme != "https" && address.Scheme != "http":
		return nil, fmt.Errorf("its Url has the scheme %q, want https", address.Scheme)
	}
	return address, nil
}

// errUploadStalled ends an upload that makes no progress.
var errUploadStalled = errors.New("the upload stalled")

// Upload uploads the code of a version, and retries temporary failures. content writes exactly size bytes, which are sent while
// they are written. An error of content ends the upload before it is complete, so that OSS stores nothing, and is returned
// unchanged. Every other error is an [Error] of the operation [UploadOperation].
//
// An attempt ends if it makes no progress for [RetryPolicy.AttemptTimeout]. Another attempt with the same form replaces the
// object, until the policy of the form expires ([IsUploadPolicyExpired]).
func (c *Client) Upload(ctx context.Context, target Target, form UploadForm, size int64, content func(io.Writer) error) error {
	return c.retry(ctx, &c.uploadUnreachable, UploadOperation, target, func(attempt int, _ *pauses) error { return c.uploadOnce(ctx, target, form, attempt, size, content) })
}

func (c *Client) uploadOnce(ctx context.Context, target Target, form UploadForm, number int, size int64, content func(io.Writer) error) error {
	started := time.Now()
	exchanged, err := c.upload(ctx, form, size, content)
	attempt := Attempt{
		Operation: UploadOperation, Target: target, Number: number, Duration: time.Since(started), HTTPStatus: exchanged.status, Err: err,
	}
	if failure, ok := errors.AsType[*Error](err); ok {
		failure.Target = target
		attempt.RequestID = failure.RequestID
	} else if err == nil {
		c.uploadUnreachable.end()
	}
	c.config.Observe(ctx, attempt)
	return err
}

func (c *Client) upload(ctx context.Context, form UploadForm, size int64, content func(io.Writer) error) (*exchange, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	exchanged := newExchange(ctx, c.config.Transport, c.config.UserAgent)
	defer exchanged.end(nil)
	failure := &Error{Operation: UploadOperation, AccessKeyID: shortened(form.post.OSSAccessKeyID)}
	if err := ctx.Err(); err != nil {
		return exchanged, failure.notSent(err)
	}
	reader, writer := io.Pipe()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, form.address.String(), reader)
	if err != nil {
		failure.Kind, failure.Message = Failed, "the request could not be made: the Url of the upload form is not usable"
		return exchanged, failure
	}
	before, after, contentType := form.enclose()
	request.ContentLength = int64(len(before)) + size + int64(len(after))
	request.Header.Set("Content-Type", contentType)
	stalled := time.AfterFunc(c.config.Retry.AttemptTimeout, func() { cancel(errUploadStalled) })
	defer stalled.Stop()
	watched := &watchedReader{io.MultiReader(bytes.NewReader(before), reader, bytes.NewReader(after)), func() { stalled.Reset(c.config.Retry.AttemptTimeout) }}
	request.Body = io.NopCloser(watched)

	written := make(chan error, 1)
	go func() {
		counted := &countingWriter{Writer: writer}
		err := content(counted)
		if err == nil && counted.bytes != size {
			err = fmt.Errorf("the content to upload came out as %d bytes, want %d", counted.bytes, size)
		}
		_ = writer.CloseWithError(err)
		written <- err
	}()
	// The exchange has read the body of the answer, and has the error too.
	if answer, err := exchanged.RoundTrip(request); err == nil { //nolint:contextcheck // The exchange has the context.
		_ = answer.Body.Close()
	}
	_ = reader.Close() // ends content, if it still writes
	err = <-written
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return exchanged, err
	}
	hide := func(text string) string {
		return Redact(text, form.post.Policy, form.post.Signature, form.post.XOssSecurityToken, form.post.OSSAccessKeyID)
	}
	if failure := failure.ofUpload(ctx, exchanged, err == nil, hide); failure != nil {
		failure.Message = strings.ToValidUTF8(strings.TrimSpace(failure.Message), "\uFFFD")
		return exchanged, failure
	}
	return exchanged, nil
}

// enclose returns the parts of the form before and after the file, and its content type. The fields are in the documented order.
func (f UploadForm) enclose() (before, after []byte, contentType string) {
	var form bytes.Buffer // Writing to it never fails.
	body := multipart.NewWriter(&form)
	for _, field := range [][2]string{
		{"OSSAccessKeyId", f.post.OSSAccessKeyID}, {"Signature", f.post.Signature}, {"policy", f.post.Policy}, {"key", f.post.Key},
		{"x-oss-security-token", f.post.XOssSecurityToken},
	} {
		if field[1] != "" {
			_ = body.WriteField(field[0], field[1])
		}
	}
	_, _ = body.CreateFormFile("file", "code.zip")
	length := form.Len()
	_ = body.Close()
	return form.Bytes()[:length], form.Bytes()[length:], body.FormDataContentType()
}

type countingWriter struct {
	io.Writer
	bytes int64
}

// Write implements io.Writer.
func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.bytes += int64(n)
	return n, err
}

// watchedReader calls moved after each read.
type watchedReader struct {
	io.Reader
	moved func()
}

// Read implements io.Reader.
func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.moved()
	return n, err
}

// ofUpload fills the error from the result of an upload, and returns nil if it succeeded. An upload succeeds only if the whole
// file was sent.
func (e *Error) ofUpload(ctx context.Context, exchanged *exchange, complete bool, hide func(string) string) *Error {
	e.HTTPStatus = exchanged.status
	var answered struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string   `xml:"Code"`
		Message   string   `xml:"Message"`
		RequestID string   `xml:"RequestId"`
	}
	switch {
	case exchanged.err != nil:
		e.Kind, e.Message = exchanged.failure()
		e.Message, e.connecting = hide(e.Message), exchanged.connecting
		e.cause = context.Cause(ctx)
		if errors.Is(e.cause, errUploadStalled) {
			e.Kind, e.Message = Broken, "nothing moved any more"
		}
	case complete && slices.Contains(stored, exchanged.status) && isPostResponse(exchanged.body):
		return nil
	case exchanged.status >= http.StatusBadRequest && xml.Unmarshal(exchanged.body, &answered) == nil && answered.Code != "":
		e.Kind, e.Code, e.RequestID = Refused, shorten(hide(answered.Code)), shorten(hide(answered.RequestID))
		e.Message = shorten(WithoutEcho(hide(answered.Message)))
	default:
		e.Kind, e.Message = Unreadable, "the answer is not what OSS sends: "+excerpt(exchanged.body, hide)
	}
	return e
}

// stored are the possible values of success_action_status.
var stored = []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}

// isPostResponse reports whether the answer to a successful upload comes from OSS and not from a proxy: it is empty, or the
// element PostResponse (reference page of PostObject).
func isPostResponse(body []byte) bool {
	var answered struct {
		XMLName xml.Name `xml:"PostResponse"`
	}
	return len(body) == 0 || xml.Unmarshal(body, &answered) == nil
}

// IsUploadPolicyExpired reports whether err is OSS's answer that the form of an upload has expired. Only a new version has a new
// form. OSS has no code for this, only a message with the code AccessDenied.
func IsUploadPolicyExpired(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Operation == UploadOperation && (HasCode(err, "SecurityTokenExpired") ||
		HasCode(err, "AccessDenied") && strings.Contains(strings.ToLower(failure.Message), "policy expired"))
}
