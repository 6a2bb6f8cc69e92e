package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"snug/auth"
	"snug/line"
)

// A post office takes the mails of a Service.
type postOffice struct {
	mu    sync.Mutex
	mails []auth.Mail
	shut  bool
}

func (p *postOffice) use(c *auth.Config) { c.Mail = p.send }

func (p *postOffice) send(m auth.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return errors.New("queue is full")
	}
	p.mails = append(p.mails, m)
	return nil
}

// came returns the mails since the last call, when all errands are done.
func (p *postOffice) came(g *rig) []auth.Mail {
	g.Settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	mails := p.mails
	p.mails = nil
	return mails
}

// none fails the test if there was a mail.
func (p *postOffice) none(g *rig) {
	g.Helper()
	for _, m := range p.came(g) {
		g.Errorf("mail to %s: %s", m.To, m.Subject)
	}
}

// one returns the only mail, which has to be to that address and about that.
func (p *postOffice) one(g *rig, to, about string) auth.Mail {
	g.Helper()
	mails := p.came(g)
	if len(mails) != 1 || mails[0].To != to || !strings.Contains(mails[0].Subject, about) {
		g.Fatalf("got %d mails %+v, want one to %s about %q", len(mails), mails, to, about)
	}
	return mails[0]
}

var httpLink = regexp.MustCompile(`https?://\S+`)

// linkOf returns the link of a mail.
func linkOf(t testing.TB, m auth.Mail) *url.URL {
	t.Helper()
	u, err := url.Parse(httpLink.FindString(m.Text))
	if err != nil || u.Host == "" {
		t.Fatalf("no link in %q", m.Text)
	}
	if u.Scheme+"://"+u.Host != base {
		t.Fatalf("link to %s", u)
	}
	return u
}

// open follows the link of a mail, as the server sees it.
func (j *jar) open(u *url.URL) reply {
	j.Helper()
	path, ok := strings.CutPrefix(u.RequestURI(), "/api/auth")
	if !ok {
		j.Fatalf("the link %s isn't the server's", u)
	}
	return j.get(path)
}

// clientAt lets requests come from an address that the test changes.
func clientAt(address *string) func(*http.Request) string {
	return func(*http.Request) string { return *address }
}

// Names of many bytes leave the subject one that is sent.
func TestSubjectsHavePlaceForAnyName(t *testing.T) {
	t.Parallel()
	post := &postOffice{}
	name := strings.Repeat("😀", 60)
	g := newRig(t, post.use, func(c *auth.Config) { c.ServerName = func() string { return name } })
	owner := g.jar().signUp("Owner")
	post.came(g)
	owner.post("/account/invites", `{"email":"ann@example.com"}`).want(t, 200, "")
	m := post.one(g, "ann@example.com", "Owner invites you to 😀")
	if len(m.Subject) > line.MaxSubject || !utf8.ValidString(m.Subject) || !strings.Contains(m.Text, name) {
		t.Errorf("%d bytes: %q", len(m.Subject), m.Subject)
	}
}

// A server that has a name says it, and where it is.
func TestMailsNameTheServer(t *testing.T) {
	t.Parallel()
	post := &postOffice{}
	name := ""
	g := newRig(t, post.use, func(c *auth.Config) { c.ServerName = func() string { return name } })
	owner := g.jar().signUp("Owner")
	post.came(g)
	host := strings.TrimPrefix(strings.TrimPrefix(base, "http://"), "https://")
	for _, c := range []struct{ name, subject, text string }{
		{"", "Owner invites you to " + host, "invites you to chat at " + host + "."},
		{"Tom & Ann's", "Owner invites you to Tom & Ann's", "invites you to chat at Tom & Ann's (" + host + ")."},
	} {
		name = c.name
		owner.post("/account/invites", `{"email":"ann@example.com"}`).want(t, 200, "")
		m := post.one(g, "ann@example.com", c.subject)
		if m.Subject != c.subject || !strings.Contains(m.Text, c.text) || strings.Contains(m.HTML, "Tom & Ann") {
			t.Errorf("%q: %q\n%s\n%s", c.name, m.Subject, m.Text, m.HTML)
		}
	}
}
