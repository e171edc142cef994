package deployment_test

import (
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// canary prepares a routine whose production serves a canary.
func canary(sim *esasim.Simulator) {
	life.Setup(sim)
	sim.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: candidate, Percentage: 10}, esasim.Share{CodeVersion: stable, Percentage: 90})
}

// TestDeploymentRead reads what an environment serves as a data source, a list and an import.
func TestDeploymentRead(t *testing.T) {
	t.Parallel()
	const imported = `{"code_versions":[{"code_version":"1723599747213377175","percentage":90},{"code_version":"1723599747213377176","percentage":10}],` +
		`"create_time":"2000-01-01T00:00:00Z","deployment_id":"1723599747213377179","env":"production","id":"hello:production","name":"hello","strategy":"percentage",` +
		`"traffic":{"1723599747213377175":90,"1723599747213377176":10}}`
	modeltest.InBubble(t, canary, func(tf *modeltest.Terraform) {
		run, data := tf.Data("esa_routine_code_deployment", map[string]any{"name": routine, "env": "production"})
		tf.Expect(run, false)
		tf.ExpectValue(data, `{"code_versions":[{"code_version":"1723599747213377175","create_time":"2000-01-01T00:00:00Z","description":"","percentage":90},`+
			`{"code_version":"1723599747213377176","create_time":"2000-01-01T00:00:00Z","description":"","percentage":10}],"create_time":"2000-01-01T00:00:00Z",`+
			`"deployment_id":"1723599747213377179","env":"production","id":"hello:production","name":"hello","strategy":"percentage",`+
			`"traffic":{"1723599747213377175":90,"1723599747213377176":10}}`)
		for _, name := range []string{routine, "missing"} {
			run, data = tf.Data("esa_routine_code_deployment", map[string]any{"name": name, "env": "staging"})
			tf.Expect(run, false)
			tf.ExpectValue(data, `{"code_versions":[],"env":"staging","id":"`+name+`:staging","name":"`+name+`","traffic":{}}`)
		}
		for _, query := range []map[string]any{{}, {"name": routine}, {"env": "production"}} {
			run, list := tf.List("esa_routine_code_deployment", query, 100)
			tf.Expect(run, false)
			if len(list) != 1 || list[0].Name != "hello:production  90% "+stable+" + 10% "+candidate {
				t.Fatalf("%v lists %v", query, list)
			}
			tf.ExpectValue(list[0].Value, imported)
		}
		if run, list := tf.List("esa_routine_code_deployment", map[string]any{"env": "staging"}, 100); run.Failed || len(list) != 0 {
			t.Errorf("staging lists %v: %s", list, run.Said())
		}
		tf.Expect(tf.Import(address, "hello:production"), false)
		tf.ExpectValue(tf.State.Current[address].Value, imported)
		for id, words := range map[string]string{"hello": "Invalid import id", "hello:live": "Invalid import id", "missing:production": ""} {
			tf.State = modeltest.NewState()
			run := tf.Import(address, id)
			if object := tf.State.Current[address]; object != nil {
				t.Errorf("import of %q: %s", id, modeltest.JSON(object.Value))
			}
			tf.Expect(run, run.Failed, words)
		}
	})
}

// TestDeploymentRefused reads the plans that are refused, with what they say.
func TestDeploymentRefused(t *testing.T) {
	t.Parallel()
	building := "1723599747213377199"
	setup := func(sim *esasim.Simulator) {
		life.Setup(sim)
		sim.AddCodeVersionStatus(routine, building, "init")
		sim.AddRoutine("unreleased")
	}
	for name, test := range map[string]struct {
		body  map[string]any
		words []string
	}{
		"a version that does not exist": {released("4711", 100), []string{`has no code version 4711`, "does not exist"}},
		"a version that is not built":   {released(building, 100), []string{building, "status init"}},
		"a sum of 99":                   {released(stable, 90, candidate, 9), []string{"code_versions: the percentages must sum to 100, got: 99"}},
		"an empty split":                {released(), []string{"1"}},
		"three versions":                {released(stable, 50, candidate, 30, third, 20), []string{"2"}},
		"a version twice":               {released(stable, 50, stable, 50), []string{stable}},
		"no percentage":                 {released(stable, 0, candidate, 100), []string{"code_versions[0].percentage: must not be 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
				tf.Configure(address, test.body)
				run, _ := tf.Plan()
				tf.Expect(run, true, test.words...)
				for _, call := range tf.World.Calls(0) {
					if call.IsWrite() {
						t.Errorf("the plan called %s", call.Operation)
					}
				}
			})
		})
	}
}

// TestDeploymentThatESARefuses says which operation it was.
func TestDeploymentThatESARefuses(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		refused := func(call *modeltest.Call) modeltest.Mishap {
			if call.IsWrite() {
				return modeltest.Mishap{Fault: esasim.ChosenError}
			}
			return modeltest.Mishap{}
		}
		tf.Configure(address, released(stable, 100))
		tf.Each = refused
		tf.Expect(tf.Apply(), true, "Cannot create the deployment", "!Cannot update")
		tf.Each = nil
		tf.Expect(tf.Apply(), false)
		tf.Each = refused
		tf.Configure(address, released(candidate, 100))
		tf.Expect(tf.Apply(), true, "Cannot update the deployment", "!Cannot create")
	})
}

