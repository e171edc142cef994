package esasim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"terraform-provider-esa/internal/esasim"
)

func TestRoutineLife(t *testing.T) {
	for _, plain := range []bool{false, true} {
		var options []esasim.Option
		encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
		if plain {
			options = append(options, esasim.WithPlainDescriptions())
			encode = func(text string) string { return text }
		}
		server := esasim.Start(t, options...)
		q := newRequester(server)
		if a := q.must(t, "CreateRoutine", "Name", "shop-2", "Description", "edge shop", "HasAssets", "true"); a.json["Status"] != "OK" {
			t.Errorf("CreateRoutine answers %s", a.body)
		}
		read := q.must(t, "GetRoutine", "Name", "shop-2").json
		if read["Description"] != encode("edge shop") || read["HasAssets"] != true || read["DefaultRelatedRecord"] == "" {
			t.Errorf("GetRoutine answers %v", read)
		}
		q.must(t, "UpdateRoutineConfigDescription", "Name", "shop-2", "Description", "")
		if read := q.must(t, "GetRoutine", "Name", "shop-2").json; read["Description"] != "" {
			t.Errorf("the description is %v after it was emptied", read["Description"])
		}
		server.AddCodeVersion("shop-2", stable)
		server.Deploy("shop-2", "production", esasim.Share{CodeVersion: stable, Percentage: 100})
		q.must(t, "DeleteRoutine", "Name", "shop-2") // although production serves it
		if a := q.call(t, "DeleteRoutine", "Name", "shop-2"); a.code() != "RoutineNotExist" {
			t.Errorf("deleting it again answers %s", a.body)
		}
		q.must(t, "CreateRoutine", "Name", "shop-2")
		if _, live := server.Live("shop-2", "production"); live {
			t.Error("a new routine serves what its deleted namesake did")
		}
	}
}

func TestRoutineRules(t *testing.T) {
	_, q := withHello(t)
	for name, test := range map[string]struct {
		operation string
		p         []string
		code      string
	}{
		"taken":                  {"CreateRoutine", []string{"Name", "hello"}, "RoutineNameAlreadyExist"},
		"one letter":             {"CreateRoutine", []string{"Name", "h"}, "InvalidParameter"},
		"capitals":               {"CreateRoutine", []string{"Name", "Hello"}, "InvalidParameter"},
		"digit first":            {"CreateRoutine", []string{"Name", "2hello"}, "InvalidParameter"},
		"colon":                  {"CreateRoutine", []string{"Name", "he:llo"}, "InvalidParameter"},
		"no name":                {"CreateRoutine", nil, "InvalidParameter"},
		"neither true nor false": {"CreateRoutine", []string{"Name", "shop", "HasAssets", "yes"}, "InvalidParameter"},
		"twice the name":         {"GetRoutine", []string{"Name", "hello", "Name", "hello"}, "InvalidParameter"},
		"description missing":    {"UpdateRoutineConfigDescription", []string{"Name", "hello"}, "InvalidParameter"},
		"description of nothing": {"UpdateRoutineConfigDescription", []string{"Name", "none", "Description", ""}, "RoutineNotExist"},
		"page 0":                 {"ListUserRoutines", []string{"PageNumber", "0"}, "InvalidParameter"},
		"page of 21":             {"ListUserRoutines", []string{"PageSize", "21"}, "InvalidParameter"},
		"page in words":          {"ListUserRoutines", []string{"PageNumber", "ListUserRoutines"}, "InvalidParameter"},
		"page 3 of versions":     {"ListRoutineCodeVersions", []string{"Name", "hello", "PageNumber", "3"}, "InvalidParameter"},
		"versions of nothing":    {"ListRoutineCodeVersions", []string{"Name", "none"}, "RoutineNotExist"},
		"info of nothing":        {"GetRoutineCodeVersionInfo", []string{"Name", "hello", "CodeVersion", "7"}, "ParameterNotExist"},
		"code of nothing":        {"GetRoutineCodeVersion", []string{"Name", "hello", "CodeVersion", "7"}, "ParameterNotExist"},
		"delete nothing":         {"DeleteRoutineCodeVersion", []string{"Name", "hello", "CodeVersion", "7"}, "ParameterNotExist"},
		"publish nothing":        {"PublishRoutineCodeVersion", []string{"Name", "hello", "Env", "staging", "CodeVersion", "7"}, "ParameterNotExist"},
		"publish nowhere":        {"PublishRoutineCodeVersion", []string{"Name", "hello", "Env", "prod", "CodeVersion", stable}, "InvalidParameter"},
		"options no JSON":        {"CreateRoutineWithAssetsCodeVersion", []string{"Name", "hello", "ConfOptions", "404Page"}, "InvalidParameter"},
		"options unknown":        {"CreateRoutineWithAssetsCodeVersion", []string{"Name", "hello", "ConfOptions", `{"NotFoundStrategy":"none"}`}, "InvalidParameter"},
		"build no number":        {"CreateRoutineWithAssetsCodeVersion", []string{"Name", "hello", "BuildId", "x"}, "InvalidParameter"},
		"commit nothing":         {"CommitRoutineStagingCode", []string{"Name", "hello"}, "InvalidParameter"},
		"unknown operation":      {"DeleteEverything", nil, "InvalidAction.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := q.call(t, test.operation, test.p...); a.code() != test.code {
				t.Errorf("got %s, want code %s", a.body, test.code)
			}
		})
	}
}

