package modeltest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"

	"terraform-provider-esa/internal/esasim"
)

// site is the number of the site example.com.
const site = "54362329990032"

// surroundings is what is configured around a routine, each empty for nothing: the path of a route, whether a host name is
// bound, and the name of a set of variables of production.
type surroundings struct{ Route, Record, Variables string }

// variableSets are what can be configured as variables, by name.
var variableSets = map[string]map[string]string{"one": {"A": "1", "B": "1"}, "two": {"A": "2"}}

func (g generator) surroundings(t *rapid.T) surroundings {
	return surroundings{
		Route:     g.pick(t, "route", "", "", "", "/a/"),
		Record:    g.pick(t, "record", "", "", "", "bound"),
		Variables: g.pick(t, "variables", "", "", "", "one"),
	}
}

// isAround reports whether a routine has surroundings and nothing else.
func (r routine) isAround() bool {
	return r.surroundings != (surroundings{}) && r == (routine{surroundings: r.surroundings})
}

func (r surroundings) blocks(routine string, name any) []Block {
	var blocks []Block
	add := func(typ string, body map[string]any) {
		blocks = append(blocks, Block{Address: typ + "." + routine, Type: typ, Body: body})
	}
	if r.Route != "" {
		add("esa_routine_route", map[string]any{"site_id": site, "routine_name": name, "route_name": routine, "rule": rule(r.Route)})
	}
	if r.Record != "" {
		add("esa_routine_related_record", map[string]any{"site_id": site, "name": name, "record_name": routine + ".example.com"})
	}
	if r.Variables != "" {
		variables := map[string]any{}
		for key, value := range variableSets[r.Variables] {
			variables[key] = value
		}
		add("esa_routine_environment_variables", map[string]any{"name": name, "env": esasim.Production, "variables": variables})
	}
	return blocks
}

func rule(path string) string {
	return fmt.Sprintf("(http.host eq %q and starts_with(http.request.uri.path, %q))", "www.example.com", path)
}

// actAround lets someone else change what surrounds a routine, and reports whether the act is of that kind.
func (h *history) actAround(sim *esasim.Simulator, a act) bool {
	routes := slices.DeleteFunc(sim.Routes(), func(route esasim.Route) bool { return route.Routine != a.Routine })
	records := slices.DeleteFunc(sim.Records(), func(record esasim.Record) bool { return !strings.HasPrefix(record.Name, a.Routine+".") })
	switch a.What {
	case "route":
		sim.AddRoute(esasim.Route{SiteID: site, Routine: a.Routine, Name: a.Routine, Rule: rule("/a/")})
	case "reroute":
		for _, route := range routes {
			sim.ChangeRoute(route.ConfigID, func(route *esasim.Route) { route.Rule = rule("/somebody/") })
		}
	case "unroute":
		for _, route := range routes {
			sim.RemoveRoute(route.ConfigID)
		}
	case "bind":
		if len(records) == 0 {
			sim.AddRecord(esasim.Record{SiteID: site, Routine: slices.Min(slices.Collect(maps.Keys(h.world.look()))), Name: a.Routine + ".example.com"})
		}
	case "unbind":
		for _, record := range records {
			sim.RemoveRecord(record.ID)
		}
	case "set":
		sim.SetVariable(a.Routine, esasim.Production, esasim.Variable{Key: "A", Value: "somebody's"})
	case "add":
		sim.SetVariable(a.Routine, esasim.Production, esasim.Variable{Key: "Z", Value: "somebody's"})
	case "unset":
		sim.RemoveVariable(a.Routine, esasim.Production, "A")
	default:
		return false
	}
	return true
}

func isAround(typ string) bool {
	return slices.Contains([]string{"esa_routine_route", "esa_routine_related_record", "esa_routine_environment_variables"}, typ)
}

// essenceAround is what matters of an object around a routine: its id, and what it says.
func essenceAround(object *Object) string {
	return fmt.Sprintf("%s: %s", idAround(object), contentAround(object.Type, object.Value))
}

func idAround(object *Object) string {
	switch object.Type {
	case "esa_routine_route":
		return site + ":" + Text(object.Value, "config_id")
	case "esa_routine_related_record":
		return site + ":" + Text(object.Value, "record_id")
	}
	return Text(object.Value, "name") + ":" + esasim.Production
}

func contentAround(typ string, value tftypes.Value) string {
	switch typ {
	case "esa_routine_route":
		enabled := false
		_ = members(value)["enabled"].As(&enabled)
		return fmt.Sprint(Text(value, "routine_name"), " ", Text(value, "route_name"), " ", Text(value, "rule"), " ", enabled)
	case "esa_routine_related_record":
		return Text(value, "name") + " " + Text(value, "record_name")
	}
	return fmt.Sprint(variablesOf(value))
}

// variablesOf are the variables of an object, none if there is no object.
func variablesOf(object tftypes.Value) map[string]string {
	texts, content := map[string]string{}, map[string]tftypes.Value{}
	if variables := members(object)["variables"]; variables.Type() != nil && variables.IsKnown() && !variables.IsNull() {
		_ = variables.As(&content)
	}
	for key, value := range content {
		text := ""
		_ = value.As(&text)
		texts[key] = text
	}
	return texts
}

