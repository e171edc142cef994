package standin

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
)

// Network is a forward proxy behind which hosts answer under whatever names they are given, over HTTP on port 80 and
// over HTTPS, with certificates of its authority, on port 443.
type Network struct {
	// Authority signs the hosts' certificates.
	Authority *Authority

	proxy *httptest.Server
	tls   *httptest.Server

	mutex    sync.Mutex
	hosts    map[string]http.Handler
	asked    []string
	requests []Request
	fault    *Fault
	refusal  int
	user     *url.Userinfo
}

// Request is what a host was asked.
type Request struct {
	// Method and URL are those of the request, the latter without its query.
	Method, URL string
	// Close reports whether the client closes the connection after the answer.
	Close bool
	// Header holds the headers, Parameters those of the query and of a form in the body.
	Header     http.Header
	Parameters url.Values
}

// NewNetwork returns a running network without hosts.
func NewNetwork() (*Network, error) {
	authority, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	network := &Network{Authority: authority, hosts: map[string]http.Handler{}}
	var (
		certificates = map[string]*tls.Certificate{}
		mutex        sync.Mutex
	)
	network.tls = httptest.NewUnstartedServer(http.HandlerFunc(network.serveHost))
	network.tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	network.tls.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		mutex.Lock()
		defer mutex.Unlock()
		if certificates[hello.ServerName] == nil {
			made, err := authority.Certificate(hello.ServerName)
			if err != nil {
				return nil, err
			}
			certificates[hello.ServerName] = made
		}
		return certificates[hello.ServerName], nil
	}}
	network.tls.StartTLS()
	network.proxy = httptest.NewServer(http.HandlerFunc(network.serveProxy))
	return network, nil
}

// Close ends the network.
func (n *Network) Close() {
	n.proxy.CloseClientConnections()
	n.tls.CloseClientConnections()
	n.proxy.Close()
	n.tls.Close()
}

// ProxyURL is the proxy's address, with the user name and password that it asks for, if any.
func (n *Network) ProxyURL() *url.URL {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	parsed, err := url.Parse(n.proxy.URL)
	if err != nil {
		panic(err) // httptest writes it.
	}
	parsed.User = n.user
	return parsed
}

// Host has a handler answer as a host, such as "sts.aliyuncs.com".
func (n *Network) Host(name string, handler http.Handler) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.hosts[name] = handler
}

// Refuse has the proxy answer everything with a status; 0 ends that.
func (n *Network) Refuse(status int) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.refusal = status
}

// Protect has the proxy ask for a user name and password.
func (n *Network) Protect(user *url.Userinfo) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.user = user
}

// Asked returns the host names that the proxy was asked for, sorted, each once.
func (n *Network) Asked() []string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(n.asked)))
}

// Requests returns what the hosts were asked, in its order; whether an answer came makes no difference.
func (n *Network) Requests() []Request {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return slices.Clone(n.requests)
}

// Reset takes away all hosts, what was asked, the fault, the refusal and the password.
func (n *Network) Reset() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.hosts, n.asked, n.requests, n.fault, n.refusal, n.user = map[string]http.Handler{}, nil, nil, nil, 0, nil
}

func (n *Network) serveProxy(w http.ResponseWriter, r *http.Request) {
	n.mutex.Lock()
	refusal, user := n.refusal, n.user
	n.asked = append(n.asked, hostname(r.Host))
	n.mutex.Unlock()
	switch {
	case refusal != 0:
		w.WriteHeader(refusal)
	case user != nil && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(user.String())):
		w.Header().Set("Proxy-Authenticate", `Basic realm="standin"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	case r.Method == http.MethodConnect:
		n.tunnel(r.Context(), w)
	default:
		n.serveHost(w, r)
	}
}

// tunnel connects the client with the TLS server, which answers for every host.
func (n *Network) tunnel(ctx context.Context, w http.ResponseWriter) {
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", n.tls.Listener.Addr().String())
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		_ = server.Close()
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	client, buffered, err := hijacker.Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(server, buffered)
		_ = server.Close()
	}()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
}

// serveHost answers for a host; one that is not there is what a proxy calls a bad gateway.
func (n *Network) serveHost(w http.ResponseWriter, r *http.Request) {
	request := record(r)
	n.mutex.Lock()
	handler := n.hosts[hostname(r.Host)]
	if faulty := n.failing(r); faulty != nil {
		handler = faulty
	}
	n.requests = append(n.requests, request)
	n.mutex.Unlock()
	if handler == nil {
		http.Error(w, fmt.Sprintf("no host %s", r.Host), http.StatusBadGateway)
		return
	}
	handler.ServeHTTP(w, r)
}

// record returns what a request asks, and leaves its body to be read.
func record(r *http.Request) Request {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	request := Request{Method: r.Method, URL: scheme + "://" + r.Host + r.URL.EscapedPath(), Close: r.Close, Header: r.Header.Clone(), Parameters: r.URL.Query()}
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		for name, values := range form {
			request.Parameters[name] = append(request.Parameters[name], values...)
		}
	}
	return request
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
