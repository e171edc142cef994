package codeversion_test

import (
	"os"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
)

// TestAccCodeVersionFileChangedBeforeAReplacement changes the files between a plan that deletes the old version first and its
// apply. Terraform compares what is to be created only after it has deleted, so the delete must stop.
func TestAccCodeVersionFileChangedBeforeAReplacement(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments []string
		plan      []string
		change    func(t *testing.T, folder *acceptance.Workspace, entry string)
		want      string
	}{
		"edited": {
			arguments: []string{`entry = "${path.module}/worker.js"`, `description = "next"`},
			change:    func(t *testing.T, _ *acceptance.Workspace, entry string) { put(t, entry, "export default 3") },
			want:      `worker.js" changed`,
		},
		"removed": {
			arguments: []string{`entry = "${path.module}/worker.js"`, `description = "next"`},
			change: func(t *testing.T, _ *acceptance.Workspace, entry string) {
				if err := os.Remove(entry); err != nil {
					t.Fatal(err)
				}
			},
			want: `worker.js" does not exist`,
		},
		"asked for": {
			arguments: []string{`entry = "${path.module}/worker.js"`},
			plan:      []string{"-replace=" + address},
			change:    func(t *testing.T, _ *acceptance.Workspace, entry string) { put(t, entry, "export default 3") },
			want:      `worker.js" changed`,
		},
		"tainted": {
			arguments: []string{`entry = "${path.module}/worker.js"`},
			plan:      []string{"taint"},
			change:    func(t *testing.T, _ *acceptance.Workspace, entry string) { put(t, entry, "export default 3") },
			want:      `worker.js" changed`,
		},
		"assets beside code": {
			arguments: []string{`code = "export default {}"`, `assets_directory = "${path.module}/site"`},
			change: func(t *testing.T, _ *acceptance.Workspace, entry string) {
				put(t, strings.Replace(entry, "worker.js", "site/index.html", 1), "later")
			},
			want: `site" changed`,
		},
		"kept by skip_destroy": {
			arguments: []string{`entry = "${path.module}/worker.js"`, "skip_destroy = true", `description = "next"`},
			change:    func(t *testing.T, _ *acceptance.Workspace, entry string) { put(t, entry, "export default 3") },
			want:      `worker.js" changed`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator, terraform := installed(t)
			entry := terraform.Write("worker.js", "export default 1")
			put(t, strings.Replace(entry, "worker.js", "site/index.html", 1), "now")
			before := []string{`entry = "${path.module}/worker.js"`}
			if name == "kept by skip_destroy" {
				before = append(before, "skip_destroy = true")
			}
			terraform.Configure(version(before...))
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
			old := versions(simulator)[0].CodeVersion

			terraform.Configure(version(test.arguments...))
			planning := []string{"plan", "-out=saved"}
			if len(test.plan) > 0 && test.plan[0] == "taint" {
				acceptance.Expect(t, "taint", terraform.Run("taint", address), 0)
			} else {
				planning = append(planning, test.plan...)
			}
			acceptance.Expect(t, "plan", terraform.Run(planning...), 0, "-/+ resource", "1 to add, 0 to change, 1 to destroy")
			test.change(t, terraform, entry)
			simulator.ResetLog()
			acceptance.Expect(t, "apply of other content", terraform.Run("apply", "saved"), 1,
				"Content changed since it was planned", "replaces code version "+old, "Nothing was deleted and nothing was published", test.want)
			if held := versions(simulator); len(held) != 1 || held[0].CodeVersion != old {
				t.Errorf("the simulator holds %+v, want only version %s", held, old)
			}
			if simulator.Count("CreateRoutineWithAssetsCodeVersion") != 0 || !strings.Contains(terraform.State(), old) {
				t.Errorf("a version was reserved, or the state has lost version %s:\n%s", old, terraform.State())
			}
		})
	}
}

// TestAccCodeVersionFilesOfThePresent deletes a version whose own files have changed: only the files of a successor matter.
func TestAccCodeVersionFilesOfThePresent(t *testing.T) {
	t.Parallel()
	simulator, terraform := installed(t)
	entry := terraform.Write("worker.js", "export default 1")
	terraform.Configure(version(`entry = "${path.module}/worker.js"`))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	put(t, entry, "export default 2")
	acceptance.Expect(t, "plan of a replacement", terraform.Run("plan", "-out=saved"), 0, "-/+ resource")
	acceptance.Expect(t, "its apply", terraform.Run("apply", "saved"), 0, "1 added, 0 changed, 1 destroyed")
	acceptance.Expect(t, "plan to destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	put(t, entry, "export default 3")
	acceptance.Expect(t, "destroy", terraform.Run("apply", "saved"), 0, "1 destroyed")
	if held := versions(simulator); len(held) != 0 {
		t.Errorf("the simulator holds %+v, want nothing", held)
	}
}
