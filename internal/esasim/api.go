package esasim

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
)

// operation is how one operation of the API is carried out. The caller holds
// the simulator's mutex.
type operation struct {
	do func(*Simulator, *request) (object, *apiError)
	// changes says that the operation writes, and so takes the routine's lock.
	changes bool
	// reads says what the operation reads, where that is not a routine.
	reads reads
	// query says that the schema has a GET with a query.
	query bool
}

// reads is a part of the account that reads may lag behind in.
type reads int

const (
	readsRoutine reads = iota
	readsVariables
	readsRoutes
	readsRecords
)

var operations = map[string]operation{
	"CreateRoutine":                      {do: (*Simulator).createRoutine, changes: true},
	"GetRoutine":                         {do: (*Simulator).getRoutine},
	"UpdateRoutineConfigDescription":     {do: (*Simulator).updateRoutineConfigDescription, changes: true},
	"DeleteRoutine":                      {do: (*Simulator).deleteRoutine, changes: true},
	"ListUserRoutines":                   {do: (*Simulator).listUserRoutines},
	"CreateRoutineCodeDeployment":        {do: (*Simulator).createRoutineCodeDeployment, changes: true},
	"PublishRoutineCodeVersion":          {do: (*Simulator).publishRoutineCodeVersion, changes: true},
	"ListRoutineCodeVersions":            {do: (*Simulator).listRoutineCodeVersions},
	"GetRoutineCodeVersion":              {do: (*Simulator).getRoutineCodeVersion},
	"GetRoutineCodeVersionInfo":          {do: (*Simulator).getRoutineCodeVersionInfo},
	"CreateRoutineWithAssetsCodeVersion": {do: (*Simulator).createRoutineWithAssetsCodeVersion, changes: true},
	"DeleteRoutineCodeVersion":           {do: (*Simulator).deleteRoutineCodeVersion, changes: true},
	"GetRoutineStagingCodeUploadInfo":    {do: (*Simulator).getRoutineStagingCodeUploadInfo, changes: true},
	"CommitRoutineStagingCode":           {do: (*Simulator).commitRoutineStagingCode, changes: true},
	"GetErService":                       {do: (*Simulator).getErService},
	"GetRoutineStagingEnvIp":             {do: (*Simulator).getRoutineStagingEnvIP},
	"SetRoutineEnvironmentVariables":     {do: (*Simulator).setRoutineEnvironmentVariables, changes: true},
	"ListRoutineEnvironmentVariables":    {do: (*Simulator).listRoutineEnvironmentVariables, reads: readsVariables},
	"DeleteRoutineEnvironmentVariables":  {do: (*Simulator).deleteRoutineEnvironmentVariables, changes: true},
	"CreateRoutineRoute":                 {do: (*Simulator).createRoutineRoute, changes: true},
	"UpdateRoutineRoute":                 {do: (*Simulator).updateRoutineRoute, changes: true},
	"GetRoutineRoute":                    {do: (*Simulator).getRoutineRoute, reads: readsRoutes},
	"DeleteRoutineRoute":                 {do: (*Simulator).deleteRoutineRoute, changes: true},
	"ListRoutineRoutes":                  {do: (*Simulator).listRoutineRoutes, reads: readsRoutes},
	"ListSiteRoutes":                     {do: (*Simulator).listSiteRoutes, reads: readsRoutes},
	"CreateRoutineRelatedRecord":         {do: (*Simulator).createRoutineRelatedRecord, changes: true},
	"DeleteRoutineRelatedRecord":         {do: (*Simulator).deleteRoutineRelatedRecord, changes: true},
	"ListRoutineRelatedRecords":          {do: (*Simulator).listRoutineRelatedRecords, reads: readsRecords},
	"ListEdgeRoutineRecords":             {do: (*Simulator).listEdgeRoutineRecords, reads: readsRecords, query: true},
	"ListSites":                          {do: (*Simulator).listSites, query: true},
}

// newCall is the log's entry for a request.
func (s *Simulator) newCall(r *http.Request, sub subject, query, form url.Values) *Call {
	number, _ := r.Context().Value(connectionKey{}).(int)
	return &Call{
		Operation:   sub.operation,
		Routine:     sub.routine,
		Env:         sub.env,
		Site:        sub.site,
		HTTPMethod:  r.Method,
		Query:       query,
		Form:        form,
		ContentType: r.Header.Get("Content-Type"),
		UserAgent:   r.UserAgent(),
		Header:      r.Header.Clone(),
		RemoteAddr:  r.RemoteAddr,
		Connection:  number,
		TLSResumed:  r.TLS != nil && r.TLS.DidResume,
		RequestID:   newRequestID(),
		Time:        s.clock().UTC(),
	}
}

