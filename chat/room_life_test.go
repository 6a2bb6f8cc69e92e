package chat_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/db"
	"snug/db/dbtest"
)

// accounts makes rows of people, as auth would.
func (w *world) accounts(ids ...string) {
	w.Helper()
	err := w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
		for _, id := range ids {
			_, err := tx.Exec(`insert into users (id, name, email, email_verified, created_at, updated_at) values (?, ?, ?, 1, 1, 1) on conflict do nothing`,
				id, strings.ToUpper(id[:1])+id[1:], id+"@example.com")
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// ownTables gives a chat tables that no other test has. It is for outside of bubbles.
func ownTables(t *testing.T) func(*chat.Config) {
	t.Helper()
	d, err := db.Open(context.Background(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(c *chat.Config) {
		unlimited(c)
		c.DB = d
	}
}

// make makes a room and returns its slug.
func (w *world) make(who string, kind chat.RoomKind, name string, people ...string) string {
	w.Helper()
	n := chat.NewRoom{Name: name, Kind: kind}
	for _, id := range people {
		n.People = append(n.People, chat.UserID(id))
	}
	info, made, err := w.chat.MakeRoom(w.Context(), somebody(who), n)
	if err != nil || !made {
		w.Fatalf("make %s: %v, %v", name, made, err)
	}
	return info.Slug
}

// enter opens a socket that has joined a room, and takes the frames that this causes.
func (w *world) enter(who, slug string) *peer {
	w.Helper()
	p := w.socket(who)
	p.send(`{"type":"join","room":%q}`, slug)
	p.until("joined")
	synctest.Wait()
	time.Sleep(300 * time.Millisecond) // the presence
	p.drain()
	return p
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// told drops what a frame tells that differs from run to run.
func (f in) event() string {
	var frame struct {
		Event, Name, Kind string
		By, Role          string
		Topic             *string
		Seconds           *int
		User              *chat.User
	}
	if err := json.Unmarshal([]byte(f.raw), &frame); err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%d %s by %s", f.Seq, frame.Event, frame.By)
	for _, more := range []string{frame.Name, frame.Kind, frame.Role} {
		if more != "" {
			text += " " + more
		}
	}
	if frame.User != nil {
		text += " " + frame.User.Name
	}
	if frame.Topic != nil {
		text += fmt.Sprintf(" %q", *frame.Topic)
	}
	if frame.Seconds != nil {
		text += fmt.Sprint(" ", *frame.Seconds)
	}
	return text
}

func eventsOf(list []in) (texts []string) {
	for _, f := range list {
		if f.Type == "room" {
			texts = append(texts, f.event())
		}
	}
	return texts
}

// What happens to a room takes seqs among those of its messages, is told to all who are
// in it and replayed to who missed it; those who follow the room pass over it.
func TestRoomEvents(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob", "cyn")
		slug := w.make("ada", chat.KindPublic, "Events")
		ada := w.enter("ada", slug)
		ctx, admin := w.Context(), somebody("ada")
		first := w.sayIn(slug, "ada", "first")
		name, topic, private, slow, none := "Renamed", "of something", chat.KindPrivate, 5, ""
		w.join("bob", slug)
		w.join("bob", slug) // again is nothing
		for _, c := range []chat.RoomChange{{Name: &name}, {Topic: &topic}, {SlowModeSeconds: &slow}, {Topic: &none}, {Name: &name}, {Kind: &private}} {
			_, err := w.chat.ChangeRoom(ctx, admin, slug, c)
			w.must(err)
		}
		_, err := w.chat.SetMember(ctx, admin, slug, "cyn", "")
		w.must(err)
		_, err = w.chat.SetMember(ctx, admin, slug, "bob", chat.RoleModerator)
		w.must(err)
		w.must(w.chat.RemoveMember(ctx, admin, slug, "bob"))
		_, err = w.chat.Archive(ctx, admin, slug, true)
		w.must(err)
		if _, err := w.chat.Post(ctx, admin, slug, chat.NewMessage{Content: "late"}); code(err) != "forbidden" {
			t.Errorf("posted into an archived room: %v", err)
		}
		_, err = w.chat.Archive(ctx, admin, slug, false)
		w.must(err)
		last := w.sayIn(slug, "ada", "last")
		want := `2 member_added by bob member Bob
3 renamed by ada Renamed
4 topic_changed by ada "of something"
5 slow_mode by ada 5
6 topic_changed by ada ""
7 kind_changed by ada private
8 member_added by ada member Cyn
9 role_changed by ada moderator Bob
10 member_removed by ada Bob
11 archived by ada
12 unarchived by ada`
		if got := strings.Join(eventsOf(ada.drain()), "\n"); got != want {
			t.Errorf("live:\n%s\nwant:\n%s", got, want)
		}
		w.restart()
		again := w.socket("ada")
		info, err := w.chat.Room(ctx, admin, slug)
		w.must(err)
		again.send(`{"type":"join","room":%q,"stream":%q,"after":1}`, slug, info.Stream)
		list := again.drain()
		if got := strings.Join(eventsOf(list), "\n"); got != want {
			t.Errorf("replayed:\n%s\nwant:\n%s", got, want)
		}
		seq := uint64(1)
		for _, f := range list {
			if f.Type == "room" || f.Type == "message" {
				at := f.Seq
				if f.Type == "message" {
					at = uint64(f.msg().Seq)
				}
				if seq++; at != seq {
					t.Errorf("seq %d behind %d", at, seq-1)
				}
			}
		}
		changes, err := w.chat.Changes(ctx, roomID(w.T, slug), 0, 100)
		if err != nil || changes.Through != last.Seq || len(changes.Messages) != 2 || changes.Messages[0].ID != first.ID {
			t.Errorf("changes %+v, %v", changes, err)
		}
		if info.Head != last.Seq || info.Unread != 0 || info.Kind != private || info.Name != name || info.SlowModeSeconds != slow || info.Members != 2 || info.Role != chat.RoleOwner {
			t.Errorf("the room: %+v", info)
		}
	})
}

// Whoever is removed from a room that isn't public hears of it, is taken out, and finds
// no such room; what they sent behind the removal isn't taken.
func TestRemoval(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Removal", "bob")
		ada, bob := w.enter("ada", slug), w.enter("bob", slug)
		elsewhere := w.socket("bob/s2")
		elsewhere.lists.Store(true)
		w.hibernate() // what the room knows of its members outlives that
		ada.drain()
		bob.drain()
		bob.send(`{"type":"message","room":%q,"clientId":"1","content":"mine"}`, slug)
		bob.next("ack")
		bob.next("message")

		// The room is busy while the removal and a post wait for it, in this order.
		w.faults.Stall()
		w.sayLater(slug, "ada", "holds the room")
		synctest.Wait()
		removed := make(chan error, 1)
		go func() { removed <- w.chat.RemoveMember(w.Context(), somebody("ada"), slug, "bob") }()
		synctest.Wait()
		w.faults.Release()
		w.must(<-removed)
		bob.send(`{"type":"message","room":%q,"clientId":"2","content":"behind it"}`, slug)
		synctest.Wait()
		if f := bob.until("room"); f.event() != "3 member_removed by ada Bob" {
			t.Errorf("got %s", f)
		}
		if f := bob.until("error"); f.Code != "not_found" {
			t.Errorf("got %s", f)
		}
		w.sayIn(slug, "ada", "alone now")
		for _, p := range []*peer{bob, elsewhere} {
			time.Sleep(time.Second)
			list := p.drain()
			told := make(map[string]bool)
			for _, f := range list {
				if told[f.Type] = true; f.Type != "rooms" && f.Type != "attention" && f.Type != "error" {
					t.Errorf("who was removed got %s", f)
				}
			}
			if p == elsewhere && (!told["rooms"] || !told["attention"]) {
				t.Errorf("who was removed wasn't told that their rooms and their inbox are others: %v", list)
			}
		}
		bob.send(`{"type":"join","room":%q}`, slug)
		if f := bob.next("error"); f.Code != "not_found" {
			t.Errorf("got %s", f)
		}
	})
}

// sayLater posts and doesn't wait.
func (w *world) sayLater(slug, who, content string) {
	go func() {
		_, _ = w.chat.Post(w.Context(), somebody(who), slug, chat.NewMessage{Content: content}) // what it waits for is looked at
	}()
}

// Even what came into the room's queue before the table said so, but behind the order
// that removes its author, isn't taken: the room looks itself.
func TestPostBehindARemovalInTheQueue(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Queue", "bob")
		bob := w.enter("bob", slug)
		w.must(w.chat.ObeyRemoval(w.Context(), roomID(w.T, slug), slug, "bob")) // ahead of the tables, which still let him post
		bob.send(`{"type":"message","room":%q,"clientId":"1","content":"x"}`, slug)
		if f := bob.until("error"); f.Code != "not_found" || f.ClientID != "1" {
			t.Errorf("got %s", f)
		}
		if _, err := w.chat.Post(w.Context(), somebody("bob"), slug, chat.NewMessage{Content: "x"}); code(err) != "not_found" {
			t.Errorf("got %v", err)
		}
		bob.send(`{"type":"join","room":%q,"ref":"j"}`, slug)
		if f := bob.until("error"); f.Code != "not_found" || f.Ref != "j" {
			t.Errorf("got %s", f)
		}
	})
}

