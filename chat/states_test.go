package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
)

// says sets what a person says of themselves, which has to be taken.
func (w *world) says(id string, o chat.OwnStatus) {
	w.Helper()
	if _, err := w.chat.SetStatus(w.Context(), chat.Actor{User: person(id, id)}, o); err != nil {
		w.Fatal(err)
	}
}

// away says whether somebody sits at the socket, and waits until that is known.
func (p *peer) away(on bool) {
	p.w.Helper()
	p.send(`{"type":"away","on":%v}`, on)
	synctest.Wait()
}

// later lets more time pass than it takes until all are told.
func later() {
	synctest.Wait()
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

// inWords is how a person is, on one line.
func inWords(state chat.State, status *chat.Status) string {
	if status == nil {
		return string(state)
	}
	return fmt.Sprintf("%s %s%s %d", state, status.Emoji, status.Text, status.Until)
}

// changes is what the presence frames that have come say of a person.
func (p *peer) changes(id chat.UserID) (list []string) {
	for _, f := range p.drain("presence") {
		for _, u := range f.Joined {
			if u.ID == id {
				list = append(list, inWords(u.State, u.Status))
			}
		}
		if slices.Contains(f.Left, string(id)) {
			list = append(list, "left")
		}
	}
	return list
}

// told is what the frames people that have come say of a person.
func (p *peer) told(id chat.UserID) (list []string) {
	for _, f := range p.drain("people") {
		for _, s := range f.People {
			if s.ID == id {
				list = append(list, inWords(s.State, s.Status))
			}
		}
	}
	return list
}

func (w *world) same(what string, got []string, want ...string) {
	w.Helper()
	if !slices.Equal(got, want) {
		w.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// A person is away when all their sockets are, on whatever device.
func TestAwayOnAllSockets(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		bob, _ := w.joined("bob")
		desk, _ := w.joined("ada")
		phone := w.socket("ada/phone") // in no room
		later()
		bob.drain()
		desk.away(true)
		later()
		w.same("one of two", bob.changes("ada"))
		phone.away(true)
		later()
		w.same("both", bob.changes("ada"), "away")
		phone.away(true)
		later()
		w.same("again", bob.changes("ada"))
		_, f := w.joined("eve")
		if f.Users[1].ID != "ada" || f.Users[1].State != chat.StateAway || f.Users[0].State != "" {
			t.Errorf("who joins sees %s", f)
		}
		later()
		bob.drain()
		phone.away(false)
		later()
		w.same("back on one", bob.changes("ada"), "")
		phone.leaves()
		later()
		w.same("that one closes", bob.changes("ada"), "away")
		third := w.socket("ada/third") // nobody was asked whether anybody sits there: somebody opened it
		later()
		w.same("a new one", bob.changes("ada"), "")
		third.away(true)
		later()
		w.same("away again", bob.changes("ada"), "away")
		old := w.level0("ada/old")
		later()
		w.same("one of level 0", bob.changes("ada"), "")
		old.leaves()
		later()
		w.same("without it", bob.changes("ada"), "away")
		desk.leaves()
		later()
		w.same("no more in the room", bob.changes("ada"), "left")
	})
}

// A room takes people as they are just then, and what follows within a second is told to
// it even where the person is again as the others were told.
func TestAwayAgainBeforeAllAreTold(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		bob, _ := w.joined("bob")
		old, _ := w.joined("ada")
		later()
		old.away(true)
		later()
		bob.away(true) // all that changes within a second from now is told at its end
		bob.drain()
		page, _ := w.joined("ada/reloaded") // as a page does that connects anew
		old.drops()
		page.away(true)
		later()
		w.same("a new connection", bob.changes("ada"), "", "away")
		bob.away(false)
		page.away(false)
		third := w.socket("ada/third")
		page.send(`{"type":"leave","room":"global"}`)
		third.send(`{"type":"join","room":"global"}`)
		page.away(true)
		third.away(true)
		later()
		if list := bob.changes("ada"); len(list) == 0 || list[len(list)-1] != "away" {
			t.Errorf("in and out: %q", list)
		}
		_, f := w.joined("eve")
		if i := slices.IndexFunc(f.Users, func(u chat.User) bool { return u.ID == "ada" }); i < 0 || f.Users[i].State != chat.StateAway {
			t.Errorf("who joins sees %s", f)
		}
	})
}

