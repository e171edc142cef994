package modeltest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"terraform-provider-esa/internal/esasim"
)

// Call is one request of the provider.
type Call struct {
	// Run and Number name it: Number counts the calls of a run. Write counts those that write, and Look those that show what is
	// there while it applies; both are 0 for others.
	Run                 string
	Number, Write, Look int
	// Address is the resource that it is made for.
	Address                          string
	Applying                         bool
	Operation, Routine, Env, Version string
	// Site is the number of a site, and Object that of a route or record in it.
	Site, Object string
	// Signature must not appear in any message.
	Signature string
	page      string

	// Sent, Served and Received are the moments at which it left, was carried out, and was answered; -1 before that.
	Sent, Served, Received int
	SentAt, ReceivedAt     time.Time
	// Shown is the moment whose truth a read was answered.
	Shown int
	// Took says that it changed something.
	Took bool
	// Status and Code are those of the answer as it was received, 0 if it was lost or unreadable.
	Status int
	Code   string
	// Mishap is what went wrong with it.
	Mishap Mishap
}

// IsWrite reports whether the call is of an operation that changes something.
func (c *Call) IsWrite() bool {
	return !strings.HasPrefix(c.Operation, "Get") && !strings.HasPrefix(c.Operation, "List")
}

// Mishap is what happens to one call on its way. Its zero value is nothing.
type Mishap struct {
	// Out and Back are how long request and answer are under way.
	Out, Back time.Duration
	// Fault is what goes wrong, with Work as in [esasim.Rule]; Hang and Slow are expressed by Hangs, Out and Back.
	Fault esasim.Fault
	Work  esasim.Work
	// Body is the answer of [esasim.ChosenAnswer].
	Body string
	// Refused: no connection comes about. Hangs: no answer comes, before the work or, where Work says so, after it.
	Refused, Hangs bool
	// Stale: a read is answered what was true before the last change that it would show, as far as anyone asked then.
	Stale bool
	// Lacking: a list counts one thing more than there is, and shows none. It is nothing to other calls.
	Lacking bool
	// Leaving, Arriving, Done and Answered run as the request leaves, before it is carried out, after it is, and as its
	// answer is received.
	Leaving, Arriving, Done, Answered func()
}

// lost reports whether the client cannot read an answer.
func (m Mishap) lost() bool {
	return m.Refused || m.Hangs || m.Fault != "" && !m.Fault.Benign()
}

// Wire carries the requests of one provider process to the simulator, without a socket.
type Wire struct {
	World *World
	// Run and Applying go into each call.
	Run      string
	Applying bool
	// Number numbers a call, and says what happens to it.
	Number func(*Call) Mishap
	// Dead ends when the process is killed: nothing that it does reaches ESA any more.
	Dead context.Context
}

// readsBack are the operations by which a write to what surrounds a routine finds out what is there.
var readsBack = []string{
	"GetRoutineRoute", "ListSiteRoutes", "ListRoutineRelatedRecords", "ListEdgeRoutineRecords", "ListRoutineEnvironmentVariables",
}

// recorded is an answer that was given, for a replica that lags behind.
type recorded struct {
	moment int
	answer *httptest.ResponseRecorder
}

type addressKey struct{}

// RoundTrip implements http.RoundTripper.
func (w *Wire) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	defer context.AfterFunc(w.Dead, func() { cancel(context.Cause(w.Dead)) })() //nolint:contextcheck // The process ends on its own, whatever became of the call.
	call, body, err := w.read(request)
	if err != nil {
		return nil, err
	}
	w.World.takeTurn(ctx, strings.Join([]string{w.Run, call.Address, call.Operation, call.Routine, call.Env, call.Version}, " "))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	call.Mishap = w.Number(call)
	mishap := call.Mishap
	run(mishap.Leaving)
	if mishap.Refused {
		return nil, &url.Error{Op: "dial", URL: request.URL.Host, Err: syscall.ECONNREFUSED}
	}
	w.World.sent(call)
	if trace := httptrace.ContextClientTrace(request.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if !pause(ctx, mishap.Out) {
		return nil, ctx.Err()
	}
	run(mishap.Arriving)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	answer := w.serve(call, request, body)
	run(mishap.Done)
	if mishap.Hangs {
		<-ctx.Done()
	}
	if !pause(ctx, mishap.Back) || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	defer run(mishap.Answered)
	return w.World.received(call, request, answer)
}

func run(act func()) {
	if act != nil {
		act()
	}
}

// read finds out what a request is about.
func (w *Wire) read(request *http.Request) (*Call, []byte, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, nil, err
		}
		_ = request.Body.Close()
	}
	address, _ := request.Context().Value(addressKey{}).(string)
	call := &Call{Run: w.Run, Applying: w.Applying, Address: address, Sent: -1, Served: -1, Received: -1, Shown: -1}
	if request.URL.Path == esasim.UploadPath {
		call.Operation = esasim.UploadOperation
		_, key, _ := strings.Cut(string(body), "routine_assets/")
		call.Routine, _, _ = strings.Cut(key, "/")
		return call, body, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, nil, err
	}
	get := func(name string) string {
		if form.Has(name) {
			return form.Get(name)
		}
		return request.URL.Query().Get(name)
	}
	call.Operation, call.Routine, call.Env, call.Version = get("Action"), cmp.Or(get("Name"), get("RoutineName")), get("Env"), get("CodeVersion")
	call.Site, call.Object, call.page = get("SiteId"), cmp.Or(get("ConfigId"), get("RecordId")), get("PageNumber")
	call.Signature = get("Signature")
	return call, body, nil
}

