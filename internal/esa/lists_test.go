package esa_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// numbered is a routine with as many versions, the first of which is number 1.
func numbered(count int) esasim.Seed {
	seed := esasim.SeedRoutine{Name: routine}
	for number := 1; number <= count; number++ {
		seed.CodeVersions = append(seed.CodeVersions, esasim.SeedCodeVersion{CodeVersion: fmt.Sprint(number)})
	}
	return esasim.Seed{Routines: []esasim.SeedRoutine{seed}}
}

// TestVersionsComeAndGoBetweenPages lists versions, the newest first, while one comes or goes between the two pages: the
// sixth, which was the first of the second page, is not lost, and none is listed twice.
func TestVersionsComeAndGoBetweenPages(t *testing.T) {
	t.Parallel()
	const between = "6"
	for name, test := range map[string]struct {
		happens func(*esasim.Server)
		total   int
	}{
		"one goes":  {func(simulator *esasim.Server) { simulator.RemoveCodeVersion(routine, "26") }, 25},
		"one comes": {func(simulator *esasim.Server) { simulator.AddCodeVersion(routine, "27") }, 27},
		"two go and one comes": {func(simulator *esasim.Server) {
			simulator.RemoveCodeVersion(routine, "26")
			simulator.RemoveCodeVersion(routine, "25")
			simulator.AddCodeVersion(routine, "27")
		}, 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := esasim.Start(t, esasim.WithSeed(numbered(26)))
			simulator.Inject(esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.NoFault, Times: 1, Then: func() { test.happens(simulator) }})
			list, err := newClient(t, simulator.URL).ListRoutineCodeVersions(t.Context(), routine)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			for _, version := range list.Known {
				seen[version.CodeVersion]++
				if seen[version.CodeVersion] > 1 {
					t.Errorf("code version %s is listed twice", version.CodeVersion)
				}
			}
			if !list.Complete || len(seen) != test.total || list.Total != test.total || seen[between] != 1 {
				t.Errorf("%d versions of %d, complete: %t, version %s %d times; want all %d", len(seen), list.Total, list.Complete, between, seen[between], test.total)
			}
		})
	}
}

// TestVersionHiddenBetweenPages does not take a version for missing where another one was deleted while the list was read.
func TestVersionHiddenBetweenPages(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t, esasim.WithSeed(numbered(26)))
	simulator.Inject(
		esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Code: "InvalidParameter", Status: 400},
		esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.NoFault, Times: 1, Then: func() { simulator.RemoveCodeVersion(routine, "26") }})
	version, err := newClient(t, simulator.URL).FindCodeVersion(t.Context(), routine, "6", 0)
	if err != nil || version == nil || version.CodeVersion != "6" || version.Status != esa.BuildStatusAvailable {
		t.Errorf("found %+v (%v), want version 6", version, err)
	}
}

// TestVersionsThatNeverStandStill are listed as incomplete, and decide nothing.
func TestVersionsThatNeverStandStill(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t, esasim.WithSeed(numbered(30)))
	next := 31
	simulator.Inject(
		esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Code: "InvalidParameter", Status: 400},
		esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.NoFault, Then: func() {
			simulator.AddCodeVersion(routine, fmt.Sprint(next))
			next++
		}})
	client := newClient(t, simulator.URL)
	list, err := client.ListRoutineCodeVersions(t.Context(), routine)
	if calls := simulator.Count("ListRoutineCodeVersions"); err != nil || list.Complete || list.Truncated || calls != 6 {
		t.Errorf("complete: %t, truncated: %t in %d calls (%v), want neither in 3 readings of 2 pages", list.Complete, list.Truncated, calls, err)
	}
	if version, err := client.FindCodeVersion(t.Context(), routine, "999", 0); version != nil || !esa.HasCode(err, "InvalidParameter") {
		t.Errorf("found %+v (%v), want ESA's refusal", version, err)
	}
}

// TestListsThatDoNotReachAnAnswer has ESA count more than it lists: whether a host name is bound or a site exists is not known then, and
// what names the list is in the error.
func TestListsThatDoNotReachAnAnswer(t *testing.T) {
	t.Parallel()
	client := newClient(t, answering(t, 200, `{"RequestId":"R","TotalCount":1,"Records":[],"Sites":[],"RelatedRecords":[]}`))
	bound, err := client.IsHostBound(t.Context(), "54362329990032", "www.example.com")
	if failure, ok := errors.AsType[*esa.Error](err); bound || !ok || failure.Kind != esa.Incomplete || failure.Operation != "ListEdgeRoutineRecords" || failure.Target.Site != "54362329990032" {
		t.Errorf("a host name is bound: %t, %v, want an error of its list", bound, err)
	}
	if sites, err := client.SitesNamed(t.Context(), "example.com"); len(sites) != 0 || err == nil || !strings.Contains(err.Error(), "ESA listed 0 of 1 sites") {
		t.Errorf("sites %v, %v, want an error of their list", sites, err)
	}
}
