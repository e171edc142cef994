package codeversion_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// TestCodeVersionRead reads versions as a data source, a list and an import.
func TestCodeVersionRead(t *testing.T) {
	t.Parallel()
	setup := func(sim *esasim.Simulator) {
		sim.AddRoutine(routine)
		sim.AddCodeVersionStatus(routine, "1000", "failed")
		sim.AddCodeVersion(routine, "2000")
		sim.AddCodeVersionStatus(routine, "3000", "init")
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		entry := func(number, status string) string {
			return fmt.Sprintf(`{"code_version":%q,"create_time":"2000-01-01T00:00:00Z","deploy_env":"","description":"","has_env_vars":false,"status":%q}`, number, status)
		}
		run, data := tf.Data("esa_routine_code_versions", map[string]any{"name": routine})
		tf.Expect(run, false)
		tf.ExpectValue(data, `{"code_versions":[`+entry("3000", "init")+","+entry("2000", "available")+","+entry("1000", "failed")+
			`],"latest":"2000","name":"hello","total_count":3,"truncated":false}`)
		run, data = tf.Data("esa_routine_code_versions", map[string]any{"name": routine, "status": "Failed"})
		tf.Expect(run, false)
		tf.ExpectValue(data, `{"code_versions":[`+entry("1000", "failed")+`],"name":"hello","status":"Failed","total_count":3,"truncated":false}`)
		run, data = tf.Data("esa_routine_code_versions", map[string]any{"name": routine, "description": "nothing says this"})
		tf.Expect(run, false)
		tf.ExpectValue(data, `{"code_versions":[],"description":"nothing says this","name":"hello","total_count":3,"truncated":false}`)
		run, _ = tf.Data("esa_routine_code_versions", map[string]any{"name": "missing"})
		tf.Expect(run, true, "Cannot list the code versions", "missing")
		run, list := tf.List("esa_routine_code_version", map[string]any{"name": routine}, 100)
		tf.Expect(run, false)
		if len(list) == 0 {
			t.Fatal("nothing is listed")
		}
		tf.Expect(tf.Import(address, "hello:2000"), false)
		tf.ExpectValue(tf.State.Current[address].Value, `{"code_version":"2000","create_time":"2000-01-01T00:00:00Z","id":"hello:2000","name":"hello","status":"available"}`)
		tf.State = modeltest.NewState()
		tf.Expect(tf.Import(address, "hello"), true, "Invalid import id")
	})
}

// TestCodeVersionsOverTheLimit reads, keeps and deletes a version that ESA's list does not show.
func TestCodeVersionsOverTheLimit(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Configure(address, code("one"))
		tf.Expect(tf.Apply(), false)
		<-time.After(time.Second)
		tf.Act(func(sim *esasim.Simulator) {
			for number := range 45 {
				sim.AddCodeVersion(routine, fmt.Sprint(2000000000000000000+number))
			}
		})
		tf.ExpectEmptyPlan()
		run, _ := tf.Data("esa_routine_code_versions", map[string]any{"name": routine})
		tf.Expect(run, false, "Code versions are missing from the list", "46 code versions but lists only 40")
		tf.Configure(address, nil)
		tf.Expect(tf.Apply(), false)
		if len(tf.State.Current) != 0 {
			t.Error("the version is still in the state")
		}
	})
	// One that someone has deleted is gone, although the list does not show all.
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Configure(address, code("one"))
		tf.Expect(tf.Apply(), false)
		version := modeltest.Text(tf.State.Current[address].Value, "code_version")
		tf.Act(func(sim *esasim.Simulator) {
			sim.RemoveCodeVersion(routine, version)
			for number := range 45 {
				sim.AddCodeVersion(routine, fmt.Sprint(2000000000000000000+number))
			}
		})
		run, plan := tf.Plan()
		tf.Expect(run, false)
		if plan == nil || len(plan.Changes()) != 1 || plan.Changes()[0].Action != modeltest.Create {
			t.Errorf("the plan after the deletion: %+v", plan)
		}
	})
}

