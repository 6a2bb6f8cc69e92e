package durable

import "sync"

// output is something that leaves an object: a reply, a frame, a call, a
// change of a socket. do must not block; drop (may be nil) tells whoever waits
// that it will never come.
type output struct {
	do   func()
	drop func(error)
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
	rt *Runtime

	mu      sync.Mutex
	queue   []held
	leaving bool // somebody is letting outputs out
}

type held struct {
	dep *commit // nil: nothing to wait for
	out []output
}

// push issues outputs that depend on h.dep.
func (g *gate) push(h held) {
	if len(h.out) == 0 {
		return
	}
	g.rt.work.add()
	g.mu.Lock()
	free := len(g.queue) == 0 && !g.leaving && h.free()
	g.queue = append(g.queue, h)
	g.leaving = g.leaving || free
	g.mu.Unlock()
	if free {
		g.leave()
	}
}

func (h held) free() bool { return h.dep == nil || h.dep.settled() }

// open lets out what may leave now, on a goroutine of its own so that the
// committer goes on.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.leaving && len(g.queue) > 0 && g.queue[0].free() {
		g.leaving = true
		g.rt.wg.Go(g.leave)
	}
}

func (g *gate) leave() {
	for {
		g.mu.Lock()
		if len(g.queue) == 0 || !g.queue[0].free() {
			g.leaving = false
			g.mu.Unlock()
			return
		}
		h := g.queue[0]
		g.queue[0] = held{}
		g.queue = g.queue[1:]
		if len(g.queue) == 0 {
			g.queue = nil
		}
		g.mu.Unlock()

		if h.dep != nil && h.dep.err != nil {
			drop(h.out, h.dep.err)
		} else {
			for _, out := range h.out {
				out.do()
			}
		}
		g.rt.work.done()
	}
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
