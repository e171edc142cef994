package codeversion_test

import (
	"fmt"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

// life is a version that is published, replaced by other content, kept, and deleted.
var life = modeltest.Life{
	Address: address,
	Setup:   func(sim *esasim.Simulator) { sim.AddRoutine(routine) },
	Steps: []modeltest.Step{
		{Body: code("one"), Holds: "one available"},
		{Body: code("two"), Holds: "two available"},
		{Holds: ""},
	},
	Holds: func(sim *esasim.Simulator) (holds string) {
		for _, routine := range sim.State().Routines {
			for _, version := range routine.CodeVersions {
				holds += fmt.Sprintf("%s %s", version.Description, version.Status)
			}
		}
		return holds
	},
	// A version that was reserved for a lost answer and deleted; its upload; a version that expired.
	Spare:  4,
	Leaves: true,
	// A plan that deletes the version warns where something serves it, as far as it may read that.
	Dispensable: func(_ int, call *modeltest.Call) bool { return call.Operation == "GetRoutine" },
}

func code(content string) map[string]any {
	return map[string]any{"name": routine, "description": content, "code": "export default " + content}
}

func TestCodeVersionLife(t *testing.T) {
	t.Parallel()
	life.All(t)
}
