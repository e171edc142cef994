// Package bundle creates the file from which ESA builds a code version: a zip with the function as routine/index.js and static files
// below assets/. It knows only files, not Terraform or HTTP.
//
// The same content always has the same hash and, with the same build of this package, the same bytes. They do not depend on the
// machine, the order of directories, or the times and permissions of files. Content is read as a stream, so the required memory
// does not depend on its size.
package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// FunctionName is the function's name in the zip.
	FunctionName = "routine/index.js"
	// AssetsPrefix precedes the name of every static file in the zip.
	AssetsPrefix = "assets/"
)

const (
	// maxFiles is the limit of a zip without the 64-bit extension, which not every reader supports.
	maxFiles = math.MaxUint16 - 1
	// maxZipBytes is the same for the size of a zip.
	maxZipBytes = math.MaxUint32 - 1
	// maxBytes limits the content, so that its zip is below maxZipBytes even if it does not compress.
	maxBytes = 3 << 30
	// bufferBytes is the part of a file that is in memory at a time.
	bufferBytes = 64 << 10
	// hashPrefix names the algorithm of a content hash.
	hashPrefix = "sha256:"
)

// Part is a part of a source, with the name of its attribute.
type Part string

// The parts of a source.
const (
	Entry           Part = "entry"
	Code            Part = "code"
	AssetsDirectory Part = "assets_directory"
)

// Source is the location of the content of a bundle. At least one of its fields must be set, and at most one of Entry and Code.
type Source struct {
	// Entry is the path of the function's JavaScript file, which may be a symbolic link; empty for none.
	Entry string
	// Code is the function's text; empty for none.
	Code string
	// AssetsDirectory is the path of the directory with the static files; empty for none.
	AssetsDirectory string
}

// Bundle is the content of a code version when [Open] read it. It contains names, sizes and hashes, and no content except
// [Source.Code].
type Bundle struct {
	source Source
	// files are sorted by their names in the zip.
	files []file
	hash  string
}

// file is one file of a bundle.
type file struct {
	part Part
	// name is its name in the zip.
	name string
	// path is its location: below the assets directory with slashes, or the entry.
	path string
	size int64
	sum  [sha256.Size]byte
}

