package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snug/chat"
	"snug/mail/mailtest"
	"snug/push"
	"snug/push/pushtest"
)

// me returns a person's id.
func (p *person) me() chat.UserID {
	p.t.Helper()
	status, body := p.request("GET", "/api/auth/get-session", nil)
	var session struct{ User struct{ ID chat.UserID } }
	if err := json.Unmarshal([]byte(body), &session); err != nil || status != http.StatusOK {
		p.t.Fatalf("get session: %d %s", status, body)
	}
	return session.User.ID
}

// does sends what has to succeed and decodes the answer.
func (p *person) does(method, path string, body, into any) {
	p.t.Helper()
	status, text := p.request(method, path, body)
	if status != http.StatusOK {
		p.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			p.t.Fatal(err)
		}
	}
}

// says posts in the room of all, in a thread if it has a root.
func (p *person) says(content string, root chat.MessageID) (m chat.Message) {
	p.t.Helper()
	body := map[string]any{"clientId": content, "content": content}
	if root != "" {
		body["thread"] = root
	}
	p.ok("/api/rooms/global/messages", body, &m)
	return m
}

// device gives a person a browser that can be woken.
func (p *person) device(service *pushtest.Server) *pushtest.Device {
	p.t.Helper()
	d := service.Subscribe(p.t)
	p.does("PUT", "/api/push/subscriptions", push.Subscription{Endpoint: d.Endpoint, Keys: push.Keys{P256DH: d.P256DH, Auth: d.Auth}}, nil)
	return d
}

// reads reads what a push says.
func reads(t *testing.T, m pushtest.Message) chat.Notice {
	t.Helper()
	var f chat.NoticeFrame
	if err := json.Unmarshal(m.Payload, &f); err != nil || f.Type != "notice" {
		t.Fatalf("push %s: %v", m.Payload, err)
	}
	return f.Notice
}

// pushesTo sends a server's pushes to a push service of the test.
func (s *Server) pushesTo(service *pushtest.Server) {
	post := push.Post(service.Post)
	s.observer.Load().post.Store(&post)
}

