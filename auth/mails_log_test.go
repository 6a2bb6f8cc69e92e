package auth_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// A logbook is a log that is read while it is written.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) use(c *auth.Config) {
	c.Logger = slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// read returns all that was logged, when all errands are done.
func (l *logbook) read(g *rig) string {
	g.Settle()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// §13.7: no address, token, link or password of a mail gets into the log.
func TestMailsAreNotLogged(t *testing.T) {
	var office postOffice
	var book logbook
	clock := newClock()
	g := newRig(t, clock.use, office.use, book.use, magicLinks, func(c *auth.Config) {
		c.ClientIP = func(*http.Request) string { return "203.0.113.7" }
	})
	g.jar().signUp("owner")
	office.came(g)
	never := []string{"planted", "example.com", good, "203.0.113.7", secret}
	plant := func(m auth.Mail) *jar {
		t.Helper()
		link := linkOf(t, m)
		never = append(never, link.String(), link.RequestURI())
		if token := link.Query().Get("token"); token != "" {
			never = append(never, token)
		} else {
			never = append(never, link.Path[strings.LastIndex(link.Path, "/")+1:])
		}
		return nil
	}
	eve := g.jar().signUp("planted")
	verify := office.one(g, "planted@example.com", "Confirm")
	plant(verify)
	eve.open(linkOf(t, verify))
	eve.get("/verify-email?token=planted-token&callbackURL=/planted")
	eve.post("/request-password-reset", `{"email":"planted@example.com"}`)
	plant(office.one(g, "planted@example.com", "password"))
	eve.post("/request-password-reset", `{"email":"planted2@example.com"}`)
	eve.get("/reset-password/planted-token?callbackURL=/planted")
	eve.post("/reset-password?token=planted-token", `{"newPassword":"planted password"}`)
	eve.post("/sign-in/magic-link", `{"email":"planted@example.com","name":"planted"}`)
	magic := office.one(g, "planted@example.com", "Sign in")
	plant(magic)
	eve.redeem(linkOf(t, magic).Query())
	eve.post("/sign-in/magic-link", `{"email":"planted3@example.com","name":"planted"}`)
	eve.get("/magic-link/verify?token=planted-token")
	office.came(g)
	eve.post("/change-email", `{"newEmail":"planted4@example.com"}`)
	agree := office.one(g, "planted@example.com", "Change")
	plant(agree)
	eve.open(linkOf(t, agree))
	adopt := office.one(g, "planted4@example.com", "Confirm")
	plant(adopt)
	eve.open(linkOf(t, adopt))
	eve.post("/change-password", `{"currentPassword":"planted password","newPassword":"planted password 2"}`)
	eve.post("/change-password", `{"currentPassword":"`+good+`","newPassword":"planted password 2"}`)
	office.came(g)
	clock.pass(25 * time.Hour)
	eve.post("/delete-user", `{"password":"planted password"}`)
	eve.post("/delete-user", `{}`)
	gone := office.one(g, "planted4@example.com", "Delete")
	plant(gone)
	if _, err := g.SignInLink(t.Context(), "planted4@example.com", ""); err != nil {
		t.Fatal(err)
	}
	office.shut = true
	eve.post("/request-password-reset", `{"email":"planted4@example.com"}`)
	g.Settle()
	eve.post("/delete-user", `{"token":"`+linkOf(t, gone).Query().Get("token")+`"}`).want(t, 200, "")
	// What fails is logged by its route, without what follows.
	g.exec(`drop table verifications`)
	g.jar().get("/reset-password/planted-token?callbackURL=/planted").want(t, 500, "")
	g.jar().get("/magic-link/verify?token=planted-token").want(t, 500, "")
	g.jar().post("/request-password-reset", `{"email":"owner@example.com"}`).want(t, 200, "")
	log := book.read(g)
	for _, must := range []string{"address confirmed", "address changed", "password changed", "change of address agreed to", "sign-in link made",
		"hand over mail", "send password reset", "request failed"} {
		if !strings.Contains(log, `"msg":"`+must+`"`) {
			t.Errorf("nothing logs %q", must)
		}
	}
	for _, text := range never {
		if strings.Contains(log, text) {
			t.Errorf("the log has %q:\n%s", text, log)
		}
	}
}

// Where no mail is set up the link is in the log, with the user's id and nothing
// else: an operator passes it on.
func TestLinksAreLoggedWithoutMail(t *testing.T) {
	var book logbook
	g := newRig(t, book.use, requireVerified)
	g.jar().post("/sign-up/email", `{"name":"planted","email":"planted@example.com","password":"`+good+`"}`).want(t, 200, "")
	g.jar().post("/sign-up/email", `{"name":"planted","email":"planted@example.com","password":"`+good+`"}`).want(t, 200, "")
	var id string
	g.query(`select id from users`, &id)
	var links []string
	for line := range strings.Lines(book.read(g)) {
		var e struct{ Level, Msg, User, Link string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "planted") || strings.Contains(line, "example.com") {
			t.Errorf("the log has %s", line)
		}
		if e.Link != "" {
			if e.Level != "INFO" || e.Msg != "no mail is set up: here is the link" || e.User != id {
				t.Errorf("logged %s", line)
			}
			links = append(links, e.Link)
		}
	}
	if len(links) != 1 {
		t.Fatalf("links %q", links)
	}
	j := g.jar()
	j.open(linkOf(t, auth.Mail{Text: links[0]}))
	if j.session() == nil {
		t.Error("the link in the log is no good")
	}
	// What needs mail isn't offered without.
	h := newRig(t, book.use)
	h.jar().signUp("planted")
	h.Settle()
	if n := strings.Count(book.read(h), "here is the link"); n != 1 {
		t.Errorf("%d links logged", n)
	}
}

// §13.22: no header makes a link lead elsewhere.
func TestLinksLeadHome(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.plantUser("eve@example.com", "eve", nil, 1)
	r := g.jar().request("POST", "/request-password-reset", `{"email":"eve@example.com"}`)
	r.Host = "evil.example"
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-URL"} {
		r.Header.Set(name, "evil.example")
	}
	r.Header.Set("Forwarded", "host=evil.example")
	g.do(r)
	m := office.one(g, "eve@example.com", "localhost:3000")
	if strings.Contains(m.Text+m.HTML+m.Subject, "evil") {
		t.Errorf("mail %+v", m)
	}
	linkOf(t, m)
}

