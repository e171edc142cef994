package deployment_test

import (
	"testing"

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

func TestDeploymentFaults(t *testing.T) {
	t.Parallel()
	life.Faults(t)
}

func TestDeploymentInterruptions(t *testing.T) {
	t.Parallel()
	life.Interruptions(t)
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

func TestDeploymentTimeouts(t *testing.T) {
	t.Parallel()
	life.Timeouts(t)
}
