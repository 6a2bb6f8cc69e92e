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
