package esa

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// How many reads must agree before the provider acts on them. GetRoutine may answer from a replica that lags behind, so a single
// answer proves nothing. The pauses between reads grow from half a second.
const (
	// ReadsAtConflict is how many consecutive reads must show the same conflict before a write stops. They take about two
	// seconds: longer than a replica was observed to lag, and short for a user who waits.
	ReadsAtConflict = 3
	// ReadsAfterLostAnswer is how many consecutive reads must show no effect of a write whose answer was lost before it is sent
	// again. They take about four seconds. More are not needed: a second deployment of the same split does no harm, and the
	// comparison of identities stops one over someone else's deployment.
	ReadsAfterLostAnswer = 4
	// ReadsAfterWrite is how many reads may show the former state after a write that ESA accepted, about fifteen seconds.
	ReadsAfterWrite = 8
	// readMaxAge is the maximum age of the answer to the read before a write. With it, the first write of an apply can use the
	// answer that the plan of the same object received a moment before.
	readMaxAge = time.Second
)

// Verdict is what a read before a write means for that write.
type Verdict int

const (
	// Permitted means that the current state is the one that the write was planned to replace.
	Permitted Verdict = iota
	// Achieved means that the current state is already the goal, so there is nothing to write. It is accepted at once if an
	// unanswered attempt explains it. Otherwise further reads must confirm it, because a late answer may show an old state.
	Achieved
	// Conflicting means that the current state is neither. The write stops if further reads confirm it.
	Conflicting
	// Late means that the answer shows a state that is known to be replaced, so it says nothing about the current one. The write
	// stops if every further answer is late too.
	Late
)

// Write describes one write to [Guard], which makes sure that it overwrites nobody else's change.
type Write[T any] struct {
	// Operation is the operation of the write. Its turn under the rate limit comes before the read.
	Operation string
	// Target is the object of the write.
	Target Target
	// Read reads what the write would replace. It may use an answer that is up to maxAge old. It is nil for a write that only
	// adds something: such a write is read only after a lost answer, by ReadAfterLoss.
	Read func(ctx context.Context, maxAge time.Duration) (T, error)
	// ReadAfterLoss looks for what an unanswered attempt has created, for a write without Read.
	ReadAfterLoss func(ctx context.Context) (T, error)
	// Judge compares a read with the plan, by identity and not only by value. If the answer to an attempt was lost, over is what
	// that attempt would have replaced: anything else is new. Otherwise over is nil. The error says why the write is refused.
	Judge func(seen T, over *T) (Verdict, error)
	// Send makes one attempt, immediately.
	Send func(ctx context.Context, slot *Slot) error
	// IsConflict reports whether a refusal by ESA means the same as the verdict Conflicting, such as DependedByOthers. unanswered
	// is set if an earlier attempt had no answer. It may be nil.
	IsConflict func(err error, unanswered bool) bool
	// Serial names the object whose writes are serialized, such as a site: ESA refuses concurrent ones. It may be empty.
	Serial string
	// Patience is how many reads must show a conflict. The default is [ReadsAtConflict].
	Patience int
}

// Written is how a guarded write ended.
type Written[T any] struct {
	// Seen is what the last read returned.
	Seen T
	// Sent is set if ESA accepted the write. If it is not set and there is no error, the goal was already there.
	Sent bool
	// Unanswered is set if an attempt had no answer, so it may have taken effect or may still do so.
	Unanswered bool
	// Conflict is the conflict that the last read showed, nil if it showed none.
	Conflict error
}

// ErrReadAgain asks for another read after a pause.
var ErrReadAgain = errors.New("read again")

// Guard makes one write, and only if it replaces what it was planned to replace. Each attempt first waits for its turn under the
// rate limit and for credentials, then reads, then writes immediately: nothing waits between the answer to the read and the
// request. After a lost answer it reads until something new appears, or until enough reads show nothing new. Every write of every
// resource goes through Guard, because only Guard hands out a [Slot].
func Guard[T any](ctx context.Context, client *Client, write Write[T]) (Written[T], error) {
	if write.Serial != "" {
		started := time.Now()
		turn := client.turns.get(write.Serial, func() *semaphore.Weighted { return semaphore.NewWeighted(1) })
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

// guard is a guarded write in progress.
type guard[T any] struct {
	Write[T]

	client  *Client
	written Written[T]
	// slot is the turn that was granted and not used yet.
	slot   *Slot
	maxAge time.Duration
	// over is what the attempt with the lost answer would have replaced.
	over *T
	// streak counts the consecutive reads with the same verdict. doubted is set after the first conflict.
	verdict Verdict
	streak  int
	doubted bool
	// late counts the consecutive late answers. They do not change the streak.
	late int
	// sent counts the attempts, conflicts those that ESA refused as conflicts, missing the consecutive reads that found no
	// routine.
	sent, conflicts, missing int
}

// attempt takes a turn, reads, and sends the write if the read permits it.
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
		// A late answer may not show a routine that the same apply has created.
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

// believes counts a read, and reports whether enough have said the same.
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

// Confirmed returns the result of find if it is expected. A nil expected accepts everything that exists. The first read may use
// an answer that is up to maxAge old. An unexpected result, or nil for an object or a routine that does not exist, is returned
// only after that many consecutive reads. A refresh that trusts one late answer would report a change that nobody made.
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
