package modeltest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var (
	only    = flag.String("model.only", "", "regular expression of the violations that count")
	without = flag.String("model.without", "", "comma-separated words (commands, events, acts, faults) that no history holds")
)

// hangAfter is how long a history may take in real time; it usually takes milliseconds.
const hangAfter = 10 * time.Second

var histories, commands atomic.Int64

// TestModel plays histories and holds each against what the provider promises.
func TestModel(t *testing.T) {
	g := generator{without: map[string]bool{}}
	for word := range strings.SplitSeq(*without, ",") {
		g.without[word] = word != ""
	}
	flag.Set("rapid.shrinktime", "1ns") // see shrink
	failure := ""
	defer func() {
		if failure != "" {
			t.Log(failure)
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.Custom(g.script).Draw(rt, "script")
		if failure == "" {
			if h := carryOut(t, s); len(h.broken()) > 0 {
				failure = fmt.Sprintf("Found after %d histories with %d commands.\n%s", histories.Load(), commands.Load(), smallest(t, h))
			}
		}
		if failure != "" {
			rt.Fatal("a promise is broken")
		}
	})
	t.Logf("%d histories with %d commands", histories.Load(), commands.Load())
}

// smallest returns the simplest history found that breaks the same promise as h.
func smallest(t *testing.T, h *history) *history {
	letter := h.broken()[0]
	shrink(h.script, func(s script) bool {
		// The pauses between attempts are random, so that a history may fail at the second try only.
		for range 2 {
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
func carryOut(t *testing.T, s script) *history {
	alarm := time.AfterFunc(hangAfter, func() {
		stacks := make([]byte, 1<<20)
		fmt.Fprintf(os.Stderr, "a history hangs:\n%s\n%s\n", s, stacks[:runtime.Stack(stacks, true)])
		os.Exit(2)
	})
	defer alarm.Stop()
	var h *history
	defer func() {
		if recovered := recover(); recovered != nil {
			panic(fmt.Sprintf("%v\n%s", recovered, s))
		}
	}()
	synctest.Test(t, func(*testing.T) { h = play(s) })
	histories.Add(1)
	commands.Add(int64(h.runs))
	return h
}
