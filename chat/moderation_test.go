package chat_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

// auditOf is the audit log of a room, the oldest line first.
func (w *world) auditOf(who, slug string) (list []string) {
	w.Helper()
	page, err := w.chat.Audit(w.Context(), somebody(who), chat.AuditQuery{Room: slug})
	w.must(err)
	for _, e := range slices.Backward(page.Entries) {
		line := string(e.Action) + " by " + e.By.Name
		if e.User != nil {
			line += " to " + e.User.Name
		}
		if e.Detail != "" {
			line += ": " + e.Detail
		}
		list = append(list, line)
	}
	return list
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob", "cyn")
		slug := w.make("ada", chat.KindPrivate, "Den", "bob")
		name, topic, slow := "Lair", "of bears", 5
		ctx, ada := w.Context(), somebody("ada")
		_, err := w.chat.ChangeRoom(ctx, ada, slug, chat.RoomChange{Name: &name, Topic: &topic, SlowModeSeconds: &slow})
		w.must(err)
		_, err = w.chat.ChangeRoom(ctx, ada, slug, chat.RoomChange{Name: &name}) // as it is
		w.must(err)
		_, err = w.chat.SetMember(ctx, ada, slug, "cyn", "")
		w.must(err)
		_, err = w.chat.SetMember(ctx, ada, slug, "cyn", chat.RoleModerator)
		w.must(err)
		_, err = w.chat.MuteMember(ctx, somebody("cyn"), slug, "bob", time.Minute)
		w.must(err)
		_, err = w.chat.MuteMember(ctx, somebody("cyn"), slug, "bob", 0)
		w.must(err)
		m := w.sayIn(slug, "bob", "not nice")
		own := w.sayIn(slug, "cyn", "her own")
		for _, id := range []chat.MessageID{m.ID, m.ID, own.ID} {
			_, err = w.chat.Change(ctx, somebody("cyn"), slug, chat.ClientFrame{Type: chat.FrameDelete, ID: id})
			w.must(err)
		}
		w.must(w.chat.RemoveMember(ctx, somebody("cyn"), slug, "bob"))
		w.must(w.chat.LeaveRoom(ctx, somebody("cyn"), slug)) // nobody's business
		_, err = w.chat.Archive(ctx, ada, slug, true)
		w.must(err)
		synctest.Wait() // the deletion comes behind the room's turn
		want := `room_made by Ada: private
room_renamed by Ada: Den
topic_changed by Ada: of bears
slow_mode_set by Ada: 5
member_added by Ada to Cyn: member
role_set by Ada to Cyn: moderator
muted by Cyn to Bob: 60
unmuted by Cyn to Bob
member_removed by Cyn to Bob
room_archived by Ada`
		got := w.auditOf("ada", slug)
		at := slices.Index(got, "message_deleted by Cyn to Bob")
		if at < 0 {
			t.Fatalf("the deletion isn't there: %q", got)
		}
		if got = slices.Delete(got, at, at+1); strings.Join(got, "\n") != want {
			t.Errorf("got\n%s", strings.Join(got, "\n"))
		}
		// A private room is nobody's else: not in the server's log either.
		page, err := w.chat.Audit(ctx, somebody("root:owner"), chat.AuditQuery{})
		w.must(err)
		if len(page.Entries) != 0 {
			t.Errorf("the server's owner sees %+v", page.Entries)
		}
		if _, err := w.chat.Audit(ctx, somebody("root:owner"), chat.AuditQuery{Room: slug}); code(err) != "not_found" {
			t.Errorf("of a hidden room: %v", err)
		}
		if _, err := w.chat.Audit(ctx, somebody("bob"), chat.AuditQuery{}); code(err) != "forbidden" {
			t.Errorf("to a member: %v", err)
		}
	})
}

// What a room noted before a crash it hands over after that, once.
func TestCrashBeforeADeletionIsInTheLog(t *testing.T) {
	t.Parallel()
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Den", "bob")
		m := w.sayIn(slug, "bob", "not nice")
		time.Sleep(time.Second)
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{}) // the deletion's own
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
		_, err := w.chat.Change(w.Context(), somebody("ada"), slug, chat.ClientFrame{Type: chat.FrameDelete, ID: m.ID})
		w.must(err)
		w.crash()
		w.sayIn(slug, "bob", "awake")
		synctest.Wait()
		if got := w.auditOf("ada", slug); len(got) != 2 || got[1] != "message_deleted by Ada to Bob" {
			t.Errorf("got %q", got)
		}
	})
}

