package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"snug/auth"
)

// A story is what people do on a server from its first account on. Every route
// answers in it, and does what it is for; play fails where one doesn't. What must
// hold for all answers is then checked on what was said.
//
// All that is nobody else's business begins with "planted".
type story struct {
	*rig
	origin string
	clock  *clock
	office postOffice
	idp    *idp
	book   logbook
	said   []exchange
}

// An exchange is a request and its reply.
type exchange struct {
	*http.Request
	sent  string // the body
	reply *httptest.ResponseRecorder
}

const plantedWord = "planted password"

// newStory begins one on a server with that base URL. The forged headers are on every
// request.
func newStory(t testing.TB, origin string, forged http.Header) *story {
	t.Helper()
	s := &story{origin: origin, clock: newClock(), idp: newIDP(t)}
	s.rig = newRig(t, s.clock.use, s.office.use, s.idp.use, s.book.use, magicLinks, guests, func(c *auth.Config) { c.BaseURL = origin })
	inner := s.handler
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			s.Fatal(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		maps.Copy(r.Header, forged)
		inner.ServeHTTP(w, r)
		s.said = append(s.said, exchange{r, string(sent), w.(*httptest.ResponseRecorder)})
	})
	return s
}

// visitor is a browser without cookies.
func (s *story) visitor() *jar { return &jar{s.rig, s.origin, map[string]string{}, ""} }

// mailed returns the link of the last mail with that subject.
func (s *story) mailed(about string) *url.URL {
	s.Helper()
	for _, m := range slices.Backward(s.office.came(s.rig)) {
		if strings.Contains(m.Subject, about) {
			link, err := url.Parse(httpLink.FindString(m.Text))
			if err != nil || link.Scheme+"://"+link.Host != s.origin {
				s.Fatalf("%s: link %v %v", m.Subject, link, err)
			}
			return link
		}
	}
	s.Fatalf("no mail %q", about)
	return nil
}

// done posts what has to succeed.
func (j *jar) done(path, body string, args ...any) reply {
	j.Helper()
	return j.post(path, fmt.Sprintf(body, args...)).want(j, 200, "")
}

// enters signs up with an address, or in.
func (j *jar) enters(how, name string) *jar {
	j.Helper()
	j.done("/sign-"+how+"/email", `{"name":"Planted %[1]s","email":"planted.%[1]s@example.com","password":%q}`, name, plantedWord)
	return j
}

// play has it all happen.
func (s *story) play() *story {
	s.Helper()
	anyone := s.visitor()
	for _, path := range []string{"/ok", "/error?error=planted_code", "/account/options", "/get-session"} {
		anyone.get(path).want(s, 200, "")
	}
	owner := s.beginnings()
	s.strangers(owner)
	s.secrets(owner)
	s.factors(owner)
	s.ends(owner)
	s.everyRouteWorked()
	return s
}

// beginnings is an account with a name and a face.
func (s *story) beginnings() (owner *jar) {
	owner = s.visitor().enters("up", "owner")
	owner.done("/send-verification-email", `{"email":"planted.owner@example.com","callbackURL":"/here"}`)
	confirm := s.mailed("Confirm")
	owner.open(confirm).want(s, 302, "")
	owner.post("/verify-email?"+confirm.RawQuery, `{}`).want(s, 302, "")
	for _, path := range []string{"/get-session", "/list-sessions", "/list-accounts", "/account"} {
		owner.get(path).want(s, 200, "")
	}
	owner.done("/update-user", `{"name":"Planted Owner the First"}`)
	var face struct{ Image string }
	owner.upload("", painted(s, red, 20, 20)).want(s, 200, "").decode(s, &face)
	owner.get(strings.TrimPrefix(face.Image, "/api")).want(s, 200, "")
	owner.done("/account/avatar/remove", `{}`)
	short := s.visitor()
	short.done("/sign-in/email", `{"email":"planted.owner@example.com","password":%q,"rememberMe":false}`, plantedWord)
	short.enters("in", "owner")
	short.done("/sign-out", `{}`)
	short.post("/sign-in/email", `{"email":"planted.owner@example.com","password":"planted wrong one"}`).want(s, 401, "INVALID_EMAIL_OR_PASSWORD")
	return owner
}

