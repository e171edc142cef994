package esa

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Routine is the answer of GetRoutine.
type Routine struct {
	RoutineSummary
	// Deployments are the current deployments, at most one for each environment, in any order.
	Deployments []Deployment
	// Published are the environments for which ESA returns a code version but no deployment, as it may after
	// PublishRoutineCodeVersion. They serve something, but ESA does not say what.
	Published []string
}

// Deployment returns the deployment of an environment, nil if it has none.
func (r *Routine) Deployment(environment string) *Deployment {
	index := slices.IndexFunc(r.Deployments, func(deployment Deployment) bool { return deployment.Environment == environment })
	if index < 0 {
		return nil
	}
	return &r.Deployments[index]
}

// Deployment is the current deployment of an environment: Envs[].CodeDeploy of GetRoutine.
type Deployment struct {
	// Environment is "staging" or "production".
	Environment string
	// ID is DeployId, the number that CreateRoutineCodeDeployment returns as DeploymentId.
	ID string
	// Strategy is the deployment strategy.
	Strategy string
	// CreateTime is when the deployment was created, in the format of the ESA API (RFC 3339).
	CreateTime string
	// CodeVersions are the versions that it serves, in any order.
	CodeVersions []DeployedVersion
}

// Times parses two times in the format of the ESA API, RFC 3339 with or without fractions of a second. ok is false if it cannot.
func Times(a, b string) (first, second time.Time, ok bool) {
	first, err := time.Parse(time.RFC3339, a)
	if err != nil {
		return time.Time{}, time.Time{}, false
	}
	second, err = time.Parse(time.RFC3339, b)
	return first, second, err == nil
}

// DeployedVersion is one code version that an environment serves.
type DeployedVersion struct {
	// CodeVersion is the version's number.
	CodeVersion string
	// Percentage is its share of the requests in percent.
	Percentage int
	// CreateTime is when the version was created, in the format of the ESA API (RFC 3339).
	CreateTime string
	// Description is the description that its author gave it.
	Description Description
}

// routineInfo is what GetRoutine and ListUserRoutines both return for a routine.
type routineInfo struct {
	Description          string
	CreateTime           string
	DefaultRelatedRecord string
	HasAssets            bool
}

func (i routineInfo) summary(name string) RoutineSummary {
	return RoutineSummary{
		Name: name, Description: Description(i.Description), CreateTime: i.CreateTime,
		DefaultRelatedRecord: i.DefaultRelatedRecord, HasAssets: i.HasAssets,
	}
}

type getRoutineResponse struct {
	answer
	routineInfo
	Envs []struct {
		Env               string
		CodeVersion       string
		CanaryCodeVersion string
		CodeDeploy        *struct {
			DeployID     string `json:"DeployId"`
			Strategy     string
			CreationTime string
			CodeVersions []struct {
				CodeVersion string
				Percentage  string
				CreateTime  string
				Description string
			}
		}
	}
}

// GetRoutine returns a routine and its current deployments. It may use an answer that is up to maxAge old, so that one call
// serves both environments and other callers, but never one from before a write of this client to the routine. Callers share the
// result and must not change it. [IsRoutineMissing] reports whether the error means that the routine does not exist.
func (c *Client) GetRoutine(ctx context.Context, name string, maxAge time.Duration) (*Routine, error) {
	call := call{operation: "GetRoutine", target: Target{Routine: name}, parameters: parameters{"Name": name}}
	return c.routines.get(ctx, call, maxAge, func(ctx context.Context) (*Routine, error) {
		return read(ctx, c, call, func(response *getRoutineResponse) (*Routine, error) { return response.routine(name) })
	})
}

// FindRoutine is GetRoutine that returns nil if the routine does not exist.
func (c *Client) FindRoutine(ctx context.Context, name string, maxAge time.Duration) (*Routine, error) {
	routine, err := c.GetRoutine(ctx, name, maxAge)
	if IsRoutineMissing(err) {
		return nil, nil
	}
	return routine, err
}

// routine converts the response. It refuses an answer without environments and creation time, and a deployment without versions:
// to accept either would mean that a live deployment is gone.
func (r *getRoutineResponse) routine(name string) (*Routine, error) {
	if r.Envs == nil && r.CreateTime == "" {
		return nil, errors.New("it describes no routine")
	}
	routine := &Routine{RoutineSummary: r.summary(name)}
	seen := map[string]bool{}
	for _, environment := range r.Envs {
		if environment.Env == "" {
			return nil, errors.New("it has an environment without a name")
		}
		if seen[environment.Env] {
			return nil, fmt.Errorf("it has the environment %q twice", environment.Env)
		}
		seen[environment.Env] = true
		deployed := environment.CodeDeploy
		if deployed == nil || deployed.DeployID == "" && len(deployed.CodeVersions) == 0 {
			if environment.CodeVersion != "" || environment.CanaryCodeVersion != "" {
				routine.Published = append(routine.Published, environment.Env)
			}
			continue
		}
		if len(deployed.CodeVersions) == 0 {
			return nil, fmt.Errorf("%w: its deployment %s in %s has no code versions", errIncomplete, deployed.DeployID, environment.Env)
		}
		deployment := Deployment{
			Environment: environment.Env, ID: deployed.DeployID, Strategy: deployed.Strategy, CreateTime: deployed.CreationTime,
		}
		for _, version := range deployed.CodeVersions {
			percentage, err := strconv.Atoi(version.Percentage)
			if err != nil || version.CodeVersion == "" {
				return nil, fmt.Errorf("its deployment %s in %s serves version %q at %q percent", deployed.DeployID, environment.Env, version.CodeVersion, version.Percentage)
			}
			deployment.CodeVersions = append(deployment.CodeVersions, DeployedVersion{
				CodeVersion: version.CodeVersion, Percentage: percentage, CreateTime: version.CreateTime, Description: Description(version.Description),
			})
		}
		routine.Deployments = append(routine.Deployments, deployment)
	}
	return routine, nil
}

