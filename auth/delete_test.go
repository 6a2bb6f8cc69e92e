package auth_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// departures collects what OnUserDelete tells.
func departures(c *auth.Config) chan string {
	gone := make(chan string, 10)
	c.OnUserDelete = func(_ context.Context, userIDs []string) error {
		for _, id := range userIDs {
			gone <- id
		}
		return nil
	}
	return gone
}

// §13.11: of a deleted user nothing works any more.
func TestDeleteUserFresh(t *testing.T) {
	var gone chan string
	g := newRig(t, func(c *auth.Config) { gone = departures(c) })
	phone := g.jar().signUp("alice")
	laptop := g.jar().signIn("alice")
	thief := phone.copy()
	alice := phone.session().User.ID
	laptop.session()
	g.told()
	p := phone.post("/delete-user", `{}`).want(t, 200, "")
	if p.text != `{"success":true,"message":"User deleted"}` {
		t.Errorf("got %s", p.text)
	}
	if cookies := cookiesOf(p.Header()); len(cookies) != 3 || !cookies["session_token"].deleted {
		t.Errorf("cookies %v", cookies)
	}
	if ends := g.told(); len(ends) != 1 || !ends[0].All || ends[0].UserID != alice {
		t.Errorf("told %+v", ends)
	}
	if id := <-gone; id != alice {
		t.Errorf("forgot %s", id)
	}
	for name, j := range map[string]*jar{"phone": phone, "laptop": laptop, "thief": thief} {
		if s := j.session(); s != nil {
			t.Errorf("%s is signed in", name)
		}
		if _, ok := j.identity(); ok {
			t.Errorf("%s is identified", name)
		}
	}
	thief = phone.copy()
	for _, path := range []string{"/update-user", "/delete-user", "/change-password", "/change-email", "/revoke-sessions"} {
		if p := thief.post(path, `{"name":"x"}`); p.Code != 401 && p.Code != 404 {
			t.Errorf("%s: %d %s", path, p.Code, p.text)
		}
	}
	phone.post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
	for _, table := range []string{"users", "accounts", "sessions", "verifications"} {
		var n int
		if g.query(`select count(*) from `+table, &n); n != 0 {
			t.Errorf("%d rows left in %s", n, table)
		}
	}
}

