// Package golden keeps what a person reads, plans and messages, in files that are reviewed like a book. A test compares
// what the provider says with its file; run with -update it writes the file.
package golden

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files; then read them")

// Updating reports whether the golden files are written instead of compared.
func Updating() bool { return *update }

// Compare compares text with a file, or writes the file where the test runs with -update.
func Compare(t *testing.T, file, text string) {
	t.Helper()
	if Updating() {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(kept), "\n"), strings.Split(text, "\n")); diff != "" {
		t.Errorf("%s differs (-file +now); if the change is intended, run this test with -update and read the file\n%s", file, diff)
	}
}
