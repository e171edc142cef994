package esasim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Work says whether the operation takes effect where a fault hits it.
type Work string

const (
	// WorkByFault leaves it to the fault; see [Fault.DoesWork].
	WorkByFault Work = ""
	// WorkDone has the operation take effect whatever the answer says: with
	// [Unavailable], for instance, a gateway that gave up on an operation that went through.
	WorkDone Work = "done"
	// WorkUndone keeps the operation from taking effect: with [EmptyAnswer], for instance, a proxy that answered on its own.
	WorkUndone Work = "undone"
)

// Rule says which calls a fault hits. Its JSON, on the admin path, has the same
// members in lower case with underscores.
type Rule struct {
	// Operation is the name of the operation, or [UploadOperation]; empty means any.
	Operation string `json:"operation,omitempty"`
	// Fault is what happens.
	Fault Fault `json:"fault"`
	// Times is how many matching calls the rule hits; 0 means every one.
	Times int `json:"times,omitempty"`
	// Skip is how many matching calls are let through first.
	Skip int `json:"skip,omitempty"`
	// Routine and Env narrow the rule to calls with this Name (or RoutineName) and this Env
	// parameter; empty means any. An operation without the parameter never matches.
	Routine string `json:"routine,omitempty"`
	Env     string `json:"env,omitempty"`
	// Site narrows the rule to calls with this SiteId parameter.
	Site string `json:"site,omitempty"`

	// Work says whether the operation takes effect; empty leaves it to the fault.
	Work Work `json:"work,omitempty"`
	// Delay is how much longer the answer takes, with any fault. In JSON it is text such as "1.5s".
	Delay time.Duration `json:"-"`
	// Status, Code and Message replace those of an error answer; see [ChosenError].
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// Body is the body of [ChosenAnswer].
	Body string `json:"body,omitempty"`
	// Location is where [Redirect] points.
	Location string `json:"location,omitempty"`

	// Then runs when the rule hits: after the work, if it is done, and before the
	// answer leaves. Someone else may act in that very moment: it may call the
	// methods of the simulator.
	Then func() `json:"-"`
}

// MarshalJSON writes the rule with its delay as text.
func (r Rule) MarshalJSON() ([]byte, error) {
	type plain Rule
	wire := struct {
		plain
		Delay string `json:"delay,omitempty"`
	}{plain: plain(r)}
	if r.Delay != 0 {
		wire.Delay = r.Delay.String()
	}
	return json.Marshal(wire)
}

// UnmarshalJSON reads what MarshalJSON writes. It refuses members that a rule
// does not have, and checks the rule.
func (r *Rule) UnmarshalJSON(text []byte) error {
	type plain Rule
	var wire struct {
		plain
		Delay string `json:"delay"`
	}
	if err := decodeStrict(text, &wire); err != nil {
		return err
	}
	*r = Rule(wire.plain)
	if wire.Delay != "" {
		delay, err := time.ParseDuration(wire.Delay)
		if err != nil {
			return err
		}
		r.Delay = delay
	}
	return r.check()
}

func (r Rule) check() error {
	if _, known := r.Fault.traits(); !known {
		return fmt.Errorf("unknown fault %q, want one of %q", r.Fault, Faults())
	}
	if r.Operation != "" && r.Operation != UploadOperation {
		if _, known := operations[r.Operation]; !known {
			return fmt.Errorf("unknown operation %q", r.Operation)
		}
	}
	switch r.Work {
	case WorkByFault, WorkDone, WorkUndone:
	default:
		return fmt.Errorf("unknown work %q, want %q or %q", r.Work, WorkDone, WorkUndone)
	}
	if r.Times < 0 || r.Skip < 0 || r.Delay < 0 {
		return fmt.Errorf("times, skip and delay cannot be negative")
	}
	if r.Status != 0 && http.StatusText(r.Status) == "" {
		return fmt.Errorf("unknown HTTP status %d", r.Status)
	}
	return nil
}

// doesWork reports whether the operation takes effect under the rule.
func (r Rule) doesWork() bool {
	if r.Work != WorkByFault {
		return r.Work == WorkDone
	}
	return r.Fault.DoesWork()
}

// Inject adds rules to those in force. Several rules may hit one call: delays
// add up and forms combine; of the rules that replace the answer the first one
// wins and the others do not count the call. It panics on a rule that names an
// unknown fault or operation.
func (s *Simulator) Inject(rules ...Rule) {
	for _, rule := range rules {
		if err := rule.check(); err != nil {
			panic("esasim: Inject: " + err.Error())
		}
	}
	s.mutex.Lock()
	since := s.store.writes
	s.mutex.Unlock()
	s.faults.add(since, rules)
}

// ClearFaults takes all rules out of force. Calls that hang keep hanging.
func (s *Simulator) ClearFaults() { s.faults.clear() }

// Rules returns the rules in force, those that are used up left out. Times is
// what is left of it.
func (s *Simulator) Rules() []Rule { return s.faults.list() }

type faultList struct {
	mutex sync.Mutex
	rules []*activeRule
}

type activeRule struct {
	Rule
	matched int
	// since is the number of writes when the rule was injected, for Stale.
	since int64
}

func (l *faultList) add(since int64, rules []Rule) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, rule := range rules {
		l.rules = append(l.rules, &activeRule{Rule: rule, since: since})
	}
}

func (l *faultList) clear() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.rules = nil
}

func (l *faultList) list() []Rule {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	list := []Rule{}
	for _, rule := range l.rules {
		if rule.spent() {
			continue
		}
		left := rule.Rule
		left.Skip = max(rule.Skip-rule.matched, 0)
		if rule.Times > 0 {
			left.Times = rule.Times - max(rule.matched-rule.Skip, 0)
		}
		list = append(list, left)
	}
	return list
}

func (r *activeRule) spent() bool { return r.Times > 0 && r.matched >= r.Skip+r.Times }

// subject is what a call is about, for rules and the log.
type subject struct {
	operation, routine, env, site string
	// lastWrite is the number of the last write to what the call reads, or 0.
	lastWrite int64
}

func (r *activeRule) matches(sub subject) bool {
	return !r.spent() &&
		(r.Operation == "" || r.Operation == sub.operation) &&
		(r.Routine == "" || r.Routine == sub.routine) &&
		(r.Env == "" || r.Env == sub.env) &&
		(r.Site == "" || r.Site == sub.site) &&
		r.Fault.Hits(sub.operation) &&
		(r.Fault != Stale || sub.lastWrite > r.since)
}

// hit returns the rules that hit a call, at most one of them not benign.
func (l *faultList) hit(sub subject) []Rule {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var hits []Rule
	replaced := false
	for _, rule := range l.rules {
		if !rule.matches(sub) || replaced && !rule.Fault.Benign() {
			continue
		}
		rule.matched++
		if rule.matched <= rule.Skip {
			continue
		}
		replaced = replaced || !rule.Fault.Benign()
		hits = append(hits, rule.Rule)
	}
	return hits
}