// exec changes a table.
func (s *Server) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if err := s.tables.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.ExecContext(t.Context(), query, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := s.tables.Read(t.Context(), func(tx *sql.Tx) error { return tx.QueryRowContext(t.Context(), query, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); <-time.After(5 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("not %s within %v", what, patience)
		}
	}
}

// Of two people one is away: a push arrives at their device and can be read there. What
// they have read meanwhile isn't pushed, and who signs out is left alone.
func TestAPushWakesWhoIsAway(t *testing.T) {
	service := pushtest.Start(t)
	log := newLog()
	h := hosted{data: filepath.Join(t.TempDir(), "data"), log: log}
	s := h.start(t, "--auth-rate", "0")
	s.pushesTo(service)
	ada, bob := signUp(t, s.Addr().String(), "Ada"), signUp(t, s.Addr().String(), "Bob")
	var key push.Key
	bob.does("GET", "/api/push/key", nil, &key)
	device := bob.device(service)
	id := bob.me()
	toBob := " @[Bob](user:" + string(id) + ")"

	first := ada.says("one planted"+toBob, "")
	m := device.Wait(t)
	n := reads(t, m)
	if n.Kind != chat.NoticeMention || n.Room != "global" || n.MessageID != first.ID || n.UserName != "Ada" || n.Text != "one planted @Bob" || n.ID == 0 {
		t.Errorf("pushed %+v", n)
	}
	if m.Key != key.PublicKey || m.Urgency != "high" || m.Topic == "" {
		t.Errorf("push %+v", m)
	}
	var inbox struct {
		Items  []struct{ ID int64 }
		Unread int
	}
	bob.does("GET", "/api/inbox", nil, &inbox)
	if len(inbox.Items) != 1 || inbox.Items[0].ID != n.ID || inbox.Unread != 1 {
		t.Errorf("inbox %+v", inbox)
	}
	var list chat.RoomList
	bob.does("GET", "/api/rooms", nil, &list)
	if len(list.Rooms) == 0 || list.Rooms[0].Mentions != 1 {
		t.Errorf("rooms %+v", list)
	}

	// Now they look: the page is told at once, the device only if they don't read it soon.
	page := bob.dial("/api/socket")
	eventually(t, "online", func() bool { return s.chat.Online(id) })
	second := ada.says("two"+toBob, first.ID)
	frame, err := json.Marshal(page.until("notice")["notice"])
	if err != nil {
		t.Fatal(err)
	}
	var told chat.Notice
	if err := json.Unmarshal(frame, &told); err != nil || told.MessageID != second.ID || told.Thread != first.ID || told.Quiet {
		t.Errorf("told %s, %v", frame, err)
	}
	if n := s.count(t, `select count(*) from deliveries where push_at is not null`); n != 1 {
		t.Errorf("%d pushes wait", n)
	}
	bob.does("PUT", "/api/rooms/global/messages/"+string(first.ID)+"/thread/read", map[string]any{"seq": second.Seq}, nil)
	if err := page.conn.CloseNow(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "away", func() bool { return !s.chat.Online(id) })
	s.exec(t, `update deliveries set push_at = 1 where push_at is not null`) // as if they had had their time
	third := ada.says("three"+toBob, "")
	if n := reads(t, device.Wait(t)); n.MessageID != third.ID { // what is due first is pushed first
		t.Errorf("pushed %+v, which was read", n)
	}

	// With the server goes nothing but what waits: the key is the same. What was pushed is noted
	// first, or the next server pushes it again before it knows the push service of the test.
	noted := func() bool { return s.count(t, `select count(*) from deliveries where push_at is not null`) == 0 }
	eventually(t, "noted", noted)
	s.stop()
	s = h.start(t, "--auth-rate", "0")
	s.pushesTo(service)
	ada.addr, bob.addr = s.Addr().String(), s.Addr().String()
	ada, bob = ada.again(h.data, "ada@example.com"), bob.again(h.data, "bob@example.com")
	var again push.Key
	bob.does("GET", "/api/push/key", nil, &again)
	if info, err := os.Stat(filepath.Join(h.data, vapidName)); err != nil || info.Mode().Perm() != 0o600 || again != key {
		t.Errorf("the key was %v and is %v, %v, %v", key, again, info, err)
	}
	other := bob.device(service)
	ada.says("four"+toBob, "")
	device.Wait(t)
	other.Wait(t)

	bob.does("POST", "/api/auth/sign-out", struct{}{}, nil)
	if n := s.count(t, `select count(*) from push_subscriptions`); n != 1 {
		t.Errorf("%d subscriptions after one of two devices was signed out", n)
	}
	bob = bob.again(h.data, "bob@example.com")
	bob.does("PUT", "/api/inbox/read", map[string]any{"through": n.ID}, nil)
	bob.does("PUT", "/api/attention", map[string]any{"mail": "off"}, nil)
	bob.ok("/api/auth/delete-user", map[string]string{"password": "correct horse"}, nil)
	for _, table := range []string{"push_subscriptions", "notices", "deliveries", "inbox_reads", "thread_followers", "attention_settings"} {
		if n := s.count(t, `select count(*) from `+table+` where user_id = ?`, string(id)); n != 0 {
			t.Errorf("%s has %d rows of who is gone", table, n)
		}
	}
	for _, secret := range []string{"planted", "/push/", device.P256DH, device.Auth} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

// Whoever misses what speaks to them is mailed, over a restart, unless they don't want it.
func TestAMailTellsOfWhatWasMissed(t *testing.T) {
	const base = "http://localhost:3000"
	office := mailtest.Start(t)
	h := hosted{data: filepath.Join(t.TempDir(), "data")}
	args := append([]string{"--auth-rate", "0"}, mailArgs(office.Addr)...)
	s := h.start(t, args...)
	ada, bob := signUpAt(t, s.Addr().String(), base, "Ada"), signUpAt(t, s.Addr().String(), base, "Bob")
	id := bob.me()
	s.exec(t, `update users set email_verified = 1 where id = ?`, string(id))
	toBob := " @[Bob](user:" + string(id) + ")"
	waits := func() bool { return s.count(t, `select count(*) from deliveries where mail_at is not null`) == 1 }
	ada.says("hello"+toBob, "")
	eventually(t, "to be mailed", waits)
	s.stop()
	s = h.start(t, args...)
	if !waits() {
		t.Fatal("a restart lost a mail")
	}
	s.exec(t, `update deliveries set mail_at = 1`) // as if the time had passed
	s.stop()
	s = h.start(t, args...)
	m := office.Wait(t, "bob@example.com")
	for m.Subject != "Ada wrote to you at localhost:3000" { // one to confirm the address came before
		m = office.Wait(t, "bob@example.com")
	}
	if !strings.Contains(m.Text, "hello @Bob") {
		t.Errorf("mail %+v", m)
	}
	start := strings.Index(m.Text, base+"/api/attention/mails-off?")
	if start < 0 {
		t.Fatalf("no link to stop them in\n%s", m.Text)
	}
	link, _, _ := strings.Cut(m.Text[start+len(base):], "\n")
	nobody := stranger(t, s.Addr().String())
	nobody.base = base
	if status, page := nobody.request("GET", strings.TrimSpace(link), nil); status != http.StatusOK || !strings.Contains(page, `method="post"`) {
		t.Errorf("the link: %d %s", status, page)
	}
	r, err := http.NewRequest("POST", "http://"+s.Addr().String()+strings.TrimSpace(link), nil) // as a form does
	if err != nil {
		t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(base, "http://")
	r.Header.Set("Origin", base)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, page := do(t, nobody.client, r); status != http.StatusOK {
		t.Errorf("the button: %d %s", status, page)
	}
	if n := s.count(t, `select count(*) from attention_settings where user_id = ? and mail = 'off'`, string(id)); n != 1 {
		t.Error("the mails go on")
	}
	if status, _ := nobody.request("POST", strings.TrimSpace(link)+"x", nil); status != http.StatusBadRequest {
		t.Errorf("a link that isn't ours: %d", status)
	}
}

// useAttention asks for everything that there is to do with what calls for attention.
func useAttention(ada, bob, script caller) {
	t := ada.t
	t.Helper()
	ada.call("POST", "/api/rooms/global/messages", map[string]any{"content": "for you, @[Bob](user:" + string(bob.me()) + ")"}, 200, nil)
	var inbox struct{ Items []struct{ ID int64 } }
	eventually(t, "in the inbox", func() bool { bob.call("GET", "/api/inbox?limit=5", nil, 200, &inbox); return len(inbox.Items) > 0 })
	bob.call("GET", "/api/inbox?before=1", nil, 200, nil)
	bob.call("GET", "/api/inbox?before=x", nil, 400, nil)
	bob.call("GET", "/api/inbox?limit=101", nil, 400, nil)
	var left struct{ Unread int }
	bob.call("PUT", "/api/inbox/read", map[string]any{"ids": []int64{inbox.Items[0].ID}}, 200, &left)
	if left.Unread != len(inbox.Items)-1 {
		t.Errorf("%d of %d are left", left.Unread, len(inbox.Items))
	}
	bob.call("PUT", "/api/inbox/read", map[string]any{}, 400, nil)
	bob.call("GET", "/api/attention", nil, 200, nil)
	bob.call("PUT", "/api/attention", map[string]any{
		"notify":       map[string]any{"rooms": "all", "directs": "mentions"},
		"quietHours":   map[string]any{"on": true, "from": "22:00", "to": "07:00", "days": []int{1, 2}, "timezone": "Europe/Berlin"},
		"snoozedUntil": 5, "mail": "off", "sounds": false, "desktop": false, "language": "ar",
	}, 200, nil)
	bob.call("PUT", "/api/attention", map[string]any{"mail": "never"}, 400, nil)
	bob.call("PUT", "/api/attention", map[string]any{"language": "fr"}, 400, nil)
	bob.call("PUT", "/api/attention", map[string]any{"notify": map[string]any{"rooms": "mentions", "directs": "all"}, "mail": "missed"}, 200, nil)
	bob.call("GET", "/api/push/key", nil, 200, nil)
	d := pushtest.New(time.Now).Subscribe(t)
	device := push.Subscription{Endpoint: d.Endpoint, Keys: push.Keys{P256DH: d.P256DH, Auth: d.Auth}}
	bob.call("PUT", "/api/push/subscriptions", device, 200, nil)
	script.call("PUT", "/api/push/subscriptions", device, 400, nil) // it has no session that could end
	bob.call("DELETE", "/api/push/subscriptions", map[string]any{"endpoint": d.Endpoint}, 200, nil)
	for _, endpoint := range []string{"http://push.example.org/", "https://127.0.0.1/x", "https://[::1]/x", "https://10.1.2.3/x", "https://localhost/x",
		"https://0x7f.1/x", "https://push.example.org:8443/x"} {
		device.Endpoint = endpoint
		bob.call("PUT", "/api/push/subscriptions", device, 400, nil)
	}
	bob.call("GET", "/api/attention/mails-off?user=x&token=y", nil, 400, nil)
	bob.call("POST", "/api/attention/mails-off?user=x&token=y", nil, 400, nil)
	nobody := caller{person: stranger(t, ada.addr)}
	for _, path := range []string{"/api/inbox", "/api/attention", "/api/push/key"} {
		nobody.call("GET", path, nil, 401, nil)
	}
}

// Where all rooms are marked read nothing is unread any more: in rooms, in threads, whether
// they are followed or not, and in the inbox. All of the person's pages are told.
func TestAllReadIsAllRead(t *testing.T) {
	s := hosted{data: filepath.Join(t.TempDir(), "data"), log: newLog()}.start(t, "--auth-rate", "0")
	ada, bob := signUp(t, s.Addr().String(), "Ada"), signUp(t, s.Addr().String(), "Bob")
	toBob := " @[Bob](user:" + string(bob.me()) + ")"
	own, other := bob.says("own", ""), ada.says("other", "")
	ada.says("an answer to bob", own.ID)
	ada.says("elsewhere"+toBob, other.ID)
	ada.says("plain"+toBob, "")
	unread := func() int {
		var inbox struct{ Unread int }
		bob.does("GET", "/api/inbox", nil, &inbox)
		return inbox.Unread
	}
	eventually(t, "three are unread", func() bool { return unread() == 3 })
	page := bob.dial("/api/socket")
	page.until("hello")
	bob.does("PUT", "/api/rooms/read", map[string]any{}, nil)
	page.until("attention")
	if n := unread(); n != 0 {
		t.Errorf("%d of the inbox are unread", n)
	}
	var threads chat.ThreadList
	bob.does("GET", "/api/threads", nil, &threads)
	if len(threads.Threads) != 1 || threads.Threads[0].Unread != 0 {
		t.Errorf("threads: %+v", threads)
	}
	var list chat.RoomList
	bob.does("GET", "/api/rooms", nil, &list)
	if r := list.Rooms[0]; r.Unread != 0 || r.Mentions != 0 {
		t.Errorf("room: %+v", r)
	}
}
