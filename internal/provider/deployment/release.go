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

// refreshMaxAge is how old an answer about a routine may be that a read or a plan uses: one call serves both
// environments of a routine. Terraform visits them in any order within one refresh, which for a thousand deployments
// takes half a minute. An apply reads again.
const refreshMaxAge = time.Minute

// release brings one environment of a routine to a planned split, or stops.
type release struct {
	client   *esa.Client
	name     string
	env      string
	strategy string
	planned  split.Split

	// before is what the plan was made from: the deployment in the state, nil for a create. Its ID is empty if the state
	// has only the one that CreateRoutineCodeDeployment answered, which GetRoutine may number differently.
	before *esa.Deployment
	// overwrite lets a create replace whatever is live when it reads first, which first keeps.
	overwrite bool
	first     **esa.Deployment

	// goal is the end of the rollout that planned is a step of, empty if it is none. Where the goal is live already, there
	// is nothing to deploy.
	goal split.Split
	// ours says that before was deployed by this apply, so that any other deployment is someone else's, also of the planned
	// split. replaced are the ids of deployments that it has replaced: an answer that shows one of them is late.
	ours     bool
	replaced []string
}

// run makes the planned split live by one guarded write. Where ESA has accepted it, deploymentID is the id that it
// answered, and the split is still to be awaited.
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

// judge holds what is live against the plan. over is what an attempt was sent over whose answer was lost: the planned
// split under a new id comes from it, and another split under a new id from someone else.
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
		// The next step would overwrite what someone else has deployed.
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

// sameDeployment tells whether GetRoutine shows a deployment that it showed before. The ids decide where both are known.
func sameDeployment(live, before *esa.Deployment) bool {
	if live == nil || before == nil {
		return live == before
	}
	return (live.ID == before.ID || before.ID == "") && framework.Split(live).Equal(framework.Split(before))
}

// read returns what is live by an answer of ESA that is up to maxAge old.
func (r *release) read(ctx context.Context, maxAge time.Duration) (*esa.Deployment, error) {
	routine, err := r.client.GetRoutine(ctx, r.name, maxAge)
	if err != nil {
		return nil, err
	}
	return routine.Deployment(r.env), nil
}

// isLate tells whether an answer shows what this apply has replaced, or what was deployed before base.
func (r *release) isLate(live, base *esa.Deployment) bool {
	switch {
	case live == nil:
		return false
	case slices.Contains(r.replaced, live.ID):
		return true
	case base == nil, live.ID == base.ID: // the same, also where ESA writes its time in two forms
		return false
	}
	created, createdBase, ok := esa.Times(live.CreateTime, base.CreateTime)
	return ok && created.Before(createdBase)
}

// confirm reads whether a deployment is still live, and returns what is live instead only once enough reads have shown it.
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

// waitUntilLive returns the new deployment once GetRoutine shows it. What was live before may be shown for a while; any
// other split under another id than the new one is someone else's deployment.
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

// changedError stops a release into an environment that someone else has changed since it was planned or attempted.
type changedError struct {
	before, live *esa.Deployment
	// occupied is set of a create over an environment that serves another split.
	occupied bool
}

func (e *changedError) Error() string {
	return "the environment serves " + describe(e.live) + ", not " + describe(e.before)
}

// errSuperseded ends the wait for a deployment that someone else has replaced in the meantime.
var errSuperseded = errors.New("someone else has deployed in the meantime")

// notLiveError says that ESA has accepted a deployment which the environment was not seen to serve.
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

// describe says what an environment serves and by which deployment.
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
