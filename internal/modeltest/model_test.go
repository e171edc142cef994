package modeltest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var without = flag.String("model.without", "", "comma-separated words (commands, events, acts, faults) that no history holds")

// hangAfter is how long a history may take in real time; it usually takes milliseconds.
const hangAfter = 10 * time.Second

var histories, commands atomic.Int64

// TestModel plays histories and holds each against what the provider promises.
func TestModel(t *testing.T) {
	g := generator{without: map[string]bool{}}
	for word := range strings.SplitSeq(*without, ",") {
		g.without[word] = word != ""
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := g.script(rt)
		h := carryOut(t, s)
		histories.Add(1)
		commands.Add(int64(h.runs))
		if len(h.violations) > 0 {
			rt.Fatalf("%s\n%s\nWhat happened:\n%s", strings.Join(h.violations, "\n"), s, h.trace.String())
		}
	})
	fmt.Println("histories", histories.Load(), "commands", commands.Load())
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
	return h
}
