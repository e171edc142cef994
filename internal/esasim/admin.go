package esasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// AdminPath is the prefix of the requests by which the simulator itself is configured
// what to do, from outside of Go. They are not signed, and taken from this
// machine only. All bodies are JSON:
//
//	GET    /-/state        the whole content, a [Seed]
//	POST   /-/seed         a [Seed] to add
//	GET    /-/faults       the rules in force, a list of [Rule]
//	POST   /-/faults       a [Rule] or a list of them, to add
//	DELETE /-/faults       takes all rules out of force
//	POST   /-/deploy       {"routine", "env", "shares": [{"code_version", "percentage"}]}: someone else deploys
//	GET    /-/deployments  every deployment ever made; narrowed by ?routine=…&env=…
//	GET    /-/calls        what arrived: counts, connections, and the calls, a list of [Call]
//	DELETE /-/calls        forgets them
//	GET    /-/counts       only the numbers: calls by operation, error answers by code, connections, calls at once
//	POST   /-/traffic      {"routine", "code_version", "error_rate"}: how many visits to a version fail, 0 to 1
//	GET    /-/traffic      what each version has served to visitors, a list of [Served]
//	GET    /-/uploads      the files that arrived, a list of [Upload]
//	GET    /-/health       {"status": "ok"}
const AdminPath = "/-/"

// maxAdminBody is the largest admin request taken, in bytes.
const maxAdminBody = 64 << 20

var adminRequests = map[string]func(*Simulator, *http.Request) (any, error){
	"GET health":      func(*Simulator, *http.Request) (any, error) { return okay, nil },
	"GET state":       func(s *Simulator, _ *http.Request) (any, error) { return s.State(), nil },
	"POST seed":       (*Simulator).adminSeed,
	"GET faults":      func(s *Simulator, _ *http.Request) (any, error) { return s.Rules(), nil },
	"POST faults":     (*Simulator).adminInject,
	"DELETE faults":   func(s *Simulator, _ *http.Request) (any, error) { s.ClearFaults(); return okay, nil },
	"POST deploy":     (*Simulator).adminDeploy,
	"GET deployments": (*Simulator).adminDeployments,
	"GET calls":       (*Simulator).adminCalls,
	"DELETE calls":    func(s *Simulator, _ *http.Request) (any, error) { s.ResetLog(); return okay, nil },
	"GET counts":      func(s *Simulator, _ *http.Request) (any, error) { return s.counts(), nil },
	"POST traffic":    (*Simulator).adminErrorRate,
	"GET traffic":     func(s *Simulator, _ *http.Request) (any, error) { return s.Traffic(), nil },
	"GET uploads":     func(s *Simulator, _ *http.Request) (any, error) { return s.Uploads(), nil },
}

var okay = map[string]string{"status": "ok"}

func (s *Simulator) serveAdmin(w http.ResponseWriter, r *http.Request) {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !net.ParseIP(host).IsLoopback() {
		writeAdmin(w, http.StatusForbidden, map[string]string{"error": "admin requests are taken from this machine only"})
		return
	}
	do, known := adminRequests[r.Method+" "+r.URL.Path[len(AdminPath):]]
	if !known {
		writeAdmin(w, http.StatusNotFound, map[string]string{"error": fmt.Sprintf("unknown admin request %s %s", r.Method, r.URL.Path)})
		return
	}
	result, err := do(s, r)
	if err != nil {
		writeAdmin(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	writeAdmin(w, http.StatusOK, result)
}

func writeAdmin(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", jsonContent)
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(body) // a client that went away does not matter
}

func adminBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAdminBody+1))
	if err == nil && len(body) > maxAdminBody {
		err = fmt.Errorf("the body is larger than %d bytes", maxAdminBody)
	}
	return body, err
}

func (s *Simulator) adminSeed(r *http.Request) (any, error) {
	body, err := adminBody(r)
	if err != nil {
		return nil, err
	}
	seed, err := ParseSeed(body)
	if err != nil {
		return nil, err
	}
	return okay, s.load(seed)
}

func (s *Simulator) adminInject(r *http.Request) (any, error) {
	body, err := adminBody(r)
	if err != nil {
		return nil, err
	}
	var rules []Rule
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		err = decodeStrict(body, &rules)
	} else {
		rules = make([]Rule, 1)
		err = decodeStrict(body, &rules[0])
	}
	if err != nil {
		return nil, err
	}
	s.Inject(rules...)
	return s.Rules(), nil
}

func (s *Simulator) adminDeploy(r *http.Request) (any, error) {
	body, err := adminBody(r)
	if err != nil {
		return nil, err
	}
	var wanted struct {
		Routine string  `json:"routine"`
		Env     string  `json:"env"`
		Shares  []Share `json:"shares"`
	}
	if err := decodeStrict(body, &wanted); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id, err := s.deployBehind(wanted.Routine, wanted.Env, wanted.Shares)
	if err != nil {
		return nil, err
	}
	s.changed()
	return map[string]string{"id": id}, nil
}

func (s *Simulator) adminDeployments(r *http.Request) (any, error) {
	query := r.URL.Query()
	for name := range query {
		if name != "routine" && name != "env" {
			return nil, errors.New("unknown parameter " + name)
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	made := []Deployment{}
	for _, d := range s.store.history {
		if (!query.Has("routine") || d.Routine == query.Get("routine")) && (!query.Has("env") || d.Env == query.Get("env")) {
			made = append(made, d.clone())
		}
	}
	return made, nil
}

// callCounts is what the log counts.
type callCounts struct {
	Counts      map[string]int `json:"counts"`
	Errors      map[string]int `json:"errors"`
	Connections int            `json:"connections"`
	MaxInFlight int            `json:"max_in_flight"`
}

func (s *Simulator) counts() callCounts {
	return callCounts{Counts: s.Counts(), Errors: s.ErrorCounts(), Connections: s.Connections(), MaxInFlight: s.MaxInFlight()}
}

func (s *Simulator) adminCalls(*http.Request) (any, error) {
	return struct {
		callCounts
		UserAgents []string `json:"user_agents"`
		Calls      []Call   `json:"calls"`
	}{s.counts(), s.UserAgents(), s.Calls()}, nil
}
