package esasim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esasim"
)

const anyRequest = `(http.host eq "www.example.com" and starts_with(http.request.uri.path, "/"))`

// withSite is withHello with a site.
func withSite(t *testing.T, options ...esasim.Option) (server *esasim.Server, q *requester, site string) {
	t.Helper()
	server, q = withHello(t, options...)
	return server, q, server.AddSite(esasim.Site{Name: "example.com"})
}

// routeOn is what a route of hello is created with.
func routeOn(site, name string, more ...string) []string {
	return append([]string{"SiteId", site, "RoutineName", "hello", "RouteName", name, "RouteEnable", "on", "Rule", anyRequest}, more...)
}

func id(a answer, name string) string { return fmt.Sprint(a.json[name]) }

func TestRouteLife(t *testing.T) {
	server, q, site := withSite(t)
	made := q.must(t, "CreateRoutineRoute", routeOn(site, "main", "Fallback", "on", "Timeout", "30")...)
	config := id(made, "ConfigId")
	if _, number := made.json["ConfigId"].(json.Number); !number || len(config) != 15 {
		t.Errorf("ConfigId is %v, want a number of 15 digits", made.json["ConfigId"])
	}
	read := q.must(t, "GetRoutineRoute", "SiteId", site, "ConfigId", config).json
	for name, want := range map[string]any{
		"RoutineName": "hello", "RouteName": "main", "RouteEnable": "on", "Rule": anyRequest, "Bypass": "off", "Fallback": "on",
		"Timeout": "30", "ConfigType": "rule", "Sequence": json.Number("1"), "ConfigId": json.Number(config),
	} {
		if read[name] != want {
			t.Errorf("%s is %v, want %v", name, read[name], want)
		}
	}
	// What an update leaves out stays.
	q.must(t, "UpdateRoutineRoute", "SiteId", site, "ConfigId", config, "RouteEnable", "off")
	read = q.must(t, "GetRoutineRoute", "SiteId", site, "ConfigId", config).json
	if read["RouteEnable"] != "off" || read["Fallback"] != "on" || read["Rule"] != anyRequest || read["Sequence"] != json.Number("1") {
		t.Errorf("after the update: %v", read)
	}
	other := server.AddSite(esasim.Site{Name: "example.org"})
	q.must(t, "CreateRoutineRoute", "SiteId", other, "RoutineName", "hello", "RouteName", "other", "RouteEnable", "on", "Rule", "true")
	list := q.must(t, "ListRoutineRoutes", "RoutineName", "hello").json
	if name := find(t, list, "Configs", 1, "SiteName"); name != "example.org" || list["TotalCount"] != json.Number("2") {
		t.Errorf("the list of the routine is %v", list)
	}
	list = q.must(t, "ListSiteRoutes", "SiteId", site, "RouteName", "no such name").json
	if first := find(t, list, "Configs", 0).(map[string]any); first["SiteId"] != nil || first["RouteName"] != "main" || len(list["Configs"].([]any)) != 1 {
		t.Errorf("the list of the site is %v", list)
	}
	if a := q.call(t, "DeleteRoutine", "Name", "hello"); a.code() != "DependedByOthers" {
		t.Errorf("deleting the routine answers %s", a.body)
	}
	q.must(t, "DeleteRoutineRoute", "SiteId", site, "ConfigId", config)
	if a := q.must(t, "GetRoutineRoute", "SiteId", site, "ConfigId", config); a.json["RoutineName"] != nil {
		t.Errorf("the deleted route answers %s", a.body)
	}
}

