package chat_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"snug/chat"
)

// as is somebody with a role on the server, which their row says too.
func (w *world) as(id string, role chat.Role) chat.Actor {
	w.Helper()
	w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`update users set role = ? where id = ?`, string(role), id)
		return err
	}))
	a := somebody(id)
	a.Role = role
	return a
}

// Who has left a room isn't added to it again by whoever likes to, over a restart too.
// They come back by themselves, by an invitation, or with an admin of the server.
func TestWhoLeftIsntAddedAgain(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob", "cyn", "dan")
		ctx := w.Context()
		add := func(by chat.Actor, slug string) error {
			_, err := w.chat.SetMember(ctx, by, slug, "bob", "")
			return err
		}
		refused := func(what string, err error) {
			t.Helper()
			if code(err) != "forbidden" || !strings.Contains(chat.AsError(err).Message, "left this room") {
				t.Errorf("%s: %v", what, err)
			}
		}
		group := w.make("ada", chat.KindGroup, "Trap", "bob", "cyn")
		private := w.make("ada", chat.KindPrivate, "Closed", "bob", "cyn")
		public := w.make("ada", chat.KindPublic, "Open", "bob")
		for _, slug := range []string{group, private, public} {
			w.must(w.chat.LeaveRoom(ctx, somebody("bob"), slug))
			refused("who made the room adds them again", add(somebody("ada"), slug))
		}
		refused("another one of the group does", add(somebody("cyn"), group))
		w.restart()
		for _, slug := range []string{group, private, public} {
			refused("after a restart", add(somebody("ada"), slug))
		}

		w.join("bob", public)
		w.must(w.chat.RemoveMember(ctx, somebody("ada"), public, "bob"))
		w.must(add(somebody("ada"), public)) // they didn't leave of their own will this time
		w.must(w.chat.LeaveRoom(ctx, somebody("bob"), public))
		refused("once they have left again", add(somebody("ada"), public))

		_, err := w.chat.EnterInvited(ctx, somebody("bob"), roomIn(w, private), "ada")
		w.must(err)
		w.must(w.chat.LeaveRoom(ctx, somebody("bob"), private))
		refused("after they came by an invitation and left again", add(somebody("ada"), private))

		admin := w.as("cyn", chat.RoleAdmin)
		w.must(add(admin, group))
		w.as("cyn", chat.RoleMember)
		_, err = w.chat.SetMember(ctx, somebody("ada"), private, "cyn", chat.RoleModerator)
		w.must(err)
		refused("who looks after the room, and not after the server, does", add(somebody("cyn"), private))
		w.must(add(w.as("cyn", chat.RoleAdmin), private))
	})
}

// Who comes by an OpenID issuer is in the rooms that it stands for, unless they have left
// them or were removed.
func TestBringIn(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		ctx, bob := w.Context(), somebody("bob")
		public, private := w.make("ada", chat.KindPublic, "Welcome"), w.make("ada", chat.KindPrivate, "Staff")
		slugs := []string{"global", public, "nowhere", private}
		in := func(want ...bool) {
			t.Helper()
			for range 2 {
				w.must(w.chat.BringIn(ctx, bob, slugs))
			}
			list, err := w.chat.RoomList(ctx, bob)
			w.must(err)
			for i, slug := range []string{public, private} {
				if is := slices.ContainsFunc(list.Rooms, func(r chat.RoomSummary) bool { return r.Slug == slug }); is != want[i] {
					t.Errorf("in %s: %v", slug, is)
				}
			}
		}
		in(true, true)
		w.must(w.chat.LeaveRoom(ctx, bob, public))
		w.must(w.chat.RemoveMember(ctx, somebody("ada"), private, "bob"))
		in(false, false)
		// The audit log forgets: what it said isn't what counts.
		w.must(w.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`delete from audit`)
			return err
		}))
		w.restart()
		in(false, false)
		if _, err := w.chat.EnterInvited(ctx, bob, roomIn(w, private), "ada"); code(err) != "forbidden" {
			t.Errorf("entered by an invitation: %v", err)
		}
		w.join("bob", public)
		_, err := w.chat.SetMember(ctx, somebody("ada"), private, "bob", "")
		w.must(err)
		in(true, true)
		info, err := w.chat.Room(ctx, bob, private)
		if err != nil || info.Role != chat.RoleMember {
			t.Errorf("%+v, %v", info, err)
		}
	})
}

