package esasim_test

import (
	"os"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
)

// The table in the documentation of the package is what testers choose from.
func TestQuestionsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, question := range esasim.Questions() {
		row := ""
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[1] == string(question) {
				row = line
			}
		}
		answers := strings.Join(question.Answers(), " | ")
		if !strings.Contains(row, " "+answers+" (") {
			t.Errorf("doc.go has %q of %s, want the answers %s", strings.TrimSpace(row), question, answers)
		}
	}
}

func TestAnswersAreChecked(t *testing.T) {
	for _, text := range []string{"route-missing", "route-missing=", "route-missing=no", "no=empty", ""} {
		if _, _, err := esasim.ParseAnswer(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	question, answer, err := esasim.ParseAnswer("site-missing=101")
	if question != esasim.SiteMissing || answer != "101" || err != nil {
		t.Errorf("got %s, %s, %v", question, answer, err)
	}
	if _, err := esasim.ParseSeed([]byte(`{"routines":[],"answers":{"site-missing":"404"}}`)); err == nil {
		t.Error("a seed with an unknown answer is taken")
	}
}

// What was chosen is part of the state, so that a simulator that is started
// again answers the same.
func TestStateHoldsEverything(t *testing.T) {
	server := esasim.Start(t, esasim.WithAnswer(esasim.SequenceStart, "0"), esasim.WithAnswer(esasim.RouteMissing, "RouteNotExist"))
	q := newRequester(server)
	server.AddRoutine("hello")
	site := server.AddSite(esasim.Site{Name: "example.com", Tags: map[string]string{"team": "edge"}})
	for _, name := range []string{"first", "second"} {
		q.must(t, "CreateRoutineRoute", "SiteId", site, "RoutineName", "hello", "RouteName", name, "RouteEnable", "on", "Rule", "true")
	}
	server.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: "www.example.com"})
	server.SetVariable("hello", "production", esasim.Variable{Key: "LEVEL", Value: "info"})
	server.SetVariable("hello", "production", esasim.Variable{Key: "TOKEN", Type: esasim.SecretText, Value: "s3cret"})
	version := q.must(t, "CreateRoutineWithAssetsCodeVersion", "Name", "hello", "DeployEnv", "production").json["CodeVersion"].(string)

	again := esasim.Start(t, esasim.WithSeed(server.State()))
	p := newRequester(again)
	for _, call := range [][]string{
		{"ListSites"},
		{"ListSiteRoutes", "SiteId", site},
		{"ListRoutineRoutes", "RoutineName", "hello"},
		{"ListRoutineRelatedRecords", "Name", "hello"},
		{"ListRoutineEnvironmentVariables", "Name", "hello", "Env", "production"},
		{"ListRoutineCodeVersions", "Name", "hello"},
	} {
		before, after := q.must(t, call[0], call[1:]...).json, p.must(t, call[0], call[1:]...).json
		delete(before, "RequestId")
		delete(after, "RequestId")
		if difference := diff(before, after); difference != "" {
			t.Errorf("%s differs after a restart:\n%s", call[0], difference)
		}
	}
	if a := p.call(t, "GetRoutineRoute", "SiteId", site, "ConfigId", "7"); a.code() != "RouteNotExist" {
		t.Errorf("the chosen answer is forgotten: %s", a.body)
	}
	if env, variables := again.VersionVariables("hello", version); env != "production" || len(variables) != 2 || variables[1].Value != "s3cret" {
		t.Errorf("the version has %v of %q", variables, env)
	}
	// New ids are above those that were given.
	made := p.must(t, "CreateRoutineRoute", "SiteId", site, "RoutineName", "hello", "RouteName", "third", "RouteEnable", "on", "Rule", "true").json["ConfigId"]
	for _, r := range server.Routes() {
		if made.(interface{ String() string }).String() <= r.ConfigID {
			t.Errorf("the new route is %v, an older one %s", made, r.ConfigID)
		}
	}
}
