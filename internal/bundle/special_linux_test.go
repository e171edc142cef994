package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"terraform-provider-esa/internal/bundle"
)

func TestSpecialFiles(t *testing.T) {
	t.Parallel()
	assets := tree(t, map[string]string{"index.html": "x"})
	if err := syscall.Mkfifo(filepath.Join(assets, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	problem(t, bundle.Source{AssetsDirectory: assets}, bundle.AssetsDirectory, "is a named pipe, want files and directories only")
	problem(t, bundle.Source{Entry: filepath.Join(assets, "pipe")}, bundle.Entry, "is a named pipe, want a file")
}

func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	assets := tree(t, map[string]string{"a.js": "x", "file/a.txt": "x", "directory/locked/a.txt": "x"})
	unreadable := filepath.Join(assets, "file", "a.txt")
	locked := filepath.Join(assets, "directory", "locked")
	entry := filepath.Join(assets, "a.js")
	for _, path := range []string{unreadable, locked, entry} {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		if os.Geteuid() == 0 {
			// The superuser reads everything, so this thread, which ends with the goroutine, becomes someone else to
			// the file system. The directories that testing makes are for their owner only.
			runtime.LockOSThread()
			if err := errors.Join(os.Chmod(filepath.Dir(assets), 0o755), syscall.Setfsuid(65534)); err != nil {
				t.Error(err)
				return
			}
		}
		problem(t, bundle.Source{AssetsDirectory: filepath.Dir(unreadable)}, bundle.AssetsDirectory, "a.txt\" cannot be read: permission denied")
		problem(t, bundle.Source{AssetsDirectory: filepath.Dir(locked)}, bundle.AssetsDirectory, "locked\" cannot be read: permission denied")
		problem(t, bundle.Source{AssetsDirectory: locked}, bundle.AssetsDirectory, "permission denied")
		problem(t, bundle.Source{Entry: entry}, bundle.Entry, "a.js\" cannot be read: permission denied")
	}()
	<-checked
	// So that whoever is not the superuser can remove it.
	if err := os.Chmod(locked, 0o700); err != nil {
		t.Error(err)
	}
}