// Open reads the content of source. It returns an [Error] if the content cannot be published, and the error of ctx if ctx ends.
func Open(ctx context.Context, source Source) (*Bundle, error) {
	b := &Bundle{source: source}
	if source.Code != "" {
		b.files = append(b.files, file{part: Code, name: FunctionName, size: int64(len(source.Code))})
	}
	if source.Entry != "" {
		entry, err := findEntry(source.Entry)
		if err != nil {
			return nil, err
		}
		b.files = append(b.files, entry)
	}
	if source.AssetsDirectory != "" {
		assets, err := findAssets(ctx, source.AssetsDirectory)
		if err != nil {
			return nil, err
		}
		b.files = append(b.files, assets...)
	}
	slices.SortFunc(b.files, func(one, other file) int { return strings.Compare(one.name, other.name) })
	if err := b.checkSize(); err != nil {
		return nil, err
	}
	if err := b.read(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// ContentHash identifies the content: a SHA-256 over the names and the contents of all files, in hexadecimal digits
// after "sha256:". It does not depend on how the zip compresses them.
func (b *Bundle) ContentHash() string {
	return b.hash
}

// FilesHash is the content hash without [Source.Code]. It is empty if there are no files.
func (b *Bundle) FilesHash() string {
	files := slices.DeleteFunc(slices.Clone(b.files), func(file file) bool { return file.part == Code })
	if len(files) == 0 {
		return ""
	}
	return hashOf(files)
}

// hashOf returns the hash of files with known hashes.
func hashOf(files []file) string {
	whole := sha256.New()
	for _, file := range files {
		fmt.Fprintf(whole, "%x  %s\n", file.sum, file.name)
	}
	return hashPrefix + hex.EncodeToString(whole.Sum(nil))
}

func (b *Bundle) checkSize() error {
	var total int64
	for _, file := range b.files {
		total += file.size
	}
	if total > maxBytes {
		return &Error{Part: b.files[0].part, Problem: fmt.Sprintf("the content has %d bytes, want at most %d (3 GiB)", total, int64(maxBytes))}
	}
	return nil
}

// read hashes every file.
func (b *Bundle) read(ctx context.Context) error {
	content, err := b.open()
	if err != nil {
		return err
	}
	defer content.close()
	buffer := make([]byte, bufferBytes)
	for index := range b.files {
		file := &b.files[index]
		// The size may have changed since Stat.
		if file.size, file.sum, err = content.sum(ctx, *file, buffer); err != nil {
			return err
		}
	}
	b.hash = hashOf(b.files)
	return nil
}

// contents opens the files of a bundle.
type contents struct {
	source Source
	assets *os.Root
}

func (b *Bundle) open() (*contents, error) {
	c := &contents{source: b.source}
	if b.source.AssetsDirectory == "" {
		return c, nil
	}
	assets, err := os.OpenRoot(b.source.AssetsDirectory)
	if err != nil {
		return nil, fileError(AssetsDirectory, b.source.AssetsDirectory, err)
	}
	c.assets = assets
	return c, nil
}

func (c *contents) close() {
	if c.assets != nil {
		_ = c.assets.Close()
	}
}

// sum reads a file, and returns its size and its hash.
func (c *contents) sum(ctx context.Context, file file, buffer []byte) (size int64, sum [sha256.Size]byte, err error) {
	reader, err := c.reader(file)
	if err != nil {
		return 0, sum, err
	}
	defer func() { _ = reader.Close() }()
	hash := sha256.New()
	size, err = copyContent(ctx, hash, reader, buffer)
	if err != nil {
		return 0, sum, c.readError(ctx, file, err)
	}
	return size, [sha256.Size]byte(hash.Sum(nil)), nil
}

func (c *contents) reader(file file) (io.ReadCloser, error) {
	switch file.part {
	case Code:
		return io.NopCloser(strings.NewReader(c.source.Code)), nil
	case Entry:
		reader, err := os.Open(file.path)
		if err != nil {
			return nil, fileError(Entry, file.path, err)
		}
		return reader, nil
	default:
		reader, err := c.assets.Open(filepath.FromSlash(file.path))
		if err != nil {
			return nil, fileError(AssetsDirectory, c.shown(file), err)
		}
		return reader, nil
	}
}

// shown returns the path of a file for messages.
func (c *contents) shown(file file) string {
	if file.part == AssetsDirectory {
		return filepath.Join(c.source.AssetsDirectory, filepath.FromSlash(file.path))
	}
	return file.path
}

func (c *contents) readError(ctx context.Context, file file, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fileError(file.part, c.shown(file), err)
}

// copyContent is io.CopyBuffer that ends with ctx and always uses the buffer.
func copyContent(ctx context.Context, to io.Writer, from io.Reader, buffer []byte) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{to}, readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return from.Read(p)
	}), buffer)
}

type readerFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (r readerFunc) Read(p []byte) (int, error) {
	return r(p)
}

// findEntry checks the function's file.
func findEntry(path string) (file, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return file{}, fileError(Entry, path, err)
	case info.IsDir():
		return file{}, &Error{Part: Entry, Path: path, Problem: "is a directory, want the bundled JavaScript file of the function"}
	case !info.Mode().IsRegular():
		return file{}, &Error{Part: Entry, Path: path, Problem: fmt.Sprintf("is %s, want a file", kindOf(info.Mode()))}
	case info.Size() == 0:
		return file{}, &Error{Part: Entry, Path: path, Problem: "is empty, want the bundled JavaScript of the function"}
	}
	return file{part: Entry, name: FunctionName, path: path, size: info.Size()}, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "something other than a file"
	}
}
