package esasim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Visit is one request of a visitor to a routine, and how it was answered.
type Visit struct {
	Routine string `json:"routine"`
	Env     string `json:"env"`
	Host    string `json:"host"`
	Path    string `json:"path"`
	// CodeVersion is the version that answered, empty if nothing is deployed.
	CodeVersion string `json:"code_version"`
	// Failed says that the answer was an error.
	Failed bool `json:"failed"`
}

// Served counts the visits that one code version has answered in one environment.
type Served struct {
	Routine     string `json:"routine"`
	Env         string `json:"env"`
	CodeVersion string `json:"code_version"`
	Visits      int    `json:"visits"`
	Failed      int    `json:"failed"`
}

// traffic is what the visitors of routines meet.
type traffic struct {
	mutex   sync.Mutex
	random  *rand.Rand
	errors  map[codeOfRoutine]float64
	served  []*Served
	onVisit func(Visit)
}

type codeOfRoutine struct{ routine, codeVersion string }

func newTraffic() traffic {
	return traffic{random: rand.New(rand.NewPCG(1, 2)), errors: map[codeOfRoutine]float64{}}
}

// WithTrafficRandom replaces the source by which visits are divided between the
// versions of a split. By default it is one that gives the same numbers in every
// run, so that visits made one after the other meet the same versions.
func WithTrafficRandom(source rand.Source) Option {
	return func(s *Simulator) { s.traffic.random = rand.New(source) }
}

// WithOnVisit calls a function with every visit, before it is answered. It may
// call the methods of the simulator.
func WithOnVisit(onVisit func(Visit)) Option {
	return func(s *Simulator) { s.traffic.onVisit = onVisit }
}

// SetErrorRate sets how many of the visits to a code version end in an error:
// 0 for none, which is the default, 1 for all of them. The version need not be
// there yet.
func (s *Simulator) SetErrorRate(routine, codeVersion string, rate float64) {
	if err := s.setErrorRate(routine, codeVersion, rate); err != nil {
		panic("esasim: SetErrorRate: " + err.Error())
	}
}

func (s *Simulator) setErrorRate(routine, codeVersion string, rate float64) error {
	if !(rate >= 0 && rate <= 1) { // nor NaN
		return fmt.Errorf("error rate %v, want 0 to 1", rate)
	}
	s.traffic.mutex.Lock()
	defer s.traffic.mutex.Unlock()
	s.traffic.errors[codeOfRoutine{routine, codeVersion}] = rate
	return nil
}

// Traffic returns what each code version has served so far, sorted by routine,
// environment and version.
func (s *Simulator) Traffic() []Served {
	s.traffic.mutex.Lock()
	defer s.traffic.mutex.Unlock()
	all := make([]Served, 0, len(s.traffic.served))
	for _, served := range s.traffic.served {
		all = append(all, *served)
	}
	slices.SortFunc(all, func(a, b Served) int {
		return cmp.Or(cmp.Compare(a.Routine, b.Routine), cmp.Compare(a.Env, b.Env), cmp.Compare(a.CodeVersion, b.CodeVersion))
	})
	return all
}

// DefaultRecord returns the host name that a routine answers on from its
// beginning. It panics where there is no such routine.
func (s *Simulator) DefaultRecord(routine string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.store.find(routine)
	if err != nil {
		panic("esasim: DefaultRecord: " + err.Error())
	}
	return r.record
}

// visited is the routine that answers on a host name, nil if none does. The
// caller holds the mutex.
//
// It knows the default record of a routine. The real service answers 401 there
// to whoever brings no token; the simulator asks for none.
func (st *store) visited(host string) *routine {
	name, _, _ := strings.Cut(host, ".")
	if r := st.routines[name]; r != nil && strings.EqualFold(r.record, host) {
		return r
	}
	return nil
}

// isVisit reports whether a request is for a routine and not for the API.
func (s *Simulator) isVisit(host string) bool {
	host = withoutPort(host)
	if net.ParseIP(host) != nil {
		return false
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.store.visited(host) != nil
}

// withoutPort is the host of a Host header, in lower case.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}

// serveVisit answers a visitor by the version that the split of the environment
// and chance choose. Each request is divided anew: whether the real service
// keeps a visitor at one version is not documented.
func (s *Simulator) serveVisit(w http.ResponseWriter, r *http.Request) {
	visit := Visit{Env: Production, Host: withoutPort(r.Host), Path: r.URL.Path}
	if atStaging, _ := r.Context().Value(atStagingKey{}).(bool); atStaging {
		visit.Env = Staging
	}
	var shares []Share
	s.mutex.Lock()
	if routine := s.store.visited(visit.Host); routine != nil {
		visit.Routine, shares = routine.name, routine.live[visit.Env].Shares
	}
	s.mutex.Unlock()
	s.traffic.take(&visit, shares)
	if s.traffic.onVisit != nil {
		s.traffic.onVisit(visit)
	}

	status, word := http.StatusOK, "ok"
	switch {
	case visit.CodeVersion == "":
		status, word = http.StatusNotFound, "nothing deployed" // what the real service answers is not documented
	case visit.Failed:
		status, word = http.StatusInternalServerError, "error"
	}
	w.Header().Set("Content-Type", jsonContent)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // a visitor that went away does not matter
		Status      string `json:"status"`
		Routine     string `json:"routine"`
		Env         string `json:"env"`
		CodeVersion string `json:"code_version"`
	}{word, visit.Routine, visit.Env, visit.CodeVersion})
}

// take chooses the version that answers a visit, and whether it fails.
func (t *traffic) take(visit *Visit, shares []Share) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	// Two numbers for each visit, so that an error rate does not change who is served what.
	place, luck := t.random.IntN(100), t.random.Float64()
	for _, share := range shares {
		visit.CodeVersion = share.CodeVersion
		if place -= share.Percentage; place < 0 {
			break
		}
	}
	visit.Failed = visit.CodeVersion == "" || luck < t.errors[codeOfRoutine{visit.Routine, visit.CodeVersion}]
	at := slices.IndexFunc(t.served, func(served *Served) bool {
		return served.Routine == visit.Routine && served.Env == visit.Env && served.CodeVersion == visit.CodeVersion
	})
	if at < 0 {
		at = len(t.served)
		t.served = append(t.served, &Served{Routine: visit.Routine, Env: visit.Env, CodeVersion: visit.CodeVersion})
	}
	t.served[at].Visits++
	if visit.Failed {
		t.served[at].Failed++
	}
}

func (s *Simulator) adminErrorRate(r *http.Request) (any, error) {
	body, err := adminBody(r)
	if err != nil {
		return nil, err
	}
	var wanted struct {
		Routine     string  `json:"routine"`
		CodeVersion string  `json:"code_version"`
		ErrorRate   float64 `json:"error_rate"`
	}
	if err := decodeStrict(body, &wanted); err != nil {
		return nil, err
	}
	return okay, s.setErrorRate(wanted.Routine, wanted.CodeVersion, wanted.ErrorRate)
}
