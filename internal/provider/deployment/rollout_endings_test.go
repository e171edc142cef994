package deployment_test

import (
	"context"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
	"terraform-provider-esa/internal/probe"
)

// staleAfterWrite shows what was live before a write of the apply, in every read after it.
func staleAfterWrite(number int) func(*modeltest.Call) modeltest.Mishap {
	written := false
	return func(call *modeltest.Call) modeltest.Mishap {
		written = written || call.Write == number
		return modeltest.Mishap{Stale: written && call.Operation == "GetRoutine"}
	}
}

// TestAStepThatIsNotSeenLiveIsInTheState has ESA accept a step that no read shows until the apply is over.
func TestAStepThatIsNotSeenLiveIsInTheState(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		during func(*modeltest.Run)
		reason string
	}{
		"until the time is over": {func(*modeltest.Run) {}, "the time limit of this operation, timeouts.update, was reached"},
		"until Ctrl-C":           {in(4*time.Minute, (*modeltest.Run).Stop), "the apply was canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.Each = staleAfterWrite(2)
				config := release100(candidate, s.watched(), body{"on_outside_change": "stop"})
				s.Expect(s.apply(config, test.during), true, "Rollout did not complete",
					"stopped before step 2 of 3 (50%): "+test.reason, "accepted:  50% "+stable+" + 50% "+candidate+" (deployment ", "), not live yet\n",
					"last read: 95% "+stable+" + 5% "+candidate, "run terraform plan. It reads the current split, and the apply continues from there.")
				s.expectState("stable:50 candidate:50")
				s.Each = nil
				s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 50% (live already) for 5m", "!outside")
				s.Expect(s.apply(config), false)
				if made := s.made(); len(made) != 3 || made[2] != "candidate:100" {
					t.Errorf("deployed %q, want each step once", made)
				}
				s.expectState("candidate:100")
			})
		})
	}
}

// TestACreateWhoseStepIsNotSeenLive leaves no state, and the error names the deployment.
func TestACreateWhoseStepIsNotSeenLive(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.State = modeltest.NewState()
		s.Each = staleAfterWrite(1)
		config := release100(candidate, s.watched(), body{"allow_overwrite": true})
		s.Expect(s.apply(config), true, "stopped before step 1 of 3 (5%): the time limit of this operation, timeouts.create, was reached",
			"accepted:  95% "+stable+" + 5% "+candidate+" (deployment ", "last read: 100% "+stable, "The state has no entry of this resource, because its create failed.")
		s.expectState("")
		s.Each = nil
		s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 5% (live already) for 3m")
	})
}

// TestAStepWithoutAnAnswerIsNamed cancels the apply after ESA has carried out a step and the answer was lost.
func TestAStepWithoutAnAnswerIsNamed(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		var canceled *modeltest.Run
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			if call.Write == 2 {
				return modeltest.Mishap{Fault: esasim.ResetAfter, Answered: canceled.Stop}
			}
			return modeltest.Mishap{}
		}
		config := release100(candidate, s.watched(), body{"on_outside_change": "stop"})
		run := s.apply(config, func(run *modeltest.Run) { canceled = run })
		s.Expect(run, true, "stopped before step 2 of 3 (50%): the apply was canceled",
			"attempted: 50% "+stable+" + 50% "+candidate+", without an answer, so it may still take effect", "last read: 95% "+stable+" + 5% "+candidate)
		s.expectState("stable:95 candidate:5")
		s.Each = nil
		s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 50% (live already) for 5m", "!outside")
		s.Expect(s.apply(config), false)
		if made := s.made(); len(made) != 3 {
			t.Errorf("deployed %q, want each step once", made)
		}
	})
}

// TestSomeoneElseDeploysBeforeAStepIsSeenLive replaces a step in the moment after ESA has accepted it.
func TestSomeoneElseDeploysBeforeAStepIsSeenLive(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"a step": false, "the way back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.Each = func(call *modeltest.Call) modeltest.Mishap {
					if call.Write == 2 {
						return modeltest.Mishap{Done: func() { s.Act(func(sim *esasim.Simulator) { sim.Deploy(routine, "production", all(third)...) }) }}
					}
					return modeltest.Mishap{}
				}
				texts := []string{"stopped before step 2 of 3 (50%): someone else has deployed in the meantime", "accepted:  50% " + stable + " + 50% " + candidate}
				if broken {
					s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 1) })
					texts = []string{"Rollout failed and was not rolled back", "Deploying the stable version did not succeed: someone else has deployed in the meantime.", "accepted:  100% " + stable}
				}
				config := release100(candidate, s.watched())
				s.Expect(s.apply(config), true, append(texts, "current:   100% "+third, "coordinate with whoever deployed")...)
				if made := s.made(); len(made) != 3 || made[2] != "somebody: third:100" {
					t.Errorf("deployed %q, want nothing after what someone deployed", made)
				}
				s.expectNextPlan(config, 1, "was changed outside of Terraform", "current:  100% "+third)
			})
		})
	}
}

