package esa

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// How often something is read before it is believed. GetRoutine may answer from a replica that lags behind, so one odd
// answer proves nothing; pauses between reads grow from half a second.
const (
	// ReadsAtConflict is how many reads in a row must show the same thing in the way of a write, some two seconds: longer
	// than a replica was seen to lag, short enough for someone who waits.
	ReadsAtConflict = 3
	// ReadsAfterLostAnswer is how many reads in a row must show no effect of a write whose answer was lost before it is
	// sent again, some four seconds. It need not be more: a second deployment of the same split does no harm, and one over
	// someone else's is stopped by the comparison of identities.
	ReadsAfterLostAnswer = 4
	// ReadsAfterWrite is how many reads may show what was there before a write that ESA has accepted, some fifteen seconds.
	ReadsAfterWrite = 8
	// readMaxAge is how old the answer to the read before a write may be. It lets the first write of an apply use the
	// answer that the plan of the same object has got in the moment before.
	readMaxAge = time.Second
)

// Verdict is what a read before a write means for it.
type Verdict int

const (
	// Permitted means that what is there is what the write was planned to replace.
	Permitted Verdict = iota
	// Achieved means that what is there is what the write is for, so that there is nothing to write. It is believed where an
	// attempt without an answer explains it, and else only when it stays: a late answer may show what was there long before.
	Achieved
	// Conflicting means that what is there is neither. The write stops if it stays.
	Conflicting
	// Late means that the answer shows what is known to have been replaced, so that it says nothing about what is there. The
	// write stops if no other answer comes.
	Late
)

// Write is one write of which no one else's work may be the victim: what [Guard] needs to know of it.
type Write[T any] struct {
	// Operation is the operation of the write, whose turn under the rate limit comes before the read.
	Operation string
	// Target is what it is about.
	Target Target
	// Read reads what the write would replace, by an answer that is up to maxAge old. It is nil for a write that only adds,
	// until an answer was lost: then ReadAfterLoss takes its place.
	Read func(ctx context.Context, maxAge time.Duration) (T, error)
	// ReadAfterLoss is the read of a write without Read for what an attempt without an answer has made.
	ReadAfterLoss func(ctx context.Context) (T, error)
	// Judge holds a read against the plan, by identity and not only by value. Where the answer to an attempt was lost, over
	// is what that attempt was sent over: anything else than that is new. Otherwise it is nil. The error says why the
	// write is refused.
	Judge func(seen T, over *T) (Verdict, error)
	// Send makes one attempt, at once.
	Send func(ctx context.Context, slot *Slot) error
	// IsConflict tells whether ESA's refusal says the same as the verdict Conflicting, such as DependedByOthers; unanswered is set
	// where an attempt before it had no answer. It may be nil.
	IsConflict func(err error, unanswered bool) bool
	// Serial names what writes are serialised over, such as a site: ESA refuses concurrent ones. Empty means nothing.
	Serial string
	// Patience is how often a conflict must be seen, [ReadsAtConflict] where it is 0.
	Patience int
}

// Written is how a guarded write ended.
type Written[T any] struct {
	// Seen is what the last read has shown.
	Seen T
	// Sent is set where ESA has accepted the write. Without it, and without an error, what was seen is the goal already.
	Sent bool
	// Unanswered is set where an attempt had no answer, so that it may have taken effect or take effect yet.
	Unanswered bool
	// Conflict is what stood in the way when it was last read, nil if nothing did.
	Conflict error
}

// ErrReadAgain makes a read be repeated after a pause.
var ErrReadAgain = errors.New("read again")

// Guard makes one write, and only over what it was planned to replace. Each attempt waits for its turn under the rate
// limit and for credentials first, then reads, then writes at once: nothing waits between the answer to the read and the
// request. After an answer that was lost it reads until something new shows, or until enough reads say that nothing
// does. Every write of every resource goes this way, since only Guard hands out a [Slot].
func Guard[T any](ctx context.Context, client *Client, write Write[T]) (Written[T], error) {
	if write.Serial != "" {
		started := time.Now()
		stored, _ := client.turns.LoadOrStore(write.Serial, semaphore.NewWeighted(1))
		turn, _ := stored.(*semaphore.Weighted) // nothing else is stored
		if turn.Acquire(ctx, 1) != nil {
			return Written[T]{}, newInterrupted(ctx, write.Operation, write.Target, started)
		}
		defer turn.Release(1)
	}
	run := guard[T]{Write: write, client: client, maxAge: readMaxAge}
	if run.Patience == 0 {
		run.Patience = ReadsAtConflict
	}
	err := client.retry(ctx, &client.unreachable, write.Operation, write.Target, func(_ int, pauses *pauses) error { return run.attempt(ctx, pauses) })
	return run.written, err
}

