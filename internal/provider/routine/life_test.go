package routine_test

import (
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// life is a routine that is created, described anew, and deleted.
var life = modeltest.Life{
	Address: address,
	Setup:   func(*esasim.Simulator) {},
	Steps: []modeltest.Step{
		{Body: map[string]any{"name": name, "description": "one"}, Holds: "one"},
		{Body: map[string]any{"name": name, "description": "two"}, Holds: "two"},
		{Body: map[string]any{"name": "other", "description": "two"}, Holds: "other: two"},
		{Holds: ""},
	},
	Holds: func(sim *esasim.Simulator) (holds string) {
		for _, routine := range sim.State().Routines {
			if routine.Name != name {
				holds += routine.Name + ": "
			}
			holds += routine.Description
			for _, deployment := range routine.Deployments {
				holds += " " + modeltest.SplitOf(deployment.Shares)
			}
		}
		return holds
	},
	// Plans read as far as they may; the writes read again.
	Dispensable: func(_ int, call *modeltest.Call) bool { return call.Operation == "GetRoutine" },
}

func TestRoutineLife(t *testing.T) {
	t.Parallel()
	life.All(t)
	life.Brief().Faults(t)
}

func TestRoutineOthers(t *testing.T) {
	t.Parallel()
	remake := func(sim *esasim.Simulator) {
		for _, routine := range sim.State().Routines {
			sim.RemoveRoutine(routine.Name)
			sim.AddRoutine(routine.Name)
			sim.SetDescription(routine.Name, "somebody's")
		}
	}
	life.Others(t, 1, map[string]func(*esasim.Simulator){
		"a routine of the same name": func(sim *esasim.Simulator) { sim.AddRoutine(name) },
	})
	life.Others(t, 2, map[string]func(*esasim.Simulator){
		"another description":        func(sim *esasim.Simulator) { sim.SetDescription(name, "somebody's") },
		"a routine of the same name": remake,
	})
	life.Others(t, 4, map[string]func(*esasim.Simulator){
		"a routine of the same name": remake,
		"a deployment": func(sim *esasim.Simulator) {
			for _, routine := range sim.State().Routines {
				sim.AddCodeVersion(routine.Name, "4711")
				sim.Deploy(routine.Name, esasim.Production, esasim.Share{CodeVersion: "4711", Percentage: 100})
			}
		},
	})
}
