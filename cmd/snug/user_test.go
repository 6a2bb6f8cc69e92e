package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"snug/auth"
)

// snug runs a command in this process, on a data folder.
func snug(t *testing.T, data string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(append(args, "--data", data), nil, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// logText gathers a log that may be read while it grows. Make it with newLog.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed and replaced at each line
}

func newLog() *logText { return &logText{more: make(chan struct{})} }

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(p)
}

func (l *logText) String() string {
	text, _ := l.read()
	return text
}

func (l *logText) read() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String(), l.more
}

// wait waits until the log has the text.
func (l *logText) wait(t *testing.T, want string) {
	t.Helper()
	late := time.After(patience)
	for {
		text, more := l.read()
		if strings.Contains(text, want) {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("no %q in the log:\n%s", want, text)
		}
	}
}

// stranger is somebody with a browser and no account.
func stranger(t *testing.T, addr string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, addr: addr, client: &http.Client{Jar: jar, Transport: newWitness(t)}}
}

// name returns who is signed in; "" for nobody.
func (p *person) name() string {
	p.t.Helper()
	status, body := p.request("GET", "/api/auth/get-session", nil)
	var session struct{ User struct{ Name string } }
	if status != 200 || json.Unmarshal([]byte(body), &session) != nil {
		p.t.Fatalf("get session: %d %s", status, body)
	}
	return session.User.Name
}

// openLink does what the page of a link that signs in does.
func (p *person) openLink(link string) (status int, body string) {
	p.t.Helper()
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Path != "/magic-link" {
		p.t.Fatalf("link %q: %v", link, err)
	}
	return p.request("GET", "/api/auth/magic-link/verify?"+u.RawQuery, nil)
}

