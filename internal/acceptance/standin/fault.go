package standin

import (
	"fmt"
	"net"
	"net/http"
)

// Fault is a fault response of a service to some requests.
type Fault struct {
	// Host is the host that has the fault.
	Host string
	// Method, Path and Action name the step that fails, every one where they are empty.
	Method, Path, Action string
	// Times is how many requests fail before the host is well again, all of them where it is negative.
	Times int
	// Answer is what comes in place of the answer.
	Answer http.HandlerFunc
}

// Fail gives a host a fault from now on, in place of the one before.
func (n *Network) Fail(fault Fault) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.fault = &fault
}

// failing returns what comes in place of the answer to a request, nil if nothing does. The mutex must be held.
func (n *Network) failing(r *http.Request) http.HandlerFunc {
	fault := n.fault
	switch {
	case fault == nil, fault.Times == 0, fault.Host != hostname(r.Host),
		fault.Method != "" && fault.Method != r.Method, fault.Path != "" && fault.Path != r.URL.Path,
		fault.Action != "" && fault.Action != r.URL.Query().Get("Action"):
		return nil
	}
	fault.Times--
	return fault.Answer
}

// Page returns the handler that answers with a status and a body, as a gateway does.
func Page(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

// Half returns the handler that breaks off in the middle of an answer.
func Half(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(2*len(body)))
		_, _ = fmt.Fprint(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Hang is the handler that never answers.
func Hang(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
}

// Reset is the handler that breaks the connection before an answer.
func Reset(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // So that closing it sends a reset.
	}
	_ = connection.Close()
}
