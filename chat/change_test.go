package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

// say posts by HTTP and returns the message.
func (w *world) say(who, content string, more ...func(*chat.NewMessage)) chat.Message {
	w.Helper()
	m := chat.NewMessage{Content: content}
	for _, f := range more {
		f(&m)
	}
	posted, err := w.chat.Post(w.Context(), somebody(who), "global", m)
	if err != nil {
		w.Fatal(err)
	}
	return posted
}

func inThread(root chat.Message) func(*chat.NewMessage) {
	return func(m *chat.NewMessage) { m.Thread = root.ID }
}

func answering(to chat.Message) func(*chat.NewMessage) {
	return func(m *chat.NewMessage) { m.ReplyTo = to.ID }
}

// somebody is a person by name, or "name:role".
func somebody(who string) chat.Actor {
	name, role, _ := strings.Cut(who, ":")
	return chat.Actor{User: chat.User{ID: chat.UserID(name), Name: strings.ToUpper(name[:1]) + name[1:]}, SessionKey: "s-" + name, Role: chat.Role(role)}
}

// change changes a message by HTTP.
func (w *world) change(who, kind string, m chat.Message, more ...any) (chat.Message, error) {
	w.Helper()
	f := chat.ClientFrame{Type: kind, ID: m.ID}
	for _, v := range more {
		switch v := v.(type) {
		case string:
			if f.Content = v; kind == "react" {
				f.Content, f.Emoji = "", v
			}
		case bool:
			f.On = &v
		}
	}
	return w.chat.Change(w.Context(), somebody(who), "global", f)
}

func (w *world) changed(who, kind string, m chat.Message, more ...any) chat.Message {
	w.Helper()
	m, err := w.change(who, kind, m, more...)
	if err != nil {
		w.Fatalf("%s by %s: %v", kind, who, err)
	}
	return m
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return string(chat.AsError(err).Code)
}

// Each frame that changes a message is confirmed to who sent it and told to all in the
// room, with the message as it is then, in the order of seqs.
func TestChangesOverTheSocket(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		old := w.level0("old")
		time.Sleep(time.Second)
		ada.post("c1", "hello")
		m := ada.until("message").msg()
		bob.drain()
		old.drain()
		for i, c := range []struct{ frame, want string }{
			{`{"type":"edit","room":"global","ref":"r","id":"%s","content":"hello, world"}`, `"content":"hello, world","timestamp":T,"type":"text","seq":1,"clientId":"c1","editedAt":T}`},
			{`{"type":"react","room":"global","ref":"r","id":"%s","emoji":"👍","on":true}`, `"clientId":"c1","editedAt":T,"reactions":{"👍":["ada"]}}`},
			{`{"type":"pin","room":"global","ref":"r","id":"%s","on":true}`, `"reactions":{"👍":["ada"]},"pinned":true}`},
			{`{"type":"react","room":"global","ref":"r","id":"%s","emoji":"👍","on":false}`, `"editedAt":T,"pinned":true}`},
			{`{"type":"pin","room":"global","ref":"r","id":"%s","on":false}`, `"editedAt":T}`},
			{`{"type":"delete","room":"global","ref":"r","id":"%s"}`, `"userId":"ada","userName":"","content":"","timestamp":T,"type":"text","seq":1,"deletedAt":T}`},
		} {
			for again := range 2 { // the second time changes nothing
				ada.send(c.frame, m.ID)
				kinds := map[string]in{}
				for _, f := range ada.drain() {
					kinds[f.Type] = f
				}
				if kinds["ok"].Ref != "r" || len(kinds) != 2-again {
					w.Fatalf("%s: got %v", c.frame, kinds)
				}
				list := bob.drain()
				if len(list) != 1-again {
					w.Fatalf("%s: bob got %v", c.frame, list)
				}
				if again > 0 {
					continue
				}
				f := list[0]
				if f.raw != kinds["update"].raw || f.Seq != uint64(i)+2 || f.Type != "update" || f.Room != "global" {
					w.Errorf("%s: got %s", c.frame, f)
				}
				got := strings.ReplaceAll(f.raw, fmt.Sprint(f.msg().Timestamp), "T")
				for _, at := range []int64{f.msg().EditedAt, f.msg().DeletedAt} {
					if at != 0 {
						got = strings.ReplaceAll(got, fmt.Sprint(at), "T")
					}
				}
				if !strings.HasSuffix(got, c.want+"}") {
					w.Errorf("%s:\n got %s\nwant %s", c.frame, got, c.want)
				}
				p := w.page(chat.HistoryQuery{})
				if raw := encode(p.Messages[0]); p.Head != chat.Seq(f.Seq) || !strings.Contains(f.raw, raw) {
					w.Errorf("history has %s", raw)
				}
			}
		}
		old.silent()
		if list := w.newest(); len(list) != 0 {
			w.Errorf("level 0 still shows %v", list)
		}
		// Without ref there is no answer.
		ada.send(`{"type":"delete","room":"global","id":%q}`, m.ID)
		ada.silent()
	})
}