// Slow mode and a mute hold over sleep, restarts and levels, and end in their time.
func TestSlowModeAndMute(t *testing.T) {
	for _, how := range []string{"awake", "asleep", "restarted"} {
		t.Run(how, func(t *testing.T) {
			inBubble(t, unlimited, func(w *world) {
				w.accounts("ada", "bob")
				slug := w.make("ada", chat.KindPublic, "Slow "+how)
				between := func() {
					switch how {
					case "asleep":
						w.hibernate()
					case "restarted":
						w.restart()
					}
				}
				slow := func(seconds int) {
					_, err := w.chat.ChangeRoom(w.Context(), somebody("ada"), slug, chat.RoomChange{SlowModeSeconds: &seconds})
					w.must(err)
				}
				slow(5)
				w.sayIn(slug, "bob", "one")
				begun := time.Now()
				slow(120) // what was posted before counts
				between()
				post := func() error {
					_, err := w.chat.Post(w.Context(), somebody("bob"), slug, chat.NewMessage{Content: "another"})
					return err
				}
				err := post()
				wait := 120*time.Second - time.Since(begun)
				if e := chat.AsError(err); e.Code != chat.CodeRateLimited || e.Retry != wait {
					t.Errorf("at once: %v, wait %v; want %v", err, e.Retry, wait)
				}
				w.sayIn(slug, "ada", "who sets it isn't held by it")
				w.sayIn(slug, "ada", "at all")
				time.Sleep(wait)
				w.must(post())

				until, err := w.chat.MuteMember(w.Context(), somebody("ada"), slug, "bob", time.Hour)
				w.must(err)
				if want := time.Now().Add(time.Hour).UnixMilli(); until.MutedUntil != want {
					t.Errorf("muted until %d, want %d", until.MutedUntil, want)
				}
				between()
				time.Sleep(10 * time.Minute)
				if err := post(); code(err) != "forbidden" || !strings.Contains(err.Error(), "muted") {
					t.Errorf("muted: %v", err)
				}
				w.must(w.chat.LeaveRoom(w.Context(), somebody("bob"), slug)) // that doesn't help
				w.join("bob", slug)
				if err := post(); code(err) != "forbidden" {
					t.Errorf("muted, and came back: %v", err)
				}
				time.Sleep(50 * time.Minute)
				w.must(post())
			})
		})
	}
}

