package esasim

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Call is one request to the API, or one upload, as it arrived and as it was
// answered. Admin requests are not calls.
type Call struct {
	// Operation is the name of the operation, or [UploadOperation].
	Operation string `json:"operation"`
	// Routine, Env and Site are the Name (or RoutineName), Env and SiteId parameters, where there are any.
	Routine string `json:"routine,omitempty"`
	Env     string `json:"env,omitempty"`
	Site    string `json:"site,omitempty"`

	HTTPMethod string     `json:"http_method"`
	Query      url.Values `json:"query,omitempty"`
	// Form holds the parameters of the body: of a form, of a JSON object (see
	// ContentType), or the fields of an upload before its file.
	Form        url.Values  `json:"form,omitempty"`
	ContentType string      `json:"content_type,omitempty"`
	UserAgent   string      `json:"user_agent,omitempty"`
	Header      http.Header `json:"header,omitempty"`
	RemoteAddr  string      `json:"remote_addr"`
	// Connection numbers the connection it came on, from 1 in the order they were
	// accepted; 0 if the simulator was called without a server of its own.
	Connection int `json:"connection,omitempty"`
	// TLSResumed says that its TLS connection resumed an earlier session.
	TLSResumed bool `json:"tls_resumed,omitempty"`

	// Status is the HTTP status answered: 0 while there is no answer yet, and
	// where none was given.
	Status int `json:"status,omitempty"`
	// Code is ESA's code, where the answer was an error.
	Code string `json:"code,omitempty"`
	// Reason says why, which the answer does not.
	Reason    string  `json:"reason,omitempty"`
	RequestID string  `json:"request_id"`
	Faults    []Fault `json:"faults,omitempty"`
	// Time is when it arrived, by the simulator's clock.
	Time time.Time `json:"time"`
}

// callLog is what the simulator remembers of its calls.
type callLog struct {
	mutex      sync.Mutex
	countsOnly bool
	calls      []*Call
	counts     map[string]int
	total      int
	codes      map[string]int
	agents     map[string]int
	changed    chan struct{} // closed and replaced when a call arrives

	connections int
	inFlight    int
	maxInFlight int
}

func newCallLog() callLog {
	return callLog{counts: map[string]int{}, codes: map[string]int{}, agents: map[string]int{}, changed: make(chan struct{})}
}

// begin logs a call that arrived.
func (l *callLog) begin(call *Call) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.counts[call.Operation]++
	l.total++
	l.agents[call.UserAgent]++
	if !l.countsOnly {
		l.calls = append(l.calls, call)
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// met logs the faults that a call meets, also if its client does not wait for the answer.
func (l *callLog) met(call *Call, faults []Fault) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	call.Faults = faults
}

// end logs the answer to a call, before it leaves.
func (l *callLog) end(call *Call, answer reply) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	call.Status, call.Code, call.Reason = answer.status, answer.code, answer.reason
	if answer.code != "" {
		l.codes[answer.code]++
	}
}

// enter counts a request in, and returns how to count it out.
func (l *callLog) enter() (leave func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.inFlight++
	l.maxInFlight = max(l.maxInFlight, l.inFlight)
	return func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.inFlight--
	}
}

// accepted counts a connection, and returns its number.
func (l *callLog) accepted() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.connections++
	return l.connections
}

// Calls returns the calls since the start or the last [Simulator.ResetLog], in
// the order they arrived. Calls that are not answered yet are among them.
func (s *Simulator) Calls() []Call {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	calls := make([]Call, 0, len(s.log.calls))
	for _, call := range s.log.calls {
		calls = append(calls, *call)
	}
	return calls
}

// Count returns how many calls of an operation have arrived, whatever they were
// answered; of all operations and uploads where the name is empty.
func (s *Simulator) Count(operation string) int {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	if operation == "" {
		return s.log.total
	}
	return s.log.counts[operation]
}

// Counts returns how many calls of each operation have arrived.
func (s *Simulator) Counts() map[string]int {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	return maps.Clone(s.log.counts)
}

// ErrorCounts returns how many calls have been answered each of ESA's error codes.
func (s *Simulator) ErrorCounts() map[string]int {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	return maps.Clone(s.log.codes)
}

// AwaitCount waits until an operation (any, where the name is empty) has been
// called at least count times, or until the context ends, whose error it returns.
func (s *Simulator) AwaitCount(ctx context.Context, operation string, count int) error {
	for {
		s.log.mutex.Lock()
		changed := s.log.changed
		s.log.mutex.Unlock()
		if s.Count(operation) >= count {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// UserAgents returns the user agents seen, sorted.
func (s *Simulator) UserAgents() []string {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	return slices.Sorted(maps.Keys(s.log.agents))
}

// Connections returns how many connections have been accepted since the start
// or the last [Simulator.ResetLog].
func (s *Simulator) Connections() int {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	return s.log.connections
}

// MaxInFlight returns the largest number of calls that were in progress at the
// same time since the start or the last [Simulator.ResetLog].
func (s *Simulator) MaxInFlight() int {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	return s.log.maxInFlight
}

// ResetLog forgets the calls and counts from zero again. Rules that are in
// force, the content and the uploads stay.
func (s *Simulator) ResetLog() {
	s.log.mutex.Lock()
	defer s.log.mutex.Unlock()
	s.log.calls = nil
	s.log.counts = map[string]int{}
	s.log.total = 0
	s.log.codes = map[string]int{}
	s.log.agents = map[string]int{}
	s.log.connections = 0
	s.log.maxInFlight = s.log.inFlight
}