func TestWhoMayChangeWhat(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		for _, c := range []struct {
			who, kind string
			arg       any
			want      string
		}{
			{"ada", "edit", "new", ""},
			{"bob", "edit", "new", "forbidden"},
			{"eve:owner", "edit", "new", "forbidden"},
			{"ada", "edit", " ", "empty"},
			{"ada", "edit", strings.Repeat("é", 10_001), "too_long"},
			{"ada", "delete", nil, ""},
			{"bob", "delete", nil, "forbidden"},
			{"bob:member", "delete", nil, "forbidden"},
			{"bob:guest", "delete", nil, "forbidden"},
			{"bob:moderator", "delete", nil, ""},
			{"bob:admin", "delete", nil, ""},
			{"bob:owner", "delete", nil, ""},
			{"bob:guest", "react", "👍", ""},
			{"bob", "react", "thumb", "bad_request"},
			{"bob", "react", "👍👍", "bad_request"},
			{"bob", "pin", nil, ""},
			{"bob:guest", "pin", nil, "forbidden"},
		} {
			m := w.say("ada", "x")
			_, err := w.change(c.who, c.kind, m, true, c.arg)
			if code(err) != c.want {
				t.Errorf("%s %s %.20v: %v, want %s", c.who, c.kind, c.arg, err, c.want)
			}
			if c.kind == "pin" && err == nil {
				w.changed(c.who, "pin", m, false)
			}
		}
		readOnly := somebody("ada")
		readOnly.ReadOnly = true
		if _, err := w.chat.Change(w.Context(), readOnly, "global", chat.ClientFrame{Type: "delete", ID: w.say("ada", "x").ID}); code(err) != "forbidden" {
			t.Errorf("a token that may read only: %v", err)
		}
		// A role is known of a socket too.
		m := w.say("ada", "x")
		mod := w.socket("mod", "role=moderator")
		mod.send(`{"type":"delete","room":"global","ref":"r","id":%q}`, m.ID)
		mod.next("ok")
		if err := w.chat.UpdateUser(w.Context(), person("mod", "Mod"), chat.RoleMember); err != nil {
			t.Fatal(err)
		}
		mod.send(`{"type":"delete","room":"global","ref":"r","id":%q}`, w.say("ada", "y").ID)
		if f := mod.next("error"); f.Code != "forbidden" {
			t.Errorf("who is no moderator any more: %s", f)
		}
		guest := w.socket("guest", "role=guest")
		guest.send(`{"type":"pin","room":"global","on":true,"id":%q}`, w.say("ada", "x").ID)
		if f := guest.next("error"); f.Code != "forbidden" {
			t.Errorf("got %s", f)
		}
	})
}

// Ids that aren't of this room's messages change nothing, and close no socket.
func TestChangesOfWhatIsNotThere(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		if _, err := (chat.NewRooms(tables, time.Now)).Add(w.Context(), chat.RoomEntry{Slug: "other"}); err != nil {
			t.Fatal(err)
		}
		here := w.say("ada", "here")
		foreign, err := w.chat.Post(w.Context(), somebody("eve"), "other", chat.NewMessage{Content: "there"}) // her list of rooms changes by that
		if err != nil || foreign.Seq != here.Seq {
			t.Fatalf("%+v, %v", foreign, err)
		}
		gone := w.say("ada", "gone")
		w.changed("ada", "delete", gone)
		ada, _ := w.joined("ada")
		for _, id := range []string{string(foreign.ID), string(gone.ID), "x", "01990d3e-6c4b-7a53-9d0e-ffffffffffff", string(here.ID[:35]),
			strings.ToUpper(string(here.ID[:34])) + "zz", strings.Replace(string(here.ID), "-7", "-4", 1)} {
			for _, f := range []string{`"type":"edit","content":"y"`, `"type":"react","emoji":"👍","on":true`, `"type":"pin","on":true`,
				`"type":"message","clientId":"c","content":"x","replyTo":"` + id + `"`, `"type":"message","clientId":"c","content":"x","thread":"` + id + `"`} {
				ada.send(`{"room":"global","id":%q,%s}`, id, f)
				if f := ada.next("error"); f.Code != "not_found" {
					t.Errorf("%s: got %s", id, f)
				}
			}
			if id == string(gone.ID) {
				continue
			}
			ada.send(`{"room":"global","id":%q,"type":"delete"}`, id)
			if f := ada.next("error"); f.Code != "not_found" {
				t.Errorf("%s: got %s", id, f)
			}
			if _, err := w.chat.Message(w.Context(), somebody("ada"), "global", chat.MessageID(id)); code(err) != "not_found" {
				t.Errorf("%s: read: %v", id, err)
			}
		}
		if p := w.page(chat.HistoryQuery{}); p.Head != 3 {
			t.Errorf("head is %d", p.Head)
		}
		for _, slug := range []string{"nowhere", ""} {
			if _, err := w.chat.Change(w.Context(), somebody("ada"), slug, chat.ClientFrame{Type: "delete", ID: here.ID}); code(err) != "not_found" {
				t.Errorf("%q: %v", slug, err)
			}
		}
	})
}

