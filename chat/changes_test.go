package chat_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

func (w *world) roomID() chat.RoomID {
	w.Helper()
	id, err := w.chat.FindRoom(w.Context(), somebody("ada"), "global")
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// follow reads all changes after a seq, so many at a time, into the messages that a
// follower has then.
func (w *world) follow(after chat.Seq, limit int, have map[chat.Seq]chat.Message) chat.Seq {
	w.Helper()
	for {
		c, err := w.chat.Changes(w.Context(), w.roomID(), after, limit)
		if err != nil {
			w.Fatal(err)
		}
		if c.Through == after {
			return after
		}
		if c.Through < after || int(c.Through-after) > limit && c.Floor < c.Through-chat.Seq(limit) {
			w.Fatalf("from %d through %d, at most %d", after, c.Through, limit)
		}
		for _, m := range c.Messages {
			have[m.Seq] = m
		}
		after = c.Through
	}
}

// A follower that reads the changes in pieces, and stops wherever it likes, has what
// the room has.
func TestChangesAreAllThatHappened(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		if c, err := w.chat.Changes(w.Context(), w.roomID(), 0, 10); err != nil || c.Through != 0 {
			t.Errorf("of a new room: %+v, %v", c, err)
		}
		have := map[chat.Seq]chat.Message{}
		var at chat.Seq
		var posted []chat.Message
		for i := range 200 {
			if len(posted) == 0 || rng.IntN(2) == 0 {
				posted = append(posted, w.say("ada", fmt.Sprint("number ", i)))
			} else {
				m := posted[rng.IntN(len(posted))]
				switch rng.IntN(4) {
				case 0:
					_, _ = w.change("ada", "edit", m, fmt.Sprint("edited ", i)) // it may be deleted
				case 1:
					_, _ = w.change("ada", "delete", m)
				case 2:
					_, _ = w.change("ada", "react", m, "👍", rng.IntN(2) == 0)
				default:
					_, _ = w.change("ada", "pin", m, rng.IntN(2) == 0)
				}
			}
			if rng.IntN(20) == 0 {
				at = w.follow(at, 1+rng.IntN(7), have)
			}
		}
		at = w.follow(at, 1+rng.IntN(7), have)
		p := w.page(chat.HistoryQuery{Limit: chat.MaxPageLimit})
		if at != p.Head || len(have) != len(p.Messages) {
			t.Fatalf("through %d with %d messages, want %d with %d", at, len(have), p.Head, len(p.Messages))
		}
		for _, m := range p.Messages {
			if !reflect.DeepEqual(have[m.Seq], m) {
				t.Errorf("have %+v, want %+v", have[m.Seq], m)
			}
		}
	})
}

func TestChangesBehindRetention(t *testing.T) {
	inBubble(t, func(c *chat.Config) { unlimited(c); c.Retention.Messages = 10 }, func(w *world) {
		first := w.say("ada", "number 0")
		w.changed("ada", "edit", first, "edited")
		for i := range 30 {
			w.say("ada", fmt.Sprint("number ", i+1))
		}
		time.Sleep(time.Hour)
		c, err := w.chat.Changes(w.Context(), w.roomID(), 0, 1000)
		if err != nil || c.Floor == 0 || c.Through != 32 || len(c.Messages) != 10 {
			t.Errorf("floor %d, through %d, %d messages, %v", c.Floor, c.Through, len(c.Messages), err)
		}
		list, err := w.chat.Messages(w.Context(), w.roomID(), []chat.Seq{1, 2, 32, 99})
		if err != nil || len(list) != 1 || list[0].Seq != 32 {
			t.Errorf("messages %+v, %v", list, err)
		}
	})
}