// serveAPI answers one call of the API.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	defer s.log.enter()()
	q, refused := readRequest(r)
	sub := subject{operation: q.operation(), routine: cmp.Or(q.get("Name"), q.get("RoutineName")), env: q.get("Env"), site: q.get("SiteId")}
	call := s.newCall(r, sub, q.query, q.form)
	fail := func(e *apiError) reply { return s.refusal(e, call.RequestID, r.Host) }

	if s.writeLock && operations[sub.operation].changes {
		if locks := s.locks(sub); s.lock(locks) {
			defer s.unlock(locks)
		} else if refused == nil {
			refused = refuse(codeLockFailed, "another write to one of %q is in progress", locks)
		}
	}
	s.log.begin(call)
	if !wait(r.Context(), s.latency) {
		return
	}
	if refused == nil {
		refused = s.admit(q)
	}
	if refused != nil {
		s.answer(w, r, call, mischief{}, fail(refused))
		return
	}
	m := s.mischiefFor(sub)
	s.log.met(call, m.faults)
	if !m.deferred && !wait(r.Context(), m.delay) {
		return
	}
	answer := reply{status: http.StatusOK, contentType: jsonContent, body: []byte(`{"RequestId":"` + call.RequestID + `"}`)}
	if m.worked {
		result, failed := s.perform(q, m.stale)
		if failed != nil {
			answer = fail(failed)
		} else {
			answer = success(result, call.RequestID, m.shape)
		}
		if s.says(TimeForm) == "fractions" {
			answer.body = wholeSeconds.ReplaceAll(answer.body, []byte(`$1.000Z"`))
		}
	}
	if m.deferred && !wait(r.Context(), m.delay) {
		return
	}
	if m.replace != nil {
		answer = m.replace.spoil(answer, fail)
	}
	m.then()
	s.answer(w, r, call, m, answer)
}

// wholeSeconds is the end of a time without fractions.
var wholeSeconds = regexp.MustCompile(`(T\d\d:\d\d:\d\d)Z"`)

// refusal is the answer of a refused call.
func (s *Simulator) refusal(e *apiError, requestID, host string) reply {
	answer := failure(e, requestID, host)
	if e.Status == http.StatusForbidden && s.says(RefusalDetail) == "shown" {
		answer.body = append(answer.body[:len(answer.body)-1],
			`,"AccessDeniedDetail":{"AuthAction":"esa:Any","AuthPrincipalType":"SubUser","PolicyType":"AccountLevelIdentityBasedPolicy","NoPermissionType":"ImplicitDeny"}}`...)
	}
	if e.Status == http.StatusBadRequest && s.says(RefusalStatus) == "200" {
		answer.status = http.StatusOK
	}
	return answer
}

// answer logs an answer and sends it.
func (s *Simulator) answer(w http.ResponseWriter, r *http.Request, call *Call, m mischief, answer reply) {
	logged := answer
	if m.replace != nil {
		switch m.replace.Fault {
		case Hang, ResetBefore, ResetAfter:
			logged = reply{reason: "fault " + string(m.replace.Fault)}
		}
	}
	s.log.end(call, logged)
	send(w, r, m, answer)
}

// admit checks what the gateway checks: where the call goes, who makes it, and
// how many there are.
func (s *Simulator) admit(q *request) *apiError {
	name := q.operation()
	if q.http.URL.Path != "/" {
		return refuse(codeActionNotFound, "path %s", q.http.URL.Path)
	}
	if version := q.version(); version != Version {
		return refuse(codeInvalidVersion, "version %q, want %s", version, Version)
	}
	if _, known := operations[name]; !known {
		return refuse(codeActionNotFound, "operation %q", name)
	}
	if operations[name].query && q.http.Method != http.MethodGet && s.says(PostedQueries) == answerRefused {
		return refuse(codeUnsupportedMethod, "operation %s by %s", name, q.http.Method)
	}
	if refused := s.authenticate(q); refused != nil {
		return refused
	}
	return s.limiter.take(name, s.clock())
}

// mischiefFor finds the rules that hit a call.
func (s *Simulator) mischiefFor(sub subject) mischief {
	s.mutex.Lock()
	sub.lastWrite = s.store.lastWrite(sub)
	s.mutex.Unlock()
	return newMischief(s.faults.hit(sub))
}

// perform carries an operation out.
func (s *Simulator) perform(q *request, stale bool) (object, *apiError) {
	op := operations[q.operation()]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if before, written := s.store.before[q.get("Name")]; stale && written && op.reads == readsRoutine {
		return before.answer, before.err
	}
	q.stale = stale
	answer, err := op.do(s, q)
	if err == nil && op.changes {
		s.changed()
	}
	return answer, err
}

// locks are what a write must have for itself: its routine and its site, or the account.
func (s *Simulator) locks(sub subject) []string {
	if s.accountLock {
		return []string{"account"}
	}
	locks := []string{"routine " + sub.routine}
	if sub.site != "" {
		locks = append(locks, "site "+sub.site)
	}
	if sub.routine == "" {
		locks = locks[1:]
	}
	return locks
}

// lock takes them for a write, where no other write has one of them.
func (s *Simulator) lock(locks []string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, lock := range locks {
		if s.writing[lock] {
			return false
		}
	}
	for _, lock := range locks {
		s.writing[lock] = true
	}
	return true
}

func (s *Simulator) unlock(locks []string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, lock := range locks {
		delete(s.writing, lock)
	}
}

// beforeWrite remembers what GetRoutine answers right before a write to a
// routine. The caller holds the mutex, and is sure to write.
func (s *Simulator) beforeWrite(name string) {
	s.store.writes++
	answer, err := s.showRoutine(name)
	s.store.before[name] = snapshot{write: s.store.writes, answer: answer, err: err}
}

// changed hands the content to whoever keeps it. The caller holds the mutex.
func (s *Simulator) changed() {
	if s.onChange != nil {
		s.onChange(s.seed())
	}
}
