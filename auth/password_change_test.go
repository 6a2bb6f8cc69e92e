package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

func TestChangePassword(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	phone, laptop := g.jar().signUp("eve"), g.jar().signIn("eve")
	thief := phone.copy()
	before := phone.session()
	laptop.session()
	office.came(g)
	pending := g.reset(&office, "eve@example.com")
	g.told()

	change := func(body string) reply { return phone.post("/change-password", body) }
	change(`{"currentPassword":"wrong","newPassword":"new password 2"}`).want(t, 400, "INVALID_PASSWORD")
	change(`{"currentPassword":"`+good+`","newPassword":"x"}`).want(t, 400, "PASSWORD_TOO_SHORT")
	change(`{"currentPassword":"`+good+`","newPassword":"`+strings.Repeat("x", 129)+`"}`).want(t, 400, "PASSWORD_TOO_LONG")
	change(`{"newPassword":"new password 2"}`).want(t, 400, "VALIDATION_ERROR")
	change(`{"currentPassword":"`+good+`"}`).want(t, 400, "VALIDATION_ERROR")
	change(`{"currentPassword":"`+good+`","newPassword":"new password 2","revokeOtherSessions":"yes"}`).want(t, 400, "VALIDATION_ERROR")
	g.jar().post("/change-password", `{"currentPassword":"a","newPassword":"bbbbbbbbb"}`).want(t, 401, "")
	office.none(g)

	p := change(`{"currentPassword":"`+good+`","newPassword":"new password 2"}`).want(t, 200, "")
	if !strings.HasPrefix(p.text, `{"token":null,"user":{"id":"`) {
		t.Errorf("got %s", p.text)
	}
	office.one(g, "eve@example.com", "was changed")
	// §13.8: this session has another token; the other device stays in.
	after := phone.session()
	if after == nil || after.Session.Token == before.Session.Token || after.Session.CreatedAt != before.Session.CreatedAt {
		t.Errorf("was %+v, is %+v", before, after)
	}
	if thief.session() != nil || laptop.session() == nil {
		t.Error("a copy of the old token is in, or the other device isn't")
	}
	if ends := g.told(); len(ends) != 1 || ends[0].All || ends[0].SessionKey != auth.HashToken(before.Session.Token).String() {
		t.Errorf("told %+v", ends)
	}
	g.jar().post("/reset-password", `{"newPassword":"new password 9","token":"`+pending+`"}`).want(t, 400, "INVALID_TOKEN")
	g.jar().post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")

	p = change(`{"currentPassword":"new password 2","newPassword":"new password 3","revokeOtherSessions":true}`).want(t, 200, "")
	var got struct{ Token string }
	p.decode(t, &got)
	if s := phone.session(); s == nil || s.Session.Token != got.Token || got.Token == after.Session.Token {
		t.Errorf("session %+v, reply %s", s, p.text)
	}
	if laptop.session() != nil {
		t.Error("the other device is still in")
	}
	if ends := g.told(); len(ends) != 2 || ends[0].All || ends[1].All {
		t.Errorf("told %+v", ends)
	}
	g.jar().post("/sign-in/email", `{"email":"eve@example.com","password":"new password 3"}`).want(t, 200, "")
	for _, path := range []string{"/set-password", "/verify-password"} {
		phone.post(path, `{"newPassword":"bbbbbbbbb"}`).want(t, 404, "")
	}
}

func TestChangePasswordKeepsTheKindOfSession(t *testing.T) {
	now := newClock()
	g := newRig(t, now.use)
	g.jar().signUp("eve")
	for _, alone := range []bool{false, true} {
		j := g.jar()
		j.post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`","rememberMe":false}`).want(t, 200, "")
		p := j.post("/change-password", fmt.Sprintf(`{"currentPassword":%q,"newPassword":%q,"revokeOtherSessions":%t}`, good, good, alone)).want(t, 200, "")
		if cookies := strings.Join(p.Header()["Set-Cookie"], "\n"); strings.Contains(cookies, "Max-Age=6") || !strings.Contains(cookies, "dont_remember=true") {
			t.Errorf("%t: cookies %s", alone, cookies)
		}
		now.pass(24 * time.Hour)
		if j.session() != nil {
			t.Errorf("%t: a short session became a long one", alone)
		}
		now.pass(-24 * time.Hour)
	}
}

func TestChangePasswordOfOthers(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	olga := g.jar().signUp("olga")
	g.exec(`update accounts set provider_id = 'google', password = null`)
	olga.post("/change-password", `{"currentPassword":"`+good+`","newPassword":"new password 2"}`).want(t, 400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
	off := newRig(t, func(c *auth.Config) { c.NoPasswords = true })
	off.jar().post("/change-password", `{"currentPassword":"`+good+`","newPassword":"new password 2"}`).want(t, 400, "EMAIL_AND_PASSWORD_IS_NOT_ENABLED")
}

// Of two changes that start from the same password one wins, and the session ends
// up with one token.
func TestChangePasswordTwiceAtOnce(t *testing.T) {
	g := newRig(t)
	j := g.jar().signUp("eve")
	var mu sync.Mutex
	won := map[int]int{}
	var wg sync.WaitGroup
	for i := range 4 {
		r := j.request("POST", "/change-password", fmt.Sprintf(`{"currentPassword":%q,"newPassword":"new password %d"}`, good, i))
		wg.Go(func() {
			p := g.do(r)
			mu.Lock()
			defer mu.Unlock()
			won[p.Code]++
		})
	}
	wg.Wait()
	if won[200] != 1 || won[400]+won[401] != 3 {
		t.Errorf("got %v", won)
	}
	var n int
	if g.query(`select count(*) from sessions`, &n); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// §13.15: at the rate of sign-in, and counted with it.
func TestChangePasswordIsLimited(t *testing.T) {
	now := newClock()
	g := newRig(t, now.use, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second} })
	j := g.jar().signUp("eve")
	for range 3 {
		j.post("/change-password", `{"currentPassword":"wrong","newPassword":"new password 2"}`).want(t, 400, "INVALID_PASSWORD")
	}
	if p := j.post("/change-password", `{"currentPassword":"`+good+`","newPassword":"new password 2"}`).want(t, 429, ""); p.Header().Get("Retry-After") != "10" {
		t.Errorf("headers %v", p.Header())
	}
}
