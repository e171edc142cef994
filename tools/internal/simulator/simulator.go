// Package simulator runs the project's simulator of ESA as a process of its own.
package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"terraform-provider-esa/tools/internal/process"
)

// The simulator's own access key.
const (
	AccessKey    = "esasim-access-key"
	AccessSecret = "esasim-access-secret"
)

// Seed is the content to start with.
type Seed struct {
	Routines []Routine `json:"routines"`
}

// Routine is one routine of a seed; its code versions are oldest first.
type Routine struct {
	Name         string        `json:"name"`
	Description  string        `json:"description,omitempty"`
	CodeVersions []CodeVersion `json:"code_versions"`
}

// CodeVersion is one code version of a seed.
type CodeVersion struct {
	CodeVersion string `json:"code_version"`
	Description string `json:"description,omitempty"`
}

// Simulator is a running esasim.
type Simulator struct {
	// URL is where it listens.
	URL string

	cmd    *exec.Cmd
	stderr bytes.Buffer
	done   chan struct{} // closed when the process has ended
	admin  *http.Client
}

// Start starts the executable esasim with a seed and more flags, and returns when it listens. Its files go into the
// folder dir.
func Start(ctx context.Context, esasim, dir string, seed Seed, flags ...string) (*Simulator, error) {
	text, err := json.Marshal(seed)
	if err != nil {
		return nil, err
	}
	dir, err = os.MkdirTemp(dir, "esasim-")
	if err != nil {
		return nil, err
	}
	content, address := filepath.Join(dir, "seed.json"), filepath.Join(dir, "address")
	if err := os.WriteFile(content, text, 0o600); err != nil {
		return nil, err
	}
	s := &Simulator{
		done: make(chan struct{}),
		// One connection, which never goes idle: the simulator counts those that it accepts.
		admin: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}},
	}
	s.cmd = exec.Command(esasim, append([]string{"-listen", "127.0.0.1:0", "-seed", content, "-address-file", address}, flags...)...)
	s.cmd.Stderr = &s.stderr
	process.Isolate(s.cmd) // on Ctrl-C, the engine's last calls still get answers
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // its stderr says how it ended
		close(s.done)
	}()
	if s.URL, err = s.address(ctx, address); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start the simulator: %w\n%s", err, s.stderr.String())
	}
	return s, nil
}

// address waits until the simulator has written where it listens.
func (s *Simulator) address(ctx context.Context, file string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(file); err == nil && bytes.HasSuffix(text, []byte("\n")) {
			return strings.TrimSpace(string(text)), nil
		}
		select {
		case <-tick.C:
		case <-s.done:
			return "", errors.New("it ended on its own")
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// Env is what points the provider at the simulator.
func (s *Simulator) Env() []string {
	return []string{"ESA_ENDPOINT=" + s.URL, "ALIBABA_CLOUD_ACCESS_KEY_ID=" + AccessKey, "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + AccessSecret}
}

// Stop ends the simulator.
func (s *Simulator) Stop() {
	_ = s.cmd.Process.Kill() // it holds nothing that is worth a farewell
	<-s.done
	s.admin.CloseIdleConnections()
}

// Admin makes a request to the simulator's admin path, such as GET "counts", with a body where it is not nil, and
// decodes the answer.
func (s *Simulator) Admin(ctx context.Context, method, path string, body, answer any) error {
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+"/-/"+path, content)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.admin.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("simulator: %s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, answer)
}

// Counts is what the simulator has counted since its start or the last Reset.
type Counts struct {
	// Calls has the number of calls by operation.
	Calls map[string]int `json:"counts"`
	// Errors has the number of error answers by ESA's code.
	Errors      map[string]int `json:"errors"`
	Connections int            `json:"connections"`
}

// Counts returns what the simulator has counted.
func (s *Simulator) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := s.Admin(ctx, http.MethodGet, "counts", nil, &c)
	return c, err
}

// Reset makes the simulator count from zero.
func (s *Simulator) Reset(ctx context.Context) error {
	return s.Admin(ctx, http.MethodDelete, "calls", nil, &struct{}{})
}
