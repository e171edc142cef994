package esasim_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esasim"
)

func TestDeploymentRules(t *testing.T) {
	const building, failed = "1723599747213377901", "1723599747213377902"
	server, q := withHello(t)
	server.AddCodeVersionStatus("hello", building, "init")
	server.AddCodeVersionStatus("hello", failed, "failed")
	good := map[string]string{"Name": "hello", "Env": "production", "Strategy": "percentage", "CodeVersions": split(stable, 100)}
	for name, test := range map[string]struct {
		parameter, value string // "-" leaves the parameter out
		code             string
	}{
		"good":               {"Name", "hello", ""},
		"two":                {"CodeVersions", split(stable, 1, next, 99), ""},
		"no name":            {"Name", "-", "InvalidParameter"},
		"unknown routine":    {"Name", "nothing", "RoutineNotExist"},
		"no environment":     {"Env", "-", "InvalidParameter"},
		"bad environment":    {"Env", "prod", "InvalidParameter"},
		"no strategy":        {"Strategy", "-", "InvalidParameter"},
		"bad strategy":       {"Strategy", "canary", "InvalidParameter"},
		"no versions":        {"CodeVersions", "-", "InvalidParameter"},
		"empty list":         {"CodeVersions", "[]", "InvalidParameter"},
		"three":              {"CodeVersions", split(stable, 50, next, 30, building, 20), "InvalidParameter"},
		"sum below":          {"CodeVersions", split(stable, 60, next, 30), "InvalidParameter"},
		"sum above":          {"CodeVersions", split(stable, 60, next, 50), "InvalidParameter"},
		"zero":               {"CodeVersions", split(stable, 100, next, 0), "InvalidParameter"},
		"over 100":           {"CodeVersions", split(stable, 101, next, -1), "InvalidParameter"},
		"twice":              {"CodeVersions", split(stable, 50, stable, 50), "InvalidParameter"},
		"fraction":           {"CodeVersions", `[{"CodeVersion":"` + stable + `","Percentage":99.5}]`, "InvalidParameter"},
		"share as text":      {"CodeVersions", `[{"CodeVersion":"` + stable + `","Percentage":"100"}]`, "InvalidParameter"},
		"version as number":  {"CodeVersions", `[{"CodeVersion":` + stable + `,"Percentage":100}]`, "InvalidParameter"},
		"no percentage":      {"CodeVersions", `[{"CodeVersion":"` + stable + `"}]`, "InvalidParameter"},
		"not a list":         {"CodeVersions", `{"CodeVersion":"` + stable + `","Percentage":100}`, "InvalidParameter"},
		"not JSON":           {"CodeVersions", stable, "InvalidParameter"},
		"more than JSON":     {"CodeVersions", split(stable, 100) + "x", "InvalidParameter"},
		"unknown version":    {"CodeVersions", split("1723599747213377176", 100), "ParameterNotExist"},
		"building":           {"CodeVersions", split(building, 100), "InvalidParameter"},
		"build failed":       {"CodeVersions", split(stable, 50, failed, 50), "InvalidParameter"},
		"rounded by a float": {"CodeVersions", split("1723599747213377300", 100), "ParameterNotExist"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(server.Deployments("hello", "production"))
			var p []string
			for parameter, value := range good {
				if parameter == test.parameter {
					value = test.value
				}
				if value != "-" {
					p = append(p, parameter, value)
				}
			}
			a := q.call(t, "CreateRoutineCodeDeployment", p...)
			if a.code() != test.code {
				t.Fatalf("got %s, want code %q", a.body, test.code)
			}
			made := len(server.Deployments("hello", "production")) - before
			if wanted := map[bool]int{true: 1, false: 0}[test.code == ""]; made != wanted {
				t.Errorf("%d deployments were made, want %d", made, wanted)
			}
			if test.code != "" && a.status != http.StatusBadRequest {
				t.Errorf("got HTTP %d, want 400", a.status)
			}
		})
	}
}

