//go:build !linux

package durable

import "net"

// loops would be the event loops of a system that has epoll.
type loops struct{}

// polled would be the wire of a socket whose descriptor a loop watches.
type polled struct{}

func newLoops(*Runtime) *loops { return &loops{} }

func (*loops) adopt(*Socket, net.Conn) (start func(early []byte), discard func() error, err error) {
	return nil, nil, nil
}

func (*loops) close() {}
