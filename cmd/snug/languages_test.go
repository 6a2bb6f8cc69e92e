package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"snug/mail/mailtest"
)

// Whoever signs up gets a mail in the language of their browser, and what they miss is told
// in the one that their client has said, over restarts too, as are the page that such a mail
// leads to and warnings of what others do in another language.
func TestMailsSpeakTheLanguageOfWhoReadsThem(t *testing.T) {
	const base = "http://localhost:3000"
	office := mailtest.Start(t)
	h := hosted{data: filepath.Join(t.TempDir(), "data")}
	args := append([]string{"--auth-rate", "0"}, mailArgs(office.Addr)...)
	s := h.start(t, args...)
	signUp := func(name, accepts string) *person {
		t.Helper()
		p := stranger(t, s.Addr().String())
		p.base, p.accepts = base, accepts
		if status, body := p.post("/api/auth/sign-up/email", map[string]string{"name": name, "email": strings.ToLower(name) + "@example.com", "password": "correct horse"}); status != 200 {
			t.Fatalf("sign up: %d %s", status, body)
		}
		return p
	}
	ada, bob := signUp("Ada", ""), signUp("Bob", "de-AT, de;q=0.9, en;q=0.5")
	if m := office.Wait(t, "ada@example.com"); m.Subject != "Confirm your address for localhost:3000" {
		t.Errorf("Ada's mail: %+v", m)
	}
	m := office.Wait(t, "bob@example.com")
	if m.Subject != "Bestätige deine Adresse für localhost:3000" || !strings.Contains(m.Text, "Der Link ist eine Stunde gültig.") ||
		!strings.Contains(m.HTML, `<html lang="de" dir="ltr">`) {
		t.Errorf("Bob's mail: %+v", m)
	}
	id := string(bob.me())
	s.exec(t, `update users set email_verified = 1 where id = ?`, id)
	bob.does("PUT", "/api/attention", map[string]any{"language": "ar"}, nil)
	ada.says("hello @[Bob](user:"+id+")", "")
	eventually(t, "to be mailed", func() bool { return s.count(t, `select count(*) from deliveries where mail_at is not null`) == 1 })
	s.exec(t, `update deliveries set mail_at = 1`) // as if the time had passed
	s.stop()
	s = h.start(t, args...)
	m = office.Wait(t, "bob@example.com")
	if m.Subject != "كتب إليك \u2068Ada\u2069 على \u2068localhost:3000\u2069" || !strings.Contains(m.Text, "hello @Bob") || !strings.Contains(m.HTML, `<html lang="ar" dir="rtl">`) {
		t.Errorf("what Bob missed: %+v", m)
	}
	_, link, found := strings.Cut(m.Text, base+"/api/attention/mails-off?")
	if !found {
		t.Fatalf("no link to stop them in\n%s", m.Text)
	}
	nobody := stranger(t, s.Addr().String())
	nobody.base, nobody.accepts = base, "es"
	status, page := nobody.request("GET", "/api/attention/mails-off?"+strings.TrimSpace(link), nil)
	if status != http.StatusOK || !strings.Contains(page, `<html lang="ar" dir="rtl">`) || !strings.Contains(page, "رسائل بريد بما فاتك") {
		t.Errorf("the link: %d %s", status, page)
	}
	if status, body := nobody.post("/api/auth/request-password-reset", map[string]string{"email": "bob@example.com"}); status != 200 {
		t.Fatalf("reset: %d %s", status, body)
	}
	if m := office.Wait(t, "bob@example.com"); !strings.HasPrefix(m.Subject, "اختر كلمة مرور جديدة") {
		t.Errorf("Bob's mail: %+v", m)
	}
}
