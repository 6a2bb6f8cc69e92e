package mail

import (
	"context"
	"net"
	netmail "net/mail"
	"time"
)

// WithDial is c over another network.
func (c Config) WithDial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Config {
	c.dial = dial
	return c
}

const MaxQueue = maxQueue

// Render checks a mail as Send does, and returns it as it goes over the wire.
func Render(m Message) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	return render(m, netmail.Address{Name: "Snug", Address: "chat@example.org"}, "id@example.org", time.Unix(0, 0))
}
