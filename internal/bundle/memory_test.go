package bundle_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"terraform-provider-esa/internal/bundle"
)

// sparse makes a directory of count files of size bytes each, which take no room on the disk.
func sparse(tb testing.TB, count int, size int64) string {
	tb.Helper()
	directory := tb.TempDir()
	for number := range count {
		path := filepath.Join(directory, fmt.Sprintf("d%02d", number%50), fmt.Sprintf("f%05d.bin", number))
		write(tb, path, "", false)
		if err := os.Truncate(path, size); err != nil {
			tb.Fatal(err)
		}
	}
	return directory
}

// publish does all that is done with a bundle, from the plan to the upload.
func publish(tb testing.TB, directory string) int64 {
	tb.Helper()
	opened, err := bundle.Open(context.Background(), bundle.Source{AssetsDirectory: directory})
	if err != nil {
		tb.Fatal(err)
	}
	archive, err := opened.Archive(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	if err := archive.Write(context.Background(), io.Discard); err != nil {
		tb.Fatal(err)
	}
	return archive.Size()
}

// TestContentIsNotHeld counts every byte that is ever allocated, whether it is freed again or not: it does not depend on
// the garbage collector. It is not parallel, since the count is that of the whole process.
func TestContentIsNotHeld(t *testing.T) {
	const kibibyte, mebibyte = 1 << 10, 1 << 20
	perFile := uint64(5 * kibibyte)
	if runtime.GOOS == "windows" {
		perFile = 7 * kibibyte // for the conversion of its paths
	}
	for _, test := range []struct {
		name  string
		count int
		size  int64
		most  uint64
	}{
		{"one file of 12 MiB", 1, 12 * mebibyte, 5 * mebibyte},
		{"1,000 files of 10 KiB", 1000, 10 * kibibyte, 5*mebibyte + 1000*perFile},
	} {
		t.Run(test.name, func(t *testing.T) {
			directory := sparse(t, test.count, test.size)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			publish(t, directory)
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d KiB were allocated for %d KiB of content", allocated/kibibyte, int64(test.count)*test.size/kibibyte)
			if allocated > test.most {
				t.Errorf("%d bytes were allocated, want at most %d", allocated, test.most)
			}
		})
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, test := range []struct {
		name  string
		count int
		size  int64
	}{{"files=5000", 5000, 10 << 10}, {"files=1", 1, 50 << 20}} {
		b.Run(test.name, func(b *testing.B) {
			directory := sparse(b, test.count, test.size)
			b.SetBytes(int64(test.count) * test.size)
			b.ReportAllocs()
			for b.Loop() {
				publish(b, directory)
			}
		})
	}
}
