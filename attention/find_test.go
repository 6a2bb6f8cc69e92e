package attention

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"snug/chat"
)

func to(name string) string { return "@[" + name + "](user:" + name + ")" }

const (
	toRoom = "@[room](room:all)"
	toHere = "@[here](room:here)"
)

func TestMentions(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.at("online", "bob", "ada")
	w.post("global", "ada", "nobody in particular")
	w.post("global", "ada", "hello "+to("bob")+" and "+to("bob")+", "+to("ada")+", "+to("nobody"))
	w.catchUp()
	w.wantTold("bob mention #2")
	w.wantInbox("bob", "mention #2")
	w.wantInbox("ada", "")
	w.wantInbox("cyd", "")
	n := w.notices[0]
	if n.Room != "global" || n.RoomName != "Global" || n.UserName != "ADA" || n.Text != "hello @bob and @bob, @ada, @nobody" || n.ID == 0 || n.Quiet {
		t.Errorf("notice %+v", n)
	}
	w.read("global", "bob", 2)
	w.wantInbox("bob", "(mention #2)")
	w.catchUp()
	w.wantTold()
}

func TestRepliesAndTheStrongestReason(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	m := w.post("global", "bob", "a question")
	w.post("global", "ada", "an answer", answers(m))
	w.post("global", "ada", "to you, "+to("bob"), answers(m))
	w.post("global", "bob", "my own", answers(m))
	w.catchUp()
	w.wantInbox("bob", "mention #3, reply #2")
	w.wantInbox("ada", "")
}

