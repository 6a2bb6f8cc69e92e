package durable

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Runtime. Only Store is required.
type Options struct {
	Store          Store
	Logger         *slog.Logger     // nil: slog.Default. Never gets content, only names, ids and causes
	Now            func() time.Time // wall clock of alarms; nil: time.Now
	IdleTimeout    time.Duration    // after which an object is evicted; 0: 10 s
	StartTimeout   time.Duration    // of Start and Block; 0: 30 s
	StorageTimeout time.Duration    // of one group commit, then the objects in it are reset; 0: 30 s
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
	setDefault(&o.IdleTimeout, 10*time.Second)
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
	committer *committer
	alarms    *scheduler
	sockets   *sockets
	shards    [64]shard
	stop      chan struct{} // closed: the sweeper and the heartbeat end
	stopped   sync.WaitGroup
	stats     counters

	mu      sync.Mutex
	classes map[string]*Namespace
	idle    *list.List // of *object, longest idle first (about)
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
		idle: list.New(), stop: make(chan struct{}),
	}
	rt.ctx, rt.cancel = context.WithCancel(context.Background())
	for i := range rt.shards {
		rt.shards[i].objects = make(map[ID]*object)
	}
	rt.committer = newCommitter(opts.Store, opts.StorageTimeout)
	rt.sockets = newSockets(rt)
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
func (rt *Runtime) find(ns *Namespace, id ID) *object {
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

func (rt *Runtime) listIdle(o *object) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.idle.PushBack(o)
}

// sweep evicts objects that were idle for Options.IdleTimeout, within a
// quarter of that time.
func (rt *Runtime) sweep() {
	tick := time.NewTicker(rt.opts.IdleTimeout / 4)
	defer tick.Stop()
	for {
		select {
		case <-rt.stop:
			return
		case <-tick.C:
			rt.evictIdle(time.Now().Add(-rt.opts.IdleTimeout))
		}
	}
}

func (rt *Runtime) evictIdle(before time.Time) {
	rt.mu.Lock()
	n := rt.idle.Len()
	rt.mu.Unlock()
	for range n {
		rt.mu.Lock()
		front := rt.idle.Front()
		if front == nil {
			rt.mu.Unlock()
			return
		}
		o := rt.idle.Remove(front).(*object)
		rt.mu.Unlock()
		if o.evict(before) {
			rt.listIdle(o)
		}
	}
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

// Shutdown takes no new socket and starts no new alarm, closes the sockets
// with 1001 (spread over Options.CloseSpread, so that their clients don't come
// back all at once), lets what was accepted be handled and made durable, and
// stops everything. Where ctx ends first the rest is cut short: events that
// didn't run fail with ErrClosed; nothing that was acknowledged is lost.
func (rt *Runtime) Shutdown(ctx context.Context) error {
	rt.mu.Lock()
	if rt.closing {
		rt.mu.Unlock()
		return ErrClosed
	}
	rt.closing = true
	rt.mu.Unlock()

	rt.alarms.close()
	rt.sockets.shutdown(ctx)
	err := rt.drain(ctx)
	close(rt.stop)
	rt.stopped.Wait()
	rt.sockets.cut()
	rt.cancel()
	rt.committer.close()
	rt.endTimers()
	rt.wg.Wait()
	return err
}

// drain waits until no object has anything to do, then shuts the table.
func (rt *Runtime) drain(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var err error
	for err == nil && !rt.quiet() {
		select {
		case <-ctx.Done():
			err = fmt.Errorf("shutdown: %w", ctx.Err())
		case <-tick.C:
		}
	}
	for i := range rt.shards {
		s := &rt.shards[i]
		s.mu.Lock()
		s.closed = true
		for _, o := range s.objects {
			o.mu.Lock()
			o.removed = true
			o.inbox = slices.DeleteFunc(o.inbox, func(ev event) bool {
				if ev.resume == nil {
					ev.fail(o.wrap(ev.name, ErrClosed))
				}
				return ev.resume == nil
			})
			o.mu.Unlock()
		}
		s.mu.Unlock()
	}
	return err
}

func (rt *Runtime) quiet() bool {
	for i := range rt.shards {
		s := &rt.shards[i]
		s.mu.Lock()
		for _, o := range s.objects {
			o.mu.Lock()
			busy := o.running || len(o.inbox) > 0 || o.awaiting > 0 || o.gate.length() > 0 ||
				(o.act != nil && len(o.act.inFlight()) > 0)
			o.mu.Unlock()
			if busy {
				s.mu.Unlock()
				return false
			}
		}
		s.mu.Unlock()
	}
	return true
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
