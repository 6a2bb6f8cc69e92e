package auth

import "context"

// An errand is what a request leaves to be done after its reply: whether there was
// anything to do, and how long it took, can't be told from outside then.
type errand struct {
	what string // for the log
	do   func(context.Context) error
}

// later does an errand soon, after those before it. Where too many wait it isn't
// done at all: whoever misses a mail asks again. Close drops what waits.
func (s *Service) later(what string, do func(context.Context) error) {
	select {
	case s.errands <- errand{what, do}:
	default:
		s.log.Warn("too much to do: left out", "what", what)
	}
}

// runErrands does them one after the other until ctx is done.
func (s *Service) runErrands(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-s.errands:
			if err := e.do(ctx); err != nil && ctx.Err() == nil {
				s.log.Error(e.what, "err", err)
			}
		}
	}
}
