package codeversion

import (
	"context"
	"errors"
	"slices"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
)

// removal deletes one code version.
type removal struct {
	client      *esa.Client
	routine     string
	codeVersion string
	// record has the deployments that this run has removed from the state. It is nil for a version that nothing can serve.
	record *run.Record
}

// servedError means that a version was not deleted because something still serves it.
type servedError struct {
	// deployments are the deployments that serve it. They are empty if ESA refuses without showing a reason.
	deployments []esa.Deployment
	// left is set if this run has removed all of them from the state, so that the version stays.
	left bool
	// cause is the refusal of ESA, nil if ESA was not asked.
	cause error
}

// Error formats the deployments that serve the version.
func (e *servedError) Error() string {
	if len(e.deployments) == 0 {
		return "something still depends on the code version"
	}
	return "still served:\n" + framework.Serving(e.deployments)
}

// Unwrap returns the refusal of ESA, which may be nil.
func (e *servedError) Unwrap() error {
	return e.cause
}

// run deletes the version unless an environment serves it. GetRoutine may still show the former split shortly after the same
// apply has moved an environment to another one.
func (r *removal) run(ctx context.Context) error {
	written, err := esa.Guard(ctx, r.client, esa.Write[*esa.Routine]{
		Operation: "DeleteRoutineCodeVersion",
		Target:    esa.Target{Routine: r.routine, CodeVersion: r.codeVersion},
		Read: func(ctx context.Context, _ time.Duration) (*esa.Routine, error) {
			routine, err := r.client.FindRoutine(ctx, r.routine, 0)
			if serving := servedBy(routine, r.codeVersion); r.isLeftTo(serving) {
				return routine, &servedError{deployments: serving, left: true}
			}
			return routine, err
		},
		Judge: func(routine *esa.Routine, _ **esa.Routine) (esa.Verdict, error) {
			switch serving := servedBy(routine, r.codeVersion); {
			case routine == nil:
				return esa.Achieved, nil
			case len(serving) > 0:
				return esa.Conflicting, &servedError{deployments: serving}
			default:
				return esa.Permitted, nil
			}
		},
		Send:     r.send,
		Patience: esa.ReadsAfterWrite,
		IsConflict: func(err error, _ bool) bool {
			_, served := errors.AsType[*servedError](err)
			return served
		},
	})
	served, _ := errors.AsType[*servedError](written.Conflict)
	if _, interrupted := errors.AsType[*esa.Interrupted](err); interrupted && served != nil {
		return served
	}
	return err
}

// isLeftTo reports whether this run has removed all deployments that serve the version from the state.
func (r *removal) isLeftTo(serving []esa.Deployment) bool {
	return len(serving) > 0 && r.record != nil && !slices.ContainsFunc(serving, func(deployment esa.Deployment) bool {
		_, left := r.record.Left.Get(esa.Target{Routine: r.routine, Environment: deployment.Environment})
		return !left
	})
}

// send makes one attempt to delete the version. It succeeds as well if the version does not exist any more, as after a lost
// answer. The error code alone does not prove that.
func (r *removal) send(ctx context.Context, slot *esa.Slot) error {
	err := r.client.DeleteRoutineCodeVersion(ctx, slot, r.routine, r.codeVersion)
	switch {
	case err == nil || esa.IsRoutineMissing(err):
		return nil
	case esa.HasCode(err, "DependedByOthers"):
		return &servedError{cause: err}
	case !esa.IsVersionMissing(err) && !esa.HasCode(err, "InvalidParameter") && !esa.MayHaveTakenEffect(err):
		return err
	}
	version, findErr := r.client.FindCodeVersion(ctx, r.routine, r.codeVersion, 0)
	switch {
	case esa.IsRoutineMissing(findErr) || findErr == nil && version == nil:
		return nil
	case findErr != nil:
		return findErr
	default:
		return err
	}
}

// servedBy returns the deployments of a routine that serve a version.
func servedBy(routine *esa.Routine, codeVersion string) []esa.Deployment {
	if routine == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(routine.Deployments), func(deployment esa.Deployment) bool {
		return !slices.ContainsFunc(deployment.CodeVersions, func(served esa.DeployedVersion) bool { return served.CodeVersion == codeVersion })
	})
}
