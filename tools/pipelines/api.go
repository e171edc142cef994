package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// api stands in for the APIs of GitHub and GitLab: comments, issues, and the state that GitLab keeps.
type api struct {
	*httptest.Server
	mutex   sync.Mutex
	entries map[string]map[string]any // the one comment and the one issue, by kind
	written int                       // how often they were written
	state   []byte
}

func startAPI() *api {
	a := &api{entries: map[string]map[string]any{}}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	return a
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	kind := "comment"
	switch {
	case strings.Contains(r.URL.Path, "/terraform/state/"):
		a.serveState(w, r, body)
		return
	case strings.HasSuffix(r.URL.Path, "/pulls"), strings.HasSuffix(r.URL.Path, "/merge_requests"):
		answer(w, []any{map[string]any{"number": 42, "iid": 42}}) // those of a commit
		return
	case r.URL.Path == "/user":
		answer(w, map[string]any{"id": 5})
		return
	case !strings.Contains(r.URL.Path, "/comments") && !strings.Contains(r.URL.Path, "/notes"):
		kind = "issue"
	}
	entry := a.entries[kind]
	if r.Method == http.MethodGet {
		list := []any{}
		if entry != nil && entry["state"] != "closed" {
			list = append(list, entry)
		}
		answer(w, list)
		return
	}
	a.written++
	if (r.Method == http.MethodPost) == (entry != nil) {
		http.Error(w, "a second "+kind+", or a change of none", http.StatusConflict)
		return
	}
	if entry == nil {
		entry = map[string]any{"id": 7, "number": 7, "iid": 7, "user": map[string]any{"type": "Bot"}, "author": map[string]any{"id": 5}, "html_url": "https://example.com/7"}
		a.entries[kind] = entry
	}
	if err := json.Unmarshal(body, &entry); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if entry["state_event"] == "close" {
		entry["state"] = "closed"
	}
	answer(w, entry)
}

func (a *api) serveState(w http.ResponseWriter, r *http.Request, body []byte) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/lock"):
	case r.Method == http.MethodPost:
		a.state = body
	case a.state == nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = w.Write(a.state)
	}
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

// list returns the texts of a kind, comment or issue.
func (a *api) list(kind string) []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	entry := a.entries[kind]
	if entry == nil {
		return nil
	}
	if text, ok := entry["description"].(string); ok {
		return []string{text}
	}
	text, _ := entry["body"].(string)
	return []string{text}
}

// texts returns every comment and issue.
func (a *api) texts() map[string]string {
	texts := map[string]string{}
	for _, kind := range []string{"comment", "issue"} {
		for _, text := range a.list(kind) {
			texts[kind] = text
		}
	}
	return texts
}

// writes returns how often a comment or the issue was written.
func (a *api) writes() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.written
}

// closed reports whether the issue is.
func (a *api) closed() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.entries["issue"]["state"] == "closed"
}
