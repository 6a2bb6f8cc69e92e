package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// again is another browser of the same person, let in by a link of the operator's.
func (p *person) again(data, email string) *person {
	p.t.Helper()
	q := stranger(p.t, p.addr)
	link := snug(p.t, data, "user", "link", email)
	if status, body := q.openLink(link.stdout); status != 200 {
		p.t.Fatalf("link: %d %s", status, body)
	}
	return q
}

// copy is a thief's: the same cookies, from now on apart.
func (p *person) copy() *person {
	p.t.Helper()
	q := stranger(p.t, p.addr)
	u, err := url.Parse(p.origin() + "/")
	if err != nil {
		p.t.Fatal(err)
	}
	q.client.Jar.SetCookies(u, p.client.Jar.Cookies(u))
	return q
}

// ok posts what has to succeed and decodes the answer.
func (p *person) ok(path string, body, into any) {
	p.t.Helper()
	status, text := p.post(path, body)
	if status != 200 {
		p.t.Fatalf("%s: %d %s", path, status, text)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			p.t.Fatal(err)
		}
	}
}

// protect turns the second factor on.
func (p *person) protect() { p.t.Helper(); p.protectBy("correct horse") }

func (p *person) protectBy(password string) {
	p.t.Helper()
	var made struct{ TOTPURI string }
	p.ok("/api/auth/two-factor/enable", map[string]string{"password": password}, &made)
	u, err := url.Parse(made.TOTPURI)
	if err != nil {
		p.t.Fatal(err)
	}
	p.ok("/api/auth/two-factor/verify-totp", map[string]string{"code": totp(p.t, u.Query().Get("secret"))}, nil)
}

// totp is the code that an authenticator app shows.
func totp(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha1.New, key)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30)))
	sum := m.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1000000)
}

// head is the seq of the last message, as somebody else sees it.
func (p *person) head() float64 {
	p.t.Helper()
	status, body := p.request("GET", "/api/rooms/global/messages?limit=1", nil)
	var page struct{ Head float64 }
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 {
		p.t.Fatalf("history: %d %s", status, body)
	}
	return page.Head
}

// A flood is a socket on which one post follows the other until it is closed.
type flood struct {
	flowing chan struct{} // closed once the server has taken some
	closed  chan websocket.StatusCode
}

func (s *socket) flood() flood {
	s.t.Helper()
	s.send(`{"type":"join","room":"global"}`)
	s.until("joined")
	f := flood{make(chan struct{}), make(chan websocket.StatusCode, 1)}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	go func() {
		for i := 0; ; i++ {
			post := fmt.Sprintf(`{"type":"message","room":"global","clientId":"%p %d","content":"flood"}`, s, i)
			if s.conn.Write(ctx, websocket.MessageText, []byte(post)) != nil {
				return // it is closed
			}
		}
	}()
	go func() {
		defer cancel()
		for acks := 0; ; {
			_, text, err := s.conn.Read(ctx)
			if err != nil {
				f.closed <- websocket.CloseStatus(err)
				return
			}
			if strings.Contains(string(text), `"type":"ack"`) {
				if acks++; acks == 10 {
					close(f.flowing)
				}
			}
		}
	}()
	return f
}

