package codeversion

import (
	"context"
	"errors"
	"slices"
	"strings"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/observed"
)

// looksAtConflict is how often an environment must show that it serves a version before that is believed: shortly
// after the same apply has moved the environment to another split, GetRoutine may still show the former one. With the
// default pauses that is about 15 seconds.
const looksAtConflict = 8

// removal deletes one code version.
type removal struct {
	client      *esa.Client
	routine     string
	codeVersion string
	// left tells whether this run of Terraform has forgotten what an environment serves.
	left func(environment string) bool
}

// keptError says that a version stays in ESA, since environments that this run has forgotten go on serving it.
type keptError struct {
	deployments []esa.Deployment
}

// Error says what serves the version.
func (e *keptError) Error() string {
	return "left to the environments that go on serving it:\n" + describe(e.deployments)
}

// servedError says that a version cannot be deleted since something still serves it.
type servedError struct {
	// deployments are those that serve it; none where ESA refuses without showing why.
	deployments []esa.Deployment
	// cause is ESA's refusal, nil where it was not asked.
	cause error
}

// Error says what serves the version.
func (e *servedError) Error() string {
	if len(e.deployments) == 0 {
		return "something still depends on the code version"
	}
	return "still served:\n" + describe(e.deployments)
}

// Unwrap returns ESA's refusal, which may be nil.
func (e *servedError) Unwrap() error {
	return e.cause
}

// run deletes the version unless an environment serves it. It looks before it asks ESA to delete.
func (r *removal) run(ctx context.Context) error {
	var (
		looks    = 0
		conflict *servedError
	)
	err := r.client.Poll(ctx, func() (bool, error) {
		looks++
		routine, err := r.client.GetRoutine(ctx, r.routine)
		switch {
		case esa.IsRoutineMissing(err):
			return true, nil
		case err != nil:
			return false, err
		}
		conflict = &servedError{deployments: servedBy(routine, r.codeVersion)}
		if len(conflict.deployments) > 0 && !slices.ContainsFunc(conflict.deployments, func(serving esa.Deployment) bool { return !r.left(serving.Environment) }) {
			return false, &keptError{deployments: conflict.deployments}
		}
		if len(conflict.deployments) == 0 {
			conflict.cause = r.delete(ctx)
			if !esa.HasCode(conflict.cause, "DependedByOthers") {
				return conflict.cause == nil, conflict.cause
			}
		}
		if looks < looksAtConflict {
			return false, nil
		}
		return false, conflict
	})
	var interrupted *esa.Interrupted
	if conflict != nil && errors.As(err, &interrupted) && (len(conflict.deployments) > 0 || esa.HasCode(conflict.cause, "DependedByOthers")) {
		return conflict
	}
	return err
}

// delete asks ESA to delete the version, until it is gone or ESA refuses.
func (r *removal) delete(ctx context.Context) error {
	return r.client.Retry(ctx, func(int) error {
		err := r.client.DeleteRoutineCodeVersion(ctx, r.routine, r.codeVersion)
		switch {
		case err == nil || esa.IsRoutineMissing(err):
			return nil
		case !esa.IsVersionMissing(err) && !esa.HasCode(err, "InvalidParameter"):
			return err
		}
		// Gone already, as after an attempt whose answer was lost; the code alone does not say so for sure.
		version, findErr := r.client.FindCodeVersion(ctx, r.routine, r.codeVersion)
		switch {
		case esa.IsRoutineMissing(findErr) || findErr == nil && version == nil:
			return nil
		case findErr != nil:
			return findErr
		default:
			return err
		}
	})
}

// servedBy returns the deployments of a routine that serve a version.
func servedBy(routine *esa.Routine, codeVersion string) []esa.Deployment {
	var serving []esa.Deployment
	for _, environment := range esa.Environments() {
		deployment := routine.Deployment(environment)
		if deployment != nil && slices.ContainsFunc(deployment.CodeVersions, func(served esa.DeployedVersion) bool {
			return served.CodeVersion == codeVersion
		}) {
			serving = append(serving, *deployment)
		}
	}
	return serving
}

// describe says which environments serve what, one a line.
func describe(deployments []esa.Deployment) string {
	lines := make([]string, len(deployments))
	for index, deployment := range deployments {
		lines[index] = "  " + deployment.Environment + ": " + observed.Split(&deployment).String() + " (deployment " + deployment.ID + ")"
	}
	return strings.Join(lines, "\n")
}