func TestDeployAndReadBack(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	server, q := withHello(t, esasim.WithClock(func() time.Time { return at }))
	if live := find(t, q.must(t, "GetRoutine", "Name", "hello").json, "Envs", 1, "CodeDeploy"); live != nil {
		t.Fatalf("production serves %v before the first deployment", live)
	}
	made := q.must(t, "CreateRoutineCodeDeployment", "Name", "hello", "Env", "production", "Strategy", "percentage", "CodeVersions", split(stable, 90, next, 10)).json
	want := map[string]any{
		"Env": "production",
		"CodeDeploy": map[string]any{
			"DeployId": made["DeploymentId"], "Strategy": "percentage", "CreationTime": "2026-02-03T04:05:06Z",
			"CodeVersions": []any{
				map[string]any{"CodeVersion": stable, "Percentage": json.Number("90"), "CreateTime": "2026-02-03T04:05:06Z", "Description": ""},
				map[string]any{"CodeVersion": next, "Percentage": json.Number("10"), "CreateTime": "2026-02-03T04:05:06Z", "Description": ""},
			},
		},
	}
	read := q.must(t, "GetRoutine", "Name", "hello").json
	if diff := cmp.Diff(want, find(t, read, "Envs", 1)); diff != "" {
		t.Errorf("production (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"Env": "staging"}, find(t, read, "Envs", 0)); diff != "" {
		t.Errorf("staging (-want +got):\n%s", diff)
	}
	live, _ := server.Live("hello", "production")
	if diff := cmp.Diff(esasim.Deployment{
		ID: made["DeploymentId"].(string), Routine: "hello", Env: "production", Strategy: "percentage", CreateTime: at, ByAPI: true,
		Shares: []esasim.Share{{CodeVersion: stable, Percentage: 90}, {CodeVersion: next, Percentage: 10}},
	}, live); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
	if len(live.ID) != 19 || (live.ID[18]-'0')%2 == 0 {
		t.Errorf("id %s: want 19 digits, odd, so that no float64 holds it", live.ID)
	}
}

func TestSomeoneElse(t *testing.T) {
	server, q := withHello(t)
	id := server.Deploy("hello", "staging", esasim.Share{CodeVersion: next, Percentage: 100})
	if got := find(t, q.must(t, "GetRoutine", "Name", "hello").json, "Envs", 0, "CodeDeploy", "DeployId"); got != id {
		t.Errorf("GetRoutine shows deployment %v, want %s", got, id)
	}
	server.Withdraw("hello", "staging")
	if got := find(t, q.must(t, "GetRoutine", "Name", "hello").json, "Envs", 0, "CodeDeploy"); got != nil {
		t.Errorf("a withdrawn deployment is shown: %v", got)
	}
	server.RemoveCodeVersion("hello", next)
	if a := q.call(t, "GetRoutineCodeVersionInfo", "Name", "hello", "CodeVersion", next); a.code() != "ParameterNotExist" {
		t.Errorf("a removed version answers %s", a.body)
	}
	server.RemoveRoutine("hello")
	if a := q.call(t, "GetRoutine", "Name", "hello"); a.code() != "RoutineNotExist" {
		t.Errorf("a removed routine answers %s", a.body)
	}
	if made := server.Deployments("hello", "staging"); len(made) != 1 || made[0].ByAPI {
		t.Errorf("deployments %+v, want the one by someone else", made)
	}
	if server.Count("") != 4 || server.Count("CreateRoutineCodeDeployment") != 0 {
		t.Errorf("counted %v, want only the four reads", server.Counts())
	}
}

func TestMistakesInTestsPanic(t *testing.T) {
	server, _ := withHello(t)
	for name, mistake := range map[string]func(){
		"unknown routine":     func() { server.AddCodeVersion("nothing", stable) },
		"version twice":       func() { server.AddCodeVersion("hello", stable) },
		"version no number":   func() { server.AddCodeVersion("hello", "v2") },
		"bad name":            func() { server.AddRoutine("Hello") },
		"unknown version":     func() { server.Deploy("hello", "staging", esasim.Share{CodeVersion: "7", Percentage: 100}) },
		"bad sum":             func() { server.Deploy("hello", "staging", esasim.Share{CodeVersion: stable, Percentage: 90}) },
		"unknown environment": func() { server.Withdraw("hello", "prod") },
		"unknown fault":       func() { server.Inject(esasim.Rule{Fault: "flaky"}) },
		"unknown operation":   func() { server.Inject(esasim.Rule{Operation: "GetRoutines", Fault: esasim.Throttled}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake()
		})
	}
}
