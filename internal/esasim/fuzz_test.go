package esasim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever arrives, the simulator answers JSON with a code and does not panic.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "Action=GetRoutine&Name=hello", "application/x-www-form-urlencoded", "Name=hello&Env=staging", "")
	f.Add("GET", "Action=GetRoutine&Version=2024-09-10&AccessKeyId=esasim-access-key&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&Signature=x&Timestamp=2026-01-01T00:00:00Z", "", "", "")
	f.Add("POST", "", "application/json", `{"Name":"hello","CodeVersions":[{"CodeVersion":"7","Percentage":100}],"X":null,"Y":1e400}`, "ACS3-HMAC-SHA256 Credential=esasim-access-key,SignedHeaders=host;x-acs-date,Signature=00")
	f.Add("POST", "%zz;&=", "multipart/form-data", "--", "ACS3-")
	f.Fuzz(func(t *testing.T, method, query, contentType, body, authorization string) {
		s := New()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Acs-Version", Version)
		r.Header.Set("X-Acs-Action", "GetErService")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var answer struct{ Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code < 400 || answer.Code == "" {
			t.Errorf("an unsigned request is answered %d %q", w.Code, w.Body.Bytes())
		}
	})
}

// A split that is taken keeps the rules, and means the same when it is written again.
func FuzzShares(f *testing.F) {
	f.Add(`[{"CodeVersion":"1723599747213377175","Percentage":90},{"CodeVersion":"1723599747213377333","Percentage":10}]`)
	f.Add(`[{"CodeVersion":"7","Percentage":100,"Other":[]}]`)
	f.Add(`[{"CodeVersion":7,"Percentage":1e2}]`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, text string) {
		shares, refused := parseShares(text)
		if refused != nil {
			if refused.Code != codeInvalidParameter {
				t.Errorf("%q is refused with %s", text, refused.Code)
			}
			return
		}
		sum := 0
		for _, share := range shares {
			if share.CodeVersion == "" || share.Percentage < 1 {
				t.Errorf("%q is taken as %+v", text, shares)
			}
			sum += share.Percentage
		}
		if sum != 100 || len(shares) > 2 {
			t.Errorf("%q is taken as %+v", text, shares)
		}
	})
}
