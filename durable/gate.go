package durable

import "sync"

// output is something that leaves an object: a reply, a frame, a call, a
// change of a socket. What it does must not block.
type output struct {
	kind   outputKind
	frame  Frame
	tag    string
	sock   *Socket // toSocket: who gets it; toAll: who doesn't, or nil
	member *member // of toSocket, where sock is one
	do     func()
	drop   func(error) // tells whoever waits that it will never come; or nil
}

type outputKind uint8

const (
	other    outputKind = iota // do
	toSocket                   // frame to sock
	toAll                      // frame to all members that bear tag
)

// leaves lets the output out and returns how many frames it has queued.
func (o *object) leaves(out *output) (queued int) {
	switch out.kind {
	case toSocket:
		if out.member != nil {
			o.hub.send(out.member, out.frame)
		} else {
			out.sock.enqueue(out.frame)
		}
		return 1
	case toAll:
		return o.hub.broadcast(out.tag, out.frame, out.sock)
	default:
		out.do()
		return 1
	}
}

func drop(outs []output, err error) {
	for _, out := range outs {
		if out.drop != nil {
			out.drop(err)
		}
	}
}

// gate is an object's output gate. Outputs leave in the order in which they
// were issued, each no earlier than the commit that it depends on is durable.
// What depends on a commit that failed is dropped.
type gate struct {
	mu      sync.Mutex
	queue   []held
	leaving bool          // somebody is letting outputs out
	space   chan struct{} // closed when the queue is shorter; nil: nobody waits
}

type held struct {
	dep *commit // nil: nothing to wait for
	out []output
}

func (h held) free() bool { return h.dep == nil || h.dep.settled.Load() }

// push issues outputs that depend on h.dep.
func (o *object) push(h held) {
	if len(h.out) == 0 {
		return
	}
	o.rt.work.add()
	g := &o.gate
	g.mu.Lock()
	free := len(g.queue) == 0 && !g.leaving && h.free()
	g.queue = append(g.queue, h)
	g.leaving = g.leaving || free
	g.mu.Unlock()
	if free {
		o.letOut()
	}
}

// open lets out what may leave now.
func (o *object) open() {
	g := &o.gate
	g.mu.Lock()
	free := !g.leaving && len(g.queue) > 0 && g.queue[0].free()
	g.leaving = g.leaving || free
	g.mu.Unlock()
	if free {
		o.letOut()
	}
}

// letOut lets out all that may leave. Broadcasts are handed to the sockets, joined,
// when no more follows or much has come together. Who lets them out may be needed
// by other objects, as the committer is: where there is no end it gives the rest to
// a goroutine.
func (o *object) letOut() {
	g := &o.gate
	left := 0   // that aren't handed on yet
	queued := 0 // frames so far
	for {
		g.mu.Lock()
		more := len(g.queue) > 0 && g.queue[0].free()
		if !more && left == 0 {
			g.leaving = false
			g.spaceLocked()
			g.mu.Unlock()
			return
		}
		if !more || left == maxReleased || queued >= maxReleasedFrames {
			g.spaceLocked()
			g.mu.Unlock()
			queued += o.hub.hand()
			for range left {
				o.rt.work.done()
			}
			left = 0
			if queued >= maxReleasedFrames {
				o.rt.wg.Go(o.letOut)
				return
			}
			continue
		}
		h := g.queue[0]
		g.queue[0] = held{}
		g.queue = g.queue[1:]
		if len(g.queue) == 0 {
			g.queue = nil
		}
		g.mu.Unlock()

		left++
		if h.dep != nil && h.dep.err != nil {
			drop(h.out, h.dep.err)
			continue
		}
		for i := range h.out {
			queued += o.leaves(&h.out[i])
		}
	}
}

// spaceLocked tells who waits that the queue is short again.
func (g *gate) spaceLocked() {
	if g.space != nil && len(g.queue) < MaxPendingTurns {
		close(g.space)
		g.space = nil
	}
}

// await returns once the outputs of less than MaxPendingTurns turns are held, be
// it by the disk or because they come faster than they leave.
func (g *gate) await() {
	g.mu.Lock()
	if len(g.queue) < MaxPendingTurns {
		g.mu.Unlock()
		return
	}
	if g.space == nil {
		g.space = make(chan struct{})
	}
	space := g.space
	g.mu.Unlock()
	<-space
}

// length is the number of turns whose outputs are held.
func (g *gate) length() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.leaving {
		return len(g.queue) + 1
	}
	return len(g.queue)
}
