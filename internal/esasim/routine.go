package esasim

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"time"
)

// routineName is the rule for names: lower-case letters, digits and hyphens,
// starting with a letter, two characters or more.
var routineName = regexp.MustCompile(`^[a-z][a-z0-9-]+$`)

// shownQuota is how many routines the account may have by ListUserRoutines where
// nothing is enforced; see [WithRoutineQuota].
const shownQuota = 1000

// createRoutine is CreateRoutine. A name that is taken answers
// RoutineNameAlreadyExist; the service is also seen to say RoutineAlreadyExist
// and RoutineNameAlreadyExists, for which there is [ChosenError].
func (s *Simulator) createRoutine(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	hasAssets, err := q.flag("HasAssets")
	if err != nil {
		return nil, err
	}
	if _, taken := s.store.routines[name]; !taken && s.routineQuota > 0 && len(s.store.names) >= s.routineQuota {
		return nil, refuse(codeRoutineQuota, "the account has %d routines already", len(s.store.names))
	}
	if err := s.addRoutine(name, q.get("Description"), hasAssets); err != nil {
		return nil, err
	}
	return object{"Status": "OK"}, nil
}

// addRoutine makes a routine. The caller holds the mutex.
func (s *Simulator) addRoutine(name, description string, hasAssets bool) *apiError {
	if !routineName.MatchString(name) {
		return refuse(codeInvalidParameter, "Name is %q, want lower-case letters, digits and hyphens, two or more, the first one a letter", name)
	}
	if _, taken := s.store.routines[name]; taken {
		return refuse(codeRoutineNameExists, "there is a routine %q already", name)
	}
	s.beforeWrite(name)
	s.store.routines[name] = &routine{
		name:        name,
		description: description,
		hasAssets:   hasAssets,
		record:      fmt.Sprintf("%s.%08x.er.aliyun-esa.net", name, crc32.ChecksumIEEE([]byte(name))),
		created:     s.clock().UTC(),
		live:        map[string]Deployment{},
	}
	s.store.names = append(s.store.names, name)
	return nil
}

// getRoutine is GetRoutine. Both environments are always listed; only one that
// something was deployed to has a CodeDeploy.
func (s *Simulator) getRoutine(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	return s.showRoutine(name)
}

func (s *Simulator) showRoutine(name string) (object, *apiError) {
	r, err := s.store.find(name)
	if err != nil {
		return nil, err
	}
	envs := make([]any, 0, len(environments))
	for _, env := range environments {
		shown := object{"Env": env}
		d, live := r.live[env]
		switch {
		case live:
			shown["CodeDeploy"] = r.showDeployment(d)
		case s.says(EmptyEnvironment) == answerEmpty:
			shown["CodeDeploy"] = object{}
		case s.says(EmptyEnvironment) == "no-versions":
			shown["CodeDeploy"] = object{"Strategy": "percentage"}
		}
		envs = append(envs, shown)
	}
	return object{
		"Description":          s.showDescription(r.description),
		"CreateTime":           stamp(r.created),
		"DefaultRelatedRecord": r.record,
		"HasAssets":            r.hasAssets,
		"Envs":                 envs,
	}, nil
}

func (r *routine) showDeployment(d Deployment) object {
	versions := make([]any, 0, len(d.Shares))
	for _, share := range d.Shares {
		shown := object{"CodeVersion": wideID(share.CodeVersion), "Percentage": share.Percentage}
		if v := r.version(share.CodeVersion); v != nil {
			shown["CreateTime"] = stamp(v.created)
			shown["Description"] = description{text: v.description}
		}
		versions = append(versions, shown)
	}
	return object{
		"DeployId":     deployID(d.ID),
		"Strategy":     d.Strategy,
		"CreationTime": stamp(d.CreateTime),
		"CodeVersions": versions,
	}
}

func (s *Simulator) showDescription(text string) description {
	return description{text: text, encoded: !s.plainDescriptions}
}

// updateRoutineConfigDescription is UpdateRoutineConfigDescription.
func (s *Simulator) updateRoutineConfigDescription(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	if !q.has("Description") {
		return nil, refuse(codeInvalidParameter, "Description is missing")
	}
	r, err := s.store.find(name)
	if err != nil {
		return nil, err
	}
	s.beforeWrite(name)
	r.description = q.get("Description")
	return object{"Status": "OK"}, nil
}

// deleteRoutine is DeleteRoutine. It takes the routine's code versions and
// deployments along, also where an environment still serves one: no rule
// against it is documented.
func (s *Simulator) deleteRoutine(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	if err := s.checkDependents(name); err != nil {
		return nil, err
	}
	if r, _ := s.store.find(name); r != nil && len(r.live) > 0 && s.says(RoutineServing) == answerRefused {
		return nil, refuse(codeDependedByOthers, "routine %q serves something", name)
	}
	if err := s.dropRoutine(name); err != nil {
		return nil, err
	}
	return object{"Status": "OK"}, nil
}

// dropRoutine deletes a routine. The caller holds the mutex.
func (s *Simulator) dropRoutine(name string) *apiError {
	if _, err := s.store.find(name); err != nil {
		return err
	}
	s.beforeWrite(name)
	delete(s.store.routines, name)
	s.dropDependents(name)
	s.store.names = slices.DeleteFunc(s.store.names, func(other string) bool { return other == name })
	return nil
}

// listUserRoutines is ListUserRoutines, oldest first; the keyword is part of a
// name or of a description. The SDK documents pages 1 to 10 of 1 to 20 each.
func (s *Simulator) listUserRoutines(q *request) (object, *apiError) {
	page, err := q.whole("PageNumber", 1, 10)
	if err != nil {
		return nil, err
	}
	size, err := q.whole("PageSize", 20, 20)
	if err != nil {
		return nil, err
	}
	keyword := q.get("SearchKeyWord")
	var found []any
	for _, name := range s.store.names {
		r := s.store.routines[name]
		if !strings.Contains(r.name, keyword) && !strings.Contains(r.description, keyword) {
			continue
		}
		found = append(found, object{
			"RoutineName":          r.name,
			"Description":          s.showDescription(r.description),
			"CreateTime":           stamp(r.created),
			"DefaultRelatedRecord": r.record,
			"HasAssets":            r.hasAssets,
		})
	}
	return object{
		"Routines":           pageOf(found, page, size),
		"TotalCount":         len(found),
		"PageNumber":         page,
		"PageSize":           size,
		"UsedRoutineNumber":  len(s.store.names),
		"QuotaRoutineNumber": cmp.Or(s.routineQuota, shownQuota),
	}, nil
}

// pageOf cuts a page out of a list; a page past the end is empty.
func pageOf[T any](list []T, page, size int) []T {
	from := min((page-1)*size, len(list))
	to := min(from+size, len(list))
	return append([]T{}, list[from:to]...)
}

// stamp writes a time as the API does: UTC, whole seconds.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