func TestRouteRules(t *testing.T) {
	server, q, site := withSite(t)
	pending := server.AddSite(esasim.Site{Name: "example.org", Status: "pending"})
	plain := server.AddSite(esasim.Site{Name: "example.net", Plan: "basic"})
	config := id(q.must(t, "CreateRoutineRoute", routeOn(site, "main")...), "ConfigId")
	create := func(site string, more ...string) []string {
		return append([]string{"CreateRoutineRoute", "SiteId", site}, more...)
	}
	without := func(name string) []string {
		call := append([]string{"CreateRoutineRoute"}, routeOn(site, "x")...)
		for i := 1; i < len(call); i += 2 {
			if call[i] == name {
				return append(call[:i:i], call[i+2:]...)
			}
		}
		return call
	}
	ruled := func(site, rule string) []string {
		return create(site, "RoutineName", "hello", "RouteName", "x", "RouteEnable", "on", "Rule", rule)
	}
	with := func(more ...string) []string {
		return append([]string{"CreateRoutineRoute"}, routeOn(site, "x", more...)...)
	}
	for name, test := range map[string]struct {
		call []string
		code string
	}{
		"no site":             {without("SiteId"), "InvalidParameter"},
		"no routine":          {without("RoutineName"), "InvalidParameter"},
		"no name":             {without("RouteName"), "InvalidParameter"},
		"no switch":           {without("RouteEnable"), "InvalidParameter"},
		"no rule":             {without("Rule"), "InvalidParameter"},
		"site in words":       {create("3.5e+14", routeOn(site, "x")[2:]...), "InvalidParameter"},
		"unknown site":        {create("7", routeOn(site, "x")[2:]...), "SiteNotFound"},
		"pending site":        {create(pending, routeOn(site, "x")[2:]...), "InvalidParameter"},
		"unknown routine":     {create(site, "RoutineName", "none", "RouteName", "x", "RouteEnable", "on", "Rule", "true"), "RoutineNotExist"},
		"true for on":         {create(site, "RoutineName", "hello", "RouteName", "x", "RouteEnable", "true", "Rule", "true"), "InvalidParameter"},
		"bypass yes":          {with("Bypass", "yes"), "InvalidParameter"},
		"fallback yes":        {with("Fallback", "yes"), "InvalidParameter"},
		"timeout of 4":        {with("Timeout", "4"), "InvalidParameter"},
		"timeout of 61":       {with("Timeout", "61"), "InvalidParameter"},
		"timeout of 5.5":      {with("Timeout", "5.5"), "InvalidParameter"},
		"timeout with a zero": {with("Timeout", "05"), "InvalidParameter"},
		"sequence 0":          {with("Sequence", "0"), "InvalidParameter"},
		"sequence too large":  {with("Sequence", "2147483648"), "InvalidParameter"},
		"long name":           {create(site, routeOn("", strings.Repeat("n", 129))[2:]...), "InvalidParameter"},
		"large rule":          {ruled(site, `(http.host eq "`+strings.Repeat("a", 4096)+`")`), "InvalidParameter"},
		"rule in words":       {ruled(site, "everything"), "CompileRuleError"},
		"regular expression":  {ruled(plain, `(http.request.uri.path matches "^/a")`), "RuleRegexQuotaCheckFailed"},
		"better plan":         {ruled(site, `(http.request.uri.path matches "^/a")`), ""},
		"update of nothing":   {[]string{"UpdateRoutineRoute", "SiteId", site, "ConfigId", "7", "RouteEnable", "on"}, "RouteNotExist"},
		"update to no rule":   {[]string{"UpdateRoutineRoute", "SiteId", site, "ConfigId", config, "Rule", ""}, "InvalidParameter"},
		"get without an id":   {[]string{"GetRoutineRoute", "SiteId", site}, "InvalidParameter"},
		"list of nothing":     {[]string{"ListRoutineRoutes", "RoutineName", "none"}, "RoutineNotExist"},
		"page of 501":         {[]string{"ListRoutineRoutes", "RoutineName", "hello", "PageSize", "501"}, "InvalidParameter"},
		"unknown type":        {[]string{"ListSiteRoutes", "SiteId", site, "ConfigType", "none"}, "InvalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := q.call(t, test.call[0], test.call[1:]...); a.code() != test.code {
				t.Errorf("got %s, want code %q", a.body, test.code)
			}
		})
	}
}

// sequences makes three routes, puts a fourth in second place, and returns the
// numbers by name.
func sequences(t *testing.T, options ...esasim.Option) map[string]int {
	t.Helper()
	server, q, site := withSite(t, options...)
	for _, name := range []string{"a", "b", "c"} {
		q.must(t, "CreateRoutineRoute", routeOn(site, name)...)
	}
	q.must(t, "CreateRoutineRoute", routeOn(site, "x", "Sequence", "2")...)
	numbers := map[string]int{}
	for _, r := range server.Routes() {
		numbers[r.Name] = r.Sequence
	}
	return numbers
}

