package deployment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/split"
)

// refreshMaxAge is the maximum age of an answer that a read or a plan uses: one call is enough for both environments of a
// routine. Terraform visits them in any order within one refresh, which takes half a minute for a thousand deployments. An apply
// reads again.
const refreshMaxAge = time.Minute

// release releases a planned split to one environment of a routine, or stops.
type release struct {
	client   *esa.Client
	name     string
	env      string
	strategy string
	planned  split.Split

	// before is the deployment that the plan starts from: that of the state, nil for a create. Its ID is empty if the state has
	// only the id that CreateRoutineCodeDeployment returned, which may differ from that of GetRoutine.
	before *esa.Deployment
	// overwrite permits a create to replace the deployment of its first read, which first stores.
	overwrite bool
	first     **esa.Deployment

	// goal is the goal of a rollout if planned is one of its steps. If the goal is already live, there is nothing to deploy.
	goal split.Split
	// ours is set if this apply has deployed before, so that any other deployment is someone else's, even with the planned split.
	// replaced are the ids of deployments that this apply has replaced: an answer that shows one of them is late.
	ours     bool
	replaced []string
}

// run deploys the planned split by one guarded write. If written.Sent is set, deploymentID is the id that ESA returned, and the
// split may become live only later.
func (r *release) run(ctx context.Context) (written esa.Written[*esa.Deployment], deploymentID string, err error) {
	written, err = esa.Guard(ctx, r.client, esa.Write[*esa.Deployment]{
		Operation: "CreateRoutineCodeDeployment",
		Target:    esa.Target{Routine: r.name, Environment: r.env},
		Read:      r.read,
		Judge:     r.judge,
		Send: func(ctx context.Context, slot *esa.Slot) error {
			input := esa.CodeDeploymentInput{Routine: r.name, Environment: r.env, Strategy: r.strategy}
			for _, share := range r.planned.Shares() {
				input.CodeVersions = append(input.CodeVersions, esa.CodeVersionShare(share))
			}
			deploymentID, err = r.client.CreateRoutineCodeDeployment(ctx, slot, input)
			return err
		},
	})
	return written, deploymentID, err
}

// judge compares the current deployment with the plan. over is the deployment that an attempt with a lost answer would have
// replaced: the planned split under a new id comes from that attempt, and another split under a new id from someone else.
func (r *release) judge(live *esa.Deployment, over **esa.Deployment) (esa.Verdict, error) {
	isPlanned := framework.Split(live).Equal(r.planned)
	isGoal := !r.goal.IsEmpty() && framework.Split(live).Equal(r.goal)
	isStep := !r.goal.IsEmpty() && !r.planned.Equal(r.goal)
	if r.first == nil {
		r.first = &live
	}
	base, compared := r.before, r.before
	if over != nil {
		base = *over
	}
	if r.before == nil {
		compared = *r.first
	}
	switch {
	case r.isLate(live, base):
		return esa.Late, &changedError{before: base, live: live}
	case isPlanned && over == nil && (r.ours || isStep && !sameDeployment(live, compared)):
		// The next step would overwrite the deployment of someone else.
		return esa.Conflicting, &changedError{before: compared, live: live}
	case isPlanned, isGoal && !r.ours && r.before != nil && over == nil:
		return esa.Achieved, nil
	case over != nil && !sameDeployment(live, *over):
		return esa.Conflicting, &changedError{before: *over, live: live}
	case r.before == nil && live != nil && !r.overwrite:
		return esa.Conflicting, &changedError{live: live, occupied: true}
	case !sameDeployment(live, compared):
		return esa.Conflicting, &changedError{before: compared, live: live}
	default:
		return esa.Permitted, nil
	}
}

// sameDeployment reports whether two deployments are the same, by their ids if both are known and by their splits.
func sameDeployment(live, before *esa.Deployment) bool {
	if live == nil || before == nil {
		return live == before
	}
	return (live.ID == before.ID || before.ID == "") && framework.Split(live).Equal(framework.Split(before))
}

// read returns the current deployment. It may use an answer that is up to maxAge old.
func (r *release) read(ctx context.Context, maxAge time.Duration) (*esa.Deployment, error) {
	routine, err := r.client.GetRoutine(ctx, r.name, maxAge)
	if err != nil {
		return nil, err
	}
	return routine.Deployment(r.env), nil
}

// isLate reports whether an answer shows a deployment that this apply has replaced, or one that is older than base.
func (r *release) isLate(live, base *esa.Deployment) bool {
	switch {
	case live == nil:
		return false
	case slices.Contains(r.replaced, live.ID):
		return true
	case base == nil, live.ID == base.ID: // the same, even if ESA formats its time differently
		return false
	}
	created, createdBase, ok := esa.Times(live.CreateTime, base.CreateTime)
	return ok && created.Before(createdBase)
}

// confirm reports whether a deployment is still live. It returns another one only after enough reads.
func (r *release) confirm(ctx context.Context, expected *esa.Deployment) (live *esa.Deployment, confirmed bool, err error) {
	maxAge, others := time.Second, 0
	_, err = r.client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		live, err = r.read(ctx, maxAge)
		maxAge = 0
		confirmed = sameDeployment(live, expected)
		if !r.isLate(live, expected) {
			others++
		}
		return confirmed || others >= esa.ReadsAtConflict, err
	})
	return live, confirmed, err
}

// waitUntilLive returns the new deployment as soon as GetRoutine returns it. GetRoutine may return the former one for a while.
// Another split under another id is someone else's deployment.
func (r *release) waitUntilLive(ctx context.Context, deploymentID string, before *esa.Deployment) (live *esa.Deployment, err error) {
	live = before
	isLive, err := r.client.Poll(ctx, esa.ReadsAtConflict, func() (bool, error) {
		seen, err := r.read(ctx, 0)
		if err != nil {
			return false, err
		}
		live = seen
		isPlanned := framework.Split(live).Equal(r.planned)
		if !isPlanned && (live == nil || live.ID == deploymentID || sameDeployment(live, before) || r.isLate(live, before)) {
			return false, esa.ErrReadAgain
		}
		return isPlanned, nil
	})
	if err == nil && !isLive {
		err = errSuperseded
	}
	if err != nil {
		return nil, &notLiveError{deploymentID: deploymentID, lastSeen: live, cause: err}
	}
	return live, nil
}

// changedError means that someone else has changed the environment since the plan or the last attempt.
type changedError struct {
	before, live *esa.Deployment
	// occupied is set for a create in an environment that serves another split.
	occupied bool
}

func (e *changedError) Error() string {
	return "the environment serves " + describe(e.live) + ", not " + describe(e.before)
}

// errSuperseded means that someone else has replaced a deployment before it was live.
var errSuperseded = errors.New("someone else has deployed in the meantime")

// notLiveError means that ESA accepted a deployment that did not become live.
type notLiveError struct {
	deploymentID string
	lastSeen     *esa.Deployment
	cause        error
}

func (e *notLiveError) Error() string {
	return fmt.Sprintf("deployment %s was created but did not become live: %v", e.deploymentID, e.cause)
}

func (e *notLiveError) Unwrap() error {
	return e.cause
}

// describe formats a deployment: its split, id and time.
func describe(live *esa.Deployment) string {
	if live == nil || live.ID == "" {
		return framework.Split(live).String()
	}
	words := framework.Split(live).String() + " (deployment " + live.ID
	if live.CreateTime != "" {
		words += " of " + live.CreateTime
	}
	return words + ")"
}