// CreateRoutine creates a routine without code. The name has at least two lowercase letters, digits and hyphens and starts with a
// letter. The description may be empty. CreateRoutine makes one attempt: [Error.MayHaveTakenEffect] and [Client.GetRoutine] show
// whether another one is needed. [IsTaken] reports whether the error means that the name is in use.
func (c *Client) CreateRoutine(ctx context.Context, slot *Slot, name, description string) error {
	return c.write(ctx, slot, call{
		operation: "CreateRoutine", target: Target{Routine: name},
		parameters: parameters{"Name": name, "Description": description}.given(),
	})
}

// UpdateRoutineConfigDescription changes the description of a routine. An empty one removes it. It makes one attempt, like
// [Client.CreateRoutine].
func (c *Client) UpdateRoutineConfigDescription(ctx context.Context, slot *Slot, name, description string) error {
	return c.write(ctx, slot, call{
		operation: "UpdateRoutineConfigDescription", target: Target{Routine: name},
		parameters: parameters{"Name": name, "Description": description},
	})
}

// DeleteRoutine deletes a routine with its code versions and deployments. It makes one attempt, like [Client.CreateRoutine].
func (c *Client) DeleteRoutine(ctx context.Context, slot *Slot, name string) error {
	return c.write(ctx, slot, call{operation: "DeleteRoutine", target: Target{Routine: name}, parameters: parameters{"Name": name}})
}

type statusResponse struct {
	answer
	Status string
}

// write makes one attempt at an operation that returns only the Status "OK".
func (c *Client) write(ctx context.Context, slot *Slot, call call) error {
	_, err := once(ctx, c, slot, call, func(response *statusResponse) (struct{}, error) {
		if response.Status != "" && !strings.EqualFold(response.Status, "OK") {
			return struct{}{}, fmt.Errorf("it has the Status %q, not OK", response.Status)
		}
		return struct{}{}, nil
	})
	return err
}

// routinePages are the maximums of PageSize and PageNumber of ListUserRoutines, which therefore lists up to 200 routines.
var routinePages = pages[RoutineSummary]{
	what: "routines", size: 20, count: 10,
	// A name can be reused after its routine is deleted.
	key: func(routine RoutineSummary) string { return routine.Name + " " + routine.CreateTime },
}

// RoutineSummary is what ListUserRoutines returns for a routine, and GetRoutine as well.
type RoutineSummary struct {
	// Name is the routine's name, unique in the account.
	Name string
	// Description is its description.
	Description Description
	// CreateTime is when the routine was created, in the format of the ESA API (RFC 3339).
	CreateTime string
	// DefaultRelatedRecord is the host name of the routine that needs no route and no record.
	DefaultRelatedRecord string
	// HasAssets reports whether the routine has static files.
	HasAssets bool
}

// RoutineList is the answer of ListUserRoutines: the routines of the account that match the keyword.
type RoutineList struct {
	List[RoutineSummary]
	// Used is the number of all routines of the account.
	Used int
	// Quota is the maximum number of routines of the account.
	Quota int
}

type listedRoutine struct {
	RoutineName string
	routineInfo
}

type listUserRoutinesResponse struct {
	counted

	Routines           []listedRoutine
	UsedRoutineNumber  string
	QuotaRoutineNumber string
}

// ListUserRoutines returns the routines of the account, up to ten pages of 20. A keyword restricts them to those that ESA's fuzzy
// search of names finds. It may be empty.
func (c *Client) ListUserRoutines(ctx context.Context, keyword string) (*RoutineList, error) {
	var used, quota int
	// Unlike related operations, this one takes its parameters in the query.
	call := call{operation: "ListUserRoutines", inQuery: true, parameters: parameters{"SearchKeyWord": keyword}.given()}
	list, err := listAll(ctx, c, call, routinePages, func(response *listUserRoutinesResponse) ([]RoutineSummary, error) {
		// These numbers are optional: an account without a plan may have none.
		used, _ = strconv.Atoi(response.UsedRoutineNumber)
		quota, _ = strconv.Atoi(response.QuotaRoutineNumber)
		return each(response.Routines, func(routine listedRoutine) (RoutineSummary, error) {
			if routine.RoutineName == "" {
				return RoutineSummary{}, errors.New("it has a routine without a name")
			}
			return routine.summary(routine.RoutineName), nil
		})
	})
	if err != nil {
		return nil, err
	}
	return &RoutineList{List: *list, Used: used, Quota: quota}, nil
}
