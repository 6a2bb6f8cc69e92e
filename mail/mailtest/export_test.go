package mailtest

import (
	"testing"
	"time"
)

// WaitFor is Wait with another patience.
func WaitFor(s *Server, tb testing.TB, to string, patience time.Duration) Message {
	return s.wait(tb, to, patience)
}