// TestTheGoalFails breaks the candidate while the goal is watched.
func TestTheGoalFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		onFailure, summary, state, advice string
		changes                           int
	}{
		"rolled back": {"roll_back", "Rollout failed and was rolled back", "stable:100", "the next plan shows this change again", 1},
		"held": {"hold", "Rollout failed and was not rolled back", "candidate:100",
			"the next plan is empty and nothing is watched. To roll back, set code_versions to 100% of code version " + stable + " and apply.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				config := release100(candidate, s.watched(body{"on_failure": test.onFailure}))
				run := s.apply(config, in(10*time.Minute, func(*modeltest.Run) {
					s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 1) })
				}))
				s.Expect(run, true, test.summary, "failed at step 3 of 3 (100%)", test.advice)
				s.expectState(test.state)
				s.expectTime(10*time.Minute, 10*time.Minute+10*time.Second)
				s.expectNextPlan(config, test.changes)
			})
		})
	}
}

// TestAWayBackIsInterrupted presses Ctrl-C while ESA throttles the deployment of the stable version: nothing more is
// written, and the error says how to go back.
func TestAWayBackIsInterrupted(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 1) })
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			if call.Write > 1 {
				return modeltest.Mishap{Fault: esasim.Throttled}
			}
			return modeltest.Mishap{}
		}
		config := release100(candidate, s.watched())
		check(config)["interval"] = "100ms"
		run := s.apply(config, in(2*time.Minute, (*modeltest.Run).Stop))
		s.Expect(run, true, "Rollout failed and was not rolled back", "Deploying the stable version did not succeed: the apply was canceled.",
			"current:   95% "+stable+" + 5% "+candidate, "to roll back, set code_versions to 100% of code version "+stable+" and apply.")
		s.expectHistory("0s stable:95 candidate:5")
		s.expectState("stable:95 candidate:5")
		s.expectTime(2*time.Minute, 2*time.Minute+time.Second)
	})
}

// TestProductionFollowsStaging releases to staging and then to production by one apply, each with a check that reaches its
// own environment. Where staging fails, production is not touched.
func TestProductionFollowsStaging(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"sound": false, "broken": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				const first, atStaging = address + "_staging", "203.0.113.10"
				s.more = []modeltest.Block{{Address: first, Type: "esa_routine_code_deployment", Body: release100(stable, body{"env": "staging"})}}
				s.Expect(s.apply(release100(stable)), false)
				s.since = time.Now()
				s.Visit = func(_ context.Context, check probe.Check) probe.Result {
					return probe.Result{Passed: !broken || check.ConnectTo != atStaging, Detail: "staging is broken"}
				}
				staging := release100(candidate, s.watched(), body{"env": "staging"})
				check(staging)["connect_to"] = atStaging
				s.more[0].Body = staging
				production := release100(candidate, s.watched(), body{"name": modeltest.Ref{Address: first, Attribute: "name"}})
				run := s.apply(production)
				if broken {
					s.Expect(run, true, "Rollout failed and was rolled back", "the staging environment of routine", "check failed: staging is broken", "!the production environment of routine")
					s.expectHistory()
					s.expectState("stable:100")
					s.expectNextPlan(production, 2)
					return
				}
				s.Expect(run, false)
				s.expectHistory("13m0s stable:95 candidate:5", "16m0s stable:50 candidate:50", "21m0s candidate:100")
				s.expectTime(26*time.Minute, 26*time.Minute+30*time.Second)
				s.expectNextPlan(production, 0)
			})
		})
	}
}

// TestAStepThatNeverTookEffectIsNoOutsideChange has the state hold a step that ESA accepted, while the step before it is
// still live.
func TestAStepThatNeverTookEffectIsNoOutsideChange(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Each = staleAfterWrite(2)
		config := release100(candidate, s.watched(), body{"on_outside_change": "stop"})
		s.Expect(s.apply(config), true, "not live yet")
		s.expectState("stable:50 candidate:50")
		s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 5% (live already) for 3m", "!outside")
	})
}
