package deployment_test

import (
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// life is a release, a canary, its promotion, and the end of the resource, which withdraws nothing.
var life = modeltest.Life{
	Address: address,
	Setup: func(sim *esasim.Simulator) {
		sim.AddRoutine(routine)
		for _, version := range []string{stable, candidate, third} {
			sim.AddCodeVersion(routine, version)
		}
	},
	Steps: []modeltest.Step{
		{Body: released(stable, 100), Holds: "stable:100"},
		{Body: released(stable, 90, candidate, 10), Holds: "stable:90 candidate:10"},
		{Body: released(candidate, 100), Holds: "candidate:100"},
		{Holds: "candidate:100"},
	},
	Holds: func(sim *esasim.Simulator) string {
		deployment, _ := sim.Live(routine, esasim.Production)
		return inWords(deployment.Shares)
	},
	Unchecked: []string{"GetRoutineCodeVersionInfo"},
}

// released is a configuration with a split: code versions, each with its percentage after it.
func released(split ...any) map[string]any {
	var shares []any
	for index := 0; index < len(split); index += 2 {
		shares = append(shares, map[string]any{"code_version": split[index], "percentage": split[index+1]})
	}
	return map[string]any{"name": routine, "env": esasim.Production, "code_versions": shares}
}

func TestDeploymentLife(t *testing.T) {
	t.Parallel()
	life.All(t)
}

// TestDeploymentFlappingLife has every second read answered by a replica that lags behind for an hour: the times of the
// deployments tell that its answers are late.
func TestDeploymentFlappingLife(t *testing.T) {
	t.Parallel()
	life.Flapping(t, time.Hour)
}

func TestDeploymentOthers(t *testing.T) {
	t.Parallel()
	acts := map[string]func(*esasim.Simulator){}
	for name, shares := range map[string][]esasim.Share{
		"another split":     {{CodeVersion: third, Percentage: 100}},
		"the planned split": {{CodeVersion: stable, Percentage: 90}, {CodeVersion: candidate, Percentage: 10}},
		"the split before":  {{CodeVersion: stable, Percentage: 100}},
	} {
		acts[name] = func(sim *esasim.Simulator) { sim.Deploy(routine, esasim.Production, shares...) }
	}
	acts["a deletion of the routine"] = func(sim *esasim.Simulator) { sim.RemoveRoutine(routine) }
	for step := 1; step <= 3; step++ {
		life.Others(t, step, acts)
	}
}

// TestDeploymentTwoEnvironmentsLife releases to staging, then to production, in one apply, while someone else deploys to
// production: after the plan of the apply, and before the write.
func TestDeploymentTwoEnvironmentsLife(t *testing.T) {
	t.Parallel()
	const staging = "esa_routine_code_deployment.staging"
	for name, first := range map[string]map[string]any{"create": nil, "update": released(stable, 100)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				if first != nil {
					tf.Configure(address, first)
					tf.Expect(tf.Apply(), false)
					<-time.After(time.Minute)
				}
				before, production := released(candidate, 100), released(candidate, 100)
				before["env"] = esasim.Staging
				production["name"] = modeltest.Ref{Address: staging, Attribute: "name"} // so that staging comes first
				tf.Blocks = []modeltest.Block{
					{Address: staging, Type: modeltest.TypeOf(staging), Body: before},
					{Address: address, Type: modeltest.TypeOf(address), Body: production},
				}
				run, plan := tf.Plan()
				tf.Expect(run, false)
				tf.Each = func(call *modeltest.Call) modeltest.Mishap {
					if call.IsWrite() && call.Env == esasim.Staging {
						return modeltest.Mishap{Back: 10 * time.Second, Done: func() {
							time.AfterFunc(5*time.Second, func() {
								tf.Act(func(sim *esasim.Simulator) {
									sim.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: third, Percentage: 100})
								})
							})
						}}
					}
					return modeltest.Mishap{}
				}
				run = tf.ApplySaved(plan)
				tf.Expect(run, true, "100% "+third)
				tf.Act(func(sim *esasim.Simulator) {
					if live := life.Holds(sim); live != "third:100" {
						t.Errorf("production serves %s, want what someone else has deployed", live)
					}
				})
				if tf.State.Current[staging] == nil {
					t.Error("the state has lost staging")
				}
			})
		})
	}
}

// TestDeploymentOrder writes the same split in another order, which is no change; beside another change it is written to the state.
func TestDeploymentOrder(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Configure(address, released(stable, 90, candidate, 10))
		tf.Expect(tf.Apply(), false)
		made := len(tf.World.Calls(0))
		reversed := released(candidate, 10, stable, 90)
		tf.Configure(address, reversed)
		tf.ExpectEmptyPlan()
		tf.Options.NoRefresh = true
		for _, body := range []map[string]any{reversed, modeltest.With(released(stable, 90, candidate, 10), map[string]any{"timeouts": map[string]any{"update": "3m"}}), reversed} {
			tf.Configure(address, body)
			run, plan := tf.Plan()
			tf.Expect(run, false)
			if plan == nil || len(plan.Changes()) != 1 || plan.Changes()[0].Action != modeltest.Update {
				t.Fatalf("the plan of %v is %+v, want one update", body, plan)
			}
			tf.Expect(tf.ApplySaved(plan), false)
			if shares := modeltest.SharesOf(tf.State.Current[address].Value); shares[0].CodeVersion != body["code_versions"].([]any)[0].(map[string]any)["code_version"] {
				t.Errorf("the state has %v, want the order of %v", shares, body)
			}
		}
		tf.Options.NoRefresh = false
		tf.ExpectEmptyPlan()
		for _, call := range tf.World.Calls(made) {
			if call.IsWrite() {
				t.Errorf("%s was called", call.Operation)
			}
		}
	})
}

