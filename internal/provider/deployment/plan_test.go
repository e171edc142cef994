package deployment_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// planned is one plan that must fail with a text, or succeed where want is empty; calls are those it may make beyond
// none at all, by operation.
type planned struct {
	prepare func(*acceptance.Simulated)
	config  string
	want    string
	calls   map[string]int
}

func TestAccDeploymentPlanAgainstLiveEnvironment(t *testing.T) {
	t.Parallel()
	servesStable := func(simulator *acceptance.Simulated) { simulator.Deploy(routine, "production", all(stable)...) }
	for name, test := range map[string]planned{
		"create over another split": {
			prepare: servesStable,
			config:  release(shares(share(stable, 90), share(candidate, 10))),
			want: `This would be the first release of this resource, but the production environment of routine "hello" already serves another split:
				current: 100% 1723599747213377175 (deployment`,
			calls: map[string]int{"GetRoutine": 1},
		},
		"create over the same split": {
			prepare: servesStable,
			config:  release(shares(share(stable, 100))),
			calls:   map[string]int{"GetRoutine": 1},
		},
		"create where nothing is served": {
			config: release(shares(share(stable, 100))),
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1},
		},
		"a version that does not exist": {
			config: release(shares(share(stable, 90), share("1723599747213377999", 10))),
			want:   `Error: Code version does not exist`,
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 2, "ListRoutineCodeVersions": 2},
		},
		"a version that does not exist is named": {
			config: release(shares(share(stable, 90), share("1723599747213377999", 10))),
			want: `code_versions[1].code_version: routine "hello" has no code version 1723599747213377999.
				The closest existing version is 1723599747213377177.
				Check the number, and whether the version was deleted. The data source esa_routine_code_versions lists the versions of a routine.`,
			calls: map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 2, "ListRoutineCodeVersions": 2},
		},
		"a version that is being built": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.AddCodeVersionStatus(routine, "1723599747213377200", "Init")
			},
			config: release(shares(share("1723599747213377200", 100))),
			want:   `code_versions[0].code_version: code version 1723599747213377200 of routine "hello" is still being built (status init). What to do: wait until the build is finished, then run terraform plan again.`,
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1},
		},
		"a version whose build failed": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.AddCodeVersionStatus(routine, "1723599747213377200", "build_failed")
			},
			config: release(shares(share("1723599747213377200", 100))),
			want:   `cannot be deployed: its build ended in status "build_failed". What to do: publish the code again, and release the new version.`,
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1},
		},
		"a version in capital letters": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.AddCodeVersionStatus(routine, "1723599747213377200", "AVAILABLE")
			},
			config: release(shares(share("1723599747213377200", 100))),
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1},
		},
		"a version beyond the 40 that the list reaches": {
			prepare: func(simulator *acceptance.Simulated) {
				for number := range 50 {
					simulator.AddCodeVersion(routine, fmt.Sprintf("17235997472133%05d", 80000+number))
				}
			},
			config: release(shares(share(stable, 100))),
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1},
		},
		"an unclear answer about a version that the list has": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Status: 400, Code: "InvalidParameter", Message: "Parameter verification failed."})
			},
			config: release(shares(share(stable, 100))),
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1, "ListRoutineCodeVersions": 1},
		},
		"no permission to see versions": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError})
			},
			config: release(shares(share("1723599747213377999", 100))),
			calls:  map[string]int{"GetRoutine": 1, "GetRoutineCodeVersionInfo": 1},
		},
		"no permission to see the routine": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError})
			},
			config: release(shares(share(stable, 100))),
			want:   `has no permission for this operation. What to do: grant its RAM user or role the action esa:GetRoutine`,
			calls:  map[string]int{"GetRoutine": 1},
		},
		"a version that is known only after apply": {
			config: "resource \"terraform_data\" \"version\" {\n  input = \"" + stable + "\"\n}\n" +
				release(shares(`{ code_version = terraform_data.version.output, percentage = 100 }`)),
			calls: map[string]int{"GetRoutine": 1},
		},
		"a name that is known only after apply": {
			config: "resource \"terraform_data\" \"name\" {\n  input = \"hello\"\n}\n" +
				strings.Replace(release(shares(share(stable, 100))), `"hello"`, "terraform_data.name.output", 1),
			calls: map[string]int{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			if test.prepare != nil {
				test.prepare(simulator)
			}
			terraform := simulator.Workspace(t)
			terraform.Configure(test.config)
			exitCode := 2
			if test.want != "" {
				exitCode = 1
			}
			acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), exitCode, test.want)
			if diff := cmp.Diff(test.calls, simulator.Counts()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAccDeploymentPlanWithoutProviderConfiguration plans a create although the provider block is not known yet.
func TestAccDeploymentPlanWithoutProviderConfiguration(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	config := func(known string) string {
		return "resource \"terraform_data\" \"endpoint\" {\n  input = \"" + known + "\"\n}\n" +
			strings.Replace(simulator.ProviderBlock(), fmt.Sprintf("%q", simulator.URL), "terraform_data.endpoint.output", 1) +
			release(shares(share(stable, 100)))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{Config: config(simulator.URL), Check: deployments(simulator, 1)},
			{
				// Terraform refreshes before it plans the new endpoint, with the provider block as it is known then.
				Config:      config("http://127.0.0.1:1") + "\n",
				ExpectError: regexp.MustCompile(`(?s)Provider configuration is not known yet.*endpoint`),
			},
		},
	})
}

// TestAccDeploymentOverwrite lets a create replace another split, and only a create: dropping the permission afterwards changes
// nothing that is live.
func TestAccDeploymentOverwrite(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Deploy(routine, "production", all(stable)...)
	split := shares(share(stable, 90), share(candidate, 10))
	terraform.Apply(release(split, "allow_overwrite = true"), "1 added, 0 changed, 0 destroyed")
	terraform.Apply(release(split))
	expectLive(t, simulator, esaShares(stable, 90, candidate, 10), 1)
}

// TestAccDeploymentChecksOnlyWhatIsIntroduced changes a split without a new version: the plan asks for no version.
func TestAccDeploymentChecksOnlyWhatIsIntroduced(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	terraform.Apply(release(shares(share(stable, 90), share(candidate, 10))))
	simulator.ResetLog()
	terraform.Apply(release(shares(share(stable, 50), share(candidate, 50))))
	if got := simulator.Count("GetRoutineCodeVersionInfo") + simulator.Count("ListRoutineCodeVersions"); got != 0 {
		t.Errorf("%d calls about versions that are live, want none", got)
	}
}
