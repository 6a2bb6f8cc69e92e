package chat_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

// Who comes by an invitation has come by themselves, in the room's own words and in the audit
// log: whoever made it added nobody.
func TestWhoComesByAnInvitation(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Den")
		p := w.enter("ada", slug)
		_, err := w.chat.EnterInvited(w.Context(), somebody("bob"), roomIn(w, slug), "ada")
		w.must(err)
		f := p.until("room")
		if told := f.event(); told != "1 member_added by ada member Bob" || !strings.Contains(f.raw, `"invited":true`) {
			t.Errorf("told %s", f)
		}
		if log := w.auditOf("ada", slug); !slices.Equal(log, []string{"room_made by Ada: private", "member_invited by Ada to Bob: member"}) {
			t.Errorf("the log has %q", log)
		}
	})
}

// What is done with invitations is in the log of the room that they lead into, or the server's,
// which doesn't name a room that not all admins see.
func TestInvitationsInTheAuditLog(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob", "cyn")
		admin, rooms := w.as("cyn", chat.RoleAdmin), chat.NewRooms(w.cfg.DB, time.Now)
		private, group := w.make("ada", chat.KindPrivate, "Den"), w.make("ada", chat.KindGroup, "Trap", "bob")
		public := w.make("ada", chat.KindPublic, "Open")
		ada, bob := somebody("ada").User, somebody("bob").User
		for _, n := range []chat.InviteNote{
			{Action: chat.AuditInviteMade, By: ada, Room: roomIn(w, private), Uses: 2, Life: time.Hour},
			{Action: chat.AuditInviteMade, By: ada, Room: roomIn(w, private), Uses: 3, Life: time.Hour, Server: true},
			{Action: chat.AuditInviteMade, By: ada, Room: roomIn(w, public), Uses: 4, Life: time.Hour, Server: true},
			{Action: chat.AuditInviteMade, By: ada, Room: roomIn(w, group), Uses: 5, Life: time.Hour},
			{Action: chat.AuditInviteMade, By: ada, Room: roomIn(w, group), Uses: 6, Life: time.Hour, Server: true},
			{Action: chat.AuditInviteMade, By: ada, Room: "gone", Uses: 7, Life: time.Hour},
			{Action: chat.AuditInviteMade, Uses: 8, Life: time.Hour, Server: true},
			{Action: chat.AuditInviteUsed, By: ada, User: bob, Server: true},
			{Action: chat.AuditInviteRevoked, By: bob, User: ada, Room: roomIn(w, private)},
		} {
			w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error { return rooms.NoteInvite(w.Context(), tx, n) }))
		}
		want := []string{"room_made by Ada: private", "invite_made by Ada: 2 3600", "invite_made by Ada: 3 3600", "invite_revoked by Bob to Ada"}
		if log := w.auditOf("ada", private); !slices.Equal(log, want) {
			t.Errorf("the log of the room has %q", log)
		}
		page, err := w.chat.Audit(w.Context(), admin, chat.AuditQuery{})
		w.must(err)
		var log []string
		for _, e := range slices.Backward(page.Entries) {
			log = append(log, e.Detail+" "+e.RoomName)
		}
		if want := []string{"public Open", "3 3600 ", "4 3600 Open", "6 3600 ", "8 3600 ", " "}; !slices.Equal(log, want) {
			t.Errorf("the log of the server has %q", log)
		}
	})
}
