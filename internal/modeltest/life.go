package modeltest

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
)

// Racing reports whether the race detector is on, under which everything takes several times as long.
func Racing() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Life is the life of one object under Terraform, from its creation to its end. [Life.Faults] and [Life.Interruptions] go
// through everything that can happen to each call of it.
type Life struct {
	Address string
	Setup   func(*esasim.Simulator)
	// Steps are configurations of the object in order; a nil body destroys it.
	Steps []Step
	// Holds is what ESA has of the object, such that equal contents are equal text.
	Holds func(*esasim.Simulator) string
	// Unchecked are reads whose refusal costs a check and no more, so that the step continues with a warning. Dispensable are those
	// that something else takes the place of, or that come after a deletion.
	Unchecked   []string
	Dispensable func(step int, call *Call) bool
	// Spare is how many more changes a lost answer may cost, such as a version that is reserved and deleted again.
	Spare int
	// Leaves reports whether Terraform that is killed, or fails since a list lacks something, may leave something that no state knows.
	Leaves bool
}

// Step is a configuration, and what ESA has of the object once it is applied.
type Step struct {
	Body  map[string]any
	Holds string
}

// All has everything happen to each call of the life that does not depend on the object: see the methods.
func (l Life) All(t *testing.T) {
	t.Helper()
	for name, test := range map[string]func(*testing.T){"faults": l.Faults, "interruptions": l.Interruptions, "timeouts": l.Timeouts, "answers": l.Answers, "lacking": l.Lacking, "flapping": func(t *testing.T) { l.Flapping(t, 20*time.Second) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// Brief is the life without what comes between the creation and the end, so that a late answer at the end shows what was there
// before the creation.
func (l Life) Brief() Life {
	l.Steps = []Step{l.Steps[0], l.Steps[len(l.Steps)-1]}
	return l
}

// limit is how long a step may take under one or two faults, in injected time.
const limit = 3 * time.Minute

// permanent are the faults that no repetition heals, with what the error says of them.
var permanent = map[esasim.Fault]string{
	esasim.ChosenError: "NoPermission", esasim.Redirect: "redirects to", esasim.UploadRefused: "rejected the upload",
	esasim.BuildFailed: "failed", esasim.BuildEndless: "init",
}

// undisturbed is what happens without a fault; between is what ESA has of the object before, after, and on the way.
type undisturbed struct {
	calls   []*Call
	changes int
	said    []string
	between []string
}

// Faults makes each call of each step go wrong in every way, before and after the work, once and twice in a row. Either the
// step succeeds without help, with the same changes and the same words; or there is an error that says what happened, nothing
// is sent again, and the same configuration goes through once the fault is over.
func (l Life) Faults(t *testing.T) {
	t.Helper()
	for number, want := range l.undisturbed(t) {
		for index := range want.calls {
			call := want.calls[index]
			for _, fault := range esasim.Faults() {
				if sample() && !slices.Contains(ofEachKind, fault) {
					continue
				}
				// Half of a refusal is unreadable, and a refusal is not asked for again.
				impossible := fault == esasim.ChosenAnswer || fault == esasim.NoFault || fault == esasim.HalfJSON && call.Code != ""
				if impossible || !fault.Hits(call.Operation) && (fault != esasim.Stale || !call.canLag()) {
					continue
				}
				for _, variant := range variants(call, fault) {
					name := fmt.Sprintf("step %d/call %d %s/%s %s x%d", number+1, index+1, call.Operation, fault, variant.work, variant.times)
					l.cell(t, name, number, func(tf *Terraform) {
						l.fault(tf, number, want, call, fault, variant.work, variant.times)
					})
				}
			}
		}
	}
}

// variant is a fault before or after the work, and how many times in a row.
type variant struct {
	work  esasim.Work
	times int
}

// Faults that hide whether the work is done: a gateway gave up on it, or answered in the place of ESA.
var (
	givenUp         = []esasim.Fault{esasim.Unavailable, esasim.InternalException, esasim.InternalOperationError, esasim.HTMLBadGateway, esasim.NumericCode, esasim.Hang}
	answersOfOthers = []esasim.Fault{esasim.EmptyAnswer, esasim.EmptyObject, esasim.NullAnswer, esasim.Garbled, esasim.HTMLAnswer}
)

func variants(call *Call, fault esasim.Fault) []variant {
	all := []variant{{esasim.WorkByFault, 1}, {esasim.WorkByFault, 2}}
	if sample() {
		all = all[:1]
	}
	if call.IsWrite() && slices.Contains(givenUp, fault) {
		all = append(all, variant{esasim.WorkDone, 1})
	}
	// OSS answers nothing if it succeeds.
	if call.IsWrite() && slices.Contains(answersOfOthers, fault) && call.Operation != esasim.UploadOperation {
		all = append(all, variant{esasim.WorkUndone, 1})
	}
	return all
}

// Interruptions presses Ctrl-C at each call of each step, before and after the work, and kills Terraform there. It ends within
// seconds, what ESA has is what there was or what was planned, and the same configuration goes through afterwards.
func (l Life) Interruptions(t *testing.T) {
	t.Helper()
	for number, want := range l.undisturbed(t) {
		for index, call := range want.calls {
			for _, how := range []string{"cancel before", "cancel after", "kill before", "kill after"} {
				if sample() && index%4 != 0 {
					continue
				}
				l.cell(t, fmt.Sprintf("step %d/call %d %s/%s", number+1, index+1, call.Operation, how), number, func(tf *Terraform) {
					l.interrupt(tf, number, want, call, how)
				})
			}
		}
	}
}

// Others let someone else change the object at each call of the apply of the plan of a step. What they did
// after the plan is there at the end, or was overwritten within the one round trip that nothing can close.
func (l Life) Others(t *testing.T, step int, acts map[string]func(*esasim.Simulator)) {
	t.Helper()
	number := step - 1
	want := l.undisturbed(t)[number]
	writes := slices.IndexFunc(want.calls, (*Call).IsWrite)
	for index, call := range want.calls {
		if !call.Applying || index > writes {
			continue
		}
		late := !slices.ContainsFunc(want.calls[index:writes], (*Call).canBeStale)
		for what, act := range acts {
			l.cell(t, fmt.Sprintf("step %d/call %d %s/%s", step, index+1, call.Operation, what), number, func(tf *Terraform) {
				l.other(tf, number, want, call, late, act)
			})
		}
	}
}

// undisturbed lives the life without a fault.
func (l Life) undisturbed(t *testing.T) []undisturbed {
	t.Helper()
	var steps []undisturbed
	InBubble(t, l.Setup, func(tf *Terraform) {
		for number := range l.Steps {
			before, calls, between := tf.World.Now(), len(tf.World.Calls(0)), []string{l.holds(tf)}
			tf.Each = func(*Call) Mishap { return Mishap{Answered: func() { between = append(between, l.holds(tf)) }} }
			run := l.apply(tf, number)
			tf.Each = nil
			tf.Expect(run, false)
			l.expectHolds(tf, number)
			steps = append(steps, undisturbed{tf.World.Calls(calls), tf.World.Now() - before, run.Diagnostics, between})
			tf.ExpectEmptyPlan()
		}
	})
	return steps
}

// sample is whether only one fault of a kind is played, as under the race detector and with -short: for mutation tests, which
// play the cells hundreds of times.
func sample() bool { return testing.Short() || Racing() }

// ofEachKind is one fault of each kind.
var ofEachKind = []esasim.Fault{
	esasim.Unavailable, esasim.ResetAfter, esasim.EmptyAnswer, esasim.Stale, esasim.ChosenError, esasim.UploadRefused,
}

// drawn reports whether a cell is played: under the race detector, which makes each take seven times as long and finds in any of them
// what it looks for, one in eight. make test plays the others without it.
func drawn(t *testing.T, name string) bool {
	hash := fnv.New32a()
	_, _ = io.WriteString(hash, t.Name()+name)
	return !Racing() || hash.Sum32()%8 == 0
}

// cell plays a part in a bubble of its own, after the steps before it.
func (l Life) cell(t *testing.T, name string, number int, play func(*Terraform)) {
	t.Helper()
	if !drawn(t, name) {
		return
	}
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		InBubble(t, l.Setup, func(tf *Terraform) {
			for before := range number {
				tf.Expect(l.apply(tf, before), false)
				<-time.After(10 * time.Second)
			}
			play(tf)
		})
	})
}

func (l Life) apply(tf *Terraform, number int, during ...func(*Run)) *Run {
	tf.Configure(l.Address, l.Steps[number].Body)
	return tf.Apply(during...)
}

func (l Life) fault(tf *Terraform, number int, want undisturbed, call *Call, fault esasim.Fault, work esasim.Work, times int) {
	tf.T.Helper()
	var hit *Call
	var repeated []string
	tf.Each = func(made *Call) Mishap {
		switch {
		case hit != nil && made.Operation == call.Operation:
			repeated = append(repeated, made.Operation)
		case hit == nil && made.Number == call.Number:
			hit = made
		}
		if made.Operation != call.Operation || hit == nil || len(repeated) >= times {
			return Mishap{}
		}
		switch fault {
		case esasim.Hang:
			return Mishap{Hangs: true, Work: work}
		case esasim.Slow:
			return Mishap{Out: time.Second, Back: time.Second}
		case esasim.Stale:
			return Mishap{Stale: true}
		}
		return Mishap{Fault: fault, Work: work}
	}
	before, began := tf.World.Now(), time.Now()
	run := l.apply(tf, number)
	took, changes := time.Since(began), tf.World.Now()-before
	tf.Each = nil
	if hit == nil || hit.Operation != call.Operation {
		tf.T.Fatalf("the fault hit no call of %s", call.Operation)
	}
	words, fails := permanent[fault]
	if fault == esasim.PolicyExpired && times == 2 {
		words, fails = "expired too", true
	}
	unchecked := fault == esasim.ChosenError && slices.Contains(l.Unchecked, call.Operation)
	// What takes the place of a read may be missing at some moments, so that its refusal may end the step.
	dispensable := l.Dispensable != nil && l.Dispensable(number, call)
	fails = fails && !unchecked && (!dispensable || run.Failed)
	if took > limit && fault != esasim.BuildEndless {
		tf.T.Errorf("took %s, want at most %s", took, limit)
	}
	if fails {
		tf.Expect(run, true, words)
		if len(repeated) > 0 && call.IsWrite() && fault != esasim.PolicyExpired {
			tf.T.Errorf("what was refused was sent again: %s", repeated)
		}
		if run = l.apply(tf, number); run.Failed {
			tf.Expect(run, true, "untaint") // an object that was created and not seen is not replaced in silence
			return
		}
	} else if once := times == 1 && call.IsWrite() && l.Spare == 0 && (work == esasim.WorkDone || work == esasim.WorkByFault && fault.DoesWork()); once && len(repeated) > 0 {
		tf.T.Errorf("what ESA had done was sent again: %s", repeated)
	} else if changes < want.changes || changes > want.changes+l.Spare {
		tf.T.Errorf("made %d changes, want %d:\n%s", changes, want.changes, run.Said())
	}
	tf.Expect(run, false)
	if diff := cmp.Diff(want.said, run.Diagnostics); diff != "" && !fails && !unchecked {
		tf.T.Errorf("other words than without a fault (-want +said):\n%s", diff)
	}
	if unchecked {
		tf.Expect(run, false, "not checked")
	}
	l.expectHolds(tf, number)
	tf.ExpectEmptyPlan()
}

func (l Life) interrupt(tf *Terraform, number int, want undisturbed, call *Call, how string) {
	tf.T.Helper()
	var interrupted time.Time
	var run *Run
	tf.Each = func(made *Call) Mishap {
		if made.Number != call.Number {
			return Mishap{}
		}
		act := func() {
			interrupted = time.Now()
			if strings.HasPrefix(how, "kill") {
				run.Kill()
			} else {
				run.Stop()
			}
		}
		if strings.HasSuffix(how, "before") {
			return Mishap{Hangs: true, Work: esasim.WorkUndone, Leaving: func() { time.AfterFunc(time.Second, act) }}
		}
		return Mishap{Hangs: true, Work: esasim.WorkDone, Done: func() { time.AfterFunc(time.Second, act) }}
	}
	l.apply(tf, number, func(begun *Run) { run = begun })
	tf.Each = nil
	if interrupted.IsZero() {
		tf.T.Fatalf("no call of %s was interrupted", call.Operation)
	}
	if took := time.Since(interrupted); took > 15*time.Second {
		tf.T.Errorf("ended %s after the interruption", took)
	}
	if !strings.HasPrefix(how, "kill") {
		tf.Expect(run, run.Failed) // nothing is broken
	}
	l.expectBetween(tf, want)
	<-time.After(time.Minute)
	l.applyAgain(tf, number, strings.HasPrefix(how, "kill"))
}

// expectBetween checks that ESA has what it has at some moment of the undisturbed step.
func (l Life) expectBetween(tf *Terraform, want undisturbed) {
	tf.T.Helper()
	if now := l.holds(tf); !slices.Contains(want.between, now) && l.Spare == 0 {
		tf.T.Errorf("ESA has %q, want one of %q", now, want.between)
	}
}

// applyAgain applies a step once more after something went wrong, which may have left what [Life.Leaves] allows.
func (l Life) applyAgain(tf *Terraform, number int, mayLeave bool) {
	tf.T.Helper()
	again := l.apply(tf, number)
	if again.Failed && strings.Contains(again.Said(), "import") { // an object that no state knows: it says how to import it
		return
	}
	tf.Expect(again, false)
	if !l.Leaves || !mayLeave {
		l.expectHolds(tf, number)
	}
	tf.ExpectEmptyPlan()
}

// other lets someone act as a call arrives; late means that no read before the write can show it.
func (l Life) other(tf *Terraform, number int, want undisturbed, call *Call, late bool, act func(*esasim.Simulator)) {
	tf.T.Helper()
	tf.Configure(l.Address, l.Steps[number].Body)
	run, plan := tf.Plan()
	tf.Expect(run, false)
	planned := slices.IndexFunc(want.calls, func(c *Call) bool { return c.Applying })
	acted, theirs := false, ""
	tf.Each = func(made *Call) Mishap {
		if acted || made.Number != call.Number-planned {
			return Mishap{}
		}
		acted = true
		return Mishap{Arriving: func() {
			tf.Act(act)
			theirs = l.holds(tf)
		}}
	}
	before := tf.World.Now()
	run = tf.ApplySaved(plan)
	tf.Each = nil
	if !acted {
		tf.T.Fatalf("no one acted at call %d", call.Number)
	}
	now := l.holds(tf)
	switch mine := tf.World.Now() - before - 1; {
	case late:
		tf.Expect(run, run.Failed)
	case run.Failed:
		tf.Expect(run, true)
		if now != theirs || mine > 0 {
			tf.T.Errorf("ESA has %q after %d changes, want what someone else left, %q", now, mine, theirs)
		}
	case !strings.Contains(now, theirs):
		tf.T.Errorf("overwrote %q with %q, and said:\n%s", theirs, now, run.Said())
	}
}

func (l Life) holds(tf *Terraform) string {
	tf.World.mutex.Lock()
	defer tf.World.mutex.Unlock()
	return l.Holds(tf.World.Simulator)
}

func (l Life) expectHolds(tf *Terraform, number int) {
	tf.T.Helper()
	if holds := l.holds(tf); holds != l.Steps[number].Holds {
		tf.T.Errorf("after step %d ESA has %q, want %q", number+1, holds, l.Steps[number].Holds)
	}
}

// Answers lives the life once for each answer to each question about ESA that no source settles, and loses the answer to each
// write on the way.
func (l Life) Answers(t *testing.T) {
	t.Helper()
	for _, question := range esasim.Questions() {
		for _, answer := range question.Answers() {
			name := fmt.Sprintf("%s/%s", question, answer)
			if !drawn(t, name) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				InBubble(t, l.Setup, func(tf *Terraform) {
					for number := range l.Steps {
						lost := map[string]bool{}
						tf.Each = func(call *Call) Mishap {
							if !call.IsWrite() || lost[call.Operation] {
								return Mishap{}
							}
							lost[call.Operation] = true
							return Mishap{Fault: esasim.ResetAfter}
						}
						tf.Expect(l.apply(tf, number), false)
						tf.Each = nil
						l.expectHolds(tf, number)
						tf.ExpectEmptyPlan()
						<-time.After(time.Minute)
					}
				}, esasim.WithAnswer(question, answer))
			})
		}
	}
}

