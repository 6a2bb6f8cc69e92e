package pebble

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	lsm "github.com/cockroachdb/pebble/v2"
)

// reporter passes on what the engine says. Fatalf is the engine's way to end
// the process: it halts the store instead.
type reporter struct {
	log    *slog.Logger
	halt   *halt
	failed chan struct{}         // a background job failed; never more than one waits here
	last   often                 // when a background error was logged
	hurt   often                 // when damage was logged
	stall  atomic.Bool           // commits wait for background jobs
	flush  atomic.Pointer[error] // of the last flush
}

func newReporter(log *slog.Logger, h *halt) *reporter {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &reporter{log: log.With("system", "pebble"), halt: h, failed: make(chan struct{}, 1)}
}

// Infof implements the engine's Logger.
func (r *reporter) Infof(format string, args ...any) {
	if r.log.Enabled(context.Background(), slog.LevelDebug) {
		r.log.Debug(fmt.Sprintf(format, args...))
	}
}

// Errorf implements the engine's Logger.
func (r *reporter) Errorf(format string, args ...any) { r.log.Warn(fmt.Sprintf(format, args...)) }

// Fatalf implements the engine's Logger. It doesn't return.
func (r *reporter) Fatalf(format string, args ...any) {
	r.halt.fail(fatalError{fmt.Sprintf(format, args...), args})
	r.halt.park()
}

// fatalError keeps the cause that the engine gives along with its text.
type fatalError struct {
	text string
	args []any
}

func (e fatalError) Error() string { return e.text }

func (e fatalError) Unwrap() []error {
	var errs []error
	for _, arg := range e.args {
		if err, ok := arg.(error); ok {
			errs = append(errs, err)
		}
	}
	return errs
}

// errorsEvery bounds how often it is logged that a job fails, which is tried again each
// time, or that a file is damaged, which each reader of it finds.
const errorsEvery = 10 * time.Second

// often says that it is time again to log what happens all the time.
type often struct{ last atomic.Int64 } // Unix time

func (o *often) again() bool {
	now, last := time.Now().Unix(), o.last.Load()
	return now-last >= int64(errorsEvery/time.Second) && o.last.CompareAndSwap(last, now)
}

func (r *reporter) events() *lsm.EventListener {
	return &lsm.EventListener{
		BackgroundError: func(err error) {
			// The engine tries again for ever. To commits that wait for it to
			// succeed, and to Open, which waits for flushes, that would be a
			// silent hang.
			flush := r.flush.Load()
			if r.stall.Load() || !r.halt.opened.Load() && flush != nil && errors.Is(err, *flush) {
				r.halt.fail(err)
			}
			select {
			case r.failed <- struct{}{}:
			default:
			}
			if r.last.again() {
				r.log.Warn("a background job failed and will be tried again", "err", err)
			}
		},
		DataCorruption: func(info lsm.DataCorruptionInfo) { // its bounds would show keys
			if r.hurt.again() {
				r.log.Error("a file is damaged: restore the last backup", "path", info.Path, "err", info.Details)
			}
		},
		DiskSlow: func(info lsm.DiskSlowInfo) {
			r.log.Warn("the disk is slow", "path", info.Path, "op", info.OpType.String(), "for", info.Duration)
		},
		WriteStallBegin: func(info lsm.WriteStallBeginInfo) {
			r.stall.Store(true)
			r.log.Warn("commits wait for background jobs", "reason", info.Reason)
		},
		WriteStallEnd: func() {
			r.stall.Store(false)
			r.log.Warn("commits no longer wait for background jobs")
		},
		FlushEnd: func(info lsm.FlushInfo) {
			r.flush.Store(&info.Err)
			r.Infof("%s", info)
		},
		CompactionEnd: func(info lsm.CompactionInfo) { r.Infof("%s", info) },
		WALCreated:    func(info lsm.WALCreateInfo) { r.Infof("%s", info) },
	}
}