func TestRolesInARoom(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob", "cyn")
		slug := w.make("ada", chat.KindPrivate, "Roles", "bob", "cyn")
		set := func(by, whom string, role chat.Role) error {
			_, err := w.chat.SetMember(w.Context(), somebody(by), slug, chat.UserID(whom), role)
			return err
		}
		for _, tt := range []struct {
			what string
			err  error
			want string // code
		}{
			{"the last owner steps down", set("ada", "ada", chat.RoleMember), "forbidden"},
			{"the last owner leaves", w.chat.LeaveRoom(w.Context(), somebody("ada"), slug), "forbidden"},
			{"a member makes themselves owner", set("bob", "bob", chat.RoleOwner), "forbidden"},
			{"an owner makes a moderator", set("ada", "bob", chat.RoleModerator), ""},
			{"a moderator removes the owner", w.chat.RemoveMember(w.Context(), somebody("bob"), slug, "ada"), "forbidden"},
			{"a member removes another", w.chat.RemoveMember(w.Context(), somebody("cyn"), slug, "bob"), "forbidden"},
			{"an owner makes another", set("ada", "bob", chat.RoleOwner), ""},
			{"then one may leave", w.chat.LeaveRoom(w.Context(), somebody("ada"), slug), ""},
			{"who has left finds no room", set("ada", "cyn", chat.RoleMember), "not_found"},
			{"nobody is added who isn't there", set("bob", "nobody", ""), "not_found"},
			{"an owner removes somebody", w.chat.RemoveMember(w.Context(), somebody("bob"), slug, "cyn"), ""},
			{"the last one may leave", w.chat.LeaveRoom(w.Context(), somebody("bob"), slug), ""},
		} {
			if got := code(tt.err); got != tt.want {
				t.Errorf("%s: %v, want %q", tt.what, tt.err, tt.want)
			}
		}
	})
}

