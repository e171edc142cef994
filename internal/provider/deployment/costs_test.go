package deployment_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/acceptance"
)

// TestAccDeploymentCosts counts the calls of each step in the life of a release and compares them with the table in
// CONTRIBUTING.md.
func TestAccDeploymentCosts(t *testing.T) {
	t.Parallel()
	operations, want := costTable(t)
	simulator, terraform := workspace(t)
	var got [][]string
	step := func(name string, arguments ...string) {
		t.Helper()
		before := simulator.Counts()
		acceptance.Expect(t, name, terraform.Run(arguments...), 0)
		row := []string{name}
		for _, operation := range operations {
			row = append(row, strconv.Itoa(simulator.Count(operation)-before[operation]))
			delete(before, operation)
		}
		got = append(got, row)
	}
	terraform.Configure(release(shares(share(stable, 100))))
	step("plan of the first release", "plan", "-out=saved")
	step("the same with `-refresh=false`", "plan", "-refresh=false")
	step("its apply", "apply", "saved")
	step("plan without a change", "plan")
	terraform.Configure(release(shares(share(stable, 90), share(candidate, 10))))
	step("plan that introduces a version", "plan", "-out=saved")
	step("its apply", "apply", "saved")
	terraform.Configure(release(shares(share(stable, 50), share(candidate, 50))))
	step("plan that shifts traffic", "plan", "-out=saved")
	step("the same with `-refresh=false`", "plan", "-refresh=false")
	step("its apply", "apply", "saved")
	terraform.Configure(release(shares(share(candidate, 50), share(stable, 50))))
	step("plan and apply of another order", "apply", "-auto-approve")
	step("plan to destroy with `-refresh=false`", "plan", "-destroy", "-refresh=false")
	step("destroy", "destroy", "-auto-approve")

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-CONTRIBUTING.md +counted):\n%s", diff)
	}
	total := 0
	for _, operation := range operations {
		total += simulator.Count(operation)
	}
	if all := simulator.Count(""); all != total {
		t.Errorf("%d calls in all, of which the table knows %d: %v", all, total, simulator.Counts())
	}
}

// costTable reads the table of calls from CONTRIBUTING.md.
func costTable(t *testing.T) (operations []string, rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for index := range cells {
			cells[index] = strings.TrimSpace(cells[index])
		}
		switch {
		case cells[0] == "step":
			operations = cells[1:]
		case len(operations) > 0 && len(cells) == len(operations)+1 && !strings.HasPrefix(cells[0], "-"):
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatal("CONTRIBUTING.md has no table of calls")
	}
	return operations, rows
}