// Flapping has every second read answered by a replica that lags behind for a time, during a step and in the plan after it: the
// step succeeds, and what was there before it is not taken for a change from outside.
func (l Life) Flapping(t *testing.T, lag time.Duration) {
	t.Helper()
	for number := range l.Steps {
		for first := range 2 {
			l.cell(t, fmt.Sprintf("step %d/late from read %d", number+1, first+1), number, func(tf *Terraform) {
				reads, began := 0, time.Now()
				tf.Each = func(call *Call) Mishap {
					if !call.canLag() || time.Since(began) > lag {
						return Mishap{}
					}
					reads++
					return Mishap{Stale: reads%2 != first}
				}
				tf.Expect(l.apply(tf, number), false)
				l.expectHolds(tf, number)
				began = time.Now()
				tf.ExpectEmptyPlan()
				tf.ExpectEmptyPlan()
			})
		}
	}
}

// Lacking has ESA's lists lack what there is during a step, or as soon as the answer to its first write was lost: nothing is taken
// for gone, made again or held for done because a list does not show it. The step succeeds, or the same configuration goes
// through once the lists are whole again.
func (l Life) Lacking(t *testing.T) {
	t.Helper()
	steps := l.undisturbed(t)
	for number, want := range steps {
		for _, loses := range []bool{false, true} {
			l.cell(t, fmt.Sprintf("step %d/loses an answer %t", number+1, loses), number, func(tf *Terraform) {
				lost := false
				tf.Each = func(call *Call) Mishap {
					if loses && !lost && call.IsWrite() {
						lost = true
						return Mishap{Fault: esasim.ResetAfter}
					}
					return Mishap{Lacking: lost == loses}
				}
				run := l.apply(tf, number)
				tf.Each = nil
				tf.Expect(run, run.Failed) // nothing is broken
				l.expectBetween(tf, want)
				if !run.Failed {
					l.expectHolds(tf, number)
				}
				l.applyAgain(tf, number, run.Failed)
			})
		}
	}
}