// Do not disturb, with what is said beside it, ends by itself, and comes before away.
func TestStatusEndsByItself(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		bob, _ := w.joined("bob")
		old := w.level0("old")
		ada, _ := w.joined("ada")
		later()
		bob.drain()
		old.drain()
		until := time.Now().Add(time.Hour)
		w.says("ada", chat.OwnStatus{Emoji: "🎧", Text: "  deep work ", Until: until.UnixMilli(), DND: true})
		later()
		busy := fmt.Sprintf("dnd 🎧deep work %d", until.UnixMilli())
		w.same("set", bob.changes("ada"), busy)
		ada.away(true)
		later()
		w.same("away meanwhile", bob.changes("ada"))
		if got := w.chat.Status("ada"); got.Text != "deep work" || !got.DND {
			t.Errorf("kept is %+v", got)
		}
		eve := w.dial("/api/socket", "ada/other")
		if f := eve.next("hello"); f.You.State != chat.StateDND || f.You.Status == nil || f.You.Status.Text != "deep work" {
			t.Errorf("her own next socket gets %s", f)
		}
		eve.leaves()
		time.Sleep(time.Until(until) - time.Millisecond)
		synctest.Wait()
		w.same("until the end", bob.changes("ada"))
		time.Sleep(time.Second)
		synctest.Wait()
		w.same("then", bob.changes("ada"), "away")
		if got := w.chat.Status("ada"); got != (chat.OwnStatus{}) {
			t.Errorf("kept is %+v", got)
		}
		old.silent() // which knows no states
	})
}

// What is said outlives the process, and what has ended meanwhile doesn't come back.
func TestStatusOverRestart(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		soon := time.Now().Add(time.Minute).UnixMilli()
		w.says("ada", chat.OwnStatus{Text: "at sea"})
		w.says("bob", chat.OwnStatus{Text: "at lunch", Until: soon})
		w.says("eve", chat.OwnStatus{DND: true})
		w.says("gone", chat.OwnStatus{Text: "x"})
		w.says("gone", chat.OwnStatus{})
		if err := w.chat.ForgetUsers(w.Context(), "eve", "nobody"); err != nil {
			t.Fatal(err)
		}
		for _, end := range []func(){w.restart, w.crash} {
			end()
			for id, want := range map[chat.UserID]string{
				"ada": "offline at sea 0", "bob": fmt.Sprintf("offline at lunch %d", soon), "eve": "offline", "gone": "offline",
			} {
				p := w.chat.PersonState(id)
				if got := inWords(p.State, p.Status); got != want {
					t.Errorf("%s is %q, want %q", id, got, want)
				}
			}
		}
		w.joined("eve")
		if p := w.chat.PersonState("eve"); p.State != chat.StateOnline {
			t.Errorf("a deleted account is %+v", p)
		}
		w.stop()
		time.Sleep(2 * time.Minute)
		w.store = w.store.Restart()
		w.start()
		if got := w.chat.Status("bob"); got != (chat.OwnStatus{}) {
			t.Errorf("bob says %+v", got)
		}
	})
}

func TestStatusIsLimited(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		ada := chat.Actor{User: person("ada", "Ada")}
		for i := range 10 {
			w.says("ada", chat.OwnStatus{Text: fmt.Sprint(i)})
		}
		if _, err := w.chat.SetStatus(w.Context(), ada, chat.OwnStatus{}); err == nil || chat.AsError(err).Code != chat.CodeRateLimited {
			t.Errorf("got %v", err)
		}
		w.says("bob", chat.OwnStatus{Text: "another person"})
		time.Sleep(10 * time.Second)
		w.says("ada", chat.OwnStatus{Text: "after a while"})
		ada.ReadOnly = true
		if _, err := w.chat.SetStatus(w.Context(), ada, chat.OwnStatus{}); err == nil || chat.AsError(err).Code != chat.CodeForbidden {
			t.Errorf("got %v", err)
		}
	})
}

// States are of people and their sockets: a room that sleeps wakes to tell of them, and
// one that was evicted finds them as they are.
func TestStatesOverHibernation(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		bob, _ := w.joined("bob")
		ada, _ := w.joined("ada")
		w.hibernate()
		bob.drain()
		ada.away(true)
		later()
		w.same("told by a room that slept", bob.changes("ada"), "away")
		w.hibernate()
		_, f := w.joined("eve")
		if idsOf(f.Users) != "[bob ada eve]" || f.Users[1].State != chat.StateAway {
			t.Errorf("who wakes it by joining sees %s", f)
		}
		bob.drain()
		w.hibernate()
		w.says("ada", chat.OwnStatus{DND: true})
		later()
		w.same("dnd", bob.changes("ada"), "dnd")
		w.hibernate()
		if err := w.chat.UpdateUser(w.Context(), person("ada", "Ada Lovelace"), ""); err != nil {
			t.Fatal(err)
		}
		later()
		if list := bob.drain("presence"); len(list) != 1 || list[0].Joined[0].Name != "Ada Lovelace" || list[0].Joined[0].State != chat.StateDND {
			t.Errorf("a new name: %v", list)
		}
	})
}

