package esasim

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"time"
)

const (
	// defaultKeptUploadBytes is up to which size an upload's content is kept.
	defaultKeptUploadBytes = 1 << 20
	// maxFieldBytes is the largest form field of an upload, in bytes.
	maxFieldBytes = 64 << 10
)

// Upload is one file that arrived at [UploadPath] and was taken.
type Upload struct {
	Routine string `json:"routine"`
	// CodeVersion is empty for an upload to the staging slot of the older operations.
	CodeVersion string `json:"code_version,omitempty"`
	Key         string `json:"key"`
	// Size is in bytes.
	Size int64 `json:"size"`
	// SHA256 is the hash of the content, in lower-case hexadecimal digits.
	SHA256 string `json:"sha256"`
	// Bytes is the content, where its size is within the limit of [WithKeptUploadBytes]; else nil.
	Bytes []byte `json:"-"`
	// Problem says why the build fails, if it does: the file is not a zip, or
	// holds neither routine/index.js nor assets/. OSS itself takes any file.
	Problem string    `json:"problem,omitempty"`
	Time    time.Time `json:"time"`
}

// serveUpload answers an upload as OSS does (PostObject): a multipart form whose
// last field is the file.
func (s *Simulator) serveUpload(w http.ResponseWriter, r *http.Request) {
	defer s.log.enter()()
	fields, file, refused := readFields(r)
	routine, version, known := parseKey(fields["key"])
	sub := subject{operation: UploadOperation, routine: routine}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	call := s.newCall(r, sub, r.URL.Query(), form)
	s.log.begin(call)
	fail := func(e *apiError) reply { return ossFailure(e, call.RequestID, r.Host) }
	// A refusal is read only by a client that has sent its file.
	refuseWith := func(e *apiError) {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxUpload))
		s.answer(w, r, call, mischief{}, fail(e))
	}

	if !wait(r.Context(), s.latency) {
		return
	}
	if refused == nil && !known {
		refused = refuse(ossAccessDenied, "the key %q was never handed out", fields["key"])
	}
	if refused == nil {
		refused = s.checkTicket(fields)
	}
	if refused != nil {
		refuseWith(refused)
		return
	}
	m := s.mischiefFor(sub)
	if !m.deferred && !wait(r.Context(), m.delay) {
		return
	}
	answer := reply{status: http.StatusNoContent, contentType: xmlContent}
	switch {
	case s.says(UploadAnswer) == "body":
		answer = reply{status: http.StatusOK, contentType: xmlContent, body: []byte("<PostResponse><Key>" + fields["key"] + "</Key></PostResponse>")}
	case fields["callback"] != "":
		// OSS calls back, and answers what the callback did. The older upload has one.
		answer = reply{status: http.StatusOK, contentType: jsonContent, body: []byte(`{"Status":"OK"}`)}
	case fields["success_action_status"] == "200":
		answer.status = http.StatusOK
	}
	if m.worked {
		if failed := s.takeFile(file, Upload{Routine: routine, CodeVersion: version, Key: fields["key"]}, m.build); failed != nil {
			answer = fail(failed)
		}
	} else if m.replace == nil || m.replace.Fault != ResetBefore {
		_, _ = io.Copy(io.Discard, file)
	}
	if m.deferred && !wait(r.Context(), m.delay) {
		return
	}
	if m.replace != nil {
		answer = m.replace.spoil(answer, fail)
	}
	m.then()
	s.answer(w, r, call, m, answer)
}

// readFields reads the form up to its file. Whatever follows the file is
// ignored, as OSS ignores it. A file may come without a file name.
func readFields(r *http.Request) (map[string]string, io.Reader, *apiError) {
	fields := map[string]string{}
	if r.Method != http.MethodPost {
		return fields, nil, refuse(ossMethod, "method %s", r.Method)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fields, nil, refuse(ossNotMultipart, "%v", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil, refuse(ossFileCount, "there is no field named file")
		}
		if err != nil {
			return fields, nil, refuse(ossMalformed, "%v", err)
		}
		if part.FormName() == "file" {
			return fields, part, nil
		}
		value, refused := readField(part)
		if refused != nil {
			return fields, nil, refused
		}
		fields[part.FormName()] = value
	}
}

func readField(part *multipart.Part) (string, *apiError) {
	value, err := io.ReadAll(io.LimitReader(part, maxFieldBytes+1))
	if err != nil {
		return "", refuse(ossMalformed, "field %s: %v", part.FormName(), err)
	}
	if len(value) > maxFieldBytes {
		return "", refuse(ossMalformed, "field %s is longer than %d bytes", part.FormName(), maxFieldBytes)
	}
	return string(value), nil
}

// takeFile reads an uploaded file, without keeping a large one in memory, and
// has its version built.
func (s *Simulator) takeFile(file io.Reader, upload Upload, build Fault) *apiError {
	spool, err := os.CreateTemp("", "esasim-upload-*")
	if err != nil {
		return refuse(codeInternalException, "%v", err)
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(spool, hash), io.LimitReader(file, maxUpload+1))
	if err != nil {
		return refuse(ossRequestTimeout, "the file ended early: %v", err)
	}
	if size > maxUpload {
		return refuse(ossTooLarge, "the file is larger than %d bytes", maxUpload)
	}
	upload.Size, upload.SHA256 = size, hex.EncodeToString(hash.Sum(nil))
	upload.Time = s.clock().UTC()
	if size <= s.keepBytes {
		upload.Bytes = make([]byte, size)
		if _, err := spool.ReadAt(upload.Bytes, 0); err != nil && !errors.Is(err, io.EOF) {
			return refuse(codeInternalException, "%v", err)
		}
	}
	content := staged(spool, size)
	if upload.CodeVersion != "" {
		content = inspectZip(spool, size)
	}
	upload.Problem = content.problem

	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, ok := s.store.routines[upload.Routine]
	if !ok {
		return refuse(ossAccessDenied, "the routine %q is gone", upload.Routine)
	}
	if upload.CodeVersion == "" {
		r.staging.code, r.staging.filled = content.code, true
	} else {
		v := r.version(upload.CodeVersion)
		if v == nil {
			return refuse(ossAccessDenied, "the code version %s is gone", upload.CodeVersion)
		}
		s.build(r, v, content, build)
		r.hasAssets = r.hasAssets || content.assets
	}
	s.store.uploads = append(s.store.uploads, upload)
	s.changed()
	return nil
}

// build starts the build of a version that is not built yet. The caller holds
// the mutex.
func (s *Simulator) build(r *routine, v *codeVersion, content uploadContent, fault Fault) {
	if v.status != statusInit {
		return // OSS overwrites the file, which no one reads any more
	}
	v.code, v.hasAssets, v.pollsLeft = content.code, content.assets, s.buildPolls
	switch {
	case fault == BuildEndless:
		v.next = ""
	case fault == BuildFailed || content.problem != "":
		v.next = statusFailed
	default:
		v.next = statusAvailable
	}
	if v.pollsLeft == 0 && v.next != "" {
		s.endBuild(r, v)
	}
}

// endBuild gives a version the status that follows its build.
func (s *Simulator) endBuild(r *routine, v *codeVersion) {
	v.status, v.next = v.next, ""
	if s.says(SnapshotTime) == "built" {
		s.bind(r.name, v)
	}
}
