package esa

import (
	"context"
	"encoding/json"
	"errors"
)

// The environments of a routine, as the parameter Env of CreateRoutineCodeDeployment names them.
const (
	Staging    = "staging"
	Production = "production"
)

// StrategyPercentage is the only deployment strategy.
const StrategyPercentage = "percentage"

// Environments returns the environments that every routine has.
func Environments() []string {
	return []string{Staging, Production}
}

// CodeVersionShare is one element of the parameter CodeVersions of CreateRoutineCodeDeployment, in the JSON format of the API.
// The version is a string, because it has more digits than a JSON number can represent exactly.
type CodeVersionShare struct {
	// CodeVersion is the version's number.
	CodeVersion string `json:"CodeVersion"`
	// Percentage is its share of the requests, a whole number from 1 to 100.
	Percentage int `json:"Percentage"`
}

// CodeDeploymentInput are the parameters of CreateRoutineCodeDeployment.
type CodeDeploymentInput struct {
	// Routine is the parameter Name.
	Routine string
	// Environment is the parameter Env, one of [Environments].
	Environment string
	// Strategy is the deployment strategy, [StrategyPercentage].
	Strategy string
	// CodeVersions are the one or two versions with their shares, which sum to 100.
	CodeVersions []CodeVersionShare
}

type createRoutineCodeDeploymentResponse struct {
	answer
	DeploymentID string `json:"DeploymentId"`
}

// CreateRoutineCodeDeployment releases code versions to an environment and returns the id of the deployment. It makes one
// attempt: [Error.MayHaveTakenEffect] and the current deployment show whether another one is needed.
//
// The error codes on its reference page are RoutineNotExist, ParameterNotExist, InvalidParameter, DependedByOthers,
// RoutineUserServiceStatusHalt, InternalException and InternalOperationError.
func (c *Client) CreateRoutineCodeDeployment(ctx context.Context, slot *Slot, input CodeDeploymentInput) (deploymentID string, err error) {
	versions, _ := json.Marshal(input.CodeVersions) // texts and numbers are always JSON
	return once(ctx, c, slot, call{
		operation: "CreateRoutineCodeDeployment", target: Target{Routine: input.Routine, Environment: input.Environment},
		parameters: parameters{"Name": input.Routine, "Env": input.Environment, "Strategy": input.Strategy, "CodeVersions": string(versions)},
	}, func(response *createRoutineCodeDeploymentResponse) (string, error) {
		if response.DeploymentID == "" {
			return "", errors.New("it has no DeploymentId")
		}
		return response.DeploymentID, nil
	})
}