// A room that can't be entered keeps nobody out of the others, and the sign-in that it is
// for has a time.
func TestBringInGoesOn(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		first, last := w.make("ada", chat.KindPublic, "Welcome"), w.make("ada", chat.KindPrivate, "Staff")
		exec := func(query string) {
			w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(query)
				return err
			}))
		}
		exec(`create trigger broken before insert on members when new.room_id = '` + string(roomIn(w, first)) + `' begin select raise(abort, 'broken'); end`)
		over, cancel := context.WithCancel(w.Context())
		cancel()
		if err := w.chat.BringIn(over, somebody("bob"), []string{last}); !errors.Is(err, context.Canceled) {
			t.Errorf("once its time was over: %v", err)
		}
		if _, err := w.chat.Room(w.Context(), somebody("bob"), last); code(err) != "not_found" {
			t.Errorf("brought in once its time was over: %v", err)
		}
		if err := w.chat.BringIn(w.Context(), somebody("bob"), []string{first, last}); err == nil || !strings.Contains(err.Error(), first) {
			t.Errorf("nobody hears which room failed: %v", err)
		}
		if _, err := w.chat.Room(w.Context(), somebody("bob"), last); err != nil {
			t.Errorf("the other room: %v", err)
		}
		exec(`drop trigger broken`)
	})
}

// An export ends for whoever is put out of the room while it goes on.
func TestExportEndsWithMembership(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Books", "bob")
		_, err := w.chat.SetMember(w.Context(), somebody("ada"), slug, "bob", chat.RoleOwner)
		w.must(err)
		for range 5 {
			w.sayIn(slug, "ada", "a secret")
		}
		messages := 0
		err = w.chat.ExportRoom(w.Context(), somebody("bob"), slug, func(l chat.ExportLine) error {
			if l.Message != nil {
				if messages++; messages == 2 {
					return w.chat.RemoveMember(w.Context(), somebody("ada"), slug, "bob")
				}
			}
			return nil
		})
		if code(err) != "not_found" || messages != 2 {
			t.Errorf("%d messages, %v", messages, err)
		}
	})
}

// A room's owner does nothing to those who run the server that they don't want.
func TestServerRolesOutrankRoomRoles(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		ctx := w.Context()
		ladder := []chat.Role{chat.RoleMember, chat.RoleModerator, chat.RoleAdmin, chat.RoleOwner}
		rooms := map[chat.RoomKind]string{}
		for _, kind := range []chat.RoomKind{chat.KindPublic, chat.KindPrivate} {
			rooms[kind] = w.make("ada", kind, "Room", "bob")
		}
		for i, mine := range ladder {
			ada := w.as("ada", mine)
			for j, theirs := range ladder {
				w.as("bob", theirs)
				spared := j >= 2 && j > i
				for kind, slug := range rooms {
					acts := map[string]func() error{
						"mute": func() error {
							_, err := w.chat.MuteMember(ctx, ada, slug, "bob", 1e9)
							return err
						},
						"give a role": func() error {
							if _, err := w.chat.SetMember(ctx, ada, slug, "bob", chat.RoleModerator); err != nil {
								return err
							}
							_, err := w.chat.SetMember(ctx, ada, slug, "bob", chat.RoleMember)
							return err
						},
						"delete all by": func() error { return w.chat.DeleteMessagesOf(ctx, ada, slug, "bob") },
						"remove": func() error {
							if err := w.chat.RemoveMember(ctx, ada, slug, "bob"); err != nil {
								return err
							}
							_, err := w.chat.SetMember(ctx, ada, slug, "bob", "")
							return err
						},
					}
					for what, act := range acts {
						if err := act(); (code(err) == "forbidden") != spared || err != nil && !spared {
							t.Errorf("the owner of a %s room, on the server %s: %s %s: %v", kind, mine, what, theirs, err)
						}
					}
				}
			}
		}
	})
}

// Who runs the server is spared in a private room that they have left, too.
func TestWhoRunsTheServerIsSparedWhereTheyArent(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob", "cyn")
		ctx := w.Context()
		slug := w.make("ada", chat.KindPrivate, "Closed", "bob", "cyn")
		for _, who := range []string{"bob", "cyn"} {
			w.sayIn(slug, who, "mine")
		}
		w.must(w.chat.LeaveRoom(ctx, w.as("bob", chat.RoleAdmin), slug))
		w.must(w.chat.LeaveRoom(ctx, somebody("cyn"), slug))
		if err := w.chat.DeleteMessagesOf(ctx, somebody("ada"), slug, "bob"); code(err) != "forbidden" {
			t.Errorf("those of an admin who has left: %v", err)
		}
		w.must(w.chat.DeleteMessagesOf(ctx, somebody("ada"), slug, "cyn"))
	})
}
