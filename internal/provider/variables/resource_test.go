package variables_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

const (
	routine  = "hello"
	resource = "esa_routine_environment_variables.test"
	secret   = "s3cr3t-in-nobodys-log"
)

func workspace(t *testing.T) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := acceptance.Simulate(t)
	simulator.AddRoutine(routine)
	return simulator, simulator.Workspace(t)
}

func variables(arguments ...string) string {
	return fmt.Sprintf("resource \"esa_routine_environment_variables\" \"test\" {\n  name = %q\n  env = \"production\"\n  %s\n}\n", routine, strings.Join(arguments, "\n  "))
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// live are the variables that ESA has, one a word.
func live(simulator *acceptance.Simulated) string {
	var words []string
	for _, variable := range simulator.Variables(routine, esasim.Production) {
		word := variable.Key + "=" + variable.Value
		if variable.Type == esasim.SecretText {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func expectLive(t *testing.T, simulator *acceptance.Simulated, want string) {
	t.Helper()
	if got := live(simulator); got != want {
		t.Fatalf("ESA has %q, want %q", got, want)
	}
}

// TestAccVariablesLifecycle creates, changes, sees drift of, imports and deletes the variables of an environment.
func TestAccVariablesLifecycle(t *testing.T) {
	t.Parallel()
	acceptance.NeedWriteOnly(t)
	simulator, terraform := workspace(t)
	apply := func(config string, words ...string) {
		t.Helper()
		terraform.Configure(config)
		acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, words...)
		acceptance.Expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	}
	apply(variables(`variables = { LOG_LEVEL = "info", REGION = "eu" }`), "1 added")
	expectLive(t, simulator, "LOG_LEVEL=info REGION=eu")

	simulator.ResetLog()
	apply(variables(`variables = { LOG_LEVEL = "debug", REGION = "eu" }`), `~ "LOG_LEVEL" = "info" -> "debug"`, "~ revision")
	expectLive(t, simulator, "LOG_LEVEL=debug REGION=eu")
	if set, deleted := simulator.Count("SetRoutineEnvironmentVariables"), simulator.Count("DeleteRoutineEnvironmentVariables"); set != 1 || deleted != 0 {
		t.Errorf("%d calls of Set and %d of Delete for one changed value, want 1 and 0", set, deleted)
	}

	apply(variables(`variables = { LOG_LEVEL = "debug" }`, fmt.Sprintf(`secrets_wo = { TOKEN = %q }`, secret), "secrets_wo_version = 1"))
	expectLive(t, simulator, "LOG_LEVEL=debug TOKEN="+secret+"!")
	apply(variables(`variables = { LOG_LEVEL = "debug" }`, `secrets_wo = { TOKEN = "other" }`, "secrets_wo_version = 2"))
	expectLive(t, simulator, "LOG_LEVEL=debug TOKEN=other!")

	simulator.SetVariable(routine, esasim.Production, esasim.Variable{Key: "ADDED", Value: "manually"})
	acceptance.Expect(t, "plan over drift", terraform.Run("plan"), 0, `- "ADDED" = "manually"`)
	acceptance.Expect(t, "apply over drift", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, "LOG_LEVEL=debug TOKEN=other!")

	acceptance.Expect(t, "forget", terraform.Run("state", "rm", resource), 0)
	acceptance.Expect(t, "plan of a create", terraform.Run("plan"), 1, "Environment already has variables", "TOKEN", `id = "hello:production"`)
	acceptance.Expect(t, "import", terraform.Run("import", resource, "hello:production"), 0)
	acceptance.Expect(t, "plan after the import", terraform.Run("plan"), 0, "0 to add, 1 to change, 0 to destroy")
	acceptance.Expect(t, "apply after the import", terraform.Run("apply", "-auto-approve"), 0)
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	expectLive(t, simulator, "")
	acceptance.Expect(t, "import of nonsense", terraform.Run("import", resource, "hello"), 1, `must be the name of a routine and one of its environments (staging, production), such as "hello:production", got: "hello"`)
}

// TestAccVariablesSecretsStaySecret looks for a secret in everything that Terraform writes, with ESA refusing signatures by
// quoting them.
func TestAccVariablesSecretsStaySecret(t *testing.T) {
	t.Parallel()
	acceptance.NeedWriteOnly(t)
	trace := filepath.Join(t.TempDir(), "trace.log")
	simulator := acceptance.Simulate(t)
	simulator.AddRoutine(routine)
	terraform := acceptance.NewWorkspace(t, append(simulator.Environment(), "TF_LOG=TRACE", "TF_LOG_PATH="+trace, "TF_VAR_token="+secret)...)
	terraform.Configure("variable \"token\" {\n  type = string\n  ephemeral = true\n}\n" +
		variables(`variables = { LOG_LEVEL = "debug" }`, `secrets_wo = { TOKEN = var.token }`, "secrets_wo_version = 1"))
	outputs := terraform.Run("plan", "-out=saved").Output + terraform.Run("show", "-json", "saved").Output
	simulator.Inject(esasim.Rule{Operation: "SetRoutineEnvironmentVariables", Fault: esasim.ChosenError, Status: 400, Code: "SignatureDoesNotMatch",
		Message: "Specified signature is not matched with our calculation. server string to sign is: POST&%2F&" + secret})
	refused := terraform.Run("apply", "saved")
	acceptance.Expect(t, "a refused apply", refused, 1, "Cannot create the variables")
	simulator.ClearFaults()
	outputs += refused.Output + terraform.Run("apply", "-auto-approve").Output + terraform.Run("plan").Output
	expectLive(t, simulator, "LOG_LEVEL=debug TOKEN="+secret+"!")
	for where, text := range map[string]string{"output": outputs, "state": terraform.State(), "trace": read(t, trace)} {
		if strings.Contains(text, secret) {
			t.Errorf("the %s holds the secret", where)
		}
		if text == "" {
			t.Errorf("there is no %s", where)
		}
	}
}

// TestAccVariablesPartialSuccess has ESA set some keys only.
func TestAccVariablesPartialSuccess(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(variables(`variables = { A = "1" }`))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	simulator.FailVariables("A")
	terraform.Configure(variables(`variables = { A = "2", B = "2" }`))
	acceptance.Expect(t, "an update that ESA carries out in part", terraform.Run("apply", "-auto-approve"), 1,
		"Cannot update the variables", `ESA did not set these variables of the production environment of routine "hello", and gave no reason: A`)
	expectLive(t, simulator, "A=1 B=2")
	simulator.FailVariables()
	acceptance.Expect(t, "the next apply", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, "A=2 B=2")
}

// TestAccVariablesLostAnswers loses the answers to both writes.
func TestAccVariablesLostAnswers(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(variables(`variables = { A = "1", B = "1" }`))
	simulator.Inject(esasim.Rule{Operation: "SetRoutineEnvironmentVariables", Fault: esasim.ResetAfter, Times: 1})
	acceptance.Expect(t, "create", terraform.Run("apply", "-auto-approve"), 0)
	simulator.Inject(esasim.Rule{Operation: "DeleteRoutineEnvironmentVariables", Fault: esasim.ResetAfter, Times: 1})
	terraform.Configure(variables(`variables = { A = "1" }`))
	acceptance.Expect(t, "update", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, "A=1")
}

// TestAccVariablesChangedSincePlan changes a variable between a plan and its apply: nothing is overwritten or deleted.
func TestAccVariablesChangedSincePlan(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Configure(variables(`variables = { A = "1" }`))
	acceptance.Expect(t, "plan of a create", terraform.Run("plan", "-out=saved"), 0)
	simulator.SetVariable(routine, esasim.Production, esasim.Variable{Key: "B", Value: "theirs"})
	acceptance.Expect(t, "create", terraform.Run("apply", "saved"), 1, "Environment already has variables", "B")
	expectLive(t, simulator, "B=theirs")
	terraform.Configure(variables(`variables = { A = "1" }`, "allow_overwrite = true"))
	acceptance.Expect(t, "create with allow_overwrite", terraform.Run("apply", "-auto-approve"), 0)
	expectLive(t, simulator, "A=1")

	terraform.Configure(variables(`variables = { A = "2" }`))
	acceptance.Expect(t, "plan of an update", terraform.Run("plan", "-out=saved"), 0)
	simulator.SetVariable(routine, esasim.Production, esasim.Variable{Key: "A", Value: "theirs"})
	acceptance.Expect(t, "update", terraform.Run("apply", "saved"), 1, "Variables changed since they were planned", "A")
	expectLive(t, simulator, "A=theirs")

	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	simulator.SetVariable(routine, esasim.Production, esasim.Variable{Key: "C", Value: "theirs"})
	acceptance.Expect(t, "destroy", terraform.Run("apply", "saved"), 1, "Variables changed since they were planned", "C")
	expectLive(t, simulator, "A=theirs C=theirs")
}

// TestAccVariablesLimits breaks each rule, before ESA is asked anything.
func TestAccVariablesLimits(t *testing.T) {
	t.Parallel()
	acceptance.NeedWriteOnly(t)
	simulator, terraform := workspace(t)
	var many []string
	for number := range 51 {
		many = append(many, fmt.Sprintf("K%d = \"v\"", number))
	}
	for config, want := range map[string]string{
		`variables = { "a-b" = "v" }`:                              `The key "a-b" must have letters, digits and underscores only`,
		`variables = { "__proto__" = "v" }`:                        "must not be one of the reserved keys",
		`variables = { "` + strings.Repeat("k", 101) + `" = "v" }`: "must have between 1 and 100 characters, got: 101",
		`variables = { A = "` + strings.Repeat("v", 201) + `" }`:   "must have at most 200 UTF-16 code units, got: 201",
		"variables = {\n" + strings.Join(many, "\n") + "\n}":       "An environment has at most 50 variables, secrets included; variables and secrets_wo have 51",
		`variables = { A = null }`:                                 "variables",
	} {
		terraform.Configure(variables(config))
		acceptance.Expect(t, config, terraform.Run("plan"), 1, want)
	}
	terraform.Configure(variables(`variables = { A = "v" }`, `secrets_wo = { A = "" }`, "secrets_wo_version = 1"))
	acceptance.Expect(t, "a key twice", terraform.Run("plan"), 1, `The key "A" is in variables and in secrets_wo`, "must not be empty, since it is a secret")
	terraform.Configure(variables(`secrets_wo = { A = "v" }`))
	acceptance.Expect(t, "no version", terraform.Run("plan"), 1, "secrets_wo_version")
	if len(simulator.Calls()) > 0 {
		t.Errorf("ESA was asked: %v", simulator.Calls())
	}
}
