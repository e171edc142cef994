package esa

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// CodeVersion is one version of a routine's code, without the code.
type CodeVersion struct {
	// CodeVersion is the version's number.
	CodeVersion string
	// Description is what its author said of it.
	Description string
	// CreateTime is when it was made, as ESA writes it (RFC 3339).
	CreateTime string
	// Status tells how far its build is; see [BuildStatus].
	Status BuildStatus
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

type getRoutineCodeVersionInfoRequest struct {
	*requests.RpcRequest
	Name        string `position:"Body" name:"Name"`
	CodeVersion string `position:"Body" name:"CodeVersion"`
}

type codeVersionInfo struct {
	CodeVersion     string
	CodeDescription string
	CreateTime      string
	Status          string
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
	return version, err
}

// GetRoutineCodeVersionInfo returns one version of a routine. [IsVersionMissing] tells of its error whether it can be
// read as "no such version".
func (c *Client) GetRoutineCodeVersionInfo(ctx context.Context, routine, codeVersion string) (*CodeVersion, error) {
	return read(ctx, c, Target{Routine: routine, CodeVersion: codeVersion},
		func() requests.AcsRequest {
			return &getRoutineCodeVersionInfoRequest{RpcRequest: newRPCRequest("GetRoutineCodeVersionInfo"), Name: routine, CodeVersion: codeVersion}
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
	return &CodeVersion{CodeVersion: i.CodeVersion, Description: i.CodeDescription, CreateTime: i.CreateTime, Status: newBuildStatus(i.Status)}
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
	// CodeVersions are the versions it reaches, in the order of ESA.
	CodeVersions []CodeVersion
	// Total is how many versions the routine has, which may be more.
	Total int
}

// Complete tells whether the list holds every version of the routine.
func (l *CodeVersionList) Complete() bool {
	return len(l.CodeVersions) >= l.Total
}

// ListRoutineCodeVersions returns the versions of a routine, as many as the operation reaches: it has two pages of 20.
func (c *Client) ListRoutineCodeVersions(ctx context.Context, routine string) (*CodeVersionList, error) {
	list := &CodeVersionList{}
	for page := 1; page <= codeVersionPages; page++ {
		next, err := c.listRoutineCodeVersionsPage(ctx, routine, page)
		if err != nil {
			return nil, err
		}
		list.Total = next.Total
		list.CodeVersions = append(list.CodeVersions, next.CodeVersions...)
		if list.Complete() || len(next.CodeVersions) == 0 {
			break
		}
	}
	return list, nil
}

func (c *Client) listRoutineCodeVersionsPage(ctx context.Context, routine string, page int) (*CodeVersionList, error) {
	return read(ctx, c, Target{Routine: routine},
		func() requests.AcsRequest {
			return &listRoutineCodeVersionsRequest{
				RpcRequest: newRPCRequest("ListRoutineCodeVersions"), Name: routine,
				PageNumber: strconv.Itoa(page), PageSize: strconv.Itoa(codeVersionPageSize),
			}
		},
		func() *listRoutineCodeVersionsResponse { return &listRoutineCodeVersionsResponse{answer: newAnswer()} },
		func(response *listRoutineCodeVersionsResponse) (*CodeVersionList, error) {
			total, err := strconv.Atoi(response.TotalCount)
			if err != nil || response.CodeVersions == nil && total > 0 {
				return nil, fmt.Errorf("it counts %q code versions and lists %d", response.TotalCount, len(response.CodeVersions))
			}
			list := &CodeVersionList{Total: total}
			for _, info := range response.CodeVersions {
				list.CodeVersions = append(list.CodeVersions, *info.codeVersion())
			}
			return list, nil
		},
	)
}
