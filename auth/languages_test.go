package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"snug/auth"
	"snug/language"
)

// Mails are in the language of who asked for them.
func TestMailsSpeakTheLanguageOfTheRequest(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, magicLinks)
	owner := g.jar().signUp("owner")
	office.one(g, "owner@example.com", "Confirm your address for localhost:3000")
	ada := g.jar()
	ada.accepts = "de-AT,de;q=0.9,en;q=0.5"
	ada.signUp("ada")
	m := office.one(g, "ada@example.com", "Bestätige deine Adresse für localhost:3000")
	if !strings.Contains(m.Text, "Der Link ist eine Stunde gültig.") || !strings.Contains(m.HTML, `<html lang="de" dir="ltr">`) {
		t.Errorf("%s\n%s", m.Text, m.HTML)
	}
	linkOf(t, m)
	for _, c := range []struct{ accepts, reset, link string }{
		{"es-MX", "Elige una contraseña nueva para localhost:3000", "Inicia sesión en localhost:3000"},
		{"zh-CN,zh;q=0.9", "为 localhost:3000 设置新密码", "登录 localhost:3000"},
		{"ar", "اختر كلمة مرور جديدة على \u2068localhost:3000\u2069", "سجّل الدخول إلى \u2068localhost:3000\u2069"},
		{"fr, *;q=0.1", "Choose a new password for localhost:3000", "Sign in to localhost:3000"},
	} {
		j := g.jar()
		j.accepts = c.accepts
		j.post("/request-password-reset", `{"email":"owner@example.com"}`).want(t, 200, "")
		office.one(g, "owner@example.com", c.reset)
		j.post("/sign-in/magic-link", `{"email":"new@example.com"}`).want(t, 200, "")
		office.one(g, "new@example.com", c.link)
	}
	// Who is invited has said nothing yet: the inviter's.
	owner.accepts = "es"
	owner.post("/account/invites", `{"email":"ann@example.com"}`).want(t, 200, "")
	office.one(g, "ann@example.com", "owner te invita a localhost:3000")
}

// Who has an account and is known to read something is written to in that, whoever asks:
// a warning that its reader doesn't understand is none.
func TestMailsSpeakTheLanguageOfTheirReader(t *testing.T) {
	var office postOffice
	var book logbook
	reads, fault := map[string]language.Code{}, error(nil)
	g := newRig(t, office.use, book.use, func(c *auth.Config) {
		c.RequireVerified = true
		c.Language = func(_ context.Context, userID string) (language.Code, error) { return reads[userID], fault }
	})
	g.proved("owner")
	ada := g.proved("ada")
	id, ok := ada.identity()
	if !ok {
		t.Fatal("nobody is signed in")
	}
	reads[id.UserID] = language.German
	thief := g.jar()
	thief.accepts = "zh"
	thief.post("/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+good+`"}`).want(t, 200, "")
	office.one(g, "ada@example.com", "Du hast ein Konto bei localhost:3000")
	thief.post("/request-password-reset", `{"email":"ada@example.com"}`).want(t, 200, "")
	office.one(g, "ada@example.com", "Wähle ein neues Passwort für localhost:3000")
	ada.accepts = "zh"
	ada.post("/change-password", `{"currentPassword":"`+good+`","newPassword":"another password"}`).want(t, 200, "")
	office.one(g, "ada@example.com", "Dein Passwort für localhost:3000 wurde geändert")
	fault = errors.New("planted")
	thief.post("/request-password-reset", `{"email":"ada@example.com"}`).want(t, 200, "")
	office.one(g, "ada@example.com", "为 localhost:3000 设置新密码")
	if log := book.read(g); !strings.Contains(log, "planted") {
		t.Errorf("nothing is logged of it: %s", log)
	}
}

// So are the pages that the server makes itself.
func TestPagesSpeakTheLanguageOfTheRequest(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified)
	g.jar().signUp("owner")
	office.came(g)
	j := g.jar()
	j.accepts = "ar-EG"
	j.post("/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+good+`"}`).want(t, 200, "")
	link := linkOf(t, office.one(g, "eve@example.com", "أكّد عنوانك"))
	r := j.request("GET", "/verify-email?"+link.RawQuery, "")
	r.Header.Set("Accept", "text/html")
	page := j.send(r).text
	for _, want := range []string{`<html lang="ar" dir="rtl">`, "<h1>أكّد عنوانك</h1>", "\u2068<strong>eve@example.com</strong>\u2069", "<button>تأكيد</button>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s\n%s", want, page)
		}
	}
	j.accepts = "de"
	page = j.get("/error?error=banned").text
	for _, want := range []string{`<html lang="de" dir="ltr">`, "<h1>Du kannst nicht herein</h1>", ">Zurück zur Anmeldung</a>", `Fehlercode: <span id="errorCode">banned</span>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s\n%s", want, page)
		}
	}
}
