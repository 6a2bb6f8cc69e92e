package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// goneWithin is how soon the sockets of a session that ended are closed.
const goneWithin = time.Second

// Signing out ends all sockets of that session, of both levels, and nobody
// else's; what they send from then on is nobody's.
func TestSignOutClosesSockets(t *testing.T) {
	s := newServer(t, noLimits...)
	laptop := s.signUp(t, "Ada")
	phone := laptop.signIn(t)
	bob := s.signUp(t, "Bob")

	ends := []*socket{laptop.joined(t), laptop.joined(t), laptop.open(t, level0Path)}
	stays := []*socket{phone.joined(t), phone.open(t, level0Path), bob.joined(t)}
	began := time.Now()
	laptop.signOut(t)
	// The answer is there: nothing is taken any more.
	for i, sock := range ends {
		_ = sock.write(t.Context(), websocket.MessageText, encode(map[string]any{ // it may be closed by now
			"type": "message", "room": "global", "clientId": "late", "content": "too late"}))
		if code := sock.awaitClose(t, nil); code != 4401 {
			t.Errorf("socket %d of the session was closed with %d, want 4401", i, code)
		}
	}
	if took := time.Since(began); took > goneWithin {
		t.Errorf("the sockets lived on for %v", took)
	}
	for _, sock := range stays {
		sock.ping(t)
	}
	stays[2].post(t, "c1", "from Bob")
	if pg, err := bob.history(""); err != nil || len(pg.Messages) != 1 || pg.Messages[0].Content != "from Bob" {
		t.Errorf("history: %+v %v", pg, err)
	}
	if status := s.upgradeStatus(t, level1Path, laptop.header()); status != http.StatusUnauthorized {
		t.Errorf("an upgrade after signing out: %d", status)
	}
	if res := laptop.get(t, "/api/chat/messages"); res.status != http.StatusUnauthorized {
		t.Errorf("history after signing out: %d", res.status)
	}
	if res := phone.get(t, "/api/chat/messages"); res.status != http.StatusOK {
		t.Errorf("history of the other session: %d", res.status)
	}

	// A session that is ended from another one.
	tablet := phone.signIn(t)
	sock := tablet.joined(t)
	if res := s.send(t, http.MethodPost, "/api/auth/revoke-other-sessions", map[string]any{}, phone.header()); res.status != http.StatusOK {
		t.Fatalf("revoke: %d %s", res.status, res.body)
	}
	began = time.Now()
	if code := sock.awaitClose(t, nil); code != 4401 {
		t.Errorf("a revoked session's socket was closed with %d", code)
	}
	if took := time.Since(began); took > goneWithin {
		t.Errorf("a revoked session's socket lived on for %v", took)
	}
	stays[0].ping(t)
}

// Once the answer to a sign-out is there no post of that session is taken any
// more, however many are on their way.
func TestSignOutInAFlood(t *testing.T) {
	s := newServer(t, noLimits...)
	bob := s.signUp(t, "Bob")
	for round := range 5 {
		ada := s.signUp(t, fmt.Sprint("Ada ", round))
		sock := ada.joined(t)
		flowing, ended := make(chan struct{}), make(chan int)
		go func() {
			for i := 0; ; i++ {
				f := encode(map[string]any{"type": "message", "room": "global", "clientId": fmt.Sprint(i), "content": "flood"})
				if sock.write(t.Context(), websocket.MessageText, f) != nil {
					return // it is closed
				}
			}
		}()
		go func() {
			acks := 0
			for {
				f, err := sock.read(t.Context())
				if err != nil {
					code, _ := closeCode(err)
					ended <- code
					return
				}
				if f.Type == "ack" {
					if acks++; acks == 50 {
						close(flowing)
					}
				}
			}
		}()
		<-flowing
		ada.signOut(t)
		// What was taken before that may become durable, and so be seen, a moment later;
		// with this post all of it is.
		behind := bob.joined(t)
		behind.post(t, fmt.Sprint("after round ", round), "she has gone")
		_ = behind.CloseNow()
		then, err := bob.history("limit=1")
		if err != nil {
			t.Fatal(err)
		}
		if code := <-ended; code != 4401 {
			t.Errorf("closed with %d, want 4401", code)
		}
		now, err := bob.history("limit=1")
		if err != nil {
			t.Fatal(err)
		}
		if now.Head != then.Head {
			t.Errorf("%d posts were taken after the session's end", now.Head-then.Head)
		}
	}
}

// A session and its revocation outlive a restart.
func TestSessionsOutliveKill(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	gone := ada.signIn(t)
	gone.signOut(t)
	s.kill()
	s.start()
	ada.joined(t).ping(t)
	if res := gone.get(t, "/api/chat/messages"); res.status != http.StatusUnauthorized {
		t.Errorf("a session that was signed out is back: %d", res.status)
	}
}

// Two servers on one machine have nothing in common.
func TestTwoServers(t *testing.T) {
	one, two := newServer(t, noLimits...), newServer(t, noLimits...)
	ada, other := one.signUp(t, "Ada"), two.signUp(t, "Ada")
	if ada.id == other.id {
		t.Error("two accounts have one id")
	}
	here, there := ada.joined(t), other.joined(t)
	for i, content := range []string{"a", "b", "c"} {
		if f := here.post(t, content, "one "+content); f.Seq != uint64(i+1) {
			t.Errorf("seq %d, want %d", f.Seq, i+1)
		}
	}
	if f := there.post(t, "a", "two"); f.Seq != 1 {
		t.Errorf("the other server's first seq is %d", f.Seq)
	}
	streamOne, all := readAll(t, ada)
	streamTwo, others := readAll(t, other)
	if len(all) != 3 || len(others) != 1 || streamOne == streamTwo {
		t.Errorf("one has %d messages in %s, two %d in %s", len(all), streamOne, len(others), streamTwo)
	}
	// The cookie of one is nothing to the other: each has a secret of its own.
	stranger := http.Header{"Origin": {two.url}, "Cookie": {ada.cookie}}
	if res := two.send(t, http.MethodGet, "/api/chat/messages", nil, stranger); res.status != http.StatusUnauthorized {
		t.Errorf("a cookie of the other server: %d", res.status)
	}
	one.kill()
	there.ping(t)
}
