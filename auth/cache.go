package auth

import "sync"

// A cache keeps the logins that were asked for last. It has two generations: what
// is asked for moves to the young one, and when that is full the old one is
// dropped. It is never wrong, because whoever changes a login calls forget after
// the commit, and a login that was read before a forget isn't kept (see epoch).
type cache struct {
	size int

	mu    sync.RWMutex
	young map[tokenHash]*login
	old   map[tokenHash]*login
	epoch uint64 // counts forgets
}

func newCache(size int) *cache {
	return &cache{size: size, young: map[tokenHash]*login{}}
}

// get returns the login of that token, or nil and the epoch to give to put.
func (c *cache) get(h tokenHash) (*login, uint64) {
	c.mu.RLock()
	l, young := c.young[h]
	if !young {
		l = c.old[h]
	}
	epoch := c.epoch
	c.mu.RUnlock()
	if l != nil && !young {
		c.put(h, l, epoch)
	}
	return l, epoch
}

// put keeps a login that was read after get returned epoch. If anything was
// forgotten since, the login may be of before that, and isn't kept.
func (c *cache) put(h tokenHash, l *login, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		return
	}
	if len(c.young) >= c.size {
		c.old, c.young = c.young, make(map[tokenHash]*login, c.size)
	}
	c.young[h] = l
}

// forget drops these logins.
func (c *cache) forget(hashes ...tokenHash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	for _, h := range hashes {
		delete(c.young, h)
		delete(c.old, h)
	}
}

// clear drops all logins: they are read anew when they are needed.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old = map[tokenHash]*login{}, nil
}
