package bundle_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"terraform-provider-esa/internal/bundle"
)

// TestFilesHash checks that the hash of the files leaves out the text of the function, and nothing else.
func TestFilesHash(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	entry := filepath.Join(folder, "worker.js")
	if err := os.WriteFile(entry, []byte("export default {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(source bundle.Source) *bundle.Bundle {
		t.Helper()
		opened, err := bundle.Open(context.Background(), source)
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	assets := open(bundle.Source{AssetsDirectory: folder})
	mixed := open(bundle.Source{Code: "export default {}", AssetsDirectory: folder})
	if mixed.FilesHash() != assets.ContentHash() || mixed.FilesHash() == mixed.ContentHash() {
		t.Errorf("with text the hash of the files is %s, want %s", mixed.FilesHash(), assets.ContentHash())
	}
	if file := open(bundle.Source{Entry: entry}); file.FilesHash() != file.ContentHash() {
		t.Errorf("without text the hash of the files is %s, want %s", file.FilesHash(), file.ContentHash())
	}
	if hash := open(bundle.Source{Code: "export default {}"}).FilesHash(); hash != "" {
		t.Errorf("without files the hash of the files is %s, want none", hash)
	}
}