// trueAround is what ESA holds of an object at a moment, in the words of essenceAround; empty if it is gone.
func (h *history) trueAround(object *Object, moment int) string {
	around, id := h.world.Around(moment), idAround(object)
	content, there := around.Routes[id]
	switch object.Type {
	case "esa_routine_related_record":
		content, there = around.Records[id]
	case "esa_routine_environment_variables":
		var variables map[string]string
		variables, there = around.Variables[id]
		content = fmt.Sprint(variables)
	}
	if !there {
		return ""
	}
	return id + ": " + content
}

// looksFor reports whether a call looks at what a write changes.
func looksFor(look, write *Call) bool {
	switch {
	case strings.HasSuffix(write.Operation, "RoutineRoute"):
		return look.Site == write.Site && (look.Operation == "ListSiteRoutes" || look.Operation == "GetRoutineRoute" && look.Object == write.Object)
	case strings.HasSuffix(write.Operation, "RelatedRecord"):
		return look.Operation == "ListRoutineRelatedRecords" && look.Routine == write.Routine ||
			look.Operation == "ListEdgeRoutineRecords" && look.Site == write.Site
	case strings.HasSuffix(write.Operation, "EnvironmentVariables"):
		return look.Operation == "ListRoutineEnvironmentVariables" && look.Routine == write.Routine && look.Env == write.Env
	}
	return look.Operation == "GetRoutine" && look.Routine == write.Routine
}

// judgeAround is (a) and (e) for what surrounds a routine: what a write replaces is what its plan was made from, and what it
// creates is not there yet.
func (h *history) judgeAround(s *session, write *Call) {
	var identity subject
	expected := map[string]bool{"": true}
	resource := s.resource(write)
	switch {
	case !slices.ContainsFunc([]string{"RoutineRoute", "RelatedRecord", "EnvironmentVariables"}, func(what string) bool { return strings.HasSuffix(write.Operation, what) }):
		return
	case resource == nil:
		h.violated("(a) %s: %s was not planned", s.run.Name, h.words(write))
		return
	}
	object := &Object{Type: resource.Type, Value: resource.Before}
	switch write.Operation {
	case "CreateRoutineRoute", "CreateRoutineRelatedRecord":
		wanted := contentAround(resource.Type, resource.After)
		identity = func(moment int) string {
			around := h.world.Around(moment)
			var same []string
			for id, content := range around.Routes {
				if content == wanted {
					same = append(same, id)
				}
			}
			for id, content := range around.Records {
				if _, host, _ := strings.Cut(content, " "); host == Text(resource.After, "record_name") {
					same = append(same, id)
				}
			}
			slices.Sort(same)
			return strings.Join(same, " ")
		}
	case "SetRoutineEnvironmentVariables", "DeleteRoutineEnvironmentVariables":
		before, after := variablesOf(resource.Before), variablesOf(resource.After)
		identity = func(moment int) string {
			seen := h.world.Around(moment).Variables[write.Routine+":"+write.Env]
			if resource.Action.replaces() && write.Operation == "DeleteRoutineEnvironmentVariables" && foreignVariables(seen, before, nil) == "" {
				return "" // The destroy of a replacement deletes all of them, so that someone else may have deleted one before.
			}
			return foreignVariables(seen, before, after)
		}
	default:
		expected[essenceAround(object)] = true
		if !resource.After.IsNull() { // someone else may have done what was planned
			expected[idAround(object)+": "+contentAround(resource.Type, resource.After)] = true
		}
		identity = func(moment int) string { return h.trueAround(object, moment) }
	}
	if why := h.explain(s, write, identity, expected); why != "" {
		h.violated("(a) %s: %s %s", s.run.Name, h.words(write), why)
	}
}

// foreignVariables lists the variables that are neither as they were planned from nor as they are to be.
func foreignVariables(seen, before, after map[string]string) string {
	foreign := map[string]bool{}
	for _, all := range []map[string]string{seen, before, after} {
		for key := range all {
			value, there := seen[key]
			was, wasThere := before[key]
			wanted, isWanted := after[key]
			if (value != was || there != wasThere) && (value != wanted || there != isWanted) {
				foreign[key+"="+value] = true
			}
		}
	}
	return strings.Join(keys(foreign), " ")
}

// judgeRoutes is (b) for routes, of which ESA takes any number that are the same: a run makes no second one, unless it was
// shown what is out of date.
func (h *history) judgeRoutes(s *session, effects map[string][]*Call) {
	for address, calls := range effects {
		made := len(calls) - len(slices.DeleteFunc(slices.Clone(calls), func(call *Call) bool { return call.Operation == "CreateRoutineRoute" }))
		if made > 1 && h.undisturbed(s) {
			h.violated("(b) %s: %s created %d routes", s.run.Name, address, made)
		}
	}
}