// The same commands do the same, whether a server runs on the data folder or none
// does.
func TestUserCommands(t *testing.T) {
	for _, mode := range []string{"server runs", "server is stopped"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := hosted{data: filepath.Join(t.TempDir(), "data")}
			s := h.start(t, "--auth-rate", "0")
			signUp(t, s.Addr().String(), "Ada")
			bob := signUp(t, s.Addr().String(), "Bob")
			signUp(t, s.Addr().String(), "Eve")
			url := s.URL()
			// with a server, and then without.
			between := func() string { return s.Addr().String() }
			if mode == "server is stopped" {
				s.stop()
				url = "http://localhost:3000"
				between = func() string {
					s = h.start(t, "--auth-rate", "0")
					return s.Addr().String()
				}
			}
			user := func(args ...string) result {
				t.Helper()
				return snug(t, h.data, append([]string{"user"}, args...)...)
			}

			r := user("list")
			r.want(t, 0)
			if lines := strings.Split(strings.TrimSpace(r.stdout), "\n"); len(lines) != 4 ||
				!regexp.MustCompile(`^NAME +E-MAIL +ROLE +VERIFIED +SINCE +BANNED$`).MatchString(lines[0]) ||
				!regexp.MustCompile(`^Ada +ada@example.com +owner +no +\d{4}-\d\d-\d\d +no$`).MatchString(lines[3]) {
				t.Errorf("listed:\n%s", r.stdout)
			}
			r = user("list", "BOB@", "--json")
			r.want(t, 0)
			var people []auth.Person
			if err := json.Unmarshal([]byte(r.stdout), &people); err != nil || len(people) != 1 || people[0].Name != "Bob" || people[0].Role != auth.RoleMember {
				t.Errorf("listed %v: %s", err, r.stdout)
			}
			if r := user("list", "--json", "nobody"); r.code != 0 || strings.TrimSpace(r.stdout) != "[]" {
				t.Errorf("nobody is %d %s", r.code, r.stdout)
			}

			if r := user("role", "Bob@example.com", "admin"); r != (result{0, "Bob@example.com is admin now.\n", ""}) {
				t.Errorf("role: %+v", r)
			}
			user("list", "bob").want(t, 0, "admin")
			user("role", "ada@example.com", "member").want(t, 1, "only owner")
			user("role", "bob@example.com", "admni").want(t, 2, "did you mean admin?")
			user("role", "bob@example.com", "king").want(t, 2, "owner, admin, moderator, member")

			if r := user("ban", "eve@example.com", "--reason", "sold watches"); r != (result{0, "eve@example.com is banned.\n", ""}) {
				t.Errorf("ban: %+v", r)
			}
			user("list", "eve").want(t, 0, "yes: sold watches")
			user("link", "eve@example.com").want(t, 1, "banned")
			if r := user("unban", "eve@example.com"); r != (result{0, "eve@example.com may sign in again.\n", ""}) {
				t.Errorf("unban: %+v", r)
			}

			if r := user("sign-out", "bob@example.com"); r != (result{0, "bob@example.com is signed out everywhere.\n", ""}) {
				t.Errorf("sign-out: %+v", r)
			}
			if r := user("drop-two-factor", "bob@example.com"); r != (result{0, "bob@example.com signs in without a second factor now.\n", ""}) {
				t.Errorf("drop-two-factor: %+v", r)
			}
			for _, verb := range []string{"ban", "unban", "sign-out", "drop-two-factor", "link"} {
				user(verb, "nobody@example.com").want(t, 1, "nobody has the e-mail address nobody@example.com", "snug user list")
			}
			user("delete", "nobody", "--yes").want(t, 1, "nobody has the e-mail address nobody")

			link := user("link", "bob@example.com")
			link.want(t, 0)
			if want := url + "/magic-link?token="; !strings.HasPrefix(link.stdout, want) || strings.Count(link.stdout, "\n") != 1 || link.stderr != "" {
				t.Errorf("link %+v, want %s", link, want)
			}
			elsewhere := user("link", "bob@example.com", "--base-url", "https://chat.example.com")
			if !strings.HasPrefix(elsewhere.stdout, "https://chat.example.com/magic-link?token=") {
				t.Errorf("link %+v", elsewhere)
			}
			invitation := user("invite", "new@example.com", "--uses", "1", "--days=3")
			invitation.want(t, 0)
			user("invite", "--uses", "1001").want(t, 1, "1 to 1000")
			user("invite", "--days", "366").want(t, 1, "365 days")
			user("invite", "new").want(t, 1, "invite new: ", "mail")
			if r := user("delete", "eve@example.com", "--yes"); r.code != 0 || !strings.HasPrefix(r.stdout, "The account of eve@example.com is deleted.\n") {
				t.Errorf("delete: %+v", r)
			}
			user("list", "eve").want(t, 0)

			addr := between()
			bob.addr = addr
			if name := bob.name(); name != "" {
				t.Errorf("%s is still signed in", name)
			}
			if status, body := bob.openLink(link.stdout); status != 200 || bob.name() != "Bob" {
				t.Errorf("the link: %d %s, signed in is %q", status, body, bob.name())
			}
			if status, _ := stranger(t, addr).openLink(link.stdout); status == 200 {
				t.Error("the link works twice")
			}
			token := strings.TrimSpace(invitation.stdout[strings.LastIndexByte(invitation.stdout, '/')+1:])
			if status, body := stranger(t, addr).post("/api/account/invites/open", map[string]string{"token": token}); status != 200 || !strings.Contains(body, "new@example.com") {
				t.Errorf("the invitation: %d %s", status, body)
			}
		})
	}
}

// §13.10: what an operator does closes sockets within a second, and no message of
// theirs is taken when the command has ended.
func TestUserCommandsCloseSockets(t *testing.T) {
	s := testServer(t, "--auth-rate", "0")
	addr := s.Addr().String()
	other := signUp(t, addr, "Ada").dial("/api/socket")
	for _, tt := range []struct {
		args []string
		code websocket.StatusCode
	}{
		{[]string{"ban"}, 4403}, {[]string{"sign-out"}, 4401}, {[]string{"delete", "--yes"}, 4401},
	} {
		name := "Bob-" + tt.args[0]
		bob := signUp(t, addr, name)
		sockets := []*socket{bob.dial("/api/socket"), bob.dial("/api/chat")}
		sockets[0].send(`{"type":"join","room":"global"}`)
		sockets[0].until("joined")
		began := time.Now()
		snug(t, s.cfg.Data, append([]string{"user"}, append(tt.args, strings.ToLower(name)+"@example.com")...)...).want(t, 0)
		for _, sock := range sockets {
			if code := sock.closed(); code != tt.code {
				t.Errorf("%s: closed with %d, want %d", tt.args[0], code, tt.code)
			}
		}
		if took := time.Since(began); took > soon {
			t.Errorf("%s took %s", tt.args[0], took)
		}
		if status, _ := bob.request("GET", "/api/chat/messages", nil); status != 401 {
			t.Errorf("%s: afterwards %d", tt.args[0], status)
		}
	}
	other.send(`{"type":"ping"}`)
	other.until("pong")
}

