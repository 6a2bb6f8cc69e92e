package chat_test

import (
	"database/sql"
	"strings"
	"testing"
	"testing/synctest"

	"snug/chat"
)

// ban bans somebody, as auth would, or lets them in again.
func (w *world) ban(id string, on bool) {
	w.Helper()
	w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`update users set banned_at = case when ? then 1 end where id = ?`, on, id)
		return err
	}))
}

// roles are what people are in a room, as somebody is told who is in it.
func (w *world) roles(who, slug string) map[chat.UserID]chat.Role {
	w.Helper()
	page, err := w.chat.Members(w.Context(), somebody(who), slug, chat.MemberQuery{})
	w.must(err)
	roles := make(map[chat.UserID]chat.Role)
	for _, m := range page.Members {
		roles[m.ID] = m.Role
	}
	return roles
}

// A room whose owner is banned has another, who can do what an owner can.
func TestOwnerWhoIsBanned(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("vic", "gus", "hal")
		slug := w.make("vic", chat.KindPrivate, "Heirs", "hal", "gus")
		_, err := w.chat.SetMember(w.Context(), somebody("vic"), slug, "gus", chat.RoleModerator)
		w.must(err)
		alone := w.make("vic", chat.KindPrivate, "Alone")
		p := w.enter("hal", slug)
		w.ban("vic", true)
		w.chat.BanUser("vic")
		if told := p.until("room").event(); !strings.HasSuffix(told, "role_changed by  owner Gus") {
			t.Errorf("told %q", told)
		}
		synctest.Wait()
		if roles := w.roles("gus", slug); roles["gus"] != chat.RoleOwner || roles["vic"] != chat.RoleMember {
			t.Errorf("roles %v", roles)
		}
		name := "Ours"
		_, err = w.chat.ChangeRoom(w.Context(), somebody("gus"), slug, chat.RoomChange{Name: &name})
		w.must(err)
		w.must(w.chat.RemoveMember(w.Context(), somebody("gus"), slug, "vic"))
		if roles := w.roles("gus", slug); len(roles) != 2 {
			t.Errorf("once who is banned is removed: %v", roles)
		}

		// What nobody else has they have again.
		w.ban("vic", false)
		if roles := w.roles("vic", alone); roles["vic"] != chat.RoleOwner {
			t.Errorf("the room of nobody else: %v", roles)
		}
	})
}

// Who was banned while no server ran has lost their rooms when one does, and an owner who is
// banned is none for who wants to leave.
func TestOwnersBannedBefore(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("vic", "gus", "hal")
		slug := w.make("vic", chat.KindPrivate, "Heirs", "gus", "hal")
		_, err := w.chat.SetMember(w.Context(), somebody("vic"), slug, "gus", chat.RoleOwner)
		w.must(err)
		w.ban("vic", true) // and nobody tells the chat
		if err := w.chat.LeaveRoom(w.Context(), somebody("gus"), slug); code(err) != "forbidden" {
			t.Errorf("the last owner left: %v", err)
		}
		w.ban("gus", true)
		w.restart()
		w.must(w.chat.Settle(w.Context()))
		synctest.Wait()
		want := map[chat.UserID]chat.Role{"vic": chat.RoleMember, "gus": chat.RoleMember, "hal": chat.RoleOwner}
		for id, role := range w.roles("hal", slug) {
			if role != want[id] {
				t.Errorf("%s is %s, want %s", id, role, want[id])
			}
		}
	})
}
