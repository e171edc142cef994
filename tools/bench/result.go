package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"terraform-provider-esa/tools/bench/internal/usage"
	"terraform-provider-esa/tools/internal/simulator"
)

// sample is what one phase of one run took.
type sample struct {
	// Wall is in seconds, here as below.
	Wall float64 `json:"wall_seconds"`
	// EngineCPU is the time that the engine itself spent, ProviderCPU that of all provider processes.
	EngineCPU   float64 `json:"engine_cpu_seconds"`
	ProviderCPU float64 `json:"provider_cpu_seconds"`
	// ProviderPeak is the largest resident set, in bytes, of any of the provider processes.
	ProviderPeak      int64 `json:"provider_peak_bytes"`
	ProviderProcesses int   `json:"provider_processes"`

	Calls       map[string]int `json:"calls"`
	Throttled   int            `json:"throttled"`
	Connections int            `json:"connections"`
	MaxInFlight int            `json:"max_in_flight"`
}

// throttling is the code by which the simulator refuses a call beyond the rate limit.
const throttling = "Throttling.User"

// newSample puts together what was measured. All is the CPU time of the engine with its providers.
func newSample(wall, all time.Duration, providers []usage.Usage, counts simulator.Counts) sample {
	s := sample{
		Wall: wall.Seconds(), ProviderProcesses: len(providers),
		Calls: counts.Calls, Throttled: counts.Errors[throttling], Connections: counts.Connections, MaxInFlight: counts.MaxInFlight,
	}
	var cpu time.Duration
	for _, p := range providers {
		cpu += p.CPU
		s.ProviderPeak = max(s.ProviderPeak, p.Peak)
	}
	s.ProviderCPU, s.EngineCPU = cpu.Seconds(), (all - cpu).Seconds()
	return s
}

// total is the number of calls of all operations.
func (s sample) total() int {
	sum := 0
	for _, count := range s.Calls {
		sum += count
	}
	return sum
}

// otherThan is the number of calls of all operations but one.
func (s sample) otherThan(operation string) int { return s.total() - s.Calls[operation] }

// phaseResult is one phase over all runs.
type phaseResult struct {
	Name    string   `json:"name"`
	Samples []sample `json:"samples"`
	// Floor is the same phase of the same graph without the provider.
	Floor []sample `json:"floor,omitempty"`

	Summary summary `json:"summary"`
}

// summary is a phase in figures.
type summary struct {
	Wall        spread `json:"wall_seconds"`
	Floor       spread `json:"floor_seconds"`
	ProviderCPU spread `json:"provider_cpu_seconds"`
	EngineCPU   spread `json:"engine_cpu_seconds"`
	FloorCPU    spread `json:"floor_cpu_seconds"`
	// NetworkBound is calls × latency ÷ parallelism: what the calls alone take at best.
	NetworkBound float64 `json:"network_bound_seconds"`
	// The rest is the largest of all runs.
	Calls             map[string]int `json:"calls"`
	Throttled         int            `json:"throttled"`
	Connections       int            `json:"connections"`
	ProviderProcesses int            `json:"provider_processes"`
	ProviderPeak      int64          `json:"provider_peak_bytes"`
}

func each(samples []sample, figure func(sample) float64) []float64 {
	figures := make([]float64, 0, len(samples))
	for _, s := range samples {
		figures = append(figures, figure(s))
	}
	return figures
}

