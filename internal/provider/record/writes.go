package record

import (
	"context"
	"time"

	"terraform-provider-esa/internal/esa"
)

// refreshMaxAge is how old the list of a routine's records may be that a read uses: one call serves all of them.
const refreshMaxAge = 15 * time.Second

// serial is what writes to the records of a site are serialised over, together with those to its routes.
func serial(siteID string) string {
	return "site " + siteID
}

// find returns a record of a routine by its number, nil if there is none.
func find(ctx context.Context, client *esa.Client, routine, recordID string, maxAge time.Duration) (*esa.RelatedRecord, error) {
	list, err := client.ListRoutineRelatedRecords(ctx, routine, maxAge)
	if err != nil {
		return nil, err
	}
	return list.Find(func(record esa.RelatedRecord) bool { return record.RecordID == recordID })
}

// binding is what a host name is bound to.
type binding struct {
	// record is the record of the routine itself, nil if it has none.
	record *esa.RelatedRecord
	// elsewhere tells that the host name is bound, and not to the routine.
	elsewhere bool
}

// readBinding finds out what a host name is bound to. Where the account may not list the host names of a site, only the records
// of the routine are known.
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

// create binds a host name to a routine. One that is bound already stops it, unless the record of the routine shows only
// after an attempt whose answer was lost. It returns the number of the record, empty if neither an answer nor a list
// has shown it, and whether ESA shows the record.
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
		// The attempt without an answer may have made it; what the lists show then tells.
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
		// One that may be missing from the list is not shown yet.
		record, _ := list.Find(func(record esa.RelatedRecord) bool { return record.Binds(input.SiteID, input.RecordName) })
		if record != nil {
			recordID, shown = record.RecordID, true
		}
		return shown, nil
	})
	return recordID, shown, err
}

// remove takes a host name from a routine, and waits until ESA does not show the record any more. That it is gone already
// is as good. A record of the same host name under another number was created by someone else and stays.
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
		// ESA may say no more than Fail of a record that is gone in the moment of the write; what the list shows then tells.
		IsConflict: func(err error, _ bool) bool { return esa.HasCode(err, "Fail") },
	})
	if err != nil || !written.Sent {
		return err
	}
	// Seeing it gone only keeps a create of the same host name from stumbling over its remains, so what goes wrong here is
	// no failure.
	_, _ = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		record, err := present(ctx, 0)
		return err == nil && record == nil, err
	})
	return nil
}

// existsError stops a create because the host name is bound already.
type existsError struct {
	// recordID is the number of the routine's own record, empty if another routine has the host name.
	recordID string
}

func (e *existsError) Error() string {
	return "the host name is bound to a routine already"
}
