package esa

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// movingList is a list that changes between any two of its pages.
type movingList struct {
	keys  []int
	next  int
	calls int
	// ever holds every key that was there, and always those that were there the whole time.
	ever, always map[int]bool
}

func newMovingList(length int) *movingList {
	list := &movingList{ever: map[int]bool{}, always: map[int]bool{}}
	for range length {
		list.keys = append(list.keys, list.next)
		list.ever[list.next], list.always[list.next] = true, true
		list.next++
	}
	return list
}

// change adds, removes or moves one key. A key that is gone does not come back.
func (l *movingList) change(t *rapid.T) {
	switch rapid.SampledFrom([]string{"add", "remove", "replace", "move"}).Draw(t, "change") {
	case "add":
		l.add(t)
	case "remove":
		l.remove(t)
	case "replace":
		l.remove(t)
		l.add(t)
	case "move":
		if len(l.keys) == 0 {
			return
		}
		at := rapid.IntRange(0, len(l.keys)-1).Draw(t, "from")
		key := l.keys[at]
		l.keys = slices.Delete(l.keys, at, at+1)
		l.keys = slices.Insert(l.keys, rapid.IntRange(0, len(l.keys)).Draw(t, "to"), key)
	}
}

func (l *movingList) add(t *rapid.T) {
	l.keys = slices.Insert(l.keys, rapid.IntRange(0, len(l.keys)).Draw(t, "add at"), l.next)
	l.ever[l.next] = true
	l.next++
}

func (l *movingList) remove(t *rapid.T) {
	if len(l.keys) == 0 {
		return
	}
	at := rapid.IntRange(0, len(l.keys)-1).Draw(t, "remove at")
	delete(l.always, l.keys[at])
	l.keys = slices.Delete(l.keys, at, at+1)
}

// pages returns the list as an operation, before each page of which something may happen.
func (l *movingList) pages(size, count int, before func()) pages[int] {
	return pages[int]{
		size: size, count: count,
		key: func(key int) string { return fmt.Sprint(key) },
		page: func(_ context.Context, number int) ([]int, int, error) {
			before()
			l.calls++
			from := min((number-1)*size, len(l.keys))
			return slices.Clone(l.keys[from:min(from+size, len(l.keys))]), len(l.keys), nil
		},
	}
}

// TestCompleteListMissesNothing lists what changes arbitrarily between its pages: whatever was there all the time is in
// a list that says that it is complete.
func TestCompleteListMissesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size, count := rapid.IntRange(1, 4).Draw(t, "size"), rapid.IntRange(1, 4).Draw(t, "pages")
		moving := newMovingList(rapid.IntRange(0, size*count+2).Draw(t, "length"))
		listed, err := moving.pages(size, count, func() {
			for range rapid.IntRange(0, 2).Draw(t, "changes") {
				moving.change(t)
			}
		}).list(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items := listed.Known
		if moving.calls > listReadings*count {
			t.Errorf("%d calls, want at most %d readings of %d pages", moving.calls, listReadings, count)
		}
		seen := map[int]bool{}
		for _, key := range items {
			if seen[key] || !moving.ever[key] {
				t.Errorf("%d comes twice or was never there", key)
			}
			seen[key] = true
		}
		if !listed.Complete {
			return
		}
		if len(items) != listed.Total || listed.Truncated {
			t.Errorf("%d items of %d, truncated: %t, in a complete list", len(items), listed.Total, listed.Truncated)
		}
		for key := range moving.always {
			if !seen[key] {
				t.Errorf("%d was there all the time and is missing from a list that says that it is complete: %v", key, items)
			}
		}
	})
}

// TestQuietListIsComplete lists what does not change: completely where the operation reaches it, in one call where it
// has one page, and with one more look at the earlier pages where it has more.
func TestQuietListIsComplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size, count := rapid.IntRange(1, 4).Draw(t, "size"), rapid.IntRange(1, 4).Draw(t, "pages")
		length := rapid.IntRange(0, size*count+2).Draw(t, "length")
		quiet := newMovingList(length)
		listed, err := quiet.pages(size, count, func() {}).list(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items, reached := listed.Known, min(length, size*count)
		if len(items) != reached || listed.Total != length || listed.Complete != (reached == length) || listed.Truncated == listed.Complete {
			t.Errorf("%d items, %+v, want %d of %d", len(items), listed, reached, length)
		}
		pages := max(1, (reached+size-1)/size)
		calls := 2*pages - 1
		if listed.Truncated {
			calls = pages
		}
		if quiet.calls != calls {
			t.Errorf("%d calls for %d pages, want %d", quiet.calls, pages, calls)
		}
	})
}

