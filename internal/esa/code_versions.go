package esa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
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

func newBuildStatus(status string) BuildStatus {
	return BuildStatus(strings.ToLower(status))
}

const (
	// codeVersionPageSize and codeVersionPages are the most that ListRoutineCodeVersions accepts as PageSize and
	// PageNumber, so that it reaches 40 versions.
	codeVersionPageSize = 20
	codeVersionPages    = 2
)

// codeVersionRequest is the request of GetRoutineCodeVersionInfo and of DeleteRoutineCodeVersion.
type codeVersionRequest struct {
	*requests.RpcRequest
	Name        string `position:"Body" name:"Name"`
	CodeVersion string `position:"Body" name:"CodeVersion"`
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
	DeployEnv       json.RawMessage
	HasEnvVars      json.RawMessage
}

type getRoutineCodeVersionInfoResponse struct {
	answer
	codeVersionInfo
}

// codeVersionMaxAge is how long an answer about a version is used again: a version never changes once it is built, and
// it cannot go unnoticed that this client deletes one.
const codeVersionMaxAge = 10 * time.Minute

func codeVersionKey(routine, codeVersion string) string {
	return routine + "/" + codeVersion
}

// BuiltCodeVersion is GetRoutineCodeVersionInfo where an answer of the last minutes will do, as long as it was about a
// version that is available: each version is asked for once, however many plans introduce it.
func (c *Client) BuiltCodeVersion(ctx context.Context, routine, codeVersion string) (*CodeVersion, error) {
	key := codeVersionKey(routine, codeVersion)
	version, err := c.codeVersions.get(ctx, key, codeVersionMaxAge, func(ctx context.Context) (*CodeVersion, error) {
		return c.GetRoutineCodeVersionInfo(ctx, routine, codeVersion)
	})
	if err == nil && version.Status != BuildStatusAvailable {
		c.codeVersions.forget(key)
	}
	return version, about(err, "GetRoutineCodeVersionInfo", Target{Routine: routine, CodeVersion: codeVersion})
}

// GetRoutineCodeVersionInfo returns one version of a routine. [IsVersionMissing] tells of its error whether it can be
// read as "no such version".
func (c *Client) GetRoutineCodeVersionInfo(ctx context.Context, routine, codeVersion string) (*CodeVersion, error) {
	return read(ctx, c, Target{Routine: routine, CodeVersion: codeVersion},
		func() requests.AcsRequest {
			return &codeVersionRequest{RpcRequest: newRPCRequest("GetRoutineCodeVersionInfo"), Name: routine, CodeVersion: codeVersion}
		},
		func() *getRoutineCodeVersionInfoResponse {
			return &getRoutineCodeVersionInfoResponse{answer: newAnswer()}
		},
		func(response *getRoutineCodeVersionInfoResponse) (*CodeVersion, error) {
			if response.Status == "" {
				return nil, errors.New("it has no Status")
			}
			version := response.codeVersion()
			version.CodeVersion = codeVersion
			return version, nil
		},
	)
}

func (i codeVersionInfo) codeVersion() *CodeVersion {
	return &CodeVersion{
		CodeVersion: i.CodeVersion, Description: Description(i.CodeDescription), CreateTime: i.CreateTime, Status: newBuildStatus(i.Status),
		NotFoundStrategy: notFoundStrategy(i.ConfOptions), ExtraInfo: text(i.ExtraInfo),
		DeployEnv: deployEnv(i.DeployEnv), HasEnvVars: truth(i.HasEnvVars),
	}
}