func TestThreads(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan")
	root := w.post("global", "ada", "root")
	w.post("global", "bob", "one", in(root))
	w.catchUp()
	w.wantInbox("ada", "thread #2")
	w.post("global", "cyd", "two", in(root))
	w.catchUp()
	w.wantInbox("ada", "thread #3, thread #2")
	w.wantInbox("bob", "thread #3")
	if _, err := w.chat.Follow(t.Context(), actor("dan"), "global", root.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.chat.Follow(t.Context(), actor("ada"), "global", root.ID, false); err != nil {
		t.Fatal(err)
	}
	w.post("global", "bob", "three", in(root))
	w.catchUp()
	w.wantInbox("dan", "thread #4")
	w.wantInbox("ada", "thread #3, thread #2")
	w.wantInbox("cyd", "thread #4")
	// The room's mark doesn't read what only the thread shows.
	w.read("global", "cyd", 4)
	w.wantInbox("cyd", "thread #4")
	if _, err := w.chat.ReadThread(t.Context(), actor("cyd"), "global", root.ID, 4); err != nil {
		t.Fatal(err)
	}
	w.wantInbox("cyd", "(thread #4)")
}

func TestCalls(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan")
	w.room("team", "public", "ada", "bob", "cyd")
	w.at("online", "bob", "dan")
	w.post("team", "ada", "all of you: "+toRoom)
	w.post("team", "ada", "who is here: "+toHere)
	w.post("team", "ada", toRoom+", above all "+to("cyd"))
	w.catchUp()
	w.wantTold("bob call #1", "bob call #2", "bob call #3")
	w.wantInbox("bob", "team call #3, team call #2, team call #1")
	w.wantInbox("cyd", "team mention #3, team call #1")
	w.wantInbox("dan", "") // is no member
	w.wantInbox("ada", "")
	if n := w.count(`select count(*) from notices where user_id is null`); n != 2 {
		t.Errorf("two calls of all are %d rows", n)
	}
	// Who comes later wasn't called.
	w.exec(`insert into members (room_id, user_id, role, joined_at) values ('id-team', 'dan', 'member', ?)`, w.now().Add(time.Minute).UnixMilli())
	w.wantInbox("dan", "")
	// In the room of all everybody is a member, from when they came to the server.
	w.post("global", "ada", toRoom)
	w.catchUp()
	w.wantInbox("dan", "call #1")
	w.person("eve")
	w.exec(`update users set created_at = ? where id = 'eve'`, w.now().Add(time.Minute).UnixMilli())
	w.exec(`insert into members (room_id, user_id, role, joined_at, favourite) select id, 'eve', 'member', 0, 1 from rooms where slug = 'global'`)
	w.wantInbox("eve", "")
	w.read("global", "dan", 1)
	w.exec(`insert into members (room_id, user_id, role, joined_at, favourite) select id, 'dan', 'member', 0, 1 from rooms where slug = 'global'`)
	w.wantInbox("dan", "(call #1)")
}

func TestRoomsThatAreDropped(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.room("team", "public", "ada", "bob")
	w.post("team", "ada", to("bob")+toRoom)
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.exec(`update rooms set deleted_at = 1 where slug = 'team'`)
	for range 2 { // it may be told again
		if err := w.DropRoom(t.Context(), "id-team"); err != nil {
			t.Fatal(err)
		}
	}
	w.Changed("id-team", 5)
	w.catchUp()
	for _, table := range []string{"notices", "deliveries", "thread_followers", "attention_places"} {
		if n := w.count(`select count(*) from ` + table + ` where room_id = 'id-team'`); n != 0 {
			t.Errorf("%s has %d rows of a room that was dropped", table, n)
		}
	}
	w.wantInbox("bob", "mention #1")
}

func TestPrivateRooms(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.room("secret", "private", "ada", "bob")
	w.post("secret", "ada", to("bob")+" and "+to("cyd"))
	w.catchUp()
	w.wantInbox("bob", "secret mention #1")
	w.wantInbox("cyd", "")
	w.exec(`delete from members where user_id = 'bob'`)
	w.wantInbox("bob", "") // is no member any more
	if got, err := w.Mentions(t.Context(), "bob"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestDirectsAndRoomsOfWhichAllIsWanted(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.room("d1", "direct", "ada", "bob")
	w.room("team", "public", "ada", "bob", "cyd")
	w.at("online", "bob", "cyd")
	w.post("d1", "ada", "psst")
	w.exec(`update members set notify = 'all' where user_id = 'bob' and room_id = 'id-team'`)
	w.post("team", "ada", "news")
	w.catchUp()
	w.wantTold("bob room #1", "bob room #1")
	w.wantInbox("bob", "d1 room #1")
	all := chat.NotifyAll
	w.set("cyd", Change{Notify: &LevelsChange{Rooms: &all}})
	w.post("team", "ada", "more news")
	w.post("global", "ada", "and here")
	w.catchUp()
	w.wantTold("bob room #2", "cyd room #2", "cyd room #1")
	w.wantInbox("cyd", "")
	w.exec(`update members set notify = 'nothing' where user_id = 'cyd'`)
	w.post("team", "ada", "nothing for "+to("cyd"))
	w.catchUp()
	w.wantTold("bob room #3")
	w.wantInbox("cyd", "team mention #3") // which is there if they look
}

func TestEdits(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.at("online", "bob", "cyd")
	m := w.post("global", "ada", "hello "+to("bob"))
	w.catchUp()
	w.wantTold("bob mention #1")
	w.edit("global", "ada", m, "hello "+to("bob")+" and "+to("cyd"))
	w.catchUp()
	w.wantTold("cyd mention #1")
	w.edit("global", "ada", m, "hello "+to("cyd"))
	w.catchUp()
	w.wantTold()
	w.wantInbox("bob", "")
	w.wantInbox("cyd", "mention #1")
	w.remove("global", "ada", m)
	w.catchUp()
	w.wantInbox("cyd", "")
	if n := w.count(`select count(*) from notices`) + w.count(`select count(*) from deliveries`); n != 0 {
		t.Errorf("%d rows are left of a message that is gone", n)
	}
	// What came and went before anybody looked never was.
	gone := w.post("global", "ada", to("bob"))
	w.remove("global", "ada", gone)
	late := w.post("global", "ada", "nothing")
	w.edit("global", "ada", late, to("bob"))
	call := w.post("global", "ada", toHere)
	w.edit("global", "ada", call, toHere+"!")
	w.catchUp()
	w.wantTold("bob mention #7", "bob call #9", "cyd call #9")
	w.at("online", "ada")
	w.edit("global", "ada", call, "no more")
	w.catchUp()
	w.wantInbox("cyd", "")
}

// Whatever is edited how often, nobody is told twice of one message. What speaks to them
// stands in the inbox.
func TestEditsTellNobodyTwice(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan", "eve")
	w.room("team", "public", "ada", "bob", "cyd", "dan", "eve")
	w.at("online", "bob", "cyd", "dan", "eve")
	all := chat.NotifyAll
	w.set("dan", Change{Notify: &LevelsChange{Rooms: &all}})
	edit := func(m chat.Message, content string) {
		t.Helper()
		w.edit("team", "ada", m, content)
		w.catchUp()
	}
	// A mention that comes and goes.
	m := w.post("team", "ada", "hello "+to("bob"))
	w.catchUp()
	w.wantLoud("bob mention #1", "dan room #1")
	for i := range 3 {
		edit(m, fmt.Sprint("hello ", i))
		w.wantInbox("bob", "")
		edit(m, fmt.Sprint("hello again ", i, " ", to("bob")))
		w.wantInbox("bob", "team mention #1")
		w.restart()
	}
	w.wantLoud()
	// One of somebody who hears of all messages.
	edit(m, "hello "+to("dan"))
	w.wantLoud()
	w.wantInbox("dan", "team mention #1")
	// In a group all hear of all messages but those who don't want to.
	w.room("trio", "group", "ada", "bob", "cyd")
	mentions := chat.NotifyMentions
	w.set("cyd", Change{Notify: &LevelsChange{Directs: &mentions}})
	note := w.post("trio", "ada", "nothing")
	w.catchUp()
	w.wantLoud("bob room #1")
	w.edit("trio", "ada", note, to("bob")+to("cyd"))
	w.catchUp()
	w.wantLoud("cyd mention #1")
	w.edit("trio", "ada", note, "nothing")
	w.edit("trio", "ada", note, to("cyd")+"!")
	w.catchUp()
	w.wantLoud()
	// A call that comes and goes, and mentions of those whom it called.
	call := w.post("team", "ada", "nothing")
	w.catchUp()
	w.wantLoud("dan room #9")
	edit(call, toRoom)
	w.wantLoud("bob call #9", "cyd call #9", "eve call #9")
	edit(call, to("cyd")+" alone")
	edit(call, toRoom+" again")
	edit(call, toHere+" and "+to("eve"))
	edit(call, toRoom+toHere+to("bob"))
	w.wantLoud()
	w.wantInbox("bob", "team mention #9, trio room #1")
	w.remove("team", "ada", call)
	w.catchUp()
	if n := w.count(`select count(*) from withdrawals where seq = 9`); n != 0 {
		t.Errorf("%d withdrawals of a message that is gone", n)
	}
}

// After a crash nothing is missing and nothing is there twice, wherever it comes.
func TestCrashes(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.at("online", "bob")
	want := ""
	for i := range 20 {
		w.post("global", "ada", "plain")
		m := w.post("global", "ada", to("bob"))
		if i%3 == 0 {
			w.catchUp()
		}
		if i%2 == 0 {
			w.restart()
		}
		if want != "" {
			want = ", " + want
		}
		want = fmt.Sprintf("mention #%d", m.Seq) + want
	}
	w.catchUp()
	w.wantInbox("bob", want)
	w.mu.Lock()
	if len(w.told) != 20 {
		t.Errorf("told %d times of 20", len(w.told))
	}
	w.mu.Unlock()
}

// A room in which nobody speaks to anybody costs no write for each post.
func TestQuietRoomsAreNotWritten(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.restart()
	for range 50 {
		w.post("global", "ada", "nothing in particular")
		w.catchUp()
	}
	places := func() int { return w.count(`select coalesce(max(seq), 0) from attention_places`) }
	if n := places(); n != 0 {
		t.Errorf("it was written up to %d", n)
	}
	w.after(flushEvery)
	w.post("global", "ada", "nothing in particular")
	w.catchUp()
	if n := places(); n != 51 {
		t.Errorf("it was written up to %d in time", n)
	}
	w.post("global", "ada", "nothing in particular")
	w.catchUp()
	if err := w.Close(t.Context()); err != nil || places() != 52 {
		t.Errorf("at the end it was written up to %d, %v", places(), err)
	}
}

// What was there before anything was followed calls for nobody's attention, and who
// follows threads then is known.
func TestOlderRoomsBeginNow(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	root := w.post("global", "ada", "old "+to("bob"))
	w.post("global", "cyd", "old", in(root))
	// Who takes part follows a moment later, who says so at once.
	for _, id := range []string{"ada", "cyd"} {
		if _, err := w.chat.Follow(t.Context(), actor(id), "global", root.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	w.exec(`delete from thread_followers`)
	w.exec(`delete from attention_places`)
	w.exec(`insert into attention_places (room_id, stream, seq) select id, '', -1 from rooms`)
	w.restart()
	w.post("global", "bob", "new", in(root))
	w.catchUp()
	w.wantInbox("bob", "")
	w.wantInbox("cyd", "thread #3")
	w.wantInbox("ada", "thread #3")
}

// Who was told of a message once is forgotten with it, also where an edit had withdrawn it
// from all.
func TestDeletedMessagesLeaveNoWithdrawals(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	m := w.post("global", "ada", to("bob"))
	w.catchUp()
	w.edit("global", "ada", m, "never mind")
	w.catchUp()
	withdrawals := func() int { return w.count(`select count(*) from withdrawals`) }
	if n := withdrawals(); n != 1 {
		t.Fatalf("%d withdrawals, want 1", n)
	}
	w.remove("global", "ada", m)
	w.catchUp()
	if n := withdrawals(); n != 0 {
		t.Errorf("%d withdrawals of a message that is gone", n)
	}
}

func TestDeletedRoomsAndPeopleLeaveNothing(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.room("team", "public", "ada", "bob", "cyd")
	w.at("looking", "bob")
	root := w.post("team", "ada", to("bob")+to("cyd")+toRoom)
	w.post("team", "bob", "x", in(root))
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.set("bob", Change{})
	page, err := w.Inbox(t.Context(), "bob", InboxQuery{})
	if err != nil || len(page.Items) == 0 {
		t.Fatal(page, err)
	}
	if _, err := w.ReadInbox(t.Context(), "bob", Ticks{IDs: []int64{page.Items[0].ID}}); err != nil {
		t.Fatal(err)
	}
	w.exec(`delete from users where id = 'bob'`)
	for _, table := range []string{"notices", "deliveries", "inbox_reads", "thread_followers", "attention_settings"} {
		if n := w.count(`select count(*) from ` + table + ` where user_id = 'bob'`); n != 0 {
			t.Errorf("%s has %d rows of who is gone", table, n)
		}
	}
	if err := w.ForgetUsers(t.Context(), []chat.UserID{"ada"}); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`select count(*) from notices where by_user = 'ada'`) + w.count(`select count(*) from deliveries where by_user = 'ada'`); n != 0 {
		t.Errorf("%d rows name who is gone", n)
	}
	w.exec(`delete from rooms where slug = 'team'`)
	for _, table := range []string{"notices", "deliveries", "thread_followers", "attention_places"} {
		if n := w.count(`select count(*) from ` + table + ` where room_id = 'id-team'`); n != 0 {
			t.Errorf("%s has %d rows of a room that is gone", table, n)
		}
	}
	w.Changed("id-team", 99)
	w.catchUp()
}

func TestBounds(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.post("global", "ada", to("bob"))
	w.inOne(func(tx *sql.Tx) error { // as if much of all that had come before
		const people = `with recursive n (i) as (select 2 union all select i + 1 from n where i < ?)
			insert into notices (user_id, room_id, seq, root, kind, by_user, at)
			select 'bob', r.id, -i, 0, 'mention', 'ada', ? from n, rooms r`
		const calls = `with recursive n (i) as (select 2 union all select i + 1 from n where i < ?)
			insert into notices (user_id, room_id, seq, root, kind, by_user, at)
			select null, r.id, -i, 0, 'call', 'ada', ? from n, rooms r`
		const due = `with recursive n (i) as (select 2 union all select i + 1 from n where i < ?)
			insert into deliveries (user_id, room_id, seq, root, kind, by_user, at, mail_at)
			select 'bob', r.id, -i, 0, 'mention', 'ada', ?2, ?2 + 1000000 from n, rooms r`
		now := w.now().UnixMilli()
		_, err := tx.ExecContext(t.Context(), people, maxKept, now)
		if err == nil {
			_, err = tx.ExecContext(t.Context(), calls, maxCalls, now)
		}
		if err == nil {
			_, err = tx.ExecContext(t.Context(), due, maxKept, now)
		}
		return err
	})
	for range 3 {
		w.post("global", "ada", to("bob"))
		w.post("global", "ada", toRoom)
	}
	w.catchUp()
	if n := w.count(`select count(*) from notices where user_id = 'bob'`); n != maxKept {
		t.Errorf("%d items are kept", n)
	}
	if n := w.count(`select count(*) from notices where user_id is null`); n != maxCalls {
		t.Errorf("%d calls are kept", n)
	}
	if n := w.count(`select count(*) from deliveries where user_id = 'bob'`); n != maxKept {
		t.Errorf("%d deliveries are kept", n)
	}
	w.mu.Lock()
	w.clock = w.clock.Add(keepFor + time.Hour)
	w.mu.Unlock()
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`select count(*) from notices`) + w.count(`select count(*) from deliveries`); n != 0 {
		t.Errorf("%d rows outlive their time", n)
	}
}

// A room that can't be followed keeps no other waiting, and is followed once it can be.
func TestABrokenRoomStopsNoOther(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.room("team", "public", "ada", "bob")
	w.catchUp()
	w.post("team", "ada", to("bob"))
	w.breakRoom("id-team", errors.New("its file is gone"))
	w.post("global", "ada", to("bob"))
	if err := w.CatchUp(t.Context()); err == nil {
		t.Error("nobody hears that a room can't be followed")
	}
	w.wantInbox("bob", "mention #1")
	w.post("global", "ada", to("bob"))
	w.catchUp() // it is left alone for a while
	w.wantInbox("bob", "mention #2, mention #1")
	w.breakRoom("id-team", nil)
	w.after(failed)
	w.catchUp()
	w.wantInbox("bob", "team mention #1, mention #2, mention #1")
}

// Who couldn't hear of a message before hears of a mention that an edit adds: by a mail, if
// nothing was mailed of the call, or of the room of which they want all, and in every way if
// they came only since.
func TestEditsTellWhoCouldNotHear(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan")
	w.room("team", "public", "ada", "bob", "cyd")
	w.devices["bob"], w.devices["cyd"] = false, false
	all := chat.NotifyAll
	w.set("bob", Change{Notify: &LevelsChange{Rooms: &all}})
	mailed := func(want ...string) {
		t.Helper()
		w.after(2 * time.Hour)
		var got []string
		for _, m := range w.takeMails() {
			got = append(got, m.To)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("mailed: %q, want %q", got, want)
		}
	}
	edit := func(m chat.Message, content string) {
		t.Helper()
		w.edit("team", "ada", m, content)
		w.catchUp()
	}
	m := w.post("team", "ada", "hello")
	w.catchUp()
	edit(m, "hello "+to("bob")+to("cyd"))
	mailed("bob@example.org", "cyd@example.org")
	edit(m, "hello")
	edit(m, "hello "+to("bob")+to("cyd")) // they were mailed of that
	mailed()
	call := w.post("team", "ada", toRoom)
	w.catchUp()
	edit(call, toRoom+to("bob")+to("cyd"))
	w.wantLoud()
	mailed("bob@example.org", "cyd@example.org")
	w.exec(`insert into members (room_id, user_id, role, joined_at) values ('id-team', 'dan', 'member', ?)`, w.now().UnixMilli())
	w.at("online", "dan")
	w.set("dan", Change{Notify: &LevelsChange{Rooms: &all}})
	edit(m, "hello "+to("dan"))
	w.wantLoud("dan mention #1")
	seq := call.Seq
	edit(call, toRoom+to("dan"))
	w.wantLoud(fmt.Sprintf("dan mention #%d", seq))
}
