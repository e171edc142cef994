package esa

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// listReadings is how often a list is read at most. If it changes every time, the result is incomplete.
const listReadings = 3

// List is the result of an operation that lists. If it is not complete, an item that is not in it may still exist: callers that
// depend on that use [List.Find] or [List.Whole].
type List[T any] struct {
	// Known are the listed items, each once, in the order of ESA.
	Known []T
	// Total is the number of items that ESA reports.
	Total int
	// Complete reports whether the list surely holds every item that existed while it was read.
	Complete bool
	// Truncated reports whether there are more items than the operation can list. A list that is neither complete nor truncated
	// changed each time it was read.
	Truncated bool

	call call
	what string
}

// Whole returns the items, or an [Error] of the kind [Incomplete] if some may be missing.
func (l *List[T]) Whole() ([]T, error) {
	if l.Complete {
		return l.Known, nil
	}
	message := fmt.Sprintf("ESA listed %d of %d %s", len(l.Known), l.Total, l.what)
	if !l.Truncated {
		message += "; the list changed each time it was read"
	}
	return nil, &Error{Operation: l.call.operation, Target: l.call.target, Kind: Incomplete, Message: message}
}

// Find returns the item that matches, nil if there surely is none, or an error if it may be missing from the list.
func (l *List[T]) Find(matches func(T) bool) (*T, error) {
	if index := slices.IndexFunc(l.Known, matches); index >= 0 {
		return &l.Known[index], nil
	}
	_, err := l.Whole()
	return nil, err
}

// pages is an operation that lists items in pages.
type pages[T any] struct {
	// what names the items in an error, such as "routines".
	what string
	// size and count are the maximums of PageSize and PageNumber.
	size, count int
	// key identifies an item. It must not be used again after the item is deleted, so it includes the time of creation if a name
	// can be reused.
	key func(item T) string
	// page requests one page and the total that comes with it; [listAll] sets it.
	page func(ctx context.Context, number int) (items []T, total int, err error)
}

// counted is the part that the responses of all lists have in common.
type counted struct {
	answer

	TotalCount string
}

func (c *counted) totalCount() string {
	return c.TotalCount
}

// listAll reads all pages of a list. items returns the items of one response, nil if it has no list, or an error if it is unreadable.
func listAll[R, T any, P interface {
	response[R]
	totalCount() string
}](ctx context.Context, client *Client, call call, pages pages[T], items func(P) ([]T, error)) (*List[T], error) {
	pages.page = func(ctx context.Context, number int) (listed []T, total int, err error) {
		page := call
		page.parameters = maps.Clone(call.parameters)
		page.parameters["PageNumber"], page.parameters["PageSize"] = strconv.Itoa(number), strconv.Itoa(pages.size)
		listed, err = read(ctx, client, page, func(response P) ([]T, error) {
			listed, err := items(response)
			if err != nil {
				return nil, err
			}
			total, err = strconv.Atoi(response.totalCount())
			if err != nil || listed == nil && total > 0 {
				return nil, fmt.Errorf("it counts %q %s and lists %d", response.totalCount(), pages.what, len(listed))
			}
			return listed, nil
		})
		return listed, total, err
	}
	list, err := pages.list(ctx)
	if err == nil {
		list.call, list.what = call, pages.what
	}
	return list, err
}

// each converts the items of a response. A list that is nil stays nil.
func each[F, T any](from []F, convert func(F) (T, error)) ([]T, error) {
	if from == nil {
		return nil, nil
	}
	converted := make([]T, len(from))
	for index, item := range from {
		var err error
		if converted[index], err = convert(item); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

// reading is the result of reading the pages once.
type reading[T any] struct {
	items []T
	seen  map[string]bool
	total int
	// earlier is the number of items from pages before the last one.
	earlier int
	// moved is set if the pages do not fit together.
	moved bool
}

// list reads all pages, and returns each item once, in the order of ESA.
//
// The list may change between two pages: if an item of a page that was read is deleted, an item of the next page moves to that
// page and is missed. If the pages do not fit together (the total changes, an item occurs twice, there are fewer items than the
// total), the list is read again. Pages that fit prove nothing yet, because a new item may have replaced the deleted one. The
// proof is to read the items of the earlier pages once more: they existed when the last page was read, together with its items.
// If they are as many as the total of that page, there was nothing else.
func (p pages[T]) list(ctx context.Context) (*List[T], error) {
	reach := p.size * p.count
	var before *reading[T]
	for readings := 1; ; readings++ {
		now, confirmed, err := p.read(ctx, before)
		if err != nil {
			return nil, err
		}
		if confirmed {
			return &List[T]{Known: before.items, Total: before.total, Complete: true}, nil
		}
		list := &List[T]{Known: now.items, Total: now.total, Truncated: now.total > reach}
		fits := !now.moved && len(now.items) == min(now.total, reach)
		list.Complete = fits && now.earlier == 0 && !list.Truncated
		if list.Complete || fits && list.Truncated || readings == listReadings {
			return list, nil
		}
		before = nil
		if fits {
			before = now
		}
	}
}

// read reads the pages once, or only as far as needed to confirm the reading before.
func (p pages[T]) read(ctx context.Context, before *reading[T]) (now *reading[T], confirmed bool, err error) {
	now = &reading[T]{seen: map[string]bool{}}
	for number := 1; number <= p.count; number++ {
		items, total, err := p.page(ctx, number)
		if err != nil {
			return nil, false, err
		}
		now.moved = now.moved || number > 1 && total != now.total
		now.total, now.earlier = total, len(now.items)
		for _, item := range items {
			key := p.key(item)
			if now.seen[key] {
				now.moved = true
				continue
			}
			now.seen[key] = true
			now.items = append(now.items, item)
		}
		if before != nil && p.confirms(now, before) {
			return now, true, nil
		}
		if len(items) == 0 || len(now.items) >= total {
			break
		}
	}
	return now, false, nil
}

// confirms reports whether a reading contains the items of the earlier pages of the reading before.
func (p pages[T]) confirms(now, before *reading[T]) bool {
	for _, item := range before.items[:before.earlier] {
		if !now.seen[p.key(item)] {
			return false
		}
	}
	return true
}
