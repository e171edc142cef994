package esa

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// listReadings is how often a list is read at the most. Where things come and go all the time, what is known must do.
const listReadings = 3

// List is what an operation lists. Where it is not complete, what it does not hold may be there all the same: whatever depends on
// that asks [List.Find] or [List.Whole].
type List[T any] struct {
	// Known are the things that ESA has listed, each once, in its order.
	Known []T
	// Total is how many ESA counts.
	Total int
	// Complete tells whether the list holds everything that was there while it was read. It is false if that is not certain.
	Complete bool
	// Truncated tells whether there is more than the operation lists at all. A list that is neither complete nor truncated
	// changed every time that it was read.
	Truncated bool

	call call
	what string
}

// Whole returns what the list holds, or an [Error] of the kind [Incomplete] where something may be missing.
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

// Find returns the thing that matches, nil where there surely is none, and an error where it may be among those that are
// missing from the list.
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
	// size and count are the most that the operation takes as PageSize and PageNumber.
	size, count int
	// key tells one item from another. It must not come back after its item is gone, so it holds the time of creation
	// where a name can be used again.
	key func(item T) string
	// page asks for one page, and for the total that comes with it; [listAll] sets it.
	page func(ctx context.Context, number int) (items []T, total int, err error)
}

// counted is the part of a response that every list has.
type counted struct {
	answer

	TotalCount string
}

func (c *counted) totalCount() string {
	return c.TotalCount
}

// listAll reads all pages of a call that lists. items returns what one response lists, nil where it has no list, or says why it is
// unreadable.
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

// each converts what a response lists. What it has no list of stays nil.
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

// reading is what came of reading the pages once.
type reading[T any] struct {
	items []T
	seen  map[string]bool
	total int
	// earlier is how many of the items are from pages before the last one.
	earlier int
	// moved is set where the pages do not fit together.
	moved bool
}

// list reads all pages, and returns each item once, in the order of ESA.
//
// A page shows one moment, and the list may change between two of them: what is deleted from one page makes an item slip
// to it from the next, unseen. Where the pages do not fit together (the total changes, an item comes twice, there are
// fewer items than the total), the list is read again. That they do fit does not prove enough, since another item may
// have come in the place of the deleted one. The proof is to see the items of the earlier pages once more: they were
// there when the last page was read, together with its items, and if all of them are as many as the total that came with
// it, nothing else was there.
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

// read reads the pages once, or only as far as it takes to confirm the reading before.
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

// confirms tells whether a reading shows again what the earlier pages of the one before showed.
func (p pages[T]) confirms(now, before *reading[T]) bool {
	for _, item := range before.items[:before.earlier] {
		if !now.seen[p.key(item)] {
			return false
		}
	}
	return true
}
