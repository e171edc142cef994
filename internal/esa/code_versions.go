package esa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// CodeVersion is one version of a routine's code, without the code.
type CodeVersion struct {
	// CodeVersion is the version's number.
	CodeVersion string
	// Description is the description that its author gave it.
	Description Description
	// CreateTime is when it was created, in the format of the ESA API (RFC 3339).
	CreateTime string
	// Status tells how far its build is; see [BuildStatus].
	Status BuildStatus
	// NotFoundStrategy is ConfOptions.NotFoundStrategy: what its static files answer to a path that none of them has.
	// It is empty if nothing was chosen.
	NotFoundStrategy string
	// ExtraInfo is the text of the parameter ExtraInfo that it was reserved with, in the format of the ESA API.
	ExtraInfo string
	// DeployEnv is the environment whose variables it carries, empty if it carries none. Only
	// [Client.ListRoutineCodeVersions] tells it.
	DeployEnv string
	// HasEnvVars tells whether it carries variables, nil if ESA does not say.
	HasEnvVars *bool
}

// BuildStatus is how far the build of a code version is, in lower case (ESA answers any letter case).
type BuildStatus string

const (
	// BuildStatusInit is the status while the version's code is awaited or built.
	BuildStatusInit BuildStatus = "init"
	// BuildStatusAvailable is the status of a version that can be deployed. Every other status is a failure.
	BuildStatusAvailable BuildStatus = "available"
)

// codeVersionPages are the most that ListRoutineCodeVersions accepts as PageSize and PageNumber, so that it reaches 40 versions.
var codeVersionPages = pages[CodeVersion]{
	what: "code versions", size: 20, count: 2,
	key: func(version CodeVersion) string { return version.CodeVersion },
}

// codeVersionInfo leaves fields raw whose type the reference page does not settle, so that an unexpected one does not
// make the whole answer unreadable.
type codeVersionInfo struct {
	CodeVersion     string
	CodeDescription string
	CreateTime      string
	Status          string
	ConfOptions     json.RawMessage
	ExtraInfo       json.RawMessage
	DeployEnv       string
	HasEnvVars      json.RawMessage
}

type getRoutineCodeVersionInfoResponse struct {
	answer
	codeVersionInfo
}

// GetRoutineCodeVersionInfo returns one version of a routine, by an answer that is up to maxAge old if the version was available
// then: it never changes once it is built. The result is shared and must not be changed. [IsVersionMissing] tells of its error
// whether it can be read as "no such version".
func (c *Client) GetRoutineCodeVersionInfo(ctx context.Context, routine, codeVersion string, maxAge time.Duration) (*CodeVersion, error) {
	call := codeVersionCall("GetRoutineCodeVersionInfo", routine, codeVersion)
	version, err := c.codeVersions.get(ctx, call, maxAge, func(ctx context.Context) (*CodeVersion, error) {
		return read(ctx, c, call, func(response *getRoutineCodeVersionInfoResponse) (*CodeVersion, error) {
			if response.Status == "" {
				return nil, errors.New("it has no Status")
			}
			response.CodeVersion = codeVersion
			return new(response.codeVersion()), nil
		})
	})
	if err == nil && version.Status != BuildStatusAvailable {
		c.codeVersions.forget(call.target)
	}
	return version, err
}

// codeVersionCall is an operation that needs nothing but the name of a routine and the number of a version of it.
func codeVersionCall(operation, routine, codeVersion string) call {
	return call{
		operation: operation, target: Target{Routine: routine, CodeVersion: codeVersion},
		parameters: parameters{"Name": routine, "CodeVersion": codeVersion},
	}
}

func (i codeVersionInfo) codeVersion() CodeVersion {
	return CodeVersion{
		CodeVersion: i.CodeVersion, Description: Description(i.CodeDescription), CreateTime: i.CreateTime, Status: BuildStatus(strings.ToLower(i.Status)),
		NotFoundStrategy: notFoundStrategy(i.ConfOptions), ExtraInfo: text(i.ExtraInfo),
		DeployEnv: i.DeployEnv, HasEnvVars: truth(i.HasEnvVars),
	}
}

// truth reads a true or false, also where it is text; nil if it is neither.
func truth(raw json.RawMessage) *bool {
	value, err := strconv.ParseBool(text(raw))
	if err != nil {
		return nil
	}
	return &value
}

// notFoundStrategy reads ConfOptions, a JSON object or the text of one; empty if it names no strategy.
func notFoundStrategy(raw json.RawMessage) string {
	var inText string
	if json.Unmarshal(raw, &inText) == nil {
		raw = json.RawMessage(inText)
	}
	var options struct{ NotFoundStrategy string }
	_ = json.Unmarshal(raw, &options)
	return options.NotFoundStrategy
}

type listRoutineCodeVersionsResponse struct {
	counted

	CodeVersions []codeVersionInfo
}

// ListRoutineCodeVersions returns the versions of a routine, as many as the operation reaches: it has two pages of 20.
func (c *Client) ListRoutineCodeVersions(ctx context.Context, routine string) (*List[CodeVersion], error) {
	call := call{operation: "ListRoutineCodeVersions", target: Target{Routine: routine}, parameters: parameters{"Name": routine}}
	return listAll(ctx, c, call, codeVersionPages, func(response *listRoutineCodeVersionsResponse) ([]CodeVersion, error) {
		return each(response.CodeVersions, func(info codeVersionInfo) (CodeVersion, error) { return info.codeVersion(), nil })
	})
}

