package durable_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

// world is a runtime on a store in memory, within a synctest bubble: its time
// is fake, and a goroutine that is left at the end fails the test.
type world struct {
	*testing.T
	disk   *durabletest.Store
	faults *durabletest.Faults
	rt     *durable.Runtime
	opts   durable.Options
	things []*kind
}

// kind is a class whose behaviour a test writes down on the spot.
type kind struct {
	name   string
	script script
	ns     *durable.Namespace
	do     durable.Method[string, string]
}

// script is what the objects of a kind do; what is nil does nothing.
type script struct {
	start   func(ctx context.Context, o *thing) error
	do      func(ctx context.Context, o *thing, what string) (string, error)
	alarm   func(ctx context.Context, o *thing, info durable.AlarmInfo) error
	open    func(ctx context.Context, o *thing, s *durable.Socket) error
	message func(ctx context.Context, o *thing, s *durable.Socket, text string) error
	closed  func(ctx context.Context, o *thing, s *durable.Socket, c durable.CloseInfo) error
}

// thing is an object of a kind.
type thing struct {
	*durable.State
	script script
	n      int // for the script
}

func (o *thing) Start(ctx context.Context) error {
	if o.script.start == nil {
		return nil
	}
	return o.script.start(ctx, o)
}

func (o *thing) act(ctx context.Context, what string) (string, error) {
	return o.script.do(ctx, o, what)
}

func (o *thing) Alarm(ctx context.Context, info durable.AlarmInfo) error {
	if o.script.alarm == nil {
		return nil
	}
	return o.script.alarm(ctx, o, info)
}

func (o *thing) SocketOpen(ctx context.Context, s *durable.Socket) error {
	if o.script.open == nil {
		return o.Accept(s, nil)
	}
	return o.script.open(ctx, o, s)
}

func (o *thing) SocketMessage(ctx context.Context, s *durable.Socket, m durable.Message) error {
	if o.script.message == nil {
		return nil
	}
	return o.script.message(ctx, o, s, string(m.Data))
}

func (o *thing) SocketClose(ctx context.Context, s *durable.Socket, c durable.CloseInfo) error {
	if o.script.closed == nil {
		return nil
	}
	return o.script.closed(ctx, o, s, c)
}

// get and put keep strings; "" stands for what isn't there.
func (o *thing) get(key string) string {
	value, err := o.Storage().Get(key)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(value)
}

func (o *thing) put(key, value string, options ...durable.WriteOption) error {
	return o.Storage().Put(key, []byte(value), options...)
}

// scenario runs fn on a world of one kind of objects.
//
// In a bubble no timer should be due at once, not even by a random number: whoever
// makes it runs it, in the race detector's context of the bubble's timers, and two
// who do so at the same time break the detector (golang/go#78156, as of Go 1.26).
func scenario(t *testing.T, s script, fn func(w *world), change ...func(o *durable.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		disk := durabletest.NewStore()
		w := &world{T: t, disk: disk, faults: durabletest.NewFaults(disk)}
		w.opts = durable.Options{Logger: slog.New(slog.DiscardHandler), Strict: true, SerialiseCalls: true}
		for _, c := range change {
			c(&w.opts)
		}
		w.begin()
		w.add("thing", s)
		t.Cleanup(func() { w.stop() })
		fn(w)
	})
}

func (w *world) begin() {
	w.Helper()
	w.opts.Store = w.faults
	rt, err := durable.New(w.opts)
	if err != nil {
		w.Fatal(err)
	}
	w.rt = rt
	for _, k := range w.things {
		w.register(k)
	}
}

// add registers a further kind.
func (w *world) add(name string, s script) *kind {
	w.Helper()
	k := &kind{name: name, script: s}
	w.things = append(w.things, k)
	w.register(k)
	return k
}

func (w *world) register(k *kind) {
	w.Helper()
	class := durable.NewClass(k.name, func(st *durable.State) durable.Object {
		return &thing{State: st, script: k.script}
	})
	k.do = durable.Handle(class, "do", (*thing).act)
	ns, err := w.rt.Register(class)
	if err != nil {
		w.Fatal(err)
	}
	k.ns = ns
}

// ns is the namespace of the first kind.
func (w *world) ns() *durable.Namespace { return w.things[0].ns }

func (k *kind) call(ctx context.Context, name, what string) (string, error) {
	return k.do.Call(ctx, k.ns.ByName(name), what)
}

