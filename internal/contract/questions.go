package contract

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// question is asked once in a run. The order matters: each finds what those before it have left.
type question struct {
	id        string
	needsSite bool
	ask       func(ctx context.Context, r *run) (answer string, err error)
}

const description = "Grüße vom Rand" // what differs in base64, and is not base64 itself

// code asks for the outcome of one call.
func code(id, operation string, parameters func(r *run) map[string]string) question {
	return question{id: id, ask: func(ctx context.Context, r *run) (string, error) {
		return r.outcome(ctx, operation, parameters(r))
	}}
}

var questions = []question{
	code("missing-routine", "GetRoutine", func(r *run) map[string]string { return r.named() }),
	{id: "create-routine", ask: func(ctx context.Context, r *run) (string, error) {
		r.made = true
		if err := r.must(ctx, "CreateRoutine", r.named("Description", description), new(any)); err != nil {
			return "", err
		}
		return r.shown(ctx, func() (bool, error) {
			outcome, err := r.outcome(ctx, "GetRoutine", r.named())
			return outcome == "ok", err
		})
	}},
	code("taken-routine-name", "CreateRoutine", func(r *run) map[string]string { return r.named() }),
	{id: "description-encoding", ask: func(ctx context.Context, r *run) (string, error) {
		var seen routine
		if err := r.must(ctx, "GetRoutine", r.named(), &seen); err != nil {
			return "", err
		}
		switch seen.Description {
		case description:
			return "plain", nil
		case base64.StdEncoding.EncodeToString([]byte(description)):
			return "base64", nil
		default:
			return "other", nil
		}
	}},
	{id: "code-version-order", ask: func(ctx context.Context, r *run) (string, error) {
		for range 3 {
			if outcome, err := r.publish(ctx, ""); err != nil || outcome != "ok" {
				return "", errors.Join(err, errors.New("the code version was not made: "+outcome))
			}
		}
		for index := 1; index < len(r.versions); index++ {
			older, newer := r.versions[index-1], r.versions[index]
			if len(newer) < len(older) || len(newer) == len(older) && newer <= older {
				return "a newer one is not larger", nil
			}
		}
		return "a newer one is larger", nil
	}},
	{id: "missing-code-version", ask: func(ctx context.Context, r *run) (string, error) {
		_, code, err := r.deploy(ctx, "staging", share{"1111111111111111111", 100})
		return code, err
	}},
	{id: "percentages-of-90", ask: func(ctx context.Context, r *run) (string, error) {
		_, code, err := r.deploy(ctx, "staging", share{r.versions[0], 90})
		return code, err
	}},
	{id: "deployment-is-shown", ask: func(ctx context.Context, r *run) (string, error) {
		worst := "at once"
		for _, shares := range [][]share{{{r.versions[0], 100}}, {{r.versions[0], 90}, {r.versions[1], 10}}, {{r.versions[1], 100}}} {
			_, shown, err := r.deployed(ctx, "staging", shares...)
			if err != nil {
				return "", err
			}
			if shown != "at once" {
				worst = shown
			}
		}
		return worst, nil
	}},
	{id: "deployment-of-the-same-split", ask: func(ctx context.Context, r *run) (string, error) {
		first, _, err := r.deployed(ctx, "staging", share{r.versions[1], 100})
		if err != nil {
			return "", err
		}
		second, _, err := r.deployed(ctx, "staging", share{r.versions[1], 100})
		if err != nil {
			return "", err
		}
		if first == second {
			return "has the id of the one before", nil
		}
		return "has an id of its own", nil
	}},
	code("delete-served-code-version", "DeleteRoutineCodeVersion", func(r *run) map[string]string { return r.named("CodeVersion", r.versions[1]) }),
	code("delete-code-version", "DeleteRoutineCodeVersion", func(r *run) map[string]string { return r.named("CodeVersion", r.versions[0]) }),
	code("delete-code-version-again", "DeleteRoutineCodeVersion", func(r *run) map[string]string { return r.named("CodeVersion", r.versions[0]) }),

	{id: "listed-secret", ask: func(ctx context.Context, r *run) (string, error) {
		const secret = "contract-secret" // of no use to anyone
		if _, code, err := r.set(ctx, map[string]map[string]string{"PLAIN": plain("value"), "SECRET": {"Type": "secret_text", "Value": secret}}); err != nil || code != "" {
			return "", errors.Join(err, errors.New(code))
		}
		list, err := r.listed(ctx, 50)
		if err != nil {
			return "", err
		}
		switch value, found := list["SECRET"]["Value"]; {
		case !found:
			return "absent", nil
		case value == secret:
			return "value", nil
		case value == "":
			return "empty", nil
		default:
			return "mask", nil
		}
	}},
	{id: "variable-times", ask: func(ctx context.Context, r *run) (string, error) {
		list, err := r.listed(ctx, 50)
		if _, found := list["SECRET"]["UpdatedAt"]; !found {
			return "absent", err
		}
		return "shown", err
	}},
	{id: "type-change", ask: func(ctx context.Context, r *run) (string, error) {
		answer, err := r.taken(ctx, "PLAIN", map[string]string{"Type": "secret_text", "Value": "contract-secret"})
		return strings.Replace(answer, "taken", "replaced", 1), err
	}},
	{id: "absent-type", ask: func(ctx context.Context, r *run) (string, error) {
		answer, err := r.taken(ctx, "UNTYPED", map[string]string{"Value": "value"})
		if err != nil || answer != "taken" {
			return answer, err
		}
		list, err := r.listed(ctx, 50)
		return fmt.Sprint(list["UNTYPED"]["Type"]), err
	}},
	{id: "bad-key", ask: func(ctx context.Context, r *run) (string, error) { return r.taken(ctx, "BAD-KEY", plain("value")) }},
	{id: "bad-value", ask: func(ctx context.Context, r *run) (string, error) {
		return r.taken(ctx, "LONG", plain(strings.Repeat("v", 201)))
	}},
	{id: "unknown-variable", ask: func(ctx context.Context, r *run) (string, error) {
		call, err := r.call(ctx, "DeleteRoutineEnvironmentVariables", r.named("Env", "staging", "EnvironmentVariableKeys", `["NOBODY"]`))
		if err != nil || call.Code != "" {
			return "refused", err
		}
		var answer struct{ DeletedKeys, FailedKeys []string }
		err = call.Decode(&answer)
		switch {
		case len(answer.DeletedKeys) > 0:
			return "deleted", err
		case len(answer.FailedKeys) > 0:
			return "failed", err
		default:
			return "left-out", err
		}
	}},
	{id: "too-many-variables", ask: func(ctx context.Context, r *run) (string, error) {
		list, err := r.listed(ctx, 50)
		if err != nil {
			return "", err
		}
		for number := len(list); number < 50; number++ {
			if answer, err := r.taken(ctx, fmt.Sprintf("FILL_%d", number), plain("v")); err != nil || answer != "taken" {
				return "", errors.Join(err, fmt.Errorf("variable %d was %s", number+1, answer))
			}
		}
		return r.taken(ctx, "ONE_MORE", plain("v"))
	}},
	{id: "variable-page", ask: func(ctx context.Context, r *run) (string, error) {
		if outcome, err := r.outcome(ctx, "ListRoutineEnvironmentVariables", r.named("Env", "staging", "PageNumber", "1", "PageSize", "100")); err != nil || outcome != "ok" {
			return "50", err
		}
		list, err := r.listed(ctx, 100)
		if len(list) < 50 {
			return "at-most-20", err
		}
		return "100", err
	}},
	{id: "other-environment", ask: func(ctx context.Context, r *run) (string, error) {
		if outcome, err := r.publish(ctx, "staging"); err != nil || outcome != "ok" {
			return "", errors.Join(err, errors.New("the code version was not made: "+outcome))
		}
		_, code, err := r.deploy(ctx, "production", share{r.versions[len(r.versions)-1], 100})
		if code != "" {
			return "refused", err
		}
		return "allowed", err
	}},
	{id: "version-quota-code", ask: func(ctx context.Context, r *run) (string, error) {
		for len(r.versions) < 15 {
			if outcome, err := r.publish(ctx, ""); err != nil || outcome != "ok" {
				return fmt.Sprintf("%s at version %d", outcome, len(r.versions)), err
			}
		}
		return "none within 15 versions", nil
	}},

	{id: "route-missing", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		outcome, err := r.outcome(ctx, "GetRoutineRoute", map[string]string{"SiteId": r.Site, "ConfigId": "1"})
		return strings.Replace(outcome, "ok", "empty", 1), err
	}},
	{id: "route-rule", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		id, code, err := r.route(ctx, "contract", r.rule(), "Fallback", "on", "Timeout", "30")
		if err != nil || code != "" {
			return "", errors.Join(err, errors.New(code))
		}
		fields, err := r.routeFields(ctx, id)
		if fields["Rule"] == r.rule() {
			return "kept", err
		}
		return "canonical", err
	}},
	field("route-mode", "Mode"), field("route-bypass", "Bypass"),
	{id: "route-absent-fields", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		if err := r.must(ctx, "UpdateRoutineRoute", map[string]string{"SiteId": r.Site, "ConfigId": r.routes[0], "RouteName": "contract-2"}, new(any)); err != nil {
			return "", err
		}
		fields, err := r.routeFields(ctx, r.routes[0])
		if fields["Fallback"] == "on" {
			return "kept", err
		}
		return "reset", err
	}},
	{id: "route-repeated", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		_, code, err := r.route(ctx, "contract-2", r.rule())
		if code != "" {
			return "refused", err
		}
		return "second", err
	}},
	{id: "record-repeated", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		parameters := r.named("SiteId", r.Site, "RecordName", r.Host)
		var made struct {
			RecordID json.Number `json:"RecordId"`
		}
		if err := r.must(ctx, "CreateRoutineRelatedRecord", parameters, &made); err != nil {
			return "", err
		}
		r.record = made.RecordID.String()
		outcome, err := r.outcome(ctx, "CreateRoutineRelatedRecord", parameters)
		return strings.Replace(refused(outcome), "taken", "ok", 1), err
	}},
	{id: "routine-with-records", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		for len(r.routes) > 0 {
			if outcome, err := r.outcome(ctx, "DeleteRoutineRoute", map[string]string{"SiteId": r.Site, "ConfigId": r.routes[0]}); err != nil || outcome != "ok" {
				return "", errors.Join(err, errors.New(outcome))
			}
			r.routes = r.routes[1:]
		}
		outcome, err := r.outcome(ctx, "DeleteRoutine", r.named())
		return strings.Replace(refused(outcome), "taken", "cascade", 1), err
	}},
	{id: "record-deleted", needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		if _, err := r.outcome(ctx, "DeleteRoutineRelatedRecord", r.relatedRecord()); err != nil {
			return "", err
		}
		call, err := r.call(ctx, "DeleteRoutineRelatedRecord", r.relatedRecord())
		if err != nil || call.Code != "" {
			return call.Code, err
		}
		var answer struct{ Status string }
		err = call.Decode(&answer)
		return strings.ToLower(answer.Status), err
	}},
	code("site-missing", "ListSiteRoutes", func(*run) map[string]string { return map[string]string{"SiteId": "1"} }),

	{id: "orphaned-variables", ask: func(ctx context.Context, r *run) (string, error) {
		if outcome, err := r.outcome(ctx, "DeleteRoutine", r.named()); err != nil || outcome != "ok" && outcome != "RoutineNotExist" {
			return "", errors.Join(err, errors.New("the routine cannot be deleted while it serves: "+outcome))
		}
		if _, err := r.shown(ctx, func() (bool, error) {
			outcome, err := r.outcome(ctx, "CreateRoutine", r.named())
			return outcome == "ok", err
		}); err != nil {
			return "", err
		}
		list, err := r.listed(ctx, 50)
		if len(list) > 0 {
			return "kept", err
		}
		return "deleted", err
	}},
}

// field asks what a route shows in a field that was not set.
func field(id, name string) question {
	return question{id: id, needsSite: true, ask: func(ctx context.Context, r *run) (string, error) {
		fields, err := r.routeFields(ctx, r.routes[0])
		if value, found := fields[name]; found {
			return fmt.Sprint(value), err
		}
		return "absent", err
	}}
}
