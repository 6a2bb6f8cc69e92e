package mail

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// Deliver sends a mail at once, past the queue and over a connection of its own, and
// returns when the server has taken it over. It tries once. Its error says which step
// failed, with what the server said: that is for the operator's eyes, not for a log.
func (s *Sender) Deliver(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	mail, err := render(m, s.server.from, rand.Text()+"@"+s.server.domain(), time.Now())
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	n, err := s.server.connect(ctx)
	if err == nil {
		if err = n.send(s.server.from.Address, m.To, mail); err == nil || replyCode(err) != 0 {
			n.quit()
		} else {
			n.cut()
		}
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("send by mail server %s: %w", s.server.addr, err)
}