// §13.10: whatever ends a session closes its sockets, of both levels, within a second
// of the reply, and nothing that they send is taken after it, however much is on its
// way. Other sessions, and API tokens, stay unless they are meant.
func TestEveryEndClosesSockets(t *testing.T) {
	log := newLog()
	h := hosted{data: filepath.Join(t.TempDir(), "data"), log: log}
	s := h.start(t, "--auth-rate", "0", "--post-rate", "0")
	addr := s.Addr().String()
	ada := signUp(t, addr, "Ada")
	const password = "correct horse"
	type people struct {
		email         string
		phone, laptop *person
		tokenID       string
	}
	tests := []struct {
		name                  string
		prepare               func(p people)
		do                    func(p people)
		phone, laptop, script bool // end
		code                  websocket.StatusCode
	}{
		{name: "sign-out", phone: true, do: func(p people) { p.phone.ok("/api/auth/sign-out", struct{}{}, nil) }},
		{name: "revoke-session", laptop: true, do: func(p people) {
			_, body := p.laptop.request("GET", "/api/auth/get-session", nil)
			var own struct{ Session struct{ Token string } }
			if err := json.Unmarshal([]byte(body), &own); err != nil {
				t.Fatal(err)
			}
			p.phone.ok("/api/auth/revoke-session", map[string]string{"token": own.Session.Token}, nil)
		}},
		{name: "revoke-other-sessions", laptop: true, do: func(p people) { p.phone.ok("/api/auth/revoke-other-sessions", struct{}{}, nil) }},
		{name: "revoke-sessions", phone: true, laptop: true, do: func(p people) { p.phone.ok("/api/auth/revoke-sessions", struct{}{}, nil) }},
		{name: "change-password", phone: true, do: func(p people) {
			p.phone.ok("/api/auth/change-password", map[string]any{"currentPassword": password, "newPassword": password + "!"}, nil)
		}},
		{name: "change-password-alone", phone: true, laptop: true, do: func(p people) {
			p.phone.ok("/api/auth/change-password", map[string]any{"currentPassword": password, "newPassword": password + "!", "revokeOtherSessions": true}, nil)
		}},
		{name: "reset-password", phone: true, laptop: true, prepare: func(p people) {
			// Of an address that nobody had shown to be theirs, it ends everything else, too.
			err := s.tables.Write(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(`update users set email_verified = 1 where email = ?`, p.email)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}, do: func(p people) {
			stranger(t, addr).ok("/api/auth/request-password-reset", map[string]string{"email": p.email, "redirectTo": "/" + strings.Split(p.email, "@")[0]}, nil)
			log.wait(t, "callbackURL=%2F"+strings.Split(p.email, "@")[0])
			link := regexp.MustCompile(`/reset-password/(\w+)\?callbackURL=%2F` + strings.Split(p.email, "@")[0]).FindStringSubmatch(log.String())
			stranger(t, addr).ok("/api/auth/reset-password", map[string]string{"newPassword": password + "!", "token": link[1]}, nil)
		}},
		{name: "change-email", phone: true, laptop: true, do: func(p people) {
			p.phone.ok("/api/auth/change-email", map[string]string{"newEmail": "new" + p.email}, nil)
		}},
		{name: "two-factor-on", phone: true, laptop: true, do: func(p people) { p.phone.protect() }},
		{name: "two-factor-off", phone: true, laptop: true, prepare: func(p people) { p.phone.protect() }, do: func(p people) {
			p.phone.ok("/api/auth/two-factor/disable", map[string]string{"password": password}, nil)
		}},
		{name: "token-revoke", script: true, do: func(p people) { p.phone.ok("/api/account/tokens/revoke", map[string]string{"id": p.tokenID}, nil) }},
		{name: "sign-in-again", phone: true, code: 4402, do: func(p people) {
			p.phone.ok("/api/auth/sign-in/email", map[string]string{"email": p.email, "password": password}, nil)
		}},
		{name: "delete-user", phone: true, laptop: true, script: true, do: func(p people) { p.phone.ok("/api/auth/delete-user", struct{}{}, nil) }},
		{name: "operator-sign-out", phone: true, laptop: true, do: func(p people) { snug(t, h.data, "user", "sign-out", p.email).want(t, 0) }},
		{name: "operator-delete", phone: true, laptop: true, script: true, do: func(p people) { snug(t, h.data, "user", "delete", p.email, "--yes").want(t, 0) }},
		{name: "ban", phone: true, laptop: true, script: true, code: 4403, do: func(p people) { snug(t, h.data, "user", "ban", p.email).want(t, 0) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := people{email: test.name + "@example.com", phone: signUp(t, addr, test.name)}
			if test.prepare != nil {
				test.prepare(p)
			}
			if test.name == "two-factor-off" {
				p.laptop = p.phone.copy() // no link gets around the second factor
			} else {
				p.laptop = p.phone.again(h.data, p.email)
			}
			var made struct{ ID, Token string }
			p.phone.ok("/api/account/tokens", map[string]any{"name": "script", "scopes": []string{"messages:read", "messages:write"}}, &made)
			p.tokenID = made.ID
			type opened struct {
				who   string
				ends  bool
				flood flood
				calm  *socket
			}
			var all []opened
			for _, who := range []struct {
				name string
				dial func(path string) *socket
				ends bool
			}{
				{"phone", p.phone.dial, test.phone}, {"laptop", p.laptop.dial, test.laptop},
				{"script", func(path string) *socket { return dialWith(t, addr, path, made.Token) }, test.script},
			} {
				o := opened{who: who.name, ends: who.ends, calm: who.dial("/api/chat")}
				if who.ends {
					o.flood = who.dial("/api/socket").flood()
				}
				all = append(all, o)
			}
			for _, o := range all {
				if o.ends {
					<-o.flood.flowing
				}
			}
			test.do(p)
			replied := time.Now()
			// What is posted now comes behind all that was acted on before, be that on disk
			// yet or not.
			var last struct{ Seq float64 }
			ada.ok("/api/rooms/global/messages", map[string]any{"clientId": test.name, "content": "after the reply"}, &last)
			for _, o := range all {
				if !o.ends {
					o.calm.send(`{"type":"ping"}`)
					continue
				}
				want := test.code
				if want == 0 {
					want = 4401
				}
				if code := <-o.flood.closed; code != want {
					t.Errorf("%s: closed with %d, want %d", o.who, code, want)
				}
				if code := o.calm.closed(); code != want {
					t.Errorf("%s at level 0: closed with %d, want %d", o.who, code, want)
				}
			}
			if took := time.Since(replied); took > soon {
				t.Errorf("the sockets lived on for %s", took)
			}
			if now := ada.head(); now != last.Seq {
				t.Errorf("%v posts were taken after the reply", now-last.Seq)
			}
			for _, o := range all {
				if !o.ends {
					o.calm.until("pong")
				}
			}
		})
	}
}

// dialWith opens a socket as a script does.
func dialWith(t *testing.T, addr, path, token string) *socket {
	t.Helper()
	sock, err := tryDialWith(t, addr, path, token)
	if err != nil {
		t.Fatal(err)
	}
	return sock
}

func tryDialWith(t *testing.T, addr, path, token string) (*socket, error) {
	t.Helper()
	opts := &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}}
	if path == "/api/socket" {
		opts.Subprotocols = []string{"chat.v1"}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+addr+path, opts)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{t, conn}, nil
}

