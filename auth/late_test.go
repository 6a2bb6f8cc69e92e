package auth_test

import (
	"sync/atomic"
	"testing"
	"time"

	"snug/auth"
)

// A request whose session ends while it is under way changes nothing any more: who
// was thrown out leaves no token behind that opens the account still, and takes
// nothing from it.
func TestSessionsThatEndUnderWay(t *testing.T) {
	for name, request := range map[string]struct {
		path, body string
		before     int32 // times that the time is asked for before the session is read
	}{
		"an API token":   {"/account/tokens", `{"name":"mine","scopes":["messages:read","messages:write"]}`, 0},
		"an invitation":  {"/account/invites", `{}`, 1},
		"another name":   {"/update-user", `{"name":"Mallory"}`, 0},
		"no picture":     {"/account/avatar/remove", `{}`, 0},
		"one way less":   {"/unlink-account", `{"providerId":"github"}`, 0},
		"a passkey less": {"/passkey/delete-passkey", `{"id":"key"}`, 0},
		"a passkey":      {"/passkey/update-passkey", `{"id":"key","name":"Mallory"}`, 0},
		"no account":     {"/delete-user", `{}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var meanwhile atomic.Pointer[func()]
			var asked atomic.Int32
			var before, after string
			g := newRig(t, func(c *auth.Config) {
				// The time is asked for when the session was read, to see whether it is over.
				c.Now = func() time.Time {
					if fn := meanwhile.Load(); fn != nil && asked.Add(1) == request.before+1 {
						(*fn)()
					}
					return time.Now()
				}
			})
			ada := g.jar().signUp("ada")
			id := ada.session().User.ID
			g.exec(`update users set image = 'https://x.example/a.png' where id = ?`, id)
			g.exec(`insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at) values ('a', ?, 'github', '7', 0, 0)`, id)
			g.exec(`insert into passkeys (id, user_id, name, credential_id, public_key, counter, device_type, backed_up, transports, aaguid, created_at)
				values ('key', ?, 'Phone', 'c', 'k', 0, 'singleDevice', 0, '', '', 0)`, id)
			const state = `select (select group_concat(name || coalesce(image, '')) from users) || (select count(*) from accounts)
				|| (select group_concat(name) from passkeys) || (select count(*) from api_tokens) || (select count(*) from invites)`
			g.query(state, &before)
			end := func() { g.exec(`delete from sessions`) }
			meanwhile.Store(&end)
			ada.post(request.path, request.body).want(t, 401, "")
			if g.query(state, &after); after != before {
				t.Errorf("from %q to %q", before, after)
			}
		})
	}
}

// Checking a password takes a while. What has become of the user meanwhile counts.
func TestUsersThatChangeWhileThePasswordIsChecked(t *testing.T) {
	for _, test := range []struct {
		name, change string
		status       int
		code         string
	}{
		{"banned", `update users set banned_at = 1`, 403, "BANNED_USER"},
		{"second factor", `update users set two_factor = 1`, 200, ""},
		{"gone", `delete from users`, 401, "INVALID_EMAIL_OR_PASSWORD"},
		{"another password", `update accounts set password = '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA'`, 401, "INVALID_EMAIL_OR_PASSWORD"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var meanwhile atomic.Pointer[func()]
			g := newRig(t, func(c *auth.Config) {
				c.Now = func() time.Time {
					if fn := meanwhile.Load(); fn != nil {
						(*fn)()
					}
					return time.Now()
				}
			})
			g.jar().signUp("ada")
			g.exec(`delete from sessions`)
			before := g.HashRuns()
			// The time is asked for once more when the password was right.
			change := func() {
				if g.HashRuns() > before && meanwhile.Swap(nil) != nil {
					g.exec(test.change)
				}
			}
			meanwhile.Store(&change)
			g.jar().post("/sign-in/email", `{"email":"ada@example.com","password":"`+good+`"}`).want(t, test.status, test.code)
			if meanwhile.Load() != nil {
				t.Fatal("nothing has changed meanwhile")
			}
			var sessions int
			if g.query(`select count(*) from sessions`, &sessions); sessions != 0 {
				t.Errorf("%d sessions", sessions)
			}
		})
	}
}