// §13.24: the log tells what was done and to whom, by id.
func TestCommandsLogNoSecrets(t *testing.T) {
	log := newLog()
	h := hosted{data: filepath.Join(t.TempDir(), "data"), log: log}
	s := h.start(t, "--auth-rate", "0")
	signUp(t, s.Addr().String(), "Ada")
	signUp(t, s.Addr().String(), "Bob")
	// What is found out by name is no secret; what is planted here is.
	secrets := []string{"bob@example.com", "guest@example.com", "planted-reason"}
	for _, args := range [][]string{
		{"list", "bob@example.com"}, {"link", "bob@example.com"}, {"invite", "guest@example.com"}, {"invite"},
		{"ban", "bob@example.com", "--reason", "planted-reason"}, {"ban", "planted-reason"}, {"unban", "bob@example.com"},
		{"role", "bob@example.com", "owner"}, {"sign-out", "bob@example.com"}, {"delete", "bob@example.com", "--yes"},
	} {
		r := snug(t, h.data, append([]string{"user"}, args...)...)
		if _, token, found := strings.Cut(r.stdout, "token="); found {
			secrets = append(secrets, strings.TrimSpace(token))
		}
		if _, token, found := strings.Cut(r.stdout, "/invite/"); found {
			secrets = append(secrets, strings.TrimSpace(token))
		}
	}
	s.stop()
	if len(secrets) != 6 {
		t.Fatalf("secrets %q", secrets)
	}
	for _, secret := range secrets {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	for _, done := range []string{"user banned", "user unbanned", "role changed", "user signed out", "user deleted", "invitation made", "sign-in link made"} {
		if !strings.Contains(log.String(), `msg="`+done+`"`) {
			t.Errorf("the log doesn't tell: %s", done)
		}
	}
}

// An account that was deleted while no server ran is forgotten by the rooms when one
// runs again.
func TestDeletedWithoutServerIsForgotten(t *testing.T) {
	h := hosted{data: filepath.Join(t.TempDir(), "data")}
	s := h.start(t, "--auth-rate", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	sock := signUp(t, s.Addr().String(), "Bob").dial("/api/socket")
	sock.send(`{"type":"join","room":"global"}`)
	sock.send(`{"type":"message","room":"global","clientId":"c1","content":"my words"}`)
	sock.until("ack")
	s.stop()
	snug(t, h.data, "user", "delete", "bob@example.com", "--yes").want(t, 0, "when the server starts next")

	log := newLog()
	h.log = log
	s = h.start(t)
	ada.addr = s.Addr().String()
	log.wait(t, "deleted account is forgotten")
	if _, body := ada.request("GET", "/api/chat/messages", nil); !strings.Contains(body, "my words") || strings.Contains(body, "Bob") {
		t.Errorf("the room has %s", body)
	}
}

// A terminal shows what people call themselves, and does nothing that they say.
func TestNamesAreHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"Ada": "Ada", "Zoë 蕊": "Zoë 蕊", "a\x1b[2Jb": "a\uFFFD[2Jb", "a\tb\nc": "a\uFFFDb\uFFFDc", "a\u202eb": "a\uFFFDb",
	} {
		if got := printable(name); got != want {
			t.Errorf("%q shows as %q, want %q", name, got, want)
		}
	}
}

func TestListIsBounded(t *testing.T) {
	s := testServer(t)
	plant(t, s, maxListed+5)
	r := snug(t, s.cfg.Data, "user", "list")
	r.want(t, 0, "only the latest 1000", "narrows")
	if n := strings.Count(r.stdout, "\n"); n != maxListed+1 {
		t.Errorf("%d lines", n)
	}
	if r := snug(t, s.cfg.Data, "user", "list", "p1004@"); r.stderr != "" || !strings.Contains(r.stdout, "p1004@example.com") {
		t.Errorf("one of them: %+v", r)
	}
}

