package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Error is the reason why a source cannot be published.
type Error struct {
	// Part is the part of the source with the problem.
	Part Part
	// Path is the file or directory, if the problem belongs to one.
	Path string
	// Problem is the problem, as the end of a sentence.
	Problem string

	cause error
}

// Error formats the path and the problem.
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

// ChangedError means that a file has changed since [Open].
type ChangedError struct {
	// Part is the part of the source with the file.
	Part Part
	// Path is the file.
	Path string
}

// Error formats the path.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%q changed while it was being read", e.Path)
}

// fileError converts an error of the operating system about a path.
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

// reason returns the text of an error without the path and the operation, which errors of the operating system repeat, and without the
// full stop that Windows adds.
func reason(err error) string {
	if inPath, ok := errors.AsType[*fs.PathError](err); ok {
		err = inPath.Err
	}
	return strings.TrimSuffix(err.Error(), ".")
}
