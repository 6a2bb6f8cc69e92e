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

// reset asks for a link and returns its token.
func (g *rig) reset(office *postOffice, email string) string {
	g.Helper()
	g.jar().post("/request-password-reset", `{"email":"`+email+`"}`).want(g, 200, "")
	link := linkOf(g, office.one(g, email, "Choose a new password"))
	token, ok := strings.CutPrefix(link.Path, "/api/auth/reset-password/")
	if !ok || token == "" {
		g.Fatalf("link %s", link)
	}
	return token
}

func TestResetPassword(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	phone, laptop := g.jar().signUp("eve"), g.jar().signIn("eve")
	phone.session()
	eve := laptop.session().User.ID
	office.came(g)
	g.told()

	g.jar().post("/forget-password", `{"email":"EVE@example.com","redirectTo":"/choose?x=1"}`).want(t, 200, "")
	other := linkOf(t, office.one(g, "eve@example.com", "localhost:3000"))
	if got := other.Query().Get("callbackURL"); got != "/choose?x=1" {
		t.Errorf("callbackURL is %q", got)
	}
	location := g.jar().open(other).want(t, 302, "").Header()
	if to, err := url.Parse(location.Get("Location")); err != nil || to.Path != "/choose" || len(to.Query().Get("token")) < 24 || to.Query().Get("x") != "1" {
		t.Errorf("goes to %s", location.Get("Location"))
	}
	if location.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", location)
	}
	first := strings.TrimPrefix(other.Path, "/api/auth/reset-password/")
	token := g.reset(&office, "eve@example.com")
	if p := g.jar().get("/reset-password/" + token + "?callbackURL=/reset-password"); p.Header().Get("Location") != base+"/reset-password?token="+token {
		t.Errorf("goes to %v", p.Header())
	}

	set := func(password, token string) reply {
		return g.jar().post("/reset-password", fmt.Sprintf(`{"newPassword":%q,"token":%q}`, password, token))
	}
	set("short", token).want(t, 400, "PASSWORD_TOO_SHORT")
	set(strings.Repeat("x", 129), token).want(t, 400, "PASSWORD_TOO_LONG")
	runs := g.HashRuns()
	set("new password 1", "nope").want(t, 400, "INVALID_TOKEN")
	if g.HashRuns() != runs {
		t.Error("a password was hashed for a token that is none")
	}
	g.jar().post("/reset-password", `{"newPassword":"new password 1"}`).want(t, 400, "INVALID_TOKEN")
	if p := set("new password 1", token).want(t, 200, ""); p.text != `{"status":true}` || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	office.one(g, "eve@example.com", "was changed")

	// §13.10: everyone who was in is out, at once.
	if ends := g.told(); len(ends) != 2 || ends[0].All || ends[0].UserID != eve || ends[1].UserID != eve {
		t.Errorf("told %+v", ends)
	}
	if phone.session() != nil || laptop.session() != nil {
		t.Error("a session outlived the reset")
	}
	set("new password 2", token).want(t, 400, "INVALID_TOKEN")
	set("new password 2", first).want(t, 400, "INVALID_TOKEN") // the other link
	g.jar().post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	p := g.jar().post("/sign-in/email", `{"email":"eve@example.com","password":"new password 1"}`).want(t, 200, "")
	if !strings.Contains(p.text, `"emailVerified":true`) {
		t.Errorf("the address isn't confirmed: %s", p.text)
	}
}

func TestResetByQuery(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.jar().signUp("eve")
	office.came(g)
	token := g.reset(&office, "eve@example.com")
	g.jar().post("/reset-password?token="+token, `{"newPassword":"new password 1"}`).want(t, 200, "")
}

