package record

import (
	"context"
	"time"

	"terraform-provider-esa/internal/esa"
)

// refreshMaxAge is the maximum age of the list of a routine's records in a read: one call is enough for all of them.
const refreshMaxAge = 15 * time.Second

// serial is the [esa.Write.Serial] of writes to the records and routes of a site.
func serial(siteID string) string {
	return "site " + siteID
}

// find returns a record of a routine, nil if it has no record with this number.
func find(ctx context.Context, client *esa.Client, routine, recordID string, maxAge time.Duration) (*esa.RelatedRecord, error) {
	list, err := client.ListRoutineRelatedRecords(ctx, routine, maxAge)
	if err != nil {
		return nil, err
	}
	return list.Find(func(record esa.RelatedRecord) bool { return record.RecordID == recordID })
}

// binding is the binding of a host name.
type binding struct {
	// record is the record of the routine itself, nil if there is none.
	record *esa.RelatedRecord
	// elsewhere is set if the host name is bound to another routine.
	elsewhere bool
}

// readBinding returns the binding of a host name. Without the permission to list the host names of a site, it knows only the
// records of the routine.
func readBinding(ctx context.Context, client *esa.Client, input esa.RelatedRecordInput, maxAge time.Duration) (binding, error) {
	list, err := client.ListRoutineRelatedRecords(ctx, input.Routine, maxAge)
	if err != nil {
		return binding{}, err
	}
	record, err := list.Find(func(record esa.RelatedRecord) bool { return record.Binds(input.SiteID, input.RecordName) })
	if record != nil || err != nil {
		return binding{record: record}, err
	}
	bound, err := client.IsHostBound(ctx, input.SiteID, input.RecordName)
	if esa.IsPermissionMissing(err) {
		return binding{}, nil
	}
	return binding{elsewhere: bound}, err
}

// create binds a host name to a routine. It fails if the host name is already bound, unless the record of the routine appears
// only after a lost answer. It returns the number of the record, empty if no answer has it, and whether ESA returns the record.
func create(ctx context.Context, client *esa.Client, input esa.RelatedRecordInput) (recordID string, shown bool, err error) {
	written, err := esa.Guard(ctx, client, esa.Write[binding]{
		Operation: "CreateRoutineRelatedRecord",
		Target:    esa.Target{Routine: input.Routine, Site: input.SiteID, Host: input.RecordName},
		Serial:    serial(input.SiteID),
		Read: func(ctx context.Context, maxAge time.Duration) (binding, error) {
			return readBinding(ctx, client, input, maxAge)
		},
		Judge: func(seen binding, over *binding) (esa.Verdict, error) {
			switch {
			case seen.record != nil && over != nil:
				return esa.Achieved, nil
			case seen.record != nil:
				return esa.Conflicting, &existsError{recordID: seen.record.RecordID}
			case seen.elsewhere:
				return esa.Conflicting, &existsError{}
			default:
				return esa.Permitted, nil
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) (err error) {
			recordID, err = client.CreateRoutineRelatedRecord(ctx, slot, input)
			return err
		},
		// The unanswered attempt may have created it. Then the lists show it.
		IsConflict: func(err error, unanswered bool) bool {
			return unanswered && (esa.IsTaken(err) || esa.HasCode(err, "Fail"))
		},
	})
	switch {
	case err != nil:
		return "", false, err
	case !written.Sent:
		return written.Seen.record.RecordID, true, nil
	}
	_, err = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		list, err := client.ListRoutineRelatedRecords(ctx, input.Routine, 0)
		if err != nil {
			return false, err
		}
		// An incomplete list does not show it yet.
		record, _ := list.Find(func(record esa.RelatedRecord) bool { return record.Binds(input.SiteID, input.RecordName) })
		if record != nil {
			recordID, shown = record.RecordID, true
		}
		return shown, nil
	})
	return recordID, shown, err
}

// remove deletes a record, and waits until ESA does not return it any more. It succeeds if the record does not exist. It does not
// delete a record with another number for the same host name, which someone else created.
func remove(ctx context.Context, client *esa.Client, input esa.RelatedRecordInput, recordID string) error {
	present := func(ctx context.Context, maxAge time.Duration) (*esa.RelatedRecord, error) {
		record, err := find(ctx, client, input.Routine, recordID, maxAge)
		if esa.IsRoutineMissing(err) {
			return nil, nil
		}
		return record, err
	}
	written, err := esa.Guard(ctx, client, esa.Write[*esa.RelatedRecord]{
		Operation: "DeleteRoutineRelatedRecord",
		Target:    esa.Target{Routine: input.Routine, Site: input.SiteID, Host: input.RecordName},
		Serial:    serial(input.SiteID),
		Read:      present,
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
		// ESA may answer Fail for a record that no longer exists. The list shows whether it does.
		IsConflict: func(err error, _ bool) bool { return esa.HasCode(err, "Fail") },
	})
	if err != nil || !written.Sent {
		return err
	}
	// The wait only helps a later create of the same host name, so errors are ignored.
	_, _ = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		record, err := present(ctx, 0)
		return err == nil && record == nil, err
	})
	return nil
}

// existsError means that the host name is already bound.
type existsError struct {
	// recordID is the number of the routine's own record, empty if the host name belongs to another routine.
	recordID string
}

func (e *existsError) Error() string {
	return "the host name is bound to a routine already"
}
