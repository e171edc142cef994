package deployment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

const dataAddress = "data.esa_routine_code_deployment.test"

func reading(name, env string, more ...string) string {
	return fmt.Sprintf("data \"esa_routine_code_deployment\" \"test\" {\n  name = %q\n  env  = %q\n  %s\n}\n", name, env, strings.Join(more, "\n  "))
}

// traffic is the check of a map of versions and percentages in turn.
func traffic(versionsAndPercentages ...any) knownvalue.Check {
	elements := map[string]knownvalue.Check{}
	for index := 0; index < len(versionsAndPercentages); index += 2 {
		elements[versionsAndPercentages[index].(string)] = knownvalue.Int64Exact(int64(versionsAndPercentages[index+1].(int)))
	}
	return knownvalue.MapExact(elements)
}

func TestAccDeploymentDataSource(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	id := simulator.Deploy(routine, "staging", esaShares(candidate, 10, stable, 90)...)
	nothing := func(name, env string) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue(dataAddress, attribute("id"), knownvalue.StringExact(name+":"+env)),
			statecheck.ExpectKnownValue(dataAddress, attribute("code_versions"), knownvalue.ListExact(nil)),
			statecheck.ExpectKnownValue(dataAddress, attribute("traffic"), traffic()),
			statecheck.ExpectKnownValue(dataAddress, attribute("strategy"), knownvalue.Null()),
			statecheck.ExpectKnownValue(dataAddress, attribute("deployment_id"), knownvalue.Null()),
			statecheck.ExpectKnownValue(dataAddress, attribute("create_time"), knownvalue.Null()),
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{
				Config: simulator.Config(reading(routine, "staging")),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(dataAddress, attribute("deployment_id"), knownvalue.StringExact(id)),
					statecheck.ExpectKnownValue(dataAddress, attribute("strategy"), knownvalue.StringExact("percentage")),
					statecheck.ExpectKnownValue(dataAddress, attribute("create_time"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(dataAddress, attribute("code_versions").AtSliceIndex(0).AtMapKey("code_version"), knownvalue.StringExact(stable)),
					statecheck.ExpectKnownValue(dataAddress, attribute("code_versions").AtSliceIndex(0).AtMapKey("percentage"), knownvalue.Int64Exact(90)),
					statecheck.ExpectKnownValue(dataAddress, attribute("code_versions").AtSliceIndex(1).AtMapKey("code_version"), knownvalue.StringExact(candidate)),
					statecheck.ExpectKnownValue(dataAddress, attribute("code_versions").AtSliceIndex(1).AtMapKey("create_time"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(dataAddress, attribute("traffic"), traffic(stable, 90, candidate, 10)),
				},
			},
			{Config: simulator.Config(reading(routine, "production")), ConfigStateChecks: nothing(routine, "production")},
			{Config: simulator.Config(reading("unknown", "staging")), ConfigStateChecks: nothing("unknown", "staging")},
		},
	})
}

// TestAccDeploymentDataSourceIsEmptyOnlyWhereNothingIsDeployed has ESA answer in ways that are easily taken for "nothing".
func TestAccDeploymentDataSourceIsEmptyOnlyWhereNothingIsDeployed(t *testing.T) {
	t.Parallel()
	answer := func(environments string) esasim.Rule {
		return esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenAnswer, Body: `{"RequestId":"R","CreateTime":"2026-01-01T00:00:00Z","Envs":[` + environments + `]}`}
	}
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	terraform.Configure(reading(routine, "production", `timeouts = { read = "1s" }`) +
		"output \"found\" {\n  value = \"${jsonencode(" + dataAddress + ".code_versions)} ${jsonencode(" + dataAddress + ".deployment_id)}\"\n}\n")
	failure := func(status int, code string) esasim.Rule {
		return esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Status: status, Code: code, Message: "no"}
	}
	for name, test := range map[string]struct {
		rule esasim.Rule
		want string // nothing if the data source is empty
	}{
		"no environments":               {rule: answer(``)},
		"only the other environment":    {rule: answer(`{"Env":"staging"}`)},
		"no deployment":                 {rule: answer(`{"Env":"production","CodeDeploy":null}`)},
		"an empty deployment":           {rule: answer(`{"Env":"production","CodeDeploy":{"DeployId":"","CodeVersions":[]}}`)},
		"a version without deployment":  {rule: answer(`{"Env":"production","CodeVersion":"1723599747213377175"}`), want: "serves something, but not which code versions"},
		"a canary without a deployment": {rule: answer(`{"Env":"production","CanaryCodeVersion":"1723599747213377175","CodeDeploy":{}}`), want: "serves something, but not which code versions"},
		"a share of nothing":            {rule: answer(`{"Env":"production","CodeDeploy":{"DeployId":"7","CodeVersions":[{"CodeVersion":"1","Percentage":0}]}}`), want: "serves something, but not which code versions"},
		"an id without versions":        {rule: answer(`{"Env":"production","CodeDeploy":{"DeployId":"7","CodeVersions":[]}}`), want: "its deployment 7 in production has no code versions"},
		"no permission":                 {rule: failure(403, "Forbidden.RAM"), want: "Code: Forbidden.RAM"},
		"the 404 of something else":     {rule: failure(404, "InvalidApi.NotFound"), want: "Code: InvalidApi.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			simulator.ClearFaults()
			simulator.Inject(test.rule)
			if test.want != "" {
				acceptance.Expect(t, "plan", terraform.Run("plan"), 1, test.want)
			} else {
				acceptance.Expect(t, "plan", terraform.Run("plan"), 0, `found = "[] null"`)
			}
		})
	}
}
