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
	// Status is the status of its build; see [BuildStatus].
	Status BuildStatus
	// NotFoundStrategy is ConfOptions.NotFoundStrategy: the answer to a path without a static file. It is empty if not set.
	NotFoundStrategy string
	// ExtraInfo is the parameter ExtraInfo of its creation, in the format of the ESA API.
	ExtraInfo string
	// DeployEnv is the environment whose variables it contains, empty if it contains none. Only [Client.ListRoutineCodeVersions]
	// returns it.
	DeployEnv string
	// HasEnvVars reports whether it contains variables, nil if ESA does not say.
	HasEnvVars *bool
}

// BuildStatus is the status of the build of a code version in lower case. ESA returns any letter case.
type BuildStatus string

const (
	// BuildStatusInit is the status until the code of the version is uploaded and built.
	BuildStatusInit BuildStatus = "init"
	// BuildStatusAvailable is the status of a version that can be deployed. Every other status is a failure.
	BuildStatusAvailable BuildStatus = "available"
)

// codeVersionPages are the maximums of PageSize and PageNumber of ListRoutineCodeVersions, which therefore lists up to 40 versions.
var codeVersionPages = pages[CodeVersion]{
	what: "code versions", size: 20, count: 2,
	key: func(version CodeVersion) string { return version.CodeVersion },
}

// codeVersionInfo keeps fields raw whose type the reference page does not specify, so that an unexpected type does not make the
// whole answer unreadable.
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

// GetRoutineCodeVersionInfo returns one version of a routine. It may use an answer that is up to maxAge old if the version was
// available then: a version does not change after its build. Callers share the result and must not change it. [IsVersionMissing]
// reports whether the error can mean that the version does not exist.
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

// codeVersionCall is an operation whose only parameters are a routine and a code version.
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

// truth parses a boolean, also in a JSON string; nil if it is neither true nor false.
func truth(raw json.RawMessage) *bool {
	value, err := strconv.ParseBool(text(raw))
	if err != nil {
		return nil
	}
	return &value
}

// notFoundStrategy reads ConfOptions, a JSON object or a string that contains one. It is empty if there is no strategy.
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

// ListRoutineCodeVersions returns the versions of a routine, up to two pages of 20.
func (c *Client) ListRoutineCodeVersions(ctx context.Context, routine string) (*List[CodeVersion], error) {
	call := call{operation: "ListRoutineCodeVersions", target: Target{Routine: routine}, parameters: parameters{"Name": routine}}
	return listAll(ctx, c, call, codeVersionPages, func(response *listRoutineCodeVersionsResponse) ([]CodeVersion, error) {
		return each(response.CodeVersions, func(info codeVersionInfo) (CodeVersion, error) { return info.codeVersion(), nil })
	})
}

// FindCodeVersion is GetRoutineCodeVersionInfo that returns nil if the routine has no such version. If the answer is unclear, it
// asks ListRoutineCodeVersions. It returns an error if the routine does not exist; see [IsRoutineMissing].
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

// NotFoundStrategies returns the values of ConfOptions.NotFoundStrategy, the answer to a path without a static file: index.html
// for the router of a single-page application, or 404.html.
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
	// ExtraInfo is stored with the version and returned by ListRoutineCodeVersions. The vendor's tools store JSON in it.
	ExtraInfo string
	// DeployEnv is the environment whose variables are copied into the version, one of [Environments], empty for none.
	DeployEnv string
}

// ReservedCodeVersion is a version with a number and without code.
type ReservedCodeVersion struct {
	// CodeVersion is the version's number.
	CodeVersion string
	// Form is the form to upload its code with.
	Form UploadForm
}

type createRoutineWithAssetsCodeVersionResponse struct {
	answer
	CodeVersion   string
	OssPostConfig ossPostConfig
}

// CreateRoutineWithAssetsCodeVersion reserves a version in status init and returns it with the form to upload its code. It makes
// one attempt: [Error.MayHaveTakenEffect] and the list of versions show whether another one is needed. A version without code
// stays in status init and counts against the quota of the account until [Client.DeleteRoutineCodeVersion] deletes it.
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

// IsVersionQuotaFull reports whether err is ESA's answer that the routine has the maximum number of code versions. ESA does not
// document the code; the message mentions the quota.
func IsVersionQuotaFull(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Kind == Refused && failure.Operation == "CreateRoutineWithAssetsCodeVersion" && !failure.Throttled() &&
		strings.Contains(strings.ToLower(failure.Code+" "+failure.Message), "quota")
}

// DeleteRoutineCodeVersion deletes a version. ESA refuses that with DependedByOthers while an environment serves it. It makes one
// attempt, and another one does no harm; see [IsVersionMissing].
func (c *Client) DeleteRoutineCodeVersion(ctx context.Context, slot *Slot, routine, codeVersion string) error {
	return c.write(ctx, slot, codeVersionCall("DeleteRoutineCodeVersion", routine, codeVersion))
}