// Each mail says which server it is from, what the link does and how long it works,
// in both its forms, and nothing that somebody else wrote.
func TestWordsOfMails(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, magicLinks, func(c *auth.Config) { c.BaseURL = "https://chat.example.org"; c.Origins = auth.Origins{} })
	j := g.jar()
	j.origin = "https://chat.example.org"
	const name = `<b>Visit evil.example</b>`
	j.post("/sign-up/email", `{"name":"`+name+`","email":"eve@example.com","password":"`+good+`"}`).want(t, 200, "")
	j.post("/request-password-reset", `{"email":"eve@example.com"}`).want(t, 200, "")
	j.post("/sign-in/magic-link", `{"email":"eve@example.com","name":"`+name+`"}`).want(t, 200, "")
	mails := office.came(g)
	if len(mails) != 3 {
		t.Fatalf("%d mails", len(mails))
	}
	for _, m := range mails {
		link := httpLink.FindString(m.Text)
		escaped := strings.ReplaceAll(link, "&", "&amp;")
		switch {
		case !strings.HasSuffix(m.Subject, "chat.example.org"):
			t.Errorf("subject %q", m.Subject)
		case !strings.HasPrefix(link, "https://chat.example.org/"):
			t.Errorf("link %s", link)
		case strings.Count(m.HTML, escaped) != 2:
			t.Errorf("the HTML has the link %d times: %s", strings.Count(m.HTML, escaped), m.HTML)
		case strings.Contains(m.Text+m.HTML, "evil"), strings.Contains(m.Text+m.HTML, "%host"), strings.Contains(m.HTML, "<img"):
			t.Errorf("mail %s\n%s", m.Text, m.HTML)
		case !strings.Contains(m.Text, "you can ignore this mail") && !strings.Contains(m.Text, "You can ignore this mail"):
			t.Errorf("mail %s", m.Text)
		}
	}
}
