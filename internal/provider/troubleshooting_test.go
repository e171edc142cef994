package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTroubleshootingQuotesRealMessages finds each message of the guide in the code, so that a search for it leads there.
func TestTroubleshootingQuotesRealMessages(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "troubleshooting.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		code.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	messages := 0
	for line := range strings.Lines(string(guide)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, message := range quoted.FindAllStringSubmatch(cells[1], -1) {
			messages++
			if !strings.Contains(code.String(), message[1]) {
				t.Errorf("nothing says %q", message[1])
			}
		}
	}
	if messages < 30 {
		t.Errorf("%d messages, want those of the tables", messages)
	}
}