func TestListUserRoutines(t *testing.T) {
	server := esasim.Start(t)
	for i := range 45 {
		server.AddRoutine(fmt.Sprintf("routine-%02d", i))
	}
	server.SetDescription("routine-07", "the odd one")
	q := newRequester(server)
	seen := map[string]bool{}
	for page, size := range []int{20, 20, 5, 0} {
		a := q.must(t, "ListUserRoutines", "PageNumber", fmt.Sprint(page+1), "PageSize", "20").json
		list := a["Routines"].([]any)
		if len(list) != size || a["TotalCount"] != json.Number("45") || a["UsedRoutineNumber"] != json.Number("45") {
			t.Errorf("page %d holds %d routines of %v, want %d", page+1, len(list), a["TotalCount"], size)
		}
		for _, r := range list {
			seen[r.(map[string]any)["RoutineName"].(string)] = true
		}
	}
	if len(seen) != 45 {
		t.Errorf("the pages show %d routines, want 45", len(seen))
	}
	for keyword, found := range map[string]string{"routine-1": "10", "odd": "1", "nothing": "0"} {
		if a := q.must(t, "ListUserRoutines", "SearchKeyWord", keyword).json; a["TotalCount"] != json.Number(found) || a["UsedRoutineNumber"] != json.Number("45") {
			t.Errorf("%q finds %v, want %s", keyword, a["TotalCount"], found)
		}
	}
}

func TestListRoutineCodeVersions(t *testing.T) {
	server := esasim.Start(t)
	server.AddRoutine("hello")
	for i := range 45 {
		server.AddCodeVersion("hello", fmt.Sprint(1723599747213377001+2*i))
	}
	q := newRequester(server)
	if first := find(t, q.must(t, "ListRoutineCodeVersions", "Name", "hello").json, "CodeVersions", 0, "CodeVersion"); first != "1723599747213377089" {
		t.Errorf("the first version is %v, want the newest", first)
	}
	last := q.must(t, "ListRoutineCodeVersions", "Name", "hello", "PageNumber", "2").json
	if list := last["CodeVersions"].([]any); len(list) != 20 || last["TotalCount"] != json.Number("45") {
		t.Errorf("page 2 holds %d of %v versions, want 20 of 45: the list reaches no further than 40", len(list), last["TotalCount"])
	}
	if status := find(t, last, "CodeVersions", 0, "Status"); status != "Available" {
		t.Errorf("the list says %v, want Available, as the SDK's sample does", status)
	}
	// What the list does not reach is there all the same.
	if info := q.must(t, "GetRoutineCodeVersionInfo", "Name", "hello", "CodeVersion", "1723599747213377001").json; info["Status"] != "available" {
		t.Errorf("the oldest version is %v", info)
	}
}

func TestServiceOperations(t *testing.T) {
	_, q := withHello(t)
	if a := q.must(t, "GetErService"); a.json["Status"] != "Running" {
		t.Errorf("GetErService answers %s", a.body)
	}
	if a := q.must(t, "GetRoutineStagingEnvIp"); len(a.json["IPV4"].([]any)) != 1 {
		t.Errorf("GetRoutineStagingEnvIp answers %s", a.body)
	}
	q.must(t, "PublishRoutineCodeVersion", "Name", "hello", "Env", "staging", "CodeVersion", stable)
	if a := q.call(t, "DeleteRoutineCodeVersion", "Name", "hello", "CodeVersion", stable); a.code() != "DependedByOthers" {
		t.Errorf("deleting a served version answers %s", a.body)
	}
	q.must(t, "DeleteRoutineCodeVersion", "Name", "hello", "CodeVersion", next)
}

// TestDescriptionsInEitherForm has each operation that answers a description answer it in the form that a rule says.
func TestDescriptionsInEitherForm(t *testing.T) {
	const text = "release 1"
	server := esasim.Start(t, esasim.WithSeed(esasim.Seed{Routines: []esasim.SeedRoutine{{
		Name: "hello", Description: text,
		CodeVersions: []esasim.SeedCodeVersion{{CodeVersion: stable, Description: text}},
		Deployments:  []esasim.SeedDeployment{{Env: "production", Shares: []esasim.Share{{CodeVersion: stable, Percentage: 100}}}},
	}}}))
	q := newRequester(server)
	for _, test := range []struct {
		operation string
		p         []string
		path      []any
	}{
		{"GetRoutine", []string{"Name", "hello"}, []any{"Description"}},
		{"GetRoutine", []string{"Name", "hello"}, []any{"Envs", 1, "CodeDeploy", "CodeVersions", 0, "Description"}},
		{"ListUserRoutines", nil, []any{"Routines", 0, "Description"}},
		{"GetRoutineCodeVersionInfo", []string{"Name", "hello", "CodeVersion", stable}, []any{"CodeDescription"}},
		{"ListRoutineCodeVersions", []string{"Name", "hello"}, []any{"CodeVersions", 0, "CodeDescription"}},
		{"GetRoutineCodeVersion", []string{"Name", "hello", "CodeVersion", stable}, []any{"CodeDescription"}},
	} {
		for fault, want := range map[esasim.Fault]string{
			esasim.PlainDescriptions: text, esasim.EncodedDescriptions: base64.StdEncoding.EncodeToString([]byte(text)),
		} {
			server.ClearFaults()
			server.Inject(esasim.Rule{Operation: test.operation, Fault: fault})
			if got := find(t, q.must(t, test.operation, test.p...).json, test.path...); got != want {
				t.Errorf("%s with %s has %v = %v, want %q", test.operation, fault, test.path, got, want)
			}
		}
	}
}
