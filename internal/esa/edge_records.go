package esa

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// edgeRecordPageSize is the most that ListEdgeRoutineRecords accepts as PageSize.
const edgeRecordPageSize = 500

// The operation is a GET, so its parameters are in the query.
type listEdgeRoutineRecordsRequest struct {
	*requests.RpcRequest
	SiteID          string `position:"Query" name:"SiteId"`
	RecordName      string `position:"Query" name:"RecordName"`
	RecordMatchType string `position:"Query" name:"RecordMatchType"`
	PageNumber      string `position:"Query" name:"PageNumber"`
	PageSize        string `position:"Query" name:"PageSize"`
}

type listEdgeRoutineRecordsResponse struct {
	answer
	Records    []struct{ RecordName string }
	TotalCount string
}

// IsHostBound tells whether a host name of a site is bound to a routine, whichever that is: ESA does not say.
func (c *Client) IsHostBound(ctx context.Context, siteID, recordName string) (bool, error) {
	return read(ctx, c, Target{Site: siteID, Host: recordName},
		func() requests.AcsRequest {
			request := &listEdgeRoutineRecordsRequest{
				RpcRequest: newRPCRequest("ListEdgeRoutineRecords"), SiteID: siteID, RecordName: recordName, RecordMatchType: "exact",
				PageNumber: "1", PageSize: strconv.Itoa(edgeRecordPageSize),
			}
			request.Method = requests.GET
			return request
		},
		func() *listEdgeRoutineRecordsResponse { return &listEdgeRoutineRecordsResponse{answer: newAnswer()} },
		func(response *listEdgeRoutineRecordsResponse) (bool, error) {
			total, err := strconv.Atoi(response.TotalCount)
			if err != nil || response.Records == nil && total > 0 {
				return false, fmt.Errorf("it counts %q records and lists %d", response.TotalCount, len(response.Records))
			}
			for _, record := range response.Records {
				if strings.EqualFold(record.RecordName, recordName) {
					return true, nil
				}
			}
			return false, nil
		},
	)
}
