package esasim

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// notFoundStrategies are the values of ConfOptions.NotFoundStrategy.
var notFoundStrategies = []string{"", "SinglePageApplication", "404Page"}

// createRoutineWithAssetsCodeVersion is CreateRoutineWithAssetsCodeVersion: it
// reserves a version in status init, and answers the form to upload its zip with.
func (s *Simulator) createRoutineWithAssetsCodeVersion(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	notFound, err := notFoundStrategy(q.get("ConfOptions"))
	if err != nil {
		return nil, err
	}
	var buildID int64
	if text := q.get("BuildId"); text != "" {
		number, bad := strconv.ParseInt(text, 10, 64)
		if bad != nil {
			return nil, refuse(codeInvalidParameter, "BuildId is %q, want a whole number", text)
		}
		buildID = number
	}
	deployEnv, err := deployEnvironment(q)
	if err != nil {
		return nil, err
	}
	r, err := s.store.find(name)
	if err != nil {
		return nil, err
	}
	if err := s.checkVersionQuota(r); err != nil {
		return nil, err
	}
	now := s.clock().UTC()
	v := &codeVersion{
		version:     strconv.FormatInt(s.store.nextID(now), 10),
		status:      statusInit,
		description: q.get("CodeDescription"),
		extraInfo:   q.get("ExtraInfo"),
		notFound:    notFound,
		buildID:     buildID,
		created:     now,
		deployEnv:   deployEnv,
	}
	if s.says(SnapshotTime) == "reserved" {
		s.bind(name, v)
	}
	r.versions = append(r.versions, v)
	ticket := newUploadTicket(zipKey(name, v.version), now)
	return object{
		"CodeVersion": wideID(v.version),
		"Status":      v.status,
		"OssPostConfig": object{
			"Url":               uploadURL(q.http),
			"Key":               ticket.key,
			"Policy":            ticket.policy,
			"Signature":         ticket.signature,
			"OSSAccessKeyId":    ticket.accessKeyID,
			"XOssSecurityToken": ticket.token,
		},
	}, nil
}

// checkVersionQuota refuses one version more than a routine may have.
func (s *Simulator) checkVersionQuota(r *routine) *apiError {
	if s.versionQuota == 0 || len(r.versions) < s.versionQuota {
		return nil
	}
	full := refuse(s.says(VersionQuotaCode), "routine %q has %d code versions already", r.name, len(r.versions))
	full.Message = versionQuotaMessage
	return full
}

func notFoundStrategy(text string) (string, *apiError) {
	if text == "" {
		return "", nil
	}
	var options struct{ NotFoundStrategy string }
	if err := json.Unmarshal([]byte(text), &options); err != nil {
		return "", refuse(codeInvalidParameter, "ConfOptions is not a JSON object: %v", err)
	}
	if !slices.Contains(notFoundStrategies, options.NotFoundStrategy) {
		return "", refuse(codeInvalidParameter, "NotFoundStrategy is %q, want SinglePageApplication or 404Page", options.NotFoundStrategy)
	}
	return options.NotFoundStrategy, nil
}

// versionOf finds the version that a request is about. What the service says
// to a version that does not exist is documented for CreateRoutineCodeDeployment
// alone (ParameterNotExist); it is what the simulator says everywhere.
func (s *Simulator) versionOf(q *request) (*routine, *codeVersion, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, nil, err
	}
	version, err := q.required("CodeVersion")
	if err != nil {
		return nil, nil, err
	}
	r, err := s.store.find(name)
	if err != nil {
		return nil, nil, err
	}
	v := r.version(version)
	if v == nil {
		return nil, nil, refuse(codeParameterNotExist, "routine %q has no code version %s", name, version)
	}
	return r, v, nil
}

// getRoutineCodeVersionInfo is GetRoutineCodeVersionInfo, which clients ask
// until a version is built. Each answer lets the build move on by one poll.
func (s *Simulator) getRoutineCodeVersionInfo(q *request) (object, *apiError) {
	r, v, err := s.versionOf(q)
	if err != nil {
		return nil, err
	}
	if v.status == statusInit && v.next != "" {
		if v.pollsLeft <= 0 {
			s.endBuild(r, v)
		} else {
			v.pollsLeft--
		}
		s.changed()
	}
	shown := v.show()
	shown["HasAssets"] = v.hasAssets
	return shown, nil
}

// show is what the list and the info operation have in common.
func (v *codeVersion) show() object {
	shown := object{
		"CodeVersion":     wideID(v.version),
		"CodeDescription": description{text: v.description},
		"CreateTime":      stamp(v.created),
		"Status":          v.status,
		"BuildId":         v.buildID,
		"ExtraInfo":       v.extraInfo,
		"ConfOptions":     object{},
	}
	if v.notFound != "" {
		shown["ConfOptions"] = object{"NotFoundStrategy": v.notFound}
	}
	return shown
}

// listRoutineCodeVersions is ListRoutineCodeVersions: newest first, pages 1 and
// 2 of 1 to 20 versions, which is as far as it reaches. The keyword is part of a
// description. Statuses are written with a capital here ("Available"), as the
// SDK's sample of this operation shows them.
func (s *Simulator) listRoutineCodeVersions(q *request) (object, *apiError) {
	name, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	page, err := q.whole("PageNumber", 1, 2)
	if err != nil {
		return nil, err
	}
	size, err := q.whole("PageSize", 20, 20)
	if err != nil {
		return nil, err
	}
	r, err := s.store.find(name)
	if err != nil {
		return nil, err
	}
	keyword := q.get("SearchKeyWord")
	var found []any
	for _, v := range slices.Backward(r.versions) {
		if !strings.Contains(v.description, keyword) {
			continue
		}
		shown := v.show()
		shown["Status"] = capitalised(v.status)
		s.showBinding(shown, v)
		found = append(found, shown)
	}
	return object{
		"CodeVersions": pageOf(found, page, size),
		"TotalCount":   len(found),
		"PageNumber":   page,
		"PageSize":     size,
	}, nil
}

func capitalised(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// getRoutineCodeVersion is GetRoutineCodeVersion, which answers the code itself, base64-encoded.
func (s *Simulator) getRoutineCodeVersion(q *request) (object, *apiError) {
	_, v, err := s.versionOf(q)
	if err != nil {
		return nil, err
	}
	return object{
		"CodeDescription": description{text: v.description},
		"CreateTime":      stamp(v.created),
		"RoutineCode":     base64.StdEncoding.EncodeToString(v.code),
	}, nil
}

// deleteRoutineCodeVersion is DeleteRoutineCodeVersion, refused while an
// environment serves the version.
func (s *Simulator) deleteRoutineCodeVersion(q *request) (object, *apiError) {
	r, v, err := s.versionOf(q)
	if err != nil {
		return nil, err
	}
	if envs := r.servedIn(v.version); len(envs) > 0 {
		return nil, refuse(codeDependedByOthers, "code version %s is served in %s", v.version, strings.Join(envs, " and "))
	}
	r.drop(v.version)
	return object{"Status": "OK"}, nil
}

func (r *routine) drop(version string) {
	r.versions = slices.DeleteFunc(r.versions, func(v *codeVersion) bool { return v.version == version })
}
