//go:build linux

package main

import (
	"errors"
	"fmt"
	"syscall"
)

// wire is a connection whose descriptor doesn't block.
type wire struct {
	fd   int
	rest []byte // the beginning of what hasn't come whole
}

// write sends all of b at once or fails: a server that leaves a few posts unread
// for so long that they fill the kernel's buffers has failed too.
func (w *wire) write(b []byte) error {
	n, errno := rawWrite(w.fd, b)
	if errno != 0 {
		return fmt.Errorf("write: %w", errno)
	}
	if n < len(b) {
		return fmt.Errorf("write: the kernel took %d of %d bytes", n, len(b))
	}
	return nil
}

// read returns what was left of the reads before and what there is now, up to one
// buffer; epoll tells of the rest. It is nil where there is nothing, and stands in
// buf or in rest.
func (w *wire) read(buf []byte) ([]byte, error) {
	n, errno := rawRead(w.fd, buf)
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return nil, nil
	case errno != 0:
		return nil, fmt.Errorf("read: %w", errno)
	case n == 0:
		return nil, errClosed
	case len(w.rest) == 0:
		return buf[:n], nil
	}
	w.rest = append(w.rest, buf[:n]...)
	return w.rest, nil
}

// texts calls take for each whole text frame that data holds, answers pings, and
// keeps what isn't whole. A frame of another kind is an error, and so is a close.
func (w *wire) texts(data []byte, take func(payload []byte) error) error {
	for {
		f, size, err := scan(data)
		if err != nil {
			return err
		}
		if size == 0 {
			w.keep(data)
			return nil
		}
		switch f.op {
		case opText:
			err = take(f.payload)
		case opPing:
			err = w.write(appendClientFrame(nil, opPong, f.payload))
		case opPong:
		case opClose:
			err = errors.New(closeText(f.payload))
		default:
			err = fmt.Errorf("a frame with opcode %d", f.op)
		}
		if err != nil {
			return err
		}
		data = data[size:]
	}
}

// keep holds on to what hasn't come whole. Where all has, it holds nothing: there
// are many that rest.
func (w *wire) keep(data []byte) {
	if len(data) == 0 {
		w.rest = nil
		return
	}
	w.rest = append(w.rest[:0], data...)
}