func TestReports(t *testing.T) {
	t.Parallel()
	inBubble(t, ownTables(t), func(w *world) {
		ctx := w.Context()
		w.accounts("ada", "bob", "cyn", "mod")
		private := w.make("ada", chat.KindPrivate, "Den", "bob", "cyn")
		public := w.make("ada", chat.KindPublic, "Square")
		for i, slug := range []string{private, public} {
			m := w.sayIn(slug, "bob", "buy watches")
			w.must(w.chat.ReportMessage(ctx, somebody("cyn"), slug, m.ID, " spam "))
			w.must(w.chat.ReportMessage(ctx, somebody("cyn"), slug, m.ID, "again"))
			_, err := w.chat.Change(ctx, somebody("bob"), slug, chat.ClientFrame{Type: chat.FrameEdit, ID: m.ID, Content: "harmless"})
			w.must(err)
			_, err = w.chat.Change(ctx, somebody("bob"), slug, chat.ClientFrame{Type: chat.FrameDelete, ID: m.ID})
			w.must(err)
			if i == 0 {
				if err := w.chat.ReportMessage(ctx, somebody("mod:moderator"), slug, m.ID, ""); code(err) != "not_found" {
					t.Errorf("in a hidden room: %v", err)
				}
			}
			if err := w.chat.ReportMessage(ctx, somebody("ada"), slug, m.ID, ""); code(err) != "not_found" {
				t.Errorf("a deleted message: %v", err)
			}
		}
		own := w.sayIn(public, "cyn", "mine")
		if err := w.chat.ReportMessage(ctx, somebody("cyn"), public, own.ID, ""); code(err) != "forbidden" {
			t.Errorf("one's own: %v", err)
		}
		list := func(who string) (got []string, ids []int64) {
			page, err := w.chat.Reports(ctx, somebody(who), chat.ReportQuery{Open: true})
			w.must(err)
			for _, p := range page.Reports {
				got = append(got, fmt.Sprintf("%s: %s by %s, says %s: %s", p.RoomName, p.Message.Content, p.Message.UserName, p.ReportedBy.Name, p.Reason))
				ids = append(ids, p.ID)
			}
			return got, ids
		}
		const text = ": buy watches by Bob, says Cyn: spam"
		for who, want := range map[string][]string{
			"ada":           {"Square" + text, "Den" + text}, // looks after both rooms
			"mod:moderator": {"Square" + text, text},         // the message alone
			"cyn":           nil,
			"bob":           nil,
		} {
			if got, _ := list(who); !slices.Equal(got, want) {
				t.Errorf("%s sees %q, want %q", who, got, want)
			}
		}
		if _, err := w.chat.Reports(ctx, somebody("eve:guest"), chat.ReportQuery{}); code(err) != "forbidden" {
			t.Errorf("to a guest: %v", err)
		}
		_, ids := list("ada")
		if _, err := w.chat.CloseReport(ctx, somebody("cyn"), ids[0], chat.ReportHandled, ""); code(err) != "not_found" {
			t.Errorf("closed by a member: %v", err)
		}
		p, err := w.chat.CloseReport(ctx, somebody("mod:moderator"), ids[1], chat.ReportDismissed, "a joke")
		if w.must(err); p.State != chat.ReportDismissed || p.ClosedBy == nil || p.ClosedBy.Name != "Mod" || p.Room != "" || p.Note != "a joke" {
			t.Errorf("closed: %+v", p)
		}
		if _, err := w.chat.CloseReport(ctx, somebody("ada"), ids[1], chat.ReportHandled, ""); code(err) != "conflict" {
			t.Errorf("closed twice: %v", err)
		}
		if got, _ := list("ada"); len(got) != 1 {
			t.Errorf("open: %q", got)
		}
		got := w.auditOf("ada", private)
		if last := got[len(got)-1]; last != "report_dismissed by Mod to Bob: a joke" {
			t.Errorf("the log ends with %q", last)
		}
		// Somebody who reports everything is stopped.
		for i := range 30 {
			m := w.sayIn(public, "bob", fmt.Sprint(i))
			if err := w.chat.ReportMessage(ctx, somebody("mod"), public, m.ID, ""); (code(err) == "rate_limited") != (i >= 20) {
				t.Fatalf("report %d: %v", i, err)
			}
		}
	})
}