// TestDeploymentOfVersionsAtFault says which version is at fault where ESA refuses a parameter, since the plan may not have known the
// version, and asks for versions in no other case.
func TestDeploymentOfVersionsAtFault(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code  string
		gone  bool
		fault esasim.Fault // of a read of a version
		asked int
		texts []string
	}{
		"a version that is gone":      {"ParameterNotExist", true, "", 1, []string{"Code version does not exist", "ParameterNotExist"}},
		"a version that is there":     {"InvalidParameter", false, "", 1, []string{"!Code version does not exist", "InvalidParameter"}},
		"a version that is concealed": {"InvalidParameter", true, esasim.ChosenError, 1, []string{"!Code version does not exist", "!permission", "InvalidParameter"}},
		"another refusal":             {"NotSupported", true, "", 0, []string{"!Code version does not exist", "NotSupported"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(address, released(stable, 100))
				_, plan := tf.Plan()
				asked, refused := 0, false
				tf.Each = func(call *modeltest.Call) modeltest.Mishap {
					switch {
					case call.IsWrite():
						refused = true
						return modeltest.Mishap{
							Fault: esasim.ChosenAnswer, Work: esasim.WorkUndone, Body: `{"RequestId":"R","Code":"` + test.code + `","Message":"No."}`,
							Done: func() {
								if test.gone {
									tf.Act(func(sim *esasim.Simulator) { sim.RemoveCodeVersion(routine, stable) })
								}
							},
						}
					case refused && call.Operation == "GetRoutineCodeVersionInfo":
						asked++
						return modeltest.Mishap{Fault: test.fault}
					default:
						return modeltest.Mishap{}
					}
				}
				tf.Expect(tf.ApplySaved(plan), true, append(test.texts, "Cannot create the deployment")...)
				if asked != test.asked {
					t.Errorf("%d reads of versions, want %d", asked, test.asked)
				}
			})
		})
	}
}

// TestDeploymentOfANewVersionThatIsNotSeenLive keeps in the state what ESA has accepted of a version that the plan did not know.
func TestDeploymentOfANewVersionThatIsNotSeenLive(t *testing.T) {
	t.Parallel()
	const version = "esa_routine_code_version.test"
	modeltest.InBubble(t, canary, func(tf *modeltest.Terraform) {
		tf.Blocks = []modeltest.Block{
			{Address: version, Type: modeltest.TypeOf(version), Body: map[string]any{"name": routine, "code": "export default {}"}},
			{Address: address, Type: modeltest.TypeOf(address), Body: modeltest.With(released(modeltest.Ref{Address: version, Attribute: "code_version"}, 100), map[string]any{"allow_overwrite": true})},
		}
		deployed := false
		tf.Each = func(call *modeltest.Call) modeltest.Mishap {
			deployed = deployed || call.Operation == "CreateRoutineCodeDeployment"
			return modeltest.Mishap{Stale: deployed && call.Operation == "GetRoutine"}
		}
		tf.Expect(tf.Apply(), true, "Deployment did not become live")
		number := modeltest.Text(tf.State.Current[version].Value, "code_version")
		if state := modeltest.JSON(tf.State.Current[address].Value); !strings.Contains(state, `"traffic":{"`+number+`":100}`) || strings.Contains(state, "create_time\":\"") {
			t.Errorf("the state is %s, want the split that ESA accepted, without a time", state)
		}
	})
}

// TestDeploymentToAPlaceKnownAfterApply replaces a deployment whose name or environment an apply has yet to tell.
func TestDeploymentToAPlaceKnownAfterApply(t *testing.T) {
	t.Parallel()
	const staging = "esa_routine_code_deployment.staging"
	for _, attribute := range []string{"name", "env"} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(address, released(stable, 100))
				tf.Expect(tf.Apply(), false)
				other, moved := released(stable, 100), released(stable, 100)
				other["env"] = esasim.Staging
				moved[attribute] = modeltest.Ref{Address: staging, Attribute: "deployment_id"}
				tf.Blocks = []modeltest.Block{
					{Address: staging, Type: modeltest.TypeOf(staging), Body: other},
					{Address: address, Type: modeltest.TypeOf(address), Body: moved},
				}
				run, _ := tf.Plan()
				tf.Expect(run, false, "Replacement may be unnecessary", "It removes the deployment of the production environment of routine \"hello\" from the state")
			})
		})
	}
}

// TestDeploymentOfUnknownVersions reads an environment of which ESA says that it serves, and not what.
func TestDeploymentOfUnknownVersions(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]string{
		"no shares":     `{"Env":"production","CodeDeploy":{"DeployId":"1","CreateTime":"2024-08-14T01:42:27Z","Strategy":"percentage","CodeVersions":[{"CodeVersion":"1723599747213377175","Percentage":0}]}}`,
		"no deployment": `{"Env":"production","CodeVersion":"1723599747213377175"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, canary, func(tf *modeltest.Terraform) {
				tf.Each = func(*modeltest.Call) modeltest.Mishap {
					return modeltest.Mishap{Fault: esasim.ChosenAnswer, Body: `{"RequestId":"R","Envs":[` + env + `]}`}
				}
				run, _ := tf.Data("esa_routine_code_deployment", map[string]any{"name": routine, "env": "production"})
				tf.Expect(run, true, "serves something, but not which code versions at which percentages")
				run, data := tf.Data("esa_routine_code_deployment", map[string]any{"name": routine, "env": "staging"})
				tf.Expect(run, false)
				tf.ExpectValue(data, `{"code_versions":[],"env":"staging","id":"hello:staging","name":"hello","traffic":{}}`)
			})
		})
	}
}