// TestDeploymentBesideItsRoutine plans the end of a deployment alone, of everything, and of the routine alone: what each plan says
// depends on what else it removes.
func TestDeploymentBesideItsRoutine(t *testing.T) {
	t.Parallel()
	const (
		owner, version = "esa_routine.test", "esa_routine_code_version.test"
		onlyRemoved    = "Deployment of new:production is only removed from the state"
		stillServed    = "Code version is still served"
		servesTraffic  = "Routine still serves traffic"
	)
	blocks := func(name string) []modeltest.Block {
		named := modeltest.Ref{Address: owner, Attribute: "name"}
		number := modeltest.Ref{Address: version, Attribute: "code_version"}
		return []modeltest.Block{
			{Address: owner, Type: modeltest.TypeOf(owner), Body: map[string]any{"name": name}},
			{Address: version, Type: modeltest.TypeOf(version), Body: map[string]any{"name": named, "code": "export default {}"}},
			{Address: address, Type: modeltest.TypeOf(address), Body: modeltest.With(released(number, 100), map[string]any{"name": named})},
		}
	}
	for name, test := range map[string]struct {
		blocks []modeltest.Block
		texts  []string
		left   int // how many routines ESA has after the apply
	}{
		"the deployment":      {blocks("new")[:2], []string{onlyRemoved, "!" + stillServed, "!" + servesTraffic}, 1},
		"deployment, version": {blocks("new")[:1], []string{onlyRemoved, "!" + stillServed, "!" + servesTraffic}, 1},
		"everything":          {nil, []string{"!" + stillServed, servesTraffic}, 0},
		"another name":        {blocks("other"), []string{"!" + onlyRemoved, stillServed, servesTraffic}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, func(*esasim.Simulator) {}, func(tf *modeltest.Terraform) {
				tf.Blocks = blocks("new")
				tf.Expect(tf.Apply(), false)
				<-time.After(time.Minute)
				tf.Blocks = test.blocks
				run, plan := tf.Plan()
				tf.Expect(run, false, test.texts...)
				if plan == nil {
					return
				}
				run = tf.ApplySaved(plan)
				tf.Expect(run, run.Failed, "!"+onlyRemoved)
				tf.Act(func(sim *esasim.Simulator) {
					if routines := sim.State().Routines; len(routines) != test.left {
						t.Errorf("ESA has %d routines, want %d: %s", len(routines), test.left, run.Said())
					}
				})
			})
		})
	}
}

// TestDeploymentMoves moves a resource to the other environment, which is a create there: the plan says what it leaves, and does not
// overwrite what it finds unless it may.
func TestDeploymentMoves(t *testing.T) {
	t.Parallel()
	const left = "Deployment of hello:production is only removed from the state"
	for name, test := range map[string]struct {
		serves, more map[string]any
		refused      bool
		texts        []string
	}{
		"to an environment that serves nothing": {nil, nil, false, []string{left}},
		"to one that serves another split":      {released(third, 100), nil, true, []string{left, "Environment already serves another split", "100% of the traffic"}},
		"to one that it may overwrite":          {released(third, 100), map[string]any{"allow_overwrite": true}, false, []string{left, "Another split will be overwritten"}},
		"to one that serves the same split":     {released(stable, 100), nil, false, []string{left, "does not deploy anything"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(address, modeltest.With(released(stable, 100), test.more))
				tf.Expect(tf.Apply(), false)
				if test.serves != nil {
					share := test.serves["code_versions"].([]any)[0].(map[string]any)
					tf.Act(func(sim *esasim.Simulator) {
						sim.Deploy(routine, esasim.Staging, esasim.Share{CodeVersion: share["code_version"].(string), Percentage: 100})
					})
				}
				tf.Configure(address, modeltest.With(modeltest.With(released(stable, 100), test.more), map[string]any{"env": esasim.Staging}))
				run, plan := tf.Plan()
				tf.Expect(run, test.refused, test.texts...)
				if test.refused {
					return
				}
				tf.Expect(tf.ApplySaved(plan), false)
				tf.ExpectEmptyPlan()
				tf.Act(func(sim *esasim.Simulator) {
					for _, env := range []string{esasim.Production, esasim.Staging} {
						if live, _ := sim.Live(routine, env); inWords(live.Shares) != "stable:100" {
							t.Errorf("%s serves %s, want the stable version", env, inWords(live.Shares))
						}
					}
				})
			})
		})
	}
}

// TestDeploymentOfVariablesOfAnotherEnvironment releases a version with the variables of staging to production. A plan that leaves the
// release as it is does not say so again.
func TestDeploymentOfVariablesOfAnotherEnvironment(t *testing.T) {
	t.Parallel()
	const version, carries = "esa_routine_code_version.test", "Code version carries the variables of another environment"
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		blocks := func(shares ...any) []modeltest.Block {
			return []modeltest.Block{
				{Address: version, Type: modeltest.TypeOf(version), Body: map[string]any{"name": routine, "code": "export default {}", "deploy_env": esasim.Staging}},
				{Address: address, Type: modeltest.TypeOf(address), Body: released(shares...)},
			}
		}
		number := modeltest.Ref{Address: version, Attribute: "code_version"}
		tf.Blocks = blocks(stable, 100)
		tf.Expect(tf.Apply(), false, "!"+carries)
		tf.Blocks = blocks(number, 100)
		run, plan := tf.Plan()
		tf.Expect(run, false, carries)
		tf.Expect(tf.ApplySaved(plan), false)
		tf.ExpectEmptyPlan("!" + carries)
		tf.Blocks = blocks(number, 50, stable, 50)
		run, _ = tf.Plan()
		tf.Expect(run, false, carries)
	})
}
