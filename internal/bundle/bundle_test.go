package bundle_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"terraform-provider-esa/internal/bundle"
)

// tree writes files below a new directory and returns it. A name that ends in a slash is an empty directory.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(directory, filepath.FromSlash(name)), content, strings.HasSuffix(name, "/"))
	}
	return directory
}

func write(t testing.TB, path, content string, directory bool) {
	t.Helper()
	made := filepath.Dir(path)
	if directory {
		made = path
	}
	if err := os.MkdirAll(made, 0o755); err != nil {
		t.Fatal(err)
	}
	if directory {
		return
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("this machine has no symbolic links: %v", err)
	}
}

func open(t testing.TB, source bundle.Source) *bundle.Bundle {
	t.Helper()
	opened, err := bundle.Open(context.Background(), source)
	if err != nil {
		t.Fatalf("Open(%+v): %v", source, err)
	}
	return opened
}

func zipOf(t testing.TB, opened *bundle.Bundle) []byte {
	t.Helper()
	archive, err := opened.Archive(context.Background())
	if err != nil {
		t.Fatalf("Archive: %v", err)
	}
	var buffer bytes.Buffer
	if err := archive.Write(context.Background(), &buffer); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if int64(buffer.Len()) != archive.Size() {
		t.Errorf("the zip has %d bytes, and Size says %d", buffer.Len(), archive.Size())
	}
	return buffer.Bytes()
}

// unzip reads a zip with the standard library's reader, which checks each CRC.
func unzip(t testing.TB, content []byte) map[string]string {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("reading the zip: %v", err)
	}
	files := map[string]string{}
	for _, entry := range reader.File {
		opened, err := entry.Open()
		if err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		text, err := io.ReadAll(opened)
		if err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		if _, twice := files[entry.Name]; twice {
			t.Errorf("%s is in the zip twice", entry.Name)
		}
		files[entry.Name] = string(text)
	}
	return files
}

func TestZipHoldsFunctionAndAssets(t *testing.T) {
	t.Parallel()
	assets := tree(t, map[string]string{
		"index.html": "<p>hello", "css/site.css": "p{}", "css/deep/er/x.css": "", "empty/": "",
		".well-known/security.txt": "Contact: x", ".env": "A=1", "größe/päge.html": "ü",
		".git/config": "secret", "css/.git": "gitdir: elsewhere", ".DS_Store": "noise", "css/.DS_Store": "noise", "Thumbs.db": "noise",
	})
	entry := filepath.Join(tree(t, map[string]string{"worker.js": "export default {}"}), "worker.js")
	got := unzip(t, zipOf(t, open(t, bundle.Source{Entry: entry, AssetsDirectory: assets})))
	want := map[string]string{
		"routine/index.js":  "export default {}",
		"assets/index.html": "<p>hello", "assets/css/site.css": "p{}", "assets/css/deep/er/x.css": "",
		"assets/.well-known/security.txt": "Contact: x", "assets/.env": "A=1", "assets/größe/päge.html": "ü",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("content of the zip (-want +got):\n%s", diff)
	}
}

// TestZipIsPlain pins what the simplest of readers relies on: sizes in front of each file, no extras, fixed metadata.
func TestZipIsPlain(t *testing.T) {
	t.Parallel()
	assets := tree(t, map[string]string{"b.txt": strings.Repeat("b", 100_000), "a.txt": "a", "ü.txt": "u"})
	content := zipOf(t, open(t, bundle.Source{Code: "export default {}", AssetsDirectory: assets}))
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range reader.File {
		names = append(names, entry.Name)
		if entry.Flags&0x8 != 0 || len(entry.Extra) != 0 || entry.Method != zip.Deflate {
			t.Errorf("%s has flags %#x, method %d and extra %x; want no data descriptor, deflate and none", entry.Name, entry.Flags, entry.Method, entry.Extra)
		}
		if want := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); !entry.Modified.Equal(want) || entry.Mode() != 0o644 {
			t.Errorf("%s has time %s and mode %s", entry.Name, entry.Modified, entry.Mode())
		}
		if utf8 := entry.Flags&0x800 != 0; utf8 != (entry.Name == "assets/ü.txt") {
			t.Errorf("%s says UTF-8: %t", entry.Name, utf8)
		}
	}
	if want := []string{"assets/a.txt", "assets/b.txt", "assets/ü.txt", "routine/index.js"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
}

func TestSameContentSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		segment := rapid.StringMatching(`[a-z]{1,3}`)
		files := map[string]string{}
		for range rapid.IntRange(1, 8).Draw(rt, "files") {
			depth := rapid.IntRange(0, 2).Draw(rt, "depth")
			name := segment.Draw(rt, "name") + ".txt"
			for range depth {
				name = segment.Draw(rt, "directory") + "/" + name
			}
			files[name] = rapid.String().Draw(rt, "content")
		}
		code := rapid.StringN(1, 100, -1).Draw(rt, "code")
		// The second tree is written by itself, so its order, times and permissions are others.
		one, other := tree(t, files), tree(t, files)
		name := rapid.SampledFrom(slices.Sorted(keys(files))).Draw(rt, "touched")
		touched := filepath.Join(other, filepath.FromSlash(name))
		if err := os.Chtimes(touched, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
			rt.Fatal(err)
		}
		if err := os.Chmod(touched, 0o700); err != nil {
			rt.Fatal(err)
		}
		entry := filepath.Join(tree(t, map[string]string{"any.js": code}), "any.js")

		first := open(t, bundle.Source{Code: code, AssetsDirectory: one})
		second := open(t, bundle.Source{Entry: entry, AssetsDirectory: other})
		if first.ContentHash() != second.ContentHash() {
			rt.Errorf("hashes %s and %s of the same content", first.ContentHash(), second.ContentHash())
		}
		if !bytes.Equal(zipOf(t, first), zipOf(t, second)) {
			rt.Errorf("the same content gave other bytes")
		}
		want := map[string]string{bundle.FunctionName: code}
		for name, content := range files {
			want[bundle.AssetsPrefix+name] = content
		}
		if diff := cmp.Diff(want, unzip(t, zipOf(t, first))); diff != "" {
			rt.Errorf("content of the zip (-want +got):\n%s", diff)
		}

		write(t, touched, files[name]+"!", false)
		if changed := open(t, bundle.Source{Code: code, AssetsDirectory: other}); changed.ContentHash() == first.ContentHash() {
			rt.Errorf("the hash does not see a change of %s", name)
		}
	})
}

func keys(files map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range files {
			if !yield(name) {
				return
			}
		}
	}
}

func TestHashTellsNamesApart(t *testing.T) {
	t.Parallel()
	hashes := map[string]string{}
	for _, files := range []map[string]string{
		{"a": "x"}, {"b": "x"}, {"a": "x", "b": "x"}, {"a/b": "x"}, {"a": "y"}, {"a": ""},
	} {
		hash := open(t, bundle.Source{AssetsDirectory: tree(t, files)}).ContentHash()
		if !strings.HasPrefix(hash, "sha256:") || len(hash) != len("sha256:")+64 {
			t.Errorf("hash %q is not sha256: and 64 digits", hash)
		}
		if other, taken := hashes[hash]; taken {
			t.Errorf("%v and %s have the same hash", files, other)
		}
		hashes[hash] = strings.Join(slices.Sorted(keys(files)), " ")
	}
}

// TestHashIsPinned keeps the hash what it is: another one would replace every version that anyone has.
func TestHashIsPinned(t *testing.T) {
	t.Parallel()
	got := open(t, bundle.Source{Code: "export default {}\n", AssetsDirectory: tree(t, map[string]string{"index.html": "hello\n"})}).ContentHash()
	if want := "sha256:2701e75ef8a50b6d00b33306b57bca967c19666ba19e8a4b45d3e65d49659c7e"; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func TestLinksThatStayInsideAreFollowed(t *testing.T) {
	t.Parallel()
	inside := tree(t, map[string]string{"js/app.1a2b.js": "app", "pages/en/index.html": "en"})
	link(t, "app.1a2b.js", filepath.Join(inside, "js", "app.js"))
	link(t, "en", filepath.Join(inside, "pages", "default"))
	link(t, filepath.Join("..", "js"), filepath.Join(inside, "pages", "scripts"))
	whole := filepath.Join(t.TempDir(), "dist")
	link(t, inside, whole)
	got := unzip(t, zipOf(t, open(t, bundle.Source{AssetsDirectory: whole})))
	want := map[string]string{
		"assets/js/app.1a2b.js": "app", "assets/js/app.js": "app", "assets/pages/en/index.html": "en", "assets/pages/default/index.html": "en",
		"assets/pages/scripts/app.1a2b.js": "app", "assets/pages/scripts/app.js": "app",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("content of the zip (-want +got):\n%s", diff)
	}
}

// problem is what Open must say of a source.
func problem(t *testing.T, source bundle.Source, part bundle.Part, words string) {
	t.Helper()
	_, err := bundle.Open(context.Background(), source)
	var failure *bundle.Error
	if !errors.As(err, &failure) {
		t.Errorf("Open(%+v) = %v, want an Error that says %q", source, err, words)
		return
	}
	if failure.Part != part || !strings.Contains(failure.Error(), words) {
		t.Errorf("Open(%+v) says of %s: %s\nwant of %s: %s", source, failure.Part, failure, part, words)
	}
}

func TestWhatCannotBePublished(t *testing.T) {
	t.Parallel()
	present := tree(t, map[string]string{"index.html": "x", "empty.js": "", "none/": ""})
	for name, test := range map[string]struct {
		source bundle.Source
		part   bundle.Part
		words  string
	}{
		"no entry":            {bundle.Source{Entry: filepath.Join(present, "no.js")}, bundle.Entry, "does not exist"},
		"entry is directory":  {bundle.Source{Entry: present}, bundle.Entry, "is a directory, want the bundled JavaScript file"},
		"entry is empty":      {bundle.Source{Entry: filepath.Join(present, "empty.js")}, bundle.Entry, "is empty"},
		"entry is a device":   {bundle.Source{Entry: os.DevNull}, bundle.Entry, "is a device, want a file"},
		"below a file":        {bundle.Source{Entry: filepath.Join(present, "index.html", "x.js")}, bundle.Entry, "x.js"},
		"no assets":           {bundle.Source{AssetsDirectory: filepath.Join(present, "no")}, bundle.AssetsDirectory, "does not exist"},
		"assets are a file":   {bundle.Source{AssetsDirectory: filepath.Join(present, "index.html")}, bundle.AssetsDirectory, "is a file, want a directory"},
		"assets are empty":    {bundle.Source{AssetsDirectory: filepath.Join(present, "none")}, bundle.AssetsDirectory, "holds no files"},
		"only ignored assets": {bundle.Source{AssetsDirectory: tree(t, map[string]string{".git/config": "x", "a/.DS_Store": "x"})}, bundle.AssetsDirectory, "holds no files"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problem(t, test.source, test.part, test.words)
		})
	}
}

