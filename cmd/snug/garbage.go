package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// spareGarbage in bytes may gather between two collections of a server that makes
	// much of it. The collector alone lets gather as much as lives, which is some
	// 10 MB where 50 rooms talk at once: there it takes a twentieth of the CPU.
	spareGarbage = 32 << 20
	// oftenCollected is how soon a collection follows the one before where that is so.
	oftenCollected = time.Second
	// growing is the part of what lived by which more must live at a collection for it
	// to count as growing. While it grows, as while people connect, no more garbage than
	// usual gathers: what stays would lie among it, in pages that are half empty for as
	// long as it stays.
	growing      = 16
	usualPercent = 100 // of what lives: GOGC's default
)

// garbage sets how much of it gathers, after each collection. It is the whole
// process's, so only the program may use it, and only once.
type garbage struct {
	now  func() time.Time
	live func() uint64 // bytes that the last collection has left
	set  func(percent int)

	mu      sync.Mutex
	last    time.Time // of the last collection
	lived   uint64    // bytes that it left
	percent int       // as set
	over    bool
}

func newGarbage() *garbage {
	return &garbage{now: time.Now, live: liveHeap, set: func(percent int) { debug.SetGCPercent(percent) }, percent: usualPercent}
}

// watch is called for by each collection, from the first one on.
func (g *garbage) watch() {
	runtime.AddCleanup(new(*garbage), func(g *garbage) {
		if g.collected() {
			g.watch()
		}
	}, g)
}

// collected reports whether the next collection counts too.
func (g *garbage) collected() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return false
	}
	now, live := g.now(), g.live()
	percent := usualPercent
	if now.Sub(g.last) < oftenCollected && live <= g.lived+g.lived/growing {
		percent = max(percent, int(spareGarbage*100/max(live, 1<<20)))
	}
	g.last, g.lived = now, live
	// To set it stops the world: a tenth more or less isn't worth that.
	if 10*max(percent-g.percent, g.percent-percent) > g.percent {
		g.percent = percent
		g.set(percent)
	}
	return true
}

// close lets the collector have its own way again.
func (g *garbage) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over = true; g.percent != usualPercent {
		g.set(usualPercent)
	}
}

func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
