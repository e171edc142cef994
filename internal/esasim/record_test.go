package esasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
)

func TestRecordLife(t *testing.T) {
	server, q, site := withSite(t)
	made := q.must(t, "CreateRoutineRelatedRecord", "Name", "hello", "SiteId", site, "RecordName", "WWW.example.com")
	record := id(made, "RecordId")
	if made.json["Status"] != "OK" || len(record) != 16 {
		t.Errorf("Create answers %s", made.body)
	}
	for i := range 24 {
		q.must(t, "CreateRoutineRelatedRecord", "Name", "hello", "SiteId", site, "RecordName", fmt.Sprintf("h%02d.example.com", i))
	}
	for page, size := range []int{20, 5, 0} {
		list := q.must(t, "ListRoutineRelatedRecords", "Name", "hello", "PageNumber", fmt.Sprint(page+1)).json
		if records := list["RelatedRecords"].([]any); len(records) != size || list["TotalCount"] != json.Number("25") {
			t.Errorf("page %d has %d of %v records, want %d of 25", page+1, len(records), list["TotalCount"], size)
		}
	}
	first := find(t, q.must(t, "ListRoutineRelatedRecords", "Name", "hello", "SearchKeyWord", "www").json, "RelatedRecords", 0).(map[string]any)
	if first["RecordName"] != "www.example.com" || first["SiteName"] != "example.com" || fmt.Sprint(first["RecordId"]) != record || fmt.Sprint(first["SiteId"]) != site {
		t.Errorf("the keyword finds %v", first)
	}
	if a := q.call(t, "DeleteRoutine", "Name", "hello"); a.code() != "DependedByOthers" {
		t.Errorf("deleting the routine answers %s", a.body)
	}
	remove := []string{"Name", "hello", "SiteId", site, "RecordId", record, "RecordName"}
	if a := q.call(t, "DeleteRoutineRelatedRecord", append(remove[:7:7], "h01.example.com")...); a.code() != "RecordNotExist" {
		t.Errorf("deleting it under another name answers %s", a.body)
	}
	if a := q.must(t, "DeleteRoutineRelatedRecord", append(remove[:7:7], "www.example.com")...); a.json["Status"] != "OK" || len(server.Records()) != 24 {
		t.Errorf("Delete answers %s and leaves %d", a.body, len(server.Records()))
	}
}

func TestRecordRules(t *testing.T) {
	server, q, _ := withSite(t)
	server.AddRoutine("other")
	site := server.AddSite(esasim.Site{Name: "example.org", DNSRecords: []string{"dns.example.org"}})
	offline := server.AddSite(esasim.Site{Name: "example.net", Status: "offline"})
	server.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: "www.example.org"})
	create := func(name, site, record string) []string {
		return []string{"CreateRoutineRelatedRecord", "Name", name, "SiteId", site, "RecordName", record}
	}
	for name, test := range map[string]struct {
		call []string
		code string
	}{
		"another site's host": {create("hello", site, "www.example.com"), "InvalidParameter"},
		"no domain":           {create("hello", site, "notexample.org"), "InvalidParameter"},
		"no host name":        {create("hello", site, "*.example.org"), "InvalidParameter"},
		"the domain itself":   {create("hello", site, "example.org"), ""},
		"unknown routine":     {create("none", site, "a.example.org"), "RoutineNotExist"},
		"unknown site":        {create("hello", "7", "a.example.org"), "SiteNotFound"},
		"offline site":        {create("hello", offline, "a.example.net"), "InvalidParameter"},
		"ordinary record":     {create("hello", site, "dns.example.org"), "DependedByOthers"},
		"bound already":       {create("hello", site, "www.example.org"), "RecordAlreadyExist"},
		"bound elsewhere":     {create("other", site, "www.example.org"), "RecordAlreadyExist"},
		"page of 21":          {[]string{"ListRoutineRelatedRecords", "Name", "hello", "PageSize", "21"}, "InvalidParameter"},
		"list of nothing":     {[]string{"ListRoutineRelatedRecords", "Name", "none"}, "RoutineNotExist"},
		"delete without id":   {[]string{"DeleteRoutineRelatedRecord", "Name", "hello", "SiteId", site, "RecordName", "www.example.org"}, "InvalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := q.call(t, test.call[0], test.call[1:]...); a.code() != test.code {
				t.Errorf("got %s, want code %q", a.body, test.code)
			}
		})
	}
}

