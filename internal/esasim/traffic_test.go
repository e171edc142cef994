package esasim_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esasim"
)

const candidateVersion = "1723599747213377177"

// shop is a simulator whose production serves a canary.
func shop(t *testing.T, withTLS bool, options ...esasim.Option) *esasim.Server {
	t.Helper()
	server := start(t, withTLS, options...)
	server.AddRoutine("shop")
	server.AddCodeVersion("shop", stable)
	server.AddCodeVersion("shop", candidateVersion)
	server.Deploy("shop", "production", esasim.Share{CodeVersion: stable, Percentage: 90}, esasim.Share{CodeVersion: candidateVersion, Percentage: 10})
	return server
}

type visitAnswer struct {
	status  int
	Status  string
	Env     string
	Version string `json:"code_version"`
}

// visit makes a request for a host name to where a server listens.
func visit(t *testing.T, server *esasim.Server, address string) visitAnswer {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.URL[strings.LastIndex(server.URL, "/")+1:])
	}}
	defer transport.CloseIdleConnections()
	if server.CertificateAuthorityPEM != nil {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(server.CertificateAuthorityPEM)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := visitAnswer{status: response.StatusCode}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return answer
}

func TestVisitorsAreDividedByTheSplit(t *testing.T) {
	server := shop(t, false)
	address := "http://" + server.DefaultRecord("shop") + "/"
	server.SetErrorRate("shop", candidateVersion, 1)
	const visits = 400
	for range visits {
		answer := visit(t, server, address)
		want := visitAnswer{status: 200, Status: "ok", Env: "production", Version: stable}
		if answer.Version == candidateVersion {
			want = visitAnswer{status: 500, Status: "error", Env: "production", Version: candidateVersion}
		}
		if answer != want {
			t.Fatalf("answers %+v, want %+v", answer, want)
		}
	}
	served := server.Traffic()
	if len(served) != 2 || served[0].Visits+served[1].Visits != visits || served[0].CodeVersion != stable || served[0].Failed != 0 || served[1].Failed != served[1].Visits {
		t.Fatalf("served %+v", served)
	}
	if got := served[1].Visits; got < visits/20 || got > visits/5 {
		t.Errorf("%d of %d visits met the version of 10%%", got, visits)
	}
	if calls := server.Count(""); calls != 0 {
		t.Errorf("%d visits count as calls", calls)
	}
}

func TestVisitorsMeetTheSameVersionsInEveryRun(t *testing.T) {
	sequence := func(errorRate float64, options ...esasim.Option) (versions []string) {
		server := shop(t, false, options...)
		server.SetErrorRate("shop", stable, errorRate)
		for range 50 {
			versions = append(versions, visit(t, server, "http://"+server.DefaultRecord("shop")).Version)
		}
		return versions
	}
	first := sequence(0)
	if diff := cmp.Diff(first, sequence(0.5)); diff != "" {
		t.Errorf("with errors they meet others:\n%s", diff)
	}
	if cmp.Equal(first, sequence(0, esasim.WithTrafficRandom(rand.NewPCG(3, 4)))) {
		t.Error("another source divides them the same way")
	}
}

func TestStagingAnswersOnAnAddressOfItsOwn(t *testing.T) {
	server := shop(t, true)
	staging, err := server.ListenStaging("127.0.0.1:0", true)
	if err != nil {
		t.Fatal(err)
	}
	defer staging.Close()
	address := "https://" + server.DefaultRecord("shop") + "/healthz"
	if got := visit(t, staging, address); got.status != 404 || got.Env != "staging" || got.Version != "" {
		t.Errorf("an empty staging answers %+v", got)
	}
	server.Deploy("shop", "staging", esasim.Share{CodeVersion: candidateVersion, Percentage: 100})
	if got := visit(t, staging, address); got.status != 200 || got.Env != "staging" || got.Version != candidateVersion {
		t.Errorf("staging answers %+v", got)
	}
	if got := visit(t, server, address); got.Env != "production" {
		t.Errorf("production answers %+v", got)
	}
}

func TestOnVisitMayChangeWhatIsLive(t *testing.T) {
	var server *esasim.Server
	var seen []esasim.Visit
	server = shop(t, false, esasim.WithOnVisit(func(v esasim.Visit) {
		seen = append(seen, v)
		server.Deploy("shop", "production", esasim.Share{CodeVersion: candidateVersion, Percentage: 100})
	}))
	record := server.DefaultRecord("shop")
	first := visit(t, server, "http://"+record+"/a?b=c")
	second := visit(t, server, "http://"+strings.ToUpper(record)+"/")
	if second.Version != candidateVersion {
		t.Errorf("the second visit is answered by %s", second.Version)
	}
	want := []esasim.Visit{
		{Routine: "shop", Env: "production", Host: record, Path: "/a", CodeVersion: first.Version},
		{Routine: "shop", Env: "production", Host: record, Path: "/", CodeVersion: candidateVersion},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("visits (-want +got):\n%s", diff)
	}
}

func TestErrorRatesByAdminRequest(t *testing.T) {
	server := shop(t, false)
	server.Deploy("shop", "production", esasim.Share{CodeVersion: stable, Percentage: 100})
	for body, want := range map[string]int{
		fmt.Sprintf(`{"routine":"shop","code_version":%q,"error_rate":1}`, stable): 200,
		`{"routine":"shop","code_version":"1","error_rate":1.5}`:                   400,
		`{"routine":"shop","code_version":"1","error_rate":-1}`:                    400,
		`{"routine":"shop","rate":1}`:                                              400,
	} {
		response, err := http.Post(server.URL+esasim.AdminPath+"traffic", "application/json", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: HTTP %d, want %d", body, response.StatusCode, want)
		}
	}
	visit(t, server, "http://"+server.DefaultRecord("shop"))
	response, err := http.Get(server.URL + esasim.AdminPath + "traffic")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var served []esasim.Served
	if err := json.NewDecoder(response.Body).Decode(&served); err != nil {
		t.Fatal(err)
	}
	want := []esasim.Served{{Routine: "shop", Env: "production", CodeVersion: stable, Visits: 1, Failed: 1}}
	if diff := cmp.Diff(want, served); diff != "" {
		t.Errorf("traffic (-want +got):\n%s", diff)
	}
}
