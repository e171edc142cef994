package esasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"
)

// Share is one code version's part of the traffic of an environment.
type Share struct {
	CodeVersion string `json:"code_version"`
	// Percentage is a whole number from 1 to 100.
	Percentage int `json:"percentage"`
}

// Deployment is one release of a split to an environment of a routine.
type Deployment struct {
	ID         string    `json:"id"`
	Routine    string    `json:"routine"`
	Env        string    `json:"env"`
	Strategy   string    `json:"strategy"`
	Shares     []Share   `json:"shares"` // in the order they were given
	CreateTime time.Time `json:"create_time"`
	// ByAPI says that an API call made it, and not [Simulator.Deploy] or a seed.
	ByAPI bool `json:"by_api"`
}

func (d Deployment) clone() Deployment {
	d.Shares = slices.Clone(d.Shares)
	return d
}

// createRoutineCodeDeployment is CreateRoutineCodeDeployment.
func (s *Simulator) createRoutineCodeDeployment(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	env, err := environment(q)
	if err != nil {
		return nil, err
	}
	strategy, err := q.required("Strategy")
	if err != nil {
		return nil, err
	}
	if strategy != Percentage {
		return nil, refuse(codeInvalidParameter, "Strategy is %q, want %q", strategy, Percentage)
	}
	text, err := q.required("CodeVersions")
	if err != nil {
		return nil, err
	}
	shares, err := parseShares(text)
	if err != nil {
		return nil, err
	}
	d, err := s.deploy(name, env, shares, true)
	if err != nil {
		return nil, err
	}
	list := make([]any, 0, len(shares))
	for _, share := range shares {
		list = append(list, object{"CodeVersion": wideID(share.CodeVersion), "Percentage": share.Percentage})
	}
	return object{"DeploymentId": wideID(d.ID), "Strategy": d.Strategy, "CodeVersions": list}, nil
}

// publishRoutineCodeVersion is PublishRoutineCodeVersion, the older release of
// one version to all of an environment's traffic.
func (s *Simulator) publishRoutineCodeVersion(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	env, err := environment(q)
	if err != nil {
		return nil, err
	}
	version, err := q.required("CodeVersion")
	if err != nil {
		return nil, err
	}
	if _, err := s.deploy(name, env, []Share{{CodeVersion: version, Percentage: 100}}, true); err != nil {
		return nil, err
	}
	return object{"CodeVersion": wideID(version)}, nil
}

func environment(q *request) (string, *apiError) {
	env, err := q.required("Env")
	if err != nil {
		return "", err
	}
	return env, checkEnvironment(env)
}

func checkEnvironment(env string) *apiError {
	if !slices.Contains(environments, env) {
		return refuse(codeInvalidParameter, "Env is %q, want %q or %q", env, Staging, Production)
	}
	return nil
}

// parseShares reads the CodeVersions parameter: JSON text, a list of objects
// whose CodeVersion is text and whose Percentage is a whole number, as the
// schema says. A version written as a number is refused: whoever sends one has
// lost digits, or will.
func parseShares(text string) ([]Share, *apiError) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var list []struct {
		CodeVersion any
		Percentage  any
	}
	if err := decoder.Decode(&list); err != nil {
		return nil, refuse(codeInvalidParameter, "CodeVersions is not a JSON list: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(codeInvalidParameter, "CodeVersions holds more than one JSON value")
	}
	shares := make([]Share, 0, len(list))
	for i, element := range list {
		version, ok := element.CodeVersion.(string)
		if !ok || version == "" {
			return nil, refuse(codeInvalidParameter, "CodeVersions[%d].CodeVersion is %v, want text", i, element.CodeVersion)
		}
		number, ok := element.Percentage.(json.Number)
		if !ok {
			return nil, refuse(codeInvalidParameter, "CodeVersions[%d].Percentage is %v, want a number", i, element.Percentage)
		}
		percentage, err := strconv.Atoi(number.String())
		if err != nil {
			return nil, refuse(codeInvalidParameter, "CodeVersions[%d].Percentage is %s, want a whole number", i, number)
		}
		shares = append(shares, Share{CodeVersion: version, Percentage: percentage})
	}
	return shares, checkShares(shares)
}

// checkShares holds the rules of a split: one or two versions, none twice, each
// from 1 to 100 percent, together 100.
func checkShares(shares []Share) *apiError {
	if len(shares) < 1 || len(shares) > 2 {
		return refuse(codeInvalidParameter, "%d code versions, want 1 or 2", len(shares))
	}
	sum := 0
	for i, share := range shares {
		if share.Percentage < 1 || share.Percentage > 100 {
			return refuse(codeInvalidParameter, "CodeVersions[%d].Percentage is %d, want 1 to 100", i, share.Percentage)
		}
		sum += share.Percentage
	}
	if sum != 100 {
		return refuse(codeInvalidParameter, "percentages sum to %d, want 100", sum)
	}
	if len(shares) == 2 && shares[0].CodeVersion == shares[1].CodeVersion {
		return refuse(codeInvalidParameter, "code version %s is given twice", shares[0].CodeVersion)
	}
	return nil
}

// deploy makes a split live. The caller holds the mutex.
func (s *Simulator) deploy(name, env string, shares []Share, byAPI bool) (Deployment, *apiError) {
	r, err := s.store.find(name)
	if err != nil {
		return Deployment{}, err
	}
	for _, share := range shares {
		switch v := r.version(share.CodeVersion); {
		case v == nil:
			return Deployment{}, refuse(codeParameterNotExist, "routine %q has no code version %s", name, share.CodeVersion)
		case !v.available():
			return Deployment{}, refuse(codeInvalidParameter, "code version %s is %s, want %s", share.CodeVersion, v.status, statusAvailable)
		}
	}
	if err := s.checkBinding(r, env, shares); err != nil {
		return Deployment{}, err
	}
	now := s.clock().UTC()
	s.beforeWrite(name)
	d := Deployment{
		ID:         strconv.FormatInt(s.store.nextID(now), 10),
		Routine:    name,
		Env:        env,
		Strategy:   Percentage,
		Shares:     slices.Clone(shares),
		CreateTime: now,
		ByAPI:      byAPI,
	}
	s.record(r, d)
	return d, nil
}

// record makes a deployment the live one of its environment.
func (s *Simulator) record(r *routine, d Deployment) {
	r.live[d.Env] = d
	r.history = append(r.history, d)
	s.store.history = append(s.store.history, d)
}