func (p phaseResult) summarize(sc scenario) summary {
	sum := summary{
		Wall:        spreadOf(each(p.Samples, func(s sample) float64 { return s.Wall })),
		ProviderCPU: spreadOf(each(p.Samples, func(s sample) float64 { return s.ProviderCPU })),
		EngineCPU:   spreadOf(each(p.Samples, func(s sample) float64 { return s.EngineCPU })),
		Calls:       map[string]int{},
	}
	if len(p.Floor) > 0 {
		sum.Floor = spreadOf(each(p.Floor, func(s sample) float64 { return s.Wall }))
		sum.FloorCPU = spreadOf(each(p.Floor, func(s sample) float64 { return s.EngineCPU }))
	}
	for _, s := range p.Samples {
		sum.NetworkBound = max(sum.NetworkBound, sc.networkBound(s.total()))
		for operation, count := range s.Calls {
			sum.Calls[operation] = max(sum.Calls[operation], count)
		}
		sum.Throttled = max(sum.Throttled, s.Throttled)
		sum.Connections = max(sum.Connections, s.Connections)
		sum.ProviderProcesses = max(sum.ProviderProcesses, s.ProviderProcesses)
		sum.ProviderPeak = max(sum.ProviderPeak, s.ProviderPeak)
	}
	return sum
}

// scenario is a workload and what it meets.
type scenario struct {
	Deployments int     `json:"deployments"`
	Latency     seconds `json:"latency_seconds"`
	Parallelism int     `json:"parallelism"`
	Layout      string  `json:"layout"`
	// RateLimit is how many calls of each operation the simulator takes per second; 0 for any number.
	RateLimit int `json:"rate_limit,omitempty"`
	// until is the last phase to run; empty for all.
	until string
}

// seconds is a duration that is a number of seconds in JSON.
type seconds float64

func (s seconds) String() string { return time.Duration(float64(s) * float64(time.Second)).String() }

// String names a scenario as the headings do.
func (sc scenario) String() string {
	text := fmt.Sprintf("%d deployments, latency %s, parallelism %d", sc.Deployments, sc.Latency, sc.Parallelism)
	if sc.Layout == layoutForEach {
		text += ", one for_each"
	}
	if sc.RateLimit > 0 {
		text += fmt.Sprintf(", at most %d calls a second of each operation", sc.RateLimit)
	}
	return text
}

// networkBound is what so many calls take at best, in seconds.
func (sc scenario) networkBound(calls int) float64 {
	return float64(calls) * float64(sc.Latency) / float64(sc.Parallelism)
}

// result is a scenario over all runs.
type result struct {
	scenario
	Phases []phaseResult `json:"phases"`
	// Error is why the scenario ended early, where it did.
	Error string `json:"error,omitempty"`
}

// add adds the samples of a phase of one run.
func (r *result) add(name string, s sample, floor *sample) {
	i := slices.IndexFunc(r.Phases, func(p phaseResult) bool { return p.Name == name })
	if i < 0 {
		i = len(r.Phases)
		r.Phases = append(r.Phases, phaseResult{Name: name})
	}
	p := &r.Phases[i]
	p.Samples = append(p.Samples, s)
	if floor != nil {
		p.Floor = append(p.Floor, *floor)
	}
	p.Summary = p.summarize(r.scenario)
}

// phase returns a phase by its name.
func (r *result) phase(name string) (phaseResult, bool) {
	for _, p := range r.Phases {
		if p.Name == name {
			return p, true
		}
	}
	return phaseResult{}, false
}

// report is everything that one call of the benchmark has found.
type report struct {
	Engine        string   `json:"engine"`
	Platform      string   `json:"platform"`
	CPUs          int      `json:"cpus"`
	ProviderBytes int64    `json:"provider_bytes"`
	Runs          int      `json:"runs"`
	Results       []result `json:"results"`
	Checks        []check  `json:"checks,omitempty"`
}

// find returns the scenario without a rate limit, nil if it was not measured.
func (r *report) find(deployments int, latency time.Duration) *result {
	i := slices.IndexFunc(r.Results, func(res result) bool {
		return res.Deployments == deployments && res.Latency == seconds(latency.Seconds()) && res.RateLimit == 0
	})
	if i < 0 {
		return nil
	}
	return &r.Results[i]
}

func sortedKeys(counts map[string]int) []string { return slices.Sorted(maps.Keys(counts)) }
