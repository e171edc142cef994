package route

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
	"terraform-provider-esa/internal/provider/framework"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	model := resourceModel{
		SiteID: types.StringValue("54362329990032"), ConfigID: types.StringValue("352816096987136"),
		RoutineName: types.StringValue("hello"), RouteName: types.StringValue("greeting"),
	}
	off, sequence, other := false, 2, 5
	seen := &esa.Route{
		ConfigID: "352816096987136", SiteID: "54362329990032", RoutineName: "hello", RouteName: "greeting",
		Rule: `(http.host eq "www.example.com")`, Enabled: true, Bypass: &off, Sequence: &other, Timeout: 30,
	}
	goal := esa.RouteInput{SiteID: seen.SiteID, RoutineName: "hello", RouteName: "greeting", Rule: `(http.host eq "example.com")`, Enabled: true, Sequence: &sequence}
	refused := &esa.Error{
		Operation: "CreateRoutineRoute", Target: esa.Target{Routine: "hello", Site: seen.SiteID}, Kind: esa.Refused, HTTPStatus: 400,
		Code: "CompileRuleError", Message: "The rule is invalid.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11",
	}
	golden.Messages{
		"Apply: the route exists":                 golden.Of(model.failure("create", &existsError{seen.ConfigID})),
		"Apply: the route was deleted":            golden.Of(model.failure("update", &changedError{})),
		"Apply: the route was changed":            golden.Of(model.failure("delete", &changedError{seen})),
		"Apply: ESA refuses the rule":             golden.Of(model.failure("create", refused)),
		"Apply: ESA does not show the new route":  golden.Of(model.notSeen(nil)),
		"Apply: ESA shows another route":          golden.Of(checkShown(seen, goal)...),
		"List: the list changes while it is read": golden.Of(framework.Incomplete(esa.List[esa.Route]{}, "routes", "")...),
	}.Compare(t, "../testdata/messages/route.txt")
}
