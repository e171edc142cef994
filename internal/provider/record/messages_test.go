package record

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
	"terraform-provider-esa/internal/provider/framework"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	model := resourceModel{Name: types.StringValue("hello"), SiteID: types.StringValue("54362329990032"), RecordName: types.StringValue("www.example.com")}
	dependent := &esa.Error{
		Operation: "CreateRoutineRelatedRecord", Target: esa.Target{Routine: "hello", Site: "54362329990032", Host: "www.example.com"}, Kind: esa.Refused,
		HTTPStatus: 400, Code: "DependedByOthers", Message: "The record is in use.", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11",
	}
	golden.Messages{
		"Plan: the record is replaced by one of another routine":       golden.Of(model.downInBetween()),
		"Plan: the record is replaced by one of another host name":     golden.Of(model.leftBehind()),
		"Apply: the record exists":                                     golden.Of(model.failure("create", &existsError{"509348423011904"})),
		"Apply: another routine has the host name":                     golden.Of(model.failure("create", &existsError{})),
		"Apply: the site has a DNS record of this name":                golden.Of(model.failure("create", dependent)),
		"Apply: ESA does not show the new record":                      golden.Of(model.notSeen(false, nil)),
		"Apply: ESA does not show the new record, its number is known": golden.Of(model.notSeen(true, dependent)),
		"List: the list changes while it is read":                      golden.Of(framework.Incomplete(esa.List[esa.RelatedRecord]{}, "related records", "")...),
	}.Compare(t, "../testdata/messages/related-record.txt")
}
