package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"snug/durable/internal/websocket"
)

// Options of a Runtime. Only Store is required; where a field is zero the
// default stands, below zero it is an error.
type Options struct {
	Store          Store
	Logger         *slog.Logger     // nil: slog.Default. Never gets content, only names, ids and causes
	Now            func() time.Time // wall clock of alarms; nil: time.Now
	IdleTimeout    time.Duration    // after which an object is evicted; 0: 10 s
	IdleObjects    int              // stay awake at most; with more, who is idle longest is evicted at once; 0: 4,096
	StartTimeout   time.Duration    // of Start and Block; 0: 30 s
	StorageTimeout time.Duration    // of one storage operation, then the objects that wait for it are reset; 0: 30 s
	InboxEvents    int              // per object, beyond that it is overloaded; 0: 4,096
	InboxBytes     int              // per object; 0: 16 MiB
	AlarmsAtOnce   int              // alarm handlers that run at once; 0: 64
	Heartbeat      time.Duration    // a socket that was silent so long is pinged, and dropped after another; 0: 25 s
	SocketQueue    int              // bytes that wait for one socket, then it is closed with 4008; 0: 1 MiB
	CloseSpread    time.Duration    // over which Shutdown spreads the sockets' 1001; 0: 3 s
	Strict         bool             // check that storage is used by the turn's own goroutine (slow: for tests)
	SerialiseCalls bool             // send arguments and results through JSON, as another machine would (for tests)
}