func TestRouteOrder(t *testing.T) {
	for name, test := range map[string]struct {
		options []esasim.Option
		want    map[string]int
	}{
		"shifted":   {nil, map[string]int{"a": 1, "x": 2, "b": 3, "c": 4}},
		"kept":      {[]esasim.Option{esasim.WithAnswer(esasim.SequenceInsertion, "kept")}, map[string]int{"a": 1, "x": 2, "b": 2, "c": 3}},
		"placed":    {[]esasim.Option{esasim.WithAnswer(esasim.SequenceInsertion, "placed")}, map[string]int{"a": 1, "x": 2, "b": 3, "c": 4}},
		"from zero": {[]esasim.Option{esasim.WithAnswer(esasim.SequenceStart, "0")}, map[string]int{"a": 0, "b": 1, "x": 2, "c": 3}},
	} {
		if got := sequences(t, test.options...); diff(got, test.want) != "" {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	for scope, want := range map[string]int{"site": 1, "routine": 2} {
		server, q, site := withSite(t, esasim.WithAnswer(esasim.SequenceScope, scope))
		q.must(t, "CreateRoutineRoute", routeOn(site, "a")...)
		other := server.AddSite(esasim.Site{Name: "example.org"})
		q.must(t, "CreateRoutineRoute", "SiteId", other, "RoutineName", "hello", "RouteName", "b", "RouteEnable", "on", "Rule", "true")
		if got := server.Routes()[1].Sequence; got != want {
			t.Errorf("order by %s: the first route of the second site is %d, want %d", scope, got, want)
		}
	}
	// Where numbers have no gaps, one beyond the end and a deletion close up.
	server, q, site := withSite(t, esasim.WithAnswer(esasim.SequenceInsertion, "placed"))
	first := id(q.must(t, "CreateRoutineRoute", routeOn(site, "a")...), "ConfigId")
	q.must(t, "CreateRoutineRoute", routeOn(site, "b", "Sequence", "9")...)
	if got := server.Routes()[1].Sequence; got != 2 {
		t.Errorf("beyond the end it is %d, want 2", got)
	}
	q.must(t, "DeleteRoutineRoute", "SiteId", site, "ConfigId", first)
	if got := server.Routes()[0].Sequence; got != 1 {
		t.Errorf("after the deletion it is %d, want 1", got)
	}
}

func TestRouteQuestions(t *testing.T) {
	for _, test := range []struct {
		question     esasim.Question
		answer, want string
		call         func(site, config string) []string
	}{
		{esasim.RouteMissing, "empty", `{"RequestId"`, func(site, _ string) []string { return []string{"GetRoutineRoute", "SiteId", site, "ConfigId", "7"} }},
		{esasim.RouteMissing, "InvalidConfig.NotFound", `"Code":"InvalidConfig.NotFound"`, func(site, _ string) []string { return []string{"GetRoutineRoute", "SiteId", site, "ConfigId", "7"} }},
		{esasim.RouteDeleted, "ok", `{"RequestId"`, func(site, _ string) []string { return []string{"DeleteRoutineRoute", "SiteId", site, "ConfigId", "7"} }},
		{esasim.RouteDeleted, "RouteNotExist", `"Code":"RouteNotExist"`, func(site, _ string) []string { return []string{"DeleteRoutineRoute", "SiteId", site, "ConfigId", "7"} }},
		{esasim.RouteRepeated, "second", `"ConfigId":`, func(site, _ string) []string {
			return append([]string{"CreateRoutineRoute"}, routeOn(site, "main")...)
		}},
		{esasim.RouteRepeated, "refused", `"Code":"RouteAlreadyExist"`, func(site, _ string) []string {
			return append([]string{"CreateRoutineRoute"}, routeOn(site, "main")...)
		}},
		{esasim.SiteMissing, "32", `"Code":"32"`, func(_, config string) []string { return []string{"GetRoutineRoute", "SiteId", "7", "ConfigId", config} }},
		{esasim.RouteMode, "custom", `"Mode":"custom"`, get},
		{esasim.RouteFallback, "on", `"Fallback":"on"`, get},
		{esasim.RouteTimeout, "10", `"Timeout":"10"`, get},
		{esasim.RoutineWithRoutes, "refused", `"Code":"DependedByOthers"`, func(string, string) []string { return []string{"DeleteRoutine", "Name", "hello"} }},
		{esasim.RoutineWithRoutes, "cascade", `"Status":"OK"`, func(string, string) []string { return []string{"DeleteRoutine", "Name", "hello"} }},
	} {
		t.Run(string(test.question)+" "+test.answer, func(t *testing.T) {
			_, q, site := withSite(t, esasim.WithAnswer(test.question, test.answer))
			call := test.call(site, id(q.must(t, "CreateRoutineRoute", routeOn(site, "main")...), "ConfigId"))
			if a := q.call(t, call[0], call[1:]...); !strings.Contains(string(a.body), test.want) {
				t.Errorf("got %s, want %s in it", a.body, test.want)
			}
		})
	}
	for answer, want := range map[string]string{"kept": `( http.host  eq "a  b" )`, "canonical": `(http.host eq "a  b")`} {
		server, q, site := withSite(t, esasim.WithAnswer(esasim.RouteRule, answer))
		q.must(t, "CreateRoutineRoute", "SiteId", site, "RoutineName", "hello", "RouteName", "x", "RouteEnable", "on", "Rule", `( http.host  eq "a  b" )`)
		if got := server.Routes()[0].Rule; got != want {
			t.Errorf("%s: the rule is %s, want %s", answer, got, want)
		}
	}
	for answer, want := range map[string]string{"kept": "on", "reset": "off"} {
		server, q, site := withSite(t, esasim.WithAnswer(esasim.RouteAbsentFields, answer))
		config := id(q.must(t, "CreateRoutineRoute", routeOn(site, "main", "Fallback", "on")...), "ConfigId")
		q.must(t, "UpdateRoutineRoute", "SiteId", site, "ConfigId", config, "RouteEnable", "off")
		if got := server.Routes()[0].Fallback; got != want {
			t.Errorf("%s: Fallback is %s after an update without it, want %s", answer, got, want)
		}
	}
}

func get(site, config string) []string {
	return []string{"GetRoutineRoute", "SiteId", site, "ConfigId", config}
}

func TestExpressions(t *testing.T) {
	for rule, test := range map[string]struct{ matches, other bool }{ // www.example.com/api/x, and notexample.com/
		"true":                             {true, true},
		`true `:                            {true, true},
		anyRequest:                         {true, false},
		"true false":                       {},
		`(http.host eq "WWW.example.com")`: {true, false},
		`(ends_with(http.host, "example.com") and http.request.uri.path ne "/")`:                           {true, false},
		`(http.host in {"www.example.com" "notexample.com"})`:                                              {true, true},
		`(not http.host in {"www.example.com"})`:                                                           {false, true},
		`(not starts_with(http.request.uri.path, "/api"))`:                                                 {false, true},
		`(http.request.uri.path contains "/api") or (http.host eq "notexample.com" and ip.src eq "1")`:     {true, false},
		`(http.request.uri.path matches "^/a.i/")`:                                                         {true, false},
		`(lower(http.request.uri.path) eq "/api/x" and exists(http.request.method))`:                       {true, false},
		`(http.request.headers["x-a\"b\\"] eq "" and http.request.scheme eq "https" and len(ip.src) ge 3)`: {false, false},
	} {
		first, err := esasim.MatchRule(rule, "www.example.com", "/api/x")
		second, _ := esasim.MatchRule(rule, "notexample.com", "/")
		if rule == "true false" {
			if err == nil {
				t.Errorf("%s is taken", rule)
			}
			continue
		}
		if err != nil || first != test.matches || second != test.other {
			t.Errorf("%s: %v, %v, %v; want %+v", rule, first, second, err, test)
		}
	}
	for _, rule := range []string{
		"", " ", "false", "(", "()", `(http.host eq "")`, `(ends_with(http.host, ""))`, `(http.host eq "a"`, `(http.host eq "a))`,
		`(http.hosts eq "a")`, `(http.host is "a")`, `(not http.host eq "a")`, `(http.host not in {"a"})`, `(http.host eq "a\b")`,
		`(http.host starts_with "a")`, `(((http.host eq "a")))`, `(http.host eq "a") and`, `(http.host in {"a)`, `(http.host matches "(")`,
		`(http.host lt "a")`, `(http.request.headers["a" eq "b")`,
	} {
		if _, err := esasim.MatchRule(rule, "a", "/"); err == nil {
			t.Errorf("%q is taken", rule)
		}
	}
}

func FuzzExpression(f *testing.F) {
	f.Add(anyRequest)
	f.Add(`(not http.host in {"a" "b"}) or (lower(http.request.uri.path) ne "\"\\")`)
	f.Fuzz(func(_ *testing.T, rule string) { // no panic, whatever the text
		_, _ = esasim.MatchRule(rule, "www.example.com", "/")
	})
}
