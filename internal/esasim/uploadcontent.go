package esasim

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
)

// maxKeptCode is the largest function whose text is kept, in bytes.
const maxKeptCode = 1 << 20

// uploadContent is what is in an uploaded file.
type uploadContent struct {
	code    []byte // the function; nil if there is none or it is too large to keep
	assets  bool   // there are static files
	problem string // why it cannot be built
}

// inspectZip reads a zip: routine/index.js is the function, and what is
// below assets/ are static files; either may be absent, but not both.
func inspectZip(file io.ReaderAt, size int64) uploadContent {
	var content uploadContent
	archive, err := zip.NewReader(file, size)
	if err != nil {
		content.problem = fmt.Sprintf("not a zip: %v", err)
		return content
	}
	function := false
	for _, entry := range archive.File {
		switch {
		case entry.Name == "routine/index.js":
			function = true
			code, err := readEntry(entry)
			if err != nil {
				content.problem = fmt.Sprintf("%s: %v", entry.Name, err)
				return content
			}
			content.code = code
		case strings.HasPrefix(entry.Name, "assets/") && !strings.HasSuffix(entry.Name, "/"):
			content.assets = true
		}
	}
	if !function && !content.assets {
		content.problem = "neither routine/index.js nor assets/ is in the zip"
	}
	return content
}

func readEntry(entry *zip.File) ([]byte, error) {
	reader, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	code, err := io.ReadAll(io.LimitReader(reader, maxKeptCode+1))
	if err != nil || len(code) > maxKeptCode {
		return nil, err
	}
	return code, nil
}

// staged is the content of the staging slot: the function's text itself.
func staged(file io.ReaderAt, size int64) uploadContent {
	if size > maxKeptCode {
		return uploadContent{}
	}
	code := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, size), code); err != nil {
		return uploadContent{problem: err.Error()}
	}
	return uploadContent{code: code}
}
