package pebble

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// aio syncs files by the kernel's asynchronous I/O (io_submit(2)): it asks for the
// sync and waits for its end as for a connection's. A system call that waits for
// the disk would keep one of Go's processors until the scheduler's watchdog takes
// that away, some 70 µs later, and keep the watchdog awake for as long as there is
// something to sync: on one CPU a seventh of it goes there.
type aio struct {
	mu      sync.Mutex // one sync at a time
	context uintptr
	eventfd uint32
	ended   *os.File // of eventfd, which counts the syncs that have ended
	request iocb
}

// iocb and ioEvent are those of linux/aio_abi.h, on machines of either byte order
// with the fields that are used here.
type iocb struct {
	_       uint64    // what the event is to bear
	_       [2]uint32 // a key of the kernel's and the flags of a write, in the order of the machine
	opcode  uint16
	_       int16 // priority
	fd      uint32
	_       [4]uint64 // buffer, its length, offset, and nothing
	flags   uint32
	eventfd uint32
}

type ioEvent struct {
	_, _   uint64 // of the request
	result int64
	_      int64
}

const (
	opDataSync  = 3 // IOCB_CMD_FDSYNC
	flagEventfd = 1 // IOCB_FLAG_RESFD
)

// errNoAIO says that the sync wasn't asked for: it is to be done in another way.
var errNoAIO = errors.New("no asynchronous sync")

// newAIO returns nil where the system has none, or doesn't let us.
func newAIO() *aio {
	a := &aio{}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&a.context)), 0); errno != 0 {
		return nil
	}
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		a.destroy()
		return nil
	}
	a.eventfd, a.ended = uint32(fd), os.NewFile(fd, "eventfd")
	return a
}

func (a *aio) destroy() {
	_, _, _ = syscall.Syscall(syscall.SYS_IO_DESTROY, a.context, 0, 0)
}

// close may only be called when nothing is synced any more.
func (a *aio) close() {
	if a != nil {
		_ = a.ended.Close()
		a.destroy()
	}
}

// dataSync is fdatasync(2).
func (a *aio) dataSync(fd uintptr) error {
	if a == nil {
		return errNoAIO
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.request = iocb{opcode: opDataSync, fd: uint32(fd), flags: flagEventfd, eventfd: a.eventfd}
	requests := [1]*iocb{&a.request}
	n, _, errno := syscall.RawSyscall(syscall.SYS_IO_SUBMIT, a.context, 1, uintptr(unsafe.Pointer(&requests)))
	if errno != 0 || n != 1 {
		return errNoAIO
	}
	// From here on the kernel is at it. Whatever goes wrong, what of the file is on
	// disk isn't known.
	var count [8]byte
	if _, err := a.ended.Read(count[:]); err != nil {
		return fmt.Errorf("wait for the disk: %w", err)
	}
	var event ioEvent
	n, _, errno = syscall.RawSyscall6(syscall.SYS_IO_GETEVENTS, a.context, 1, 1, uintptr(unsafe.Pointer(&event)), 0, 0)
	if errno != 0 || n != 1 {
		return fmt.Errorf("wait for the disk: %w", errors.Join(errNoEvent, errno))
	}
	if event.result < 0 {
		return &os.SyscallError{Syscall: "fdsync", Err: syscall.Errno(-event.result)}
	}
	return nil
}

var errNoEvent = errors.New("a sync has ended and isn't there")
