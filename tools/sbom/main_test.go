package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheBillNamesWhatIsLinked(t *testing.T) {
	self, err := os.Executable() // a Go executable like any other
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "terraform-provider-esa_1.2.3_linux_amd64.zip")
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, content := range map[string][]byte{"LICENSE": nil, "terraform-provider-esa_v1.2.3": data} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}

	var texts [2][]byte
	for i := range texts {
		out := filepath.Join(dir, "bill.json")
		if err := run(in, out); err != nil {
			t.Fatal(err)
		}
		if texts[i], err = os.ReadFile(out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("two bills of the same executable differ")
	}

	var bill struct {
		BOMFormat string `json:"bomFormat"`
		Metadata  struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version, Purl string }
	}
	if err := json.Unmarshal(texts[0], &bill); err != nil {
		t.Fatal(err)
	}
	if bill.BOMFormat != "CycloneDX" || bill.Metadata.Component.Version != "1.2.3" {
		t.Errorf("got format %q of version %q", bill.BOMFormat, bill.Metadata.Component.Version)
	}
	for _, want := range []string{"pkg:golang/std@", "pkg:golang/github.com/CycloneDX/cyclonedx-go@v"} {
		if !strings.Contains(string(texts[0]), want) {
			t.Errorf("the bill does not name %s", want)
		}
	}
}

func TestAZipWithoutAProviderIsAnError(t *testing.T) {
	in := filepath.Join(t.TempDir(), "empty.zip")
	var buf bytes.Buffer
	if err := zip.NewWriter(&buf).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, filepath.Join(t.TempDir(), "out")); err == nil || !strings.Contains(err.Error(), "holds no") {
		t.Errorf("got %v", err)
	}
}
