package deployment_test

import (
	"slices"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

const announced = "Rollout of hello:production: 5% for 3m, 50% for 5m, then 100% for 5m, at least 13m; on failure: roll back."

func TestRolloutReachesItsGoal(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		config := release100(candidate, s.watched())
		run, plan := s.plan(config)
		s.Expect(run, false, announced)
		if changes := plan.Changes(); len(changes) != 1 || changes[0].Action != modeltest.Update {
			s.T.Errorf("the plan is %+v, want one update", changes)
		}
		s.Expect(s.apply(config), false)
		s.expectHistory("0s stable:95 candidate:5", "3m0s stable:50 candidate:50", "8m0s candidate:100")
		s.expectState("candidate:100")
		s.expectTime(13*time.Minute, 13*time.Minute+10*time.Second)
		s.expectNextPlan(config, 0, "!Rollout")
	})
}

// TestRolloutIsRolledBack has a candidate that fails now and then. An apply that rolled back has failed; its state has the
// stable version, so that the next plan shows the change again.
func TestRolloutIsRolledBack(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 0.1) })
		config := release100(candidate, s.watched(), body{"on_outside_change": "stop"})
		check(config)["interval"] = "100ms"
		run := s.apply(config)
		s.Expect(run, true, "Rollout failed and was rolled back",
			`The health check https://`+s.record()+`/healthz failed at step 1 of 3 (5%) of the rollout to the production environment of routine "hello". The stable version serves all traffic again.`,
			"rollout:   5% for 3m, 50% for 5m, then 100% for 5m, at least 13m; on failure: roll back\n",
			"current:   100% "+stable+" (deployment ", "Z  step 1 of 3 (5%), live: 95% "+stable+" + 5% "+candidate+" (deployment ",
			"Z  check failed: HTTP 500, must be 200\n", "Z  rolling back\n", "Z  rolled back, live: 100% "+stable, "the next plan shows this change again", "!secret")
		if made := s.made(); len(made) != 2 || made[1] != "stable:100" {
			t.Errorf("deployed %q, want the stable version after the first step", made)
		}
		s.expectTime(0, 3*time.Minute)
		s.expectState("stable:100")
		s.expectNextPlan(config, 1, announced, "!outside")
	})
}

func TestRolloutThatFailsIsHeld(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 1) })
		config := release100(candidate, s.watched(body{"on_failure": "hold"}))
		s.Expect(s.apply(config), true, "Rollout failed and was not rolled back", `on_failure is "hold", so the current split stays.`,
			"current:   95% "+stable+" + 5% "+candidate, "to continue, apply again: the rollout resumes at the current step. To roll back, set code_versions to 100% of code version "+stable+" and apply.")
		s.expectHistory("0s stable:95 candidate:5")
		s.expectState("stable:95 candidate:5")
		s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 0) })
		s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 5% (live already) for 3m, 50% for 5m", "this step has not been watched since")
		s.Expect(s.apply(config), false)
		if made := s.made(); len(made) != 3 || made[2] != "candidate:100" {
			t.Errorf("deployed %q, want no step twice", made)
		}
	})
}

// TestRolloutIsInterrupted presses Ctrl-C while a step is watched.
func TestRolloutIsInterrupted(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		config := release100(candidate, s.watched())
		run := s.apply(config, in(4*time.Minute, (*modeltest.Run).Stop))
		s.expectTime(4*time.Minute, 4*time.Minute+time.Second)
		s.Expect(run, true, "Rollout did not complete", "stopped during the bake time of step 2 of 3 (50%): the apply was canceled",
			"It was not rolled back, and the current split is not watched.", "current:   50% "+stable+" + 50% "+candidate, "the rollout resumes at the current step")
		s.expectHistory("0s stable:95 candidate:5", "3m0s stable:50 candidate:50")
		s.expectState("stable:50 candidate:50")
		s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 50% (live already) for 5m, then 100% for 5m, at least 10m", "!outside")
		s.Expect(s.apply(config), false)
		s.expectHistory("0s stable:95 candidate:5", "3m0s stable:50 candidate:50", "9m0s candidate:100")
	})
}

// TestRolloutIsKilled ends the process while a step is watched. Nothing is saved.
func TestRolloutIsKilled(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		config := release100(candidate, s.watched(), body{"on_outside_change": "stop"})
		s.apply(config, in(4*time.Minute, (*modeltest.Run).Kill))
		s.expectState("stable:100")
		s.expectNextPlan(config, 1, "Interrupted rollout of hello:production resumes: 50% (live already) for 5m", "!outside")
		s.Expect(s.apply(config), false)
		// The bake of the step begins anew once it is confirmed that it is live, which the state does not know.
		s.expectTime(9*time.Minute, 15*time.Minute+5*time.Second)
		if made := s.made(); !slices.Equal(made, []string{"stable:95 candidate:5", "stable:50 candidate:50", "candidate:100"}) {
			t.Errorf("deployed %q, want each step once", made)
		}
		s.expectState("candidate:100")
	})
}

// TestRolloutOfSharesOfNoStep has live what no step of the rollout serves: that is someone else's doing.
func TestRolloutOfSharesOfNoStep(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Act(func(sim *esasim.Simulator) {
			sim.Deploy(routine, "production", esaShares(stable, 80, candidate, 20)...)
		})
		config := release100(candidate, s.watched())
		s.expectNextPlan(config, 1, "was changed outside of Terraform", "Rollout of hello:production: 50% for 5m, then 100% for 5m, at least 10m; on failure: roll back.")
		config["on_outside_change"] = "stop"
		run, _ := s.plan(config)
		s.Expect(run, true, "was changed outside of Terraform")
	})
}

