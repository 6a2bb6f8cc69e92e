package durable

import "sync"

// workers are the goroutines that run turns. One that has nothing to do waits for
// the next object: a new goroutine would first have to grow its stack, which costs
// more than most turns do.
type workers struct {
	mu     sync.Mutex
	idle   []*worker // the one that worked last comes first
	closed bool
}

type worker struct{ next chan *object }

// maxIdleWorkers wait at most; their stacks take some 16 KiB each.
const maxIdleWorkers = 64

// run lets a goroutine run the object, whose turn the caller gives away.
func (rt *Runtime) run(o *object) {
	ws := &rt.workers
	ws.mu.Lock()
	last := len(ws.idle) - 1
	if last < 0 {
		ws.mu.Unlock()
		rt.wg.Go(func() { ws.work(&worker{next: make(chan *object, 1)}, o) })
		return
	}
	w := ws.idle[last]
	ws.idle[last] = nil
	ws.idle = ws.idle[:last]
	ws.mu.Unlock()
	w.next <- o
}

func (ws *workers) work(w *worker, o *object) {
	for o != nil {
		o.run()
		ws.mu.Lock()
		if ws.closed || len(ws.idle) >= maxIdleWorkers {
			ws.mu.Unlock()
			return
		}
		ws.idle = append(ws.idle, w)
		ws.mu.Unlock()
		o = <-w.next
	}
}

// trim ends half of those that have nothing to do, so that a runtime at rest has
// none in the end; all says to end every one, and to keep none from now on.
func (ws *workers) trim(all bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	n := len(ws.idle) / 2
	if all {
		n, ws.closed = 0, true
	}
	for _, w := range ws.idle[n:] {
		close(w.next)
	}
	clear(ws.idle[n:])
	ws.idle = ws.idle[:n]
}
