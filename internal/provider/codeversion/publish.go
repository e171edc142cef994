package codeversion

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
)

const (
	// cleanupTimeout is how long the deletion of a version that came to nothing may take, after the operation itself was
	// canceled or ran out of time.
	cleanupTimeout = 15 * time.Second
	// forms is how many versions are reserved at the most, one after the other, where the upload outlasts the first one's
	// form.
	forms = 2
)

// publication makes one code version: it reserves a number, uploads the zip and awaits the build. Whatever goes wrong,
// no version that is not built is left.
type publication struct {
	client  *esa.Client
	input   esa.CodeVersionInput
	archive *bundle.Archive
	// lineage is in the ExtraInfo of every version of the resource, empty if it does not retain any.
	lineage string

	// marker is in the ExtraInfo of every version that this publication reserves, and of no other: it finds a version
	// whose number was lost with the answer.
	marker string
	// unsettled is set while a reservation may have made a version that no one knows of.
	unsettled bool
	// reservedAgain is set once a reservation was not answered with a version.
	reservedAgain bool
}

// The steps of a publication, as messages call them.
const (
	stepReserve = "reserve a code version"
	stepUpload  = "upload the code"
	stepBuild   = "build the code version"
)

// publishError says how far a publication came and what became of the version that it had reserved.
type publishError struct {
	// step is the one that failed.
	step  string
	cause error
	// reserved is the version that was reserved, as it was seen last; nil if there was none.
	reserved *esa.CodeVersion
	// cleanup is why it could not be deleted, nil if it was.
	cleanup error
}

var (
	// errBuildFailed says that a build ended in a status other than available, which publishError.reserved has.
	errBuildFailed     = errors.New("the build failed")
	errVersionVanished = errors.New("the code version that was just reserved does not exist any more; someone else may have deleted it")
)

// run publishes, and returns the version once it can be deployed.
func (p *publication) run(ctx context.Context) (*esa.CodeVersion, *publishError) {
	// The vendor's own tools put JSON with a Source into ExtraInfo, too.
	p.marker = rand.Text()
	extra, _ := json.Marshal(extraInfo{Source: "Terraform", Publication: p.marker, Lineage: p.lineage}) // texts are always JSON
	p.input.ExtraInfo = string(extra)
	for form := 1; ; form++ {
		reserved, err := p.reserve(ctx)
		if err != nil {
			return nil, &publishError{step: stepReserve, cause: err, cleanup: p.cleanUp(ctx, "")}
		}
		version := &esa.CodeVersion{CodeVersion: reserved.CodeVersion, Status: esa.BuildStatusInit}
		step := stepUpload
		err = p.upload(ctx, reserved)
		if err == nil {
			step = stepBuild
			version, err = p.awaitBuild(ctx, version)
		}
		if err == nil {
			if p.reservedAgain {
				// A reservation that was not answered with a version may have made one all the same, later than anyone read. What
				// cannot be found out costs quota and nothing else.
				marked, _ := p.marked(ctx, reserved.CodeVersion)
				_ = p.discard(ctx, marked)
			}
			return version, nil
		}
		cleanup := p.cleanUp(ctx, reserved.CodeVersion)
		// A form that was too old when the upload came is not the fault of the code: a new version has a new form.
		if form < forms && cleanup == nil && ctx.Err() == nil && esa.IsUploadPolicyExpired(err) {
			continue
		}
		return nil, &publishError{step: step, cause: err, reserved: version, cleanup: cleanup}
	}
}

// extraInfo is what ExtraInfo holds of a version that this provider published.
type extraInfo struct {
	Source      string
	Publication string
	Lineage     string `json:",omitempty"`
}

