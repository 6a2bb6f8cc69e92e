package httpapi_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/httpapi"
)

// slowRooms answers a question for history when it is told to.
type slowRooms struct {
	*fakeRooms
	asked  chan struct{}
	answer chan struct{}
}

func (f *slowRooms) History(context.Context, chat.Actor, string, chat.HistoryQuery) (chat.Page, error) {
	f.asked <- struct{}{}
	<-f.answer
	return chat.Page{}, nil
}

func (f *slowRooms) Newest(ctx context.Context, a chat.Actor) ([]chat.Message, error) {
	page, err := f.History(ctx, a, "", chat.HistoryQuery{})
	return page.Messages, err
}

func newSlowSite(t *testing.T) (*site, *slowRooms) {
	slow := &slowRooms{fakeRooms: &fakeRooms{}, asked: make(chan struct{}, 1000), answer: make(chan struct{})}
	return newSite(t, func(c *httpapi.Config) { c.Rooms = slow }), slow
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
