package variables_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestAccVariablesLateReads answers what was there before each write: after a lost answer, after a change, and while refreshing.
func TestAccVariablesLateReads(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	late := func(skip, times int) {
		simulator.Inject(esasim.Rule{Operation: "ListRoutineEnvironmentVariables", Fault: esasim.Stale, Skip: skip, Times: times})
	}
	for step, values := range []string{`{ A = "1", B = "1" }`, `{ A = "2", B = "1" }`, `{ A = "2" }`} {
		terraform.Configure(variables("variables = " + values))
		if step == 1 {
			simulator.Inject(esasim.Rule{Operation: "SetRoutineEnvironmentVariables", Fault: esasim.ResetAfter, Times: 1})
		}
		late(0, esa.ReadsAtConflict-1)
		late(2, 2)
		acceptance.Expect(t, values, terraform.Run("apply", "-auto-approve"), 0)
		late(0, esa.ReadsAtConflict-1)
		acceptance.Expect(t, "plan after "+values, terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.")
		simulator.ClearFaults()
	}
	expectLive(t, simulator, "A=2")
}

// unsettled are the questions about variables that no source answers.
var unsettled = []esasim.Question{
	esasim.ListedSecret, esasim.VariableTimes, esasim.AbsentType, esasim.TooManyVariables, esasim.BadKey, esasim.BadValue, esasim.TypeChange,
	esasim.UnknownVariable, esasim.OrphanedVariables, esasim.VariablePage,
}

// TestAccVariablesAnswers lives the life of variables with every answer to every question, and loses the answers to the writes.
func TestAccVariablesAnswers(t *testing.T) {
	t.Parallel()
	acceptance.NeedWriteOnly(t)
	for run := range 2 { // every answer goes through the life of the object, in process
		options, names := []esasim.Option{}, []string{}
		for _, question := range unsettled {
			answer := question.Answers()[run%len(question.Answers())]
			options, names = append(options, esasim.WithAnswer(question, answer)), append(names, answer)
		}
		t.Run(strings.Join(names, ","), func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t, options...)
			simulator.AddRoutine(routine)
			terraform := simulator.Workspace(t)
			apply := func(arguments ...string) {
				t.Helper()
				terraform.Configure(variables(arguments...))
				for _, operation := range []string{"SetRoutineEnvironmentVariables", "DeleteRoutineEnvironmentVariables"} {
					simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.ResetAfter, Times: 1})
				}
				acceptance.Expect(t, "apply of "+arguments[0], terraform.Run("apply", "-auto-approve"), 0)
				acceptance.Expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.", "!Secrets were changed")
			}
			var many []string
			for number := range 49 {
				many = append(many, fmt.Sprintf("K%02d = \"v\"", number))
			}
			all := "variables = {\n" + strings.Join(many, "\n") + "\n}"
			apply(all, `secrets_wo = { TOKEN = "one" }`, "secrets_wo_version = 1")
			if count := len(simulator.Variables(routine, esasim.Production)); count != 50 {
				t.Fatalf("ESA has %d variables, want 50", count)
			}
			apply(`variables = { K00 = "w" }`, `secrets_wo = { OTHER = "two" }`, "secrets_wo_version = 2")
			expectLive(t, simulator, "K00=w OTHER=two!")
			// A variable whose name a secret had, and the other way round.
			change := fmt.Sprintf("variables = { OTHER = %q }", "plain")
			terraform.Configure(variables(change, `secrets_wo = { K00 = "three" }`, "secrets_wo_version = 3"))
			acceptance.Expect(t, "a change of types", terraform.Run("apply", "-auto-approve"), 0)
			expectLive(t, simulator, "K00=three! OTHER=plain")
			simulator.ClearFaults()
			acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
			expectLive(t, simulator, "")
		})
	}
}

// TestAccVariablesSecretChangedOutside has someone set a secret: the plan warns of it, and no saved plan overwrites or deletes it.
func TestAccVariablesSecretChangedOutside(t *testing.T) {
	t.Parallel()
	acceptance.NeedWriteOnly(t)
	var seconds atomic.Int64
	start := time.Now()
	simulator := acceptance.Simulate(t, esasim.WithClock(func() time.Time { return start.Add(time.Duration(seconds.Add(1)) * time.Second) }))
	simulator.AddRoutine(routine)
	terraform := simulator.Workspace(t)
	config := func(version int) string {
		return variables(`secrets_wo = { OTHER = "mine", TOKEN = "mine" }`, fmt.Sprintf("secrets_wo_version = %d", version))
	}
	someone := func(value string) {
		simulator.SetVariable(routine, esasim.Production, esasim.Variable{Key: "TOKEN", Type: esasim.SecretText, Value: value})
	}
	const warning = "Warning: Secrets were changed outside of Terraform"
	terraform.Apply(config(1), "1 added")
	someone("theirs")
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.", warning,
		`Someone else set secrets of the production environment of routine "hello" after the last apply: TOKEN, set `+start.UTC().Format("2006-"), "!OTHER, set", "!theirs",
		"To send the values of secrets_wo again, increase secrets_wo_version.")
	terraform.Configure(config(2))
	acceptance.Expect(t, "plan of an update", terraform.Run("plan", "-out=saved"), 0, warning, "1 to change")
	someone("theirs again")
	acceptance.Expect(t, "update", terraform.Run("apply", "saved"), 1, "Variables changed since they were planned", "TOKEN")
	expectLive(t, simulator, "OTHER=mine! TOKEN=theirs again!")
	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	someone("theirs at last")
	acceptance.Expect(t, "destroy", terraform.Run("apply", "saved"), 1, "Variables changed since they were planned", "TOKEN")
	expectLive(t, simulator, "OTHER=mine! TOKEN=theirs at last!")
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, warning, "1 changed")
	expectLive(t, simulator, "OTHER=mine! TOKEN=mine!")
	acceptance.Expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.", "!Secrets were changed")
	someone("theirs")
	acceptance.Expect(t, "refresh", terraform.Run("apply", "-refresh-only", "-auto-approve"), 0, warning)
	acceptance.Expect(t, "plan of what was accepted", terraform.Run("plan", "-detailed-exitcode"), 0, "No changes.", "!Secrets were changed")
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	expectLive(t, simulator, "")
}