// reserve reserves one version. A reservation whose answer was lost is not simply made again: what it made is found by
// the marker and deleted first, since the form for its upload was lost with the answer.
func (p *publication) reserve(ctx context.Context) (reserved *esa.ReservedCodeVersion, err error) {
	for {
		written, err := esa.Guard(ctx, p.client, esa.Write[[]string]{
			Operation:     "CreateRoutineWithAssetsCodeVersion",
			Target:        esa.Target{Routine: p.input.Routine},
			ReadAfterLoss: func(ctx context.Context) ([]string, error) { return p.marked(ctx, "") },
			Judge: func(marked []string, _ *[]string) (esa.Verdict, error) {
				if len(marked) > 0 {
					return esa.Achieved, nil
				}
				return esa.Permitted, nil
			},
			Send: func(ctx context.Context, slot *esa.Slot) (err error) {
				reserved, err = p.client.CreateRoutineWithAssetsCodeVersion(ctx, slot, p.input)
				p.reservedAgain = p.reservedAgain || err != nil
				return err
			},
		})
		p.unsettled = !written.Sent && written.Unanswered
		if err != nil || written.Sent {
			return reserved, err
		}
		if err := p.discard(ctx, written.Seen); err != nil {
			return nil, err
		}
		p.unsettled = false
	}
}

// marked returns the versions that this publication has reserved, except one, and an error where the list changed while it was read.
// Of a routine with more versions than ESA lists, one that is missed costs quota and nothing else.
func (p *publication) marked(ctx context.Context, except string) (marked []string, err error) {
	list, err := p.client.ListRoutineCodeVersions(ctx, p.input.Routine)
	if err != nil {
		return nil, fmt.Errorf("looking for the version that an unanswered call may have reserved: %w", err)
	}
	for _, version := range list.Known {
		if strings.Contains(version.ExtraInfo, p.marker) && version.CodeVersion != except {
			marked = append(marked, version.CodeVersion)
		}
	}
	if len(marked) == 0 && !list.Truncated {
		_, err = list.Whole()
	}
	return marked, err
}

// discard deletes versions that came to nothing.
func (p *publication) discard(ctx context.Context, codeVersions []string) error {
	for _, codeVersion := range codeVersions {
		discarded := removal{client: p.client, routine: p.input.Routine, codeVersion: codeVersion}
		if err := discarded.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// upload posts the zip. The same form may be used again while its policy lasts: it replaces the object.
func (p *publication) upload(ctx context.Context, reserved *esa.ReservedCodeVersion) error {
	target := esa.Target{Routine: p.input.Routine, CodeVersion: reserved.CodeVersion}
	return p.client.Upload(ctx, target, reserved.Form, p.archive.Size(), func(to io.Writer) error { return p.archive.Write(ctx, to) })
}

// awaitBuild returns the version once it is available, and with an error the version as it was seen last.
func (p *publication) awaitBuild(ctx context.Context, seen *esa.CodeVersion) (*esa.CodeVersion, error) {
	built, err := p.client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		version, err := p.client.FindCodeVersion(ctx, p.input.Routine, seen.CodeVersion, 0)
		if version == nil {
			return false, err
		}
		seen = version
		switch seen.Status {
		case esa.BuildStatusAvailable:
			return true, nil
		case esa.BuildStatusInit:
			return false, esa.ErrReadAgain
		default:
			return false, errBuildFailed
		}
	})
	if err == nil && !built {
		err = errVersionVanished
	}
	return seen, err
}

// cleanUp deletes a version that came to nothing, also where the operation itself was canceled or ran out of time. Where its number
// was lost with the answer, codeVersion is empty, and the marker finds it.
func (p *publication) cleanUp(ctx context.Context, codeVersion string) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	found := []string{codeVersion}
	switch {
	case codeVersion == "" && !p.unsettled:
		return nil
	case codeVersion == "":
		_, err = p.client.Poll(ctx, esa.ReadsAfterLostAnswer, func() (_ bool, err error) {
			found, err = p.marked(ctx, "")
			return len(found) > 0, err
		})
	}
	if err != nil {
		return err
	}
	return p.discard(ctx, found)
}