// TestCodeVersionServed does not delete a version that production serves: neither by a destroy nor by a replacement.
func TestCodeVersionServed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]map[string]any{"destroyed": nil, "replaced": code("two")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(address, code("one"))
				tf.Expect(tf.Apply(), false)
				version := modeltest.Text(tf.State.Current[address].Value, "code_version")
				tf.Act(func(sim *esasim.Simulator) {
					sim.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: version, Percentage: 100})
				})
				tf.Configure(address, body)
				run, plan := tf.Plan()
				tf.Expect(run, false, "Code version is still served", "production: 100% "+version)
				tf.Expect(tf.ApplySaved(plan), true, "Code version is still served", "production: 100% "+version)
				if tf.State.Current[address] == nil {
					t.Error("the state has lost the version")
				}
				for _, call := range tf.World.Calls(0) {
					if call.Operation == "DeleteRoutineCodeVersion" {
						t.Error("ESA was asked to delete the version")
					}
				}
			})
		})
	}
}

// TestCodeVersionChanges changes what needs no other version only in the state, and publishes what does.
func TestCodeVersionChanges(t *testing.T) {
	t.Parallel()
	before := code("one")
	for name, test := range map[string]struct {
		body   map[string]any
		action modeltest.Action
	}{
		"skip_destroy":       {modeltest.With(before, map[string]any{"skip_destroy": true}), modeltest.Update},
		"retain":             {modeltest.With(before, map[string]any{"retain": 3}), modeltest.Update},
		"timeouts":           {modeltest.With(before, map[string]any{"timeouts": map[string]any{"create": "3m"}}), modeltest.Update},
		"description":        {modeltest.With(before, map[string]any{"description": "another"}), modeltest.DeleteThenCreate},
		"code":               {modeltest.With(before, map[string]any{"code": "export default 2"}), modeltest.DeleteThenCreate},
		"not_found_strategy": {modeltest.With(before, map[string]any{"not_found_strategy": "404Page"}), modeltest.DeleteThenCreate},
		"deploy_env":         {modeltest.With(before, map[string]any{"deploy_env": "production"}), modeltest.DeleteThenCreate},
		"name":               {modeltest.With(before, map[string]any{"name": "other"}), modeltest.DeleteThenCreate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, func(sim *esasim.Simulator) { life.Setup(sim); sim.AddRoutine("other") }, func(tf *modeltest.Terraform) {
				tf.Configure(address, before)
				tf.Expect(tf.Apply(), false)
				reserved := len(tf.World.Calls(0))
				tf.Configure(address, test.body)
				run, plan := tf.Plan()
				tf.Expect(run, false)
				if changes := plan.Changes(); len(changes) != 1 || changes[0].Action != test.action {
					t.Fatalf("the plan is %+v, want %s", changes, test.action)
				}
				tf.Expect(tf.ApplySaved(plan), false)
				published := slices.ContainsFunc(tf.World.Calls(reserved), (*modeltest.Call).IsWrite)
				if published != (test.action != modeltest.Update) {
					t.Errorf("published: %t", published)
				}
				tf.ExpectEmptyPlan()
			})
		})
	}
}

// TestCodeVersionRetained releases many versions and keeps the newest, and those that are served.
func TestCodeVersionRetained(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		var numbers []string
		for release := range 6 {
			tf.Configure(address, modeltest.With(code(fmt.Sprint(release)), map[string]any{"retain": 3}))
			tf.Expect(tf.Apply(), false)
			numbers = append(numbers, modeltest.Text(tf.State.Current[address].Value, "code_version"))
			if release == 0 {
				tf.Act(func(sim *esasim.Simulator) {
					sim.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: numbers[0], Percentage: 100})
				})
			}
			<-time.After(time.Minute)
		}
		var left []string
		tf.Act(func(sim *esasim.Simulator) {
			for _, version := range sim.State().Routines[0].CodeVersions {
				left = append(left, version.CodeVersion)
			}
		})
		if want := slices.Concat(numbers[:1], numbers[3:]); !slices.Equal(left, want) {
			t.Errorf("left are %q of %q, want %q", left, numbers, want)
		}
	})
}

