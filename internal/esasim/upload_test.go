package esasim_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
)

func zipOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range files {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "// %s\n", name)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reserve reserves a version, and returns it with the fields to upload it with.
func reserve(t *testing.T, q *requester, p ...string) (version, url string, fields []string) {
	t.Helper()
	a := q.must(t, "CreateRoutineWithAssetsCodeVersion", append([]string{"Name", "hello"}, p...)...).json
	get := func(name string) string { return find(t, a, "OssPostConfig", name).(string) }
	return a["CodeVersion"].(string), get("Url"), []string{
		"OSSAccessKeyId", get("OSSAccessKeyId"), "Signature", get("Signature"), "x-oss-security-token", get("XOssSecurityToken"),
		"policy", get("Policy"), "key", get("Key"),
	}
}

func upload(t *testing.T, url string, fields []string, file []byte) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		w, err := form.CreateFormFile("file", "code.zip")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(url, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func status(t *testing.T, q *requester, version string) string {
	t.Helper()
	return q.must(t, "GetRoutineCodeVersionInfo", "Name", "hello", "CodeVersion", version).json["Status"].(string)
}

func TestUploadAndBuild(t *testing.T) {
	server, q := withHello(t, esasim.WithBuildPolls(2))
	file := zipOf(t, "routine/index.js", "assets/index.html")
	version, url, fields := reserve(t, q, "CodeDescription", "first", "ConfOptions", `{"NotFoundStrategy":"404Page"}`)
	if got := status(t, q, version); got != "init" {
		t.Errorf("a reserved version is %s", got)
	}
	if code, text := upload(t, url, fields, file); code != http.StatusNoContent || text != "" {
		t.Fatalf("the upload answers %d %s", code, text)
	}
	for _, want := range []string{"init", "init", "available", "available"} {
		if got := status(t, q, version); got != want {
			t.Errorf("the version is %s, want %s", got, want)
		}
	}
	info := q.must(t, "GetRoutineCodeVersionInfo", "Name", "hello", "CodeVersion", version).json
	if info["CodeDescription"] != "first" || info["HasAssets"] != true || find(t, info, "ConfOptions", "NotFoundStrategy") != "404Page" {
		t.Errorf("the version is %v", info)
	}
	code := q.must(t, "GetRoutineCodeVersion", "Name", "hello", "CodeVersion", version).json["RoutineCode"]
	if want := base64.StdEncoding.EncodeToString([]byte("// routine/index.js\n")); code != want {
		t.Errorf("the code is %v, want %s", code, want)
	}
	uploads := server.Uploads()
	hash := sha256.Sum256(file)
	if len(uploads) != 1 || uploads[0].CodeVersion != version || uploads[0].Size != int64(len(file)) ||
		uploads[0].SHA256 != hex.EncodeToString(hash[:]) || !bytes.Equal(uploads[0].Bytes, file) || uploads[0].Problem != "" {
		t.Errorf("uploads are %+v", uploads)
	}
	q.must(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "staging", "Strategy", "percentage", "CodeVersions", split(version, 100))
	if calls := server.Count(esasim.UploadOperation); calls != 1 {
		t.Errorf("counted %d uploads", calls)
	}
}

func TestUploadContent(t *testing.T) {
	_, q := withHello(t)
	for name, test := range map[string]struct {
		file   []byte
		status string
	}{
		"function":           {zipOf(t, "routine/index.js"), "available"},
		"assets":             {zipOf(t, "assets/a/b.css"), "available"},
		"neither":            {zipOf(t, "index.js"), "failed"},
		"an empty directory": {zipOf(t, "assets/"), "failed"},
		"no zip":             {[]byte("export default {}"), "failed"},
		"empty":              {[]byte{}, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			version, url, fields := reserve(t, q)
			if code, text := upload(t, url, fields, test.file); code != http.StatusNoContent {
				t.Fatalf("the upload answers %d %s", code, text)
			}
			if got := status(t, q, version); got != test.status {
				t.Errorf("the version is %s, want %s", got, test.status)
			}
		})
	}
}

