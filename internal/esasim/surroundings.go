package esasim

import (
	"fmt"
	"slices"
)

// This file is what someone else does to variables, routes, records and sites,
// or what a test prepares or reads; see outofband.go.

// AddSite adds a site, and returns its id.
func (s *Simulator) AddSite(site Site) string {
	return s.add("AddSite", func() (string, error) { return s.addSite(site) })
}

// RemoveSite deletes a site with its routes and records.
func (s *Simulator) RemoveSite(id string) {
	s.act("RemoveSite", func() error {
		s.store.sites = slices.DeleteFunc(s.store.sites, func(site Site) bool { return site.ID == id })
		s.store.routes.change(s.store.nextWrite(), func(routes []Route) []Route {
			return slices.DeleteFunc(routes, func(r Route) bool { return r.SiteID == id })
		})
		s.store.records.change(s.store.nextWrite(), func(records []Record) []Record {
			return slices.DeleteFunc(records, func(r Record) bool { return r.SiteID == id })
		})
		return nil
	})
}

// AddRoute adds a route, at the end of the order where its Sequence is 0, and returns its id.
func (s *Simulator) AddRoute(r Route) string {
	return s.add("AddRoute", func() (string, error) { return s.addRoute(r, r.Sequence != 0) })
}

// ChangeRoute changes a route as it is; the order of the others stays.
func (s *Simulator) ChangeRoute(configID string, change func(*Route)) {
	s.act("ChangeRoute", func() error {
		found := false
		s.store.routes.change(s.store.nextWrite(), func(routes []Route) []Route {
			for i := range routes {
				if routes[i].ConfigID == configID {
					change(&routes[i])
					found = true
				}
			}
			return routes
		})
		if !found {
			return fmt.Errorf("there is no route %s", configID)
		}
		return nil
	})
}

// RemoveRoute deletes a route.
func (s *Simulator) RemoveRoute(configID string) {
	s.act("RemoveRoute", func() error {
		for _, r := range s.store.routes.now {
			if r.ConfigID == configID {
				s.dropRoute(r)
				return nil
			}
		}
		return fmt.Errorf("there is no route %s", configID)
	})
}

// AddRecord adds a related record, and returns its id.
func (s *Simulator) AddRecord(record Record) string {
	return s.add("AddRecord", func() (string, error) { return s.addRecord(record) })
}

// RemoveRecord deletes a related record.
func (s *Simulator) RemoveRecord(id string) {
	s.act("RemoveRecord", func() error {
		s.dropRecord(id)
		return nil
	})
}

// SetVariable makes or replaces one environment variable.
func (s *Simulator) SetVariable(routine, env string, variable Variable) {
	s.act("SetVariable", func() error { return s.setVariable(routine, env, variable) })
}

func (s *Simulator) setVariable(routine, env string, variable Variable) error {
	if err := checkEnvironment(env); err != nil {
		return err
	}
	now := s.clock().UTC()
	if variable.Type == "" {
		variable.Type = PlainText
	}
	if variable.Type != PlainText && variable.Type != SecretText {
		return fmt.Errorf("type must be %q or %q, got: %q", PlainText, SecretText, variable.Type)
	}
	variable.CreatedAt, variable.UpdatedAt = orTime(variable.CreatedAt, now), orTime(variable.UpdatedAt, now)
	where := environmentKey{routine, env}
	s.writeVariables(where, putVariable(slices.Clone(s.variablesOf(where).read(false)), variable))
	return nil
}

// RemoveVariable deletes one environment variable.
func (s *Simulator) RemoveVariable(routine, env, key string) {
	s.act("RemoveVariable", func() error {
		where := environmentKey{routine, env}
		s.writeVariables(where, slices.DeleteFunc(slices.Clone(s.variablesOf(where).read(false)), func(v Variable) bool { return v.Key == key }))
		return nil
	})
}

// FailVariables makes every later write to variables of these keys fail without a reason: Set leaves them
// out of SetKeys, Delete lists them in FailedKeys. Without keys none fails any more.
func (s *Simulator) FailVariables(keys ...string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.store.stuck = map[string]bool{}
	for _, key := range keys {
		s.store.stuck[key] = true
	}
}

// Variables returns the variables of an environment, by key.
func (s *Simulator) Variables(routine, env string) []Variable {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Variable{}, s.variablesOf(environmentKey{routine, env}).read(false)...)
}

