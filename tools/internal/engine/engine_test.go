package engine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"
)

// machine is a made-up machine: the executables on its PATH and in its cache, and what can be fetched.
type machine struct {
	t           *testing.T
	dir         string
	env         map[string]string
	onPath      map[string]string // name to "product version"
	noDownload  bool
	noBuild     map[Product]bool
	said, calls []string
}

func newMachine(t *testing.T) *machine {
	return &machine{t: t, dir: t.TempDir(), env: map[string]string{}, onPath: map[string]string{}, noBuild: map[Product]bool{}}
}

// put makes a file whose text stands for what its version command would say.
func (m *machine) put(path, says string) string {
	m.t.Helper()
	path = filepath.Join(m.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(says), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *machine) finder() *Finder {
	for name, says := range m.onPath {
		m.put(filepath.Join("bin", name), says)
	}
	return &Finder{
		CacheDir: filepath.Join(m.dir, "cache"),
		Logf:     func(format string, _ ...any) { m.said = append(m.said, format) },
		Getenv:   func(k string) string { return m.env[k] },
		LookPath: func(name string) (string, error) {
			if _, ok := m.onPath[name]; !ok {
				return "", exec.ErrNotFound
			}
			return filepath.Join(m.dir, "bin", name), nil
		},
		Probe: func(_ context.Context, path string) (Engine, error) {
			says, err := os.ReadFile(path)
			if err != nil {
				return Engine{}, err
			}
			p, v, _ := strings.Cut(string(says), " ")
			parsed, err := version.NewVersion(v)
			if err != nil {
				return Engine{}, err
			}
			return Engine{Path: path, Product: Product(p), Version: parsed}, nil
		},
		Download: func(_ context.Context, v, dir string) (string, error) {
			m.calls = append(m.calls, "download "+v)
			if m.noDownload {
				return "", errors.New("no such host")
			}
			rel, _ := filepath.Rel(m.dir, dir)
			return m.put(filepath.Join(rel, "terraform"), "terraform "+v), nil
		},
		Build: func(_ context.Context, p Product, v, out string) error {
			m.calls = append(m.calls, "build "+string(p)+" "+v)
			if m.noBuild[p] {
				return errors.New("does not build")
			}
			rel, _ := filepath.Rel(m.dir, out)
			m.put(rel, string(p)+" "+v)
			return nil
		},
	}
}

func TestFindTakesTheFirstThatServes(t *testing.T) {
	exact := func(p, v string) string { return filepath.Join("cache", p+"-"+v, p) }
	for _, tt := range []struct {
		name  string
		setup func(*machine)
		want  string // "product version"
		calls []string
	}{
		{"named by TF_ACC_TERRAFORM_PATH, even an old one", func(m *machine) {
			m.env["TF_ACC_TERRAFORM_PATH"] = m.put("own/tf", "terraform 1.5.7")
			m.onPath["terraform"] = "terraform 1.11.4"
		}, "terraform 1.5.7", nil},
		{"terraform before tofu on PATH", func(m *machine) {
			m.onPath["terraform"], m.onPath["tofu"] = "terraform 1.8.0", "tofu 1.12.6"
		}, "terraform 1.8.0", nil},
		{"a prerelease of a supported version", func(m *machine) {
			m.onPath["terraform"] = "terraform 1.8.0-rc1"
		}, "terraform 1.8.0-rc1", nil},
		{"an old terraform on PATH is passed over", func(m *machine) {
			m.onPath["terraform"], m.onPath["tofu"] = "terraform 1.7.5", "tofu 1.6.0"
		}, "tofu 1.6.0", nil},
		{"a broken terraform on PATH is passed over", func(m *machine) {
			m.onPath["terraform"], m.onPath["tofu"] = "terraform no-version", "tofu 1.12.6"
		}, "tofu 1.12.6", nil},
		{"the cache before any fetch", func(m *machine) {
			m.put(exact("tofu", tofuVersion), "tofu "+tofuVersion)
		}, "tofu " + tofuVersion, nil},
		{"in the cache, the release before a build", func(m *machine) {
			m.put(exact("tofu", tofuVersion), "tofu "+tofuVersion)
			m.put(exact("terraform", downloadVersion), "terraform "+downloadVersion)
		}, "terraform " + downloadVersion, nil},
		{"a broken file in the cache is passed over", func(m *machine) {
			m.put(exact("terraform", downloadVersion), "half a download")
			m.put(exact("tofu", tofuVersion), "tofu "+tofuVersion)
		}, "tofu " + tofuVersion, nil},
		{"a bare machine downloads", func(*machine) {}, "terraform " + downloadVersion, []string{"download " + downloadVersion}},
		{"no way out: OpenTofu is built", func(m *machine) { m.noDownload = true },
			"tofu " + tofuVersion, []string{"download " + downloadVersion, "build tofu " + tofuVersion}},
		{"and if that fails, Terraform", func(m *machine) { m.noDownload = true; m.noBuild[OpenTofu] = true },
			"terraform " + terraformVersion,
			[]string{"download " + downloadVersion, "build tofu " + tofuVersion, "build terraform " + terraformVersion}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t)
			tt.setup(m)
			got, err := m.finder().Find(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s := string(got.Product) + " " + got.Version.Original(); s != tt.want {
				t.Errorf("found %s, want %s", s, tt.want)
			}
			if !slices.Equal(m.calls, tt.calls) {
				t.Errorf("fetched %q, want %q", m.calls, tt.calls)
			}
		})
	}
}

