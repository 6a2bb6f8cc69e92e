package auth_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// proved signs somebody in whose address is confirmed.
func (g *rig) proved(name string) *jar {
	g.Helper()
	g.plantUser(name+"@example.com", name, nil, 1)
	return g.jar().signIn(name)
}

func (g *rig) emailOf(name string) (email string) {
	g.Helper()
	g.query(`select email || ' ' || email_verified from users where name = ?`, &email, name)
	return email
}

func TestChangeEmail(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	phone := g.proved("eve")
	laptop := g.jar().signIn("eve")
	thief := phone.copy()
	before, id := phone.session(), phone.session().User.ID
	laptop.session()
	g.told()

	p := phone.post("/change-email", `{"newEmail":"Eve2@example.com","callbackURL":"/settings"}`).want(t, 200, "")
	if p.text != `{"status":true}` || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	first := office.one(g, "eve@example.com", "Change your address")
	if !strings.Contains(first.Text, "eve2@example.com") {
		t.Errorf("the mail doesn't name the new address: %s", first.Text)
	}
	agree := linkOf(t, first)
	// Without the user's session nothing comes of it, and the link stays good: what
	// scans mails opens it as well, and so does who has taken over the mailbox alone.
	bob := g.proved("bob")
	for _, j := range []*jar{g.jar(), bob} {
		if p := j.open(agree).want(t, 302, ""); p.Header().Get("Location") != "/settings?error=unauthorized" {
			t.Errorf("goes to %v", p.Header())
		}
	}
	office.none(g)
	if p := phone.open(agree).want(t, 302, ""); p.Header().Get("Location") != "/settings" || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("headers %v", p.Header())
	}
	adopt := linkOf(t, office.one(g, "eve2@example.com", "Confirm your new address"))
	if g.emailOf("eve") != "eve@example.com 1" {
		t.Fatal("changed already")
	}
	if p := phone.open(agree); p.Header().Get("Location") != "/settings?error=invalid_token" {
		t.Errorf("the first link works twice: %v", p.Header())
	}
	office.none(g)
	pending := g.reset(&office, "eve@example.com")

	for _, j := range []*jar{g.jar(), bob} {
		j.open(adopt)
		j.get("/verify-email?token="+adopt.Query().Get("token")).want(t, 401, "UNAUTHORIZED")
	}
	if g.emailOf("eve") != "eve@example.com 1" {
		t.Fatal("changed by somebody who isn't signed in")
	}
	if p := phone.open(adopt).want(t, 302, ""); p.Header().Get("Location") != "/settings" {
		t.Errorf("headers %v", p.Header())
	}
	if got := g.emailOf("eve"); got != "eve2@example.com 1" {
		t.Fatalf("address %s", got)
	}
	office.one(g, "eve@example.com", "was changed")
	// §13.8 and 10.
	after := phone.session()
	if after == nil || after.User.ID != id || after.User.Email != "eve2@example.com" || after.Session.Token == before.Session.Token {
		t.Errorf("was %+v, is %+v", before, after)
	}
	if after.Session.CreatedAt != before.Session.CreatedAt {
		t.Error("the session looks younger than it is")
	}
	if laptop.session() != nil || thief.session() != nil {
		t.Error("another session is still in")
	}
	if ends := g.told(); len(ends) != 2 {
		t.Errorf("told %+v", ends)
	}
	// The old mailbox opens nothing any more.
	g.jar().post("/reset-password", `{"newPassword":"new password 9","token":"`+pending+`"}`).want(t, 400, "INVALID_TOKEN")
	g.jar().post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	g.jar().post("/sign-in/email", `{"email":"eve2@example.com","password":"`+good+`"}`).want(t, 200, "")
	if p := phone.open(adopt); p.Header().Get("Location") != "/settings?error=invalid_token" {
		t.Errorf("the second link works twice: %v", p.Header())
	}
}

func TestChangeEmailRefuses(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	j := g.proved("eve")
	j.post("/change-email", `{"newEmail":"eve@example.com"}`).want(t, 400, "EMAIL_IS_THE_SAME")
	j.post("/change-email", `{"newEmail":"EVE@example.com"}`).want(t, 400, "EMAIL_IS_THE_SAME")
	for _, bad := range []string{`{}`, `{"newEmail":"bad"}`, `{"newEmail":5}`, `{"newEmail":"a@twitter.placeholder.invalid"}`} {
		j.post("/change-email", bad).want(t, 400, "VALIDATION_ERROR")
	}
	j.post("/change-email", `{"newEmail":"x@example.com","callbackURL":"https://evil.example/"}`).want(t, 403, "INVALID_CALLBACKURL")
	g.jar().post("/change-email", `{"newEmail":"x@example.com"}`).want(t, 401, "")
	g.exec(`update users set anonymous = 1`)
	j.post("/change-email", `{"newEmail":"x@example.com"}`).want(t, 403, "GUESTS_CAN_NOT")
	office.none(g)
}

