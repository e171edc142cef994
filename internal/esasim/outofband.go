package esasim

// This file is what someone else does to the account, or what a test prepares:
// none of it counts as a call. The methods panic where the service itself would
// refuse, since that is a mistake in the test.

// AddRoutine makes a routine without a description. Nothing happens where it is
// there already.
func (s *Simulator) AddRoutine(name string) {
	s.act("AddRoutine", func() error {
		if s.store.routines[name] != nil {
			return nil
		}
		return orNil(s.addRoutine(name, "", false))
	})
}

// AddCodeVersion adds a version that can be deployed, newer than those that are
// there. The version is text of digits, and the routine must be there.
func (s *Simulator) AddCodeVersion(routine, version string) {
	s.AddCodeVersionStatus(routine, version, statusAvailable)
}

// AddCodeVersionStatus adds a version in a status: "available" in any letter
// case can be deployed, "init" is not built yet, anything else has failed.
func (s *Simulator) AddCodeVersionStatus(routine, version, status string) {
	s.act("AddCodeVersionStatus", func() error {
		r, err := s.store.find(routine)
		if err != nil {
			return err
		}
		return s.addSeedVersion(r, SeedCodeVersion{CodeVersion: version, Status: status}, s.clock().UTC())
	})
}

// SetDescription changes the description of a routine.
func (s *Simulator) SetDescription(routine, description string) {
	s.act("SetDescription", func() error {
		r, err := s.store.find(routine)
		if err != nil {
			return err
		}
		s.beforeWrite(routine)
		r.description = description
		return nil
	})
}

// Deploy makes a split live in an environment, and returns the id of the new
// deployment.
func (s *Simulator) Deploy(routine, env string, shares ...Share) string {
	var id string
	s.act("Deploy", func() error {
		made, err := s.deployBehind(routine, env, shares)
		id = made
		return err
	})
	return id
}

// deployBehind is Deploy for a caller that holds the mutex.
func (s *Simulator) deployBehind(routine, env string, shares []Share) (string, error) {
	if err := checkEnvironment(env); err != nil {
		return "", err
	}
	if err := checkShares(shares); err != nil {
		return "", err
	}
	d, err := s.deploy(routine, env, shares, false)
	return d.ID, orNil(err)
}

// Withdraw leaves an environment without a deployment, as it was before its
// first one. No operation of the API does this.
func (s *Simulator) Withdraw(routine, env string) {
	s.act("Withdraw", func() error {
		r, err := s.store.find(routine)
		if err != nil {
			return err
		}
		if err := checkEnvironment(env); err != nil {
			return err
		}
		s.beforeWrite(routine)
		delete(r.live, env)
		return nil
	})
}

// RemoveRoutine deletes a routine with its versions and deployments.
func (s *Simulator) RemoveRoutine(name string) {
	s.act("RemoveRoutine", func() error { return orNil(s.dropRoutine(name)) })
}

// RemoveCodeVersion deletes a version, also one that an environment serves,
// which the API refuses; such an environment keeps serving it.
func (s *Simulator) RemoveCodeVersion(routine, version string) {
	s.act("RemoveCodeVersion", func() error {
		r, err := s.store.find(routine)
		if err != nil {
			return err
		}
		if r.version(version) == nil {
			return refuse(codeParameterNotExist, "routine %q has no code version %s", routine, version)
		}
		r.drop(version)
		return nil
	})
}

// act runs a change under the mutex.
func (s *Simulator) act(method string, change func() error) {
	s.mutex.Lock()
	err := change()
	if err == nil {
		s.changed()
	}
	s.mutex.Unlock()
	if err != nil {
		panic("esasim: " + method + ": " + err.Error())
	}
}

// orNil makes an error of an apiError, keeping "no error" what it is.
func orNil(err *apiError) error {
	if err == nil {
		return nil
	}
	return err
}

// Live returns what an environment serves now, if anything.
func (s *Simulator) Live(routine, env string) (Deployment, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, ok := s.store.routines[routine]
	if !ok {
		return Deployment{}, false
	}
	d, live := r.live[env]
	return d.clone(), live
}

// Deployments returns every deployment ever made to an environment, by the API
// or after it, oldest first.
func (s *Simulator) Deployments(routine, env string) []Deployment {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	made := []Deployment{}
	for _, d := range s.store.history {
		if d.Routine == routine && d.Env == env {
			made = append(made, d.clone())
		}
	}
	return made
}

// Uploads returns every file that arrived by upload and was taken, oldest first.
func (s *Simulator) Uploads() []Upload {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Upload{}, s.store.uploads...)
}
