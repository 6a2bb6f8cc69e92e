package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/httpapi"
)

// slowRooms answers a question for history when it is told to.
type slowRooms struct {
	*fakeRooms
	asked  chan struct{}
	answer chan struct{}
}

func (f *slowRooms) History(context.Context, chat.Actor, string, chat.HistoryQuery) ([]byte, error) {
	f.asked <- struct{}{}
	<-f.answer
	return []byte("{}"), nil
}

func (f *slowRooms) Newest(ctx context.Context, a chat.Actor) ([]byte, error) {
	return f.History(ctx, a, "", chat.HistoryQuery{})
}

func newSlowSite(t *testing.T) (*site, *slowRooms) {
	slow := &slowRooms{fakeRooms: &fakeRooms{}, asked: make(chan struct{}, 1000), answer: make(chan struct{})}
	return newSite(t, func(c *httpapi.Config) { c.Rooms = slow }), slow
}

// Each export looks at all messages: many people at once must not stop the server.
func TestFewExportsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowExports{fakeRooms: &fakeRooms{}, asked: make(chan struct{}, 1000), answer: make(chan struct{})}
		people := &crowd{}
		s := newSite(t, func(c *httpapi.Config) {
			c.Rooms = slow
			people.Accounts = c.Accounts
			c.Accounts = people
		})
		const all = 10
		codes := make(chan int, all)
		for range all {
			go func() { codes <- s.get("/api/account/export").Code }()
		}
		synctest.Wait()
		if got := len(slow.asked); got != 2 {
			t.Errorf("%d at once, want 2", got)
		}
		close(slow.answer)
		for range all {
			if code := <-codes; code != 200 {
				t.Errorf("an export that waited: %d", code)
			}
		}
	})
}

// A crowd takes every request for another person's.
type crowd struct {
	httpapi.Accounts
	n atomic.Int64
}

func (c *crowd) Identify(*http.Request) (auth.Identity, bool, error) {
	return auth.Identity{UserID: strconv.FormatInt(c.n.Add(1), 10)}, true, nil
}

func (c *crowd) Export(context.Context, string) (auth.Export, error) { return auth.Export{}, nil }

// slowExports are read when they are told to.
type slowExports struct {
	*fakeRooms
	asked, answer chan struct{}
}

func (f *slowExports) MessagesBy(context.Context, chat.UserID, func(string, chat.Message, []chat.Version) error) error {
	f.asked <- struct{}{}
	<-f.answer
	return nil
}

func TestPagesOfOnePersonWaitInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow := newSlowSite(t)
		const most = httpapi.PagesAtOnce + httpapi.PagesWaiting
		codes := make(chan int, most)
		for i := range most {
			path := []string{"/api/rooms/global/messages", "/api/chat/messages"}[i%2]
			go func() { codes <- s.get(path, session...).Code }()
		}
		synctest.Wait()
		if got := len(slow.asked); got != httpapi.PagesAtOnce {
			t.Errorf("%d questions reach the room at once, want %d", got, httpapi.PagesAtOnce)
		}
		w := s.get("/api/rooms/global/messages", session...)
		if w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("one more than may wait: %d %q", w.Code, w.Body)
		}
		close(slow.answer)
		for range most {
			if code := <-codes; code != 200 {
				t.Errorf("a page that waited: %d", code)
			}
		}
		if got := len(slow.asked); got != most {
			t.Errorf("%d questions were asked, want %d", got, most)
		}
	})
}

func TestWaitForAPageEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow := newSlowSite(t)
		for range httpapi.PagesAtOnce {
			go s.get("/api/chat/messages", session...)
		}
		synctest.Wait()
		began := time.Now()
		if w := s.get("/api/chat/messages", session...); w.Code != 429 || time.Since(began) > time.Minute {
			t.Errorf("%d after %v", w.Code, time.Since(began))
		}
		close(slow.answer)
	})
}

// Who asks and hangs up keeps the slot until the room has answered: else the
// bound would be none.
func TestPageOfAClientThatHungUpKeepsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow := newSlowSite(t)
		for range 3 * httpapi.PagesAtOnce {
			ctx, hangUp := context.WithCancel(t.Context())
			go s.ServeHTTP(httptest.NewRecorder(), request("GET", "/api/chat/messages", session...).WithContext(ctx))
			synctest.Wait()
			hangUp()
			synctest.Wait()
		}
		if got := len(slow.asked); got != httpapi.PagesAtOnce {
			t.Errorf("%d questions reach the room, want %d", got, httpapi.PagesAtOnce)
		}
		close(slow.answer)
	})
}
