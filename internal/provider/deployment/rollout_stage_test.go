package deployment_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
	"terraform-provider-esa/internal/probe"
)

// stage is an account on which Terraform releases by a rollout, in this process and in injected time.
type stage struct {
	t     *testing.T
	world *modeltest.World
	state *modeltest.State
	// more are blocks of the configuration besides the resource, options the flags of a plan.
	more    []modeltest.Block
	options modeltest.PlanOptions
	// since is when the time of the stage began.
	since time.Time
	runs  int
	// each says what happens to calls, visit answers health checks; nil for nothing.
	each  func(*modeltest.Call) modeltest.Mishap
	visit func(context.Context, probe.Check) probe.Result
}

// onStage plays in a bubble whose clock starts when production serves the stable version, with every version a day old.
func onStage(t *testing.T, play func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, world: modeltest.NewWorld(), state: modeltest.NewState()}
		s.act(func(sim *esasim.Simulator) {
			sim.AddRoutine(routine)
			for _, version := range []string{stable, candidate, third} {
				sim.AddCodeVersion(routine, version)
			}
		})
		s.expectEnd(s.apply(release100(stable)), false)
		s.after(24*time.Hour - time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
		s.since = time.Now()
		play(s)
	})
}

// after lets time pass.
func (s *stage) after(length time.Duration) {
	<-time.After(length)
}

func (s *stage) act(act func(*esasim.Simulator)) { s.world.Act("test", act) }

// body is a configuration of the resource.
type body = map[string]any

func release100(codeVersion string, more ...body) body {
	config := body{
		"name": routine, "env": "production", "timeouts": body{"create": "20m", "update": "20m"},
		"code_versions": []any{body{"code_version": codeVersion, "percentage": 100}},
	}
	for _, changes := range more {
		maps.Copy(config, changes)
	}
	return config
}

// watched is a rollout in the steps 5 and 50 with a check of the site.
func (s *stage) watched(more ...body) body {
	rollout := body{
		"steps":     []any{body{"percentage": 5, "bake_time": "3m"}, body{"percentage": 50, "bake_time": "5m"}},
		"bake_time": "5m",
		"checks":    []any{body{"url": "https://" + s.record() + "/healthz?key=secret", "interval": "1s"}},
	}
	for _, changes := range more {
		maps.Copy(rollout, changes)
	}
	return body{"rollout": rollout}
}

func (s *stage) run() *modeltest.Run {
	s.runs++
	return &modeltest.Run{World: s.world, Name: fmt.Sprintf("run %d", s.runs), Each: s.each, Visit: s.visit}
}

// blocks are the blocks of a configuration: the resource, and what the stage has besides.
func (s *stage) blocks(config body) []modeltest.Block {
	return append([]modeltest.Block{{Address: address, Type: "esa_routine_code_deployment", Body: config}}, s.more...)
}

// plan plans a configuration.
func (s *stage) plan(config body) (*modeltest.Run, *modeltest.Plan) {
	s.t.Helper()
	run := s.run()
	return run, run.Plan(s.state, s.blocks(config), s.options)
}

// apply plans a configuration and applies that; during acts on the run meanwhile.
func (s *stage) apply(config body, during ...func(*modeltest.Run)) *modeltest.Run {
	s.t.Helper()
	run, plan := s.plan(config)
	if plan == nil {
		s.t.Fatalf("the plan failed: %s", strings.Join(run.Diagnostics, "\n"))
	}
	return s.applySaved(plan, during...)
}

// applySaved applies a plan.
func (s *stage) applySaved(plan *modeltest.Plan, during ...func(*modeltest.Run)) *modeltest.Run {
	run := s.run()
	for _, act := range during {
		act(run)
	}
	run.Apply(plan, func(state *modeltest.State) { s.state = state })
	return run
}

// history is what production served, and since when.
func (s *stage) history() []string {
	var lines []string
	s.act(func(sim *esasim.Simulator) {
		for _, deployment := range sim.Deployments(routine, "production") {
			if deployment.CreateTime.Before(s.since) {
				continue
			}
			who := ""
			if !deployment.ByAPI {
				who = "somebody: "
			}
			lines = append(lines, fmt.Sprintf("%s %s%s", deployment.CreateTime.Sub(s.since).Round(time.Second), who, inWords(deployment.Shares)))
		}
	})
	return lines
}

// inWords names the versions of a split.
func inWords(shares []esasim.Share) string {
	names := strings.NewReplacer(stable, "stable", candidate, "candidate", third, "third")
	return names.Replace(modeltest.SplitOf(shares))
}

func (s *stage) expectHistory(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.history(), cmpopts.EquateEmpty()); diff != "" {
		s.t.Errorf("deployments (-want +made):\n%s", diff)
	}
}

// expectEnd checks whether a run failed and what it said; a text after "!" must not be said.
func (s *stage) expectEnd(run *modeltest.Run, failed bool, texts ...string) {
	s.t.Helper()
	said := strings.Join(run.Diagnostics, "\n")
	if run.Failed != failed || len(run.Broken) > 0 {
		s.t.Errorf("failed: %t, want %t: %s %q", run.Failed, failed, said, run.Broken)
	}
	for _, text := range texts {
		if wanted := strings.TrimPrefix(text, "!"); strings.Contains(said, wanted) != (wanted == text) {
			s.t.Errorf("says %q: %t, want the opposite:\n%s", wanted, wanted != text, said)
		}
	}
}

// expectState checks what the state says that production serves, empty for nothing.
func (s *stage) expectState(want string) {
	s.t.Helper()
	got := ""
	if object := s.state.Current[address]; object != nil {
		got = inWords(modeltest.SharesOf(object.Value))
		if object.Tainted {
			got += ", tainted"
		}
	}
	if got != want {
		s.t.Errorf("the state has %q, want %q", got, want)
	}
}

// in lets something happen after a while.
func in(after time.Duration, act func(*modeltest.Run)) func(*modeltest.Run) {
	return func(run *modeltest.Run) { time.AfterFunc(after, func() { act(run) }) }
}

// made are the deployments of history without their times.
func (s *stage) made() []string {
	lines := s.history()
	for index, line := range lines {
		_, lines[index], _ = strings.Cut(line, " ")
	}
	return lines
}

// expectTime checks how long the stage has lasted.
func (s *stage) expectTime(atLeast, atMost time.Duration) {
	s.t.Helper()
	if took := time.Since(s.since); took < atLeast || took > atMost {
		s.t.Errorf("took %s, want %s to %s", took, atLeast, atMost)
	}
}

// expectNextPlan checks how many changes the next plan has, and what it says.
func (s *stage) expectNextPlan(config body, changes int, texts ...string) {
	s.t.Helper()
	run, plan := s.plan(config)
	s.expectEnd(run, false, texts...)
	if plan != nil && len(plan.Changes()) != changes {
		s.t.Errorf("the next plan has the changes %+v, want %d", plan.Changes(), changes)
	}
}

// record is the host name of the routine.
func (s *stage) record() (record string) {
	s.act(func(sim *esasim.Simulator) { record = sim.DefaultRecord(routine) })
	return record
}

// check is the health check of a configuration.
func check(config body) body {
	return config["rollout"].(body)["checks"].([]any)[0].(body)
}
