package variables

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/golden"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	model := resourceModel{Name: types.StringValue("hello"), Env: types.StringValue(esa.Production)}
	keys := []string{"API_BASE", "TOKEN"}
	refused := &esa.Error{
		Operation: "SetRoutineEnvironmentVariables", Target: esa.Target{Routine: "hello", Environment: esa.Production}, Kind: esa.Refused,
		HTTPStatus: 400, Code: "InvalidParameter", RequestID: "65C1F2A4-58B6-5A3E-8C9D-1D9A4E3E1F11",
	}
	at := path.Root("variables").AtMapKey("1ST")
	golden.Messages{
		"Validate: a key":                           golden.Of(invalidKey(at, "1ST", "must begin with a letter")),
		"Validate: a value":                         golden.Of(invalidValue(at, "GREETING", "must not be empty")),
		"Plan: the environment has variables":       golden.Of(model.exists(keys)),
		"Plan: someone else has set secrets":        golden.Of(model.secretsChanged([]string{"TOKEN"}, times{"TOKEN": "2024-08-20T12:00:00Z"})),
		"Apply: the environment has variables":      golden.Of(model.failure("create", &existsError{keys})),
		"Apply: someone else has changed variables": golden.Of(model.failure("update", &changedError{keys})),
		"Apply: ESA fails some keys":                golden.Of(model.failure("update", &failedKeysError{"set", keys})),
		"Apply: ESA does not show what was set":     golden.Of(model.failure("update", &notShownError{keys})),
		"Apply: ESA refuses":                        golden.Of(model.failure("update", refused)),
	}.Compare(t, "../testdata/messages/variables.txt")
}
