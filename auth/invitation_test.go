package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"snug/auth"
)

// tokenOf is the body that names the invitation of a link.
func tokenOf(link string) string {
	return fmt.Sprintf(`{"token":%q}`, link[strings.LastIndexByte(link, '/')+1:])
}

// An invitation is worth as much as who made it may do now, at each use of it: by the link, and
// in a browser that has opened it before.
func TestInvitationsEndWithWhoMadeThem(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	mia := auth.Whom{Email: "mia@example.com"}
	for name, test := range map[string]struct {
		end  func(*rig, *jar) error
		dead string // in the list; "-": it isn't there
		back func(*rig) error
	}{
		"banned": {
			func(g *rig, _ *jar) error { return g.Ban(ctx, mia, "") }, "banned",
			func(g *rig) error { return g.Unban(ctx, mia) },
		},
		"demoted": {
			func(g *rig, _ *jar) error { return g.SetRole(ctx, mia, auth.RoleModerator) }, "role",
			func(g *rig) error { return g.SetRole(ctx, mia, auth.RoleAdmin) },
		},
		"deleted by an operator": {func(g *rig, _ *jar) error { return g.Delete(ctx, mia.Email) }, "-", nil},
		"deleted": {func(_ *rig, j *jar) error {
			j.post("/delete-user", `{}`).want(t, 200, "")
			return nil
		}, "-", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			owner, host := g.jar().signUp("owner"), g.jar().signUp("mia")
			if err := g.SetRole(ctx, mia, auth.RoleAdmin); err != nil {
				t.Fatal(err)
			}
			closed := newRig(t, func(c *auth.Config) { c.DB, c.SignUp.Mode = g.db, auth.SignUpInvite })
			var made struct{ URL string }
			host.post("/account/invites", `{"uses":5}`).want(t, 200, "").decode(t, &made)
			token := tokenOf(made.URL)
			holding := closed.jar()
			holding.post("/account/invites/open", token).want(t, 200, "")
			form := func(name string) string {
				return fmt.Sprintf(`{"name":%q,"email":"%s@example.com","password":%q}`, name, name, good)
			}
			offers := func(want bool) {
				t.Helper()
				var options struct{ Invite *struct{} }
				holding.get("/account/options").want(t, 200, "").decode(t, &options)
				if offered := options.Invite != nil; offered != want {
					t.Errorf("a browser that has opened it is offered it: %v", offered)
				}
			}
			offers(true)

			if err := test.end(g, host); err != nil {
				t.Fatal(err)
			}
			closed.jar().post("/account/invites/open", token).want(t, 404, "INVITE_NOT_FOUND")
			owner.post("/account/invites/accept", token).want(t, 404, "INVITE_NOT_FOUND")
			offers(false)
			holding.post("/sign-up/email", form("eve")).want(t, 403, "INVITE_REQUIRED")
			var list []struct {
				Dead     string
				Accounts bool
				UsesLeft int
			}
			owner.get("/account/invites").want(t, 200, "").decode(t, &list)
			if test.dead == "-" {
				if len(list) != 0 {
					t.Errorf("listed %+v", list)
				}
				return
			}
			if len(list) != 1 || list[0].Dead != test.dead || list[0].Accounts || list[0].UsesLeft != 5 {
				t.Errorf("listed %+v", list)
			}

			if err := test.back(g); err != nil {
				t.Fatal(err)
			}
			offers(true)
			holding.post("/sign-up/email", form("eve")).want(t, 200, "")
		})
	}
}

