package esa

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// Routine is what GetRoutine answers.
type Routine struct {
	// Name is the routine's name, unique in the account.
	Name string
	// Description is the text as ESA sent it, which may be base64.
	Description string
	// CreateTime is when the routine was made, as ESA writes it (RFC 3339).
	CreateTime string
	// DefaultRelatedRecord is the host name under which the routine answers by itself.
	DefaultRelatedRecord string
	// HasAssets tells whether the routine has static files.
	HasAssets bool
	// Deployments are what the environments serve, at most one an environment, in no promised order. An environment
	// without a deployment is not in it.
	Deployments []Deployment
}

// Deployment returns what an environment serves, nil where it serves nothing.
func (r *Routine) Deployment(environment string) *Deployment {
	for index := range r.Deployments {
		if r.Deployments[index].Environment == environment {
			return &r.Deployments[index]
		}
	}
	return nil
}

// Deployment is what an environment serves: Envs[].CodeDeploy of GetRoutine.
type Deployment struct {
	// Environment is "staging" or "production".
	Environment string
	// ID is DeployId, the same number that CreateRoutineCodeDeployment answers as DeploymentId.
	ID string
	// Strategy is the deployment strategy.
	Strategy string
	// CreateTime is when the deployment was made, as ESA writes it (RFC 3339).
	CreateTime string
	// CodeVersions are the versions that are served, in no promised order.
	CodeVersions []DeployedVersion
}

// DeployedVersion is one code version that an environment serves.
type DeployedVersion struct {
	// CodeVersion is the version's number.
	CodeVersion string
	// Percentage is its share of the requests in percent.
	Percentage int
	// CreateTime is when the version was made, as ESA writes it (RFC 3339).
	CreateTime string
	// Description is what its author said of it.
	Description string
}

type getRoutineRequest struct {
	*requests.RpcRequest
	Name string `position:"Body" name:"Name"`
}

type getRoutineResponse struct {
	answer
	Description          string
	CreateTime           string
	DefaultRelatedRecord string
	HasAssets            bool
	Envs                 []struct {
		Env        string
		CodeDeploy *struct {
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

// GetRoutine returns a routine and what its environments serve at this moment. The result may be shared
// and must not be changed. [IsRoutineMissing] tells of its error
// whether there is no such routine.
func (c *Client) GetRoutine(ctx context.Context, name string) (*Routine, error) {
	return c.routines.alone(name, func() (*Routine, error) { return c.getRoutine(ctx, name) })
}

// RecentRoutine is GetRoutine where an answer that is up to maxAge old will do: one call serves both environments of a
// routine and whoever else asks. An answer is never used across a write of this client to the routine. The result is
// shared and must not be changed.
func (c *Client) RecentRoutine(ctx context.Context, name string, maxAge time.Duration) (*Routine, error) {
	return c.routines.get(ctx, name, maxAge, func(ctx context.Context) (*Routine, error) {
		return c.getRoutine(ctx, name)
	})
}

func (c *Client) getRoutine(ctx context.Context, name string) (*Routine, error) {
	return read(ctx, c, Target{Routine: name},
		func() requests.AcsRequest {
			return &getRoutineRequest{RpcRequest: newRPCRequest("GetRoutine"), Name: name}
		},
		func() *getRoutineResponse { return &getRoutineResponse{answer: newAnswer()} },
		func(response *getRoutineResponse) (*Routine, error) { return response.routine(name) },
	)
}

// routine returns the response as a Routine. An answer that speaks of no environment and no creation is not one about
// a routine, and one about a deployment without versions is not complete: to take either at its word would be to
// believe that a live deployment is gone.
func (r *getRoutineResponse) routine(name string) (*Routine, error) {
	if r.Envs == nil && r.CreateTime == "" {
		return nil, errors.New("it describes no routine")
	}
	routine := &Routine{
		Name: name, Description: r.Description, CreateTime: r.CreateTime,
		DefaultRelatedRecord: r.DefaultRelatedRecord, HasAssets: r.HasAssets,
	}
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
			continue
		}
		if len(deployed.CodeVersions) == 0 {
			return nil, fmt.Errorf("its deployment %s in %s has no code versions", deployed.DeployID, environment.Env)
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
				CodeVersion: version.CodeVersion, Percentage: percentage, CreateTime: version.CreateTime, Description: version.Description,
			})
		}
		routine.Deployments = append(routine.Deployments, deployment)
	}
	return routine, nil
}
