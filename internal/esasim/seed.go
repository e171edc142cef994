package esasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Seed is the whole content of a simulator: what [WithSeed] starts from, what
// [Simulator.State] returns, and the JSON of the command's -seed and -state.
type Seed struct {
	Routines []SeedRoutine `json:"routines"`
	Sites    []Site        `json:"sites,omitempty"`
	Routes   []Route       `json:"routes,omitempty"`
	Records  []Record      `json:"records,omitempty"`
	// Answers are those of [WithAnswer] that differ from the defaults.
	Answers map[Question]string `json:"answers,omitempty"`
}

// SeedRoutine is one routine of a seed.
type SeedRoutine struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	HasAssets   bool   `json:"has_assets,omitempty"`
	// CreateTime is the time of loading where it is zero, here as below.
	CreateTime time.Time `json:"create_time,omitzero"`
	// CodeVersions are oldest first.
	CodeVersions []SeedCodeVersion `json:"code_versions,omitempty"`
	// Deployments are oldest first; the last one of each environment is live.
	Deployments []SeedDeployment `json:"deployments,omitempty"`
	// Variables are the environment variables, by environment.
	Variables map[string][]Variable `json:"variables,omitempty"`
}

// SeedCodeVersion is one code version of a seed.
type SeedCodeVersion struct {
	// CodeVersion is text of digits, as the service's own versions are.
	CodeVersion string `json:"code_version"`
	// Status is "available" where it is empty.
	Status      string    `json:"status,omitempty"`
	Description string    `json:"description,omitempty"`
	CreateTime  time.Time `json:"create_time,omitzero"`
	ExtraInfo   string    `json:"extra_info,omitempty"`
	// NotFoundStrategy is SinglePageApplication, 404Page or empty.
	NotFoundStrategy string `json:"not_found_strategy,omitempty"`
	BuildID          int64  `json:"build_id,omitempty"`
	HasAssets        bool   `json:"has_assets,omitempty"`
	// Code is the function, base64 in JSON.
	Code []byte `json:"code,omitempty"`
	// PollsLeft and NextStatus belong to a version in status init that is
	// building: after that many polls it gets that status.
	PollsLeft  int    `json:"polls_left,omitempty"`
	NextStatus string `json:"next_status,omitempty"`
	// DeployEnv and Variables are the environment that it is bound to, and what it carries of it.
	DeployEnv string     `json:"deploy_env,omitempty"`
	Variables []Variable `json:"variables,omitempty"`
}