// call calls an object of the first kind, by its name and on a new stub.
func (w *world) call(name, what string) (string, error) {
	return w.things[0].call(w.Context(), name, what)
}

// want calls and compares.
func (w *world) want(name, what, answer string) {
	w.Helper()
	if got, err := w.call(name, what); err != nil || got != answer {
		w.Errorf("%s %s: got %q, %v; want %q", name, what, got, err, answer)
	}
}

// must calls, and the call succeeds.
func (w *world) must(name, what string) string {
	w.Helper()
	got, err := w.call(name, what)
	if err != nil {
		w.Fatalf("%s %s: %v", name, what, err)
	}
	return got
}

// outcome of a call that runs on its own.
type outcome struct {
	answer string
	err    error
}

// start calls without waiting for the outcome; the call has gone as far as it
// can.
func (w *world) start(name, what string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		answer, err := w.call(name, what)
		done <- outcome{answer, err}
	}()
	synctest.Wait()
	return done
}

// pending checks that the call hasn't returned, although nothing runs.
func (w *world) pending(done <-chan outcome, why string) {
	w.Helper()
	synctest.Wait()
	select {
	case o := <-done:
		w.Fatalf("%s, but the call returned %q, %v", why, o.answer, o.err)
	default:
	}
}

func (w *world) stop() {
	w.Helper()
	if w.rt == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := w.rt.Shutdown(ctx); err != nil {
		w.Errorf("shutdown: %v", err)
	}
	w.rt = nil
}

// restart ends the runtime in order and begins another on the same disk.
func (w *world) restart() {
	w.Helper()
	w.stop()
	w.disk = w.disk.Restart()
	w.faults = durabletest.NewFaults(w.disk)
	w.begin()
}

// kill takes the disk from under the runtime, as the end of the process would,
// and begins another on what is on it.
func (w *world) kill() {
	w.Helper()
	survivor := w.disk.Crash()
	w.faults.Release()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.rt.Shutdown(over) // it can't write any more, which is the point
	w.disk = survivor
	w.faults = durabletest.NewFaults(w.disk)
	w.begin()
}

// errInjected stands for a disk that fails.
var errInjected = errors.New("injected")

func (w *world) wantErr(err, target error) {
	w.Helper()
	if !errors.Is(err, target) {
		w.Errorf("got error %v, want %v", err, target)
	}
}

func (w *world) wantErrText(err error, text string) {
	w.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		w.Errorf("got error %v, want one about %q", err, text)
	}
}

// wantReset checks that the error is that of an object that was reset.
func (w *world) wantReset(err error) {
	w.Helper()
	var e *durable.Error
	if !errors.As(err, &e) || !e.Reset() || !e.Retryable() || e.Overloaded() {
		w.Errorf("got error %v (%T), want a reset", err, err)
	}
}

// book is what happened, in order.
type book struct {
	mu    sync.Mutex
	lines []string
}

func (b *book) add(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, fmt.Sprintf(format, args...))
}

// take returns what was written since, once nothing runs any more.
func (b *book) take(w *world) []string {
	w.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}

func (w *world) wantBook(b *book, lines ...string) {
	w.Helper()
	if got := b.take(w); !slices.Equal(got, lines) {
		w.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

var seedFlag = flag.Uint64("seed", 0, "the one seed for tests that draw lots; 0: fresh ones")

// seeds yields n seeds, or the one that was given by -seed. A test that fails
// names its seed.
func seeds(t *testing.T, n int) iter.Seq[uint64] {
	t.Helper()
	return func(yield func(uint64) bool) {
		if *seedFlag != 0 {
			yield(*seedFlag)
			return
		}
		for range n {
			seed := rand.Uint64()
			if !yield(seed) {
				return
			}
			if t.Failed() {
				t.Logf("again: go test -run '^%s$' -seed %d", t.Name(), seed)
				return
			}
		}
	}
}

// idle lets objects fall asleep.
func idle() { time.Sleep(time.Minute) }

// counting is a script: "add" adds one to a number in memory and on disk and
// returns what it was; "get" returns it.
var counting = script{
	start: func(_ context.Context, o *thing) error {
		o.n = number(o.get("n"))
		return nil
	},
	do: func(_ context.Context, o *thing, what string) (string, error) {
		was := o.n
		if what == "add" {
			o.n++
			if err := o.put("n", fmt.Sprint(o.n)); err != nil {
				return "", err
			}
		}
		return fmt.Sprint(was), nil
	},
}
