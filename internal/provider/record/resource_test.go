package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

const resource = "esa_routine_related_record.test"

// workspace starts a simulator with the site example.com and the routines hello and other.
func workspace(t *testing.T, options ...esasim.Option) (simulator *acceptance.Simulated, terraform *acceptance.Workspace, siteID string) {
	t.Helper()
	simulator = acceptance.Simulate(t, options...)
	simulator.AddRoutine("hello")
	simulator.AddRoutine("other")
	siteID = simulator.AddSite(esasim.Site{Name: "example.com"})
	return simulator, simulator.Workspace(t), siteID
}

func record(label, siteID, routine, host string) string {
	return fmt.Sprintf("resource \"esa_routine_related_record\" %q {\n  name = %q\n  site_id = %q\n  record_name = %q\n}\n", label, routine, siteID, host)
}

// TestAccRecordLifecycle creates, imports, replaces and deletes a record.
func TestAccRecordLifecycle(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	terraform.Apply(record("test", siteID, "hello", "www.example.com"), "1 added")
	id := "hello:" + simulator.Records()[0].ID
	acceptance.Expect(t, "forget", terraform.Run("state", "rm", resource), 0)
	acceptance.Expect(t, "create of a record that exists", terraform.Run("apply", "-auto-approve"), 1, "Related record already exists", fmt.Sprintf("id = %q", id))
	for _, bad := range []string{"hello", "hello:www.example.com", ":1"} {
		acceptance.Expect(t, bad, terraform.Run("import", resource, bad), 1, "Invalid import id")
	}
	acceptance.Expect(t, "import", terraform.Run("import", resource, id), 0)
	acceptance.Expect(t, "plan after the import", terraform.Run("plan", "-detailed-exitcode"), 0)

	simulator.ResetLog()
	terraform.Apply(record("test", siteID, "hello", "WWW.Example.com"), "1 changed")
	if writes := simulator.Count("CreateRoutineRelatedRecord") + simulator.Count("DeleteRoutineRelatedRecord"); writes != 0 {
		t.Errorf("another letter case made %d writes", writes)
	}
	terraform.Configure(record("test", siteID, "other", "www.example.com"))
	acceptance.Expect(t, "plan of another routine", terraform.Run("plan"), 0, "must be replaced", "Host name is unavailable during the replacement", `"WWW.Example.com"`)
	terraform.Apply(record("test", siteID, "other", "www.example.com"), "1 added, 0 changed, 1 destroyed")
	terraform.Configure(record("test", siteID, "other", "api.example.com"))
	acceptance.Expect(t, "plan of another host name", terraform.Run("plan"), 0, "must be replaced", "Host name will be removed")
	terraform.Apply(record("test", siteID, "other", "api.example.com"))
	if records := simulator.Records(); len(records) != 1 || records[0].Name != "api.example.com" || records[0].Routine != "other" {
		t.Errorf("ESA has %+v", records)
	}
	simulator.RemoveRecord(simulator.Records()[0].ID)
	acceptance.Expect(t, "plan after a removal", terraform.Run("plan"), 0, "1 to add")
	terraform.Apply(record("test", siteID, "other", "api.example.com"), "1 added")
	simulator.RemoveRoutine("other")
	acceptance.Expect(t, "plan after the removal of the routine", terraform.Run("plan"), 0, "1 to add")
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
}

// TestAccRecordMadeAnew keeps a saved destroy plan from the record that someone created in place of the one that it is about.
func TestAccRecordMadeAnew(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	terraform.Apply(record("test", siteID, "hello", "www.example.com"))
	planned := simulator.Records()[0]
	acceptance.Expect(t, "plan of a destroy", terraform.Run("plan", "-destroy", "-out=saved"), 0)
	simulator.RemoveRecord(planned.ID)
	planned.ID = ""
	anew := simulator.AddRecord(planned)
	acceptance.Expect(t, "the saved destroy", terraform.Run("apply", "saved"), 0)
	if records := simulator.Records(); len(records) != 1 || records[0].ID != anew {
		t.Errorf("ESA has %+v, want record %s", records, anew)
	}
	if calls := simulator.Count("DeleteRoutineRelatedRecord"); calls != 0 {
		t.Errorf("%d calls of DeleteRoutineRelatedRecord", calls)
	}
}

// TestAccRecordAnswers lives the life of a record with every answer to every question, and loses the answer to each write.
func TestAccRecordAnswers(t *testing.T) {
	t.Parallel()
	unsettled := []esasim.Question{esasim.RecordDeleted, esasim.RecordRepeated, esasim.RecordTaken, esasim.RoutineWithRecords, esasim.SiteMissing, esasim.PostedQueries}
	for run := range 2 { // every answer goes through the life of the object, in process
		options, names := []esasim.Option{}, []string{}
		for _, question := range unsettled {
			answer := question.Answers()[run%len(question.Answers())]
			options, names = append(options, esasim.WithAnswer(question, answer)), append(names, answer)
		}
		t.Run(strings.Join(names, ","), func(t *testing.T) {
			t.Parallel()
			simulator, terraform, siteID := workspace(t, options...)
			lose := func(operation string) {
				simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.ResetAfter, Times: 1})
			}
			lose("CreateRoutineRelatedRecord")
			terraform.Apply(record("test", siteID, "hello", "www.example.com"), "1 added")
			lose("DeleteRoutineRelatedRecord")
			terraform.Apply(record("test", siteID, "other", "www.example.com"), "1 added, 0 changed, 1 destroyed")

			// A host name of another routine is not taken from it, whatever ESA would make of that.
			taken := simulator.AddRecord(esasim.Record{Routine: "other", SiteID: siteID, Name: "taken.example.com"})
			terraform.Configure(record("test", siteID, "other", "www.example.com") + record("second", siteID, "hello", "taken.example.com"))
			acceptance.Expect(t, "apply over another routine's host name", terraform.Run("apply", "-auto-approve"), 1, "Host name is bound to another routine", "Nothing was changed.")
			if !slices.Contains(simulator.Records(), esasim.Record{ID: taken, Routine: "other", SiteID: siteID, Name: "taken.example.com"}) {
				t.Errorf("ESA has %+v", simulator.Records())
			}

			// It is gone in the very moment of the deletion.
			simulator.Inject(esasim.Rule{Operation: "DeleteRoutineRelatedRecord", Fault: esasim.Throttled, Times: 1, Then: func() { simulator.RemoveRecord(taken) }})
			terraform.Configure("")
			acceptance.Expect(t, "destroy", terraform.Run("apply", "-auto-approve"), 0, "1 destroyed")
			if left := simulator.Records(); len(left) != 0 {
				t.Errorf("left: %+v", left)
			}
			if left := simulator.Rules(); len(left) != 0 {
				t.Errorf("%d faults did not happen: %v", len(left), left)
			}
			terraform.Apply(record("test", siteID, "hello", "www.example.com"))
			simulator.RemoveSite(siteID)
			acceptance.Expect(t, "plan after the site is gone", terraform.Run("plan"), 0, "1 to add")
			acceptance.Expect(t, "apply without the site", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the related record", "site_id")
		})
	}
}

