package deployment_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
	"terraform-provider-esa/internal/probe"
)

// TestAChangeOfTheRolloutAloneDeploysNothing counts the calls of such an apply.
func TestAChangeOfTheRolloutAloneDeploysNothing(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		config := release100(stable, s.watched())
		s.expectNextPlan(config, 1, "!Rollout")
		calls := s.Operations(func() { s.Expect(s.apply(config), false) })
		if len(calls) != 1 || calls[0] != "GetRoutine" {
			t.Errorf("plan and apply call %q, want only the read of the plan", calls)
		}
		if object := s.State.Current[address]; modeltest.Text(object.Value, "deployment_id") == "" {
			t.Error("the state lost deployment_id")
		}
		s.expectNextPlan(config, 0)
	})
}

// TestAWayBackIsOneDeployment has the planned version be older than the current split.
func TestAWayBackIsOneDeployment(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Expect(s.apply(release100(candidate)), false)
		config := release100(stable, s.watched())
		s.expectNextPlan(config, 1, "Rollout of hello:production: the planned split at once; no checks; steps skipped: code version "+stable+" is older than "+candidate+", and a way back is one immediate deployment.")
		s.Expect(s.apply(config), false)
		s.expectTime(0, 5*time.Second)
		if made := s.made(); strings.Join(made, ", ") != "candidate:100, stable:100" {
			t.Errorf("deployed %q", made)
		}
	})
}

// TestAFirstReleaseHasNoSteps watches only the goal. If that fails, there is no way back, and no state.
func TestAFirstReleaseHasNoSteps(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"sound": false, "broken": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.State = modeltest.NewState()
				s.Act(func(sim *esasim.Simulator) {
					sim.Withdraw(routine, "production")
					if broken {
						sim.SetErrorRate(routine, stable, 1)
					}
				})
				config := release100(stable, s.watched())
				s.expectNextPlan(config, 1, "Rollout of hello:production: the planned split at once, watched for 5m; on failure: hold; steps skipped: the environment serves no other version, so there is none to go back to.")
				run := s.apply(config)
				s.expectHistory("0s stable:100")
				if !broken {
					s.Expect(run, false)
					s.expectTime(5*time.Minute, 5*time.Minute+5*time.Second)
					s.expectState("stable:100")
					return
				}
				s.Expect(run, true, "Rollout failed and was not rolled back", "There is no version to roll back to, so the current split stays.", "current:   100% "+stable,
					"The next apply adopts it without watching it.", "The state has no entry of this resource, because its create failed.")
				s.expectState("")
				s.expectNextPlan(config, 1, "will be adopted", "!Rollout")
				s.Expect(s.apply(config), false)
				s.expectState("stable:100")
			})
		})
	}
}

// TestACreateThatOverwritesGoesInSteps takes over an environment that serves an older version.
func TestACreateThatOverwritesGoesInSteps(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"sound": false, "broken": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.State = modeltest.NewState()
				config := release100(candidate, s.watched(), body{"allow_overwrite": true})
				s.expectNextPlan(config, 1, announced, "Another split will be overwritten")
				if broken {
					s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 1) })
					s.Expect(s.apply(config), true, "Rollout failed and was rolled back", "current:   100% "+stable, "no entry of this resource")
					s.expectState("")
					return
				}
				s.Expect(s.apply(config, in(time.Minute, (*modeltest.Run).Stop)), true, "Rollout did not complete", "current:   95% "+stable, "no entry of this resource")
				s.expectState("")
				s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 5% (live already) for 3m")
				s.Expect(s.apply(config), false)
				s.expectHistory("0s stable:95 candidate:5", "4m0s stable:50 candidate:50", "9m0s candidate:100")
				s.expectState("candidate:100")
			})
		})
	}
}

// TestALostAnswerIsNoEndOfARollout loses the answer to each deployment, which ESA has carried out.
func TestALostAnswerIsNoEndOfARollout(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		lost := map[int]bool{}
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			if call.IsWrite() && !lost[call.Write] {
				lost[call.Write] = true
				return modeltest.Mishap{Fault: esasim.ResetAfter}
			}
			return modeltest.Mishap{}
		}
		s.Expect(s.apply(release100(candidate, s.watched())), false)
		if made := s.made(); len(made) != 3 {
			t.Errorf("deployed %q, want each step once", made)
		}
		s.expectState("candidate:100")
	})
}

