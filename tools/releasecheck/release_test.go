package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const version = "1.2.3"

// dist writes a release of one zip, after a change to its files, and returns its folder and the registry's manifest.
func dist(t *testing.T, change func(files map[string]string)) (folder, manifest string) {
	t.Helper()
	folder = t.TempDir()
	archive := project + "_" + version + "_linux_amd64.zip"
	files := map[string]string{
		archive:                packed(t, 0o755, "LICENSE", "CHANGELOG.md", project+"_v"+version),
		archive + ".sbom.json": bill(version, sum([]byte(project+"_v"+version))),
	}
	change(files)
	manifest = filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(manifest, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	sums := maps.Clone(files)
	sums[project+"_"+version+"_manifest.json"] = "{}"
	delete(files, "missing")
	var lines strings.Builder
	for name, content := range sums {
		fmt.Fprintf(&lines, "%s  %s\n", sum([]byte(strings.TrimSuffix(content, "tampered"))), name)
	}
	files[project+"_"+version+"_SHA256SUMS"] = lines.String()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, manifest
}

// packed is a zip whose files contain their names.
func packed(t *testing.T, mode os.FileMode, names ...string) string {
	t.Helper()
	var text bytes.Buffer
	w := zip.NewWriter(&text)
	for _, name := range names {
		header := &zip.FileHeader{Name: name}
		header.SetMode(mode)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func bill(version, executable string) string {
	return fmt.Sprintf(`{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"x","version":%q,"hashes":[{"alg":"SHA-256","content":%q}]}},
"components":[{"type":"library","name":"f","purl":"pkg:golang/github.com/hashicorp/terraform-plugin-framework@v1.19.0"}]}`, version, executable)
}

func TestCheck(t *testing.T) {
	archive := project + "_" + version + "_linux_amd64.zip"
	executable := project + "_v" + version
	for name, test := range map[string]struct {
		change func(files map[string]string)
		want   string
	}{
		"as it should be": {change: func(map[string]string) {}},
		"a changed file": {
			change: func(files map[string]string) { files[archive] += "tampered" },
			want:   "has the checksum",
		},
		"a missing file": {
			change: func(files map[string]string) { files["missing"] = "" },
			want:   "no such file",
		},
		"no zip": {
			change: func(files map[string]string) { delete(files, archive) },
			want:   "has no zip",
		},
		"another version": {
			change: func(files map[string]string) {
				files[archive] = packed(t, 0o755, "LICENSE", "CHANGELOG.md", project+"_v1.2.4")
			},
			want: "it holds CHANGELOG.md, LICENSE, terraform-provider-esa_v1.2.4, want",
		},
		"no licence": {
			change: func(files map[string]string) { files[archive] = packed(t, 0o755, "CHANGELOG.md", executable) },
			want:   "it holds CHANGELOG.md, terraform-provider-esa_v1.2.3, want",
		},
		"not executable": {
			change: func(files map[string]string) {
				files[archive] = packed(t, 0o644, "LICENSE", "CHANGELOG.md", executable)
			},
			want: "is not executable",
		},
		"no bill": {
			change: func(files map[string]string) { delete(files, archive+".sbom.json") },
			want:   "lack its bill of materials",
		},
		"the bill of another build": {
			change: func(files map[string]string) { files[archive+".sbom.json"] = bill(version, "00") },
			want:   "describes another executable",
		},
		"the bill of another version": {
			change: func(files map[string]string) { files[archive+".sbom.json"] = bill("1.2.4", sum([]byte(executable))) },
			want:   "describes version 1.2.4",
		},
		"an empty bill": {
			change: func(files map[string]string) { files[archive+".sbom.json"] = "{}" },
			want:   "describes nothing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder, manifest := dist(t, test.change)
			opened, err := open(folder)
			if err != nil {
				t.Fatal(err)
			}
			err = opened.check(manifest, io.Discard)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestDiffers(t *testing.T) {
	one := release{sums: map[string]string{"a": "1", "b": "2"}}
	if got := one.differs(release{sums: map[string]string{"a": "1", "b": "2"}}); got != "" {
		t.Errorf("the same release differs: %s", got)
	}
	if got := one.differs(release{sums: map[string]string{"a": "1", "c": "3"}}); !strings.Contains(got, `b: "2" and ""`) || !strings.Contains(got, `c: "" and "3"`) || strings.Contains(got, "a:") {
		t.Errorf("got %s", got)
	}
}

// TestOnlyHere holds the cut against the project's own configuration.
func TestOnlyHere(t *testing.T) {
	text, err := os.ReadFile("../../.goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	cut, err := onlyHere(text)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(cut), "freebsd") || strings.Contains(string(cut), "arm64]") {
		t.Errorf("other platforms are left:\n%s", cut)
	}
	if _, err := onlyHere([]byte("builds: []")); err == nil {
		t.Error("a configuration without platforms is cut")
	}
}