func TestResetLinkThatLeadsNowhere(t *testing.T) {
	g := newRig(t)
	j := g.jar()
	if p := j.get("/reset-password/nope?callbackURL=/r?a=1"); p.Code != 302 || p.Header().Get("Location") != base+"/r?a=1&error=INVALID_TOKEN" {
		t.Errorf("got %d %v", p.Code, p.Header())
	}
	if p := j.get("/reset-password/nope?callbackURL="); p.Code != 302 || p.Header().Get("Location") != base+"/api/auth/error?error=INVALID_TOKEN" {
		t.Errorf("got %d %v", p.Code, p.Header())
	}
	j.get("/reset-password/nope").want(t, 400, "VALIDATION_ERROR")
	j.get("/reset-password/nope?callbackURL=https%3A%2F%2Fevil.example").want(t, 403, "INVALID_CALLBACKURL")
	j.post("/request-password-reset", `{"email":"eve@example.com","redirectTo":"https://evil.example/"}`).want(t, 403, "INVALID_REDIRECTURL")
	j.post("/request-password-reset", `{"email":"eve@example.com","redirectTo":5}`).want(t, 400, "VALIDATION_ERROR")
	for _, body := range []string{`{"email":"bad"}`, `{"email":5}`, `{}`} {
		j.post("/request-password-reset", body).want(t, 400, "VALIDATION_ERROR")
	}
	j.get("/reset-password/").want(t, 404, "")
	j.get("/reset-password").want(t, 404, "")
}

func TestResetLinkExpires(t *testing.T) {
	now := newClock()
	var office postOffice
	g := newRig(t, now.use, office.use)
	g.jar().signUp("eve")
	office.came(g)
	token := g.reset(&office, "eve@example.com")
	now.pass(time.Hour)
	if p := g.jar().get("/reset-password/" + token + "?callbackURL=/r"); !strings.Contains(p.Header().Get("Location"), "error=INVALID_TOKEN") {
		t.Errorf("goes to %v", p.Header())
	}
	g.jar().post("/reset-password", `{"newPassword":"new password 1","token":"`+token+`"}`).want(t, 400, "INVALID_TOKEN")
}

func TestResetTwiceAtOnce(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.jar().signUp("eve")
	office.came(g)
	token := g.reset(&office, "eve@example.com")
	var mu sync.Mutex
	won := map[int]int{}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			p := g.jar().post("/reset-password", fmt.Sprintf(`{"newPassword":"new password %d","token":%q}`, i, token))
			mu.Lock()
			defer mu.Unlock()
			won[p.Code]++
		})
	}
	wg.Wait()
	if won[200] != 1 || won[400] != 3 {
		t.Errorf("got %v", won)
	}
}

// Who signed in at a provider only has a password, too, after that.
func TestResetMakesAPassword(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	id := g.plantUser("olga@example.com", "Olga", nil, 1)
	g.exec(`update accounts set provider_id = 'google', account_id = 'g1', password = null`)
	token := g.reset(&office, "olga@example.com")
	g.jar().post("/reset-password", `{"newPassword":"new password 1","token":"`+token+`"}`).want(t, 200, "")
	var providers string
	if g.query(`select group_concat(provider_id || ' ' || account_id, ',') from (select * from accounts order by provider_id)`, &providers); providers != "credential "+id+",google g1" {
		t.Errorf("ways in: %s", providers)
	}
	g.jar().post("/sign-in/email", `{"email":"olga@example.com","password":"new password 1"}`).want(t, 200, "")
}