func TestRecordQuestions(t *testing.T) {
	for _, test := range []struct {
		question          esasim.Question
		answer, routine   string
		delete            bool
		want, owner, name string
	}{
		{esasim.RecordRepeated, "ok", "hello", false, `"Status":"OK"`, "hello", "www.example.com"},
		{esasim.RecordRepeated, "refused", "hello", false, `"Code":"RecordAlreadyExist"`, "hello", "www.example.com"},
		{esasim.RecordTaken, "taken-over", "other", false, `"Status":"OK"`, "other", "www.example.com"},
		{esasim.RecordTaken, "ok", "other", false, `"Status":"OK"`, "hello", "www.example.com"},
		{esasim.RecordDeleted, "fail", "hello", true, `"Status":"Fail"`, "hello", "gone.example.com"},
		{esasim.RecordDeleted, "ok", "hello", true, `"Status":"OK"`, "hello", "gone.example.com"},
		{esasim.RecordDeleted, "InvalidRecord.NotFound", "hello", true, `"Code":"InvalidRecord.NotFound"`, "hello", "gone.example.com"},
	} {
		t.Run(string(test.question)+" "+test.answer, func(t *testing.T) {
			server, q, site := withSite(t, esasim.WithAnswer(test.question, test.answer))
			server.AddRoutine("other")
			record := server.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: "www.example.com"})
			operation := "CreateRoutineRelatedRecord"
			if test.delete {
				operation = "DeleteRoutineRelatedRecord"
			}
			a := q.call(t, operation, "Name", test.routine, "SiteId", site, "RecordName", test.name, "RecordId", record)
			if !strings.Contains(string(a.body), test.want) {
				t.Errorf("got %s, want %s in it", a.body, test.want)
			}
			if left := server.Records(); len(left) != 1 || left[0].Routine != test.owner || left[0].ID != record {
				t.Errorf("the records are %v", left)
			}
		})
	}
	server, q, _ := withSite(t, esasim.WithAnswer(esasim.RecordOnCNAME, "none"))
	site := server.AddSite(esasim.Site{Name: "example.org", AccessType: "CNAME"})
	q.must(t, "CreateRoutineRelatedRecord", "Name", "hello", "SiteId", site, "RecordName", "www.example.org")
	if len(server.Records()) != 0 {
		t.Error("a CNAME site has a record")
	}
}

func TestListSites(t *testing.T) {
	server, q, _ := withSite(t)
	server.AddSite(esasim.Site{Name: "sub.example.com", Status: "pending", AccessType: "CNAME", Tags: map[string]string{"team": "edge"}})
	server.AddSite(esasim.Site{Name: "example.com", Status: "moved"})
	for name, test := range map[string]struct {
		filter []string
		want   string
	}{
		"all":     {nil, "3"},
		"exact":   {[]string{"SiteName", "example.com", "SiteSearchType", "exact"}, "2"},
		"default": {[]string{"SiteName", "EXAMPLE.com"}, "2"},
		"suffix":  {[]string{"SiteName", "example.com", "SiteSearchType", "suffix"}, "3"},
		"prefix":  {[]string{"SiteName", "sub", "SiteSearchType", "prefix"}, "1"},
		"status":  {[]string{"Status", "active"}, "1"},
		"access":  {[]string{"AccessType", "CNAME"}, "1"},
		"tag":     {[]string{"TagFilter", `[{"Key":"team","Value":"edge"}]`}, "1"},
		"no tag":  {[]string{"TagFilter", `[{"Key":"team","Value":"core"}]`}, "0"},
	} {
		if list := q.must(t, "ListSites", test.filter...).json; list["TotalCount"] != json.Number(test.want) {
			t.Errorf("%s: %v sites, want %s", name, list["TotalCount"], test.want)
		}
	}
	first := find(t, q.must(t, "ListSites", "PageSize", "1").json, "Sites", 0).(map[string]any)
	if first["Status"] != "active" || !strings.Contains(first["NameServerList"].(string), ",") {
		t.Errorf("the first site is %v", first)
	}
	for _, filter := range [][]string{{"SiteSearchType", "regex"}, {"Status", "on"}, {"PageSize", "501"}, {"TagFilter", "team"}, {"OnlyEnterprise", "1"}} {
		if a := q.call(t, "ListSites", filter...); a.code() != "InvalidParameter" {
			t.Errorf("%v answers %s", filter, a.body)
		}
	}
	_, q, _ = withSite(t, esasim.WithAnswer(esasim.PostedQueries, "refused"))
	if a := q.call(t, "ListSites"); a.status != http.StatusMethodNotAllowed {
		t.Errorf("a POST answers %s", a.body)
	}
	server, q, _ = withSite(t, esasim.WithAnswer(esasim.SiteNameSearch, "fuzzy"))
	server.AddSite(esasim.Site{Name: "example.com.cn"})
	if list := q.must(t, "ListSites", "SiteName", "example.com").json; list["TotalCount"] != json.Number("2") {
		t.Errorf("fuzzy finds %v", list["TotalCount"])
	}
}

// ListEdgeRoutineRecords shows the host names of a site, without their routines.
func TestListEdgeRoutineRecords(t *testing.T) {
	server, q, site := withSite(t)
	for _, host := range []string{"www.example.com", "api.example.com"} {
		server.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: host})
	}
	for name, test := range map[string]struct {
		filter []string
		want   string
	}{
		"all": {nil, "2"}, "exact": {[]string{"RecordName", "WWW.example.com"}, "1"}, "part": {[]string{"RecordName", "example.com"}, "0"},
		"suffix": {[]string{"RecordName", "example.com", "RecordMatchType", "suffix"}, "2"},
	} {
		if list := q.must(t, "ListEdgeRoutineRecords", append([]string{"SiteId", site}, test.filter...)...).json; list["TotalCount"] != json.Number(test.want) {
			t.Errorf("%s: %v records, want %s", name, list["TotalCount"], test.want)
		}
	}
	first := find(t, q.must(t, "ListEdgeRoutineRecords", "SiteId", site).json, "Records", 0).(map[string]any)
	if first["RecordName"] != "www.example.com" || first["RecordId"] != nil {
		t.Errorf("the first record is %v", first)
	}
	for _, filter := range [][]string{{}, {"SiteId", "7"}, {"SiteId", site, "RecordMatchType", "regex"}, {"SiteId", site, "PageSize", "501"}} {
		if a := q.call(t, "ListEdgeRoutineRecords", filter...); a.code() == "" {
			t.Errorf("%v answers %s", filter, a.body)
		}
	}
}