// A deleted account leaves its rooms, and a room that it owned has another owner.
func TestOwnerWithoutAccount(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ann", "ben", "cid")
		slug := w.make("ann", chat.KindPrivate, "Heirs", "ben", "cid")
		_, err := w.chat.SetMember(w.Context(), somebody("ann"), slug, "cid", chat.RoleModerator)
		w.must(err)
		w.must(w.chat.ForgetUsers(w.Context(), "ann"))
		info, err := w.chat.Room(w.Context(), somebody("cid"), slug)
		if err != nil || info.Role != chat.RoleOwner || info.Members != 2 {
			t.Errorf("got %+v, %v", info, err)
		}
		if _, err := w.chat.Room(w.Context(), somebody("ann"), slug); code(err) != "not_found" {
			t.Errorf("who is gone: %v", err)
		}
	})
}

// Who could do nothing with a room isn't its next owner.
func TestNextOwner(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ann", "bot", "gus", "out", "zoe")
		slug := w.make("ann", chat.KindPrivate, "Heirs", "bot", "gus", "out", "zoe")
		w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
			for _, change := range []string{`role = 'bot' where id = 'bot'`, `role = 'guest' where id = 'gus'`, `banned_at = 1 where id = 'out'`} {
				if _, err := tx.Exec(`update users set ` + change); err != nil {
					return err
				}
			}
			return nil
		}))
		w.must(w.chat.ForgetUsers(w.Context(), "ann"))
		if info, err := w.chat.Room(w.Context(), somebody("zoe"), slug); err != nil || info.Role != chat.RoleOwner {
			t.Errorf("got %+v, %v", info, err)
		}
		w.must(w.chat.ForgetUsers(w.Context(), "zoe"))
		if info, err := w.chat.Room(w.Context(), somebody("out"), slug); err != nil || info.Members != 3 || info.Role != chat.RoleMember {
			t.Errorf("a room without anybody who may own it: %+v, %v", info, err)
		}
	})
}