// SeedDeployment is one deployment of a seed.
type SeedDeployment struct {
	// ID is generated if it is empty.
	ID         string    `json:"id,omitempty"`
	Env        string    `json:"env"`
	Shares     []Share   `json:"shares"`
	CreateTime time.Time `json:"create_time,omitzero"`
	ByAPI      bool      `json:"by_api,omitempty"`
	// Withdrawn says that the environment does not serve it any more, although it
	// is the last one.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// ParseSeed reads the JSON of a seed, and refuses members that a seed does not
// have and content that breaks a rule.
func ParseSeed(text []byte) (Seed, error) {
	var seed Seed
	if err := decodeStrict(text, &seed); err != nil {
		return Seed{}, err
	}
	return seed, seed.Validate()
}

// Validate tells what is wrong with a seed: names, versions that are no
// numbers or stand twice, deployments that the service would refuse.
func (seed Seed) Validate() error {
	return (&Simulator{clock: time.Now, store: newStore(), answers: map[Question]string{}}).fill(seed)
}

// LoadSeed adds the content of a seed. It panics where [Seed.Validate] finds
// something, or where a routine is there already.
func (s *Simulator) LoadSeed(seed Seed) {
	if err := s.load(seed); err != nil {
		panic("esasim: " + err.Error())
	}
}

func (s *Simulator) load(seed Seed) error {
	if err := seed.Validate(); err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, r := range seed.Routines {
		if s.store.routines[r.Name] != nil {
			return fmt.Errorf("routine %q is there already", r.Name)
		}
	}
	for _, site := range seed.Sites {
		if site.ID != "" && s.siteName(site.ID) != "" {
			return fmt.Errorf("site %s is there already", site.ID)
		}
	}
	err := s.fill(seed)
	s.changed()
	return err
}

// fill adds a seed, until something is wrong with it. The caller holds the mutex.
func (s *Simulator) fill(seed Seed) error {
	now := s.clock().UTC()
	for question, answer := range seed.Answers {
		if err := checkAnswer(question, answer); err != nil {
			return err
		}
		s.answers[question] = answer
	}
	for _, from := range seed.Routines {
		if err := s.addRoutine(from.Name, from.Description, from.HasAssets); err != nil {
			return fmt.Errorf("routine %q: %w", from.Name, err)
		}
		r := s.store.routines[from.Name]
		r.created = orTime(from.CreateTime, now)
		for _, v := range from.CodeVersions {
			if err := s.addSeedVersion(r, v, now); err != nil {
				return fmt.Errorf("routine %q: %w", from.Name, err)
			}
		}
		for i, d := range from.Deployments {
			if err := s.addSeedDeployment(r, d, now); err != nil {
				return fmt.Errorf("routine %q: deployment %d: %w", from.Name, i, err)
			}
		}
		for env, variables := range from.Variables {
			for _, variable := range variables {
				if err := s.setVariable(from.Name, env, variable); err != nil {
					return fmt.Errorf("routine %q: variable %q: %w", from.Name, variable.Key, err)
				}
			}
		}
	}
	return s.fillSites(seed)
}

func (s *Simulator) addSeedVersion(r *routine, from SeedCodeVersion, now time.Time) error {
	if err := s.useID(from.CodeVersion); err != nil {
		return fmt.Errorf("code version %q: %w", from.CodeVersion, err)
	}
	if r.version(from.CodeVersion) != nil {
		return fmt.Errorf("code version %s stands there twice", from.CodeVersion)
	}
	v := &codeVersion{
		version:     from.CodeVersion,
		status:      from.Status,
		description: from.Description,
		extraInfo:   from.ExtraInfo,
		notFound:    from.NotFoundStrategy,
		buildID:     from.BuildID,
		hasAssets:   from.HasAssets,
		created:     orTime(from.CreateTime, now),
		code:        from.Code,
		pollsLeft:   from.PollsLeft,
		next:        from.NextStatus,
		deployEnv:   from.DeployEnv,
		variables:   slices.Clone(from.Variables),
	}
	if v.deployEnv != "" {
		if err := checkEnvironment(v.deployEnv); err != nil {
			return fmt.Errorf("code version %s: %w", v.version, err)
		}
	}
	if v.status == "" {
		v.status = statusAvailable
	}
	r.versions = append(r.versions, v)
	return nil
}

// addSeedDeployment adds a deployment of the past. The versions of older ones
// may be gone; those of the live one too, since a state may hold what
// [Simulator.RemoveCodeVersion] left.
func (s *Simulator) addSeedDeployment(r *routine, from SeedDeployment, now time.Time) error {
	if err := checkEnvironment(from.Env); err != nil {
		return err
	}
	if err := checkShares(from.Shares); err != nil {
		return err
	}
	d := Deployment{ID: from.ID, Routine: r.name, Env: from.Env, Strategy: Percentage, Shares: from.Shares, CreateTime: orTime(from.CreateTime, now), ByAPI: from.ByAPI}.clone()
	if d.ID == "" {
		d.ID = strconv.FormatInt(s.store.nextID(now), 10)
	}
	if err := s.useID(d.ID); err != nil {
		return fmt.Errorf("id %q: %w", d.ID, err)
	}
	s.record(r, d)
	if from.Withdrawn {
		delete(r.live, d.Env)
	}
	return nil
}

// useID checks an id given from outside, and keeps new ones above it.
func (s *Simulator) useID(id string) error {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil || number <= 0 || strconv.FormatInt(number, 10) != id {
		return errors.New("want the digits of a positive whole number below 2^63, as text")
	}
	s.store.last = max(s.store.last, number)
	return nil
}

// State returns the whole content, such that a simulator with it as its seed
// answers the same. Faults, keys, the log and uploads are not part of it, nor is
// the history of routines that are gone.
func (s *Simulator) State() Seed {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.seed()
}

// seed is State for a caller that holds the mutex.
func (s *Simulator) seed() Seed {
	seed := Seed{Routines: []SeedRoutine{}}
	for _, name := range s.store.names {
		r := s.store.routines[name]
		to := SeedRoutine{Name: r.name, Description: r.description, HasAssets: r.hasAssets, CreateTime: r.created}
		for _, v := range r.versions {
			to.CodeVersions = append(to.CodeVersions, SeedCodeVersion{
				CodeVersion: v.version, Status: v.status, Description: v.description, CreateTime: v.created,
				ExtraInfo: v.extraInfo, NotFoundStrategy: v.notFound, BuildID: v.buildID, HasAssets: v.hasAssets,
				Code: v.code, PollsLeft: v.pollsLeft, NextStatus: v.next,
				DeployEnv: v.deployEnv, Variables: slices.Clone(v.variables),
			})
		}
		for _, d := range r.history {
			_, serves := r.live[d.Env]
			to.Deployments = append(to.Deployments, SeedDeployment{
				ID: d.ID, Env: d.Env, Shares: d.clone().Shares, CreateTime: d.CreateTime, ByAPI: d.ByAPI,
				Withdrawn: !serves,
			})
		}
		for _, env := range environments {
			if list := s.variablesOf(environmentKey{name, env}).read(false); len(list) > 0 {
				if to.Variables == nil {
					to.Variables = map[string][]Variable{}
				}
				to.Variables[env] = slices.Clone(list)
			}
		}
		seed.Routines = append(seed.Routines, to)
	}
	seed.Sites, seed.Routes, seed.Records = slices.Clone(s.store.sites), slices.Clone(s.store.routes.now), slices.Clone(s.store.records.now)
	if chosen := s.chosenAnswers(); len(chosen) > 0 {
		seed.Answers = chosen
	}
	return seed
}

func orTime(at, fallback time.Time) time.Time {
	if at.IsZero() {
		return fallback
	}
	return at.UTC()
}

// decodeStrict reads one JSON value, and refuses unknown members and anything after it.
func decodeStrict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON value")
	}
	return nil
}
