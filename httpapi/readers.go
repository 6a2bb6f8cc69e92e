package httpapi

import (
	"context"
	"sync"
	"time"

	"snug/chat"
)

// readers bounds the pages of history that one person reads at once, the reply
// included. A page may be megabytes, and a room reads them between the posts of
// everybody: whoever asks for hundreds would stop it for minutes.
type readers struct {
	atOnce, waiting int

	mu     sync.Mutex
	people map[chat.UserID]*reader // those that read or wait
}

// everyone is who enters where a bound is for all people together.
const everyone chat.UserID = ""

type reader struct {
	slots chan struct{}
	here  int // requests that have a slot or wait for one
}

// newReaders lets each person read so many at once, and so many more wait.
func newReaders(atOnce, waiting int) *readers {
	return &readers{atOnce: atOnce, waiting: waiting, people: map[chat.UserID]*reader{}}
}

// enter waits for a slot; false where too many wait already, or for too long.
// Who enters has to leave.
func (p *readers) enter(ctx context.Context, id chat.UserID) (leave func(), ok bool) {
	p.mu.Lock()
	someone := p.people[id]
	if someone == nil {
		someone = &reader{slots: make(chan struct{}, p.atOnce)}
		p.people[id] = someone
	}
	if someone.here >= p.atOnce+p.waiting {
		p.mu.Unlock()
		return nil, false
	}
	someone.here++
	p.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	select {
	case someone.slots <- struct{}{}:
		return func() {
			<-someone.slots
			p.exit(id, someone)
		}, true
	case <-ctx.Done():
		p.exit(id, someone)
		return nil, false
	}
}

func (p *readers) exit(id chat.UserID, someone *reader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if someone.here--; someone.here == 0 {
		delete(p.people, id)
	}
}

// pageContext outlives the request: a room goes on reading for a client that has
// hung up, and until it is done the slot must not be another's.
func pageContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout-time.Second)
}