func (o Options) withDefaults() (Options, error) {
	if o.Store == nil {
		return o, errors.New("durable: Options.Store is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if min(o.IdleTimeout, o.StartTimeout, o.StorageTimeout, o.Heartbeat, o.CloseSpread) < 0 ||
		min(o.IdleObjects, o.InboxEvents, o.InboxBytes, o.AlarmsAtOnce, o.SocketQueue) < 0 {
		return o, errors.New("durable: a time or a bound in Options is below zero")
	}
	setDefault(&o.IdleTimeout, 10*time.Second)
	setDefault(&o.IdleObjects, 4096)
	setDefault(&o.StartTimeout, 30*time.Second)
	setDefault(&o.StorageTimeout, 30*time.Second)
	setDefault(&o.InboxEvents, 4096)
	setDefault(&o.InboxBytes, 16<<20)
	setDefault(&o.AlarmsAtOnce, 64)
	setDefault(&o.Heartbeat, 25*time.Second)
	setDefault(&o.SocketQueue, 1<<20)
	setDefault(&o.CloseSpread, 3*time.Second)
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Runtime runs the objects of a set of classes on one store. Several may live
// in one process. All methods may be called concurrently.
type Runtime struct {
	opts      Options
	log       *slog.Logger
	ctx       context.Context // ends when Shutdown has drained
	cancel    context.CancelFunc
	wg        sync.WaitGroup // runners, gates, sockets
	work      work
	workers   workers
	waits     waits
	committer *committer
	alarms    *scheduler
	sockets   *sockets
	loops     *loops
	outboxes  outboxes
	inflaters websocket.Inflaters
	deflaters *websocket.Deflaters
	shards    [64]shard
	idle      idleQueue
	stop      chan struct{} // closed: the sweeper and the heartbeat end
	stopped   sync.WaitGroup
	stats     counters
	deadline  atomic.Pointer[deadline]

	mu      sync.Mutex
	classes map[string]*Namespace
	closing bool
}

type shard struct {
	mu      sync.Mutex
	objects map[ID]*object
	closed  bool
}

type counters struct {
	wakes, evictions atomic.Int64
}

// New starts a runtime. End it with Shutdown; the store stays the caller's.
func New(opts Options) (*Runtime, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	rt := &Runtime{
		opts: opts, log: opts.Logger, classes: make(map[string]*Namespace),
		stop: make(chan struct{}),
		work: work{none: make(chan struct{}, 1)},
	}
	rt.waits.rt = rt
	rt.ctx, rt.cancel = context.WithCancel(context.Background())
	for i := range rt.shards {
		rt.shards[i].objects = make(map[ID]*object)
	}
	rt.committer = newCommitter(rt)
	rt.sockets = newSockets(rt)
	rt.loops = newLoops(rt)
	rt.deflaters = websocket.NewDeflaters()
	rt.alarms = newScheduler(rt)
	rt.stopped.Go(rt.sweep)
	rt.stopped.Go(rt.sockets.heartbeat)
	return rt, nil
}

// Register adds a class. Do so before the first call, as an alarm of a class
// that isn't registered waits until it is.
func (rt *Runtime) Register(c *Class) (*Namespace, error) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if _, taken := rt.classes[c.name]; taken {
		return nil, fmt.Errorf("class %s is registered already", c.name)
	}
	ns := &Namespace{rt: rt, class: c, key: newIDKey(c.name)}
	rt.classes[c.name] = ns
	rt.alarms.retryHeld()
	return ns, nil
}

func (rt *Runtime) namespace(class string) *Namespace {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return rt.classes[class]
}

func (rt *Runtime) shard(id ID) *shard { return &rt.shards[int(id[0])%len(rt.shards)] }

// find returns the object's record, or nil where there is none in memory.
func (rt *Runtime) find(id ID) *object {
	s := rt.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[id]
}

// object returns the object's record, made where there is none.
func (rt *Runtime) object(ns *Namespace, id ID, name string) (*object, error) {
	s := rt.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	o := s.objects[id]
	if o == nil {
		o = &object{rt: rt, ns: ns, id: id, name: name}
		s.objects[id] = o
	} else if name != "" {
		o.mu.Lock()
		if o.name == "" {
			o.name = name
		}
		o.mu.Unlock()
	}
	return o, nil
}

// Stats is a glance at a runtime.
type Stats struct {
	Objects   int   // records in memory
	Awake     int   // of these, activated
	Sockets   int   // open
	Wakes     int64 // activations so far
	Evictions int64 // so far
}

// Stats returns the present figures.
func (rt *Runtime) Stats() Stats {
	st := Stats{Sockets: rt.sockets.count(), Wakes: rt.stats.wakes.Load(), Evictions: rt.stats.evictions.Load()}
	for i := range rt.shards {
		s := &rt.shards[i]
		s.mu.Lock()
		st.Objects += len(s.objects)
		for _, o := range s.objects {
			o.mu.Lock()
			if o.act != nil {
				st.Awake++
			}
			o.mu.Unlock()
		}
		s.mu.Unlock()
	}
	return st
}

// Shutdown takes no new socket, starts no new alarm and acts on no more frames,
// lets what was accepted be handled and made durable, closes the sockets with
// 1001 (spread over Options.CloseSpread, so that their clients don't come back
// all at once) behind their last frame, and stops everything. Where ctx ends
// first the rest is cut short: events that didn't run fail with ErrClosed;
// nothing that was acknowledged is lost. A handler that waits for something
// else than its context keeps Shutdown waiting.
func (rt *Runtime) Shutdown(ctx context.Context) error {
	rt.mu.Lock()
	if rt.closing {
		rt.mu.Unlock()
		return ErrClosed
	}
	rt.closing = true
	rt.mu.Unlock()

	rt.alarms.close()
	rt.sockets.mute()
	settle, cancel := context.WithTimeout(ctx, closeWait)
	_ = rt.work.wait(settle) // other callers may keep us busy: the sockets don't wait for ever
	cancel()
	rt.sockets.shutdown(ctx)
	err := rt.work.wait(ctx)
	if err != nil {
		err = fmt.Errorf("shutdown: %w", err)
	}
	rt.closeTable()
	close(rt.stop)
	rt.stopped.Wait()
	rt.sockets.cut()
	rt.cancel()
	rt.committer.close(ctx)
	rt.endTimers()
	rt.workers.trim(true)
	rt.wg.Wait()
	rt.loops.close()
	return err
}

// closeTable refuses events from here on, and those that haven't begun.
func (rt *Runtime) closeTable() {
	for i := range rt.shards {
		s := &rt.shards[i]
		s.mu.Lock()
		s.closed = true
		objects := slices.Collect(maps.Values(s.objects))
		s.mu.Unlock()
		for _, o := range objects {
			o.leaveTable()
		}
	}
}

// deadline is a context that several operations of the store share, as one of
// their own would cost each more than many a read does.
type deadline struct {
	context.Context
	made time.Time
	end  context.CancelFunc // called by nobody: it ends by itself, or with the runtime
}

// storage returns the context of one operation of the store. It ends when
// Options.StorageTimeout is over, or up to a thirty-second of it later.
func (rt *Runtime) storage() context.Context {
	now, slack := time.Now(), rt.opts.StorageTimeout/32
	if d := rt.deadline.Load(); d != nil && now.Sub(d.made) < slack {
		return d
	}
	ctx, end := context.WithTimeout(rt.ctx, rt.opts.StorageTimeout+slack)
	d := &deadline{ctx, now, end}
	rt.deadline.Store(d)
	return d
}

// storageErr says what an operation's error means.
func (rt *Runtime) storageErr(act string, err error) error {
	switch {
	case rt.ctx.Err() != nil:
		return fmt.Errorf("%s: %w", act, ErrClosed)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w after %v", act, ErrTimeout, rt.opts.StorageTimeout)
	}
	return fmt.Errorf("%s: %w", act, err)
}

func (rt *Runtime) endTimers() {
	for i := range rt.shards {
		s := &rt.shards[i]
		s.mu.Lock()
		for _, o := range s.objects {
			o.mu.Lock()
			if o.act != nil {
				o.act.stopTimers()
			}
			o.mu.Unlock()
		}
		s.mu.Unlock()
	}
}

// goroutineID reads the running goroutine's number from its stack trace. Only
// Options.Strict uses it.
func goroutineID() uint64 {
	var buf [64]byte
	text := strings.TrimPrefix(string(buf[:runtime.Stack(buf[:], false)]), "goroutine ")
	number, _, _ := strings.Cut(text, " ")
	id, _ := strconv.ParseUint(number, 10, 64)
	return id
}
