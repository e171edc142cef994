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
	// cleanupTimeout limits the cleanup after a failed publication, also if the publication was canceled or ran out of time.
	cleanupTimeout = 15 * time.Second
	// forms is the maximum number of reserved versions, one after the other, if the upload form of the first one expires.
	forms = 2
)

// publication publishes one code version: it reserves a number, uploads the zip and waits for the build. If it fails, it deletes
// the reserved version.
type publication struct {
	client  *esa.Client
	input   esa.CodeVersionInput
	archive *bundle.Archive
	// lineage is in the ExtraInfo of every version of the resource. It is empty without retain.
	lineage string

	// marker is in the ExtraInfo of every version that this publication reserves, and of no other. It finds a version whose
	// number was lost with the answer.
	marker string
	// unsettled is set while a reservation may have created a version with an unknown number.
	unsettled bool
	// reservedAgain is set after a reservation without a version in the answer.
	reservedAgain bool
}

// The steps of a publication in messages.
const (
	stepReserve = "reserve a code version"
	stepUpload  = "upload the code"
	stepBuild   = "build the code version"
)

// publishError is the failure of a publication.
type publishError struct {
	// step is the failed step.
	step  string
	cause error
	// reserved is the reserved version as of the last read, nil if there was none.
	reserved *esa.CodeVersion
	// cleanup is why the version could not be deleted, nil if it was deleted.
	cleanup error
}

var (
	// errBuildFailed means that the build ended in another status than available; see publishError.reserved.
	errBuildFailed     = errors.New("the build failed")
	errVersionVanished = errors.New("the code version that was just reserved does not exist any more; someone else may have deleted it")
)

// run publishes the version, and returns it as soon as it can be deployed.
func (p *publication) run(ctx context.Context) (*esa.CodeVersion, *publishError) {
	// The vendor's tools also store JSON with a Source in ExtraInfo.
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
				// A reservation without a version in the answer may have created one later. If it is not found, it only costs
				// quota.
				marked, _ := p.marked(ctx, reserved.CodeVersion)
				_ = p.discard(ctx, marked)
			}
			return version, nil
		}
		cleanup := p.cleanUp(ctx, reserved.CodeVersion)
		// If the form has expired, a new version has a new form.
		if form < forms && cleanup == nil && ctx.Err() == nil && esa.IsUploadPolicyExpired(err) {
			continue
		}
		return nil, &publishError{step: step, cause: err, reserved: version, cleanup: cleanup}
	}
}

// extraInfo is the ExtraInfo of a version that this provider published.
type extraInfo struct {
	Source      string
	Publication string
	Lineage     string `json:",omitempty"`
}

// reserve reserves one version. After a lost answer it first finds the version of the lost reservation by the marker and deletes
// it, because the form for its upload was lost too.
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

// marked returns the versions that this publication has reserved, except one, or an error if the list changed while it was read.
// If the routine has more versions than ESA lists, a version may be missed. It only costs quota.
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

// discard deletes versions.
func (p *publication) discard(ctx context.Context, codeVersions []string) error {
	for _, codeVersion := range codeVersions {
		discarded := removal{client: p.client, routine: p.input.Routine, codeVersion: codeVersion}
		if err := discarded.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// upload uploads the zip.
func (p *publication) upload(ctx context.Context, reserved *esa.ReservedCodeVersion) error {
	target := esa.Target{Routine: p.input.Routine, CodeVersion: reserved.CodeVersion}
	return p.client.Upload(ctx, target, reserved.Form, p.archive.Size(), func(to io.Writer) error { return p.archive.Write(ctx, to) })
}

// awaitBuild returns the version as soon as it is available. With an error it returns the version as of the last read.
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

// cleanUp deletes a version, also if the operation itself was canceled or ran out of time. If its number was lost with the
// answer, codeVersion is empty, and cleanUp finds it by the marker.
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