// deployEnv reads DeployEnv, which older answers do not have.
func deployEnv(raw json.RawMessage) string {
	var environment string
	_ = json.Unmarshal(raw, &environment)
	return environment
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

type listRoutineCodeVersionsRequest struct {
	*requests.RpcRequest
	Name       string `position:"Body" name:"Name"`
	PageNumber string `position:"Body" name:"PageNumber"`
	PageSize   string `position:"Body" name:"PageSize"`
}

type listRoutineCodeVersionsResponse struct {
	answer
	CodeVersions []codeVersionInfo
	TotalCount   string
}

// CodeVersionList is what ListRoutineCodeVersions tells of a routine.
type CodeVersionList struct {
	Listed
	// CodeVersions are the versions it reaches, each once, in the order of ESA.
	CodeVersions []CodeVersion
}

// ListRoutineCodeVersions returns the versions of a routine, as many as the operation reaches: it has two pages of 20.
func (c *Client) ListRoutineCodeVersions(ctx context.Context, routine string) (*CodeVersionList, error) {
	list := &CodeVersionList{}
	var err error
	list.CodeVersions, list.Listed, err = pages[CodeVersion]{
		size: codeVersionPageSize, count: codeVersionPages,
		key: func(version CodeVersion) string { return version.CodeVersion },
		page: func(ctx context.Context, number int) ([]CodeVersion, int, error) {
			page, err := c.listRoutineCodeVersionsPage(ctx, routine, number)
			return page.CodeVersions, page.Total, err
		},
	}.list(ctx)
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (c *Client) listRoutineCodeVersionsPage(ctx context.Context, routine string, page int) (CodeVersionList, error) {
	return read(ctx, c, Target{Routine: routine},
		func() requests.AcsRequest {
			return &listRoutineCodeVersionsRequest{
				RpcRequest: newRPCRequest("ListRoutineCodeVersions"), Name: routine,
				PageNumber: strconv.Itoa(page), PageSize: strconv.Itoa(codeVersionPageSize),
			}
		},
		func() *listRoutineCodeVersionsResponse { return &listRoutineCodeVersionsResponse{answer: newAnswer()} },
		func(response *listRoutineCodeVersionsResponse) (list CodeVersionList, err error) {
			list.Total, err = strconv.Atoi(response.TotalCount)
			if err != nil || response.CodeVersions == nil && list.Total > 0 {
				return list, fmt.Errorf("it counts %q code versions and lists %d", response.TotalCount, len(response.CodeVersions))
			}
			for _, info := range response.CodeVersions {
				list.CodeVersions = append(list.CodeVersions, *info.codeVersion())
			}
			return list, nil
		},
	)
}

// FindCodeVersion returns a version of a routine, nil if the routine surely has no such version. Where the answer of
// GetRoutineCodeVersionInfo leaves that open, ListRoutineCodeVersions settles it. That the routine itself does not exist
// is an error; see [IsRoutineMissing].
func (c *Client) FindCodeVersion(ctx context.Context, routine, codeVersion string) (*CodeVersion, error) {
	return c.findCodeVersion(ctx, routine, codeVersion, c.GetRoutineCodeVersionInfo)
}

// FindBuiltCodeVersion is FindCodeVersion where an answer of the last minutes will do, as [Client.BuiltCodeVersion] says.
func (c *Client) FindBuiltCodeVersion(ctx context.Context, routine, codeVersion string) (*CodeVersion, error) {
	return c.findCodeVersion(ctx, routine, codeVersion, c.BuiltCodeVersion)
}

func (c *Client) findCodeVersion(ctx context.Context, routine, codeVersion string, get func(ctx context.Context, routine, codeVersion string) (*CodeVersion, error)) (*CodeVersion, error) {
	version, err := get(ctx, routine, codeVersion)
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
	index := slices.IndexFunc(list.CodeVersions, func(listed CodeVersion) bool { return listed.CodeVersion == codeVersion })
	if index >= 0 {
		return &list.CodeVersions[index], nil
	}
	if list.Complete() || IsVersionMissing(err) {
		return nil, nil
	}
	return nil, err
}

// The values of ConfOptions.NotFoundStrategy: what static files answer to a path that none of them has.
const (
	// NotFoundSinglePage answers index.html, for the router of a single-page application.
	NotFoundSinglePage = "SinglePageApplication"
	// NotFound404Page answers 404.html.
	NotFound404Page = "404Page"
)

// NotFoundStrategies returns the values of ConfOptions.NotFoundStrategy.
func NotFoundStrategies() []string {
	return []string{NotFoundSinglePage, NotFound404Page}
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

type createRoutineWithAssetsCodeVersionRequest struct {
	*requests.RpcRequest
	Name            string `position:"Body" name:"Name"`
	CodeDescription string `position:"Body" name:"CodeDescription"`
	ConfOptions     string `position:"Body" name:"ConfOptions"`
	ExtraInfo       string `position:"Body" name:"ExtraInfo"`
	DeployEnv       string `position:"Body" name:"DeployEnv"`
}

type createRoutineWithAssetsCodeVersionResponse struct {
	answer
	CodeVersion   string
	OssPostConfig struct {
		URL               string `json:"Url"`
		Key               string
		Policy            string
		Signature         string
		OSSAccessKeyID    string `json:"OSSAccessKeyId"`
		XOssSecurityToken string
	}
}

// CreateRoutineWithAssetsCodeVersion reserves a version in status init and returns it with the form that its code is to
// be uploaded with. It makes one attempt: whether to make another depends on what the first one did, which
// [Error.MayHaveTakenEffect] and a look at the versions tell. A version that gets no code stays in init for ever and
// counts against the account's quota until [Client.DeleteRoutineCodeVersion] deletes it.
func (c *Client) CreateRoutineWithAssetsCodeVersion(ctx context.Context, slot *Slot, input CodeVersionInput) (*ReservedCodeVersion, error) {
	request := &createRoutineWithAssetsCodeVersionRequest{
		RpcRequest:      newRPCRequest("CreateRoutineWithAssetsCodeVersion"),
		Name:            input.Routine,
		CodeDescription: input.Description,
		ExtraInfo:       input.ExtraInfo,
		DeployEnv:       input.DeployEnv,
	}
	if input.NotFoundStrategy != "" {
		options, err := json.Marshal(map[string]string{"NotFoundStrategy": input.NotFoundStrategy})
		if err != nil {
			return nil, fmt.Errorf("writing ConfOptions as JSON: %w", err)
		}
		request.ConfOptions = string(options)
	}
	return once(ctx, c, Target{Routine: input.Routine}, slot, request, &createRoutineWithAssetsCodeVersionResponse{answer: newAnswer()},
		func(response *createRoutineWithAssetsCodeVersionResponse) (*ReservedCodeVersion, error) {
			if response.CodeVersion == "" {
				return nil, errors.New("it has no CodeVersion")
			}
			post := response.OssPostConfig
			form := UploadForm{
				key: post.Key, policy: post.Policy, signature: post.Signature, accessKeyID: post.OSSAccessKeyID, securityToken: post.XOssSecurityToken,
			}
			var err error
			form.address, err = uploadAddress(post.URL)
			if err == nil && (form.key == "" || form.policy == "" || form.signature == "" || form.accessKeyID == "") {
				err = errors.New("it lacks a field that an upload needs: Key, Policy, Signature and OSSAccessKeyId")
			}
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
	return ok && failure.Kind == Refused && failure.Operation == "CreateRoutineWithAssetsCodeVersion" && !failure.throttled() &&
		strings.Contains(strings.ToLower(failure.Code+" "+failure.Message), "quota")
}

// DeleteRoutineCodeVersion deletes a version, which ESA refuses with DependedByOthers while an environment serves it. It
// makes one attempt. Another one does no harm: what is gone is answered like what never was; see [IsVersionMissing].
func (c *Client) DeleteRoutineCodeVersion(ctx context.Context, slot *Slot, routine, codeVersion string) error {
	request := &codeVersionRequest{RpcRequest: newRPCRequest("DeleteRoutineCodeVersion"), Name: routine, CodeVersion: codeVersion}
	response := newAnswer()
	_, err := once(ctx, c, Target{Routine: routine, CodeVersion: codeVersion}, slot, request, &response,
		func(*answer) (struct{}, error) { return struct{}{}, nil })
	return err
}