// TestListIsReadAgain holds the pager against each way in which pages do not fit together.
func TestListIsReadAgain(t *testing.T) {
	t.Parallel()
	type change = func(keys []int) []int
	for name, test := range map[string]struct {
		change change
		calls  int
		want   []int
	}{
		"nothing changes":                     {func(keys []int) []int { return keys }, 3, []int{0, 1, 2, 3}},
		"one is deleted":                      {func(keys []int) []int { return keys[1:] }, 5, []int{1, 2, 3}},
		"one is added":                        {func(keys []int) []int { return append([]int{9}, keys...) }, 8, []int{9, 0, 1, 2, 3}},
		"one is replaced by one at the end":   {func(keys []int) []int { return append(slices.Clone(keys[1:]), 9) }, 5, []int{1, 2, 3, 9}},
		"the last is replaced by a new first": {func(keys []int) []int { return append([]int{9}, keys[:3]...) }, 6, []int{9, 0, 1, 2}},
		"the order turns round": {func(keys []int) []int {
			keys = slices.Clone(keys)
			slices.Reverse(keys)
			return keys
		}, 6, []int{3, 2, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moving := newMovingList(4)
			listed, err := moving.pages(2, 3, func() {
				if moving.calls == 1 {
					moving.keys = test.change(moving.keys)
				}
			}).list(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			items := listed.Known
			if !listed.Complete || !slices.Equal(items, test.want) || listed.Total != len(test.want) {
				t.Errorf("list is %v, %+v, want %v, complete", items, listed, test.want)
			}
			if moving.calls != test.calls {
				t.Errorf("%d calls, want %d", moving.calls, test.calls)
			}
		})
	}
}

// TestListThatOnlySeemsToFit has one thing take the place of another between the pages of every reading: as many are listed as are
// counted, and never those that are there.
func TestListThatOnlySeemsToFit(t *testing.T) {
	t.Parallel()
	moving := newMovingList(4)
	list, err := moving.pages(2, 3, func() {
		if moving.calls%2 == 1 {
			moving.keys = append(moving.keys[1:], moving.next)
			moving.next++
		}
	}).list(t.Context())
	if err != nil || list.Complete || list.Truncated || len(list.Known) != 4 || moving.calls != 2*listReadings {
		t.Errorf("%+v (%v) in %d calls, want an incomplete list in %d readings of 2 pages", list, err, moving.calls, listReadings)
	}
}

// TestWhatIsNotInAList is told by a list that is complete, and else an error that says what was asked.
func TestWhatIsNotInAList(t *testing.T) {
	t.Parallel()
	asked := call{operation: "ListRoutineRelatedRecords", target: Target{Routine: "hello"}}
	for name, test := range map[string]struct {
		list List[int]
		want string
	}{
		"complete":  {List[int]{Known: []int{1, 2}, Total: 2, Complete: true}, ""},
		"cut short": {List[int]{Known: []int{1, 2}, Total: 3, Truncated: true}, `ListRoutineRelatedRecords (routine "hello"): ESA listed 2 of 3 records`},
		"changing":  {List[int]{Known: []int{1, 2}, Total: 3}, `ListRoutineRelatedRecords (routine "hello"): ESA listed 2 of 3 records; the list changed each time it was read`},
	} {
		test.list.call, test.list.what = asked, "records"
		if found, err := test.list.Find(func(item int) bool { return item == 2 }); err != nil || found == nil || *found != 2 {
			t.Errorf("%s: found %v, %v, want 2", name, found, err)
		}
		found, err := test.list.Find(func(item int) bool { return item == 7 })
		if found != nil || fmt.Sprint(err) != cmp.Or(test.want, "<nil>") {
			t.Errorf("%s: found %v, %v, want nothing and %q", name, found, err, test.want)
		}
		if whole, err := test.list.Whole(); (err == nil) != test.list.Complete || err == nil && len(whole) != 2 {
			t.Errorf("%s: the whole is %v, %v", name, whole, err)
		}
		if failure, ok := errors.AsType[*Error](err); ok && (failure.Retryable() || failure.Kind != Incomplete) {
			t.Errorf("%s: %+v is worth another attempt", name, failure)
		}
	}
}