// §13.12: of an account whose address nobody had shown to be theirs, whoever shows
// it keeps nothing by which another could come in.
func TestResetOfAnUnprovedAccount(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	squatter := g.jar().signUp("eve")
	eve := squatter.session().User.ID
	office.came(g)
	g.exec(`insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at) values ('a', ?, 'github', '12', 0, 0)`, eve)
	g.exec(`insert into passkeys values ('p', ?, 'key', 'cred', 'pub', 0, 'singleDevice', 0, '', '', 0, null)`, eve)
	g.exec(`insert into api_tokens values ('t', ?, 'bot', 'h', 'snug', 'messages:read', 0, null, null)`, eve)
	g.exec(`update api_tokens set token_hash = ?`, auth.HashToken("snug_x").String())
	token := g.reset(&office, "eve@example.com")
	g.jar().post("/reset-password", `{"newPassword":"new password 1","token":"`+token+`"}`).want(t, 200, "")
	if squatter.session() != nil {
		t.Error("the squatter is still in")
	}
	for table, want := range map[string]int{"accounts": 1, "passkeys": 0, "api_tokens": 0, "sessions": 0, "verifications": 0} {
		var n int
		if g.query(`select count(*) from `+table+` where user_id = ?`, &n, eve); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
}

// A link that went to an address which the account has no more is void.
func TestResetLinkToAnOldAddress(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.jar().signUp("eve")
	office.came(g)
	token := g.reset(&office, "eve@example.com")
	g.exec(`update users set email = 'eve2@example.com'`)
	g.jar().post("/reset-password", `{"newPassword":"new password 1","token":"`+token+`"}`).want(t, 400, "INVALID_TOKEN")
}

// §13.13: who is here and who isn't can't be told by asking.
func TestResetTellsNothing(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	g.jar().signUp("eve")
	g.plantUser("google@example.com", "g", nil, 1)
	g.exec(`update accounts set provider_id = 'google', account_id = 'g1', password = null where user_id = (select id from users where name = 'g')`)
	g.plantUser("banned@example.com", "banned", nil, 1)
	g.exec(`update users set banned_at = 1 where name = 'banned'`)
	g.plantUser("guest@anonymous.placeholder.invalid", "guest", nil, 0)
	g.exec(`update users set anonymous = 1 where name = 'guest'`)
	g.plantUser("x@twitter.placeholder.invalid", "x", nil, 1)
	office.came(g)
	var first reply
	for email, mails := range map[string]int{"eve@example.com": 1, "google@example.com": 1, "nobody@example.com": 0,
		"banned@example.com": 0, "guest@anonymous.placeholder.invalid": 0, "x@twitter.placeholder.invalid": 0} {
		runs := g.HashRuns()
		p := g.jar().post("/request-password-reset", `{"email":"`+email+`"}`).want(t, 200, "")
		if first.text == "" {
			first = p
		}
		if p.text != first.text || fmt.Sprint(p.Header()) != fmt.Sprint(first.Header()) || g.HashRuns() != runs {
			t.Errorf("%s is told apart: %v %s", email, p.Header(), p.text)
		}
		if got := office.came(g); len(got) != mails {
			t.Errorf("%s: %d mails, want %d", email, len(got), mails)
		}
	}
	if first.text != `{"status":true,"message":"If this email exists in our system, check your email for the reset link"}` {
		t.Errorf("got %s", first.text)
	}
}

// §13.15: neither one address nor many make us flood a mailbox.
func TestResetIsLimited(t *testing.T) {
	now := newClock()
	var office postOffice
	address := "192.0.2.1"
	g := newRig(t, now.use, office.use, func(c *auth.Config) {
		c.AuthRate = auth.Rate{Limit: 1000, Window: time.Second}
		c.ClientIP = clientAt(&address)
	})
	g.plantUser("eve@example.com", "eve", nil, 1)
	ask := func(email string) reply { return g.jar().post("/request-password-reset", `{"email":"`+email+`"}`) }
	for range 3 {
		ask("nobody@example.com").want(t, 200, "")
	}
	if p := ask("eve@example.com").want(t, 429, ""); p.Header().Get("Retry-After") != "60" {
		t.Errorf("headers %v", p.Header())
	}
	for _, email := range []string{"eve@example.com", "stranger@example.com"} {
		for i := range 12 {
			address = fmt.Sprintf("198.51.100.%d", i)
			now.pass(time.Minute)
			if want := map[bool]int{true: 200, false: 429}[i < 10]; ask(email).Code != want {
				t.Errorf("%s, the %dth time: not %d", email, i+1, want)
			}
		}
	}
	if n := len(office.came(g)); n != 10 {
		t.Errorf("%d mails", n)
	}
	now.pass(time.Hour)
	ask("eve@example.com").want(t, 200, "")
}

func TestNoPasswords(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use, func(c *auth.Config) { c.NoPasswords = true })
	g.plantUser("eve@example.com", "eve", nil, 1)
	for path, code := range map[string]string{
		"/sign-in/email":          "EMAIL_AND_PASSWORD_IS_NOT_ENABLED",
		"/sign-up/email":          "EMAIL_AND_PASSWORD_SIGN_UP_IS_NOT_ENABLED",
		"/request-password-reset": "RESET_PASSWORD_ISNT_ENABLED",
		"/forget-password":        "RESET_PASSWORD_ISNT_ENABLED",
		"/reset-password":         "RESET_PASSWORD_ISNT_ENABLED",
	} {
		g.jar().post(path, `{"name":"eve","email":"eve@example.com","password":"`+good+`","newPassword":"`+good+`","token":"x"}`).want(t, 400, code)
	}
	office.none(g)
}
