package contract

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// run is what one run has made so far.
type run struct {
	Settings
	api      API
	calls    []Call
	versions []string // of the routine, the oldest first
	routes   []string // their ids
	record   string   // the id of the related record
	made     bool     // the routine may be there
}

// call makes a call and notes it.
func (r *run) call(ctx context.Context, operation string, parameters map[string]string) (Call, error) {
	call, err := r.api.Call(ctx, operation, parameters)
	r.calls = append(r.calls, call)
	return call, err
}

// outcome makes a call and says what came of it: "ok" or the code of the error.
func (r *run) outcome(ctx context.Context, operation string, parameters map[string]string) (string, error) {
	call, err := r.call(ctx, operation, parameters)
	switch {
	case err != nil:
		return "", err
	case call.Code != "":
		return call.Code, nil
	default:
		return "ok", nil
	}
}

// must makes a call that has to succeed.
func (r *run) must(ctx context.Context, operation string, parameters map[string]string, into any) error {
	call, err := r.call(ctx, operation, parameters)
	if err != nil {
		return err
	}
	return call.Decode(into)
}

// refused is the simulator's word for an answer that is an error.
func refused(outcome string) string {
	if outcome == "ok" {
		return "taken"
	}
	return "refused"
}

func (r *run) pause(ctx context.Context) error {
	timer := time.NewTimer(r.Pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// looks is how often something is read that a write was accepted for.
const looks = 20

// shown counts the reads before one that shows what a write did: "at once", or after how many.
func (r *run) shown(ctx context.Context, read func() (bool, error)) (string, error) {
	for late := range looks {
		if ok, err := read(); err != nil || ok {
			if late == 0 {
				return "at once", err
			}
			return fmt.Sprintf("after %d reads", late), err
		}
		if err := r.pause(ctx); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("not within %d reads", looks), nil
}

func (r *run) named(more ...string) map[string]string {
	parameters := map[string]string{"Name": r.Routine}
	for index := 0; index < len(more); index += 2 {
		parameters[more[index]] = more[index+1]
	}
	return parameters
}

// routine is what GetRoutine answers.
type routine struct {
	Description string
	Envs        []struct {
		Env        string
		CodeDeploy struct {
			DeployID json.Number `json:"DeployId"`
		}
	}
}

func (r routine) deployment(env string) string {
	for _, each := range r.Envs {
		if each.Env == env {
			return each.CodeDeploy.DeployID.String()
		}
	}
	return ""
}

// publish makes a code version with some variables' environment, and waits until it is built.
func (r *run) publish(ctx context.Context, deployEnv string) (outcome string, err error) {
	parameters := r.named("CodeDescription", fmt.Sprintf("version %d", len(r.versions)))
	if deployEnv != "" {
		parameters["DeployEnv"] = deployEnv
	}
	call, err := r.call(ctx, "CreateRoutineWithAssetsCodeVersion", parameters)
	if err != nil || call.Code != "" {
		return call.Code, err
	}
	var reserved struct {
		CodeVersion   json.Number
		OssPostConfig struct {
			URL               string `json:"Url"`
			Key               string
			Policy            string
			Signature         string
			OSSAccessKeyID    string `json:"OSSAccessKeyId"`
			XOssSecurityToken string
		}
	}
	if err := call.Decode(&reserved); err != nil {
		return "", err
	}
	version, post := reserved.CodeVersion.String(), reserved.OssPostConfig
	r.versions = append(r.versions, version)
	address := post.URL
	if !strings.Contains(address, "://") {
		address = "https://" + strings.TrimPrefix(address, "//")
	}
	code, err := packed(len(r.versions))
	if err != nil {
		return "", err
	}
	uploaded, err := r.api.Upload(ctx, map[string]string{
		"url": address, "OSSAccessKeyId": post.OSSAccessKeyID, "Signature": post.Signature, "policy": post.Policy, "key": post.Key, "x-oss-security-token": post.XOssSecurityToken,
	}, code)
	r.calls = append(r.calls, uploaded)
	if err != nil {
		return "", err
	}
	_, err = r.shown(ctx, func() (bool, error) {
		var info struct{ Status string }
		err := r.must(ctx, "GetRoutineCodeVersionInfo", r.named("CodeVersion", version), &info)
		return info.Status == "available", err
	})
	return "ok", err
}

// packed is the zip of a version.
func packed(number int) ([]byte, error) {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	file, err := archive.Create("routine/index.js")
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(file, "export default { fetch() { return new Response(\"contract %d\"); } };\n", number); err != nil {
		return nil, err
	}
	err = archive.Close()
	return content.Bytes(), err
}

// share is a code version and its percentage, as CodeVersions has them.
type share struct {
	CodeVersion string
	Percentage  int
}

// deploy makes a deployment and returns its id, or the code of an error.
func (r *run) deploy(ctx context.Context, env string, shares ...share) (id, code string, err error) {
	text, err := json.Marshal(shares)
	if err != nil {
		return "", "", err
	}
	call, err := r.call(ctx, "CreateRoutineCodeDeployment", r.named("Env", env, "Strategy", "percentage", "CodeVersions", string(text)))
	if err != nil || call.Code != "" {
		return "", call.Code, err
	}
	var made struct {
		DeploymentID json.Number `json:"DeploymentId"`
	}
	err = call.Decode(&made)
	return made.DeploymentID.String(), "", err
}

// deployed makes a deployment that has to succeed, and says when GetRoutine shows it.
func (r *run) deployed(ctx context.Context, env string, shares ...share) (id, shown string, err error) {
	id, code, err := r.deploy(ctx, env, shares...)
	if err == nil && code != "" {
		err = errors.New("the deployment was refused: " + code)
	}
	if err != nil {
		return "", "", err
	}
	shown, err = r.shown(ctx, func() (bool, error) {
		var seen routine
		err := r.must(ctx, "GetRoutine", r.named(), &seen)
		return seen.deployment(env) == id, err
	})
	return id, shown, err
}

// set sets variables of staging, and returns the keys that ESA says it set, or the code of an error.
func (r *run) set(ctx context.Context, variables map[string]map[string]string) (keys []string, code string, err error) {
	text, err := json.Marshal(variables)
	if err != nil {
		return nil, "", err
	}
	call, err := r.call(ctx, "SetRoutineEnvironmentVariables", r.named("Env", "staging", "EnvironmentVariables", string(text)))
	if err != nil || call.Code != "" {
		return nil, call.Code, err
	}
	var set struct{ SetKeys []string }
	err = call.Decode(&set)
	return set.SetKeys, "", err
}

// taken says what ESA did with one variable: "taken", "left-out" or "refused".
func (r *run) taken(ctx context.Context, key string, value map[string]string) (string, error) {
	keys, code, err := r.set(ctx, map[string]map[string]string{key: value})
	switch {
	case err != nil:
		return "", err
	case code != "":
		return "refused", nil
	case !slices.Contains(keys, key):
		return "left-out", nil
	default:
		return "taken", nil
	}
}

func plain(value string) map[string]string {
	return map[string]string{"Type": "plain_text", "Value": value}
}

// listed are the variables of staging.
func (r *run) listed(ctx context.Context, pageSize int) (map[string]map[string]any, error) {
	var list struct {
		EnvironmentVariables map[string]map[string]any
	}
	err := r.must(ctx, "ListRoutineEnvironmentVariables", r.named("Env", "staging", "PageNumber", "1", "PageSize", strconv.Itoa(pageSize)), &list)
	return list.EnvironmentVariables, err
}

// route makes a route and returns its id, or the code of an error.
func (r *run) route(ctx context.Context, name, rule string, more ...string) (id, code string, err error) {
	parameters := map[string]string{"SiteId": r.Site, "RoutineName": r.Routine, "RouteName": name, "RouteEnable": "off", "Rule": rule}
	for index := 0; index < len(more); index += 2 {
		parameters[more[index]] = more[index+1]
	}
	call, err := r.call(ctx, "CreateRoutineRoute", parameters)
	if err != nil || call.Code != "" {
		return "", call.Code, err
	}
	var made struct {
		ConfigID json.Number `json:"ConfigId"`
	}
	if err := call.Decode(&made); err != nil {
		return "", "", err
	}
	r.routes = append(r.routes, made.ConfigID.String())
	return made.ConfigID.String(), "", nil
}

func (r *run) routeFields(ctx context.Context, id string) (map[string]any, error) {
	fields := map[string]any{}
	err := r.must(ctx, "GetRoutineRoute", map[string]string{"SiteId": r.Site, "ConfigId": id}, &fields)
	return fields, err
}

func (r *run) relatedRecord() map[string]string {
	return r.named("SiteId", r.Site, "RecordName", r.Host, "RecordId", r.record)
}

func (r *run) rule() string {
	return fmt.Sprintf("( http.host  eq %q )", r.Host)
}

// cleanUp deletes what the run made.
func (r *run) cleanUp(ctx context.Context) (err error) {
	if !r.made {
		return nil
	}
	for _, id := range r.routes {
		if _, failure := r.outcome(ctx, "DeleteRoutineRoute", map[string]string{"SiteId": r.Site, "ConfigId": id}); failure != nil {
			err = errors.Join(err, failure)
		}
	}
	if r.record != "" {
		_, failure := r.outcome(ctx, "DeleteRoutineRelatedRecord", r.relatedRecord())
		err = errors.Join(err, failure)
	}
	outcome, failure := r.outcome(ctx, "DeleteRoutine", r.named())
	if failure == nil && outcome != "ok" && outcome != "RoutineNotExist" {
		failure = errors.New(outcome)
	}
	if failure != nil {
		err = errors.Join(err, fmt.Errorf("the routine %s is left, delete it manually: %w", r.Routine, failure))
	}
	return err
}
