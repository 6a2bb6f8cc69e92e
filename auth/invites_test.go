package auth_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

// den is the only room that there is, and who entered it.
type den struct {
	entered []string
	private bool // no invitation by somebody who is gone leads there
	members bool // may invite there, too
	shut    bool // nobody comes in
}

func (d *den) Find(_ context.Context, by auth.Identity, room string) (string, bool, error) {
	return "key", room == "den" && (d.members || by.Role == auth.RoleOwner), nil
}

func (d *den) Name(_ context.Context, key, by string) (room, name string, ok bool, err error) {
	return "den", "The Den", key == "key" && (by != "" || !d.private), nil
}

func (d *den) Enter(_ context.Context, who auth.Identity, key, by string) (string, bool, error) {
	d.entered = append(d.entered, who.Email+" by "+by)
	return "den", key == "key" && (by != "" || !d.private) && !d.shut, nil
}

// An invitation that leads nobody anywhere any more says so before it is used, and names no
// room.
func TestInvitationOfWhoIsGone(t *testing.T) {
	t.Parallel()
	rooms := &den{private: true}
	g := newRig(t, func(c *auth.Config) { c.Rooms = rooms })
	owner, guest := g.jar().signUp("Owner"), g.jar().signUp("Guest")
	var made struct{ ID, URL string }
	owner.post("/account/invites", `{"room":"den","uses":2}`).want(t, 200, "").decode(t, &made)
	token := fmt.Sprintf(`{"token":%q}`, made.URL[strings.LastIndexByte(made.URL, '/')+1:])
	left := func() (n int) {
		g.query(`select uses_left from invites where id = ?`, &n, made.ID)
		return n
	}
	guest.post("/account/invites/accept", token).want(t, 200, "")
	if n := left(); n != 1 || len(rooms.entered) != 1 {
		t.Errorf("%d uses are left, entered %q", n, rooms.entered)
	}
	rooms.shut = true
	removed := g.jar().signUp("Removed")
	for range 2 {
		removed.post("/account/invites/accept", token).want(t, 403, "ROOM_SHUT")
	}
	if n := left(); n != 1 {
		t.Errorf("%d uses are left after somebody whom the room doesn't take", n)
	}
	rooms.shut = false
	g.exec(`update invites set created_by = null`)
	other := g.jar().signUp("Other")
	var opened struct{ RoomName string }
	other.post("/account/invites/open", token).want(t, 200, "").decode(t, &opened)
	other.post("/account/invites/accept", token).want(t, 404, "ROOM_NOT_FOUND")
	if n := left(); n != 1 || opened.RoomName != "" {
		t.Errorf("%d uses are left, opened %+v", n, opened)
	}
}

