package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWorkloadsAreMultiplesOfTen(t *testing.T) {
	for _, deployments := range []int{-10, 0, 5, 12, 101} {
		if _, err := newWorkload(deployments); err == nil {
			t.Errorf("%d deployments are taken", deployments)
		}
	}
	if w, err := newWorkload(1000); err != nil || w.routines() != 500 || w.changed() != 100 {
		t.Errorf("1000 deployments are %d routines and %d changes, %v", w.routines(), w.changed(), err)
	}
}

func TestReleases(t *testing.T) {
	for _, deployments := range []int{10, 100, 1000} {
		w := workload{deployments}
		before, after := w.releases(false), w.releases(true)
		total, changed := 0, 0
		for routine, environments := range before {
			for env, split := range environments {
				total++
				if len(split) != 1 || split[0].Percentage != 100 {
					t.Errorf("%s of %s begins with %v", env, routine, split)
				}
				now := after[routine][env]
				if len(now) == 1 {
					if now[0] != split[0] {
						t.Errorf("%s of %s goes from %v to %v", env, routine, split, now)
					}
					continue
				}
				changed++
				if env != production || now[0] != (share{split[0].CodeVersion, 90}) || now[1].Percentage != 10 || now[1].CodeVersion == split[0].CodeVersion {
					t.Errorf("%s of %s goes from %v to %v", env, routine, split, now)
				}
			}
		}
		if total != deployments || changed != w.changed() {
			t.Errorf("of %d deployments, %d are configured and %d change, want %d", deployments, total, changed, w.changed())
		}
	}
}

func TestTheSeedHasEveryVersionOnce(t *testing.T) {
	w := workload{100}
	owner := map[string]string{}
	for _, r := range w.seed().Routines {
		for _, v := range r.CodeVersions {
			if other, taken := owner[v.CodeVersion]; taken {
				t.Errorf("version %s is of %s and of %s", v.CodeVersion, other, r.Name)
			}
			owner[v.CodeVersion] = r.Name
		}
	}
	for routine, environments := range w.releases(true) {
		for env, split := range environments {
			for _, s := range split {
				if owner[s.CodeVersion] != routine {
					t.Errorf("%s of %s serves version %s, which is of %q", env, routine, s.CodeVersion, owner[s.CodeVersion])
				}
			}
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	for _, layout := range []string{layoutModules, layoutForEach} {
		c := providerConfigurations[layout]
		if err := (workload{10}).write(dir, c, true); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "main.tf"))
		if err != nil || string(text) != c.root {
			t.Errorf("%s: main.tf is %s, %v", layout, text, err)
		}
		if text, err = os.ReadFile(filepath.Join(dir, "modules", "routine", "main.tf")); layout == layoutModules && (err != nil || string(text) != c.module) {
			t.Errorf("%s: the module is %s, %v", layout, text, err)
		}
		floor := floorConfigurations[layout]
		if all := floor.root + floor.module; strings.Contains(all, "esa") || !strings.Contains(all, `resource "terraform_data"`) {
			t.Errorf("%s: the floor is %s", layout, all)
		}
		text, err = os.ReadFile(filepath.Join(dir, "releases.json"))
		if err != nil {
			t.Fatal(err)
		}
		var releases map[string]map[string][]share
		if err := json.Unmarshal(text, &releases); err != nil || len(releases) != 5 || len(releases["bench-0000"][production]) != 2 {
			t.Errorf("the releases are %s, %v", text, err)
		}
	}
}
