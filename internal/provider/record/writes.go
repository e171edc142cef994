package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
)

// find returns a record of a routine by its number, nil where there is none.
func find(ctx context.Context, client *esa.Client, routine, recordID string, maxAge time.Duration) (*esa.RelatedRecord, error) {
	list, err := client.RecentRelatedRecords(ctx, routine, maxAge)
	if err != nil {
		return nil, err
	}
	for index := range list.Records {
		if list.Records[index].RecordID == recordID {
			return &list.Records[index], nil
		}
	}
	return nil, nil
}

// create binds a host name to a routine, and returns the record as ESA shows it. One that is there already stops it, unless
// it shows only after an attempt whose answer was lost. A record with an error exists and was not seen.
func create(ctx context.Context, client *esa.Client, input esa.RelatedRecordInput) (*esa.RelatedRecord, error) {
	var recordID string
	written, err := esa.Guard(ctx, client, esa.Write[*esa.RelatedRecord]{
		Operation: "CreateRoutineRelatedRecord",
		Target:    esa.Target{Routine: input.Routine},
		Serial:    "site " + input.SiteID,
		Look: func(ctx context.Context, maxAge time.Duration) (*esa.RelatedRecord, error) {
			list, err := client.RecentRelatedRecords(ctx, input.Routine, maxAge)
			if err != nil {
				return nil, err
			}
			return list.Find(input.SiteID, input.RecordName), nil
		},
		Judge: func(seen *esa.RelatedRecord, over **esa.RelatedRecord) (esa.Verdict, error) {
			switch {
			case seen == nil:
				return esa.Permitted, nil
			case over != nil:
				return esa.Achieved, nil
			default:
				return esa.Conflicting, &existsError{recordID: seen.RecordID}
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) (err error) {
			recordID, err = client.CreateRoutineRelatedRecord(ctx, slot, input)
			return err
		},
	})
	switch {
	case err != nil:
		return nil, err
	case !written.Sent:
		return written.Seen, nil
	}
	var shown *esa.RelatedRecord
	_, err = client.Poll(ctx, esa.LooksAfterWrite, func() (bool, error) {
		list, err := client.ListRoutineRelatedRecords(ctx, input.Routine)
		if err != nil {
			return false, err
		}
		shown = list.Find(input.SiteID, input.RecordName)
		return shown != nil, nil
	})
	if shown == nil && recordID != "" {
		shown = &esa.RelatedRecord{RecordID: recordID, RecordName: input.RecordName, SiteID: input.SiteID}
	}
	if shown == nil && err == nil {
		err = errors.New("ESA accepted the record and does not show it")
	}
	return shown, err
}

// remove takes a host name away from a routine. A record of the same host name under another number is somebody else's.
func remove(ctx context.Context, client *esa.Client, input esa.RelatedRecordInput, recordID string) error {
	_, err := esa.Guard(ctx, client, esa.Write[*esa.RelatedRecord]{
		Operation: "DeleteRoutineRelatedRecord",
		Target:    esa.Target{Routine: input.Routine},
		Serial:    "site " + input.SiteID,
		Look: func(ctx context.Context, maxAge time.Duration) (*esa.RelatedRecord, error) {
			record, err := find(ctx, client, input.Routine, recordID, maxAge)
			if esa.IsRoutineMissing(err) {
				return nil, nil
			}
			return record, err
		},
		Judge: func(seen *esa.RelatedRecord, _ **esa.RelatedRecord) (esa.Verdict, error) {
			if seen == nil {
				return esa.Achieved, nil
			}
			return esa.Permitted, nil
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			err := client.DeleteRoutineRelatedRecord(ctx, slot, input, recordID)
			if esa.IsRecordMissing(err) || esa.IsRoutineMissing(err) {
				return nil
			}
			return err
		},
	})
	return err
}

// existsError stops a create because the routine has the host name already.
type existsError struct {
	recordID string
}

func (e *existsError) Error() string {
	return "there is such a record already: " + e.recordID
}

// failure says why a call about the record did not succeed.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	summary := "Cannot " + verb + " the related record"
	exists, isThere := errors.AsType[*existsError](err)
	switch {
	case isThere:
		return diag.NewErrorDiagnostic("Related record already exists", fmt.Sprintf(
			"The routine %q already answers %q.\n\nTo manage that record, import it:\n\n  import {\n    to = <this resource's address>\n    id = %q\n  }",
			m.Name.ValueString(), m.RecordName.ValueString(), resourceID(m.Name.ValueString(), exists.recordID)))
	case esa.IsRoutineMissing(err):
		return apierror.AttributeDiagnostic(path.Root("name"), summary, err)
	case esa.IsSiteMissing(err):
		return apierror.AttributeDiagnostic(path.Root("site_id"), summary, err)
	default:
		return apierror.Diagnostic(summary, err)
	}
}

// downInBetween warns of a replacement.
func (m resourceModel) downInBetween() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Host name is down during the replacement", fmt.Sprintf(
		"This plan replaces the related record of %q. Terraform deletes it before it creates the new one, and in between no routine answers the host name.\n\n"+
			"To move it without an interruption, send its requests to the new routine with an esa_routine_route first.", m.RecordName.ValueString()))
}
