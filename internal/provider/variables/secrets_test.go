package variables_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// withSecrets is a configuration of plain variables and secrets.
func withSecrets(version int, secrets map[string]any, pairs ...string) map[string]any {
	body := maps.Clone(plain(pairs...))
	body["secrets_wo"], body["secrets_wo_version"] = secrets, version
	return body
}

// secretLife is life with a secret that is created, sent again, replaced by a plain variable, and deleted.
var secretLife = modeltest.Life{
	Address: life.Address,
	Setup:   life.Setup,
	Steps: []modeltest.Step{
		{Body: withSecrets(1, map[string]any{"TOKEN": "one"}, "A", "1"), Holds: "A=1 TOKEN=one "},
		{Body: withSecrets(2, map[string]any{"TOKEN": "two"}, "A", "1"), Holds: "A=1 TOKEN=two "},
		{Body: plain("A", "1", "TOKEN", "plain"), Holds: "A=1 TOKEN=plain "},
		{Holds: ""},
	},
	Holds: life.Holds,
	// Where the answer to a write is lost, secrets are sent again: nothing shows their values.
	Spare: 1,
}

func TestVariablesSecretLife(t *testing.T) {
	t.Parallel()
	secretLife.All(t)
}

func TestVariablesSecretOthers(t *testing.T) {
	t.Parallel()
	acts := map[string]func(*esasim.Simulator){
		"another secret": func(sim *esasim.Simulator) {
			sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "TOKEN", Type: esasim.SecretText, Value: "somebody's"})
		},
		"a secret like it": func(sim *esasim.Simulator) {
			sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "TOKEN", Type: esasim.SecretText, Value: "one"})
		},
	}
	secretLife.Others(t, 1, acts)
	secretLife.Others(t, 2, acts)
}

// TestVariablesRead imports variables, and plans what someone else has changed.
func TestVariablesRead(t *testing.T) {
	t.Parallel()
	setup := func(sim *esasim.Simulator) {
		life.Setup(sim)
		sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "A", Value: "1"})
		sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "TOKEN", Type: esasim.SecretText, Value: "one"})
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		tf.Expect(tf.Import(life.Address, "hello:production"), false)
		state := modeltest.JSON(tf.State.Current[life.Address].Value)
		if want := `"secret_names":["TOKEN"],"variables":{"A":"1"}}`; !strings.HasSuffix(state, want) || strings.Contains(state, "one") {
			t.Errorf("imported %s, want %s", state, want)
		}
		<-time.After(time.Minute)
		tf.Configure(life.Address, withSecrets(1, map[string]any{"TOKEN": "one"}, "A", "1"))
		tf.Expect(tf.Apply(), false)
		tf.ExpectEmptyPlan("!Secrets were changed")
		<-time.After(time.Minute)
		tf.Act(func(sim *esasim.Simulator) {
			sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "TOKEN", Type: esasim.SecretText, Value: "two"})
		})
		tf.ExpectEmptyPlan("Secrets were changed outside of Terraform", "TOKEN")
		tf.Act(func(sim *esasim.Simulator) { sim.RemoveVariable(routine, esasim.Production, "TOKEN") })
		run, plan := tf.Plan()
		tf.Expect(run, false)
		if len(plan.Changes()) != 1 || plan.Changes()[0].Action != modeltest.Update {
			t.Errorf("plan over a deleted secret: %+v", plan.Changes())
		}
		tf.State = modeltest.NewState()
		for _, id := range []string{"hello", "hello:live", "missing:production"} {
			run := tf.Import(life.Address, id)
			if len(tf.State.Current) != 0 {
				t.Errorf("import of %q: %v", id, tf.State.Current)
			}
			tf.Expect(run, run.Failed)
		}
	})
}

