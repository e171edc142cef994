package esasim

import (
	"fmt"
	"slices"
	"strconv"
)

// replicated is a list whose readers may get what was there before its last
// write, which [Stale] makes them. Writers replace the list and never change an
// element of it.
type replicated[T any] struct {
	now, before []T
	// write is the number of the last write, 0 if there was none.
	write int64
}

// read returns the list, or the one before the last write.
func (r *replicated[T]) read(stale bool) []T {
	if r == nil {
		return nil
	}
	if stale && r.write > 0 {
		return r.before
	}
	return r.now
}

// change replaces the list by what edit makes of a copy of it.
func (r *replicated[T]) change(write int64, edit func([]T) []T) {
	r.before, r.now, r.write = r.now, edit(slices.Clone(r.now)), write
}

// nextWrite numbers a write.
func (st *store) nextWrite() int64 {
	st.writes++
	return st.writes
}

// lastWrite is the number of the last write to what a call reads, 0 if there
// was none, for [Stale].
func (st *store) lastWrite(sub subject) int64 {
	switch operations[sub.operation].reads {
	case readsVariables:
		if list := st.variables[environmentKey{sub.routine, sub.env}]; list != nil {
			return list.write
		}
		return 0
	case readsRoutes:
		return st.routes.write
	case readsRecords:
		return st.records.write
	}
	return st.before[sub.routine].write
}

// numbers gives ids with the number of digits that the samples of the API
// reference show, below 2^53, unlike those of code versions and deployments.
type numbers map[string]int64

// The kinds of ids that numbers gives, each with its first one.
const (
	siteID   = "site"
	configID = "config"
	recordID = "record"
)

var firstNumbers = map[string]int64{
	siteID:   54362329990033,
	configID: 352816096987137,
	recordID: 3227405728754049,
}

func (n numbers) next(kind string) int64 {
	n[kind] = max(n[kind]+2, firstNumbers[kind])
	return n[kind]
}

// useNumber checks an id given from outside, and keeps new ones of its kind above it.
func (st *store) useNumber(kind, id string) error {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil || number <= 0 || strconv.FormatInt(number, 10) != id {
		return fmt.Errorf("id must be the digits of a positive whole number, got: %q", id)
	}
	st.numbers[kind] = max(st.numbers[kind], number)
	return nil
}