func TestNamesThatCannotBePublished(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems refuse some of these names themselves")
	}
	for words, files := range map[string]map[string]string{
		"control character": {"a\nb.txt": "x"},
		"backslash":         {`a\b.txt`: "x"},
		"not valid UTF-8":   {"a\xff.txt": "x"},
		"in another case":   {"a/Index.html": "x", "a/index.html": "y"},
	} {
		problem(t, bundle.Source{AssetsDirectory: tree(t, files)}, bundle.AssetsDirectory, words)
	}
}

func TestLinksThatCannotBePublished(t *testing.T) {
	t.Parallel()
	outside := tree(t, map[string]string{"secret.txt": "x"})
	for name, test := range map[string]struct{ target, words string }{
		"outside, relative": {filepath.Join("..", filepath.Base(outside), "secret.txt"), "leads out of the assets directory"},
		"outside, absolute": {filepath.Join(outside, "secret.txt"), "leads out of the assets directory"},
		"to nothing":        {"nothing.txt", `to "nothing.txt", which does not exist`},
		"to itself":         {"link", "leads back to itself"},
		"to its parent":     {".", "following it would never end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assets := tree(t, map[string]string{"index.html": "x"})
			link(t, test.target, filepath.Join(assets, "link"))
			problem(t, bundle.Source{AssetsDirectory: assets}, bundle.AssetsDirectory, test.words)
		})
	}
}

// TestChangesWhileReading changes a file at each moment after Open has read it.
func TestChangesWhileReading(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]string{"other content": "BBBB", "longer": strings.Repeat("b", 100_000), "shorter": "b", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assets := tree(t, map[string]string{"a.txt": "aaaa", "b.txt": "bbbb"})
			opened := open(t, bundle.Source{AssetsDirectory: assets})
			archive, err := opened.Archive(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(assets, "b.txt"), changed, false)
			var failure *bundle.ChangedError
			var written bytes.Buffer
			if err := archive.Write(context.Background(), &written); !errors.As(err, &failure) || !strings.HasSuffix(failure.Path, "b.txt") {
				t.Errorf("Write = %v, want a ChangedError of b.txt", err)
			}
			if int64(written.Len()) >= archive.Size() {
				t.Errorf("%d of %d bytes were written before the change was seen, so that the zip may pass for whole", written.Len(), archive.Size())
			}
			if _, err := opened.Archive(context.Background()); !errors.As(err, &failure) {
				t.Errorf("Archive = %v, want a ChangedError", err)
			}
		})
	}
	assets := tree(t, map[string]string{"a.txt": "a"})
	opened := open(t, bundle.Source{AssetsDirectory: assets})
	if err := os.Remove(filepath.Join(assets, "a.txt")); err != nil {
		t.Fatal(err)
	}
	var failure *bundle.Error
	if _, err := opened.Archive(context.Background()); !errors.As(err, &failure) || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("Archive of a removed file = %v", err)
	}
}

func TestErrorOfTheWriterComesBackAsItIs(t *testing.T) {
	t.Parallel()
	archive, err := open(t, bundle.Source{Code: strings.Repeat("export ", 100_000)}).Archive(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the line is broken")
	if err := archive.Write(context.Background(), failingWriter{broken}); !errors.Is(err, broken) {
		t.Errorf("Write = %v, want %v", err, broken)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestCancelling(t *testing.T) {
	t.Parallel()
	source := bundle.Source{Code: "x", AssetsDirectory: tree(t, map[string]string{"a.txt": "a"})}
	archive, err := open(t, source).Archive(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := bundle.Open(ctx, source); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want %v", err, context.Canceled)
	}
	if err := archive.Write(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v, want %v", err, context.Canceled)
	}
}
