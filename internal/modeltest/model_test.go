package modeltest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var (
	seed    = flag.Int("model.seed", 0, "seed of the first history, the others follow; 0 for one of the time where -model.time is given, and else for always the same")
	count   = flag.Int("model.histories", 0, "how many histories are played; 0 for 800, or 40 under the race detector")
	length  = flag.Duration("model.time", 0, "how long histories are played, in place of a number of them")
	only    = flag.String("model.only", "", "regular expression of the violations that count")
	without = flag.String("model.without", "", "comma-separated words (commands, events, acts, faults) that no history holds")
)

// hangAfter is how long a history may take in real time; it usually takes milliseconds.
const hangAfter = time.Minute

// TestModel plays histories and holds each against what the provider promises. Each has a seed of its own, so that it can
// be played again by itself.
func TestModel(t *testing.T) {
	first := *seed
	switch {
	case first == 0 && *length > 0:
		first = int(time.Now().UnixMilli())
	case first == 0:
		first = 1
	}
	fmt.Printf("histories from -model.seed=%d on\n", first) // at once: a crash would swallow a log
	if *count == 0 {
		*count = 800
		if Racing() {
			*count = 40
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // histories are garbage, and this halves their time
	g := generator{without: map[string]bool{}}
	for word := range strings.SplitSeq(*without, ",") {
		g.without[word] = word != ""
	}
	var (
		began            = time.Now()
		played, commands atomic.Int64
		failed           atomic.Bool
	)
	t.Run("histories", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for !failed.Load() {
					n := int(played.Add(1))
					if *length == 0 && n > *count || *length > 0 && time.Since(began) > *length {
						played.Add(-1)
						break
					}
					h := carryOut(t, rapid.Custom(g.script).Example(first+n-1))
					commands.Add(int64(h.runs))
					if n%1000 == 0 {
						fmt.Printf("%d histories, %s\n", n, time.Since(began).Round(time.Second))
					}
					if len(h.broken()) > 0 && !failed.Swap(true) {
						t.Errorf("-model.seed=%d -model.histories=1, after %d histories with %d commands\n%s", first+n-1, n, commands.Load(), smallest(t, h))
					}
				}
			})
		}
	})
	fmt.Printf("%d histories with %d commands in %s\n", played.Load(), commands.Load(), time.Since(began).Round(time.Millisecond))
}

// smallest returns the simplest history found that breaks the same promise as h.
func smallest(t *testing.T, h *history) *history {
	letter, until := h.broken()[0], time.Now().Add(time.Minute)
	shrink(h.script, func(s script) bool {
		// The pauses between attempts are random, so that a history may fail at the second try only.
		for try := 0; try < 2 && time.Now().Before(until); try++ {
			if tried := carryOut(t, s); slices.Contains(tried.broken(), letter) {
				h = tried
				return true
			}
		}
		return false
	})
	return h
}

// carryOut plays a script in a bubble.
func carryOut(t *testing.T, s script) (h *history) {
	alarm := time.AfterFunc(hangAfter, func() {
		stacks := make([]byte, 1<<20)
		fmt.Fprintf(os.Stderr, "a history hangs:\n%s\n%s\n", s, stacks[:runtime.Stack(stacks, true)])
		os.Exit(2)
	})
	defer alarm.Stop()
	defer func() {
		if recovered := recover(); recovered != nil { // a deadlock of the bubble
			panic(fmt.Sprintf("%v\n%s", recovered, s))
		}
	}()
	synctest.Test(t, func(*testing.T) { h = play(s) })
	return h
}
