package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

type madeToken struct {
	ID, Name, Hint, Token string
	Scopes                []string
	ExpiresAt, UsedAt     *string
}

func (j *jar) makeToken(body string) (made madeToken) {
	j.Helper()
	j.post("/account/tokens", body).want(j, 200, "").decode(j, &made)
	return made
}

// bearing asks who a token is.
func (g *rig) bearing(token string) (auth.Identity, bool) {
	g.Helper()
	r := g.jar().request("GET", "/", "")
	r.Header.Set("Authorization", "Bearer "+token)
	id, ok, err := g.Identify(r)
	if err != nil {
		g.Fatal(err)
	}
	return id, ok
}

func TestTokens(t *testing.T) {
	clock := newClock()
	g := newRig(t, clock.use)
	ada, bob := g.jar().signUp("ada"), g.jar().signUp("bob")
	made := ada.makeToken(`{"name":" backup ","scopes":["messages:read","messages:read"],"expiresInDays":30}`)
	if made.Name != "backup" || !strings.HasPrefix(made.Token, "snug_") || !strings.HasPrefix(made.Token, made.Hint) ||
		len(made.Hint) > 10 || fmt.Sprint(made.Scopes) != "[messages:read]" || made.ExpiresAt == nil {
		t.Errorf("made %+v", made)
	}
	var stored int
	g.query(`select count(*) from api_tokens where token_hash = ? or token_hash like ?`, &stored, made.Token, "%"+made.Token[5:]+"%")
	if stored != 0 {
		t.Error("the token itself is stored")
	}

	id, ok := g.bearing(made.Token)
	mine, _ := ada.identity()
	if !ok || id.UserID != mine.UserID || id.Name != "ada" || !id.May(auth.ScopeRead) || id.May(auth.ScopeWrite) || id.SessionKey == mine.SessionKey {
		t.Errorf("it is %+v %v", id, ok)
	}
	if !mine.May(auth.ScopeWrite) {
		t.Error("a person may not write")
	}
	for _, wrong := range []string{made.Token + "x", "snug_", "", strings.ToUpper(made.Token), made.Token[5:]} {
		if _, ok := g.bearing(wrong); ok {
			t.Errorf("%q is somebody", wrong)
		}
	}
	// A token that is none isn't made up for by a cookie: a script should notice.
	r := ada.request("GET", "/", "")
	r.Header.Set("Authorization", "Bearer snug_nonsense")
	if _, ok, _ := g.Identify(r); ok {
		t.Error("the cookie stood in for the token")
	}
	r.Header.Set("Authorization", "Bearer of-a-proxy")
	if got, ok, _ := g.Identify(r); !ok || got.SessionKey != mine.SessionKey {
		t.Error("a token that isn't ours stood before the cookie")
	}
	// It is no session: it changes no account, and a cookie with it is nobody's.
	r = g.jar().request("GET", "/get-session", "")
	r.Header.Set("Authorization", "Bearer "+made.Token)
	if p := g.do(r); p.text != "null" {
		t.Errorf("get-session: %s", p.text)
	}
	thief := g.jar()
	thief.cookies["better-auth.session_token"] = g.Sign(made.Token)
	if _, ok := thief.identity(); ok {
		t.Error("a signed token is a session")
	}

	var list []madeToken
	ada.get("/account/tokens").want(t, 200, "").decode(t, &list)
	if len(list) != 1 || list[0].ID != made.ID || list[0].Token != "" || list[0].Hint != made.Hint {
		t.Errorf("listed %+v", list)
	}
	bob.get("/account/tokens").want(t, 200, "").decode(t, &list)
	if len(list) != 0 {
		t.Errorf("another sees %+v", list)
	}
	g.told()
	bob.post("/account/tokens/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
	if _, ok := g.bearing(made.Token); !ok {
		t.Fatal("another revoked it")
	}
	ada.post("/account/tokens/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
	if _, ok := g.bearing(made.Token); ok {
		t.Error("it works after it was revoked")
	}
	if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != id.SessionKey || ends[0].All {
		t.Errorf("told %+v", ends)
	}
}

func TestTokenRefusals(t *testing.T) {
	g := newRig(t)
	ada := g.jar().signUp("ada")
	for body, code := range map[string]string{
		`{"scopes":["messages:read"]}`:                                          "VALIDATION_ERROR",
		`{"name":"","scopes":["messages:read"]}`:                                "INVALID_NAME",
		`{"name":"` + strings.Repeat("x", 65) + `","scopes":["messages:read"]}`: "INVALID_NAME",
		`{"name":"x"}`:                                                 "INVALID_SCOPES",
		`{"name":"x","scopes":[]}`:                                     "INVALID_SCOPES",
		`{"name":"x","scopes":["admin"]}`:                              "INVALID_SCOPES",
		`{"name":"x","scopes":["rooms:read"]}`:                         "INVALID_SCOPES",
		`{"name":"x","scopes":"messages:read"}`:                        "VALIDATION_ERROR",
		`{"name":"x","scopes":["messages:read"],"expiresInDays":0}`:    "VALIDATION_ERROR",
		`{"name":"x","scopes":["messages:read"],"expiresInDays":1.5}`:  "VALIDATION_ERROR",
		`{"name":"x","scopes":["messages:read"],"expiresInDays":9999}`: "VALIDATION_ERROR",
	} {
		ada.post("/account/tokens", body).want(t, 400, code)
	}
	g.jar().post("/account/tokens", `{"name":"x","scopes":["messages:read"]}`).want(t, 401, "")
	for i := range 50 {
		ada.makeToken(fmt.Sprintf(`{"name":"%d","scopes":["messages:read"]}`, i))
	}
	ada.post("/account/tokens", `{"name":"x","scopes":["messages:read"]}`).want(t, 409, "TOO_MANY_TOKENS")
}

// §13.10: a token that expires closes what it opened, like a session.
func TestTokenExpires(t *testing.T) {
	clock := newClock()
	g := newRig(t, clock.use)
	ada := g.jar().signUp("ada")
	short := ada.makeToken(`{"name":"a","scopes":["messages:read"],"expiresInDays":1}`)
	long := ada.makeToken(`{"name":"b","scopes":["messages:read"],"expiresInDays":null}`)
	id, _ := g.bearing(short.Token)
	clock.pass(24 * time.Hour)
	if _, ok := g.bearing(short.Token); ok {
		t.Error("it outlives its time")
	}
	if _, ok := g.bearing(long.Token); !ok {
		t.Error("one without an end has ended")
	}
	g.told()
	g.Sweep()
	if ends := g.told(); len(ends) != 1 || ends[0].SessionKey != id.SessionKey {
		t.Errorf("told %+v", ends)
	}
	if id, _ := g.bearing(long.Token); !id.ExpiresAt.IsZero() {
		t.Errorf("it ends at %v", id.ExpiresAt)
	}
}

func TestWhenItWasSeen(t *testing.T) {
	clock := newClock()
	active := map[string]bool{}
	g := newRig(t, clock.use, func(c *auth.Config) {
		c.Place = func(a string) string { return "at " + a }
		c.ClientIP = func(*http.Request) string { return "203.0.113.7" }
		c.Active = func(key string) bool { return active[key] }
	})
	phone := g.jar().signUp("ada")
	clock.pass(time.Minute)
	laptop := g.jar().signIn("ada")
	token := phone.makeToken(`{"name":"a","scopes":["messages:read"]}`)
	clock.pass(time.Hour)
	began := clock.Now()
	laptop.identity()
	g.bearing(token.Token)
	g.Sweep()
	clock.pass(time.Hour)
	g.Seen("nonsense")

	type listed struct {
		SeenAt, Place, Method string
		Current, Active       bool
	}
	var list []listed
	phone.get("/list-sessions").want(t, 200, "").decode(t, &list)
	if len(list) != 2 {
		t.Fatalf("listed %+v", list)
	}
	stamp := func(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z") }
	if want := (listed{stamp(began), "at 203.0.113.7", "email", false, false}); list[0] != want {
		t.Errorf("laptop %+v, want %+v", list[0], want)
	}
	if want := (listed{stamp(clock.Now()), "at 203.0.113.7", "email", true, false}); list[1] != want {
		t.Errorf("phone %+v, want %+v", list[1], want)
	}
	var tokens []madeToken
	phone.get("/account/tokens").decode(t, &tokens)
	if tokens[0].UsedAt == nil || *tokens[0].UsedAt != stamp(began) {
		t.Errorf("token %+v", tokens[0])
	}

	// A socket that has been open all day is news when it closes.
	id, _ := laptop.identity()
	active[id.SessionKey] = true
	phone.get("/list-sessions").decode(t, &list)
	if !list[0].Active || list[0].SeenAt != stamp(clock.Now()) {
		t.Errorf("laptop %+v", list[0])
	}
	active[id.SessionKey] = false
	clock.pass(time.Hour)
	closed := clock.Now()
	g.Seen(id.SessionKey)
	g.Sweep()
	clock.pass(time.Hour)
	phone.get("/list-sessions").decode(t, &list)
	if list[0].Active || list[0].SeenAt != stamp(closed) {
		t.Errorf("laptop %+v", list[0])
	}
}

func TestInvites(t *testing.T) {
	clock := newClock()
	var office postOffice
	g := newRig(t, clock.use, office.use, func(c *auth.Config) { c.SignUp.Mode = auth.SignUpInvite })
	owner := g.jar().signUp("ada")
	if id, _ := owner.identity(); id.Role != auth.RoleOwner {
		t.Fatalf("the first is %s", id.Role)
	}
	stranger := g.jar()
	stranger.post("/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+good+`"}`).want(t, 403, "INVITE_REQUIRED")

	type invite struct {
		ID, URL          string
		Email, InvitedBy *string
		UsesLeft         int
		Mailed           bool
	}
	var open invite
	owner.post("/account/invites", `{"uses":2}`).want(t, 200, "").decode(t, &open)
	if !strings.HasPrefix(open.URL, base+"/invite/") || open.UsesLeft != 2 || open.Email != nil || open.Mailed {
		t.Fatalf("made %+v", open)
	}
	token := strings.TrimPrefix(open.URL, base+"/invite/")
	body := fmt.Sprintf(`{"token":%q}`, token)
	invited := func(name string) *jar {
		t.Helper()
		j := g.jar()
		var told struct{ Email, InvitedBy *string }
		j.post("/account/invites/open", body).want(t, 200, "").decode(t, &told)
		if told.Email != nil || told.InvitedBy == nil || *told.InvitedBy != "ada" {
			t.Errorf("told %+v", told)
		}
		return j.signUp(name)
	}
	bob := invited("bob")
	if id, _ := bob.identity(); id.Role != auth.RoleMember {
		t.Errorf("bob is %s", id.Role)
	}
	bob.post("/account/invites", `{}`).want(t, 403, "FORBIDDEN")
	if p := bob.get("/account/invites").want(t, 200, ""); p.text != "[]" {
		t.Errorf("bob sees those of others: %s", p.text)
	}
	bob.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, open.ID)).want(t, 200, "")

	var list []invite
	owner.get("/account/invites").want(t, 200, "").decode(t, &list)
	if len(list) != 1 || list[0].UsesLeft != 1 || list[0].URL != "" {
		t.Errorf("listed %+v", list)
	}
	// Two at once for the last use: one gets it.
	two := []*jar{g.jar(), g.jar()}
	codes := make(chan int, 2)
	for i, j := range two {
		j.post("/account/invites/open", body).want(t, 200, "")
		go func() {
			codes <- g.do(j.request("POST", "/sign-up/email", fmt.Sprintf(`{"name":"N","email":"n%d@example.com","password":%q}`, i, good))).Code
		}()
	}
	if sum := <-codes + <-codes; sum != 200+403 {
		t.Errorf("codes add up to %d", sum)
	}
	g.jar().post("/account/invites/open", body).want(t, 404, "INVITE_NOT_FOUND")

	// For one address alone, by mail, and for a time.
	office.came(g) // what others were sent
	var personal invite
	owner.post("/account/invites", `{"email":"Eve@Example.com","expiresInDays":1}`).want(t, 200, "").decode(t, &personal)
	if mail := office.one(g, "eve@example.com", "invites you"); !personal.Mailed || !strings.Contains(mail.Text, personal.URL) {
		t.Fatalf("made %+v, mailed %+v", personal, mail)
	}
	body = fmt.Sprintf(`{"token":%q}`, strings.TrimPrefix(personal.URL, base+"/invite/"))
	stranger.post("/account/invites/open", body).want(t, 200, "")
	stranger.post("/sign-up/email", `{"name":"Mal","email":"mal@example.com","password":"`+good+`"}`).want(t, 403, "INVITE_REQUIRED")
	var options struct {
		SignUp       string
		FirstAccount bool
		Invite       *struct{ Email *string }
	}
	stranger.get("/account/options").want(t, 200, "").decode(t, &options)
	if options.SignUp != "invite" || options.FirstAccount || options.Invite == nil || *options.Invite.Email != "eve@example.com" {
		t.Errorf("options %+v", options)
	}
	clock.pass(25 * time.Hour)
	stranger.post("/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+good+`"}`).want(t, 403, "INVITE_REQUIRED")
	g.Sweep()
	var left int
	g.query(`select count(*) from invites`, &left)
	if left != 0 {
		t.Errorf("%d invites are left", left)
	}
}

func TestWhoMaySignUp(t *testing.T) {
	for _, test := range []struct {
		name   string
		signUp auth.SignUp
		email  string
		code   string
	}{
		{"open", auth.SignUp{}, "bob@example.com", ""},
		{"closed", auth.SignUp{Mode: auth.SignUpClosed}, "bob@example.com", "SIGN_UP_CLOSED"},
		{"domain", auth.SignUp{Mode: auth.SignUpDomain, Domains: []string{"example.org", "example.com"}}, "bob@example.com", ""},
		{"other domain", auth.SignUp{Mode: auth.SignUpDomain, Domains: []string{"example.org"}}, "bob@example.com", "DOMAIN_NOT_ALLOWED"},
		{"below the domain", auth.SignUp{Mode: auth.SignUpDomain, Domains: []string{"example.org"}}, "bob@a.example.org", "DOMAIN_NOT_ALLOWED"},
		{"like the domain", auth.SignUp{Mode: auth.SignUpDomain, Domains: []string{"example.org"}}, "bob@notexample.org", "DOMAIN_NOT_ALLOWED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newRig(t, func(c *auth.Config) { c.SignUp = test.signUp })
			g.jar().signUp("owner") // the first may, whatever the mode
			status := 200
			if test.code != "" {
				status = 403
			}
			p := g.jar().post("/sign-up/email", fmt.Sprintf(`{"name":"Bob","email":%q,"password":%q}`, test.email, good)).want(t, status, test.code)
			if (len(p.Header()["Set-Cookie"]) > 0) != (status == 200) {
				t.Errorf("cookies %q", p.Header()["Set-Cookie"])
			}
		})
	}
}

func TestOptionsOfANewServer(t *testing.T) {
	g := newRig(t)
	p := g.jar().get("/account/options").want(t, 200, "")
	const want = `{"signUp":"open","domains":[],"firstAccount":true,"passwords":true,"magicLinks":false,"passkeys":true,"guests":false,"requireVerified":false,"mail":false,"providers":[],"invite":null}`
	if p.text != want {
		t.Errorf("got  %s\nwant %s", p.text, want)
	}
}

// §13.10: ban and deletion by the operator.
func TestBan(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("owner")
	ada := g.jar().signUp("ada")
	token := ada.makeToken(`{"name":"a","scopes":["messages:read"]}`)
	thief := ada.copy()
	g.told()
	if err := g.Ban(t.Context(), auth.Whom{Email: "Ada@example.com"}, "spam"); err != nil {
		t.Fatal(err)
	}
	if ends := g.told(); len(ends) != 1 || !ends[0].All || !ends[0].Banned {
		t.Errorf("told %+v", ends)
	}
	for name, j := range map[string]*jar{"her": ada, "a copy": thief} {
		if _, ok := j.identity(); ok {
			t.Errorf("%s is still signed in", name)
		}
	}
	if _, ok := g.bearing(token.Token); ok {
		t.Error("her token still works")
	}
	ada.post("/sign-in/email", `{"email":"ada@example.com","password":"wrong password"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	p := ada.post("/sign-in/email", `{"email":"ada@example.com","password":"`+good+`"}`).want(t, 403, "BANNED_USER")
	if len(p.Header()["Set-Cookie"]) > 0 {
		t.Errorf("cookies %q", p.Header()["Set-Cookie"])
	}
	people, err := g.People(t.Context(), "ADA", 10)
	if err != nil || len(people) != 1 || !people[0].Banned {
		t.Errorf("people %+v %v", people, err)
	}
	if err := g.Unban(t.Context(), auth.Whom{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	ada.signIn("ada")
}

func TestOwnerStays(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("owner")
	second := g.jar().signUp("second")
	ctx := t.Context()
	for what, do := range map[string]func() error{
		"ban":    func() error { return g.Ban(ctx, auth.Whom{Email: "owner@example.com"}, "") },
		"role":   func() error { return g.SetRole(ctx, auth.Whom{Email: "owner@example.com"}, auth.RoleMember) },
		"delete": func() error { return g.Delete(ctx, "owner@example.com") },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "only owner") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := g.SetRole(ctx, auth.Whom{Email: "second@example.com"}, auth.RoleOwner); err != nil {
		t.Fatal(err)
	}
	if id, _ := second.identity(); id.Role != auth.RoleOwner {
		t.Errorf("the session knows %s", id.Role)
	}
	if err := g.Delete(ctx, "owner@example.com"); err != nil {
		t.Error(err)
	}
	for _, err := range []error{
		g.SetRole(ctx, auth.Whom{Email: "nobody@example.com"}, auth.RoleAdmin), g.Ban(ctx, auth.Whom{Email: "nobody"}, ""), g.Unban(ctx, auth.Whom{Email: "x@example.com"}), g.Delete(ctx, ""),
	} {
		if err == nil || !strings.Contains(err.Error(), "nobody has that e-mail address") {
			t.Errorf("got %v", err)
		}
	}
	if err := g.SetRole(ctx, auth.Whom{Email: "second@example.com"}, "king"); err == nil {
		t.Error("a role that isn't")
	}
}

// An API token isn't a session that somebody forgot to sign out: what a script
// has open stays open.
func TestTokensOutliveSessions(t *testing.T) {
	g := newRig(t)
	ada := g.jar().signUp("ada")
	token := ada.makeToken(`{"name":"a","scopes":["messages:read"]}`)
	bot, _ := g.bearing(token.Token)
	g.told()
	ada.post("/revoke-sessions", `{}`).want(t, 200, "")
	for _, end := range g.told() {
		if end.All || end.SessionKey == bot.SessionKey {
			t.Errorf("told %+v", end)
		}
	}
	if _, ok := g.bearing(token.Token); !ok {
		t.Error("the token ended")
	}
}
