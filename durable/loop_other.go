//go:build !linux

package durable

import "net"

// loops would be the event loops of a system that has epoll.
type loops struct{}

func newLoops(*Runtime) *loops { return &loops{} }

func (*loops) adopt(*Socket, net.Conn) (start func(early []byte), err error) { return nil, nil }

func (*loops) close() {}