func TestLimitsOfReactionsAndPins(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		m := w.say("ada", "x")
		for i := range 50 {
			m = w.changed("ada", "react", m, string(rune(0x1f400+i)), true)
		}
		if _, err := w.change("ada", "react", m, "👍", true); code(err) != "forbidden" {
			t.Errorf("the 51st emoji: %v", err)
		}
		m = w.changed("bob", "react", m, string(rune(0x1f400)), true)
		if r := m.Reactions[0]; len(m.Reactions) != 50 || len(r.Users) != 2 || r.Users[1] != "bob" {
			t.Errorf("got %v", m.Reactions)
		}
		for i := 2; len(m.Reactions) > 0 && i < 10_000; i++ {
			_, err := w.change(fmt.Sprint("p", i), "react", m, string(rune(0x1f400)), true)
			if err != nil {
				if n := i + 49; code(err) != "forbidden" || n != 1000 {
					t.Errorf("after %d: %v", n, err)
				}
				break
			}
		}
		for i := range 100 {
			w.changed("ada", "pin", w.say("ada", fmt.Sprint(i)), true)
		}
		if _, err := w.change("ada", "pin", m, true); code(err) != "forbidden" {
			t.Errorf("the 101st pin: %v", err)
		}
		pins, err := w.chat.Pins(w.Context(), somebody("ada"), "global")
		if err != nil || len(pins.Messages) != 100 || pins.Messages[0].Content != "99" || pins.Messages[99].Content != "0" {
			t.Errorf("got %d pins, %v", len(pins.Messages), err)
		}
		w.changed("ada", "delete", pins.Messages[0]) // what is deleted isn't pinned
		w.changed("ada", "pin", m, true)
		if pins, err = w.chat.Pins(w.Context(), somebody("ada"), "global"); err != nil || len(pins.Messages) != 100 || pins.Messages[0].ID != m.ID {
			t.Errorf("got %d pins, %v", len(pins.Messages), err)
		}
	})
}

func TestChangeRate(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		m := w.say("ada", "x")
		for i := range 30 {
			w.changed("ada", "react", m, "👍", i%2 == 0)
		}
		for range 2 {
			_, err := w.change("ada", "react", m, "👍", true)
			if e := chat.AsError(err); e.Code != chat.CodeRateLimited || e.Retry <= 0 || e.Retry > 10*time.Second {
				t.Errorf("the 31st change: %v", err)
			}
			w.changed("ada", "react", m, "👍", false) // changes nothing
			w.changed("bob", "react", m, "🎉", true)
			w.changed("bob", "react", m, "🎉", false)
			w.restart() // it holds over that
		}
		w.say("ada", "posts are counted apart")
		time.Sleep(10 * time.Second)
		w.changed("ada", "react", m, "👍", true)
	})
}

// Edits come no faster than posts, over a restart too: else they would be a way to post.
func TestEditRate(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		m := w.say("ada", "x")
		for i := range 10 {
			w.changed("ada", "edit", m, fmt.Sprint("edit ", i))
		}
		for range 2 {
			_, err := w.change("ada", "edit", m, "one too many")
			if e := chat.AsError(err); e.Code != chat.CodeRateLimited || e.Retry <= 0 || e.Retry > 10*time.Second {
				t.Errorf("the 11th edit: %v", err)
			}
			w.restart()
		}
		w.changed("ada", "react", m, "👍", true)
		time.Sleep(10 * time.Second)
		w.changed("ada", "edit", m, "later")
	})
}

func TestVersions(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		m := w.say("ada", "v0")
		for i := 1; i <= 3; i++ {
			time.Sleep(time.Second)
			w.changed("ada", "edit", m, fmt.Sprint("v", i))
		}
		w.say("ada", "another")
		for _, who := range []string{"ada", "mod:moderator", "adm:admin", "own:owner"} {
			list, err := w.chat.Versions(w.Context(), somebody(who), "global", m.ID)
			if err != nil || len(list.Versions) != 3 || list.Versions[0].Content != "v0" || list.Versions[2].Content != "v2" ||
				list.Versions[0].Until != m.Timestamp+1000 {
				t.Errorf("%s: got %+v, %v", who, list, err)
			}
		}
		for _, who := range []string{"bob", "bob:guest"} {
			if _, err := w.chat.Versions(w.Context(), somebody(who), "global", m.ID); code(err) != "forbidden" {
				t.Errorf("%s: %v", who, err)
			}
		}
		for i := range 120 {
			w.changed("ada", "edit", m, fmt.Sprint("w", i))
		}
		list, err := w.chat.Versions(w.Context(), somebody("ada"), "global", m.ID)
		if n := len(list.Versions); err != nil || n != 100 || list.Versions[99].Content != "w118" || list.Versions[0].Content != "w19" {
			t.Errorf("%d versions, %+v to %+v, %v", n, list.Versions[0], list.Versions[n-1], err)
		}
		w.changed("ada", "delete", m)
		if list, err := w.chat.Versions(w.Context(), somebody("ada"), "global", m.ID); err != nil || len(list.Versions) != 0 {
			t.Errorf("of a deleted message: %+v, %v", list, err)
		}
		if strings.Contains(w.dump(), "w118") {
			t.Error("what a deleted message said is still stored")
		}
	})
}