func TestUserCommandLines(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"user"}, 2, []string{"snug help user"}},
		{[]string{"user", "bann", "a@b.cd"}, 2, []string{"user bann is unknown", "did you mean user ban?"}},
		{[]string{"user", "frobnicate"}, 2, []string{"unknown", "snug help user"}},
		{[]string{"user", "ban"}, 2, []string{"snug user ban EMAIL [--reason TEXT]"}},
		{[]string{"user", "ban", "a@b.cd", "e@f.gh"}, 2, []string{"snug user ban EMAIL"}},
		{[]string{"user", "ban", "a@b.cd", "--json"}, 2, []string{"--json is not for that"}},
		{[]string{"user", "ban", "a@b.cd", "--raeson", "x"}, 2, []string{"--raeson", "did you mean --reason?"}},
		{[]string{"user", "ban", "a@b.cd", "--reason"}, 2, []string{"--reason", "value is missing"}},
		{[]string{"user", "ban", "a@b.cd", "--reason=a", "--reason=b"}, 2, []string{"--reason", "twice"}},
		{[]string{"user", "list", "--json=yes"}, 2, []string{"--json takes no value"}},
		{[]string{"user", "list", "--dta", "x"}, 2, []string{"--dta", "did you mean --data?"}},
		{[]string{"user", "list", "--data"}, 2, []string{"--data", "value is missing"}},
		{[]string{"user", "list", "--secret", "x"}, 2, []string{"--secret", "other users"}},
		{[]string{"user", "invite", "--uses", "many"}, 2, []string{"--uses", `"many"`, "number"}},
		{[]string{"user", "invite", "--days", "0"}, 2, []string{"--days", `"0"`}},
		{[]string{"user", "list", "--post-rate", "often"}, 2, []string{"post-rate", "often"}},
		{[]string{"usr", "list"}, 2, []string{"command usr is unknown", "did you mean user?"}},
		{[]string{"help", "usr"}, 2, []string{"did you mean user?"}},
		{[]string{"mail", "tset"}, 2, []string{"did you mean mail test?"}},

		{[]string{"help", "user"}, 0, []string{"snug user list [TEXT] [--json]", "snug user delete EMAIL [--yes]", "15 minutes"}},
		{[]string{"help", "mail"}, 0, []string{"snug mail test [ADDRESS]"}},
		{[]string{"user", "--help"}, 0, []string{"snug user ban EMAIL"}},
		{[]string{"user", "ban", "-h"}, 0, []string{"snug user ban EMAIL"}},
		{[]string{"help", "config"}, 0, []string{"--base-url"}},
		{[]string{"help"}, 0, []string{"  user ", "  mail ", "--base-url"}},

		{[]string{"user", "list"}, 1, []string{"data folder ./data isn't there", "--data"}},
		{[]string{"--data", "other", "user", "list"}, 1, []string{"data folder other isn't there"}},
		{[]string{"user", "--data=other", "list"}, 1, []string{"data folder other isn't there"}},
		{[]string{"user", "list", "--data", "other", "--guests"}, 1, []string{"data folder other isn't there"}},
		{[]string{"user", "list", "--data", "other", "--", "--json"}, 1, []string{"data folder other isn't there"}},
		{[]string{"user", "list", "--data", "."}, 1, []string{"folder . holds no accounts"}},
	} {
		execute(t, dir, nil, tt.args...).want(t, tt.code, tt.want...)
		if t.Failed() {
			t.Fatalf("that was %q", tt.args)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("commands that did nothing left %v", entries)
	}
}

// plant makes n accounts at once, as if they had come one after the other.
func plant(t *testing.T, s *Server, n int) {
	t.Helper()
	err := s.tables.Write(t.Context(), func(tx *sql.Tx) error {
		for i := range n {
			const insert = `insert into users (id, name, email, email_verified, created_at, updated_at) values (?, ?, ?, 1, ?, ?)`
			if _, err := tx.Exec(insert, fmt.Sprintf("u%d", i), fmt.Sprintf("P%d", i), fmt.Sprintf("p%d@example.com", i), i, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
