package codeversion_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// numbers are the versions that the routine has.
func numbers(simulator *acceptance.Simulated) (found []string) {
	for _, seeded := range simulator.State().Routines {
		if seeded.Name == routine {
			for _, version := range seeded.CodeVersions {
				found = append(found, version.CodeVersion)
			}
		}
	}
	return found
}

// unreleased returns a simulator whose routine has no version and serves nothing.
func unreleased(t *testing.T, options ...esasim.Option) (*acceptance.Simulated, *acceptance.Workspace) {
	t.Helper()
	simulator := acceptance.Simulate(t, options...)
	simulator.AddRoutine(routine)
	return simulator, simulator.Workspace(t)
}

// releasing is a version whose content is text, kept with its predecessors, and released to production.
func releasing(content string, arguments ...string) string {
	return version(append([]string{argument("code", content)}, arguments...)...) + fmt.Sprintf(
		"resource \"esa_routine_code_deployment\" \"production\" {\n  name = %q\n  env = \"production\"\n"+
			"  code_versions = [{ code_version = esa_routine_code_version.test.code_version, percentage = 100 }]\n}\n", routine)
}

// TestAccCodeVersionRetain releases twenty times in a row to a routine that may have ten versions, without create_before_destroy.
func TestAccCodeVersionRetain(t *testing.T) {
	t.Parallel()
	simulator, terraform := unreleased(t, esasim.WithVersionQuota(10))
	for release := range 20 {
		terraform.Configure(releasing(fmt.Sprintf("export default %d", release), "retain = 5"))
		result := terraform.Run("apply", "-auto-approve")
		acceptance.Expect(t, fmt.Sprintf("release %d", release), result, 0)
		if strings.Contains(result.Output, "still served") {
			t.Fatalf("release %d warns of a version that stays:\n%s", release, result.Output)
		}
		live, _ := simulator.Live(routine, esasim.Production)
		if kept := numbers(simulator); len(kept) != min(release+1, 5) || !slices.Contains(kept, live.Shares[0].CodeVersion) {
			t.Fatalf("after release %d the routine has %v and serves %v", release, kept, live.Shares)
		}
	}
	acceptance.Expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0)

	// A rollback to the version before is one deployment.
	kept := numbers(simulator)
	live, _ := simulator.Live(routine, esasim.Production)
	previous := slices.DeleteFunc(slices.Clone(kept), func(number string) bool { return number == live.Shares[0].CodeVersion })
	simulator.ResetLog()
	terraform.Configure(strings.Replace(releasing("export default 19", "retain = 5"),
		"esa_routine_code_version.test.code_version", fmt.Sprintf("%q", slices.Max(previous)), 1))
	acceptance.Expect(t, "the rollback", terraform.Run("apply", "-auto-approve"), 0)
	for _, call := range simulator.Calls() {
		if !strings.HasPrefix(call.Operation, "Get") && !strings.HasPrefix(call.Operation, "List") && call.Operation != "CreateRoutineCodeDeployment" {
			t.Errorf("the rollback called %s", call.Operation)
		}
	}
	if deployed := simulator.Count("CreateRoutineCodeDeployment"); deployed != 1 {
		t.Errorf("%d deployments for the rollback, want one", deployed)
	}
}

// TestAccCodeVersionRetainDeletesNothingElse has versions of others, versions that are served, and deletions that ESA refuses.
func TestAccCodeVersionRetainDeletesNothingElse(t *testing.T) {
	t.Parallel()
	simulator, terraform := unreleased(t)
	simulator.AddCodeVersion(routine, "1000000000000000001")
	release := func(number int) acceptance.Result {
		t.Helper()
		terraform.Configure(releasing(fmt.Sprintf("export default %d", number), "retain = 1"))
		return terraform.Run("apply", "-auto-approve")
	}
	acceptance.Expect(t, "the first release", release(1), 0)
	first, _ := simulator.Live(routine, esasim.Production)
	simulator.Deploy(routine, esasim.Staging, first.Shares...)
	acceptance.Expect(t, "the second release", release(2), 0)
	second, _ := simulator.Live(routine, esasim.Production)
	acceptance.Expect(t, "the third release", release(3), 0)
	for _, want := range []string{"1000000000000000001", first.Shares[0].CodeVersion, second.Shares[0].CodeVersion} {
		if !slices.Contains(numbers(simulator), want) {
			t.Errorf("version %s was deleted: it is of someone else, or was served when the next one was published", want)
		}
	}
	simulator.Inject(esasim.Rule{Operation: "DeleteRoutineCodeVersion", Fault: esasim.ChosenError, Status: 403, Code: "Forbidden.RAM"})
	acceptance.Expect(t, "a release that may not delete", release(4), 0)
	simulator.ClearFaults()
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	if kept := numbers(simulator); len(kept) < 4 {
		t.Errorf("the destroy left %v", kept)
	}
}