// timeouts are a value for each key of the attribute timeouts, far enough apart to tell which one ended an operation.
var timeouts = map[string]time.Duration{"create": 60 * time.Second, "read": 100 * time.Second, "update": 140 * time.Second, "delete": 180 * time.Second}

// Timeouts throttles every read of a refresh, and every write of each step: it ends after the time of its own key.
func (l Life) Timeouts(t *testing.T) {
	t.Helper()
	object, _ := typeOf(TypeOf(l.Address)).(tftypes.Object)
	keys, _ := object.AttributeTypes["timeouts"].(tftypes.Object)
	limited := l
	limited.Steps = slices.Clone(l.Steps)
	for number, step := range l.Steps {
		if step.Body == nil {
			continue
		}
		values := map[string]any{}
		for key := range keys.AttributeTypes {
			values[key] = timeouts[key].String()
		}
		limited.Steps[number].Body = maps.Clone(step.Body)
		limited.Steps[number].Body["timeouts"] = values
	}
	for number := range l.Steps {
		for _, reading := range []bool{false, true} {
			if reading && number == 0 {
				continue
			}
			limited.cell(t, fmt.Sprintf("step %d/reading %t", number+1, reading), number, func(tf *Terraform) {
				limited.timeout(tf, number, reading)
			})
		}
	}
}

func (l Life) timeout(tf *Terraform, number int, reading bool) {
	tf.T.Helper()
	tf.Configure(l.Address, l.Steps[number].Body)
	throttled := false
	tf.Each = func(call *Call) Mishap {
		if reading != call.Applying && call.IsWrite() != reading {
			throttled = true
			return Mishap{Fault: esasim.Throttled}
		}
		return Mishap{}
	}
	key, began := "read", time.Now()
	run, plan := tf.Plan()
	if !reading {
		tf.Expect(run, false)
		if plan.Empty() {
			tf.T.Errorf("the plan of step %d has no change: %s %q", number+1, run.Said(), run.Broken)
			return
		}
		switch plan.Changes()[0].Action {
		case Create:
			key = "create"
		case Update:
			key = "update"
		default:
			key = "delete"
		}
		began = time.Now()
		run = tf.ApplySaved(plan)
	}
	if !throttled {
		return // the step writes nothing
	}
	tf.Expect(run, true, "Throttling.User", `timeouts.`+key)
	if took := time.Since(began); took < timeouts[key]-time.Second || took > timeouts[key]+10*time.Second {
		tf.T.Errorf("ended after %s, want the %s of timeouts.%s", took, timeouts[key], key)
	}
}
