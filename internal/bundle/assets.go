package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// ignored are the names of files and directories that never belong to a site: those of version control, which would publish the
// source and its history, and those that desktops create in every opened folder, which differ between machines. All other hidden
// files are content, such as .well-known.
var ignored = []string{".git", ".hg", ".svn", ".DS_Store", "Thumbs.db", "desktop.ini"}

// assetsWalk collects the files of an assets directory. It uses an [os.Root], which follows symbolic links only inside the directory.
type assetsWalk struct {
	directory string
	root      *os.Root
	files     []file
	// seen are the names in lower case, because readers of a zip may not distinguish names that differ only in case.
	seen    map[string]string
	visited int
}

// findAssets returns the static files of a directory, without their content.
func findAssets(ctx context.Context, directory string) ([]file, error) {
	info, err := os.Stat(directory)
	switch {
	case err != nil:
		return nil, fileError(AssetsDirectory, directory, err)
	case !info.IsDir():
		return nil, &Error{Part: AssetsDirectory, Path: directory, Problem: "is a file, want a directory of static files"}
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return nil, fileError(AssetsDirectory, directory, err)
	}
	defer func() { _ = root.Close() }()
	walk := &assetsWalk{directory: directory, root: root, seen: map[string]string{}}
	if err := walk.list(ctx, ".", []fs.FileInfo{info}); err != nil {
		return nil, err
	}
	if len(walk.files) == 0 {
		return nil, &Error{Part: AssetsDirectory, Path: directory, Problem: "holds no files, want at least one; empty directories are not published"}
	}
	return walk.files, nil
}

// list collects the files below a directory. parents are its parent directories and the directory itself.
func (w *assetsWalk) list(ctx context.Context, directory string, parents []fs.FileInfo) error {
	opened, err := w.root.Open(filepath.FromSlash(directory))
	if err != nil {
		return w.fileError(directory, err)
	}
	entries, err := opened.ReadDir(-1)
	_ = opened.Close()
	if err != nil {
		return w.fileError(directory, err)
	}
	slices.SortFunc(entries, func(one, other fs.DirEntry) int { return strings.Compare(one.Name(), other.Name()) })
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if slices.Contains(ignored, entry.Name()) {
			continue
		}
		if err := w.add(ctx, path.Join(directory, entry.Name()), entry, parents); err != nil {
			return err
		}
	}
	return nil
}

// add collects one entry of a directory, with its content.
func (w *assetsWalk) add(ctx context.Context, name string, entry fs.DirEntry, parents []fs.FileInfo) error {
	// Links can multiply files, so this counts visits and not files.
	w.visited++
	if w.visited > maxFiles {
		return &Error{Part: AssetsDirectory, Path: w.directory, Problem: fmt.Sprintf("holds more than %d files, which is the most that a zip can", maxFiles)}
	}
	if problem := problemOfName(entry.Name()); problem != "" {
		return w.problem(name, problem)
	}
	info, err := w.root.Stat(filepath.FromSlash(name))
	if err != nil && entry.Type()&fs.ModeSymlink != 0 {
		return w.linkError(name, err)
	}
	if err != nil {
		return w.fileError(name, err)
	}
	switch {
	case info.IsDir():
		if slices.ContainsFunc(parents, func(parent fs.FileInfo) bool { return os.SameFile(parent, info) }) {
			return w.problem(name, "is a symbolic link to a directory that it is in, so that following it would never end")
		}
		return w.list(ctx, name, append(slices.Clone(parents), info))
	case !info.Mode().IsRegular():
		return w.problem(name, fmt.Sprintf("is %s, want files and directories only", kindOf(info.Mode())))
	}
	folded := strings.ToLower(name)
	if twin, taken := w.seen[folded]; taken {
		return w.problem(name, fmt.Sprintf("has the name of %q in another case, want names that differ in more than that", twin))
	}
	w.seen[folded] = name
	w.files = append(w.files, file{part: AssetsDirectory, name: AssetsPrefix + name, path: name, size: info.Size()})
	return nil
}

// problemOfName says why a name is not valid in a zip for every reader. It is empty for a valid name.
func problemOfName(name string) string {
	switch {
	case !utf8.ValidString(name):
		return "has a name that is not valid UTF-8, want a name that a URL can have"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "has a control character in its name, want a name that a URL can have"
	case strings.Contains(name, `\`):
		return `has a backslash in its name, which some readers of a zip take for a directory separator`
	default:
		return ""
	}
}

// linkError says why a symbolic link cannot be followed.
func (w *assetsWalk) linkError(name string, err error) error {
	target, readErr := w.root.Readlink(filepath.FromSlash(name))
	if readErr != nil {
		target = "an unknown target"
	}
	problem := fmt.Sprintf("is a symbolic link to %q, which leads out of the assets directory: put the file itself there, or make the link relative and keep its target inside", target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem = fmt.Sprintf("is a symbolic link to %q, which does not exist", target)
	case errors.Is(err, fs.ErrPermission):
		problem = fmt.Sprintf("is a symbolic link to %q, which cannot be read: permission denied", target)
	case errors.Is(err, syscall.ELOOP):
		problem = fmt.Sprintf("is a symbolic link to %q, which leads back to itself", target)
	}
	return &Error{Part: AssetsDirectory, Path: w.shown(name), Problem: problem, cause: err}
}

func (w *assetsWalk) problem(name, problem string) error {
	return &Error{Part: AssetsDirectory, Path: w.shown(name), Problem: problem}
}

func (w *assetsWalk) fileError(name string, err error) error {
	return fileError(AssetsDirectory, w.shown(name), err)
}

// shown returns a name below the assets directory for messages.
func (w *assetsWalk) shown(name string) string {
	return filepath.Join(w.directory, filepath.FromSlash(name))
}
