package httpapi_test

import (
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"snug/chat"
)

// Who may do what to accounts is what the table says, and nobody touches whoever has as
// high a role.
func TestOversightMatrix(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	tw.citizen("root", chat.RoleOwner) // so that others may go
	roles := []chat.Role{chat.RoleOwner, chat.RoleAdmin, chat.RoleModerator, chat.RoleMember, chat.RoleGuest, chat.RoleBot}
	n := 0
	for _, by := range roles {
		for _, to := range roles {
			n++
			c, victim := tw.citizen(fmt.Sprint("by", n), by), tw.citizen(fmt.Sprint("to", n), to)
			at := "/api/people/" + string(victim.id)
			for _, trial := range []struct {
				action             chat.Action
				method, path, body string
			}{
				{chat.ActBan, "DELETE", "/sessions", ""},
				{chat.ActBan, "PUT", "/ban", `{"reason":"spam"}`},
				{chat.ActBan, "DELETE", "/ban", ""},
				{chat.ActSetServerRoles, "PUT", "/role", `{"role":"member"}`},
			} {
				want := forbidden
				if chat.May(trial.action, by, chat.OnServer) && by.Outranks(to) && (trial.action == chat.ActBan || to != chat.RoleGuest && to != chat.RoleBot) {
					want = done
				}
				if got := c.ask(trial.method, at+trial.path, trial.body).outcome(); got != want {
					t.Errorf("%s to %s: %s %s: %s, want %s", by, to, trial.method, trial.path, got, want)
				}
			}
		}
		c := tw.citizen("self"+string(by), by)
		if got := c.ask("PUT", "/api/people/"+string(c.id)+"/ban", `{}`).outcome(); got != forbidden {
			t.Errorf("%s bans themselves: %s", by, got)
		}
		want := forbidden
		if by != chat.RoleGuest && by != chat.RoleBot {
			want = done // to who looks after no room the list is empty
		}
		if got := c.ask("GET", "/api/reports", "").outcome(); got != want {
			t.Errorf("%s reads reports: %s, want %s", by, got, want)
		}
		if want = forbidden; chat.May(chat.ActSeeAudit, by, chat.OnServer) {
			want = done
		}
		if got := c.ask("GET", "/api/audit", "").outcome(); got != want {
			t.Errorf("%s reads the audit log: %s, want %s", by, got, want)
		}
	}
	admin := tw.citizen("admin", chat.RoleAdmin)
	member := tw.citizen("plain", chat.RoleMember)
	for role, want := range map[string]string{"owner": forbidden, "admin": forbidden, "moderator": done} {
		if got := admin.ask("PUT", "/api/people/"+string(member.id)+"/role", `{"role":"`+role+`"}`).outcome(); got != want {
			t.Errorf("an admin makes somebody %s: %s, want %s", role, got, want)
		}
	}
	if a := admin.ask("PUT", "/api/people/nobody/ban", `{}`); a.status != 404 {
		t.Errorf("nobody: %d %s", a.status, a.body)
	}
}

// The last owner stays, whoever asks.
func TestLastOwnerStays(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	root := tw.citizen("root", chat.RoleOwner)
	second := tw.citizen("second", chat.RoleOwner)
	root.do("PUT", "/api/people/second/role", `{"role":"member"}`, nil)
	if a := second.ask("PUT", "/api/people/root/ban", `{}`); a.status != 403 { // their session says what they were
		t.Errorf("by who was an owner: %d %s", a.status, a.body)
	}
	root.do("PUT", "/api/people/second/role", `{"role":"owner"}`, nil)
	second.do("PUT", "/api/people/root/ban", `{}`, nil)
	if a := root.ask("PUT", "/api/people/second/ban", `{}`); a.status != 404 { // who is banned does nothing any more
		t.Errorf("by who is banned: %d %s", a.status, a.body)
	}
}

