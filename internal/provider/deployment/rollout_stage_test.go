package deployment_test

import (
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
)

// stage is an account on which Terraform releases by a rollout, in this process and in injected time.
type stage struct {
	*modeltest.Terraform

	// more are blocks of the configuration besides the resource.
	more []modeltest.Block
	// since is when the time of the stage began.
	since time.Time
}

// onStage plays in a bubble whose clock starts when production serves the stable version, with every version a day old.
func onStage(t *testing.T, play func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{Terraform: modeltest.NewTerraform(t, life.Setup)}
		s.Expect(s.apply(release100(stable)), false)
		s.after(24*time.Hour - time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
		s.since = time.Now()
		play(s)
	})
}

// after lets time pass.
func (s *stage) after(length time.Duration) {
	<-time.After(length)
}

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

// blocks are the blocks of a configuration: the resource, and what the stage has besides.
func (s *stage) blocks(config body) []modeltest.Block {
	return append([]modeltest.Block{{Address: address, Type: "esa_routine_code_deployment", Body: config}}, s.more...)
}

// plan plans a configuration.
func (s *stage) plan(config body) (*modeltest.Run, *modeltest.Plan) {
	s.T.Helper()
	s.Blocks = s.blocks(config)
	return s.Plan()
}

// apply plans a configuration and applies that; during acts on the run meanwhile.
func (s *stage) apply(config body, during ...func(*modeltest.Run)) *modeltest.Run {
	s.T.Helper()
	run, plan := s.plan(config)
	if plan == nil {
		s.T.Fatalf("the plan failed: %s", strings.Join(run.Diagnostics, "\n"))
	}
	return s.ApplySaved(plan, during...)
}

// history is what production served, and since when.
func (s *stage) history() []string {
	var lines []string
	s.Act(func(sim *esasim.Simulator) {
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
	s.T.Helper()
	if diff := cmp.Diff(want, s.history(), cmpopts.EquateEmpty()); diff != "" {
		s.T.Errorf("deployments (-want +made):\n%s", diff)
	}
}

// expectState checks what the state says that production serves, empty for nothing.
func (s *stage) expectState(want string) {
	s.T.Helper()
	got := ""
	if object := s.State.Current[address]; object != nil {
		got = inWords(modeltest.SharesOf(object.Value))
		if object.Tainted {
			got += ", tainted"
		}
	}
	if got != want {
		s.T.Errorf("the state has %q, want %q", got, want)
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
	s.T.Helper()
	if took := time.Since(s.since); took < atLeast || took > atMost {
		s.T.Errorf("took %s, want %s to %s", took, atLeast, atMost)
	}
}

// expectNextPlan checks how many changes the next plan has, and what it says.
func (s *stage) expectNextPlan(config body, changes int, texts ...string) {
	s.T.Helper()
	run, plan := s.plan(config)
	s.Expect(run, false, texts...)
	if plan != nil && len(plan.Changes()) != changes {
		s.T.Errorf("the next plan has the changes %+v, want %d", plan.Changes(), changes)
	}
}

// record is the host name of the routine.
func (s *stage) record() (record string) {
	s.Act(func(sim *esasim.Simulator) { record = sim.DefaultRecord(routine) })
	return record
}

// check is the health check of a configuration.
func check(config body) body {
	return config["rollout"].(body)["checks"].([]any)[0].(body)
}
