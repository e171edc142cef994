package esasim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Record binds one host name of a site to a routine, with all its requests.
type Record struct {
	// ID is generated if it is empty.
	ID      string `json:"id,omitempty"`
	Routine string `json:"routine"`
	SiteID  string `json:"site_id"`
	// Name is the whole host name.
	Name string `json:"name"`
}

// hostName is a domain name of two labels or more, in lower case.
var hostName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// createRoutineRelatedRecord is CreateRoutineRelatedRecord.
func (s *Simulator) createRoutineRelatedRecord(q *request) (object, *apiError) {
	routine, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	name, err := q.required("RecordName")
	if err != nil {
		return nil, err
	}
	name = strings.ToLower(name)
	site, err := s.activeSite(q)
	if err != nil {
		return nil, err
	}
	if _, err := s.store.find(routine); err != nil {
		return nil, err
	}
	if bad := checkRecordName(name, site); bad != nil {
		return nil, bad
	}
	id := ""
	for _, other := range s.store.records.now {
		if other.Name != name || other.SiteID != site.ID {
			continue
		}
		answer := s.says(RecordTaken)
		if other.Routine == routine {
			answer = s.says(RecordRepeated)
		}
		switch answer {
		case answerRefused:
			return nil, refuse(codeRecordExists, "record %s binds %s to routine %q", other.ID, name, other.Routine)
		case answerOK:
			return object{"RecordId": numberID(other.ID), "Status": "OK"}, nil
		}
		id = other.ID
	}
	if slices.Contains(site.DNSRecords, name) {
		return nil, refuse(codeDependedByOthers, "%s has an ordinary DNS record", name)
	}
	if id == "" {
		id = strconv.FormatInt(s.store.numbers.next(recordID), 10)
	}
	if site.AccessType == "NS" || s.says(RecordOnCNAME) == "made" {
		s.putRecord(Record{ID: id, Routine: routine, SiteID: site.ID, Name: name})
	}
	return object{"RecordId": numberID(id), "Status": "OK"}, nil
}

func checkRecordName(name string, site Site) *apiError {
	if !hostName.MatchString(name) {
		return refuse(codeInvalidParameter, "RecordName is %q, want a host name", name)
	}
	if name != site.Name && !hasDomain(name, site.Name) {
		return refuse(codeInvalidParameter, "%s is not a host name of site %s", name, site.Name)
	}
	return nil
}

// hasDomain reports whether a host name is below a domain.
func hasDomain(host, domain string) bool { return strings.HasSuffix(host, "."+domain) }

func (s *Simulator) putRecord(record Record) {
	s.store.records.change(s.store.nextWrite(), func(records []Record) []Record {
		records = slices.DeleteFunc(records, func(other Record) bool { return other.ID == record.ID })
		return append(records, record)
	})
}

func (s *Simulator) dropRecord(id string) {
	s.store.records.change(s.store.nextWrite(), func(records []Record) []Record {
		return slices.DeleteFunc(records, func(other Record) bool { return other.ID == id })
	})
}

// deleteRoutineRelatedRecord is DeleteRoutineRelatedRecord. All of its parameters must name the same record.
func (s *Simulator) deleteRoutineRelatedRecord(q *request) (object, *apiError) {
	routine, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	name, err := q.required("RecordName")
	if err != nil {
		return nil, err
	}
	id, err := q.id("RecordId")
	if err != nil {
		return nil, err
	}
	site, err := s.site(q)
	if err != nil {
		return nil, err
	}
	if _, err := s.store.find(routine); err != nil {
		return nil, err
	}
	wanted := Record{ID: id, Routine: routine, SiteID: site.ID, Name: strings.ToLower(name)}
	if !slices.Contains(s.store.records.now, wanted) {
		return s.missing(RecordDeleted, "record "+id)
	}
	s.dropRecord(id)
	return object{"Status": "OK"}, nil
}

// listRoutineRelatedRecords is ListRoutineRelatedRecords, oldest first; the keyword is part of a host name.
func (s *Simulator) listRoutineRelatedRecords(q *request) (object, *apiError) {
	routine, err := q.required("Name")
	if err != nil {
		return nil, err
	}
	page, size, err := q.page(100000, 20, 20)
	if err != nil {
		return nil, err
	}
	if _, err := s.store.find(routine); err != nil {
		return nil, err
	}
	keyword := strings.ToLower(q.get("SearchKeyWord"))
	var found []any
	for _, record := range s.store.records.read(q.stale) {
		if record.Routine != routine || !strings.Contains(record.Name, keyword) {
			continue
		}
		found = append(found, object{
			"RecordId":   numberID(record.ID),
			"RecordName": record.Name,
			"SiteId":     numberID(record.SiteID),
			"SiteName":   s.siteName(record.SiteID),
		})
	}
	return object{
		"RelatedRecords": pageOf(found, page, size),
		"TotalCount":     len(found),
		"PageNumber":     page,
		"PageSize":       size,
	}, nil
}

// listEdgeRoutineRecords is ListEdgeRoutineRecords: the host names of a site that are bound to routines, oldest first,
// without their numbers and their routines.
func (s *Simulator) listEdgeRoutineRecords(q *request) (object, *apiError) {
	site, err := s.site(q)
	if err != nil {
		return nil, err
	}
	page, size, err := q.page(100000, 500, 500)
	if err != nil {
		return nil, err
	}
	match, err := q.oneOf("RecordMatchType", "exact", "prefix", "suffix", "fuzzy")
	if err != nil {
		return nil, err
	}
	var found []any
	for _, record := range s.store.records.read(q.stale) {
		if record.SiteID == site.ID && matchesName(record.Name, q.get("RecordName"), match) {
			found = append(found, object{
				"RecordName":  record.Name,
				"RecordCname": record.Name + ".cname.example.invalid",
				"SiteId":      numberID(site.ID),
				"SiteName":    site.Name,
				"CreateTime":  stamp(site.CreateTime),
				"UpdateTime":  stamp(site.CreateTime),
			})
		}
	}
	return object{"Records": pageOf(found, page, size), "TotalCount": len(found), "PageNumber": page, "PageSize": size}, nil
}

func (s *Simulator) siteName(id string) string {
	for _, site := range s.store.sites {
		if site.ID == id {
			return site.Name
		}
	}
	return ""
}

// addRecord adds a record from a seed or a test.
func (s *Simulator) addRecord(record Record) (string, error) {
	at := slices.IndexFunc(s.store.sites, func(site Site) bool { return site.ID == record.SiteID })
	if at < 0 {
		return "", fmt.Errorf("record %q: there is no site %q", record.Name, record.SiteID)
	}
	if _, err := s.store.find(record.Routine); err != nil {
		return "", fmt.Errorf("record %q: %w", record.Name, err)
	}
	if err := checkRecordName(record.Name, s.store.sites[at]); err != nil {
		return "", fmt.Errorf("record %q: %w", record.Name, err)
	}
	if record.ID == "" {
		record.ID = strconv.FormatInt(s.store.numbers.next(recordID), 10)
	}
	if err := s.store.useNumber(recordID, record.ID); err != nil {
		return "", fmt.Errorf("record %q: %w", record.Name, err)
	}
	for _, other := range s.store.records.now {
		if other.ID == record.ID || other.Name == record.Name && other.SiteID == record.SiteID {
			return "", fmt.Errorf("there is a record %s of %s already", other.ID, other.Name)
		}
	}
	s.putRecord(record)
	return record.ID, nil
}