// TestAccRecordRefused says what is wrong where ESA refuses a record, with the Status Fail as well, and keeps no state of it.
func TestAccRecordRefused(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t, esasim.WithAnswer(esasim.RecordOnCNAME, "none"))
	simulator.AddRecord(esasim.Record{Routine: "hello", SiteID: siteID, Name: "kept.example.com"})
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineRelatedRecord", Fault: esasim.ChosenAnswer, Work: esasim.WorkUndone, Times: 1, Body: `{"RequestId":"1","Status":"Fail"}`})
	terraform.Configure(record("test", siteID, "hello", "www.example.com"))
	acceptance.Expect(t, "the Status Fail", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the related record", "Code: Fail", "Host name: www.example.com")

	dns := simulator.AddSite(esasim.Site{Name: "example.org", DNSRecords: []string{"www.example.org"}})
	terraform.Configure(record("test", dns, "hello", "www.example.org"))
	acceptance.Expect(t, "a DNS record", terraform.Run("apply", "-auto-approve"), 1, "DependedByOthers", "may have a DNS record of this host name already")

	byCNAME := simulator.AddSite(esasim.Site{Name: "example.net", AccessType: "CNAME"})
	terraform.Configure(record("test", byCNAME, "hello", "www.example.net"))
	acceptance.Expect(t, "a site that gets no record", terraform.Run("apply", "-auto-approve"), 1, "Related record not found after creation", "A site with CNAME access may not support related records")

	terraform.Configure(record("test", siteID, "nobody", "www.example.com"))
	acceptance.Expect(t, "no such routine", terraform.Run("apply", "-auto-approve"), 1, "Cannot create the related record", "ESA has no routine of this name")
	for _, host := range []string{"www", "https://www.example.com", "www.example.com/", "www.example.com.", "www..com", ""} {
		terraform.Configure(record("test", siteID, "hello", host))
		acceptance.Expect(t, host, terraform.Run("validate"), 1, "record_name")
	}
	if records := simulator.Records(); len(records) != 1 {
		t.Errorf("ESA has %+v", records)
	}
}

// TestAccRecordPermissions creates a record where the account may not list the host names of a site.
func TestAccRecordPermissions(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	simulator.Inject(esasim.Rule{Operation: "ListEdgeRoutineRecords", Fault: esasim.ChosenError})
	terraform.Apply(record("test", siteID, "hello", "www.example.com"), "1 added")
}

// TestAccRecordLateReads answers what was there before the write.
func TestAccRecordLateReads(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t)
	late := func(operation string, times int) {
		simulator.Inject(esasim.Rule{Operation: operation, Fault: esasim.Stale, Times: times})
	}
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineRelatedRecord", Fault: esasim.ResetAfter, Times: 1})
	late("ListRoutineRelatedRecords", esa.ReadsAtConflict-1)
	terraform.Apply(record("test", siteID, "hello", "www.example.com"))
	late("ListRoutineRelatedRecords", 2)
	late("ListEdgeRoutineRecords", 1)
	terraform.Apply(record("test", siteID, "other", "www.example.com"), "1 added, 0 changed, 1 destroyed")
	if records := simulator.Records(); len(records) != 1 || records[0].Routine != "other" {
		t.Errorf("ESA has %+v", records)
	}
}

// TestAccRecordManyRecords refreshes the records of a routine with one list, and finds those beyond its first page.
func TestAccRecordManyRecords(t *testing.T) {
	t.Parallel()
	simulator, terraform, siteID := workspace(t, esasim.WithWriteLock())
	terraform.Configure(fmt.Sprintf("resource \"esa_routine_related_record\" \"test\" {\n  count = 30\n  name = \"hello\"\n  site_id = %q\n  record_name = \"h${count.index}.example.com\"\n}\n", siteID))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0, "30 added")
	if refused := simulator.ErrorCounts(); len(refused) != 0 {
		t.Errorf("ESA has refused %v", refused)
	}
	simulator.ResetLog()
	acceptance.Expect(t, "plan", terraform.Run("plan", "-detailed-exitcode"), 0)
	// Two pages, and the first one again, which proves that nothing moved meanwhile.
	if counts := simulator.Counts(); counts["ListRoutineRelatedRecords"] != 3 || len(counts) != 1 {
		t.Errorf("a plan calls %v, want ListRoutineRelatedRecords 3 times", counts)
	}
}