// guard is a guarded write under way.
type guard[T any] struct {
	Write[T]

	client  *Client
	written Written[T]
	// slot is the turn that has come and was not used yet.
	slot   *Slot
	maxAge time.Duration
	// over is what the attempt was sent over whose answer was lost.
	over *T
	// streak counts the reads in a row with the same verdict; doubted is set once one was a conflict.
	verdict Verdict
	streak  int
	doubted bool
	// late counts the late answers in a row, which leave the streak as it is.
	late int
	// sent counts the attempts, conflicts those that ESA has refused as conflicts, missing the reads in a row that found no
	// routine.
	sent, conflicts, missing int
}

// attempt takes a turn, reads, and sends where the read permits it.
func (g *guard[T]) attempt(ctx context.Context, pauses *pauses) error {
	if g.slot == nil {
		slot, failure := g.client.takeSlot(ctx, g.Operation, g.Target, g.sent+1)
		if failure != nil {
			return failure
		}
		g.slot = slot
	}
	seen, err := g.read(ctx)
	if IsRoutineMissing(err) {
		// A late answer does not know a routine yet that the same apply has created.
		g.missing++
		if g.missing < ReadsAtConflict {
			return ErrReadAgain
		}
	}
	if err != nil {
		return err
	}
	g.written.Seen, g.missing = seen, 0
	verdict, refusal := g.Judge(seen, g.over)
	switch {
	case !g.believes(verdict, refusal):
		return ErrReadAgain
	case verdict == Conflicting, verdict == Late:
		return refusal
	case verdict != Permitted:
		return nil
	}
	slot := g.slot
	g.slot, g.streak = nil, 0
	g.sent++
	err = g.Send(ctx, slot)
	switch {
	case err == nil:
		g.written.Sent = true
	case MayHaveTakenEffect(err):
		g.over, g.written.Unanswered = &seen, true
		pauses.Reset()
	case g.IsConflict != nil && g.IsConflict(err, g.written.Unanswered):
		g.conflicts++
		g.written.Conflict = err
		if g.conflicts < g.Patience {
			return ErrReadAgain
		}
	}
	return err
}

func (g *guard[T]) read(ctx context.Context) (seen T, err error) {
	switch {
	case g.Read != nil:
		seen, err = g.Read(ctx, g.maxAge)
		g.maxAge = 0
	case g.over != nil:
		seen, err = g.ReadAfterLoss(ctx)
	}
	return seen, err
}

// believes counts a read, and tells whether enough have said the same.
func (g *guard[T]) believes(verdict Verdict, refusal error) bool {
	g.written.Conflict = refusal
	if verdict == Late {
		g.late++
		return g.late >= ReadsAfterWrite
	}
	g.late, g.doubted = 0, g.doubted || verdict == Conflicting
	if verdict != g.verdict {
		g.verdict, g.streak = verdict, 0
	}
	g.streak++
	switch {
	case verdict == Achieved && g.over != nil:
		return true
	case verdict == Achieved:
		return g.streak >= ReadsAtConflict
	case verdict == Permitted && g.over != nil:
		return g.streak >= ReadsAfterLostAnswer
	case !g.doubted: // it is permitted, and no read has said otherwise
		return true
	default:
		return g.streak >= g.Patience
	}
}

// Confirmed returns what find returns by an answer that is up to maxAge old where expected says yes to it; expected may be
// nil for anything. Something else, or nil for nothing or no routine, it returns only where so many reads in a row do not show
// what is expected: a refresh that believes one late answer reports a change that no one made, or forgets what is there.
func Confirmed[T any](ctx context.Context, client *Client, reads int, maxAge time.Duration, find func(ctx context.Context, maxAge time.Duration) (*T, error), expected func(*T) bool) (found *T, err error) {
	_, err = client.Poll(ctx, reads, func() (bool, error) {
		found, err = find(ctx, maxAge)
		maxAge = 0
		if IsRoutineMissing(err) {
			found, err = nil, nil
		}
		return found != nil && (expected == nil || expected(found)), err
	})
	return found, err
}