// §13.10: nobody has to ask for a session to end at its time.
func TestExpiryClosesSockets(t *testing.T) {
	// A machine that is busy may take longer to open the sockets than their sessions last.
	for life := 2 * time.Second; !expire(t, life); life *= 2 {
		if life > patience {
			t.Fatal("no socket is opened before its session ends")
		}
	}
}

// expire lets sessions end while their sockets are open; false: they ended before.
func expire(t *testing.T, life time.Duration) (inTime bool) {
	h := hosted{data: filepath.Join(t.TempDir(), "data")}
	s := h.start(t, "--auth-rate", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	later := ada.again(h.data, "ada@example.com")
	var made struct{ Token string }
	ada.ok("/api/account/tokens", map[string]any{"name": "script", "scopes": []string{"messages:read"}, "expiresInDays": 1}, &made)
	ends := time.Now().Add(life).Truncate(time.Millisecond)
	err := s.tables.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`update sessions set expires_at = ? where id = (select id from sessions order by created_at, id limit 1)`, ends.UnixMilli())
		if err == nil {
			_, err = tx.Exec(`update api_tokens set expires_at = ?`, ends.UnixMilli())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.stop() // which knew of another time
	addr := h.start(t).Addr().String()
	ada.addr, later.addr = addr, addr
	stays := later.dial("/api/socket")
	var all []*socket
	for _, dial := range []func() (*socket, error){
		func() (*socket, error) { return ada.tryDial("/api/socket") },
		func() (*socket, error) { return ada.tryDial("/api/chat") },
		func() (*socket, error) { return tryDialWith(t, addr, "/api/socket", made.Token) },
	} {
		sock, err := dial()
		if !time.Now().Before(ends) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sock)
	}
	for _, sock := range all {
		if code := sock.closed(); code != 4401 {
			t.Errorf("closed with %d", code)
		}
		if early := time.Until(ends); early > 0 {
			t.Errorf("closed %s before the end", early)
		}
	}
	if status, _ := ada.request("GET", "/api/chat/messages", nil); status != 401 {
		t.Errorf("afterwards %d", status)
	}
	stays.send(`{"type":"ping"}`)
	stays.until("pong")
	return true
}