// TestAccCodeVersionQuotaFull says what frees the quota.
func TestAccCodeVersionQuotaFull(t *testing.T) {
	t.Parallel()
	simulator, terraform := unreleased(t, esasim.WithVersionQuota(1))
	simulator.AddCodeVersion(routine, "1000000000000000001")
	terraform.Configure(version(argument("code", "export default 1")))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, "delete versions that are no longer needed, and set retain on this resource")
	terraform.Configure(version(argument("code", "export default 1"), "retain = 3"))
	acceptance.Expect(t, "apply with retain", terraform.Run("apply", "-auto-approve"), 1, "or lower retain, which is 3")
	terraform.Configure(version(argument("code", "export default 1"), "retain = 3", "skip_destroy = true"))
	acceptance.Expect(t, "both attributes", terraform.Run("plan"), 1, "retain", "skip_destroy")
}

// TestAccCodeVersionDeployEnv publishes with the variables of an environment. Another environment makes another version, and a
// deployment to the other environment is warned of.
func TestAccCodeVersionDeployEnv(t *testing.T) {
	t.Parallel()
	simulator, terraform := unreleased(t)
	simulator.SetVariable(routine, esasim.Production, esasim.Variable{Key: "GREETING", Value: "hello"})
	config := func(env string) string {
		return releasing("export default 1", "retain = 5", argument("deploy_env", env)) +
			fmt.Sprintf("data \"esa_routine_code_versions\" \"all\" {\n  name = %q\n  depends_on = [esa_routine_code_version.test]\n}\n"+
				"output \"bound\" {\n  value = [for version in data.esa_routine_code_versions.all.code_versions : \"${version.deploy_env} ${version.has_env_vars}\"]\n}\n", routine)
	}
	terraform.Configure(config("production"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, `"production true"`)
	acceptance.Expect(t, "a second plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	terraform.Configure(config("staging"))
	acceptance.Expect(t, "plan for the other environment", terraform.Run("plan"), 0, "# forces replacement")
	acceptance.Expect(t, "apply for the other environment", terraform.Run("apply", "-auto-approve"), 0,
		"Code version carries the variables of another environment", `published with deploy_env = "staging", so it runs in production with the variables of staging`)
	terraform.Configure(config("europe"))
	acceptance.Expect(t, "a wrong environment", terraform.Run("plan"), 1, `value must be one of: ["staging" "production"], got: "europe"`)
}

// TestAccCodeVersionDeployEnvOfAnImport reads from the list which variables an imported version carries.
func TestAccCodeVersionDeployEnvOfAnImport(t *testing.T) {
	t.Parallel()
	_, terraform := unreleased(t)
	terraform.Configure(version(argument("code", "export default 1"), argument("deploy_env", "production"), "skip_destroy = true"))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	address := terraform.Run("state", "show", "-no-color", "esa_routine_code_version.test").Output
	id := strings.Trim(strings.Fields(strings.SplitN(address, " id ", 2)[1])[1], `"`)
	acceptance.Expect(t, "forget", terraform.Run("state", "rm", "esa_routine_code_version.test"), 0)
	acceptance.Expect(t, "import", terraform.Run("import", "esa_routine_code_version.test", id), 0)
	acceptance.Expect(t, "show", terraform.Run("state", "show", "-no-color", "esa_routine_code_version.test"), 0, `deploy_env = "production"`)
	acceptance.Expect(t, "plan", terraform.Run("plan"), 0, "0 to add, 1 to change, 0 to destroy")
}