// An invitation into a room is used up by those who make an account by it, and by those
// who have one, once by each.
func TestInvitationIntoARoom(t *testing.T) {
	t.Parallel()
	rooms := &den{}
	g := newRig(t, func(c *auth.Config) { c.Rooms, c.SignUp.Mode = rooms, auth.SignUpInvite })
	owner := g.jar()
	owner.post("/sign-up/email", `{"name":"Owner","email":"owner@example.com","password":"`+good+`"}`).want(t, 200, "")
	ownerID, _ := owner.identity()
	var made struct{ URL, Room, RoomName string }
	owner.post("/account/invites", `{"room":"palace"}`).want(t, 403, "ROOM_NOT_YOURS")
	owner.post("/account/invites", `{"room":"den","uses":2}`).want(t, 200, "").decode(t, &made)
	token := fmt.Sprintf(`{"token":%q}`, made.URL[strings.LastIndexByte(made.URL, '/')+1:])

	stranger := g.jar()
	stranger.post("/account/invites/accept", token).want(t, 401, "")
	var opened struct{ RoomName string }
	stranger.post("/account/invites/open", token).want(t, 200, "").decode(t, &opened)
	var options struct{ Invite struct{ RoomName string } }
	stranger.get("/account/options").want(t, 200, "").decode(t, &options)
	if made.Room != "den" || made.RoomName != "The Den" || opened.RoomName != "The Den" || options.Invite.RoomName != "The Den" {
		t.Errorf("made %+v, opened %+v, options %+v", made, opened, options)
	}
	stranger.post("/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"`+good+`"}`).want(t, 200, "")
	for range 2 {
		stranger.post("/account/invites/accept", token).want(t, 200, "")
		owner.post("/account/invites/accept", token).want(t, 200, "") // the second use
	}
	by := " by " + ownerID.UserID
	if want := []string{"bob@example.com" + by, "owner@example.com" + by, "bob@example.com" + by, "owner@example.com" + by}; !slices.Equal(rooms.entered, want) {
		t.Errorf("entered: %q", rooms.entered)
	}
	g.jar().post("/account/invites/open", token).want(t, 404, "INVITE_NOT_FOUND")

	// Who may invite, but not there, isn't told where the invitations of others lead.
	owner.post("/account/invites", `{"room":"den"}`).want(t, 200, "")
	g.exec(`update users set role = 'admin' where email = 'bob@example.com'`)
	admin := g.jar()
	admin.post("/sign-in/email", `{"email":"bob@example.com","password":"`+good+`"}`).want(t, 200, "")
	for who, want := range map[*jar]string{owner: "den The Den", admin: " "} {
		var list []struct{ Room, RoomName string }
		who.get("/account/invites").want(t, 200, "").decode(t, &list)
		if len(list) != 1 || list[0].Room+" "+list[0].RoomName != want {
			t.Errorf("listed %+v, want %q", list, want)
		}
	}

	// For one address alone.
	owner.post("/account/invites", `{"room":"den","email":"eve@example.com"}`).want(t, 200, "").decode(t, &made)
	token = fmt.Sprintf(`{"token":%q}`, made.URL[strings.LastIndexByte(made.URL, '/')+1:])
	stranger.post("/account/invites/accept", token).want(t, 403, "INVITE_FOR_ANOTHER")
	if len(rooms.entered) != 4 {
		t.Errorf("somebody else entered: %q", rooms.entered)
	}
}

// Who comes by an invitation is whose guest they are, also where anybody may come.
func TestWhoInvited(t *testing.T) {
	t.Parallel()
	for _, mode := range []auth.SignUpMode{auth.SignUpOpen, auth.SignUpInvite} {
		g := newRig(t, func(c *auth.Config) { c.SignUp.Mode = mode })
		owner := g.jar().signUp("Owner")
		ownerID, _ := owner.identity()
		var made struct{ URL string }
		invite := func(more string) string {
			owner.post("/account/invites", `{"uses":5`+more+`}`).want(t, 200, "").decode(t, &made)
			return fmt.Sprintf(`{"token":%q}`, made.URL[strings.LastIndexByte(made.URL, '/')+1:])
		}
		by := func(j *jar) (id string) {
			who, _ := j.identity()
			g.query(`select coalesce(invited_by, '') from users where id = ?`, &id, who.UserID)
			return id
		}
		ann := g.jar()
		ann.post("/account/invites/open", invite("")).want(t, 200, "")
		if got := by(ann.signUp("Ann")); got != ownerID.UserID {
			t.Errorf("%q: Ann came by %q", mode, got)
		}
		if got := by(owner); got != "" {
			t.Errorf("%q: the owner came by %q", mode, got)
		}
		if mode != auth.SignUpOpen {
			continue
		}
		bob, cyn := g.jar(), g.jar()
		bob.post("/account/invites/open", invite(`,"email":"somebody.else@example.com"`)).want(t, 200, "")
		for name, j := range map[string]*jar{"Bob": bob, "Cyn": cyn} {
			if got := by(j.signUp(name)); got != "" {
				t.Errorf("%s came by %q", name, got)
			}
		}
	}
}

// Where anybody may come an invitation counts who comes by it, and keeps nobody out.
func TestInvitationsCountWhereNoneIsNeeded(t *testing.T) {
	t.Parallel()
	for name, sign := range map[string]auth.SignUp{
		"open": {}, "domain": {Mode: auth.SignUpDomain, Domains: []string{"example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, rooms := newClock(), &den{}
			g := newRig(t, clock.use, func(c *auth.Config) { c.Rooms, c.SignUp = rooms, sign })
			owner := g.jar().signUp("owner")
			var made struct{ ID, URL string }
			invite := func(with string) (token string) {
				owner.post("/account/invites", with).want(t, 200, "").decode(t, &made)
				return fmt.Sprintf(`{"token":%q}`, made.URL[strings.LastIndexByte(made.URL, '/')+1:])
			}
			holding := func(token string) *jar {
				j := g.jar()
				j.post("/account/invites/open", token).want(t, 200, "")
				return j
			}
			left := func(want int) {
				t.Helper()
				var n int
				// Used up, the sweeper takes it away.
				if g.query(`select coalesce(sum(uses_left), 0) from invites where id = ?`, &n, made.ID); n != want {
					t.Errorf("%d uses are left, want %d", n, want)
				}
			}

			// One account, two at once: both get in, and it is used up.
			token := invite(`{}`)
			codes := make(chan int, 2)
			for i, j := range []*jar{holding(token), holding(token)} {
				go func() {
					codes <- g.do(j.request("POST", "/sign-up/email", fmt.Sprintf(`{"name":"N","email":"n%d@example.com","password":%q}`, i, good))).Code
				}()
			}
			if a, b := <-codes, <-codes; a != 200 || b != 200 {
				t.Errorf("codes %d and %d", a, b)
			}
			left(0)
			g.jar().post("/account/invites/open", token).want(t, 404, "INVITE_NOT_FOUND")

			// For another address: it stays.
			token = invite(`{"email":"eve@example.com"}`)
			holding(token).signUp("mal")
			left(1)
			holding(token).signUp("eve")
			left(0)

			// Into a room: the account that is made takes the use, not once more its entry.
			token = invite(`{"room":"den","uses":2}`)
			bob := holding(token).signUp("bob")
			left(1)
			bob.post("/account/invites/accept", token).want(t, 200, "")
			left(1)
			late := holding(token)
			owner.post("/account/invites/accept", token).want(t, 200, "")
			left(0)
			late.signUp("late").post("/account/invites/accept", token).want(t, 404, "INVITE_NOT_FOUND")
			if len(rooms.entered) != 2 {
				t.Errorf("entered: %q", rooms.entered)
			}

			// Expired, and unknown.
			token = invite(`{"expiresInDays":1}`)
			j := holding(token)
			clock.pass(25 * time.Hour)
			j.signUp("slow")
			left(1)
			token = invite(`{}`)
			j = holding(token)
			owner.post("/account/invites/revoke", fmt.Sprintf(`{"id":%q}`, made.ID)).want(t, 200, "")
			j.signUp("unwanted")
		})
	}
}
