package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serve runs the command until stop is called, and returns the URL it wrote.
func serve(t *testing.T, arguments ...string) (url string, stop func() (stdout string)) {
	t.Helper()
	address := filepath.Join(t.TempDir(), "address")
	ctx, cancel := context.WithCancel(t.Context())
	var stdout bytes.Buffer
	result := make(chan error, 1)
	go func() {
		result <- run(ctx, append([]string{"-listen", "127.0.0.1:0", "-address-file", address}, arguments...), &stdout, io.Discard)
	}()
	deadline := time.After(10 * time.Second)
	for {
		text, err := os.ReadFile(address)
		if err == nil {
			url = strings.TrimSpace(string(text))
			break
		}
		select {
		case err := <-result:
			cancel()
			t.Fatalf("the command ended: %v", err)
		case <-deadline:
			cancel()
			t.Fatal("no address was written")
		case <-time.After(5 * time.Millisecond):
		}
	}
	return url, func() string {
		cancel()
		if err := <-result; err != nil {
			t.Errorf("the command ended with: %v", err)
		}
		return stdout.String()
	}
}

func post(t *testing.T, url, body string) {
	t.Helper()
	answer, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s: %s", url, answer.Status, text)
	}
}

func TestStateIsKeptAcrossRuns(t *testing.T) {
	directory := t.TempDir()
	state, seed := filepath.Join(directory, "state.json"), filepath.Join(directory, "seed.json")
	if err := os.WriteFile(seed, []byte(`{"routines": [{"name": "hello", "code_versions": [{"code_version": "1723599747213377175"}]}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	url, stop := serve(t, "-state", state, "-seed", seed)
	post(t, url+"/-/deploy", `{"routine": "hello", "env": "staging", "shares": [{"code_version": "1723599747213377175", "percentage": 100}]}`)
	printed := stop()
	for _, want := range []string{
		"export ESA_ENDPOINT=" + url + "\n",
		"export ALIBABA_CLOUD_ACCESS_KEY_ID=esasim-access-key\n",
		"export ALIBABA_CLOUD_ACCESS_KEY_SECRET=esasim-access-secret\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("it does not print %q, but:\n%s", want, printed)
		}
	}

	// The seed is not loaded again, or "hello" would be there twice.
	url, stop = serve(t, "-state", state, "-seed", seed)
	answer, err := http.Get(url + "/-/deployments")
	if err != nil {
		t.Fatal(err)
	}
	made, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if !strings.Contains(string(made), `"env": "staging"`) {
		t.Errorf("the deployment of the first run is gone: %s", made)
	}
	stop()
}

func TestTLSWritesTheAuthority(t *testing.T) {
	authority := filepath.Join(t.TempDir(), "ca.pem")
	url, stop := serve(t, "-tls", "-ca", authority)
	printed := stop()
	if !strings.HasPrefix(url, "https://") || !strings.Contains(printed, "export SSL_CERT_FILE='"+authority+"'") {
		t.Errorf("with -tls it is %s and prints:\n%s", url, printed)
	}
	text, err := os.ReadFile(authority)
	if err != nil || !bytes.HasPrefix(text, []byte("-----BEGIN CERTIFICATE-----")) {
		t.Errorf("the authority is %q, %v", text, err)
	}
}

func TestMistakes(t *testing.T) {
	directory := t.TempDir()
	broken := filepath.Join(directory, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"routines": [{"name": "Hello"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		arguments []string
		says      string
		usage     bool
	}{
		"unknown flag":        {[]string{"-port", "80"}, "-port", true},
		"argument":            {[]string{"8080"}, `unexpected argument "8080"`, true},
		"negative":            {[]string{"-rate-limit", "-1"}, "cannot be negative", true},
		"every interface":     {[]string{"-listen", ":0"}, "not a loopback address", false},
		"no port":             {[]string{"-listen", "127.0.0.1"}, "want host:port", false},
		"no seed":             {[]string{"-seed", filepath.Join(directory, "none.json")}, "-seed: open", false},
		"broken seed":         {[]string{"-seed", broken}, `routine "Hello"`, false},
		"broken state":        {[]string{"-state", broken}, "-state: ", false},
		"unwritable address":  {[]string{"-listen", "127.0.0.1:0", "-address-file", filepath.Join(directory, "none", "a")}, "-address-file", false},
		"state in no folder":  {[]string{"-state", filepath.Join(directory, "none", "s")}, "-state", false},
		"authority no folder": {[]string{"-listen", "127.0.0.1:0", "-tls", "-ca", filepath.Join(directory, "none", "c")}, "-ca", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), test.arguments, io.Discard, io.Discard)
			var wrong usageError
			if err == nil || !strings.Contains(err.Error(), test.says) || errors.As(err, &wrong) != test.usage {
				t.Errorf("got %v, want one that says %q (usage error: %v)", err, test.says, test.usage)
			}
		})
	}
}

func TestCountsOnly(t *testing.T) {
	url, stop := serve(t, "-counts-only")
	defer stop()
	post(t, url+"/-/faults", `{"fault": "throttled"}`)
	for range 2 {
		answer, err := http.Get(url + "/?Action=GetRoutine")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	answer, err := http.Get(url + "/-/calls")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"GetRoutine": 2`) || !strings.Contains(string(text), `"calls": []`) {
		t.Errorf("it kept %s", text)
	}
}

func TestHelp(t *testing.T) {
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, io.Discard, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, want := range []string{"-seed file", "-state file", "-listen address", "-latency", "-rate-limit calls", "-counts-only", "-tls"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("the help does not name %s:\n%s", want, help.String())
		}
	}
}
