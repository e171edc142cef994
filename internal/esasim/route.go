package esasim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Route sends requests of one site that match a rule to a routine.
type Route struct {
	// ConfigID is generated if it is empty.
	ConfigID string `json:"config_id,omitempty"`
	SiteID   string `json:"site_id"`
	Routine  string `json:"routine"`
	Name     string `json:"name"`
	Rule     string `json:"rule"`
	// Enable, Bypass and Fallback are "on" or "off"; Enable is "on" where it is empty.
	Enable   string `json:"enable,omitempty"`
	Bypass   string `json:"bypass,omitempty"`
	Fallback string `json:"fallback,omitempty"`
	// Timeout is from "5" to "60" seconds.
	Timeout string `json:"timeout,omitempty"`
	// Mode is "simple" or "custom".
	Mode     string `json:"mode,omitempty"`
	Sequence int    `json:"sequence,omitempty"`
}

const (
	// maxRouteBytes is how large one rule with its configuration may be (user guide).
	maxRouteBytes = 4 << 10
	// maxSiteBytes is how large all rule configurations of a site may be together (user guide).
	maxSiteBytes = 512 << 10
	// maxRouteName is how many characters the name of a rule may have (user guide).
	maxRouteName = 128
	onOff        = "on off"
)

// routeParameters is what CreateRoutineRoute and UpdateRoutineRoute have in common.
type routeParameters struct {
	Route
	sequenced bool // a Sequence was given
}

// readRoute reads the parameters of a route over those that stand.
func (s *Simulator) readRoute(q *request, stands Route) (routeParameters, *apiError) {
	wanted := routeParameters{Route: stands}
	for _, field := range []struct {
		name  string
		into  *string
		words string
	}{
		{"RoutineName", &wanted.Routine, ""},
		{"RouteName", &wanted.Name, ""},
		{"RouteEnable", &wanted.Enable, onOff},
		{"Rule", &wanted.Rule, ""},
		{"Bypass", &wanted.Bypass, onOff},
		{"Fallback", &wanted.Fallback, onOff},
		{"Mode", &wanted.Mode, "simple custom"},
	} {
		if !q.has(field.name) {
			continue
		}
		value, err := q.oneOf(field.name, strings.Fields(field.words)...)
		if err != nil {
			return wanted, err
		}
		if value == "" {
			return wanted, refuse(codeInvalidParameter, "%s is empty", field.name)
		}
		*field.into = value
	}
	if q.has("Timeout") {
		seconds, err := q.whole("Timeout", 0, 60)
		if err != nil || seconds < 5 || strconv.Itoa(seconds) != q.get("Timeout") {
			return wanted, refuse(codeInvalidParameter, "Timeout is %q, want whole seconds from 5 to 60", q.get("Timeout"))
		}
		wanted.Timeout = q.get("Timeout")
	}
	if q.has("Sequence") {
		sequence, err := strconv.ParseInt(q.get("Sequence"), 10, 32)
		if err != nil || int(sequence) < s.firstSequence() {
			return wanted, refuse(codeInvalidParameter, "Sequence is %q, want a whole number from %d", q.get("Sequence"), s.firstSequence())
		}
		wanted.Sequence, wanted.sequenced = int(sequence), true
	}
	return wanted, nil
}

// checkRoute holds a route against the rules that do not depend on others.
func (s *Simulator) checkRoute(r Route, site Site) *apiError {
	if length := utf8.RuneCountInString(r.Name); length < 1 || length > maxRouteName {
		return refuse(codeInvalidParameter, "RouteName has %d characters, want 1 to %d", length, maxRouteName)
	}
	if _, err := s.store.find(r.Routine); err != nil {
		return err
	}
	_, regexps, err := parseRule(r.Rule)
	if err != nil {
		return refuse(codeCompileRule, "rule: %v", err)
	}
	if regexps && (site.Plan == "basic" || site.Plan == "entrance") {
		return refuse(codeRuleRegexQuota, "the plan %s has no regular expressions", site.Plan)
	}
	if r.bytes() > maxRouteBytes {
		return refuse(codeInvalidParameter, "the rule with its configuration is larger than %d bytes", maxRouteBytes)
	}
	total := r.bytes()
	for _, other := range s.store.routes.now {
		if other.SiteID == r.SiteID && other.ConfigID != r.ConfigID {
			total += other.bytes()
		}
	}
	if total > maxSiteBytes {
		return refuse(codeInvalidParameter, "the rules of the site are larger than %d bytes", maxSiteBytes)
	}
	return nil
}

func (r Route) bytes() int {
	return len(r.Rule) + len(r.Name) + len(r.Routine) + len(r.Enable) + len(r.Bypass) + len(r.Fallback) + len(r.Timeout) + len(r.Mode)
}

// createRoutineRoute is CreateRoutineRoute.
func (s *Simulator) createRoutineRoute(q *request) (object, *apiError) {
	for _, name := range []string{"RoutineName", "RouteName", "RouteEnable", "Rule"} {
		if _, err := q.required(name); err != nil {
			return nil, err
		}
	}
	wanted, err := s.readRoute(q, Route{})
	if err != nil {
		return nil, err
	}
	site, err := s.activeSite(q)
	if err != nil {
		return nil, err
	}
	wanted.SiteID = site.ID
	if err := s.checkRoute(wanted.Route, site); err != nil {
		return nil, err
	}
	for _, other := range s.store.routes.now {
		same := other.SiteID == wanted.SiteID && other.Routine == wanted.Routine && other.Name == wanted.Name && other.Rule == wanted.Rule
		if same && s.says(RouteRepeated) == answerRefused {
			return nil, refuse(codeRouteExists, "route %s is the same", other.ConfigID)
		}
	}
	wanted.ConfigID = strconv.FormatInt(s.store.numbers.next(configID), 10)
	s.putRoute(s.withDefaults(wanted.Route), wanted.sequenced)
	return object{"ConfigId": numberID(wanted.ConfigID)}, nil
}

