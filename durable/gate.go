package durable

import "sync"

// output is something that leaves an object: a reply, a frame, a call, a
// change of a socket. do must not block; drop (may be nil) tells whoever waits
// that it will never come.
type output struct {
	do   func()
	drop func(error)
}

// gate is an object's output gate. Outputs leave in the order in which they
// were issued, each no earlier than the commit that it depends on is durable.
// What depends on a commit that failed is dropped.
type gate struct {
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
	g.mu.Lock()
	free := len(g.queue) == 0 && !g.leaving && (h.dep == nil || h.dep.settled())
	if len(h.out) > 0 {
		g.queue = append(g.queue, h)
	}
	if !free || len(h.out) == 0 {
		g.mu.Unlock()
		return
	}
	g.leaving = true
	g.mu.Unlock()
	g.leave()
}

// open lets out what may leave now, on a goroutine of its own so that the
// committer goes on.
func (g *gate) open(rt *Runtime) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.leaving || len(g.queue) == 0 {
		return
	}
	if dep := g.queue[0].dep; dep != nil && !dep.settled() {
		return
	}
	g.leaving = true
	rt.wg.Go(g.leave)
}

func (g *gate) leave() {
	for {
		g.mu.Lock()
		if len(g.queue) == 0 {
			g.queue = nil
			g.leaving = false
			g.mu.Unlock()
			return
		}
		h := g.queue[0]
		if h.dep != nil && !h.dep.settled() {
			g.leaving = false
			g.mu.Unlock()
			return
		}
		g.queue = g.queue[1:]
		g.mu.Unlock()

		var err error
		if h.dep != nil {
			err = h.dep.err
		}
		for _, out := range h.out {
			if err == nil {
				out.do()
			} else if out.drop != nil {
				out.drop(err)
			}
		}
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