// §13.13: nobody learns whether an address has an account; its owner learns that
// somebody tried.
func TestChangeEmailToOneThatIsTaken(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	eve, _ := g.proved("eve"), g.proved("owner")
	var first reply
	for _, email := range []string{"owner@example.com", "free@example.com", "OWNER@example.com"} {
		p := eve.post("/change-email", `{"newEmail":"`+email+`"}`).want(t, 200, "")
		if first.text == "" {
			first = p
		}
		if p.text != first.text || fmt.Sprint(p.Header()) != fmt.Sprint(first.Header()) {
			t.Errorf("%s is told apart: %v %s", email, p.Header(), p.text)
		}
		if email == "free@example.com" {
			office.one(g, "eve@example.com", "Change your address")
		} else {
			office.one(g, "owner@example.com", "tried to use your address")
		}
	}
	// Taken only after the first link was sent, or after the second.
	eve.post("/change-email", `{"newEmail":"later@example.com"}`).want(t, 200, "")
	agree := linkOf(t, office.one(g, "eve@example.com", "Change"))
	g.plantUser("later@example.com", "later", nil, 1)
	if p := eve.open(agree); p.Header().Get("Location") != "/account" {
		t.Errorf("headers %v", p.Header())
	}
	office.one(g, "later@example.com", "tried to use your address")
	eve.post("/change-email", `{"newEmail":"last@example.com"}`).want(t, 200, "")
	eve.open(linkOf(t, office.one(g, "eve@example.com", "Change")))
	adopt := linkOf(t, office.one(g, "last@example.com", "Confirm your new"))
	g.plantUser("last@example.com", "last", nil, 1)
	if p := eve.open(adopt); p.Header().Get("Location") != "/account?error=USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" {
		t.Errorf("headers %v", p.Header())
	}
	if g.emailOf("eve") != "eve@example.com 1" || eve.session() == nil {
		t.Error("changed")
	}
}

func TestChangeEmailExpires(t *testing.T) {
	now := newClock()
	var office postOffice
	g := newRig(t, now.use, office.use)
	j := g.proved("eve")
	j.post("/change-email", `{"newEmail":"eve2@example.com"}`).want(t, 200, "")
	agree := linkOf(t, office.one(g, "eve@example.com", "Change"))
	now.pass(time.Hour)
	if p := j.open(agree); p.Header().Get("Location") != "/account?error=token_expired" {
		t.Errorf("headers %v", p.Header())
	}
	// Two under way: the one that is done voids the other.
	j.post("/change-email", `{"newEmail":"a@example.com"}`).want(t, 200, "")
	a := linkOf(t, office.one(g, "eve@example.com", "Change"))
	j.post("/change-email", `{"newEmail":"b@example.com"}`).want(t, 200, "")
	b := linkOf(t, office.one(g, "eve@example.com", "Change"))
	j.open(a)
	adopt := linkOf(t, office.one(g, "a@example.com", "Confirm"))
	j.open(b)
	other := linkOf(t, office.one(g, "b@example.com", "Confirm"))
	j.open(adopt)
	office.came(g)
	if p := j.open(other); p.Header().Get("Location") != "/account?error=invalid_token" || g.emailOf("eve") != "a@example.com 1" {
		t.Errorf("headers %v, address %s", p.Header(), g.emailOf("eve"))
	}
}

// Tokens of one step don't do for the other, nor do they confirm an address.
func TestChangeEmailStepsAreApart(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	j := g.proved("eve")
	id := j.session().User.ID
	exp := time.Now().Add(time.Hour).Unix()
	for _, request := range []string{"change-email-verification", "change-email-confirmation", ""} {
		// Signed with our secret, as a better-auth server with the same one would.
		claims := fmt.Sprintf(`{"email":"eve@example.com","updateTo":"eve2@example.com","requestType":%q,"userId":%q,"exp":%d}`, request, id, exp)
		if p := j.open(&url.URL{Path: "/api/auth/verify-email", RawQuery: "token=" + jwt(secret, `{"alg":"HS256"}`, claims)}); p.Code != 401 {
			t.Errorf("%q: %d %s", request, p.Code, p.text)
		}
	}
	office.none(g)
	if g.emailOf("eve") != "eve@example.com 1" {
		t.Error("changed")
	}
}

