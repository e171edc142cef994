package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func parse(t *testing.T, arguments ...string) options {
	t.Helper()
	o, err := parseOptions(arguments, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func scenarioNames(o options) []string {
	var names []string
	for _, s := range o.scenarios() {
		names = append(names, s.String())
	}
	return names
}

func TestScenarios(t *testing.T) {
	for _, tt := range []struct {
		arguments []string
		want      []string
	}{
		{nil, []string{
			"10 deployments, latency 0s, parallelism 10",
			"10 deployments, latency 50ms, parallelism 10",
			"100 deployments, latency 0s, parallelism 10",
			"100 deployments, latency 50ms, parallelism 10",
			"1000 deployments, latency 0s, parallelism 10",
			"1000 deployments, latency 50ms, parallelism 10",
			"1000 deployments, latency 50ms, parallelism 50, at most 100 calls a second of each operation",
		}},
		{[]string{"-short"}, []string{
			"10 deployments, latency 0s, parallelism 10",
			"10 deployments, latency 50ms, parallelism 10",
		}},
		{[]string{"-short", "-deployments", "20", "-latency=1s", "-parallelism=3"}, []string{"20 deployments, latency 1s, parallelism 3"}},
		{[]string{"-deployments=20", "-latency=0", "-rate-limit=7"}, []string{
			"20 deployments, latency 0s, parallelism 10",
			"20 deployments, latency 0s, parallelism 50, at most 7 calls a second of each operation",
		}},
		{[]string{"-check", "-deployments=1000", "-latency=50ms"}, []string{
			"1000 deployments, latency 50ms, parallelism 10",
			"200 deployments, latency 50ms, parallelism 10",
			"1000 deployments, latency 50ms, parallelism 50, at most 100 calls a second of each operation",
		}},
	} {
		if got := scenarioNames(parse(t, tt.arguments...)); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got\n%s\nwant\n%s", tt.arguments, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

func TestJSONIsRelativeToTheRoot(t *testing.T) {
	root := t.TempDir()
	if got := parse(t, "-root", root, "-json", "bench.json").json; got != filepath.Join(root, "bench.json") {
		t.Errorf("it goes to %s", got)
	}
	if got := parse(t, "-json", filepath.Join(root, "b")).json; got != filepath.Join(root, "b") {
		t.Errorf("an absolute path goes to %s", got)
	}
}

func TestMistakes(t *testing.T) {
	for _, arguments := range [][]string{
		{"-deployments=15"}, {"-deployments="}, {"-deployments=ten"}, {"-latency=50"}, {"-latency=-1s"},
		{"-runs=0"}, {"-layout=flat"}, {"-parallelism=0"}, {"-rate-limit=-1"}, {"10"}, {"-fast"},
	} {
		if _, err := parseOptions(arguments, io.Discard); err == nil {
			t.Errorf("%q is taken", arguments)
		}
	}
}