func TestDeleteUserStale(t *testing.T) {
	now := newClock()
	var office postOffice
	g := newRig(t, now.use, office.use)
	g.jar().signUp("owner")
	office.came(g)
	j := g.jar().signUp("alice")
	office.came(g)
	now.pass(24*time.Hour + time.Second)

	j.post("/delete-user", `{"password":"wrong password"}`).want(t, 400, "INVALID_PASSWORD")
	j.post("/delete-user", `{"token":"nonsense"}`).want(t, 404, "INVALID_TOKEN")
	j.post("/delete-user", `{"callbackURL":"https://evil.example/"}`).want(t, 403, "INVALID_CALLBACKURL")
	j.post("/delete-user", `{"password":5}`).want(t, 400, "VALIDATION_ERROR")
	if j.session() == nil {
		t.Fatal("deleted")
	}

	p := j.post("/delete-user", `{"callbackURL":"/bye","password":""}`).want(t, 200, "")
	if p.text != `{"success":true,"message":"Verification email sent"}` || p.Header().Get("Set-Cookie") != "" {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	link := linkOf(t, office.one(g, "alice@example.com", "Delete your account"))
	token := link.Query().Get("token")
	if link.Path != "/delete-account" || link.Query().Get("callbackURL") != "/bye" {
		t.Errorf("link %s", link)
	}
	// The link alone deletes nobody, nor does it with another's session.
	g.jar().get("/delete-user/callback?token="+token).want(t, 404, "FAILED_TO_GET_USER_INFO")
	bob := g.jar().signUp("bob")
	bob.get("/delete-user/callback?token="+token).want(t, 404, "INVALID_TOKEN")
	bob.post("/delete-user", `{"token":"`+token+`"}`).want(t, 404, "INVALID_TOKEN")
	j.get("/delete-user/callback?token=bad").want(t, 404, "INVALID_TOKEN")
	j.get("/delete-user/callback").want(t, 400, "VALIDATION_ERROR")
	j.get("/delete-user/callback?token="+token+"&callbackURL=https://evil.example/").want(t, 403, "INVALID_CALLBACKURL")
	if j.session() == nil || bob.session() == nil {
		t.Fatal("deleted")
	}
	p = j.get("/delete-user/callback?token="+token+"&callbackURL=/bye").want(t, 302, "")
	if p.Header().Get("Location") != "/bye" || len(cookiesOf(p.Header())) != 3 {
		t.Errorf("headers %v", p.Header())
	}
	var n int
	if g.query(`select count(*) from users where name = 'alice'`, &n); n != 0 {
		t.Error("still there")
	}
}

func TestDeleteUserByPasswordAndToken(t *testing.T) {
	now := newClock()
	var office postOffice
	g := newRig(t, now.use, office.use)
	g.jar().signUp("owner")
	alice, bob := g.jar().signUp("alice"), g.jar().signUp("bob")
	office.came(g)
	now.pass(25 * time.Hour)
	if p := alice.post("/delete-user", `{"password":"`+good+`"}`).want(t, 200, ""); !strings.Contains(p.text, "User deleted") {
		t.Errorf("got %s", p.text)
	}
	bob.post("/delete-user", `{}`).want(t, 200, "")
	token := linkOf(t, office.one(g, "bob@example.com", "Delete")).Query().Get("token")
	now.pass(24 * time.Hour)
	bob.post("/delete-user", `{"token":"`+token+`"}`).want(t, 404, "INVALID_TOKEN")
	bob.post("/delete-user", `{}`).want(t, 200, "")
	token = linkOf(t, office.one(g, "bob@example.com", "Delete")).Query().Get("token")
	if p := bob.post("/delete-user", `{"token":"`+token+`"}`).want(t, 200, ""); !strings.Contains(p.text, "User deleted") {
		t.Errorf("got %s", p.text)
	}
}

func TestDeleteUserWithoutMail(t *testing.T) {
	now := newClock()
	g := newRig(t, now.use)
	g.jar().signUp("owner")
	j := g.jar().signUp("alice")
	g.exec(`update accounts set provider_id = 'google', password = null`)
	j.post("/delete-user", `{"password":"whatever"}`).want(t, 400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
	now.pass(24 * time.Hour)
	p := j.post("/delete-user", `{}`).want(t, 400, "SESSION_EXPIRED_REAUTHENTICATE_TO_PERFORM_THIS_ACTION")
	if !strings.Contains(p.text, "Session expired. Re-authenticate to perform this action.") {
		t.Errorf("got %s", p.text)
	}
	// A session that was used all the time isn't fresh for that.
	j.session()
	j.post("/delete-user", `{}`).want(t, 400, "SESSION_EXPIRED_REAUTHENTICATE_TO_PERFORM_THIS_ACTION")
	if j.session() == nil {
		t.Error("deleted")
	}
	g.jar().post("/delete-user", `{}`).want(t, 401, "")
}

func TestDeleteLastOwner(t *testing.T) {
	g := newRig(t)
	owner := g.jar().signUp("owner")
	alice := g.jar().signUp("alice")
	owner.post("/delete-user", `{}`).want(t, 403, "LAST_OWNER")
	if owner.session() == nil {
		t.Fatal("signed out")
	}
	g.exec(`update users set role = 'owner' where name = 'alice'`)
	owner.post("/delete-user", `{}`).want(t, 200, "")
	alice.post("/delete-user", `{}`).want(t, 200, "") // nobody is left to run it for
	if s := g.jar().signUp("bob").session(); s == nil {
		t.Error("nobody can begin anew")
	}
	var role string
	if g.query(`select role from users`, &role); role != "owner" {
		t.Errorf("who begins anew is %s", role)
	}
}

func TestDeleteUserTwiceAtOnce(t *testing.T) {
	g := newRig(t)
	j := g.jar().signUp("alice")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if p := j.do(j.request("POST", "/delete-user", `{}`)); p.Code != 200 && p.Code != 401 {
				t.Errorf("got %d %s", p.Code, p.text)
			}
		})
	}
	wg.Wait()
}

// Whoever sits at somebody's open session guesses the password no faster there.
func TestDeleteUserCountsTries(t *testing.T) {
	g := newRig(t, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 1000, Window: time.Second} })
	j := g.jar().signUp("alice")
	for range 30 {
		j.post("/delete-user", `{"password":"wrong password"}`).want(t, 400, "INVALID_PASSWORD")
	}
	j.post("/delete-user", `{"password":"`+good+`"}`).want(t, 429, "")
	g.jar().post("/sign-in/email", `{"email":"alice@example.com","password":"`+good+`"}`).want(t, 429, "")
}

// Those who go while others are being forgotten are forgotten together: each time
// all that was ever said is looked through.
func TestDeparturesTogether(t *testing.T) {
	calls, release := make(chan int), make(chan struct{})
	g := newRig(t, func(c *auth.Config) {
		c.OnUserDelete = func(ctx context.Context, userIDs []string) error {
			select {
			case calls <- len(userIDs):
				<-release
			case <-ctx.Done():
			}
			return ctx.Err()
		}
	})
	g.jar().signUp("owner")
	ada := g.jar().signUp("ada")
	g.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 130) insert into departures select 'guest' || i, i from n`)
	ada.post("/delete-user", `{}`).want(t, 200, "")
	for _, want := range []int{100, 31} {
		if n := <-calls; n != want {
			t.Errorf("%d at once, want %d", n, want)
		}
		release <- struct{}{}
	}
}
