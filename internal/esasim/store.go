package esasim

import (
	"strings"
	"time"
)

// store is what the account holds. The simulator's mutex guards it.
type store struct {
	routines map[string]*routine
	names    []string // of the routines, oldest first
	// history is every deployment ever made, oldest first, also those of deleted routines.
	history []Deployment
	// last is the highest id given to anything.
	last int64
	// writes counts the changes that a read may lag behind.
	writes int64
	// before is what GetRoutine answered before the last write to a routine, for [Stale].
	before map[string]snapshot

	uploads []Upload

	sites     []Site
	routes    replicated[Route]
	records   replicated[Record]
	variables map[environmentKey]*replicated[Variable]
	// stuck holds the keys of variables that cannot be written; see [Simulator.FailVariables].
	stuck   map[string]bool
	numbers numbers
}

type snapshot struct {
	write  int64
	answer object
	err    *apiError
}

type routine struct {
	name        string
	description string
	record      string
	hasAssets   bool
	created     time.Time
	versions    []*codeVersion // oldest first
	live        map[string]Deployment
	history     []Deployment // of this routine, not of a deleted namesake
	staging     stagingSlot
}

type codeVersion struct {
	version     string
	status      string
	description string
	extraInfo   string
	notFound    string
	buildID     int64
	hasAssets   bool
	created     time.Time
	code        []byte
	// pollsLeft is how many more answers say "init" while the version builds.
	pollsLeft int
	// next is the status that follows the build; empty while nothing was uploaded.
	next string
	// deployEnv is the environment whose variables it carries; empty if it carries none.
	deployEnv string
	variables []Variable
}

const (
	statusInit      = "init"
	statusAvailable = "available"
	statusFailed    = "failed"
)

func newStore() store {
	return store{
		routines: map[string]*routine{}, before: map[string]snapshot{},
		variables: map[environmentKey]*replicated[Variable]{}, numbers: numbers{},
	}
}

// nextID gives a new id of 19 digits, unique among all ids. Ids follow the
// clock in nanoseconds, as the real versions do, and are odd, so that none of
// them survives a float64.
func (st *store) nextID(now time.Time) int64 {
	const first = 1_000_000_000_000_000_001
	id := max(now.UnixNano(), st.last+1, first) | 1
	st.last = id
	return id
}

func (st *store) find(name string) (*routine, *apiError) {
	if r, ok := st.routines[name]; ok {
		return r, nil
	}
	return nil, refuse(codeRoutineNotExist, "there is no routine %q", name)
}

func (r *routine) version(version string) *codeVersion {
	for _, v := range r.versions {
		if v.version == version {
			return v
		}
	}
	return nil
}

// servedIn names the environments whose live deployment uses a version.
func (r *routine) servedIn(version string) []string {
	var envs []string
	for _, env := range environments {
		for _, share := range r.live[env].Shares {
			if share.CodeVersion == version {
				envs = append(envs, env)
			}
		}
	}
	return envs
}

func (v *codeVersion) available() bool { return strings.EqualFold(v.status, statusAvailable) }

var environments = []string{Staging, Production}
