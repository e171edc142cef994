package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Error says of a source why it cannot be published.
type Error struct {
	// Part is the part of the source at fault.
	Part Part
	// Path is the file or directory at fault, empty if it is none in particular.
	Path string
	// Problem says what is wrong, and what would be right: "is a directory, want …".
	Problem string

	cause error
}

// Error says the path and the problem.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return fmt.Sprintf("%q %s", e.Path, e.Problem)
}

// Unwrap returns the error of the operating system, which may be nil.
func (e *Error) Unwrap() error {
	return e.cause
}

// ChangedError says that a file is not any more what it was when [Open] read it.
type ChangedError struct {
	// Part is the part of the source that the file belongs to.
	Part Part
	// Path is the file.
	Path string
}

// Error names the file.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%q changed while it was being read", e.Path)
}

// fileError formats what the operating system reports for a path.
func fileError(part Part, path string, err error) *Error {
	problem := "cannot be read: " + reason(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem = "does not exist"
	case errors.Is(err, fs.ErrPermission):
		problem = "cannot be read: permission denied"
	case errors.Is(err, syscall.ENOTDIR) && part == AssetsDirectory:
		problem = "is not a directory"
	}
	return &Error{Part: part, Path: path, Problem: problem, cause: err}
}

// reason is the text of an error without the path and the operation that the operating system's errors repeat, and
// without the full stop that Windows puts after it.
func reason(err error) string {
	if inPath, ok := errors.AsType[*fs.PathError](err); ok {
		err = inPath.Err
	}
	return strings.TrimSuffix(err.Error(), ".")
}