// TestCodeVersionImported takes the configured content for that of an imported version.
func TestCodeVersionImported(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, func(sim *esasim.Simulator) { life.Setup(sim); sim.AddCodeVersion(routine, "2000") }, func(tf *modeltest.Terraform) {
		tf.Expect(tf.Import(address, "hello:2000"), false)
		tf.Configure(address, map[string]any{"name": routine, "code": "export default {}"})
		run, plan := tf.Plan()
		tf.Expect(run, false, "Content of the imported version cannot be compared")
		if plan == nil {
			t.Fatal("no plan")
		}
		tf.Expect(tf.ApplySaved(plan), false)
		tf.ExpectEmptyPlan()
		for _, call := range tf.World.Calls(0) {
			if call.IsWrite() {
				t.Errorf("%s was called", call.Operation)
			}
		}
	})
}

// TestCodeVersionOfAnEnvironmentImported reads from the list which variables an imported version carries, where it may.
func TestCodeVersionOfAnEnvironmentImported(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]esasim.Fault{"with the list": "", "without the list": esasim.ChosenError} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
				tf.Configure(address, modeltest.With(code("one"), map[string]any{"deploy_env": "staging"}))
				tf.Expect(tf.Apply(), false)
				number := modeltest.Text(tf.State.Current[address].Value, "code_version")
				tf.Act(func(sim *esasim.Simulator) { sim.AddCodeVersion(routine, "2000") })
				tf.State = modeltest.NewState()
				tf.Each = func(call *modeltest.Call) modeltest.Mishap {
					if call.Operation == "ListRoutineCodeVersions" {
						return modeltest.Mishap{Fault: fault}
					}
					return modeltest.Mishap{}
				}
				tf.Expect(tf.Import(address, "hello:"+number), false)
				want := "staging"
				if fault != "" {
					want = ""
				}
				if got := modeltest.Text(tf.State.Current[address].Value, "deploy_env"); got != want {
					t.Errorf("deploy_env is %q, want %q", got, want)
				}
			})
		})
	}
}

// TestCodeVersionFilesChangedSinceThePlan changes or removes a file between the plan of a replacement and its apply: the version
// that is there is not deleted, since the next one cannot be published as planned.
func TestCodeVersionFilesChangedSinceThePlan(t *testing.T) {
	t.Parallel()
	for _, more := range []map[string]any{nil, {"retain": 2}} {
		for _, after := range []string{"export default 2", ""} {
			t.Run(fmt.Sprint(more, " ", after), func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "worker.js")
				put(t, file, "export default 0")
				modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
					tf.Configure(address, modeltest.With(map[string]any{"name": routine, "entry": file}, more))
					tf.Expect(tf.Apply(), false)
					calls := len(tf.World.Calls(0))
					put(t, file, "export default 3")
					_, plan := tf.Plan()
					if after != "" {
						put(t, file, after)
					} else if err := os.Remove(file); err != nil {
						t.Fatal(err)
					}
					run := tf.ApplySaved(plan)
					tf.Expect(run, true, "Content changed since it was planned", "Nothing was deleted and nothing was published")
					if slices.ContainsFunc(tf.World.Calls(calls), (*modeltest.Call).IsWrite) {
						t.Errorf("the apply made a write")
					}
					put(t, file, "export default 3")
					tf.Expect(tf.Apply(), false)
					tf.ExpectEmptyPlan()
				})
			})
		}
	}
}

// TestCodeVersionOfFilesThatAreGone deletes a version whose own files have changed or gone since: only the files of a successor
// matter.
func TestCodeVersionOfFilesThatAreGone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "worker.js")
	put(t, file, "export default 0")
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		body := map[string]any{"name": routine, "entry": file}
		tf.Configure(address, body)
		tf.Expect(tf.Apply(), false)
		tf.Configure(address, modeltest.With(body, map[string]any{"timeouts": map[string]any{"create": "3m"}}))
		tf.Expect(tf.Apply(), false)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		tf.Configure(address, nil)
		tf.Expect(tf.Apply(), false)
		tf.Act(func(sim *esasim.Simulator) {
			if left := sim.State().Routines[0].CodeVersions; len(left) != 0 {
				t.Errorf("left are %v", left)
			}
		})
	})
}
