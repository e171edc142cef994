package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"terraform-provider-esa/tools/internal/sandbox"
)

// The simulator's own access key.
const (
	accessKey    = "esasim-access-key"
	accessSecret = "esasim-access-secret"
)

// share is one code version's part of a split, as the simulator's admin path writes it.
type share struct {
	CodeVersion string `json:"code_version"`
	Percentage  int    `json:"percentage"`
}

// simulator is a running esasim.
type simulator struct {
	url  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// seed is the routine that the tour releases: two versions, nothing deployed yet.
var seed = map[string]any{"routines": []any{map[string]any{
	"name":        routine,
	"description": "greets",
	"code_versions": []any{
		map[string]string{"code_version": oldVersion, "description": "says hello"},
		map[string]string{"code_version": newVersion, "description": "says hello in colour"},
	},
}}}

func startSimulator(ctx context.Context, box *sandbox.Sandbox) (*simulator, error) {
	exe, err := box.Build(ctx, "./internal/esasim/cmd/esasim")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(seed)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(box.Path("seed.json"), text, 0o600); err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	s := &simulator{done: make(chan struct{})}
	s.cmd = exec.Command(exe, "-listen", "127.0.0.1:0", "-seed", box.Path("seed.json"), "-address-file", box.Path("address"))
	s.cmd.Stderr = &stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is told by its stderr
		close(s.done)
	}()
	if s.url, err = s.address(ctx, box.Path("address")); err != nil {
		s.stop()
		return nil, fmt.Errorf("start the simulator: %w\n%s", err, stderr.String())
	}
	box.Env = append(box.Env, "ESA_ENDPOINT="+s.url, "ALIBABA_CLOUD_ACCESS_KEY_ID="+accessKey, "ALIBABA_CLOUD_ACCESS_KEY_SECRET="+accessSecret)
	return s, nil
}

// address waits until the simulator has written where it listens.
func (s *simulator) address(ctx context.Context, file string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(file); err == nil && bytes.HasSuffix(text, []byte("\n")) {
			address := strings.TrimSpace(string(text))
			if !strings.Contains(address, "://") {
				address = "http://" + address
			}
			return address, nil
		}
		select {
		case <-tick.C:
		case <-s.done:
			return "", errors.New("it ended by itself")
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func (s *simulator) stop() {
	_ = s.cmd.Process.Kill() // it holds nothing that is worth a farewell
	<-s.done
}

// deployBehind changes the split as somebody else would, past Terraform.
func (s *simulator) deployBehind(ctx context.Context, shares []share) error {
	body, err := json.Marshal(map[string]any{"routine": routine, "env": env, "shares": shares})
	if err != nil {
		return err
	}
	return s.admin(ctx, http.MethodPost, "deploy", body, &struct{ ID string }{})
}

// live is what the environment serves, as the simulator knows it and not as the provider says.
func (s *simulator) live(ctx context.Context) ([]share, error) {
	var made []struct{ Shares []share }
	query := url.Values{"routine": {routine}, "env": {env}}
	if err := s.admin(ctx, http.MethodGet, "deployments?"+query.Encode(), nil, &made); err != nil {
		return nil, err
	}
	if len(made) == 0 {
		return nil, nil
	}
	return made[len(made)-1].Shares, nil
}

func (s *simulator) admin(ctx context.Context, method, path string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/-/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
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