// strangers come by invitation, from providers, by mail and without anything.
func (s *story) strangers(owner *jar) {
	var invite struct{ ID, URL string }
	owner.done("/account/invites", `{"email":"planted.bob@example.com"}`).decode(s, &invite)
	bob := s.visitor()
	bob.done("/account/invites/open", `{"token":%q}`, invite.URL[strings.LastIndexByte(invite.URL, '/')+1:])
	bob.get("/account/options").want(s, 200, "")
	bob.enters("up", "bob")
	owner.done("/account/invites", `{}`).decode(s, &invite)
	bob.done("/account/invites/accept", `{"token":%q}`, invite.URL[strings.LastIndexByte(invite.URL, '/')+1:])
	owner.get("/account/invites").want(s, 200, "")
	owner.done("/account/invites/revoke", `{"id":%q}`, invite.ID)

	for _, provider := range []string{"google", "github", "twitter"} {
		email := "planted." + provider + "@example.com"
		s.visitor().enter(s.idp, provider, person{id: "1815", name: "Planted Lovelace", email: email, verified: true}).wantAt(s, "/ok")
	}
	s.visitor().enter(s.idp, "google", person{id: "1906", name: "Planted Hopper", broken: "profile"}).wantAt(s, "/failed?error=unable_to_get_user_info")
	// One answers by a form, another one is connected and taken off again.
	form := s.visitor()
	q := s.idp.approve(form.begin("github", ""), person{id: "7", name: "Planted Form", email: "planted.form@example.com", verified: true})
	r := form.request("POST", "/callback/github", q.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.do(r).wantAt(s, "/api/auth/callback/github?"+q.Encode())
	form.navigated("github", q).wantAt(s, "/dashboard")
	q = s.idp.approve(bob.departure("/link-social", "google", `"callbackURL":"/account"`), person{id: "8", name: "B", email: "planted.bob@example.com", verified: true})
	bob.navigated("google", q).wantAt(s, "/account")
	bob.done("/unlink-account", `{"providerId":"google"}`)

	dora := s.visitor()
	dora.done("/sign-in/magic-link", `{"email":"planted.dora@example.com","name":"Planted Dora"}`)
	dora.redeem(s.mailed("Sign in").Query()).want(s, 200, "")
	guest := s.guestFrom(s.visitor())
	guest.done("/delete-anonymous-user", `{}`)
	s.guestFrom(guest).enters("up", "guest")
}

func (s *story) guestFrom(j *jar) *jar {
	j.done("/sign-in/anonymous", `{"name":"Planted Guest"}`)
	return j
}

// secrets are changed.
func (s *story) secrets(owner *jar) {
	s.clock.pass(time.Second)
	for _, path := range []string{"/request-password-reset", "/forget-password"} {
		owner.done(path, `{"email":"planted.owner@example.com","redirectTo":"/choose"}`)
	}
	link := s.mailed("Choose a new password")
	owner.open(link).want(s, 302, "")
	owner.done("/reset-password", `{"newPassword":%q,"token":%q}`, plantedWord+" 2", link.Path[strings.LastIndexByte(link.Path, '/')+1:])
	owner.done("/sign-in/email", `{"email":"planted.owner@example.com","password":%q}`, plantedWord+" 2")
	owner.done("/change-password", `{"currentPassword":%q,"newPassword":%q,"revokeOtherSessions":true}`, plantedWord+" 2", plantedWord)
	owner.done("/change-email", `{"newEmail":"planted.new@example.com"}`)
	owner.open(s.mailed("Change your address")).wantAt(s, "/account")
	owner.open(s.mailed("Confirm your new address")).wantAt(s, "/account")
}

// factors are second ones, and passkeys.
func (s *story) factors(owner *jar) {
	proof := fmt.Sprintf(`{"password":%q}`, plantedWord)
	phone := owner.newApp(s.clock, owner.post("/two-factor/enable", proof))
	owner.totp(phone.code(0)).want(s, 200, "")
	owner.post("/two-factor/get-totp-uri", proof).want(s, 200, "")
	var made struct{ BackupCodes []string }
	owner.post("/two-factor/generate-backup-codes", proof).want(s, 200, "").decode(s, &made)
	second := func() *jar {
		j := s.visitor()
		j.done("/sign-in/email", `{"email":"planted.new@example.com","password":%q}`, plantedWord)
		return j
	}
	s.clock.pass(time.Minute)
	trusted := second()
	trusted.done("/two-factor/verify-totp", `{"code":%q,"trustDevice":true}`, phone.code(0))
	second().backupCode(made.BackupCodes[0]).want(s, 200, "")
	trusted.post("/two-factor/disable", proof).want(s, 200, "")
	owner.cookies = trusted.cookies

	d := s.device(virtualwebauthn.KeyTypeEC2)
	d.party.Origin = s.origin
	owner.register(d, "Planted key").want(s, 200, "")
	var keys []struct{ ID string }
	owner.get("/passkey/list-user-passkeys").want(s, 200, "").decode(s, &keys)
	owner.done("/passkey/update-passkey", `{"id":%q,"name":"Planted keys"}`, keys[0].ID)
	by := s.visitor()
	by.get("/passkey/generate-authenticate-options").want(s, 200, "")
	by.enterBy(d).want(s, 200, "")
	owner.done("/passkey/delete-passkey", `{"id":%q}`, keys[0].ID)
}

// ends are those of sessions, tokens and accounts.
func (s *story) ends(owner *jar) {
	made := owner.makeToken(`{"name":"Planted script","scopes":["messages:read"]}`)
	owner.get("/account/tokens").want(s, 200, "")
	owner.done("/account/tokens/revoke", `{"id":%q}`, made.ID)
	other := s.visitor()
	other.done("/sign-in/email", `{"email":"planted.new@example.com","password":%q}`, plantedWord)
	owner.done("/revoke-session", `{"token":%q}`, other.session().Session.Token)
	owner.done("/revoke-other-sessions", `{}`)
	owner.done("/revoke-sessions", `{}`)

	bob, guest := s.visitor().enters("in", "bob"), s.visitor().enters("in", "guest")
	guest.done("/delete-user", `{}`)
	s.clock.pass(25 * time.Hour)
	bob.done("/delete-user", `{"callbackURL":"/bye"}`)
	bob.get("/delete-user/callback?"+s.mailed("Delete your account").RawQuery).wantAt(s, "/bye")
	if err := s.Ban(s.Context(), auth.Whom{Email: "planted.dora@example.com"}, "planted reason"); err != nil {
		s.Fatal(err)
	}
	s.Settle()
}

// everyRouteWorked fails for a route that never answered well: it would be left out
// of all that is checked on a story.
func (s *story) everyRouteWorked() {
	s.Helper()
	worked := map[string]bool{}
	for _, x := range s.said {
		if x.reply.Code < 400 && !strings.Contains(x.reply.Header().Get("Location"), "error=") {
			worked[s.RouteOf(x.Request)] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Routes())) {
		if !worked[name] {
			s.Errorf("%s isn't part of the story", name)
		}
	}
}

// opening returns what of a story opens something, and told what is nobody else's
// business.
func (s *story) opening() (opens, told []string) {
	s.Helper()
	note := func(list *[]string, text string) {
		if len(text) >= 6 && text != "true" && !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	for _, x := range s.said {
		for _, c := range x.reply.Result().Cookies() {
			if value, err := url.PathUnescape(c.Value); err == nil && !strings.Contains(c.Name, "last_used") {
				text, _, _ := strings.Cut(value, ".")
				note(&opens, text)
			}
		}
		for _, name := range []string{"code", "state", "token"} {
			note(&opens, x.URL.Query().Get(name))
		}
		var fields map[string]any
		if json.Unmarshal([]byte(x.sent), &fields) == nil {
			for _, name := range []string{"password", "newPassword", "currentPassword", "code", "token"} {
				if text, ok := fields[name].(string); ok {
					note(&opens, text)
				}
			}
			for _, name := range []string{"email", "newEmail", "name"} {
				if text, ok := fields[name].(string); ok {
					note(&told, text)
				}
			}
		}
		for _, found := range shownOnce.FindAllString(x.reply.Body.String(), -1) {
			note(&opens, strings.Trim(found[strings.LastIndexAny(found, "=/")+1:], `"`))
		}
	}
	if len(opens) < 60 || len(told) < 10 {
		s.Fatalf("only %d and %d are known", len(opens), len(told))
	}
	return opens, told
}

// shownOnce finds in replies what is in no cookie: API tokens, keys of authenticator
// apps, backup codes and invitations.
var shownOnce = regexp.MustCompile(`snug_\w{32}|secret=[A-Z2-7]{52}|"\w{5}-\w{5}"|/invite/\w{32}`)