// Who watches is told at once how people are, and then at most once a second of what has
// changed.
func TestWatch(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.says("cat", chat.OwnStatus{Emoji: "🌴"})
		ada := w.socket("ada") // in no room, as bob
		bob := w.socket("bob")
		later()
		bob.send(`{"type":"watch","users":["ada","cat","nobody","ada"],"ref":"r"}`)
		want := `{"type":"people","ref":"r","people":[{"userId":"ada","state":"online"},{"userId":"cat","state":"offline","status":{"emoji":"🌴","text":"","until":0}},{"userId":"nobody","state":"offline"}]}`
		if f := bob.next("people"); f.raw != want {
			t.Errorf("got  %s\nwant %s", f, want)
		}
		later()
		for i := range 20 {
			ada.away(i%2 == 0)
			time.Sleep(100 * time.Millisecond)
		}
		ada.away(true)
		later()
		if list := bob.told("ada"); len(list) > 4 || len(list) == 0 || list[len(list)-1] != "away" {
			t.Errorf("told in two seconds: %q", list)
		}
		ada.leaves()
		cat := w.socket("cat")
		w.says("ada", chat.OwnStatus{Text: "asleep"})
		later()
		if list := bob.drain("people"); len(list) == 0 || len(list) > 2 {
			t.Errorf("told of two at a time: %v", list)
		}
		bob.send(`{"type":"watch","users":["ada"]}`)
		if f := bob.next("people"); len(f.People) != 1 || inWords(f.People[0].State, f.People[0].Status) != "offline asleep 0" {
			t.Errorf("got %s", f)
		}
		cat.leaves()
		later()
		bob.silent()
		bob.send(`{"type":"watch","users":[]}`)
		if f := bob.next("people"); f.raw != `{"type":"people","people":[]}` {
			t.Errorf("got %s", f)
		}
		w.socket("ada")
		later()
		bob.silent()
		// A token that may only read may ask, and not say that it is away.
		reader := w.socket("bot", "readonly=1")
		reader.send(`{"type":"watch","users":["ada"]}`)
		reader.next("people")
		reader.send(`{"type":"away","on":true,"ref":"r"}`)
		if f := reader.next("error"); f.Code != "forbidden" || f.Ref != "r" {
			t.Errorf("got %s", f)
		}
	})
}

func TestFramesAboutPeopleThatAreWrong(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada := w.socket("ada")
		ids := strings.Repeat(`"x",`, 200)
		for frame, want := range map[string]string{
			`{"type":"away","ref":"r"}`:                           "on is missing: true or false.",
			`{"type":"watch","ref":"r"}`:                          "users is missing: a list of the people to watch.",
			`{"type":"watch","users":[""],"ref":"r"}`:             "users must be ids of people.",
			`{"type":"watch","users":[` + ids + `"x"],"ref":"r"}`: "users must be at most 200 people.",
		} {
			ada.send("%s", frame)
			if f := ada.next("error"); f.Code != "bad_request" || !strings.Contains(f.raw, want) || f.Ref != "r" {
				t.Errorf("%.60s: got %s, want %s", frame, f, want)
			}
		}
		ada.send(`{"type":"away","on":true,"ref":"r"}`)
		if f := ada.any(); f.raw != `{"type":"ok","ref":"r"}` {
			t.Errorf("got %s", f)
		}
		ada.send("%s", `{"type":"watch","users":[`+ids+`"ada"]}`)
		ada.send("%s", `{"type":"watch","users":[`+strings.TrimSuffix(ids, ",")+`]}`)
		if f := ada.next("error"); f.Code != "bad_request" {
			t.Errorf("got %s", f)
		}
		if f := ada.next("people"); len(f.People) != 1 {
			t.Errorf("got %s", f)
		}
	})
}

// In a crowd level 0 isn't told in words who comes and goes, and nobody waits for those
// who went.
func TestCrowdIsntGreeted(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		var all []*peer
		for i := range 201 {
			p := w.socket(fmt.Sprintf("p%03d", i))
			p.send(`{"type":"join","room":"global"}`)
			p.next("joined")
			all = append(all, p)
		}
		old := w.level0("old")
		later()
		old.drain()
		all[0].leaves()
		time.Sleep(20 * time.Second)
		if list := old.drain("message"); len(list) != 0 {
			t.Errorf("got %v", list)
		}
		for _, p := range all[1:3] {
			p.leaves()
		}
		time.Sleep(20 * time.Second)
		if list := old.drain("message"); len(list) != 2 {
			t.Errorf("of two who left 200: got %v", list)
		}
	})
}
