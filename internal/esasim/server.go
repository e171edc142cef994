package esasim

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// TB is what [Start] needs of a test; *testing.T, *testing.B and *testing.F have it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Server is a simulator behind a socket of this machine's loopback.
type Server struct {
	*Simulator
	// URL is where it listens, such as http://127.0.0.1:41234.
	URL string
	// CertificateAuthorityPEM is the certificate that a client must trust; nil without TLS.
	CertificateAuthorityPEM []byte

	server *http.Server
	cancel context.CancelFunc
	done   chan struct{}
}

// Start serves a new simulator over HTTP on a free port until the test ends.
func Start(t TB, options ...Option) *Server {
	t.Helper()
	return start(t, false, options)
}

// StartTLS serves a new simulator over HTTPS on a free port until the test ends.
// The clients must trust [Server.CertificateAuthorityPEM].
func StartTLS(t TB, options ...Option) *Server {
	t.Helper()
	return start(t, true, options)
}

func start(t TB, withTLS bool, options []Option) *Server {
	t.Helper()
	server, err := New(options...).Listen("127.0.0.1:0", withTLS)
	if err != nil {
		t.Fatalf("esasim: %v", err)
	}
	t.Cleanup(server.Close)
	return server
}

type connectionKey struct{}

// Listen serves the simulator on a loopback address such as "127.0.0.1:8080" or
// "localhost:0", where port 0 means any free one. With TLS it makes a certificate
// authority of its own, and certificates for localhost, 127.0.0.1 and ::1 and for
// the host names of routines. Any other address is refused, since whoever reaches
// the simulator can change it. One simulator may listen several times.
func (s *Simulator) Listen(address string, withTLS bool) (*Server, error) {
	return s.listen(address, withTLS, false)
}

// ListenStaging is Listen for an address where visitors of a routine meet its
// staging environment, on the same host names as on the address of production.
func (s *Simulator) ListenStaging(address string, withTLS bool) (*Server, error) {
	return s.listen(address, withTLS, true)
}

type atStagingKey struct{}

func (s *Simulator) listen(address string, withTLS, atStaging bool) (*Server, error) {
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), atStagingKey{}, atStaging))
	server := &Server{Simulator: s, URL: "http://" + listener.Addr().String(), cancel: cancel, done: make(chan struct{})}
	server.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, s.log.accepted())
		},
		ErrorLog: log.New(panicsOnly{os.Stderr}, "esasim: ", 0),
		// Only HTTP/1.1, in which one connection can be reset without the others.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	if withTLS {
		authority, err := newAuthority(time.Now())
		if err != nil {
			cancel()
			return nil, errors.Join(err, listener.Close())
		}
		server.URL = "https://" + listener.Addr().String()
		server.CertificateAuthorityPEM = authority.pem
		listener = tls.NewListener(listener, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if s.isVisit(hello.ServerName) {
				return authority.certificateFor(hello.ServerName)
			}
			return authority.loopback, nil
		}})
	}
	go func() {
		defer close(server.done)
		_ = server.server.Serve(listener) // always returns an error, at Close
	}()
	return server, nil
}

// Close stops listening and breaks every connection. The simulator itself keeps
// its content and may listen again.
func (server *Server) Close() {
	server.cancel()
	_ = server.server.Close()
	<-server.done
}

// panicsOnly drops what a server logs about clients that break off handshakes or
// requests, which is part of the tests, and keeps what it logs about a panic: a
// mistake in the simulator, or in what a [Rule.Then] does.
type panicsOnly struct{ to io.Writer }

func (p panicsOnly) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic")) {
		return p.to.Write(line)
	}
	return len(line), nil
}

func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: want host:port, such as 127.0.0.1:8080: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("address %q is not a loopback address: the simulator serves this machine only, want 127.0.0.1, ::1 or localhost", address)
	}
	return nil
}