// Writes to one site lock each other out, whatever routine they are about.
func TestWritesToOneSiteLock(t *testing.T) {
	server, q, site := withSite(t, esasim.WithWriteLock())
	release := make(chan struct{})
	server.Inject(esasim.Rule{Operation: "CreateRoutineRoute", Fault: esasim.NoFault, Times: 1, Then: func() { <-release }})
	server.AddRoutine("other")
	first := make(chan answer)
	go func() {
		a, _ := q.send(q.form("CreateRoutineRoute", routeOn(site, "a")...))
		first <- a
	}()
	if err := server.AwaitCount(t.Context(), "CreateRoutineRoute", 1); err != nil {
		t.Fatal(err)
	}
	a := q.call(t, "CreateRoutineRelatedRecord", "Name", "other", "SiteId", site, "RecordName", "www.example.com")
	close(release)
	if a.code() != "LockFailed" || (<-first).status != http.StatusOK {
		t.Errorf("the second write answers %s", a.body)
	}
	q.must(t, "CreateRoutineRelatedRecord", "Name", "other", "SiteId", site, "RecordName", "www.example.com")
}

// Reads of routes, records and variables can lag behind, and ids can be text.
func TestFaultsOfReads(t *testing.T) {
	server, q, site := withSite(t)
	for _, operation := range []string{"GetRoutineRoute", "ListRoutineRoutes", "ListSiteRoutes", "ListRoutineRelatedRecords", "ListRoutineEnvironmentVariables"} {
		server.Inject(esasim.Rule{Operation: operation, Fault: esasim.Stale, Times: 1})
	}
	route := server.AddRoute(esasim.Route{SiteID: site, Routine: "hello", Name: "a", Rule: "true"})
	server.AddRecord(esasim.Record{Routine: "hello", SiteID: site, Name: "www.example.com"})
	server.SetVariable("hello", "staging", esasim.Variable{Key: "A", Value: "1"})
	for _, call := range [][]string{
		{"GetRoutineRoute", "SiteId", site, "ConfigId", route},
		{"ListRoutineRoutes", "RoutineName", "hello"},
		{"ListSiteRoutes", "SiteId", site},
		{"ListRoutineRelatedRecords", "Name", "hello"},
		{"ListRoutineEnvironmentVariables", "Name", "hello", "Env", "staging"},
	} {
		late, now := string(q.must(t, call[0], call[1:]...).body), string(q.must(t, call[0], call[1:]...).body)
		if strings.Contains(late, `"RouteName"`) || strings.Contains(late, `"TotalCount":1`) || !strings.Contains(now, `"RouteName"`) && !strings.Contains(now, `"TotalCount":1`) {
			t.Errorf("%s answers %s, then %s", call[0], late, now)
		}
	}
	server.Inject(esasim.Rule{Fault: esasim.TextIDs, Site: site})
	if a := q.must(t, "GetRoutineRoute", "SiteId", site, "ConfigId", route); a.json["ConfigId"] != route {
		t.Errorf("ConfigId is %v, want text", a.json["ConfigId"])
	}
}

// Served follows records, then routes in their order.
func TestServed(t *testing.T) {
	server, q, site := withSite(t)
	server.AddRoutine("other")
	server.AddCodeVersion("other", "7")
	server.Deploy("other", "production", esasim.Share{CodeVersion: "7", Percentage: 100})
	server.Deploy("hello", "production", esasim.Share{CodeVersion: stable, Percentage: 100})
	if _, found := server.Served("production", "www.example.com", "/"); found {
		t.Error("served without a route")
	}
	q.must(t, "CreateRoutineRoute", routeOn(site, "a")...)
	q.must(t, "CreateRoutineRoute", "SiteId", site, "RoutineName", "other", "RouteName", "x", "RouteEnable", "on", "Sequence", "1", "Rule", `(http.request.uri.path eq "/x")`)
	server.AddRecord(esasim.Record{Routine: "other", SiteID: site, Name: "bound.example.com"})
	for where, want := range map[[2]string]string{
		{"www.example.com", "/"}: "hello", {"www.example.com", "/x"}: "other", {"bound.example.com", "/"}: "other", {"www.example.org", "/"}: "",
	} {
		if d, _ := server.Served("production", where[0], where[1]); d.Routine != want {
			t.Errorf("%v is served by %q, want %q", where, d.Routine, want)
		}
	}
}