// TestALostAnswerIsWatched loses the answer to the only deployment of a first release.
func TestALostAnswerIsWatched(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.State = modeltest.NewState()
		s.Act(func(sim *esasim.Simulator) { sim.Withdraw(routine, "production") })
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			if call.Write == 1 {
				return modeltest.Mishap{Fault: esasim.ResetAfter}
			}
			return modeltest.Mishap{}
		}
		s.Expect(s.apply(release100(stable, s.watched())), false)
		s.expectHistory("0s stable:100")
		s.expectTime(5*time.Minute, 6*time.Minute)
	})
}

// TestAResumedRolloutLooksFirst has someone deploy between the plan that resumes and its apply.
func TestAResumedRolloutLooksFirst(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		config := release100(candidate, s.watched())
		s.apply(config, in(time.Minute, (*modeltest.Run).Stop))
		_, plan := s.plan(config)
		s.Act(func(sim *esasim.Simulator) { sim.Deploy(routine, "production", all(third)...) })
		s.Expect(s.ApplySaved(plan), true, "Environment changed since it was planned", "Nothing was deployed.", "planned:      100% "+candidate, "current:      100% "+third)
		s.expectTime(time.Minute, time.Minute+10*time.Second)
		s.expectState("stable:95 candidate:5")
	})
}

// TestAStepOfSomeoneElseStopsTheRollout has someone deploy the very first step between the plan and its apply, such as another run of
// the same configuration: the second step would overwrite it.
func TestAStepOfSomeoneElseStopsTheRollout(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		_, plan := s.plan(release100(candidate, s.watched()))
		s.Act(func(sim *esasim.Simulator) { sim.Deploy(routine, "production", esaShares(stable, 95, candidate, 5)...) })
		s.Expect(s.ApplySaved(plan), true, "Environment changed since it was planned", "Nothing was deployed.", "current:      95% "+stable+" + 5% "+candidate)
		s.expectHistory("0s somebody: stable:95 candidate:5")
		s.expectState("stable:100")
		// The next plan starts from there, and the rollout resumes.
		s.Expect(s.apply(release100(candidate, s.watched())), false)
		s.expectState("candidate:100")
	})
}

// TestALateAnswerIsNoForeignDeployment has GetRoutine show what the rollout has replaced, some reads long.
func TestALateAnswerIsNoForeignDeployment(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		stale := 0
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			since := time.Since(s.since)
			if call.Operation == "GetRoutine" && since > 3*time.Minute && stale < 6 {
				stale++
				return modeltest.Mishap{Stale: true}
			}
			return modeltest.Mishap{}
		}
		s.Expect(s.apply(release100(candidate, s.watched())), false)
		if stale != 6 {
			t.Errorf("%d late answers, want 6", stale)
		}
		s.expectState("candidate:100")
	})
}

// TestOddAnswers has GetRoutine show a younger deployment which no one has made: one or two such answers prove nothing, and the
// third in a row stops the rollout.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"while a step is awaited", "at the end"} {
		for answers, believed := range map[int]bool{esa.ReadsAtConflict - 1: false, esa.ReadsAtConflict: true} {
			t.Run(fmt.Sprint(answers, " ", place), func(t *testing.T) {
				t.Parallel()
				onStage(t, func(s *stage) {
					left, began := answers, false
					s.Each = func(call *modeltest.Call) modeltest.Mishap {
						began = began || time.Since(s.since) > 12*time.Minute || place == "while a step is awaited" && call.Write == 2
						if !began || left == 0 || call.Operation != "GetRoutine" {
							return modeltest.Mishap{}
						}
						left--
						return modeltest.Mishap{Fault: esasim.ChosenAnswer, Body: fmt.Sprintf(
							`{"RequestId":"R","Envs":[{"Env":"production","CodeDeploy":{"DeployId":"odd","CreateTime":"2100-01-01T00:00:00Z","Strategy":"percentage","CodeVersions":[{"CodeVersion":%q,"Percentage":100}]}}]}`, third)}
					}
					run := s.apply(release100(candidate, s.watched()))
					if left > 0 {
						t.Errorf("%d odd answers were not given", left)
					}
					if believed {
						s.Expect(run, true, "someone else has deployed in the meantime", "100% "+third+" (deployment odd")
						return
					}
					s.Expect(run, false)
					s.expectState("candidate:100")
				})
			})
		}
	}
}

