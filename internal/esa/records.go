package esa

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// RelatedRecord binds one host name of a site to a routine.
type RelatedRecord struct {
	// RecordID is its number.
	RecordID string
	// RecordName is the host name.
	RecordName string
	// SiteID is the number of the site.
	SiteID string
	// SiteName is the site's domain.
	SiteName string
}

// RelatedRecordInput are the parameters to create and delete a record.
type RelatedRecordInput struct {
	// Routine is the parameter Name.
	Routine string
	// SiteID is the number of the site that the host name belongs to.
	SiteID string
	// RecordName is the whole host name.
	RecordName string
}

type relatedRecordResponse struct {
	answer
	RecordID string `json:"RecordId"`
	Status   string
}

// CreateRoutineRelatedRecord binds a host name to a routine and returns the number of the record, empty if ESA does not return
// it. It makes one attempt, like [Client.CreateRoutine]: the effect of another one is not documented, so after a lost answer the
// records of the routine show whether it is needed.
func (c *Client) CreateRoutineRelatedRecord(ctx context.Context, slot *Slot, input RelatedRecordInput) (recordID string, err error) {
	return c.writeRecord(ctx, slot, "CreateRoutineRelatedRecord", input, "")
}

// DeleteRoutineRelatedRecord deletes a record. It makes one attempt, like [Client.CreateRoutine], and another one does no harm.
// See [IsRecordMissing] for a record that does not exist.
func (c *Client) DeleteRoutineRelatedRecord(ctx context.Context, slot *Slot, input RelatedRecordInput, recordID string) error {
	_, err := c.writeRecord(ctx, slot, "DeleteRoutineRelatedRecord", input, recordID)
	return err
}

// writeRecord makes one attempt. The reference has SiteId of the deletion in the query, which ESA does not insist on.
func (c *Client) writeRecord(ctx context.Context, slot *Slot, operation string, input RelatedRecordInput, recordID string) (string, error) {
	call := call{
		operation: operation, target: Target{Routine: input.Routine, Site: input.SiteID, Host: input.RecordName},
		parameters: parameters{"Name": input.Routine, "SiteId": input.SiteID, "RecordId": recordID, "RecordName": input.RecordName}.given(),
	}
	response, err := once(ctx, c, slot, call, func(response *relatedRecordResponse) (*relatedRecordResponse, error) { return response, nil })
	if err != nil {
		return "", err
	}
	// ESA refuses with the Status Fail as well, in an answer with HTTP status 200.
	if response.Status != "" && !strings.EqualFold(response.Status, "OK") {
		return "", &Error{
			Operation: operation, Target: call.target, Kind: Refused, HTTPStatus: http.StatusOK, Code: shorten(response.Status),
			Message: "ESA answered this Status and no reason", RequestID: response.RequestID,
		}
	}
	return response.RecordID, nil
}

// IsRecordMissing reports whether err can be read as "no such record". How ESA says that is not documented beyond a code that
// ends in NotExist or NotFound; with any other answer, [Client.ListRoutineRelatedRecords] settles it.
func IsRecordMissing(err error) bool {
	return isMissing(err)
}

// recordPages has the largest pages that ListRoutineRelatedRecords accepts; count ends the reading of a list that does not end.
var recordPages = pages[RelatedRecord]{
	what: "records", size: 20, count: 500,
	key: func(record RelatedRecord) string { return record.RecordID },
}

// relatedRecordInfo is a record in the format of the ESA API.
type relatedRecordInfo struct {
	RecordID   string `json:"RecordId"`
	RecordName string
	SiteID     string `json:"SiteId"`
	SiteName   string
}

type listRoutineRelatedRecordsResponse struct {
	counted

	RelatedRecords []relatedRecordInfo
}

// Binds reports whether this is the record of a host name, in any letter case.
func (r RelatedRecord) Binds(siteID, recordName string) bool {
	return r.SiteID == siteID && strings.EqualFold(r.RecordName, recordName)
}

// ListRoutineRelatedRecords returns the records of a routine. It may use an answer that is up to maxAge old, so that one call is
// enough for all records of a routine, but never one from before a write of this client to the routine's records. Callers share
// the result and must not change it.
func (c *Client) ListRoutineRelatedRecords(ctx context.Context, routine string, maxAge time.Duration) (*List[RelatedRecord], error) {
	call := call{operation: "ListRoutineRelatedRecords", target: Target{Routine: routine}, parameters: parameters{"Name": routine}}
	return c.relatedRecords.get(ctx, call, maxAge, func(ctx context.Context) (*List[RelatedRecord], error) {
		return listAll(ctx, c, call, recordPages, func(response *listRoutineRelatedRecordsResponse) ([]RelatedRecord, error) {
			return each(response.RelatedRecords, func(record relatedRecordInfo) (RelatedRecord, error) {
				if record.RecordID == "" || record.RecordName == "" || record.SiteID == "" {
					return RelatedRecord{}, errors.New("it has a record without a RecordId, RecordName or SiteId")
				}
				return RelatedRecord(record), nil
			})
		})
	})
}