// A ban ends the sockets at once, and takes all messages along if that is asked for.
func TestBanDeletesMessages(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	mod, bob := tw.citizen("mod", chat.RoleModerator), tw.citizen("bob", chat.RoleMember)
	den := bob.make(chat.KindPrivate, "Den")
	socket := mod.dial()
	if f := socket.frame(map[string]any{"type": "join", "room": "global"}); f.outcome() != done {
		t.Fatal(f.raw)
	}
	here := bob.say("global", "watches")
	there := bob.say(den, "more watches")
	spammer := bob.dial()
	mod.do("PUT", "/api/people/bob/ban", `{"reason":"spam","deleteMessages":true}`, nil)
	for {
		_, _, err := spammer.conn.Read(t.Context())
		if err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("the socket ended with %v", err)
			}
			break
		}
	}
	socket.until(func(f told) bool {
		return f.Type == "update" && strings.Contains(f.raw, string(here.ID)) && strings.Contains(f.raw, "deletedAt")
	})
	reader := tw.citizen("root", chat.RoleOwner)
	if m := reader.ask("GET", "/api/rooms/global/messages/"+string(here.ID), ""); !strings.Contains(m.body, "deletedAt") {
		t.Errorf("in global: %s", m.body)
	}
	// One room comes after the other: once nothing is to be done, both have been.
	tw.settled()
	m, err := tw.chat.Message(t.Context(), bob.actor(), den, there.ID)
	if err != nil || m.DeletedAt == 0 {
		t.Errorf("in the private room: %+v, %v", m, err)
	}
	var page chat.AuditPage
	reader.do("GET", "/api/audit?user=bob", "", &page)
	var got []string
	for _, e := range page.Entries {
		got = append(got, fmt.Sprint(e.Action, " ", e.By.Name, " ", e.User.Name, " ", e.Detail))
	}
	if want := "messages_deleted MOD BOB |banned MOD BOB spam"; strings.Join(got, "|") != want {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

// Who may ban finds who is banned, and why, without a message of theirs.
func TestWhoIsBanned(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	mod := tw.citizen("mod", chat.RoleModerator)
	for _, name := range []string{"ann", "bob", "cyn", "dan"} {
		tw.citizen(name, chat.RoleMember)
	}
	for _, name := range []string{"ann", "bob", "cyn"} {
		mod.do("PUT", "/api/people/"+name+"/ban", `{"reason":"spam of `+name+`"}`, nil)
	}
	mod.do("DELETE", "/api/people/bob/ban", "", nil)
	// By pieces of one, whatever the clock says of who came last.
	var names []string
	for after := ""; ; {
		var page chat.BannedPage
		mod.do("GET", "/api/bans?limit=1&after="+after, "", &page)
		for _, p := range page.People {
			if p.Reason != "spam of "+string(p.ID) || p.BannedAt == 0 || p.Role != chat.RoleMember {
				t.Errorf("%+v", p)
			}
			names = append(names, string(p.ID))
		}
		if after = page.Next; after == "" {
			break
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"ann", "cyn"}) {
		t.Errorf("banned are %q", names)
	}
	var found chat.BannedPage
	if mod.do("GET", "/api/bans?query=CY", "", &found); len(found.People) != 1 || found.People[0].ID != "cyn" {
		t.Errorf("found %+v", found)
	}
	if a := tw.citizen("eve", chat.RoleMember).ask("GET", "/api/bans", ""); a.status != 403 {
		t.Errorf("asked by a member: %d %s", a.status, a.body)
	}
}

// settled waits until all that was to be deleted is.
func (tw *town) settled() {
	tw.t.Helper()
	for left := 1; left > 0; {
		err := tw.tables.Read(tw.t.Context(), func(tx *sql.Tx) error { return tx.QueryRow(`select count(*) from purges`).Scan(&left) })
		if err != nil {
			tw.t.Fatal(err)
		}
		runtime.Gosched()
	}
}
