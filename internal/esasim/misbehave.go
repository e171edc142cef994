package esasim

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strconv"
	"time"
)

// mischief is what the rules that hit one call make of it.
type mischief struct {
	delay    time.Duration
	worked   bool
	stale    bool
	shape    shape
	build    Fault // BuildFailed, BuildEndless or nothing
	replace  *Rule // the rule that replaces the answer, if any
	thens    []func()
	faults   []Fault
	deferred bool // the delay comes after the work
}

func newMischief(hits []Rule) mischief {
	m := mischief{worked: true}
	for _, rule := range hits {
		m.faults = append(m.faults, rule.Fault)
		m.delay += rule.Delay
		if rule.Then != nil {
			m.thens = append(m.thens, rule.Then)
		}
		if !rule.doesWork() {
			m.worked = false
		}
		if rule.Delay > 0 && rule.Work == WorkDone {
			m.deferred = true
		}
		switch rule.Fault {
		case Stale:
			m.stale = true
		case Reversed:
			m.shape.reversed = true
		case NumericIDs:
			m.shape.numeric = true
		case PlainDescriptions, EncodedDescriptions:
			m.shape.descriptions = rule.Fault
		case TextIDs:
			m.shape.text = true
		case OtherDeployIDs:
			m.shape.otherIDs = true
		case Huge:
			m.shape.huge = true
		case BuildFailed, BuildEndless:
			m.build = rule.Fault
		}
		if !rule.Fault.Benign() && rule.Fault != Huge {
			m.replace = &rule
		}
	}
	return m
}

// then runs what the rules want to happen in this very moment.
func (m mischief) then() {
	for _, then := range m.thens {
		then()
	}
}

// wait waits, and reports whether the client is still there afterwards.
func wait(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

const (
	badGatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>Tengine</center>\r\n</body>\r\n</html>\r\n"
	portalPage     = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body><p>Please sign in.</p></body></html>\n"
)

// faultErrors are the faults that answer one of ESA's own errors. A status of 0
// is the usual one of the code.
var faultErrors = map[Fault]struct {
	code   string
	status int
}{
	Throttled:              {code: codeThrottlingUser},
	ThrottledBadRequest:    {code: codeThrottlingUser, status: http.StatusBadRequest},
	Unavailable:            {code: codeUnavailable},
	InternalException:      {code: codeInternalException},
	InternalOperationError: {code: codeInternalOperationError},
	LockFailed:             {code: codeLockFailed},
	SiteBusy:               {code: codeSiteBusy},
	TooManyRequests:        {code: codeTooManyRequests},
	ChosenError:            {code: codeNoPermission},
	UploadRefused:          {code: ossAccessDenied},
	PolicyExpired:          {code: ossPolicyExpired},
}

// faultPages are the faults that answer something that ESA itself never says.
var faultPages = map[Fault]reply{
	NumericCode:    {status: http.StatusInternalServerError, contentType: jsonContent, body: []byte(`{"Code":500,"Message":"Internal Server Error"}`), code: "500"},
	HTMLBadGateway: {status: http.StatusBadGateway, contentType: htmlContent, body: []byte(badGatewayPage)},
	HTMLAnswer:     {status: http.StatusOK, contentType: htmlContent, body: []byte(portalPage)},
	EmptyAnswer:    {status: http.StatusOK, contentType: jsonContent},
	EmptyObject:    {status: http.StatusOK, contentType: jsonContent, body: []byte("{}")},
	NullAnswer:     {status: http.StatusOK, contentType: jsonContent, body: []byte("null")},
	Garbled:        {status: http.StatusOK, contentType: jsonContent, body: []byte("\xff\xfe\x00{\"Env\xc3\x28\x80\"")},
	Redirect:       {status: http.StatusFound, contentType: htmlContent},
	ChosenAnswer:   {status: http.StatusOK, contentType: jsonContent},
}

// spoil replaces an answer by what a rule wants in its place. The answer is the
// true one where the work was done; fail writes an error the way the true answer
// would have been written.
func (r Rule) spoil(answer reply, fail func(*apiError) reply) reply {
	if known, ok := faultErrors[r.Fault]; ok {
		e := refuse(known.code, "fault %s", r.Fault)
		if r.Code != "" {
			e.Code, e.Message = r.Code, cmp.Or(knownErrors[r.Code].message, e.Message)
			e.Status = cmp.Or(knownErrors[r.Code].status, e.Status)
		}
		e.Status = cmp.Or(r.Status, known.status, e.Status)
		e.Message = cmp.Or(r.Message, e.Message)
		return fail(e)
	}
	if page, ok := faultPages[r.Fault]; ok {
		page.status = cmp.Or(r.Status, page.status)
		switch r.Fault {
		case Redirect:
			page.location = cmp.Or(r.Location, "https://redirected.example.invalid/")
		case ChosenAnswer:
			page.body = []byte(r.Body)
		}
		return page
	}
	if r.Fault == HalfJSON {
		answer.body = answer.body[:len(answer.body)/2]
	}
	return answer
}

// send puts an answer on the wire, the way a fault wants it to arrive, if any.
func send(w http.ResponseWriter, r *http.Request, m mischief, answer reply) {
	header := w.Header()
	header.Set("Content-Type", answer.contentType)
	if answer.location != "" {
		header.Set("Location", answer.location)
	}
	fault := NoFault
	if m.replace != nil {
		fault = m.replace.Fault
	}
	switch fault {
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case ResetBefore, ResetAfter:
		reset(w)
		return
	case HalfAnswer:
		header.Set("Content-Length", strconv.Itoa(len(answer.body)+1))
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body[:len(answer.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // closes the connection
	}
	header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body) // a client that went away does not matter
}

// reset ends the connection as a broken network does: with a reset, not with a
// proper end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // not a connection of ours: the next best
	}
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn() // below TLS, which would say goodbye
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
