package httpapi_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/httpapi"
	"snug/search"
)

type fakeSearch struct{ asked search.Request }

func (f *fakeSearch) Search(_ context.Context, who chat.Actor, r search.Request) (search.Results, error) {
	f.asked = r
	if r.Text == "no" {
		return search.Results{}, &chat.Error{Code: chat.CodeBadRequest, Message: "No."}
	}
	return search.Results{Hits: []search.Hit{{Room: "one", Message: chat.Message{ID: "m1", Content: string(who.ID)}, Marks: [][2]int{{0, 1}}}}, Cursor: "c"}, nil
}

func TestSearch(t *testing.T) {
	s := newSite(t)
	w := s.get("/api/search?q="+url.QueryEscape(`a "b c"`)+"&room=one&sort=best&cursor=x&offset=-90", session...)
	const want = `{"hits":[{"room":"one","message":{"id":"m1","userId":"","userName":"","content":"u1","timestamp":0,"type":""},"marks":[[0,1]]}],"cursor":"c"}`
	if w.Code != http.StatusOK || w.Body.String() != want+"\n" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	asked := s.search.asked
	_, seconds := time.Now().In(asked.Where).Zone()
	if asked.Text != `a "b c"` || asked.Room != "one" || asked.Order != search.Best || asked.Cursor != "x" || seconds != -90*60 {
		t.Errorf("asked for %+v", asked)
	}
	for path, status := range map[string]int{
		"/api/search?q=no":                400,
		"/api/search?q=a&q=b":             400,
		"/api/search?q=a&offset=x":        400,
		"/api/search?q=a&offset=841":      400,
		"/api/search?q=%zz":               400,
		"/api/search":                     200,
		"/api/search?q=a&offset=840&x=yz": 200,
	} {
		if w := s.get(path, session...); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
	if w := s.get("/api/search?q=a"); w.Code != http.StatusUnauthorized {
		t.Errorf("without a session: %d", w.Code)
	}
}

// slowSearch answers when it is told to.
type slowSearch struct{ asked, answer chan struct{} }

func (f *slowSearch) Search(context.Context, chat.Actor, search.Request) (search.Results, error) {
	f.asked <- struct{}{}
	<-f.answer
	return search.Results{Hits: []search.Hit{}}, nil
}

// Each search may look at very many messages: a crowd must not keep the server from all
// else.
func TestFewSearchesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowSearch{make(chan struct{}, 1000), make(chan struct{})}
		s := newSite(t, func(c *httpapi.Config) {
			c.Search = slow
			c.Accounts = &crowd{Accounts: c.Accounts}
		})
		const most = httpapi.SearchesAtOnce + httpapi.SearchesWaiting
		codes := make(chan int, most)
		for range most {
			go func() { codes <- s.get("/api/search?q=a").Code }()
		}
		synctest.Wait()
		if got := len(slow.asked); got != httpapi.SearchesAtOnce {
			t.Errorf("%d at once, want %d", got, httpapi.SearchesAtOnce)
		}
		if w := s.get("/api/search?q=a"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("one more than may wait: %d %s", w.Code, w.Body)
		}
		close(slow.answer)
		for range most {
			if code := <-codes; code != http.StatusOK {
				t.Errorf("a search that waited: %d", code)
			}
		}
	})
}