func TestFindSaysWhatToDo(t *testing.T) {
	t.Run("a wrong path", func(t *testing.T) {
		m := newMachine(t)
		m.env["TF_ACC_TERRAFORM_PATH"] = filepath.Join(m.dir, "gone")
		m.onPath["terraform"] = "terraform 1.11.4"
		_, err := m.finder().Find(t.Context())
		wantError(t, err, "TF_ACC_TERRAFORM_PATH", "no executable at")
	})
	t.Run("nothing to be had", func(t *testing.T) {
		m := newMachine(t)
		m.noDownload, m.noBuild = true, map[Product]bool{OpenTofu: true, Terraform: true}
		_, err := m.finder().Find(t.Context())
		wantError(t, err, "install either", "no such host", "does not build")
	})
}

func TestGet(t *testing.T) {
	t.Run("builds once", func(t *testing.T) {
		m := newMachine(t)
		for range 2 {
			e, err := m.finder().Get(t.Context(), "terraform@1.8.5")
			if err != nil || e.Version.String() != "1.8.5" {
				t.Fatalf("got %v, %v", e, err)
			}
		}
		if want := []string{"build terraform 1.8.5"}; !slices.Equal(m.calls, want) {
			t.Errorf("fetched %q, want %q", m.calls, want)
		}
	})
	t.Run("a leading v is no other version", func(t *testing.T) {
		m := newMachine(t)
		if _, err := m.finder().Get(t.Context(), "tofu@v1.12.6"); err != nil {
			t.Fatal(err)
		}
		if want := []string{"build tofu 1.12.6"}; !slices.Equal(m.calls, want) {
			t.Errorf("fetched %q, want %q", m.calls, want)
		}
	})
	t.Run("a path", func(t *testing.T) {
		m := newMachine(t)
		e, err := m.finder().Get(t.Context(), m.put("odd@name/terraform", "terraform 1.14.0"))
		if err != nil || e.Version.String() != "1.14.0" {
			t.Fatalf("got %v, %v", e, err)
		}
	})
	for spec, want := range map[string]string{
		"terraform@1.14.0": "give the path of its executable",
		"pulumi@1.0.0":     "want terraform@VERSION",
		"tofu@latest":      "latest",
		"/gone/terraform":  "no executable at",
	} {
		t.Run(spec, func(t *testing.T) {
			m := newMachine(t)
			_, err := m.finder().Get(t.Context(), spec)
			wantError(t, err, want)
			if m.calls != nil {
				t.Errorf("fetched %q", m.calls)
			}
		})
	}
}

func TestEnvShutsOutTheReadersOwn(t *testing.T) {
	dir := t.TempDir()
	own := []string{"HOME=/home/me", "TF_CLI_ARGS_plan=-destroy", "TF_CLI_CONFIG_FILE=/home/me/.terraformrc", "TF_WORKSPACE=prod", "TF_LOG=DEBUG"}
	for _, p := range []Product{Terraform, OpenTofu} {
		env, err := Engine{Path: "/bin/engine", Product: p}.Env(own, dir)
		if err != nil {
			t.Fatal(err)
		}
		all := "\n" + strings.Join(env, "\n") + "\n"
		for _, gone := range []string{"TF_CLI_ARGS", "/home/me/.terraformrc", "TF_WORKSPACE"} {
			if strings.Contains(all, gone) {
				t.Errorf("%s: %s is still there", p, gone)
			}
		}
		for _, there := range []string{"\nHOME=/home/me\n", "\nTF_LOG=DEBUG\n", "\nTF_ACC_TERRAFORM_PATH=/bin/engine\n", "\nTF_CLI_CONFIG_FILE=" + dir} {
			if !strings.Contains(all, there) {
				t.Errorf("%s: %q is missing", p, there)
			}
		}
		if got := strings.Contains(all, "\nTF_ACC_PROVIDER_HOST=registry.opentofu.org\n"); got != (p == OpenTofu) {
			t.Errorf("%s: OpenTofu's provider host is there: %t", p, got)
		}
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}
