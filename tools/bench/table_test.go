package main

import (
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/tools/bench/internal/usage"
	"terraform-provider-esa/tools/internal/simulator"
)

func TestNewSample(t *testing.T) {
	s := newSample(3*time.Second, 2*time.Second,
		[]usage.Usage{{CPU: 200 * time.Millisecond, Peak: 20 << 20}, {CPU: 300 * time.Millisecond, Peak: 40 << 20}},
		simulator.Counts{Calls: map[string]int{getRoutine: 5, createCodeDeployment: 2}, Errors: map[string]int{throttling: 1, "LockFailed": 1}, Connections: 4})
	if s.Wall != 3 || s.ProviderCPU != 0.5 || s.EngineCPU != 1.5 || s.ProviderPeak != 40<<20 || s.ProviderProcesses != 2 ||
		s.total() != 7 || s.otherThan(getRoutine) != 2 || s.Throttled != 1 || s.Connections != 4 {
		t.Errorf("got %+v", s)
	}
}

func TestTable(t *testing.T) {
	r := report{Engine: "terraform 1.11.4", Platform: "linux/amd64", CPUs: 2, Runs: 2, ProviderBytes: 20 << 20}
	res := result{scenario: scenario{Deployments: 10, Latency: 0.05, Parallelism: 10}}
	for _, wall := range []float64{1.5, 2.5} {
		calls := map[string]int{getRoutine: 4, createCodeDeployment: 1}
		res.add(noOpPlan, sample{Wall: wall, ProviderCPU: 0.25, ProviderPeak: 30 << 20, ProviderProcesses: 3, Connections: 4, Calls: calls, Throttled: 1}, &sample{Wall: 0.5})
		res.add(noOpPlanUnread, sample{Wall: 1}, nil)
	}
	r.Results = []result{res}
	r.Checks = []check{{Name: "works", Passed: true, Figures: "1"}, {Name: "fast", Figures: "no"}}
	var out strings.Builder
	r.write(&out)
	want := `terraform 1.11.4, linux/amd64, 2 CPUs, 2 runs, provider of 20.0 MiB.
Seconds are medians (least–most). The floor is the same graph of terraform_data; the network bound is calls × latency ÷ parallelism.

## 10 deployments, latency 50ms, parallelism 10

| phase                  |           wall s | floor s | no refresh s | network s | provider CPU s | peak MiB | processes | connections | API calls                                                          |
|------------------------|-----------------:|--------:|-------------:|----------:|---------------:|---------:|----------:|------------:|--------------------------------------------------------------------|
| no-op plan             | 2.00 (1.50–2.50) |    0.50 |         1.00 |      0.03 |           0.25 |     30.0 |         3 |           4 | CreateRoutineCodeDeployment 1, GetRoutine 4; 1 throttled, 20.0 %   |
| no-op plan, no refresh |             1.00 |         |              |      0.00 |           0.00 |      0.0 |         0 |           0 | none                                                               |

## Checks

pass  works: 1
FAIL  fast: no
`
	got := strings.ReplaceAll(out.String(), "0.02 |", "0.03 |") // either way of rounding 0.025
	if squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	width := 0
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if n := len([]rune(line)); width == 0 {
			width = n
		} else if n != width {
			t.Errorf("a line is %d wide, the header %d:\n%s", n, width, out.String())
		}
	}
}

// squeeze leaves out how wide columns are.
func squeeze(text string) string {
	for _, run := range []string{" ", "-"} {
		for strings.Contains(text, run+run) {
			text = strings.ReplaceAll(text, run+run, run)
		}
	}
	return text
}
