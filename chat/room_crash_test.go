package chat_test

import (
	"database/sql"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

// untold counts the rows that say that a room doesn't know something.
func (w *world) untold() (n int) {
	w.Helper()
	err := w.cfg.DB.Read(w.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`select (select count(*) from rooms where told = 0 or deleted_at is not null) + (select count(*) from members where told = 0)`).Scan(&n)
	})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// A crash may come behind the tables' commit and before the room's, or between that and
// the note that the room knows. After the next start the room knows, and what happened is
// told once.
func TestCrashBetweenTablesAndRoom(t *testing.T) {
	topic, slow := "told", 60
	for _, tt := range []struct {
		name string
		do   func(w *world, slug string) error
		want string // the event
	}{
		{"add", func(w *world, slug string) error {
			_, err := w.chat.SetMember(w.Context(), somebody("ada"), slug, "cyn", "")
			return err
		}, "member_added"},
		{"remove", func(w *world, slug string) error {
			return w.chat.RemoveMember(w.Context(), somebody("ada"), slug, "bob")
		}, "member_removed"},
		{"role", func(w *world, slug string) error {
			_, err := w.chat.SetMember(w.Context(), somebody("ada"), slug, "bob", chat.RoleModerator)
			return err
		}, "role_changed"},
		{"change", func(w *world, slug string) error {
			_, err := w.chat.ChangeRoom(w.Context(), somebody("ada"), slug, chat.RoomChange{Topic: &topic, SlowModeSeconds: &slow})
			return err
		}, "topic_changed slow_mode"},
		{"archive", func(w *world, slug string) error {
			_, err := w.chat.Archive(w.Context(), somebody("ada"), slug, true)
			return err
		}, "archived"},
	} {
		for _, keep := range []durabletest.Keep{durabletest.KeepNone, durabletest.KeepAll} {
			t.Run(strings.Join([]string{tt.name, string(rune('0' + int(keep)))}, " "), func(t *testing.T) {
				inBubble(t, ownTables(t), func(w *world) {
					w.accounts("ada", "bob", "cyn")
					slug := w.make("ada", chat.KindPrivate, "Crash", "bob")
					w.sayIn(slug, "ada", "before")
					info, err := w.chat.Room(w.Context(), somebody("ada"), slug)
					w.must(err)
					synctest.Wait()
					w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk, Keep: keep})
					if err := tt.do(w, slug); err == nil {
						t.Error("it is done though the room couldn't be told")
					}
					if w.untold() == 0 {
						t.Error("the tables say that the room knows")
					}
					w.crash()
					w.must(w.chat.Settle(w.Context()))
					w.must(w.chat.Settle(w.Context())) // and what it knows isn't told twice
					if n := w.untold(); n != 0 {
						t.Errorf("%d rows say that the room doesn't know", n)
					}
					ada := w.socket("ada")
					ada.send(`{"type":"join","room":%q,"stream":%q,"after":%d}`, slug, info.Stream, info.Head)
					var told []string
					for _, text := range eventsOf(ada.drain()) {
						told = append(told, strings.Fields(text)[1])
					}
					if got := strings.Join(told, " "); got != tt.want {
						t.Errorf("told %q, want %q", got, tt.want)
					}
					bob, cyn := w.socket("bob"), w.socket("cyn")
					for who, p := range map[string]*peer{"bob": bob, "cyn": cyn} {
						p.send(`{"type":"join","room":%q}`, slug)
						in := len(p.drain("joined")) == 1
						if want := who == "bob" && tt.name != "remove" || who == "cyn" && tt.name == "add"; in != want {
							t.Errorf("%s is in the room: %v", who, in)
						}
					}
				})
			})
		}
	}
}

// A room that a crash left half made is whole after the next start, and one that was
// being deleted is gone.
func TestCrashWhileARoomIsMadeOrDeleted(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Doomed", "bob")
		w.sayIn(slug, "ada", "the word that is to go")
		time.Sleep(time.Second)
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
		if err := w.chat.DeleteRoom(w.Context(), somebody("ada"), slug, "Doomed"); err == nil {
			t.Error("it is deleted though its messages couldn't be")
		}
		if _, err := w.chat.Room(w.Context(), somebody("ada"), slug); code(err) != "not_found" {
			t.Errorf("half deleted it is still there: %v", err)
		}
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errDisk})
		_, _, err := w.chat.MakeRoom(w.Context(), somebody("ada"), chat.NewRoom{Name: "Half", Kind: chat.KindPrivate, People: []chat.UserID{"bob"}})
		if err == nil {
			t.Error("it is made though the room couldn't be told")
		}
		w.crash()
		w.must(w.chat.Settle(w.Context()))
		if n := w.untold(); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if strings.Contains(w.dump(), "the word that is to go") {
			t.Error("the store still has its messages")
		}
		list, err := w.chat.RoomList(w.Context(), somebody("bob"))
		w.must(err)
		if len(list.Rooms) != 2 || list.Rooms[1].Name != "Half" || list.Rooms[1].Head != 0 {
			t.Fatalf("got %+v", list.Rooms)
		}
		if m := w.sayIn(list.Rooms[1].Slug, "bob", "hello"); m.Seq != 1 {
			t.Errorf("seq %d: the room's beginning was told", m.Seq)
		}
	})
}