func TestUploadRules(t *testing.T) {
	now := time.Now()
	server, q := withHello(t, esasim.WithClock(func() time.Time { return now }))
	_, _, others := reserve(t, q)
	set := func(name, value string) func([]string) []string {
		return func(fields []string) []string {
			for i := 0; i < len(fields); i += 2 {
				if fields[i] == name {
					fields[i+1] = value
				}
			}
			return fields
		}
	}
	for name, test := range map[string]struct {
		change func([]string) []string
		file   []byte
		later  time.Duration
		status int
		code   string
	}{
		"status 200 asked for": {func(f []string) []string { return append(f, "success_action_status", "200") }, []byte("x"), 0, 200, ""},
		"almost too late":      {set("", ""), []byte("x"), 5*time.Minute - time.Second, 204, ""},
		"too late":             {set("", ""), []byte("x"), 5 * time.Minute, 403, "AccessDenied"},
		"no file":              {set("", ""), nil, 0, 400, "IncorrectNumberOfFilesInPOSTRequest"},
		"no key":               {set("key", ""), []byte("x"), 0, 403, "AccessDenied"},
		"another key":          {set("key", "routine_assets/hello/1.zip"), []byte("x"), 0, 403, "InvalidSecurityToken"},
		"another's key":        {set("key", others[9]), []byte("x"), 0, 403, "InvalidSecurityToken"},
		"no token":             {set("x-oss-security-token", ""), []byte("x"), 0, 403, "InvalidSecurityToken"},
		"wrong signature":      {set("Signature", "x"), []byte("x"), 0, 403, "SignatureDoesNotMatch"},
		"another's policy":     {set("policy", others[7]), []byte("x"), 0, 403, "SignatureDoesNotMatch"},
		"no policy":            {set("policy", ""), []byte("x"), 0, 400, "InvalidArgument"},
		"unknown access key":   {set("OSSAccessKeyId", "x"), []byte("x"), 0, 403, "InvalidAccessKeyId"},
		"another's form": {func(f []string) []string {
			return set("Signature", others[3])(set("policy", others[7])(f))
		}, []byte("x"), 0, 403, "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			start := now
			defer func() { now = start }()
			_, url, fields := reserve(t, q)
			now = now.Add(test.later)
			before := len(server.Uploads())
			code, text := upload(t, url, test.change(fields), test.file)
			if code != test.status || test.code != "" && !strings.Contains(text, "<Code>"+test.code+"</Code>") {
				t.Errorf("got %d %s, want %d %s", code, text, test.status, test.code)
			}
			if taken := len(server.Uploads()) - before; taken != map[bool]int{true: 1, false: 0}[test.code == ""] {
				t.Errorf("%d files were taken", taken)
			}
		})
	}
	if response, err := http.Get(server.URL + esasim.UploadPath); err != nil || response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a GET answers %v, %v", response.Status, err)
	}
	if code, text := upload(t, server.URL+esasim.UploadPath, nil, []byte("x")); code != http.StatusForbidden {
		t.Errorf("a form without fields answers %d %s", code, text)
	}
}

func TestLargeUploadIsNotKept(t *testing.T) {
	server, q := withHello(t, esasim.WithKeptUploadBytes(100))
	_, url, fields := reserve(t, q)
	if code, text := upload(t, url, fields, bytes.Repeat([]byte("x"), 101)); code != http.StatusNoContent {
		t.Fatalf("the upload answers %d %s", code, text)
	}
	if kept := server.Uploads()[0]; kept.Bytes != nil || kept.Size != 101 || kept.SHA256 == "" {
		t.Errorf("kept %+v", kept)
	}
}

func TestStagingUpload(t *testing.T) {
	_, q := withHello(t)
	a := q.must(t, "GetRoutineStagingCodeUploadInfo", "Name", "hello", "CodeDescription", "older way").json
	var fields []string
	for _, name := range []string{"OSSAccessKeyId", "Signature", "callback", "x:codeDescription", "policy", "key"} {
		fields = append(fields, name, find(t, a, "OssPostConfig", name).(string))
	}
	if code, text := upload(t, find(t, a, "OssPostConfig", "Url").(string), fields, []byte("export default {}")); code != http.StatusOK {
		t.Fatalf("the upload answers %d %s", code, text)
	}
	version := q.must(t, "CommitRoutineStagingCode", "Name", "hello").json["CodeVersion"].(string)
	read := q.must(t, "GetRoutineCodeVersion", "Name", "hello", "CodeVersion", version).json
	if code, _ := base64.StdEncoding.DecodeString(read["RoutineCode"].(string)); string(code) != "export default {}" || read["CodeDescription"] != "older way" {
		t.Errorf("the version is %v", read)
	}
	if got := status(t, q, version); got != "available" {
		t.Errorf("the version is %s", got)
	}
}