func TestPreviews(t *testing.T) {
	var linked []chat.Seq
	configure := func(c *chat.Config) {
		unlimited(c)
		c.Linked = func(_ chat.RoomID, seq chat.Seq, author chat.UserID) {
			if author != "ada" {
				t.Errorf("linked by %q", author)
			}
			linked = append(linked, seq)
		}
	}
	inBubble(t, configure, func(w *world) {
		bob, _ := w.joined("bob")
		const one, two = "https://one.example/", "https://two.example/"
		w.say("ada", "no link")
		m := w.say("ada", "see "+one+" and "+two)
		if !slices.Equal(linked, []chat.Seq{2}) {
			t.Errorf("linked %v", linked)
		}
		bob.drain()
		list := []chat.Preview{{URL: one, Title: "One"}, {URL: two, Title: "Two", Image: "/api/previews/x", Width: 10, Height: 20}}
		set := func(content string, list ...chat.Preview) {
			t.Helper()
			if err := w.chat.SetPreviews(w.Context(), w.roomID(), m.Seq, content, list); err != nil {
				t.Fatal(err)
			}
		}
		set("something else", list...)
		bob.silent()
		set(m.Content, list...)
		if f := bob.until("update"); f.Seq != 3 || !slices.Equal(f.msg().Previews, list) || f.msg().EditedAt != 0 {
			t.Errorf("got %s", f.raw)
		}
		set(m.Content, list...)
		bob.silent()
		if _, err := w.chat.RemovePreview(w.Context(), somebody("bob"), "global", m.ID, one); code(err) != "forbidden" {
			t.Errorf("removed by somebody else: %v", err)
		}
		if _, err := w.chat.RemovePreview(w.Context(), somebody("bob:moderator"), "global", m.ID, one); err != nil {
			t.Errorf("removed by a moderator: %v", err)
		}
		if f := bob.until("update"); !slices.Equal(f.msg().Previews, list[1:]) {
			t.Errorf("got %s", f.raw)
		}
		set(m.Content, list...) // what was removed stays away
		bob.silent()
		w.restart()
		w.changed("ada", "edit", m, "only "+one)
		set("only "+one, list[0])
		if got, err := w.chat.Message(w.Context(), somebody("ada"), "global", m.ID); err != nil || len(got.Previews) != 0 {
			t.Errorf("after an edit: %+v, %v", got.Previews, err)
		}
		if !slices.Equal(linked, []chat.Seq{2, 2}) {
			t.Errorf("linked %v", linked)
		}
		w.changed("ada", "delete", m)
		set("", list...)
		if _, err := w.chat.RemovePreview(w.Context(), somebody("ada"), "global", m.ID, one); code(err) != "not_found" {
			t.Errorf("removed from a deleted message: %v", err)
		}
	})
}

// The rooms that somebody may see are those that VisibleSlug says so of, one by one: public
// ones, and their own.
func TestOwnRooms(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob", "cyn")
		w.make("ada", chat.KindPublic, "Open")
		closed := w.make("ada", chat.KindPrivate, "Closed", "bob")
		w.make("ada", chat.KindGroup, "", "bob", "cyn")
		w.make("bob", chat.KindDirect, "", "cyn")
		w.must(w.chat.RemoveMember(w.Context(), somebody("ada"), w.make("ada", chat.KindPrivate, "Left", "bob"), "bob"))
		w.must(w.chat.LeaveRoom(w.Context(), somebody("bob"), closed))
		w.must(w.chat.DeleteRoom(w.Context(), somebody("ada"), w.make("ada", chat.KindPublic, "Gone"), "Gone"))
		all, err := w.chat.AllRooms(w.Context())
		w.must(err)
		for _, who := range []string{"ada", "bob", "cyn", "eve:guest", "own:owner"} {
			own, err := w.chat.OwnRooms(w.Context(), somebody(who))
			w.must(err)
			for _, id := range all {
				slug, visible, err := w.chat.VisibleSlug(w.Context(), somebody(who), id)
				w.must(err)
				public, err := w.chat.IsPublic(w.Context(), id)
				if mine := slices.Contains(own, id); err != nil || visible != (public || mine) || public && mine {
					t.Errorf("%s and %s: visible %v, public %v, their own %v, %v", who, slug, visible, public, mine, err)
				}
			}
		}
	})
}

// Whoever is added to a thousand rooms by others keeps the rooms that they had before, and
// their favourites.
func TestOwnRoomsOfOneInVeryMany(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		w.make("ada", chat.KindPrivate, "Old")
		time.Sleep(time.Second)
		const query = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)`
		later := time.Now().UnixMilli()
		w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(query+` insert into rooms (id, slug, name, kind, created_at) select 'many-' || i, 'many-' || i, 'Many', 'group', ? from n`, later)
			if err != nil {
				return err
			}
			_, err = tx.Exec(query+` insert into members (room_id, user_id, role, joined_at, favourite)
				select 'many-' || i, 'ada', 'member', ? + i, i = 1000 from n`, later)
			return err
		}))
		own, err := w.chat.OwnRooms(w.Context(), somebody("ada"))
		w.must(err)
		if len(own) != 1000 || own[0] != "many-1000" || strings.HasPrefix(string(own[1]), "many-") {
			t.Errorf("%d rooms, the first %q; want 1000, with the favourite and then the oldest", len(own), own[:min(len(own), 3)])
		}
	})
}
