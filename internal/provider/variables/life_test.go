package variables_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// TestVariablesCalls counts what an apply asks of ESA: no more than the change needs.
func TestVariablesCalls(t *testing.T) {
	t.Parallel()
	const list, set, remove = "ListRoutineEnvironmentVariables", "SetRoutineEnvironmentVariables", "DeleteRoutineEnvironmentVariables"
	timeout := plain("A", "2", "B", "1")
	timeout["timeouts"] = map[string]any{"update": "3m"}
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		for _, step := range []struct {
			name string
			body map[string]any
			want []string
			fail string
		}{
			{"create", plain("A", "1", "B", "1"), []string{list, list, list, set, list}, ""},
			{"another value", plain("A", "2", "B", "1"), []string{list, set, list}, ""},
			{"another timeout", timeout, nil, ""},
			{"one less", plain("A", "2"), []string{list, remove, list}, ""},
			{"one more, which ESA sets in the second attempt", plain("A", "2", "B", "3"), []string{list, set, list, set, list}, "B"},
			{"a secret", withSecrets(1, map[string]any{"TOKEN": "one"}, "A", "2"), []string{list, remove, list, list, set, list}, ""},
		} {
			<-time.After(time.Minute)
			tf.Configure(life.Address, step.body)
			_, plan := tf.Plan()
			tf.Each = func(call *modeltest.Call) modeltest.Mishap {
				if step.fail == "" || call.Operation != set {
					return modeltest.Mishap{}
				}
				tf.Act(func(sim *esasim.Simulator) { sim.FailVariables(step.fail) })
				step.fail = ""
				return modeltest.Mishap{Done: func() { tf.Act(func(sim *esasim.Simulator) { sim.FailVariables() }) }}
			}
			made := tf.Operations(func() { tf.Expect(tf.ApplySaved(plan), false) })
			if diff := cmp.Diff(step.want, made); diff != "" {
				t.Errorf("%s (-want +made):\n%s", step.name, diff)
			}
		}
	})
}

// TestVariablesThatAreAllSecret has no plain variable, which is something else than an empty set of them.
func TestVariablesThatAreAllSecret(t *testing.T) {
	t.Parallel()
	body := withSecrets(1, map[string]any{"TOKEN": "one"})
	delete(body, "variables")
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Configure(life.Address, body)
		tf.Expect(tf.Apply(), false)
		tf.ExpectEmptyPlan()
		tf.State = modeltest.NewState()
		tf.Expect(tf.Import(life.Address, "hello:production"), false)
		tf.ExpectValue(tf.State.Current[life.Address].Value, `{"env":"production","id":"hello:production","name":"hello","revision":"289fcf188c1295f1","secret_names":["TOKEN"]}`)
	})
}
