package variables_test

import (
	"fmt"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// life is a set of variables that is created, changed and shrunk, and deleted.
var life = modeltest.Life{
	Address: "esa_routine_environment_variables.test",
	Setup:   func(sim *esasim.Simulator) { sim.AddRoutine(routine) },
	Steps: []modeltest.Step{
		{Body: plain("A", "1", "B", "1"), Holds: "A=1 B=1 "},
		{Body: plain("A", "2"), Holds: "A=2 "},
		{Holds: ""},
	},
	Holds: func(sim *esasim.Simulator) (holds string) {
		for _, variable := range sim.Variables(routine, esasim.Production) {
			holds += fmt.Sprintf("%s=%s ", variable.Key, variable.Value)
		}
		return holds
	},
}

// plain is a configuration of variables, each with its value after it.
func plain(pairs ...string) map[string]any {
	variables := map[string]any{}
	for index := 0; index < len(pairs); index += 2 {
		variables[pairs[index]] = pairs[index+1]
	}
	return map[string]any{"name": routine, "env": esasim.Production, "variables": variables}
}

func TestVariablesLife(t *testing.T) {
	t.Parallel()
	life.All(t)
}

func TestVariablesOthers(t *testing.T) {
	t.Parallel()
	acts := map[string]func(*esasim.Simulator){
		"another value": func(sim *esasim.Simulator) {
			sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "A", Value: "somebody's"})
		},
		"another variable": func(sim *esasim.Simulator) {
			sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "Z", Value: "somebody's"})
		},
	}
	for step := 1; step <= 3; step++ {
		life.Others(t, step, acts)
	}
}
