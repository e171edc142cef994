package esa_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// TestRecords goes through the life of more records than a page has, with ids in either form.
func TestRecords(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]esasim.Rule{"numbers": nil, "text": {{Fault: esasim.TextIDs}}, "reversed": {{Fault: esasim.Reversed}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator, site := simulateSite(t)
			simulator.Inject(faults...)
			client := newClient(t, simulator.URL)
			made := map[string]string{}
			for number := range 45 {
				host := fmt.Sprintf("h%02d.example.com", number)
				id, err := client.CreateRoutineRelatedRecord(t.Context(), client.TakeSlot(), esa.RelatedRecordInput{Routine: routine, SiteID: site, RecordName: host})
				if err != nil || id == "" {
					t.Fatalf("got %q, %v", id, err)
				}
				made[host] = id
			}
			list, err := client.ListRoutineRelatedRecords(t.Context(), routine, 0)
			if err != nil || len(list.Known) != 45 || !list.Complete {
				t.Fatalf("%d records, %v", len(list.Known), err)
			}
			for host, id := range made {
				if found := recordOf(list, site, host); found == nil || found.RecordID != id || found.SiteName != "example.com" {
					t.Errorf("%s is %+v, want number %s", host, found, id)
				}
			}
			if recordOf(list, site, "H01.example.com") == nil || recordOf(list, "7", "h01.example.com") != nil || recordOf(list, site, "none.example.com") != nil {
				t.Error("Find does not go by site and host name")
			}
			input := esa.RelatedRecordInput{Routine: routine, SiteID: site, RecordName: "h07.example.com"}
			if err := client.DeleteRoutineRelatedRecord(t.Context(), client.TakeSlot(), input, made["h07.example.com"]); err != nil || len(simulator.Records()) != 44 {
				t.Errorf("got %v, left %d", err, len(simulator.Records()))
			}
		})
	}
}