// TestWhatWasReplacedIsNoForeignDeployment has a replica answer what the rollout replaced two steps ago, without the time that would
// tell its age.
func TestWhatWasReplacedIsNoForeignDeployment(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		var first string
		s.Act(func(sim *esasim.Simulator) {
			live, _ := sim.Live(routine, esasim.Production)
			first = live.ID
		})
		late, began := 0, false
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			began = began || call.Write == 2
			if !began || late == esa.ReadsAtConflict || call.Operation != "GetRoutine" {
				return modeltest.Mishap{}
			}
			late++
			return modeltest.Mishap{Fault: esasim.ChosenAnswer, Body: fmt.Sprintf(
				`{"RequestId":"R","Envs":[{"Env":"production","CodeDeploy":{"DeployId":%q,"Strategy":"percentage","CodeVersions":[{"CodeVersion":%q,"Percentage":100}]}}]}`, first, stable)}
		}
		s.Expect(s.apply(release100(candidate, s.watched())), false)
		if late != esa.ReadsAtConflict {
			t.Errorf("%d late answers were given, want %d", late, esa.ReadsAtConflict)
		}
		s.expectState("candidate:100")
	})
}

// TestTheTimeOfAVersionDecidesWhichIsNewer releases a version with a lower number that is younger: it goes in steps. Where the times
// cannot be read, the numbers decide.
func TestTheTimeOfAVersionDecidesWhichIsNewer(t *testing.T) {
	t.Parallel()
	const younger = "1000000000000000000"
	for operation, said := range map[string]string{"": announced, "GetRoutineCodeVersionInfo": "code version " + younger + " is older than " + stable} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.Act(func(sim *esasim.Simulator) { sim.AddCodeVersion(routine, younger) })
				s.Each = func(call *modeltest.Call) modeltest.Mishap {
					if call.Operation == operation {
						return modeltest.Mishap{Fault: esasim.ChosenError}
					}
					return modeltest.Mishap{}
				}
				s.expectNextPlan(release100(younger, s.watched()), 1, said)
			})
		})
	}
}

// TestADeploymentThatWasNotSeenLive refreshes a state whose deployment no read of the apply has shown. One read that shows it is
// enough; late ones neither bring the former deployment back nor remove the resource.
func TestADeploymentThatWasNotSeenLive(t *testing.T) {
	t.Parallel()
	const missing = `{"RequestId":"R","Code":"RoutineNotExist","Message":"The routine does not exist."}`
	for name, test := range map[string]struct {
		late  modeltest.Mishap
		times int
	}{
		"shown at once":                  {modeltest.Mishap{}, 0},
		"shown after the former":         {modeltest.Mishap{Stale: true}, 3},
		"shown after a missing routine":  {modeltest.Mishap{Fault: esasim.ChosenAnswer, Body: missing}, 2},
		"shown after an empty routine":   {modeltest.Mishap{Fault: esasim.ChosenAnswer, Body: `{"RequestId":"R","CreateTime":"2024-08-14T01:42:27Z","Envs":[]}`}, 4},
		"shown in the last of the reads": {modeltest.Mishap{Stale: true}, esa.ReadsAfterWrite - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.Each = staleAfterWrite(1)
				config := release100(candidate)
				s.Expect(s.apply(config), true, "Deployment did not become live")
				s.expectState("candidate:100")
				left := test.times
				s.Each = func(*modeltest.Call) modeltest.Mishap {
					left--
					if left < 0 {
						return modeltest.Mishap{}
					}
					return test.late
				}
				if calls := s.Operations(func() { s.expectNextPlan(config, 0) }); len(calls) != test.times+1 {
					t.Errorf("the next plan makes the calls %v, want %d", calls, test.times+1)
				}
			})
		})
	}
}

// TestTheCandidateIsKnownAfterApply plans a version that the same apply builds.
func TestTheCandidateIsKnownAfterApply(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		const version = "esa_routine_code_version.next"
		s.more = []modeltest.Block{{Address: version, Type: "esa_routine_code_version", Body: body{"name": routine, "code": "export default {}"}}}
		config := release100("", s.watched(), body{"code_versions": []any{body{"code_version": modeltest.Ref{Address: version, Attribute: "code_version"}, "percentage": 100}}})
		s.expectNextPlan(config, 2, announced, "The candidate is known after apply. Without steps, it is deployed at once if it is older than code version "+stable+".")
		s.Expect(s.apply(config), false)
		if made := s.made(); len(made) != 3 {
			t.Errorf("deployed %q, want three steps", made)
		}
		s.expectTime(13*time.Minute, 14*time.Minute)
	})
}

