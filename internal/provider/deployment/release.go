package deployment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/observed"
	"terraform-provider-esa/internal/split"
)

const (
	// looksAtConflict is how often the environment must show a split that stands in the way before that is believed:
	// shortly after a write, GetRoutine may still show what was live before.
	looksAtConflict = 3
	// looksAfterLostAnswer is how often the environment must show no effect of a write whose answer was lost before it
	// is written again. With the default pauses that is about 15 seconds.
	looksAfterLostAnswer = 8
)

const (
	// refreshMaxAge is how old an answer about a routine may be that a read or a plan uses: one call serves both
	// environments of a routine. Terraform visits them in any order within one refresh, which for a thousand
	// deployments takes half a minute. An apply looks again by itself.
	refreshMaxAge = time.Minute
	// lookMaxAge is the same for the look before a write. It is long enough for the look that the plan of the same
	// object has just taken, while Terraform applies.
	lookMaxAge = time.Second
)

// release brings one environment of a routine to a planned split, or stops.
type release struct {
	client   *esa.Client
	name     string
	env      string
	strategy string
	planned  split.Split

	// permits tells whether the planned split may replace what is live, by returning nil, or why not.
	permits func(live *esa.Deployment) error
	// answered is told the id of the new deployment as soon as ESA has answered it.
	answered func(deploymentID string)

	// mayHaveDeployed is set once the answer to a write was lost.
	mayHaveDeployed bool
}

// run looks at the environment, adopts what is live where that is already the planned split, and otherwise deploys
// once and waits until the environment shows it.
func (r *release) run(ctx context.Context) (*esa.Deployment, error) {
	var (
		adopted      *esa.Deployment
		before       *esa.Deployment
		deploymentID string
	)
	err := r.client.Retry(ctx, func(attempt int) error {
		live, err := r.lookBeforeWrite(ctx)
		if err != nil {
			return err
		}
		if r.isPlanned(live) {
			adopted = live
			return nil
		}
		if err := r.permits(live); err != nil {
			return err
		}
		before = live
		deploymentID, err = r.client.CreateRoutineCodeDeployment(ctx, r.input(attempt))
		if failure, ok := errors.AsType[*esa.Error](err); ok && failure.MayHaveTakenEffect() {
			r.mayHaveDeployed = true
		}
		return err
	})
	if err != nil || adopted != nil {
		return adopted, err
	}
	r.answered(deploymentID)
	return r.waitUntilLive(ctx, deploymentID, before)
}

func (r *release) input(attempt int) esa.CodeDeploymentInput {
	input := esa.CodeDeploymentInput{Routine: r.name, Environment: r.env, Strategy: r.strategy, Attempt: attempt}
	for _, share := range r.planned.Shares() {
		input.CodeVersions = append(input.CodeVersions, esa.CodeVersionShare{CodeVersion: share.CodeVersion, Percentage: share.Percentage})
	}
	return input
}

func (r *release) isPlanned(live *esa.Deployment) bool {
	return live != nil && observed.Split(live).Equal(r.planned)
}

// lookBeforeWrite returns what is live, after as many looks as it takes to believe it. A write whose answer was lost may
// take effect later, also while others are refused because it is under way.
func (r *release) lookBeforeWrite(ctx context.Context) (*esa.Deployment, error) {
	if r.mayHaveDeployed {
		return r.lookPatiently(ctx)
	}
	live, err := r.look(ctx, lookMaxAge)
	if err != nil || r.isPlanned(live) || r.permits(live) == nil {
		return live, err
	}
	return r.lookUntil(ctx, looksAtConflict, func(live *esa.Deployment) bool { return r.isPlanned(live) || r.permits(live) == nil })
}

// lookPatiently returns what is live, and believes anything but the planned split only after many looks.
func (r *release) lookPatiently(ctx context.Context) (*esa.Deployment, error) {
	return r.lookUntil(ctx, looksAfterLostAnswer, r.isPlanned)
}

// lookUntil looks until believed says that what is live can be believed at once, at most so many times.
func (r *release) lookUntil(ctx context.Context, atMost int, believed func(*esa.Deployment) bool) (live *esa.Deployment, err error) {
	looks := 0
	err = r.client.Poll(ctx, func() (bool, error) {
		looks++
		live, err = r.look(ctx, 0)
		return looks >= atMost || believed(live), err
	})
	return live, err
}

// look returns what is live by an answer of ESA that is up to maxAge old.
func (r *release) look(ctx context.Context, maxAge time.Duration) (*esa.Deployment, error) {
	get := r.client.GetRoutine
	if maxAge > 0 {
		get = func(ctx context.Context, name string) (*esa.Routine, error) {
			return r.client.RecentRoutine(ctx, name, maxAge)
		}
	}
	routine, err := get(ctx, r.name)
	if err != nil {
		return nil, err
	}
	return routine.Deployment(r.env), nil
}

// waitUntilLive returns the new deployment once GetRoutine shows it. What was live before may be shown for a while; its
// split under another id is somebody else's deployment, and so is any other split under another id than the new one.
func (r *release) waitUntilLive(ctx context.Context, deploymentID string, before *esa.Deployment) (live *esa.Deployment, err error) {
	looksAtOther := 0
	live = before
	err = r.client.Poll(ctx, func() (bool, error) {
		seen, err := r.look(ctx, 0)
		if err != nil {
			return false, err
		}
		live = seen
		switch {
		case r.isPlanned(live):
			return true, nil
		case live == nil || live.ID == deploymentID || before != nil && live.ID == before.ID:
			looksAtOther = 0
			return false, nil
		}
		looksAtOther++
		if looksAtOther < looksAtConflict {
			return false, nil
		}
		return false, &supersededError{live: live}
	})
	if err != nil {
		return nil, &notLiveError{deploymentID: deploymentID, lastSeen: live, cause: err}
	}
	return live, nil
}

// occupiedError stops a create over an environment that serves another split.
type occupiedError struct {
	live *esa.Deployment
}

func (e *occupiedError) Error() string {
	return "the environment already serves " + describe(e.live)
}

// changedError stops an update of an environment that somebody else has changed since it was planned.
type changedError struct {
	before split.Split
	live   *esa.Deployment
}

func (e *changedError) Error() string {
	return "the environment serves " + describe(e.live) + ", which is not what it served when the change was planned"
}

// supersededError ends the wait for a deployment that somebody else has replaced meanwhile.
type supersededError struct {
	live *esa.Deployment
}

func (e *supersededError) Error() string {
	return "somebody else has deployed meanwhile: the environment serves " + describe(e.live)
}

// notLiveError says that ESA has answered a deployment which the environment was not seen to serve.
type notLiveError struct {
	deploymentID string
	lastSeen     *esa.Deployment
	cause        error
}

func (e *notLiveError) Error() string {
	return fmt.Sprintf("deployment %s was made but not seen live: %v", e.deploymentID, e.cause)
}

func (e *notLiveError) Unwrap() error {
	return e.cause
}

// describe says what an environment serves and by which deployment.
func describe(live *esa.Deployment) string {
	if live == nil {
		return observed.Split(live).String()
	}
	words := observed.Split(live).String() + " (deployment " + live.ID
	if live.CreateTime != "" {
		words += " of " + live.CreateTime
	}
	return words + ")"
}
