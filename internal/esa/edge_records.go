package esa

import (
	"context"
	"strings"
)

// edgeRecordPages is the first of the largest pages that ListEdgeRoutineRecords accepts, since it is asked for one name.
var edgeRecordPages = pages[string]{
	what: "records", size: 500, count: 1,
	key: func(recordName string) string { return recordName },
}

type edgeRecordInfo struct{ RecordName string }

type listEdgeRoutineRecordsResponse struct {
	counted

	Records []edgeRecordInfo
}

// IsHostBound reports whether a host name of a site is bound to a routine, whichever that is: ESA does not say.
func (c *Client) IsHostBound(ctx context.Context, siteID, recordName string) (bool, error) {
	call := call{
		operation: "ListEdgeRoutineRecords", target: Target{Site: siteID, Host: recordName},
		isGet: true, parameters: parameters{"SiteId": siteID, "RecordName": recordName, "RecordMatchType": "exact"},
	}
	list, err := listAll(ctx, c, call, edgeRecordPages, func(response *listEdgeRoutineRecordsResponse) ([]string, error) {
		return each(response.Records, func(record edgeRecordInfo) (string, error) { return record.RecordName, nil })
	})
	if err != nil {
		return false, err
	}
	found, err := list.Find(func(name string) bool { return strings.EqualFold(name, recordName) })
	return found != nil, err
}
