package esasim

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// AccessKeyID is the access key that every simulator knows.
	AccessKeyID = "esasim-access-key"
	// AccessKeySecret is the secret of [AccessKeyID].
	AccessKeySecret = "esasim-access-secret"

	// Version is the API version that the simulator speaks, and the only one it accepts.
	Version = "2024-09-10"

	// Staging is the environment that a routine is tried out in.
	Staging = "staging"
	// Production is the environment that serves the world.
	Production = "production"

	// Percentage is the only deployment strategy that ESA knows.
	Percentage = "percentage"
)

// Simulator is one simulated ESA account. It is an [http.Handler]; [Start] and
// [Simulator.Listen] put it behind a socket. All its methods may be called from
// several goroutines at once.
type Simulator struct {
	clock     func() time.Time
	latency   time.Duration
	keepBytes int64

	plainDescriptions bool
	countsOnly        bool
	writeLock         bool
	accountLock       bool
	routineQuota      int // routines the account may have; 0: any number
	buildPolls        int
	onChange          func(Seed)
	versionQuota      int // code versions a routine may have; 0: any number
	answers           map[Question]string

	keys    keyring
	limiter limiter
	log     callLog
	faults  faultList
	traffic traffic

	mutex sync.Mutex // guards store and writing
	store store
	// writing holds the routines and sites with a write in progress, for WithWriteLock.
	writing map[string]bool
}

// New returns a simulator that knows the default key pair and, unless an option
// says otherwise, holds nothing. It panics where the options hold a seed that
// breaks the rules of [Seed.Validate].
func New(options ...Option) *Simulator {
	s := &Simulator{
		clock:     time.Now,
		keepBytes: defaultKeptUploadBytes,
		keys:      newKeyring(),
		log:       newCallLog(),
		traffic:   newTraffic(),
		store:     newStore(),
		writing:   map[string]bool{},
		answers:   map[Question]string{},
	}
	s.keys.allow(AccessKeyID, AccessKeySecret, "")
	for _, option := range options {
		option(s)
	}
	s.log.countsOnly = s.countsOnly
	return s
}

// ServeHTTP answers visitors of a routine on its host names. On any other host,
// it answers the API on "/", the upload of code on [UploadPath] and the admin
// requests below [AdminPath].
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.isVisit(r.Host):
		s.serveVisit(w, r)
	case strings.HasPrefix(r.URL.Path, AdminPath):
		s.serveAdmin(w, r)
	case r.URL.Path == UploadPath:
		s.serveUpload(w, r)
	default:
		s.serveAPI(w, r)
	}
}
