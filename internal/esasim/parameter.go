package esasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// maxRequestBody is the largest API request body taken, in bytes. Code is
// uploaded beside the API, so requests are small.
const maxRequestBody = 4 << 20

// request is one API request, read whole.
type request struct {
	http  *http.Request
	body  []byte
	query url.Values
	// form holds the parameters of the body: the form, or the members of a JSON object.
	form url.Values
	// signedForm says that the form is part of an RPC V1 signature, which a JSON body is not.
	signedForm bool
	// stale says that a read answers what was there before the last write.
	stale bool
}

// readRequest reads the body and the parameters. The request is returned even
// where an error is, with what could be read, so that the log shows it.
func readRequest(r *http.Request) (*request, *apiError) {
	q := &request{http: r, query: url.Values{}, form: url.Values{}}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return q, refuse(codeUnsupportedMethod, "method %s", r.Method)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody+1))
	if err != nil {
		return q, refuse(codeInvalidParameter, "reading the body: %v", err)
	}
	q.body = body
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, refuse(codeInvalidParameter, "query: %v", err)
	}
	q.query = query
	if len(body) > maxRequestBody {
		return q, refuse(codeBodyTooLarge, "body is larger than %d bytes", maxRequestBody)
	}
	if bad := q.readBody(); bad != nil {
		return q, bad
	}
	return q, q.checkRepeats()
}

func (q *request) readBody() *apiError {
	if len(q.body) == 0 {
		return nil
	}
	header := q.http.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(header)
	if err != nil {
		return refuse(codeUnsupportedContent, "content type %q: %v", header, err)
	}
	switch media {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(q.body))
		if err != nil {
			return refuse(codeInvalidParameter, "form: %v", err)
		}
		q.form, q.signedForm = form, true
	case "application/json":
		form, err := parseJSONParameters(q.body)
		if err != nil {
			return refuse(codeInvalidParameter, "JSON body: %v", err)
		}
		q.form = form
	default:
		return refuse(codeUnsupportedContent, "content type %q", header)
	}
	return nil
}

// parseJSONParameters reads a JSON object as parameters: text as it is, numbers
// digit for digit, lists and objects as the JSON they are, null as absent.
func parseJSONParameters(body []byte) (url.Values, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	members := map[string]json.RawMessage{}
	if err := decoder.Decode(&members); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	form := url.Values{}
	for name, raw := range members {
		var text string
		switch {
		case string(raw) == "null":
			continue
		case json.Unmarshal(raw, &text) == nil:
			form.Set(name, text)
		default:
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err != nil {
				return nil, err
			}
			form.Set(name, compact.String())
		}
	}
	return form, nil
}

// checkRepeats refuses a parameter that is given twice: what the service would
// take, and what would have been signed, cannot be determined.
func (q *request) checkRepeats() *apiError {
	names := make([]string, 0, len(q.query)+len(q.form))
	for name := range q.query {
		names = append(names, name)
	}
	for name := range q.form {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if len(q.query[name])+len(q.form[name]) > 1 {
			return refuse(codeInvalidParameter, "parameter %s is given more than once", name)
		}
	}
	return nil
}

// get returns a parameter, from the query or the body.
func (q *request) get(name string) string {
	if q.form.Has(name) {
		return q.form.Get(name)
	}
	return q.query.Get(name)
}

func (q *request) has(name string) bool { return q.form.Has(name) || q.query.Has(name) }

// operation is the name of the operation: the header of the newer signature, or
// the parameter of the older one.
func (q *request) operation() string {
	if action := q.http.Header.Get("X-Acs-Action"); action != "" {
		return action
	}
	return q.get("Action")
}

func (q *request) version() string {
	if version := q.http.Header.Get("X-Acs-Version"); version != "" {
		return version
	}
	return q.get("Version")
}

// required returns a parameter that must be there and not be empty.
func (q *request) required(name string) (string, *apiError) {
	value := q.get(name)
	if value == "" {
		return "", refuse(codeInvalidParameter, "%s is missing", name)
	}
	return value, nil
}

// whole returns a whole number from 1 to most, or the fallback where it is absent.
func (q *request) whole(name string, fallback, most int) (int, *apiError) {
	if !q.has(name) {
		return fallback, nil
	}
	value, err := strconv.Atoi(q.get(name))
	if err != nil || value < 1 || value > most {
		return 0, refuse(codeInvalidParameter, "%s is %q, want a whole number from 1 to %d", name, q.get(name), most)
	}
	return value, nil
}

// page returns the parameters PageNumber and PageSize.
func (q *request) page(lastPage, size, largest int) (int, int, *apiError) {
	page, err := q.whole("PageNumber", 1, lastPage)
	if err != nil {
		return 0, 0, err
	}
	size, err = q.whole("PageSize", size, largest)
	return page, size, err
}

// id returns an id that is a whole number in the schema, as text.
func (q *request) id(name string) (string, *apiError) {
	text, err := q.required(name)
	if err != nil {
		return "", err
	}
	number, bad := strconv.ParseInt(text, 10, 64)
	if bad != nil || number < 1 || strconv.FormatInt(number, 10) != text {
		return "", refuse(codeInvalidParameter, "%s is %q, want a whole number", name, text)
	}
	return text, nil
}

// oneOf returns a parameter that is absent or one of the values; any value will do where none is given.
func (q *request) oneOf(name string, values ...string) (string, *apiError) {
	value := q.get(name)
	if q.has(name) && value != "" && len(values) > 0 && !slices.Contains(values, value) {
		return "", refuse(codeInvalidParameter, "%s is %q, want one of %q", name, value, values)
	}
	return value, nil
}

// allows reports whether a filter is absent or has the value.
func (q *request) allows(name, value string) bool {
	return q.get(name) == "" || q.get(name) == value
}

// flag returns a true or false, or false if it is absent.
func (q *request) flag(name string) (bool, *apiError) {
	switch strings.ToLower(q.get(name)) {
	case "":
		return false, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, refuse(codeInvalidParameter, "%s is %q, want true or false", name, q.get(name))
}
