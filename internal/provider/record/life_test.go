package record_test

import (
	"fmt"
	"testing"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/modeltest"
)

const site = "54362329990032"

// life is a host name that is bound, bound to another routine, and given up.
var life = modeltest.Life{
	Address: resource,
	Setup: func(sim *esasim.Simulator) {
		sim.AddRoutine("hello")
		sim.AddRoutine("other")
		sim.AddSite(esasim.Site{ID: site, Name: "example.com"})
	},
	Steps: []modeltest.Step{
		{Body: bound("hello"), Holds: "www.example.com to hello "},
		{Body: bound("other"), Holds: "www.example.com to other "},
		{Holds: ""},
	},
	Holds: func(sim *esasim.Simulator) (holds string) {
		for _, record := range sim.Records() {
			holds += fmt.Sprintf("%s to %s ", record.Name, record.Routine)
		}
		return holds
	},
	// An account may be refused the list of a site's host names; the record of another routine is then not seen.
	Dispensable: func(step int, call *modeltest.Call) bool {
		return call.Operation == "ListEdgeRoutineRecords" || step > 0 && call.Applying && call.Operation == "ListRoutineRelatedRecords"
	},
}

func bound(routine string) map[string]any {
	return map[string]any{"site_id": site, "name": routine, "record_name": "www.example.com"}
}

func TestRecordLife(t *testing.T) {
	t.Parallel()
	life.All(t)
	life.Brief().Faults(t)
}

func TestRecordOthers(t *testing.T) {
	t.Parallel()
	acts := map[string]func(*esasim.Simulator){
		"a record of the same name": func(sim *esasim.Simulator) {
			for _, record := range sim.Records() {
				sim.RemoveRecord(record.ID)
			}
			sim.AddRecord(esasim.Record{SiteID: site, Routine: "other", Name: "www.example.com"})
		},
	}
	for step := 2; step <= 3; step++ {
		life.Others(t, step, acts)
	}
}

// TestRecordThatNoListTells is not created where neither list reports whether it is there: the one of the routine lacks something, and
// the account may not see that of the site.
func TestRecordThatNoListTells(t *testing.T) {
	t.Parallel()
	modeltest.InBubble(t, life.Setup, func(tf *modeltest.Terraform) {
		tf.Configure(resource, life.Steps[0].Body)
		tf.Each = func(call *modeltest.Call) modeltest.Mishap {
			switch call.Operation {
			case "ListRoutineRelatedRecords":
				return modeltest.Mishap{Lacking: true}
			case "ListEdgeRoutineRecords":
				return modeltest.Mishap{Fault: esasim.ChosenError}
			}
			return modeltest.Mishap{}
		}
		tf.Expect(tf.Apply(), true, "ESA did not list everything")
		if holds := life.Holds(tf.World.Simulator); holds != "" {
			t.Errorf("created %q", holds)
		}
	})
}