// Whoever others add to more rooms than a list has keeps those that they were in, and
// their favourites, in it.
func TestMoreRoomsThanAList(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ann")
		own, liked := w.make("ann", chat.KindPrivate, "Zoo"), ""
		const many = 1100
		w.must(w.cfg.DB.Write(w.Context(), func(tx *sql.Tx) error {
			for i := range many {
				liked = fmt.Sprintf("added-%04d", i)
				if _, err := tx.Exec(`insert into rooms (id, slug, name, created_at) values (?1, ?1, ?1, 1)`, liked); err != nil {
					return err
				}
				const add = `insert into members (room_id, user_id, role, joined_at, favourite) values (?, 'ann', 'member', ?, ?)`
				if _, err := tx.Exec(add, liked, time.Now().Add(time.Hour).UnixMilli(), i == many-1); err != nil {
					return err
				}
			}
			return nil
		}))
		list, err := w.chat.RoomList(w.Context(), somebody("ann"))
		w.must(err)
		var slugs []string
		for _, r := range list.Rooms {
			slugs = append(slugs, r.Slug)
		}
		if !slices.IsSorted(slugs) || len(slugs) != 1000 {
			t.Errorf("%d rooms: %q", len(slugs), slugs)
		}
		for _, slug := range []string{own, liked, "global"} {
			if !slices.Contains(slugs, slug) {
				t.Errorf("%s isn't in the list", slug)
			}
		}
	})
}

// To mark all rooms read looks at all of them, so it is counted as what is done to rooms.
func TestReadAllIsPaced(t *testing.T) {
	inBubble(t, func(c *chat.Config) { c.ChangeRate = chat.Rate{Limit: 3, Window: time.Minute} }, func(w *world) {
		for range 3 {
			w.must(w.chat.ReadAll(w.Context(), somebody("ada")))
		}
		if err := w.chat.ReadAll(w.Context(), somebody("ada")); code(err) != "rate_limited" {
			t.Errorf("one too many: %v", err)
		}
		w.must(w.chat.ReadAll(w.Context(), somebody("bob")))
		time.Sleep(2 * time.Minute)
		w.must(w.chat.ReadAll(w.Context(), somebody("ada")))
	})
}

// An invitation leads into a room as long as who made it may add people there, and not
// those who were removed from it.
func TestInvitationsThatLeadNowhere(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ann", "ben", "cid", "dot")
		slug := w.make("ann", chat.KindPublic, "Club", "ben")
		room, err := w.chat.InvitableRoom(w.Context(), somebody("ben"), slug)
		w.must(err)
		enter := func(who, by, want string) {
			t.Helper()
			if _, err := w.chat.EnterInvited(w.Context(), somebody(who), room, chat.UserID(by)); code(err) != want {
				t.Errorf("%s by %s: %v, want %q", who, by, err, want)
			}
		}
		leads := func(by string, want bool) {
			t.Helper()
			got, name, ok, err := w.chat.InvitedTo(w.Context(), room, chat.UserID(by))
			if err != nil || ok != want || ok && (got != slug || name != "Club") || !ok && got+name != "" {
				t.Errorf("an invitation by %q leads to %q, %q, %v, %v", by, got, name, ok, err)
			}
		}
		leads("ben", true)
		leads("", true)
		enter("cid", "ben", "")
		private := chat.KindPrivate
		_, err = w.chat.ChangeRoom(w.Context(), somebody("ann"), slug, chat.RoomChange{Kind: &private})
		w.must(err)
		leads("ben", false)
		leads("", false)
		leads("ann", true)
		enter("dot", "ben", "forbidden") // a member adds nobody to a private room
		enter("dot", "", "not_found")    // and whose account is gone neither
		enter("dot", "ann", "")
		w.must(w.chat.RemoveMember(w.Context(), somebody("ann"), slug, "dot"))
		enter("dot", "ann", "forbidden")
		_, err = w.chat.SetMember(w.Context(), somebody("ann"), slug, "dot", "")
		w.must(err)
		w.must(w.chat.LeaveRoom(w.Context(), somebody("dot"), slug))
		enter("dot", "ann", "") // they had left by themselves
		w.must(w.chat.RemoveMember(w.Context(), somebody("ann"), slug, "ben"))
		enter("ben", "ben", "forbidden")
		enter("eve", "ben", "not_found")
	})
}