// Who may not invite to the server makes links into rooms that are theirs, for people who have
// an account.
func TestInvitationsIntoRoomsByMembers(t *testing.T) {
	t.Parallel()
	rooms := &den{members: true}
	g := newRig(t, func(c *auth.Config) { c.Rooms, c.SignUp.Mode = rooms, auth.SignUpInvite })
	owner := g.jar().signUp("owner")
	var made struct {
		ID, URL  string
		Accounts bool
	}
	owner.post("/account/invites", `{"uses":3}`).want(t, 200, "").decode(t, &made)
	join := func(name string) *jar {
		j := g.jar()
		j.post("/account/invites/open", tokenOf(made.URL)).want(t, 200, "")
		return j.signUp(name)
	}
	bob, cyn := join("bob"), join("cyn")

	for _, body := range []string{`{}`, `{"room":"den","email":"eve@example.com"}`} {
		bob.post("/account/invites", body).want(t, 403, "FORBIDDEN")
	}
	bob.post("/account/invites", `{"room":"palace"}`).want(t, 403, "ROOM_NOT_YOURS")
	bob.post("/account/invites", `{"room":"den","uses":2}`).want(t, 200, "").decode(t, &made)
	if made.Accounts {
		t.Error("it lets people onto the server")
	}
	stranger := g.jar()
	var opened struct {
		RoomName string
		Accounts bool
	}
	stranger.post("/account/invites/open", tokenOf(made.URL)).want(t, 200, "").decode(t, &opened)
	if opened.RoomName != "The Den" || opened.Accounts {
		t.Errorf("opened %+v", opened)
	}
	// Nor does one who puts it into the browser themselves get in.
	stranger.cookies["snug.invite"] = g.Sign(made.URL[strings.LastIndexByte(made.URL, '/')+1:])
	stranger.post("/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+good+`"}`).want(t, 403, "INVITE_REQUIRED")
	cyn.post("/account/invites/accept", tokenOf(made.URL)).want(t, 200, "")
	if len(rooms.entered) != 1 || !strings.HasPrefix(rooms.entered[0], "cyn@") {
		t.Errorf("entered %q", rooms.entered)
	}

	// It is bob's to see and to revoke, and nobody else's who may not invite to the server.
	for who, want := range map[*jar]int{bob: 1, cyn: 0, owner: 1} {
		var list []struct{ ID string }
		who.get("/account/invites").want(t, 200, "").decode(t, &list)
		if len(list) != want || want == 1 && (list[0].ID == made.ID) != (who == bob) {
			t.Errorf("listed %+v", list)
		}
	}
	cyn.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
	g.jar().post("/account/invites/open", tokenOf(made.URL)).want(t, 200, "")
	bob.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
	g.jar().post("/account/invites/open", tokenOf(made.URL)).want(t, 404, "INVITE_NOT_FOUND")

	// There are only so many of one person, whatever others have.
	g.exec(`with recursive n (i) as (select 1 union all select i + 1 from n where i < 50)
		insert into invites select 'x' || i, 'x' || i, null, (select id from users where name = 'bob'), 0, 99999999999999, 1, 'key' from n`)
	bob.post("/account/invites", `{"room":"den"}`).want(t, 409, "TOO_MANY_INVITES")
	cyn.post("/account/invites", `{"room":"den"}`).want(t, 200, "")
	owner.post("/account/invites", `{}`).want(t, 200, "")
}

// What is done with invitations is noted in the transaction that does it.
func TestWhatIsDoneWithInvitationsIsNoted(t *testing.T) {
	t.Parallel()
	var notes []string
	var broken error
	g := newRig(t, func(c *auth.Config) {
		c.Rooms = &den{members: true}
		c.NoteInvite = func(_ context.Context, _ *sql.Tx, n auth.InviteNote) error {
			if broken == nil {
				notes = append(notes, fmt.Sprintf("%s by %q, %q, room %q, accounts %v, %d for %s", n.Act, n.By.Name, n.User.Name, n.Room, n.Accounts, n.Uses, n.Life))
			}
			return broken
		}
	})
	owner := g.jar().signUp("owner")
	var made struct{ ID, URL string }
	owner.post("/account/invites", `{"uses":2,"expiresInDays":1,"room":"den"}`).want(t, 200, "").decode(t, &made)
	bob := g.jar()
	bob.post("/account/invites/open", tokenOf(made.URL)).want(t, 200, "")
	bob.signUp("bob")
	owner.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
	bob.post("/account/invites", `{"room":"den"}`).want(t, 200, "").decode(t, &made)
	owner.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
	owner.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "") // it is gone
	if _, err := g.InviteLink(context.Background(), auth.Invite{}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`made by "owner", "", room "key", accounts true, 2 for 24h0m0s`,
		`used by "owner", "bob", room "", accounts true, 0 for 0s`,
		`revoked by "owner", "", room "key", accounts true, 0 for 0s`,
		`made by "bob", "", room "key", accounts false, 1 for 168h0m0s`,
		`revoked by "owner", "bob", room "key", accounts false, 0 for 0s`,
		`made by "", "", room "", accounts true, 1 for 168h0m0s`,
	}
	if !slices.Equal(notes, want) {
		t.Errorf("noted\n%s", strings.Join(notes, "\n"))
	}
	broken = errors.New("no room for it")
	owner.post("/account/invites", `{}`).want(t, 500, "")
	var open int
	if g.query(`select count(*) from invites where created_by is not null`, &open); open != 0 {
		t.Errorf("%d invitations were made that nobody noted", open)
	}
}