func TestChangeEmailTwiceAtOnce(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	j := g.proved("eve")
	j.post("/change-email", `{"newEmail":"eve2@example.com"}`).want(t, 200, "")
	j.open(linkOf(t, office.one(g, "eve@example.com", "Change")))
	adopt := linkOf(t, office.one(g, "eve2@example.com", "Confirm"))
	r := func() reply { return g.do(j.request("GET", strings.TrimPrefix(adopt.RequestURI(), "/api/auth"), "")) }
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if p := r(); p.Header().Get("Location") == "/account" {
				mu.Lock()
				defer mu.Unlock()
				won++
			}
		})
	}
	wg.Wait()
	var n int
	if g.query(`select count(*) from sessions`, &n); won != 1 || n != 1 {
		t.Errorf("%d won, %d sessions", won, n)
	}
}

// An address that was never shown to be theirs isn't asked. Where sign-up tells what
// is taken the other one counts at once, and is to be confirmed like the first.
func TestChangeEmailOfTheUnproved(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.plantUser("owner@example.com", "owner", nil, 1)
	j := g.jar().signUp("eve")
	before := j.session().Session.Token
	typo := linkOf(t, office.one(g, "eve@example.com", "Confirm"))
	if p := j.post("/change-email", `{"newEmail":"eve2@example.com"}`).want(t, 200, ""); p.text != `{"status":true}` {
		t.Errorf("got %s", p.text)
	}
	link := linkOf(t, office.one(g, "eve2@example.com", "Confirm"))
	if s := j.session(); s == nil || s.User.Email != "eve2@example.com" || s.Session.Token == before || g.verified("eve2@example.com") {
		t.Errorf("session %+v", s)
	}
	if p := j.open(typo); !strings.Contains(p.Header().Get("Location"), "error=user_not_found") {
		t.Errorf("headers %v", p.Header())
	}
	j.post("/change-email", `{"newEmail":"owner@example.com"}`).want(t, 200, "")
	office.one(g, "owner@example.com", "tried to use your address")
	if j.open(link); !g.verified("eve2@example.com") {
		t.Error("not confirmed")
	}
}

// Elsewhere nothing changes before the new one is shown to be theirs: nobody squats
// on an address, or finds out who has one.
func TestChangeEmailOfTheUnprovedWhereNothingIsTold(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, requireVerified)
	g.plantUser("owner@example.com", "owner", nil, 1)
	id := g.plantUser("x1@twitter.placeholder.invalid", "eve", nil, 0)
	g.plant("eves", id, time.Now(), time.Now().Add(time.Hour))
	j := g.jar()
	j.cookies["better-auth.session_token"] = g.Sign("eves")
	a := j.post("/change-email", `{"newEmail":"owner@example.com"}`).want(t, 200, "")
	office.one(g, "owner@example.com", "tried to use your address")
	b := j.post("/change-email", `{"newEmail":"eve@example.com"}`).want(t, 200, "")
	if a.text != b.text || fmt.Sprint(a.Header()) != fmt.Sprint(b.Header()) {
		t.Errorf("told apart: %v %s, %v %s", a.Header(), a.text, b.Header(), b.text)
	}
	link := linkOf(t, office.one(g, "eve@example.com", "Confirm your new address"))
	if g.emailOf("eve") != "x1@twitter.placeholder.invalid 0" {
		t.Fatal("changed already")
	}
	g.jar().open(link)
	j.open(link)
	if got := g.emailOf("eve"); got != "eve@example.com 1" || j.session() == nil {
		t.Errorf("address %s", got)
	}
	office.none(g) // there is no mailbox to tell of it
}

// §13.15.
func TestChangeEmailIsLimited(t *testing.T) {
	now := newClock()
	var office postOffice
	g := newRig(t, now.use, office.use, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 5, Window: 10 * time.Second} })
	j := g.proved("eve")
	for i := range 3 {
		j.post("/change-email", fmt.Sprintf(`{"newEmail":"n%d@example.com"}`, i)).want(t, 200, "")
	}
	j.post("/change-email", `{"newEmail":"n@example.com"}`).want(t, 429, "")
	now.pass(time.Minute)
	j.post("/change-email", `{"newEmail":"n@example.com"}`).want(t, 200, "")
}