// TestTheCandidateIsKnownAfterApplyOverATie warns of what the apply is going to refuse unless the version is an older one.
func TestTheCandidateIsKnownAfterApplyOverATie(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		const version = "esa_routine_code_version.next"
		s.more = []modeltest.Block{{Address: version, Type: "esa_routine_code_version", Body: body{"name": routine, "code": "export default {}"}}}
		s.Act(func(sim *esasim.Simulator) {
			sim.Deploy(routine, "production", esaShares(stable, 50, candidate, 50)...)
		})
		config := release100("", s.watched(), body{"code_versions": []any{body{"code_version": modeltest.Ref{Address: version, Attribute: "code_version"}, "percentage": 100}}})
		s.expectNextPlan(config, 2, "WARNING: "+address+": Invalid rollout: rollout: code versions "+stable+" and "+candidate+" serve 50% each, so neither is the stable one")
		s.Expect(s.apply(config), true, "Invalid rollout", "serve 50% each")
		s.expectHistory("0s somebody: stable:50 candidate:50")
	})
}

// TestAPlanWithoutRefreshOfARollout calls nothing and announces nothing, as every repetition of a plan while applying.
func TestAPlanWithoutRefreshOfARollout(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Options.NoRefresh = true
		calls := s.Operations(func() { s.expectNextPlan(release100(candidate, s.watched()), 1, "!Rollout") })
		if len(calls) > 0 {
			t.Errorf("the plan calls %q, want nothing", calls)
		}
		s.Expect(s.apply(release100(candidate, s.watched())), false)
	})
}

// TestTwoEnvironmentsAtOnce rolls both out in the time of one.
func TestTwoEnvironmentsAtOnce(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		staging := release100(stable, body{"env": "staging"})
		s.more = []modeltest.Block{{Address: address + "_staging", Type: "esa_routine_code_deployment", Body: staging}}
		s.Expect(s.apply(release100(stable)), false)
		s.since = time.Now()
		s.more[0].Body = release100(candidate, s.watched(), body{"env": "staging"})
		s.Expect(s.apply(release100(candidate, s.watched())), false)
		s.expectTime(13*time.Minute, 13*time.Minute+10*time.Second)
		for _, env := range []string{"staging", "production"} {
			s.Act(func(sim *esasim.Simulator) {
				if live, _ := sim.Live(routine, env); inWords(live.Shares) != "candidate:100" {
					t.Errorf("%s serves %s", env, inWords(live.Shares))
				}
			})
		}
	})
}

// TestAPlanThatCannotWorkIsRefused leaves too little time, or has a step beyond the end of a canary.
func TestAPlanThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		canary := []any{body{"code_version": stable, "percentage": 80}, body{"code_version": candidate, "percentage": 20}}
		for _, test := range []struct {
			config body
			text   string
		}{
			{release100(candidate, s.watched(), body{"timeouts": body{"update": "13m"}}), "The bake times of the rollout sum to 13m, and timeouts.update is 13m."},
			{release100(candidate, s.watched(), body{"code_versions": canary}), "rollout.steps[1]: percentage must be less than 20, the share that the rollout ends at, got: 50."},
		} {
			run, plan := s.plan(test.config)
			s.Expect(run, true, test.text)
			if plan != nil {
				t.Errorf("%s: there is a plan", test.text)
			}
		}
	})
}

// TestAHealthCheckThatHangs is distinguished from one that Ctrl-C interrupts.
func TestAHealthCheckThatHangs(t *testing.T) {
	t.Parallel()
	for name, cancel := range map[string]bool{"counts as failed": false, "ends by Ctrl-C": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.Visit = func(ctx context.Context, _ probe.Check) probe.Result {
					<-ctx.Done()
					return probe.Result{Detail: "interrupted"}
				}
				config := release100(candidate, s.watched())
				if cancel {
					s.Expect(s.apply(config, in(3*time.Second, (*modeltest.Run).Stop)), true, "the apply was canceled", "!check failed")
					s.expectTime(3*time.Second, 4*time.Second)
					s.expectHistory("0s stable:95 candidate:5")
					return
				}
				s.Expect(s.apply(config), true, "Rollout failed and was rolled back", "Z  check failed: no answer within 5s\n")
				s.expectHistory("0s stable:95 candidate:5", "5s stable:100")
			})
		})
	}
}

// TestTheLastThreeFailuresAreTold asks a check that must fail five times in a row.
func TestTheLastThreeFailuresAreTold(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		asked := 0
		s.Visit = func(context.Context, probe.Check) probe.Result {
			asked++
			return probe.Result{Passed: asked == 3, Detail: "answer " + strings.Repeat("I", asked)}
		}
		config := release100(candidate, s.watched())
		check(config)["max_failures"] = 5
		check(config)["interval"] = "10s"
		s.Expect(s.apply(config), true, "00:01:10Z  check failed: answer IIIIIIII\n", "check failed: answer IIIIII\n", "!answer IIIII\n")
		s.expectHistory("0s stable:95 candidate:5", "1m10s stable:100")
	})
}
