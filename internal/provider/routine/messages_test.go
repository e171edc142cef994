package routine

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	model := resourceModel{Name: types.StringValue("hello"), Description: types.StringValue("the greeting at the edge")}
	target := esa.Target{Routine: "hello"}
	existing := &esa.Routine{
		RoutineSummary: esa.RoutineSummary{Name: "hello", Description: "an older greeting", CreateTime: "2024-08-20T12:00:00Z"},
		Deployments: []esa.Deployment{
			{Environment: esa.Staging, ID: "1724158900000000001", CodeVersions: []esa.DeployedVersion{{CodeVersion: "1724158802551287320", Percentage: 100}}},
			{Environment: esa.Production, ID: "1724158900000000002", CodeVersions: []esa.DeployedVersion{{CodeVersion: "1723599747213377175", Percentage: 90}, {CodeVersion: "1724158802551287320", Percentage: 10}}},
		},
	}
	changed := func(before baseline, written bool) error {
		return &changedError{before: before, seen: existing, written: written}
	}
	lost := &esa.Interrupted{
		Operation: "CreateRoutine", Target: target, Cause: context.DeadlineExceeded, Attempts: 4, After: 5 * time.Minute, Setting: "timeouts.create",
		Last: &esa.Error{Operation: "CreateRoutine", Target: target, Kind: esa.Unreadable, HTTPStatus: 502, Message: "the answer is not JSON"},
	}
	missing := &esa.Error{Operation: "GetRoutine", Target: target, Kind: esa.Refused, HTTPStatus: 400, Code: "RoutineNotExist", Message: "The specified routine does not exist.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11"}
	golden.Messages{
		"Plan: the routine exists":                              golden.Of(model.exists(existing)),
		"Plan: the routine is destroyed while it serves":        golden.Of(deletionStops("This deletes", existing)...),
		"Plan: the routine is replaced while it serves":         golden.Of(deletionStops("This replacement deletes", existing)...),
		"Apply: the routine exists":                             golden.Of(model.exists(nil)),
		"Apply: the routine was deleted and created again":      golden.Of(model.notWritten("delete", changed(baseline{createTime: "2024-08-01T00:00:00Z"}, false))),
		"Apply: the routine may be another one":                 golden.Of(model.notWritten("update", changed(baseline{}, false))),
		"Apply: the routine serves something else":              golden.Of(model.notWritten("delete", changed(baseline{createTime: existing.CreateTime}, false))),
		"Apply: the description was changed":                    golden.Of(model.notWritten("update", changed(baseline{createTime: existing.CreateTime, description: "a greeting"}, false))),
		"Apply: the routine was created again during the write": golden.Of(model.notWritten("update", changed(baseline{createTime: "2024-08-01T00:00:00Z"}, true))),
		"Apply: the answer to the create is lost":               golden.Of(model.createFailure(lost, true)),
		"Apply: ESA does not show the new routine":              golden.Of(model.notSeen(missing)),
		"Apply: ESA shows another description":                  golden.Of(model.checkDescription(existing)...),
		"Apply: the routine does not exist":                     golden.Of(model.failure("update", missing)),
		"List: the list changes while it is read":               golden.Of(routinesMissing(&esa.RoutineList{})...),
	}.Compare(t, "../testdata/messages/routine.txt")
}
