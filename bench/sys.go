//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// rawRead and rawWrite are for sockets that never block: they spare the
// scheduler's part of a system call, which is a fifth of a small write.
func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// cpuMask has a bit for each CPU, as many as the kernel can be built for.
type cpuMask [8192 / 64]uint64

// allowedCPUs returns the CPUs that this thread may run on, lowest first.
func allowedCPUs() ([]int, error) {
	var mask cpuMask
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if errno != 0 {
		return nil, fmt.Errorf("read the allowed CPUs: %w", errno)
	}
	var cpus []int
	for i, word := range mask {
		for ; word != 0; word &= word - 1 {
			cpus = append(cpus, i*64+bits.TrailingZeros64(word))
		}
	}
	return cpus, nil
}

// pinThread keeps a thread of this process (0: the caller's) on one CPU; threads
// and programs that it starts stay there too.
func pinThread(tid, cpu int) error {
	var mask cpuMask
	mask[cpu/64] = 1 << (cpu % 64)
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(tid), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if errno != 0 {
		return fmt.Errorf("pin to CPU %d: %w", cpu, errno)
	}
	return nil
}

// pinProcess pins all threads that this process has by now.
func pinProcess(cpu int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			return fmt.Errorf("list threads: %w", err)
		}
		if err := pinThread(tid, cpu); err != nil {
			return err
		}
	}
	return nil
}

// processCPU returns the CPU time that a process (0: this one) has used, all its
// threads, user and system together. Unlike /proc/PID/stat it counts nanoseconds.
// On loopback it includes the receiving half of TCP, which runs in the sender.
func processCPU(pid int) (time.Duration, error) {
	const schedClock = 2 // CPUCLOCK_SCHED; see clock_getcpuclockid(3)
	var ts syscall.Timespec
	clock := ^pid<<3 | schedClock
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, errno)
	}
	return time.Duration(ts.Nano()), nil
}

// kernelWorkers returns the CPU time of each of the kernel's own threads that do
// what was put off, such as asynchronous syncs. They work for everybody: on a machine
// that is otherwise quiet, for who is measured.
func kernelWorkers() (map[string]time.Duration, error) {
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	spent := map[string]time.Duration{}
	for _, p := range processes {
		folder := "/proc/" + p.Name()
		name, err := os.ReadFile(folder + "/comm")
		if err != nil || !bytes.HasPrefix(name, []byte("kworker/")) {
			continue // not a process, or gone already
		}
		stat, err := os.ReadFile(folder + "/schedstat")
		if err != nil {
			continue
		}
		if ns, ok := number(stat); ok {
			spent[p.Name()] = time.Duration(ns)
		}
	}
	return spent, nil
}

// memory is what a process has resident, in bytes.
type memory struct {
	rss  float64 // with the pages of files, the program's own among them
	anon float64 // without: what it has made itself
}

func processMemory(pid int) (m memory, err error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return memory{}, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for key, to := range map[string]*float64{"VmRSS:": &m.rss, "RssAnon:": &m.anon} {
		kib, ok := number(bytes.TrimLeft((&field{key: key}).find(text), " \t"))
		if !ok {
			return memory{}, fmt.Errorf("read the memory of process %d: no %s", pid, key)
		}
		*to = float64(kib) * 1024
	}
	return m, nil
}

// forget has the kernel drop what it keeps of a file in memory.
func forget(path string) error {
	const dontNeed = 4 // POSIX_FADV_DONTNEED
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("drop file from page cache: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := f.Sync(); err != nil { // pages that wait to be written can't be dropped
		return fmt.Errorf("drop file from page cache: %w", err)
	}
	_, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0)
	if errno != 0 {
		return fmt.Errorf("drop file from page cache: %w", errno)
	}
	return nil
}

// A ticker is a timerfd: it can be waited for beside sockets, to the microsecond.
type ticker struct{ fd int }

func newTicker(every time.Duration) (ticker, error) {
	const clockMonotonic = 1
	fd, _, errno := syscall.RawSyscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return ticker{}, fmt.Errorf("create timer: %w", errno)
	}
	spec := [2]syscall.Timespec{syscall.NsecToTimespec(int64(every)), syscall.NsecToTimespec(int64(every))}
	_, _, errno = syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	if errno != 0 {
		_ = syscall.Close(int(fd))
		return ticker{}, fmt.Errorf("set timer: %w", errno)
	}
	return ticker{int(fd)}, nil
}

// ticks returns how often the timer has run out since the last call.
func (t ticker) ticks() int {
	var b [8]byte
	if n, errno := rawRead(t.fd, b[:]); errno != 0 || n != len(b) {
		return 0
	}
	return int(binary.NativeEndian.Uint64(b[:]))
}

func (t ticker) close() { _ = syscall.Close(t.fd) }

// watch adds fd to an epoll set; its events carry key.
func watch(ep, fd, key int) error {
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(key)}
	if err := syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("watch descriptor: %w", err)
	}
	return nil
}
