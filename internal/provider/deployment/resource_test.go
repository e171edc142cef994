package deployment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

func attribute(name string) tfjsonpath.Path {
	return tfjsonpath.New(name)
}

// simulate starts a simulator with the routine and its versions.
func simulate(t *testing.T, options ...esasim.Option) *acceptance.Simulated {
	t.Helper()
	simulator := acceptance.Simulate(t, options...)
	seeded(simulator.Server)
	return simulator
}

// deployments checks how many deployments the provider has made to production so far.
func deployments(simulator *acceptance.Simulated, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := simulator.Count("CreateRoutineCodeDeployment"); got != want {
			return fmt.Errorf("%d calls of CreateRoutineCodeDeployment, want %d", got, want)
		}
		return nil
	}
}

func TestAccDeploymentLifecycle(t *testing.T) {
	t.Parallel()
	backend := acceptance.Either(t)
	first, second := backend.CodeVersions[0], backend.CodeVersions[1]
	config := func(elements ...string) string {
		return fmt.Sprintf("%s\nresource \"esa_routine_code_deployment\" \"test\" {\n  name = %q\n  env = \"staging\"\n  allow_overwrite = true\n  code_versions = [%s]\n}",
			backend.ProviderBlock, backend.Routine, join(elements))
	}
	sameID := statecheck.CompareValue(differs{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: backend.Factories,
		Steps: []resource.TestStep{
			{
				Config: config(share(first, 100)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
					plancheck.ExpectUnknownValue(address, attribute("deployment_id")),
					plancheck.ExpectKnownValue(address, attribute("id"), knownvalue.StringExact(backend.Routine+":staging")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, attribute("id"), knownvalue.StringExact(backend.Routine+":staging")),
					statecheck.ExpectKnownValue(address, attribute("strategy"), knownvalue.StringExact("percentage")),
					statecheck.ExpectKnownValue(address, attribute("code_versions"), codeVersions(first, 100)),
					statecheck.ExpectKnownValue(address, attribute("create_time"), knownvalue.NotNull()),
					sameID.AddStateValue(address, attribute("deployment_id")),
				},
			},
			{
				Config: config(share(first, 90), share(second, 10)),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectUnknownValue(address, attribute("deployment_id")),
						plancheck.ExpectUnknownValue(address, attribute("create_time")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, attribute("code_versions"), codeVersions(first, 90, second, 10)),
					sameID.AddStateValue(address, attribute("deployment_id")),
				},
			},
		},
	})
}

// differs compares consecutive values that must not be the same.
type differs struct{}

func (differs) CompareValues(values ...any) error {
	for index := 1; index < len(values); index++ {
		if values[index] == values[index-1] {
			return fmt.Errorf("value %v stayed the same, want another", values[index])
		}
	}
	return nil
}

func join(elements []string) string {
	text := ""
	for _, element := range elements {
		text += element + ", "
	}
	return text
}

// TestAccDeploymentWire pins what is sent, and that the state holds whole numbers, which jq and outputs can read.
func TestAccDeploymentWire(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	space := simulator.Workspace(t)
	output := "output \"percentages\" {\n  value = jsonencode(" + address + ".code_versions[*].percentage)\n}\n"
	space.Apply(release(shares(share(stable, 100)))+output, "[100]")
	space.Apply(release(shares(share(candidate, 10), share(stable, 90)))+output, "[10,90]")
	var bodies []string
	for _, call := range simulator.Calls() {
		if call.HTTPMethod != "POST" {
			t.Errorf("%s was sent with %s, want POST", call.Operation, call.HTTPMethod)
		}
		if call.Operation == "GetRoutine" && call.Form.Get("Name") != routine {
			t.Errorf("GetRoutine has Name %q in its form, want %q", call.Form.Get("Name"), routine)
		}
		if call.Operation == "CreateRoutineCodeDeployment" {
			form := call.Form
			bodies = append(bodies, form.Get("Name")+" "+form.Get("Env")+" "+form.Get("Strategy")+" "+form.Get("CodeVersions"))
		}
	}
	want := []string{
		`hello production percentage [{"CodeVersion":"1723599747213377175","Percentage":100}]`,
		`hello production percentage [{"CodeVersion":"1723599747213377175","Percentage":90},{"CodeVersion":"1723599747213377176","Percentage":10}]`,
	}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Errorf("deployments on the wire (-want +got):\n%s", diff)
	}
}

// TestAccDeploymentOrderAloneDeploysNothing plans and applies another order of the same split, and then another timeout.
func TestAccDeploymentOrderAloneDeploysNothing(t *testing.T) {
	t.Parallel()
	simulator, space := workspace(t)
	space.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	acceptance.Expect(t, "apply", space.Run("apply", "-auto-approve"), 0)
	live, _ := simulator.Live(routine, "production")

	space.Configure(release(shares(share(candidate, 10), share(stable, 90))))
	acceptance.Expect(t, "plan of another order", space.Run("plan", "-detailed-exitcode"), 0, "No changes.")
	acceptance.Expect(t, "apply of another order", space.Run("apply", "-auto-approve"), 0, "0 changed")
	acceptance.Expect(t, "plan of another order, without a refresh", space.Run("plan", "-refresh=false", "-out=saved"), 0, "1 to change", "!deployment_id = ", "!create_time = ")
	acceptance.Expect(t, "apply of another order, without a refresh", space.Run("apply", "saved"), 0, "1 changed")
	acceptance.Expect(t, "state", space.Run("state", "show", address), 0, `deployment_id = "`+live.ID+`"`)

	space.Configure(release(shares(share(candidate, 10), share(stable, 90)), `timeouts = { update = "90s" }`))
	acceptance.Expect(t, "another timeout", space.Run("apply", "-auto-approve"), 0, "1 changed", "!deployment_id = ", "!create_time = ")
	if after, _ := simulator.Live(routine, "production"); after.ID != live.ID || simulator.Count("CreateRoutineCodeDeployment") != 1 {
		t.Errorf("deployment %s is live after %d deployments, want %s and one", after.ID, simulator.Count("CreateRoutineCodeDeployment"), live.ID)
	}
}