// Of two people there is one direct, that each of them calls by the other's name. One
// that was closed comes back with the next message.
func TestDirects(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("dan", "eva")
		slug := w.make("dan", chat.KindDirect, "", "eva")
		info, made, err := w.chat.MakeRoom(w.Context(), somebody("eva"), chat.NewRoom{Kind: chat.KindDirect, People: []chat.UserID{"dan"}})
		if err != nil || made || info.Slug != slug || info.Name != "Dan" || len(info.People) != 1 || info.People[0].ID != "dan" {
			t.Errorf("made %v: %+v, %v", made, info, err)
		}
		w.sayIn(slug, "dan", "hello")
		shown := func() bool {
			list, err := w.chat.RoomList(w.Context(), somebody("eva"))
			w.must(err)
			for _, r := range list.Rooms {
				if r.Slug == slug {
					return true
				}
			}
			return false
		}
		hide := true
		time.Sleep(time.Second)
		_, err = w.chat.SetRoom(w.Context(), somebody("eva"), slug, chat.SettingsChange{Hidden: &hide})
		w.must(err)
		if shown() {
			t.Error("it is listed though it is closed")
		}
		w.hibernate()
		w.sayIn(slug, "dan", "are you there?")
		if !shown() {
			t.Error("it isn't listed though there is news")
		}
	})
}

// A deleted room leaves nothing, and its address is free.
func TestDeletedRoom(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPublic, "Doomed")
		w.sayIn(slug, "bob", "the word that is to go")
		bob := w.enter("bob", slug)
		id := roomID(w.T, slug)
		if err := w.chat.DeleteRoom(w.Context(), somebody("bob"), slug, "Doomed"); code(err) != "forbidden" {
			t.Errorf("by a member: %v", err)
		}
		if err := w.chat.DeleteRoom(w.Context(), somebody("ada"), slug, "doomed"); code(err) != "bad_request" {
			t.Errorf("with another name: %v", err)
		}
		w.must(w.chat.DeleteRoom(w.Context(), somebody("ada"), slug, "Doomed"))
		bob.send(`{"type":"message","room":%q,"clientId":"1","content":"late"}`, slug)
		if f := bob.until("error"); f.Code != "not_found" {
			t.Errorf("got %s", f)
		}
		if dump := w.dump(); strings.Contains(dump, "the word that is to go") {
			t.Error("the store still has its messages")
		}
		if again := w.make("ada", chat.KindPublic, "Doomed"); again != slug || roomID(w.T, again) == id {
			t.Errorf("made anew: %s", again)
		}
		info, err := w.chat.Room(w.Context(), somebody("bob"), slug)
		if err != nil || info.Head != 0 {
			t.Errorf("got %+v, %v", info, err)
		}
		w.must(w.chat.DeleteRoom(w.Context(), somebody("ada"), slug, "Doomed"))
	})
}

// That a list of rooms has changed is told at once, and then once a second at most.
func TestListsAreToldOfOnceASecond(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPublic, "Told", "bob")
		bob := w.socket("bob")
		bob.lists.Store(true)
		bob.drain()
		time.Sleep(time.Second)
		for i := range 30 {
			name := fmt.Sprint("Told ", i)
			_, err := w.chat.ChangeRoom(w.Context(), somebody("ada"), slug, chat.RoomChange{Name: &name})
			w.must(err)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if n := len(bob.drain("rooms")); n != 4 {
			t.Errorf("told %d times in 3 seconds", n)
		}
		bob.silent()
	})
}