// TestSomeoneElseDeploysDuringARollout stops it: neither a step nor the way back overwrites theirs.
func TestSomeoneElseDeploysDuringARollout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		split   []esasim.Share
		broken  bool
		history string
		texts   []string
	}{
		"another version": {all(third), false, "somebody: third:100", []string{"Rollout did not complete", "someone else has deployed in the meantime", "current:   100% " + third}},
		"the stable one":  {all(stable), false, "somebody: stable:100", []string{"someone else has deployed in the meantime"}},
		"the same step":   {esaShares(stable, 95, candidate, 5), false, "somebody: stable:95 candidate:5", []string{"someone else has deployed in the meantime"}},
		"the next step":   {esaShares(stable, 50, candidate, 50), false, "somebody: stable:50 candidate:50", []string{"someone else has deployed in the meantime"}},
		"the goal":        {all(candidate), false, "somebody: candidate:100", []string{"someone else has deployed in the meantime"}},
		"another version, and the site breaks": {all(third), true, "somebody: third:100", []string{
			"Rollout failed and was not rolled back", "Deploying the stable version did not succeed: someone else has deployed in the meantime."}},
		"the goal, and the site breaks": {all(candidate), true, "somebody: candidate:100", []string{"Rollout failed and was not rolled back"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				config := release100(candidate, s.watched())
				run := s.apply(config, in(time.Minute, func(*modeltest.Run) {
					s.Act(func(sim *esasim.Simulator) {
						sim.Deploy(routine, "production", test.split...)
						if test.broken {
							sim.SetErrorRate(routine, third, 1)
							sim.SetErrorRate(routine, candidate, 1)
						}
					})
				}))
				s.Expect(run, true, append(test.texts, "coordinate with whoever deployed", "last step: 95% "+stable+" + 5% "+candidate)...)
				s.expectHistory("0s stable:95 candidate:5", "1m0s "+test.history)
				s.expectState("stable:95 candidate:5")
			})
		})
	}
}

// TestSomeoneElseDeploysWhileTheGoalIsWatched has the last read of a rollout notice it.
func TestSomeoneElseDeploysWhileTheGoalIsWatched(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		run := s.apply(release100(candidate, s.watched()), in(9*time.Minute, func(*modeltest.Run) {
			s.Act(func(sim *esasim.Simulator) { sim.Deploy(routine, "production", all(stable)...) })
		}))
		s.Expect(run, true, "Rollout did not complete", "during the bake time of step 3 of 3 (100%): someone else has deployed in the meantime")
		s.expectState("candidate:100")
		s.expectNextPlan(release100(candidate, s.watched()), 1, "was changed outside of Terraform", announced)
	})
}

// TestTheSessionExpiresDuringARollout leaves the step that is live, and a state that says so.
func TestTheSessionExpiresDuringARollout(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"before the next step": false, "before the way back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				run := s.apply(release100(candidate, s.watched()), in(time.Minute, func(*modeltest.Run) {
					s.Act(func(sim *esasim.Simulator) {
						sim.ExpireKey(esasim.AccessKeyID)
						if broken {
							sim.SetErrorRate(routine, candidate, 1)
						}
					})
				}))
				texts := []string{"Rollout did not complete", "a call to ESA failed", "After that: to continue, apply again"}
				if broken {
					texts = []string{"Rollout failed and was not rolled back", "Deploying the stable version did not succeed: a call to ESA failed.", "After that: to roll back, set code_versions to 100% of code version " + stable}
				}
				s.Expect(run, true, append(texts, "InvalidSecurityToken.Expired", "last read: 95% "+stable+" + 5% "+candidate)...)
				s.expectHistory("0s stable:95 candidate:5")
				s.expectState("stable:95 candidate:5")
				s.expectTime(time.Minute, 4*time.Minute)
			})
		})
	}
}

// TestARolloutRunsOutOfTime has ESA throttle every write after the first.
func TestARolloutRunsOutOfTime(t *testing.T) {
	t.Parallel()
	onStage(t, func(s *stage) {
		s.Each = func(call *modeltest.Call) modeltest.Mishap {
			if call.Write > 1 {
				return modeltest.Mishap{Fault: esasim.Throttled}
			}
			return modeltest.Mishap{}
		}
		s.Expect(s.apply(release100(candidate, s.watched())), true, "Rollout did not complete", "stopped before step 2 of 3 (50%): the time limit of this operation, timeouts.update, was reached", "current:   95% "+stable+" + 5% "+candidate)
		s.expectTime(20*time.Minute, 20*time.Minute+time.Second)
		s.expectState("stable:95 candidate:5")
	})
}

// TestTheWayBackHasTimeOfItsOwn has a check fail just before the operation's time is over, and ESA throttle.
func TestTheWayBackHasTimeOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		until  time.Duration
		failed string
		state  string
	}{
		"enough":     {15 * time.Minute, "Rollout failed and was rolled back", "stable:100"},
		"not enough": {time.Hour, "Rollout failed and was not rolled back", "candidate:100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(s *stage) {
				s.Each = func(call *modeltest.Call) modeltest.Mishap {
					if since := time.Since(s.since); call.IsWrite() && since > 12*time.Minute && since < test.until {
						return modeltest.Mishap{Fault: esasim.Throttled}
					}
					return modeltest.Mishap{}
				}
				config := release100(candidate, s.watched(), body{"timeouts": body{"update": "14m"}})
				run := s.apply(config, in(12*time.Minute+30*time.Second, func(*modeltest.Run) {
					s.Act(func(sim *esasim.Simulator) { sim.SetErrorRate(routine, candidate, 1) })
				}))
				s.Expect(run, true, test.failed)
				s.expectState(test.state)
				s.expectTime(12*time.Minute, 16*time.Minute+time.Second)
			})
		})
	}
}
