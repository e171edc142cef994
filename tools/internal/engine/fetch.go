package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

// download fetches a Terraform release with hc-install, which checks the signature and the checksum. It gives up soon
// where there is no way to the outside, since a build from source can follow.
func download(ctx context.Context, v, dir string) (string, error) {
	want, err := version.NewVersion(v)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	release := &releases.ExactVersion{
		Product:    product.Terraform,
		Version:    want,
		InstallDir: dir,
		Timeout:    10 * time.Minute,
		HTTPClient: &http.Client{Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 20 * time.Second,
			ForceAttemptHTTP2:     true,
		}},
	}
	return release.Install(ctx)
}

// source says where a product's command is in its Go module.
type source struct {
	module, pkg string
	devVar      string // the variable that says "no" in a release build
}

var sources = map[Product]source{
	Terraform: {"github.com/hashicorp/terraform", ".", "github.com/hashicorp/terraform/version.dev"},
	OpenTofu:  {"github.com/opentofu/opentofu", "./cmd/tofu", "github.com/opentofu/opentofu/version.dev"},
}

// build compiles p from its Go module. It builds inside the module's folder in the module cache, because `go install
// module@version` refuses a module whose go.mod has replace directives, as OpenTofu's does.
func build(ctx context.Context, p Product, v, out string) error {
	src := sources[p]
	tmp, err := os.MkdirTemp("", "engine")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)

	mod, err := goCommand(ctx, tmp, "mod", "download", "-json", src.module+"@v"+v)
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(mod, &info); jsonErr == nil && info.Error != "" {
		return fmt.Errorf("download the module: %s", info.Error)
	}
	if err != nil {
		return fmt.Errorf("download the module: %w", err)
	}
	built := filepath.Join(tmp, filepath.Base(out))
	if _, err := goCommand(ctx, info.Dir, "build", "-mod=readonly", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X "+src.devVar+"=no", "-o", built, src.pkg); err != nil {
		return err
	}
	return moveFile(built, out)
}

// goCommand runs the go command in dir on its own terms: no workspace, no flags of the reader's, this machine's platform.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0", "GOOS=", "GOARCH=")
	var stderr bytes.Buffer // a build downloads a few hundred modules and names each: shown only where it fails
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.Bytes())
	}
	return out, nil
}

// moveFile puts an executable in place in one step, so that a cache never holds half of one. The two paths may be on
// different file systems.
func moveFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(to), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(data); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o755); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), to)
}