func (w *World) sent(call *Call) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	call.Sent, call.SentAt = len(w.changes), time.Now()
	w.calls = append(w.calls, call)
}

// serve lets the simulator carry a call out, in one instant.
func (w *Wire) serve(call *Call, request *http.Request, body []byte) *httptest.ResponseRecorder {
	world, mishap := w.World, call.Mishap
	world.mutex.Lock()
	defer world.mutex.Unlock()
	if mishap.Hangs && mishap.Work != esasim.WorkDone {
		return nil
	}
	call.Served = len(world.changes)
	call.Shown = call.Served
	if mishap.Stale && mishap.Fault == "" {
		for _, old := range slices.Backward(world.answers[call.asked()]) {
			if world.shows(call, old.moment) != world.shows(call, call.Served) {
				call.Shown = old.moment
				return old.answer
			}
		}
	}
	world.Simulator.ClearFaults()
	world.Simulator.Inject(world.Always...)
	if mishap.Fault != "" {
		world.Simulator.Inject(esasim.Rule{Fault: mishap.Fault, Work: mishap.Work, Body: mishap.Body, Times: 1})
	}
	request.Body, request.ContentLength, request.Host = io.NopCloser(bytes.NewReader(body)), int64(len(body)), request.URL.Host
	answer := httptest.NewRecorder()
	func() {
		defer func() {
			switch recovered := recover(); {
			case recovered == any(http.ErrAbortHandler): // how the simulator breaks a connection
				answer.Code = -answer.Body.Len()
			case recovered != nil:
				panic(recovered)
			}
		}()
		world.Simulator.ServeHTTP(answer, request)
	}()
	lacks := mishap.Lacking && strings.HasPrefix(call.Operation, "List")
	if lacks && answer.Code == http.StatusOK {
		answer.Body = lacking(answer.Body.Bytes())
	}
	call.Took = world.note(Change{By: w.Run, Call: call, What: call.Operation})
	if call.canLag() && mishap.Fault == "" && !lacks {
		world.answers[call.asked()] = append(world.answers[call.asked()], recorded{call.Served, answer})
	}
	return answer
}

// lacking is the answer of a list without what it lists.
func lacking(answer []byte) *bytes.Buffer {
	var members map[string]any
	if err := json.Unmarshal(answer, &members); err != nil {
		panic(err)
	}
	for name, member := range members {
		switch member := member.(type) {
		case []any:
			members[name] = []any{}
		case map[string]any:
			members[name] = map[string]any{}
		case float64:
			if name == "TotalCount" {
				members[name] = member + 1
			}
		}
	}
	content, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return bytes.NewBuffer(content)
}

// canBeStale reports whether a replica that lags behind may answer a call by which a write finds out what is there.
func (c *Call) canBeStale() bool {
	return c.Operation == "GetRoutine" || slices.Contains(readsBack, c.Operation)
}

// canLag reports whether a replica that lags behind may answer a call.
func (c *Call) canLag() bool {
	return c.canBeStale() || slices.Contains([]string{"GetRoutineCodeVersionInfo", "ListRoutineCodeVersions", "ListUserRoutines"}, c.Operation)
}

// asked is what a read asks for: two of the same may be answered the same.
func (c *Call) asked() string {
	return strings.Join([]string{c.Operation, c.Routine, c.Env, c.Version, c.Site, c.Object, c.page}, " ")
}

// shows is what a read would show at a moment. The caller holds the mutex.
func (w *World) shows(call *Call, moment int) string {
	switch call.Operation {
	case "GetRoutine", "GetRoutineCodeVersionInfo", "ListRoutineCodeVersions":
		return fmt.Sprint(w.truths[moment][call.Routine])
	case "ListUserRoutines":
		return fmt.Sprint(w.truths[moment])
	}
	return fmt.Sprint(w.around[moment])
}

// received hands the answer to the client.
func (w *World) received(call *Call, request *http.Request, answer *httptest.ResponseRecorder) (*http.Response, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	call.Received, call.ReceivedAt = len(w.changes), time.Now()
	if answer.Code == 0 {
		return nil, &url.Error{Op: request.Method, URL: request.URL.Host, Err: syscall.ECONNRESET}
	}
	body := io.Reader(bytes.NewReader(answer.Body.Bytes()))
	status := answer.Code
	if status < 0 {
		status, body = http.StatusOK, io.MultiReader(body, broken{})
	}
	if !call.Mishap.lost() {
		var refusal struct{ Code string }
		_ = json.Unmarshal(answer.Body.Bytes(), &refusal) // an upload's answer is XML
		call.Status, call.Code = status, refusal.Code
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.Header().Clone(), Body: io.NopCloser(body), ContentLength: -1, Request: request,
	}, nil
}

// broken is where a connection ends too early.
type broken struct{}

// Read implements io.Reader.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
