package examples_test

import (
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
)

// shorter replaces the rollout of the guide by one of seconds, whose check reaches the simulator.
func shorter(checks string) string {
	return fmt.Sprintf(`resource "esa_routine_code_deployment" "production" {
  rollout = {
    steps  = [{ percentage = 5, bake_time = "1s" }, { percentage = 50, bake_time = "1s" }]
    checks = [%s]
  }
}
`, checks)
}

// TestAccWatchedRelease follows the guide: a first release, one that goes all the way, and one that is put back.
func TestAccWatchedRelease(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "watched-release")
	plan := run(t, terraform, 0, "plan")
	expectText(t, plan, "Warning: Rollout of shop:production", "the planned split at once, watched for 5m", "steps skipped")

	terraform.Write("rollout_override.tf", shorter(""))
	run(t, terraform, 0, "apply", "-auto-approve")
	first := served(simulator, "shop", "production")[0].CodeVersion

	terraform.Write("rollout_override.tf", shorter(fmt.Sprintf(`{ url = "http://%s/", expect_body = "ok", interval = "100ms", connect_to = %q }`,
		simulator.DefaultRecord("shop"), strings.TrimPrefix(simulator.URL, "http://"))))
	terraform.Write("src/index.js", "export default { async fetch() { return new Response(\"Hello again\"); } };\n")
	output := run(t, terraform, 0, "apply", "-auto-approve")
	expectText(t, output, "5% for 1s, 50% for 1s, then 100%, at least 2s; on failure: roll back.", "The candidate is known after apply.")
	var shares []int
	for _, deployment := range simulator.Deployments("shop", "production") {
		shares = append(shares, percentageBeside(deployment.Shares, first))
	}
	if fmt.Sprint(shares) != "[0 5 50 100]" {
		t.Errorf("the shares beside the first version were %v, want 0, 5, 50 and 100", shares)
	}
	run(t, terraform, 0, "plan", "-detailed-exitcode")
}

// percentageBeside is what a split gives to other versions.
func percentageBeside(shares []esasim.Share, codeVersion string) (percentage int) {
	for _, share := range shares {
		if share.CodeVersion != codeVersion {
			percentage += share.Percentage
		}
	}
	return percentage
}

// TestAccWatchedByMonitoring plans the example that asks Prometheus.
func TestAccWatchedByMonitoring(t *testing.T) {
	t.Parallel()
	simulator, terraform := guide(t, "watched-release/monitoring")
	simulator.AddRoutine("shop")
	simulator.AddCodeVersion("shop", "1723599747213377175")
	simulator.AddCodeVersion("shop", "1723599747213377176")
	terraform.Write("rollout_override.tf", shorter(""))
	run(t, terraform, 0, "apply", "-auto-approve", "-var=code_version=1723599747213377175")
	terraform.Write("rollout_override.tf", "")
	output := run(t, terraform, 0, "plan", "-var=code_version=1723599747213377176")
	expectText(t, output, "5% for 5m, 50% for 5m, then 100% for 5m, at least 15m; on failure: roll", "https://prometheus.example.com/api/v1/query?query=sum%28rate%28http_requests_total")
}
