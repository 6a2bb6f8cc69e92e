//go:build linux

package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestStormAgainstAFloor(t *testing.T) {
	s, err := newStorm(serveTestFloor(t, false), 300, time.Now(), func(i int) string { return slug(i % 7) })
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for range 2 {
		if _, err := s.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.done != 300 || s.times.count != 300 || s.under != 0 {
			t.Errorf("%d have arrived, %d times, %d under way", s.done, s.times.count, s.under)
		}
		if err := s.hold(t.Context(), 10*time.Millisecond); err != nil {
			t.Error(err)
		}
		s.drop()
	}
}

// serveSnugs is a server by other hands that greets, and answers each frame with what
// says returns for it.
func serveSnugs(t *testing.T, says func(frame string) []string) target {
	t.Helper()
	var served sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		defer served.Done()
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat.v1"}})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		say := func(text string) bool { return c.Write(r.Context(), websocket.MessageText, []byte(text)) == nil }
		for ok := say(`{"type":"hello","protocol":1}`); ok; {
			_, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			for _, text := range says(string(b)) {
				ok = ok && say(text)
			}
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		served.Wait()
	})
	return target{dialect: snugDialect(), addr: netip.MustParseAddrPort(server.Listener.Addr().String())}
}

func missed(seq int) string {
	return fmt.Sprintf(`{"type":"message","room":"r0000000","message":{"seq":%d}}`, seq)
}

// Who resumes is there with the last message that was missed; a gap and a repetition
// are found out, also later.
func TestStormResumes(t *testing.T) {
	const joined = `{"type":"joined","room":"r0000000","stream":"s1","head":43,"resumed":true}`
	for name, c := range map[string]struct {
		says []string
		want string
	}{
		"all":          {[]string{joined, missed(42), missed(43)}, ""},
		"a gap":        {[]string{joined, missed(43)}, "message 43 came after 41"},
		"a repetition": {[]string{joined, missed(42), missed(43), missed(43)}, "message 43 came after 43"},
		"a reset":      {[]string{`{"type":"reset","room":"r0000000"}`}, "refused"},
		"not resumed":  {[]string{`{"type":"joined","room":"r0000000","stream":"s1","head":43,"resumed":false}`}, "not resumed"},
	} {
		t.Run(name, func(t *testing.T) {
			target := serveSnugs(t, func(frame string) []string {
				switch frame {
				case `{"type":"join","room":"r0000000"}`:
					return []string{`{"type":"joined","room":"r0000000","stream":"s1","head":41,"resumed":false}`}
				case `{"type":"join","room":"r0000000","stream":"s1","after":41}`:
					return c.says
				}
				t.Errorf("the client says %s", frame)
				return nil
			})
			s, err := newStorm(target, 3, time.Now(), slug0)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			if _, err := s.connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.drop()
			s.resume = true
			_, err = s.connect(t.Context())
			if err == nil {
				err = s.hold(t.Context(), 100*time.Millisecond)
			}
			if c.want == "" && (err != nil || s.replays != 6) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%d replays, %v, want %q", s.replays, err, c.want)
			}
		})
	}
}

func slug0(int) string { return slug(0) }

// Single posts go without joining, several after it, and no clientId comes twice.
func TestLoad(t *testing.T) {
	var mu sync.Mutex
	seen, joins := map[string]int{}, 0
	d := snugDialect()
	target := serveSnugs(t, func(frame string) []string {
		mu.Lock()
		defer mu.Unlock()
		room, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(frame, d.join[0]), d.post[0]), `"`)
		switch kindOf([]byte(frame)) {
		case kindMessage:
			id, _, _ := strings.Cut(strings.TrimPrefix(frame, d.post[0]+room+d.post[1]), `"`)
			seen[room]++
			if seen[id]++; seen[id] > 1 {
				t.Errorf("the clientId %s comes twice", id)
			}
			return []string{fmt.Sprintf(`{"type":"ack","room":"%s","clientId":"%s","seq":%d}`, room, id, seen[room])}
		}
		if strings.HasPrefix(frame, `{"type":"join"`) {
			joins++
			return []string{fmt.Sprintf(`{"type":"joined","room":"%s","head":0}`, room)}
		}
		return nil
	})
	begin := time.Now()
	for _, posts := range []int{1, 60} {
		n, err := target.load(t.Context(), begin, inTurn(5, posts))
		if err != nil || n != uint64(5*posts) {
			t.Fatalf("%d posts, %v", n, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for i := range 5 {
		if seen[slug(i)] != 61 {
			t.Errorf("room %d has %d posts", i, seen[slug(i)])
		}
	}
	if joins != 5 {
		t.Errorf("%d joins, want 5", joins)
	}
}

func page(head, messages int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"stream":"s1","head":%d,"messages":[`, head)
	for i := range messages {
		fmt.Fprintf(&b, `{"id":"x","content":"%s","seq":%d},`, content, head-messages+1+i)
	}
	return b.String() + "]}"
}

func TestReadPages(t *testing.T) {
	for name, c := range map[string]struct{ page, want string }{
		"whole":        {page(1000, 50), ""},
		"too few":      {page(1000, 49), "49 messages where 50"},
		"an older one": {page(999, 50), "newest message is 999"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/rooms/"+slug(3)+"/messages" || r.Header.Get("Cookie") != "session=1" {
				t.Errorf("%s %s", r.URL, r.Header)
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(c.page)))
			_, _ = w.Write([]byte(c.page))
		}))
		target := target{dialect: snugDialect(), addr: netip.MustParseAddrPort(server.Listener.Addr().String()), cookies: []string{"session=1"}}
		var h histogram
		left := 200
		reads, err := target.readPages(t.Context(), time.Now(), time.Minute, 1000, func() (int, bool) { left--; return 3, left >= 0 }, &h)
		server.Close()
		if c.want == "" && (err != nil || reads != 200 || h.count != 200) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %d reads, %v, want %q", name, reads, err, c.want)
		}
	}
}

func TestAnswer(t *testing.T) {
	const text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
	for cut := range text {
		if body, err := answer([]byte(text[:cut])); body != nil || err != nil {
			t.Fatalf("cut at %d: %s, %v", cut, body, err)
		}
	}
	if body, err := answer([]byte(text)); string(body) != "abc" || err != nil {
		t.Errorf("%s, %v", body, err)
	}
	for _, text := range []string{"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\n\r\nabc", text + "d"} {
		if body, err := answer([]byte(text)); err == nil {
			t.Errorf("%q: %s, no error", text, body)
		}
	}
}

// A server that isn't there, and one that speaks no WebSocket, are found out.
func TestStormAgainstNobody(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = bufio.NewReader(c).ReadString('\n')
		_, _ = c.Write([]byte("HTTP/1.1 503 Service Unavailable\r\n\r\nlater"))
	}()
	target := target{dialect: plainDialect(), addr: netip.MustParseAddrPort(l.Addr().String())}
	for _, want := range []string{"503 Service Unavailable: later", "connect to"} {
		s, err := newStorm(target, 1, time.Now(), slug0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.connect(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		s.close()
		_ = l.Close()
		<-done
	}
}