// routeOf finds the route that a request is about; found is false if there is none.
func (s *Simulator) routeOf(q *request) (r Route, site Site, found bool, err *apiError) {
	if site, err = s.site(q); err != nil {
		return r, site, false, err
	}
	id, err := q.id("ConfigId")
	if err != nil {
		return r, site, false, err
	}
	list := s.store.routes.read(q.stale)
	at := slices.IndexFunc(list, func(r Route) bool { return r.ConfigID == id && r.SiteID == site.ID })
	if at < 0 {
		return Route{ConfigID: id}, site, false, nil
	}
	return list[at], site, true, nil
}

// updateRoutineRoute is UpdateRoutineRoute.
func (s *Simulator) updateRoutineRoute(q *request) (object, *apiError) {
	stands, site, found, err := s.routeOf(q)
	if err != nil {
		return nil, err
	}
	wanted, err := s.readRoute(q, stands)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse(codeRouteNotExist, "there is no route %s", stands.ConfigID)
	}
	if s.says(RouteAbsentFields) == "reset" {
		for name, field := range map[string]*string{"Bypass": &wanted.Bypass, "Fallback": &wanted.Fallback, "Timeout": &wanted.Timeout} {
			if !q.has(name) {
				*field = ""
			}
		}
	}
	if err := s.checkRoute(wanted.Route, site); err != nil {
		return nil, err
	}
	keeps := !wanted.sequenced && s.says(RouteAbsentFields) == answerKept
	s.putRoute(s.withDefaults(wanted.Route), wanted.sequenced || keeps)
	return object{}, nil
}

// getRoutineRoute is GetRoutineRoute.
func (s *Simulator) getRoutineRoute(q *request) (object, *apiError) {
	r, _, found, err := s.routeOf(q)
	if err != nil {
		return nil, err
	}
	if !found {
		return s.missing(RouteMissing, r.ConfigID)
	}
	return r.show(), nil
}

// missing is the answer to a request about something that is not there.
func (s *Simulator) missing(question Question, id string) (object, *apiError) {
	switch answer := s.says(question); answer {
	case answerEmpty:
		return object{}, nil
	case answerOK:
		return object{"Status": "OK"}, nil
	case answerFail:
		return object{"Status": "Fail"}, nil
	default:
		return nil, refuse(answer, "there is no %s", id)
	}
}

// deleteRoutineRoute is DeleteRoutineRoute.
func (s *Simulator) deleteRoutineRoute(q *request) (object, *apiError) {
	r, _, found, err := s.routeOf(q)
	if err != nil {
		return nil, err
	}
	if !found {
		answer, err := s.missing(RouteDeleted, r.ConfigID)
		delete(answer, "Status") // this operation has none
		return answer, err
	}
	s.dropRoute(r)
	return object{}, nil
}

// show is what every operation shows of a route. What is not known of it is absent.
func (r Route) show() object {
	shown := object{
		"ConfigId":    numberID(r.ConfigID),
		"ConfigType":  "rule",
		"RoutineName": r.Routine,
		"RouteName":   r.Name,
		"RouteEnable": r.Enable,
		"Rule":        r.Rule,
		"Sequence":    r.Sequence,
		"SiteVersion": 0,
	}
	for name, value := range map[string]string{"Bypass": r.Bypass, "Fallback": r.Fallback, "Timeout": r.Timeout, "Mode": r.Mode} {
		if value != "" {
			shown[name] = value
		}
	}
	return shown
}

// listRoutineRoutes is ListRoutineRoutes, oldest first, over all sites.
func (s *Simulator) listRoutineRoutes(q *request) (object, *apiError) {
	name, err := q.required("RoutineName")
	if err != nil {
		return nil, err
	}
	if _, err := s.store.find(name); err != nil {
		return nil, err
	}
	var found []any
	for _, r := range s.store.routes.read(q.stale) {
		if r.Routine == name {
			shown := r.show()
			shown["SiteId"] = numberID(r.SiteID)
			shown["SiteName"] = s.siteName(r.SiteID)
			found = append(found, shown)
		}
	}
	return q.configs(found)
}

// listSiteRoutes is ListSiteRoutes, in the order of evaluation. RouteName and ConfigType work only together
// with a parameter that this operation does not have, so they change nothing.
func (s *Simulator) listSiteRoutes(q *request) (object, *apiError) {
	site, err := s.site(q)
	if err != nil {
		return nil, err
	}
	if _, err := q.oneOf("ConfigType", "global", "rule"); err != nil {
		return nil, err
	}
	routes := slices.Clone(s.store.routes.read(q.stale))
	slices.SortStableFunc(routes, func(a, b Route) int { return cmp.Compare(a.Sequence, b.Sequence) })
	var found []any
	for _, r := range routes {
		if r.SiteID == site.ID && q.allows("ConfigId", r.ConfigID) {
			found = append(found, r.show())
		}
	}
	return q.configs(found)
}

// configs is a page of either list of routes.
func (q *request) configs(found []any) (object, *apiError) {
	page, size, err := q.page(100000, 500, 500)
	if err != nil {
		return nil, err
	}
	return object{
		"Configs":    pageOf(found, page, size),
		"TotalCount": len(found),
		"TotalPage":  (len(found) + size - 1) / size,
		"PageNumber": page,
		"PageSize":   size,
	}, nil
}