// TestRecordsThatAreGone are recognised where ESA has a code for it; the Status Fail is a failure whatever the HTTP status.
func TestRecordsThatAreGone(t *testing.T) {
	t.Parallel()
	for _, answer := range esasim.RecordDeleted.Answers() {
		simulator, site := simulateSite(t, esasim.WithAnswer(esasim.RecordDeleted, answer))
		input := esa.RelatedRecordInput{Routine: routine, SiteID: site, RecordName: "www.example.com"}
		err := newClient(t, simulator.URL).DeleteRoutineRelatedRecord(t.Context(), newClient(t, simulator.URL).TakeSlot(), input, "7")
		switch answer {
		case "ok":
			if err != nil {
				t.Errorf("ok: %v", err)
			}
		case "fail":
			failure, ok := errors.AsType[*esa.Error](err)
			if !ok || failure.Code != "Fail" || failure.RequestID == "" || failure.Retryable() || esa.IsRecordMissing(err) {
				t.Errorf("fail: %v", err)
			}
		default:
			if !esa.IsRecordMissing(err) {
				t.Errorf("%s: %v", answer, err)
			}
		}
	}
	simulator, site := simulateSite(t)
	simulator.Inject(esasim.Rule{Operation: "CreateRoutineRelatedRecord", Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","Status":"Fail","RecordId":1}`})
	input := esa.RelatedRecordInput{Routine: routine, SiteID: site, RecordName: "www.example.com"}
	if id, err := newClient(t, simulator.URL).CreateRoutineRelatedRecord(t.Context(), newClient(t, simulator.URL).TakeSlot(), input); id != "" || !esa.HasCode(err, "Fail") {
		t.Errorf("create: %q, %v", id, err)
	}
}

// TestRecordsOfARoutineShareACall until one of them is written.
func TestRecordsOfARoutineShareACall(t *testing.T) {
	t.Parallel()
	simulator, site := simulateSite(t)
	client := newClient(t, simulator.URL)
	for range 3 {
		if _, err := client.ListRoutineRelatedRecords(t.Context(), routine, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if calls := simulator.Count("ListRoutineRelatedRecords"); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	if _, err := client.CreateRoutineRelatedRecord(t.Context(), client.TakeSlot(), esa.RelatedRecordInput{Routine: routine, SiteID: site, RecordName: "www.example.com"}); err != nil {
		t.Fatal(err)
	}
	list, err := client.ListRoutineRelatedRecords(t.Context(), routine, time.Hour)
	if err != nil || recordOf(list, site, "www.example.com") == nil {
		t.Errorf("after a write the list is %+v, %v", list, err)
	}
}

// TestSitesNamed finds a site by its exact name, however ESA searches.
func TestSitesNamed(t *testing.T) {
	t.Parallel()
	for _, search := range esasim.SiteNameSearch.Answers() {
		for _, post := range esasim.PostedQueries.Answers() {
			simulator, site := simulateSite(t, esasim.WithAnswer(esasim.SiteNameSearch, search), esasim.WithAnswer(esasim.PostedQueries, post))
			simulator.AddSite(esasim.Site{Name: "example.com.cn"})
			moved := simulator.AddSite(esasim.Site{Name: "example.com", Status: "moved", AccessType: "CNAME"})
			found, err := newClient(t, simulator.URL).SitesNamed(t.Context(), "Example.com")
			if err != nil || len(found) != 2 || found[0].SiteID != site || found[0].Status != esa.SiteActive || len(found[0].NameServers) != 2 ||
				found[1].SiteID != moved || len(found[1].NameServers) != 0 {
				t.Errorf("found %+v, %v", found, err)
			}
			if none, err := newClient(t, simulator.URL).SitesNamed(t.Context(), "example"); err != nil || len(none) != 0 {
				t.Errorf("a part of the name finds %v, %v", none, err)
			}
		}
	}
}

// TestBrokenGets are made again, although net/http repeats a GET with the same signature, which ESA refuses.
func TestBrokenGets(t *testing.T) {
	t.Parallel()
	simulator, site := simulateSite(t)
	client := newClient(t, simulator.URL)
	// The connection that breaks is one that was used before.
	if _, err := client.SitesNamed(t.Context(), "example.com"); err != nil {
		t.Fatal(err)
	}
	simulator.Inject(esasim.Rule{Operation: "ListSites", Fault: esasim.ResetAfter, Times: 1}, esasim.Rule{Operation: "ListEdgeRoutineRecords", Fault: esasim.ResetAfter, Times: 1})
	if found, err := client.SitesNamed(t.Context(), "example.com"); err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
	if bound, err := client.IsHostBound(t.Context(), site, "www.example.com"); err != nil || bound {
		t.Errorf("bound: %t, %v", bound, err)
	}
}

// TestIsHostBound tells by the exact host name, whichever routine it is bound to.
func TestIsHostBound(t *testing.T) {
	t.Parallel()
	simulator, site := simulateSite(t)
	other := simulator.AddSite(esasim.Site{Name: "example.org"})
	simulator.AddRecord(esasim.Record{Routine: routine, SiteID: site, Name: "www.example.com"})
	for host, want := range map[string]bool{"www.example.com": true, "WWW.example.com": true, "ww.example.com": false, "example.com": false} {
		if bound, err := newClient(t, simulator.URL).IsHostBound(t.Context(), site, host); err != nil || bound != want {
			t.Errorf("%s: %t, %v", host, bound, err)
		}
	}
	if bound, err := newClient(t, simulator.URL).IsHostBound(t.Context(), other, "www.example.com"); err != nil || bound {
		t.Errorf("in another site: %t, %v", bound, err)
	}
	if _, err := newClient(t, simulator.URL).IsHostBound(t.Context(), "7", "www.example.com"); !esa.IsSiteMissing(err) {
		t.Errorf("no such site: %v", err)
	}
	simulator.Inject(esasim.Rule{Operation: "ListEdgeRoutineRecords", Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1"}`, Times: 1})
	if bound, err := newClient(t, simulator.URL).IsHostBound(t.Context(), site, "www.example.com"); err != nil || !bound {
		t.Errorf("after an answer without a list: %t, %v", bound, err)
	}
}

// TestStagingAddresses are those that ESA lists; an answer without any is not one.
func TestStagingAddresses(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutineStagingEnvIp", Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1"}`, Times: 1})
	addresses, err := newClient(t, simulator.URL).GetRoutineStagingEnvIP(t.Context())
	if err != nil || len(addresses) != 1 || addresses[0] != "192.0.2.1" || simulator.Count("GetRoutineStagingEnvIp") != 2 {
		t.Errorf("got %v, %v after %d calls", addresses, err, simulator.Count("GetRoutineStagingEnvIp"))
	}
}

// recordOf returns the record of a host name, nil if the list has none.
func recordOf(list *esa.List[esa.RelatedRecord], siteID, host string) *esa.RelatedRecord {
	found, _ := list.Find(func(record esa.RelatedRecord) bool { return record.Binds(siteID, host) })
	return found
}
