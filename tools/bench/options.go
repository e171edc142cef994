package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options is what the arguments ask for.
type options struct {
	root        string
	engine      string
	provider    string
	deployments []int
	latencies   []time.Duration
	parallelism int
	layout      string
	runs        int
	rateLimit   int
	json        string
	short       bool
	check       bool
}

const usageText = `Usage: bench [flags]

bench measures what deployments of the provider cost, with a real Terraform against the simulator on this machine, and
what the same graph costs without the provider. It prints a table of each scenario.

Flags:
`

func parseOptions(arguments []string, stderr io.Writer) (options, error) {
	var o options
	var deployments, latencies string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usageText)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.root, "root", "..", "the project's root, to which -json and -provider are relative")
	flags.StringVar(&o.engine, "engine", "", "terraform@1.8.5, tofu@1.12.6 or the path of an executable")
	flags.StringVar(&o.provider, "provider", "", "`file` to measure in place of the provider that the root has, such as an earlier build of it")
	flags.StringVar(&deployments, "deployments", "10,100,1000", "how many deployments, multiples of 10")
	flags.StringVar(&latencies, "latency", "0,50ms", "how much longer each answer of the simulator takes")
	flags.IntVar(&o.parallelism, "parallelism", 10, "the engine's -parallelism")
	flags.StringVar(&o.layout, "layout", layoutModules, "modules: a module for each routine; for_each: one resource over all deployments, which costs Terraform much itself")
	flags.IntVar(&o.runs, "runs", 3, "how often everything is measured")
	flags.IntVar(&o.rateLimit, "rate-limit", rateLimit, "measure the most deployments with -parallelism=50 and so many calls a second of each operation too; 0 to leave it out")
	flags.StringVar(&o.json, "json", "", "`file` to write everything to as JSON")
	flags.BoolVar(&o.short, "short", false, "one short run that checks the numbers of calls and connections, and no times")
	flags.BoolVar(&o.check, "check", false, "measure and check what the project promises of a thousand deployments")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.short {
		for name, shorten := range map[string]func(){
			"deployments": func() { deployments = "10" },
			"latency":     func() { latencies = "0,50ms" },
			"runs":        func() { o.runs = 1 },
			"rate-limit":  func() { o.rateLimit = 0 },
		} {
			if !given[name] {
				shorten()
			}
		}
	}
	var err error
	if o.deployments, err = list(deployments, strconv.Atoi); err != nil {
		return o, fmt.Errorf("-deployments: %w", err)
	}
	for _, n := range o.deployments {
		if _, err := newWorkload(n); err != nil {
			return o, fmt.Errorf("-deployments: %w", err)
		}
	}
	if o.latencies, err = list(latencies, time.ParseDuration); err != nil {
		return o, fmt.Errorf("-latency: %w", err)
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case providerConfigurations[o.layout] == configuration{}:
		return o, fmt.Errorf("-layout %q: want %s or %s", o.layout, layoutModules, layoutForEach)
	case o.parallelism < 1 || o.runs < 1 || o.rateLimit < 0 || slices.Min(o.latencies) < 0:
		return o, errors.New("-parallelism and -runs are at least 1, -latency and -rate-limit at least 0")
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return o, err
	}
	for _, path := range []*string{&o.json, &o.provider} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(o.root, *path)
		}
	}
	return o, nil
}

// list reads values with commas between them.
func list[T any](text string, parse func(string) (T, error)) ([]T, error) {
	var values []T
	for part := range strings.SplitSeq(text, ",") {
		value, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// scenarios are what to measure, in order.
func (o options) scenarios() []scenario {
	var all []scenario
	add := func(s scenario) {
		s.Layout = o.layout
		same := func(t scenario) bool {
			return t.Deployments == s.Deployments && t.Latency == s.Latency && t.Parallelism == s.Parallelism && t.RateLimit == s.RateLimit
		}
		if !slices.ContainsFunc(all, same) {
			all = append(all, s)
		}
	}
	for _, deployments := range o.deployments {
		for _, latency := range o.latencies {
			add(scenario{Deployments: deployments, Latency: seconds(latency.Seconds()), Parallelism: o.parallelism})
		}
	}
	most, latency := slices.Max(o.deployments), slices.Max(o.latencies)
	if o.check {
		add(scenario{Deployments: manyDeployments, Latency: seconds(realLatency.Seconds()), Parallelism: o.parallelism})
		add(scenario{Deployments: fewDeployments, Latency: seconds(realLatency.Seconds()), Parallelism: o.parallelism, until: firstApply})
		add(scenario{Deployments: manyDeployments, Latency: seconds(realLatency.Seconds()), Parallelism: rateParallelism, RateLimit: rateLimit, until: noOpPlan})
	}
	if o.rateLimit > 0 {
		add(scenario{Deployments: most, Latency: seconds(latency.Seconds()), Parallelism: rateParallelism, RateLimit: o.rateLimit, until: noOpPlan})
	}
	return all
}