// TestVariablesRefused reads what a plan refuses, and the largest sets that it does not.
func TestVariablesRefused(t *testing.T) {
	t.Parallel()
	many := func(count int) (pairs []string) {
		for number := range count {
			pairs = append(pairs, fmt.Sprintf("K%02d", number), "v")
		}
		return pairs
	}
	token := map[string]any{"TOKEN": "one"}
	for name, test := range map[string]struct {
		body map[string]any
		want string // empty if it is allowed
	}{
		"50 variables":                     {plain(many(50)...), ""},
		"51 variables":                     {plain(many(51)...), "at most 50"},
		"49 variables and a secret":        {withSecrets(1, token, many(49)...), ""},
		"50 variables and a secret":        {withSecrets(1, token, many(50)...), "at most 50"},
		"a key of 100 characters":          {plain(strings.Repeat("k", 100), "v"), ""},
		"a key of 101 characters":          {plain(strings.Repeat("k", 101), "v"), "between 1 and 100 characters, got: 101"},
		"an empty key":                     {plain("", "v"), "between 1 and 100 characters, got: 0"},
		"a key with a hyphen":              {plain("a-b", "v"), "letters, digits and underscores"},
		"a reserved key":                   {plain("__proto__", "v"), "reserved"},
		"a value of 200 units":             {plain("A", strings.Repeat("é", 200)), ""},
		"a value of 201 units":             {plain("A", strings.Repeat("x", 201)), "at most 200 UTF-16 code units, got: 201"},
		"a value of 101 pairs of units":    {plain("A", strings.Repeat("😀", 101)), "at most 200 UTF-16 code units, got: 202"},
		"a key that is plain and secret":   {withSecrets(1, token, "TOKEN", "v"), "TOKEN"},
		"an empty secret":                  {withSecrets(1, map[string]any{"TOKEN": ""}), "TOKEN"},
		"secrets without a version":        {map[string]any{"name": routine, "env": "production", "secrets_wo": token}, "secrets_wo_version"},
		"no variables":                     {map[string]any{"name": routine, "env": "production", "variables": map[string]any{}}, ""},
		"an environment that is no such":   {map[string]any{"name": routine, "env": "live"}, "production"},
		"a secret of 201 units, not shown": {withSecrets(1, map[string]any{"TOKEN": strings.Repeat("s", 201)}), "got: 201"},
		"a value that is empty":            {plain("A", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(life.Address, test.body)
				run, _ := tf.Plan()
				tf.Expect(run, test.want != "", test.want, "!sss")
			})
		})
	}
}

// TestVariablesThatESADoesNotSet says which they are.
func TestVariablesThatESADoesNotSet(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Act(func(sim *esasim.Simulator) { sim.FailVariables("B") })
		tf.Configure(life.Address, plain("A", "1", "B", "1"))
		tf.Expect(tf.Apply(), true, "B", "!A,")
		tf.Act(func(sim *esasim.Simulator) { sim.FailVariables() })
		tf.Expect(tf.Apply(), false)
		tf.ExpectEmptyPlan()
	})
}

// TestVariablesSecretsInLateReads sends a secret whose time the reads of the apply do not show yet: the next plan does not take it for
// a change by someone else.
func TestVariablesSecretsInLateReads(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Configure(life.Address, withSecrets(1, map[string]any{"TOKEN": "one"}))
		tf.Expect(tf.Apply(), false)
		<-time.After(time.Minute)
		written := false
		tf.Each = func(call *modeltest.Call) modeltest.Mishap {
			late := written && call.Operation == "ListRoutineEnvironmentVariables"
			written = written || call.IsWrite()
			return modeltest.Mishap{Stale: late}
		}
		tf.Configure(life.Address, withSecrets(2, map[string]any{"TOKEN": "two"}))
		tf.Expect(tf.Apply(), false)
		tf.Each = nil
		<-time.After(time.Minute)
		tf.ExpectEmptyPlan("!Secrets were changed")
	})
}

// TestVariablesOfOthers are not taken over by a create, unless it is allowed to.
func TestVariablesOfOthers(t *testing.T) {
	t.Parallel()
	setup := func(sim *esasim.Simulator) {
		life.Setup(sim)
		sim.SetVariable(routine, esasim.Production, esasim.Variable{Key: "Z", Value: "somebody's"})
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		tf.Configure(life.Address, plain("A", "1"))
		run, _ := tf.Plan()
		tf.Expect(run, true, "Z", "allow_overwrite")
		body := plain("A", "1")
		body["allow_overwrite"] = true
		tf.Configure(life.Address, body)
		tf.Expect(tf.Apply(), false)
		tf.ExpectEmptyPlan()
	})
}

// TestVariablesThatWereCreatedAnewStay replaces the variables of an environment by -replace, in either order: there is one set of them, and
// the destroy of the former object must not delete what the new one has set.
func TestVariablesThatWereCreatedAnewStay(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		modeltest.InBubble(t, func(sim *esasim.Simulator) { sim.AddRoutine("hello") }, func(tf *modeltest.Terraform) {
			block := modeltest.Block{
				Address: "esa_routine_environment_variables.test", Type: "esa_routine_environment_variables", CreateBeforeDestroy: first,
				Body: map[string]any{"name": "hello", "env": "production", "allow_overwrite": true, "variables": map[string]any{"A": "1"}},
			}
			for _, block.Replace = range []bool{false, true} {
				tf.Blocks = []modeltest.Block{block}
				tf.Expect(tf.Apply(), false)
			}
			tf.Blocks[0].Replace = false
			tf.ExpectEmptyPlan()
		})
	}
}