// TestAccDeploymentUnknownVersionThatComesOutTheSame plans with a version that is known only after apply and resolves to the
// split that is live already, in another order.
func TestAccDeploymentUnknownVersionThatComesOutTheSame(t *testing.T) {
	t.Parallel()
	simulator, space := workspace(t)
	data := func(trigger string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"version\" {\n  input = %q\n  triggers_replace = %q\n}\n", candidate, trigger)
	}
	space.Apply(data("one") + release(shares(share(stable, 90), `{ code_version = terraform_data.version.output, percentage = 10 }`)))
	live, _ := simulator.Live(routine, "production")
	space.Apply(data("two")+release(shares(`{ code_version = terraform_data.version.output, percentage = 10 }`, share(stable, 90))),
		`~ deployment_id = "`+live.ID+`" -> (known after apply)`)
	expectLive(t, simulator, esaShares(stable, 90, candidate, 10), 1)
	acceptance.Expect(t, "state", space.Run("state", "show", address), 0, `deployment_id = "`+live.ID+`"`)
}

// TestAccDeploymentDrift plans what someone else changed back, and releases anew where the deployment or its routine is gone.
func TestAccDeploymentDrift(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	space := simulator.Workspace(t)
	config := release(shares(share(stable, 90), share(candidate, 10)))
	space.Apply(config, "1 added")
	for _, change := range []struct {
		what string
		make func()
		want string
	}{
		{"another split", func() {
			simulator.Deploy(routine, "production", esasim.Share{CodeVersion: candidate, Percentage: 50}, esasim.Share{CodeVersion: stable, Percentage: 50})
		}, "0 added, 1 changed"},
		{"deployment withdrawn", func() { simulator.Withdraw(routine, "production") }, "1 added, 0 changed"},
		{"routine deleted and created anew", func() {
			simulator.RemoveRoutine(routine)
			seeded(simulator.Server)
		}, "1 added, 0 changed"},
	} {
		t.Log(change.what)
		change.make()
		space.Apply(config, change.want)
		if live, _ := simulator.Live(routine, "production"); len(live.Shares) != 2 || live.Shares[0].Percentage != 90 {
			t.Errorf("%s: production serves %v", change.what, live.Shares)
		}
	}
	if made := simulator.Count("CreateRoutineCodeDeployment"); made != 4 {
		t.Errorf("%d deployments, want 4", made)
	}
}

// TestAccDeploymentIgnoreChanges lets a pipeline outside Terraform shift the traffic, while deployment_id stays true.
func TestAccDeploymentIgnoreChanges(t *testing.T) {
	t.Parallel()
	simulator, space := workspace(t)
	config := release(shares(share(stable, 100)), "lifecycle { ignore_changes = [code_versions] }")
	space.Apply(config)
	id := simulator.Deploy(routine, "production", all(candidate)...)
	space.Apply(config, "0 added, 0 changed")
	acceptance.Expect(t, "state", space.Run("state", "show", address), 0, `deployment_id = "`+id+`"`)
	expectLive(t, simulator, all(candidate), 1)
}

func TestAccDeploymentBothEnvironmentsAtOnce(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	split := shares(share(stable, 75), share(candidate, 25))
	config := release(split) + strings.Replace(releaseTo("staging", split), `"test"`, `"staging"`, 1)
	simulator.Workspace(t).Apply(config, "2 added")
	for _, env := range []string{"staging", "production"} {
		live, _ := simulator.Live(routine, env)
		want := []esasim.Share{{CodeVersion: stable, Percentage: 75}, {CodeVersion: candidate, Percentage: 25}}
		if diff := cmp.Diff(want, live.Shares); diff != "" {
			t.Errorf("%s (-want +got):\n%s", env, diff)
		}
	}
}

// TestAccDeploymentNumbersAndOrderOfTheAPI answers ids as JSON numbers and lists in reversed order.
func TestAccDeploymentNumbersAndOrderOfTheAPI(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Fault: esasim.NumericIDs}, esasim.Rule{Fault: esasim.Reversed})
	config := simulator.Config(release(shares(share(stable, 90), share(candidate, 10))))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, attribute("code_versions"), codeVersions(stable, 90, candidate, 10)),
				},
			},
			{Config: config, PlanOnly: true},
			{
				Config:            config,
				ResourceName:      address,
				ImportState:       true,
				ImportStateId:     "hello:production",
				ImportStateVerify: true,
			},
		},
	})
	if live, _ := simulator.Live(routine, "production"); simulator.Count("CreateRoutineCodeDeployment") != 1 {
		t.Errorf("%d deployments for one change; live: %+v", simulator.Count("CreateRoutineCodeDeployment"), live)
	}
}