// Who sees reports hears at once that there is a new one, or one less.
func TestReportsAreTold(t *testing.T) {
	t.Parallel()
	inBubble(t, ownTables(t), func(w *world) {
		ctx := w.Context()
		w.accounts("ada", "bob", "cyn")
		slug := w.make("ada", chat.KindPrivate, "Den", "bob", "cyn")
		m := w.sayIn(slug, "bob", "buy watches")
		ada, bob := w.socket("ada"), w.socket("bob")
		open := func() int {
			page, err := w.chat.Reports(ctx, somebody("ada"), chat.ReportQuery{Open: true, Limit: 1})
			w.must(err)
			return page.Open
		}
		w.must(w.chat.ReportMessage(ctx, somebody("cyn"), slug, m.ID, "spam"))
		ada.until("reports")
		if n := open(); n != 1 {
			t.Errorf("%d are open, want 1", n)
		}
		w.must(w.chat.ReportMessage(ctx, somebody("cyn"), slug, m.ID, "again")) // is the first one
		page, err := w.chat.Reports(ctx, somebody("ada"), chat.ReportQuery{})
		w.must(err)
		_, err = w.chat.CloseReport(ctx, somebody("ada"), page.Reports[0].ID, chat.ReportHandled, "")
		w.must(err)
		ada.until("reports")
		if n := open(); n != 0 {
			t.Errorf("%d are open, want none", n)
		}
		synctest.Wait()
		if n := len(ada.drain("reports")); n != 0 {
			t.Errorf("told %d times more", n)
		}
		if n := len(bob.drain("reports")); n != 0 {
			t.Errorf("who looks after nothing is told %d times", n)
		}
		info, err := w.chat.Room(ctx, somebody("ada"), slug)
		if w.must(err); info.Members != 3 || info.Online != 2 {
			t.Errorf("%d of %d members are online, want 2 of 3", info.Online, info.Members)
		}
	})
}

// A report is made and closed also where it can't be found out who is to hear of it: that
// is no part of it.
func TestReportsThatNobodyIsToldOf(t *testing.T) {
	t.Parallel()
	inBubble(t, ownTables(t), func(w *world) {
		ctx := w.Context()
		w.accounts("ada", "bob", "cyn")
		slug := w.make("ada", chat.KindPublic, "Square")
		m := w.sayIn(slug, "bob", "buy watches")
		w.must(w.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`alter table users rename column banned_at to was_banned_at`)
			return err
		}))
		w.must(w.chat.ReportMessage(ctx, somebody("cyn"), slug, m.ID, "spam"))
		page, err := w.chat.Reports(ctx, somebody("ada"), chat.ReportQuery{Open: true})
		if w.must(err); len(page.Reports) != 1 {
			t.Fatalf("%d reports, want 1", len(page.Reports))
		}
		_, err = w.chat.CloseReport(ctx, somebody("ada"), page.Reports[0].ID, chat.ReportHandled, "")
		w.must(err)
	})
}

// All that somebody wrote is deleted, each by an event, whatever crashes on the way.
func TestDeleteAllOverCrashes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		fail bool // the first piece
	}{{"between two pieces", false}, {"in the first piece", true}} {
		t.Run(tt.name, func(t *testing.T) {
			tables := ownTables(t)
			inBubble(t, tables, func(w *world) {
				w.accounts("ada", "bob")
				slug := w.make("ada", chat.KindPublic, "Square")
				w.join("bob", slug)
				const posts = 130
				for i := range posts {
					w.sayIn(slug, "bob", fmt.Sprint("spam ", i))
				}
				kept := w.sayIn(slug, "ada", "kept")
				before, err := w.chat.Room(w.Context(), somebody("ada"), slug)
				w.must(err)
				if err := w.chat.DeleteMessagesOf(w.Context(), somebody("bob"), slug, "ada"); code(err) != "forbidden" {
					t.Errorf("by a member: %v", err)
				}
				time.Sleep(time.Second)
				if tt.fail {
					w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
				}
				w.must(w.chat.DeleteMessagesOf(w.Context(), somebody("ada"), slug, "bob"))
				synctest.Wait()
				if n := w.purges(); n != 1 {
					t.Errorf("%d deletions are noted half-way", n)
				}
				w.crash()
				w.must(w.chat.Settle(w.Context()))
				for range 20 {
					time.Sleep(time.Second)
					synctest.Wait()
				}
				if n := w.purges(); n != 0 {
					t.Errorf("%d deletions are noted at the end", n)
				}
				info, err := w.chat.Room(w.Context(), somebody("ada"), slug)
				if w.must(err); info.Head != before.Head+posts {
					t.Errorf("head %d, want one event for each message from %d on", info.Head, before.Head)
				}
				left := 0
				w.must(w.chat.MessagesBy(w.Context(), "bob", func(_ string, m chat.Message, _ []chat.Version) error {
					if m.DeletedAt == 0 {
						left++
					}
					return nil
				}))
				m, err := w.chat.Message(w.Context(), somebody("ada"), slug, kept.ID)
				if w.must(err); left != 0 || m.Content != "kept" {
					t.Errorf("%d messages are left, and the other's says %q", left, m.Content)
				}
				if got := w.auditOf("ada", slug); len(got) != 2 || got[1] != "messages_deleted by Ada to Bob" {
					t.Errorf("the log says %q", got)
				}
			})
		})
	}
}

// purges counts the deletions of all that somebody wrote that are under way.
func (w *world) purges() (n int) {
	w.Helper()
	w.must(w.cfg.DB.Read(w.Context(), func(tx *sql.Tx) error { return tx.QueryRow(`select count(*) from purges`).Scan(&n) }))
	return n
}