// VersionVariables returns the environment that a code version is bound to, empty if it is to none, and
// the variables that it carries.
func (s *Simulator) VersionVariables(routine, version string) (env string, variables []Variable) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, ok := s.store.routines[routine]
	if !ok {
		return "", nil
	}
	v := r.version(version)
	if v == nil {
		return "", nil
	}
	return v.deployEnv, slices.Clone(v.variables)
}

// Sites returns the sites, oldest first.
func (s *Simulator) Sites() []Site {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Site{}, s.store.sites...)
}

// Routes returns the routes, oldest first.
func (s *Simulator) Routes() []Route {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Route{}, s.store.routes.now...)
}

// Records returns the related records, oldest first.
func (s *Simulator) Records() []Record {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Record{}, s.store.records.now...)
}

// Served returns what an environment answers a request with: the deployment of the routine that a record
// binds the host to, or of that of the first route that matches. Where several do, nothing is documented beyond
// the order of routes; that a record comes first is a guess. Found is false if the request goes to the origin.
func (s *Simulator) Served(env, host, path string) (d Deployment, found bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	routine := ""
	for _, record := range s.store.records.now {
		if record.Name == host {
			routine = record.Routine
		}
	}
	if routine == "" {
		routine = s.routed(host, path)
	}
	if r := s.store.routines[routine]; r != nil {
		d, found = r.live[env]
	}
	return d.clone(), found
}

// routed is the routine of the first route that matches a request.
func (s *Simulator) routed(host, path string) string {
	best := Route{}
	for _, r := range s.store.routes.now {
		site := s.siteName(r.SiteID)
		if host != site && !hasDomain(host, site) || r.Enable != answerOn || r.Bypass == answerOn {
			continue
		}
		if matches, err := MatchRule(r.Rule, host, path); err == nil && matches && (best.ConfigID == "" || r.Sequence < best.Sequence) {
			best = r
		}
	}
	return best.Routine
}

// add is act for what has an id.
func (s *Simulator) add(method string, change func() (string, error)) string {
	id := ""
	s.act(method, func() error {
		made, err := change()
		id = made
		return err
	})
	return id
}

// fillSites adds what a seed has beside routines.
func (s *Simulator) fillSites(seed Seed) error {
	for _, site := range seed.Sites {
		if _, err := s.addSite(site); err != nil {
			return fmt.Errorf("site %q: %w", site.Name, err)
		}
	}
	for _, r := range seed.Routes {
		// A state whose order starts at 0 has a route that is in that place.
		if _, err := s.addRoute(r, r.Sequence != 0 || s.firstSequence() == 0); err != nil {
			return err
		}
	}
	for _, record := range seed.Records {
		if _, err := s.addRecord(record); err != nil {
			return err
		}
	}
	return nil
}

// checkDependents reports whether a routine may be deleted that routes or records point at.
func (s *Simulator) checkDependents(routine string) *apiError {
	routed := slices.ContainsFunc(s.store.routes.now, func(r Route) bool { return r.Routine == routine })
	if routed && s.says(RoutineWithRoutes) == answerRefused {
		return refuse(codeDependedByOthers, "a route sends requests to routine %q", routine)
	}
	bound := slices.ContainsFunc(s.store.records.now, func(r Record) bool { return r.Routine == routine })
	if bound && s.says(RoutineWithRecords) == answerRefused {
		return refuse(codeDependedByOthers, "a record binds a host name to routine %q", routine)
	}
	return nil
}

// dropDependents deletes what goes along with a routine.
func (s *Simulator) dropDependents(routine string) {
	if slices.ContainsFunc(s.store.routes.now, func(r Route) bool { return r.Routine == routine }) {
		s.store.routes.change(s.store.nextWrite(), func(routes []Route) []Route {
			return slices.DeleteFunc(routes, func(r Route) bool { return r.Routine == routine })
		})
	}
	if slices.ContainsFunc(s.store.records.now, func(r Record) bool { return r.Routine == routine }) {
		s.store.records.change(s.store.nextWrite(), func(records []Record) []Record {
			return slices.DeleteFunc(records, func(r Record) bool { return r.Routine == routine })
		})
	}
	for _, env := range environments {
		if s.says(OrphanedVariables) == answerDeleted {
			delete(s.store.variables, environmentKey{routine, env})
		}
	}
}