// FindCodeVersion is GetRoutineCodeVersionInfo that returns nil where the routine surely has no such version. Where its answer
// leaves that open, ListRoutineCodeVersions settles it. That the routine itself does not exist is an error; see
// [IsRoutineMissing].
func (c *Client) FindCodeVersion(ctx context.Context, routine, codeVersion string, maxAge time.Duration) (*CodeVersion, error) {
	version, err := c.GetRoutineCodeVersionInfo(ctx, routine, codeVersion, maxAge)
	if err == nil || !IsVersionMissing(err) && !HasCode(err, "InvalidParameter", "InvalidAction.NotFound") {
		return version, err
	}
	list, listErr := c.ListRoutineCodeVersions(ctx, routine)
	if IsPermissionMissing(listErr) && IsVersionMissing(err) {
		return nil, nil
	}
	if listErr != nil {
		return nil, listErr
	}
	found, incomplete := list.Find(func(listed CodeVersion) bool { return listed.CodeVersion == codeVersion })
	if found != nil || incomplete == nil || IsVersionMissing(err) {
		return found, nil
	}
	return nil, err
}

// NotFoundStrategies returns the values of ConfOptions.NotFoundStrategy: what static files answer to a path that none of them has.
// The first answers index.html, for the router of a single-page application, the second 404.html.
func NotFoundStrategies() []string {
	return []string{"SinglePageApplication", "404Page"}
}

// CodeVersionInput are the parameters of CreateRoutineWithAssetsCodeVersion.
type CodeVersionInput struct {
	// Routine is the parameter Name.
	Routine string
	// Description is the parameter CodeDescription, empty for none.
	Description string
	// NotFoundStrategy is one of [NotFoundStrategies], empty for ESA's default.
	NotFoundStrategy string
	// ExtraInfo is kept with the version, and shown by ListRoutineCodeVersions. The vendor's tools put JSON in it.
	ExtraInfo string
	// DeployEnv is the environment whose variables the version carries from now on, one of [Environments]. Empty means
	// that it carries none.
	DeployEnv string
}

// ReservedCodeVersion is a version that has a number and no code yet.
type ReservedCodeVersion struct {
	// CodeVersion is the version's number.
	CodeVersion string
	// Form is what its code is to be uploaded with.
	Form UploadForm
}

type createRoutineWithAssetsCodeVersionResponse struct {
	answer
	CodeVersion   string
	OssPostConfig ossPostConfig
}

// CreateRoutineWithAssetsCodeVersion reserves a version in status init and returns it with the form that its code is to
// be uploaded with. It makes one attempt: whether to make another depends on what the first one did, which
// [Error.MayHaveTakenEffect] and the versions tell. A version that gets no code stays in init for ever and
// counts against the account's quota until [Client.DeleteRoutineCodeVersion] deletes it.
func (c *Client) CreateRoutineWithAssetsCodeVersion(ctx context.Context, slot *Slot, input CodeVersionInput) (*ReservedCodeVersion, error) {
	options := ""
	if input.NotFoundStrategy != "" {
		encoded, _ := json.Marshal(map[string]string{"NotFoundStrategy": input.NotFoundStrategy}) // texts are always JSON
		options = string(encoded)
	}
	return once(ctx, c, slot, call{
		operation: "CreateRoutineWithAssetsCodeVersion", target: Target{Routine: input.Routine},
		parameters: parameters{
			"Name": input.Routine, "CodeDescription": input.Description, "ConfOptions": options, "ExtraInfo": input.ExtraInfo, "DeployEnv": input.DeployEnv,
		}.given(),
	}, func(response *createRoutineWithAssetsCodeVersionResponse) (*ReservedCodeVersion, error) {
		if response.CodeVersion == "" {
			return nil, errors.New("it has no CodeVersion")
		}
		form, err := newUploadForm(response.OssPostConfig)
		if err != nil {
			return nil, fmt.Errorf("its OssPostConfig for code version %s is not usable: %w", response.CodeVersion, err)
		}
		return &ReservedCodeVersion{CodeVersion: response.CodeVersion, Form: form}, nil
	})
}

// IsVersionQuotaFull tells whether err is ESA's answer that the routine has as many code versions as it may have. The code
// is not documented; the message speaks of the quota.
func IsVersionQuotaFull(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == Refused && failure.Operation == "CreateRoutineWithAssetsCodeVersion" && !failure.Throttled() &&
		strings.Contains(strings.ToLower(failure.Code+" "+failure.Message), "quota")
}

// DeleteRoutineCodeVersion deletes a version, which ESA refuses with DependedByOthers while an environment serves it. It
// makes one attempt. Another one does no harm: what is gone is answered like what never was; see [IsVersionMissing].
func (c *Client) DeleteRoutineCodeVersion(ctx context.Context, slot *Slot, routine, codeVersion string) error {
	return c.write(ctx, slot, codeVersionCall("DeleteRoutineCodeVersion", routine, codeVersion))
}
