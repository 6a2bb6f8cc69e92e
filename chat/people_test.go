package chat_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
)

func person(id, name string) chat.User { return chat.User{ID: chat.UserID(id), Name: name} }

func TestNewNameShowsAtOnce(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, _ := w.joined("ada")
		old := w.level0("ada/s2")
		bob, _ := w.joined("bob")
		synctest.Wait()
		time.Sleep(time.Second)
		bob.drain("presence")
		if err := w.chat.UpdateUser(w.Context(), person("ada", "Ada Lovelace"), ""); err != nil {
			t.Fatal(err)
		}
		if f := bob.next("presence"); len(f.Joined) != 1 || f.Joined[0].Name != "Ada Lovelace" || f.Count != 2 || len(f.Left) != 0 {
			t.Errorf("others hear %s", f)
		}
		ada.post("1", "one")
		old.send(`{"type":"message","content":"two"}`)
		for range 2 {
			if m := bob.next("message").msg(); m.UserName != "Ada Lovelace" || m.UserID != "ada" {
				t.Errorf("got %+v", m)
			}
		}
		w.hibernate()
		ada.post("3", "three")
		if m := bob.next("message").msg(); m.UserName != "Ada Lovelace" {
			t.Errorf("after a sleep: %+v", m)
		}
	})
}

// A socket that opens later bears the name that the session has then.
func TestProfileIsForgottenWithTheLastSocket(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada, _ := w.joined("ada")
		if err := w.chat.UpdateUser(w.Context(), person("ada", "Ada Lovelace"), ""); err != nil {
			t.Fatal(err)
		}
		ada.stop()
		<-ada.closed
		synctest.Wait()
		ada, _ = w.joined("ada")
		ada.post("1", "one")
		ada.next("ack")
		if m := ada.next("message").msg(); m.UserName != "Ada" {
			t.Errorf("got %+v", m)
		}
	})
}

// Whose role on the server is another is told so, on all their pages: what they may do in rooms
// is another then.
func TestRoleOnTheServerIsTold(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		ada, bob := w.socket("ada"), w.socket("bob")
		ada.lists.Store(true)
		bob.lists.Store(true)
		synctest.Wait()
		w.must(w.chat.UpdateUser(w.Context(), somebody("ada").User, chat.RoleModerator))
		ada.until("rooms")
		synctest.Wait()
		for _, f := range bob.drain() {
			if f.Type == "rooms" {
				t.Errorf("another was told %s", f)
			}
		}
	})
}

func TestForgottenUser(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		const posts = 2500 // several chunks of several batches
		ada, bob := w.socket("ada"), w.socket("bob")
		for i := range posts {
			who := ada
			if i%3 == 0 {
				who = bob
			}
			who.post(fmt.Sprint(i), fmt.Sprint("text ", i))
			who.next("ack")
		}
		var mine []string
		collect := func(slug string, m chat.Message, _ []chat.Version) error {
			if slug != "global" || m.UserID != "ada" {
				t.Errorf("got %s %+v", slug, m)
			}
			mine = append(mine, m.Content)
			return nil
		}
		if err := w.chat.MessagesBy(w.Context(), "ada", collect); err != nil {
			t.Fatal(err)
		}
		if len(mine) != posts-(posts+2)/3 || mine[0] != "text 1" || mine[len(mine)-1] != "text 2498" {
			t.Errorf("%d messages, from %s to %s", len(mine), mine[0], mine[len(mine)-1])
		}
		stop := errors.New("enough")
		if err := w.chat.MessagesBy(w.Context(), "ada", func(string, chat.Message, []chat.Version) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}

		for range 2 { // the second time nothing is left to do
			if err := w.chat.ForgetUsers(w.Context(), "nobody", "ada"); err != nil {
				t.Fatal(err)
			}
		}
		w.restart()
		if strings.Contains(w.dump(), `userName\":\"Ada`) {
			t.Error("the name is still stored")
		}
		after, names := chat.Seq(0), map[string]int{}
		for {
			page := w.page(chat.HistoryQuery{After: &after, Limit: 200})
			for _, m := range page.Messages {
				if after++; m.Seq != after || m.Content != fmt.Sprint("text ", m.Seq-1) {
					t.Fatalf("got %+v", m)
				}
				names[m.UserName]++
			}
			if !page.HasNewer {
				break
			}
		}
		if names["Deleted account"] != len(mine) || names["Bob"] != posts-len(mine) || len(names) != 2 {
			t.Errorf("names %v", names)
		}
	})
}

// A crash in the midst loses nothing: what deletes accounts calls again.
func TestForgetIsSafeToRepeatAfterACrash(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada := w.socket("ada")
		for i := range 10 {
			ada.post(fmt.Sprint(i), fmt.Sprint(i))
			ada.next("ack")
		}
		w.crash()
		if err := w.chat.ForgetUsers(w.Context(), "nobody", "ada"); err != nil {
			t.Fatal(err)
		}
		w.crash()
		if err := w.chat.ForgetUsers(w.Context(), "nobody", "ada"); err != nil {
			t.Fatal(err)
		}
		if page := w.page(chat.HistoryQuery{}); len(page.Messages) != 10 || page.Messages[3].UserName != "Deleted account" {
			t.Errorf("got %+v", page.Messages)
		}
	})
}

func TestPostWithoutASocket(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		bot := chat.Actor{User: person("bot", "Bot"), SessionKey: "token"}
		first, err := w.chat.Post(w.Context(), bot, "global", chat.NewMessage{ClientID: "c1", Content: "hello"})
		if err != nil || first.Seq != 1 || first.UserName != "Bot" || first.Content != "hello" {
			t.Fatalf("got %+v %v", first, err)
		}
		if m := ada.next("message").msg(); !reflect.DeepEqual(m, first) {
			t.Errorf("got %+v, want %+v", m, first)
		}
		again, err := w.chat.Post(w.Context(), bot, "global", chat.NewMessage{ClientID: "c1", Content: "other"})
		if err != nil || !reflect.DeepEqual(again, first) {
			t.Errorf("the same id: %+v %v", again, err)
		}
		for _, test := range []struct {
			slug, id, content string
			actor             chat.Actor
			code              chat.Code
		}{
			{"nowhere", "c2", "x", bot, chat.CodeNotFound},
			{"global", "c2", " ", bot, chat.CodeEmpty},
			{"global", "c2", strings.Repeat("x", 10_001), bot, chat.CodeTooLong},
			{"global", strings.Repeat("x", 65), "x", bot, chat.CodeBadRequest},
			{"global", "\xff", "x", bot, chat.CodeBadRequest},
			{"global", "c2", "x", chat.Actor{User: person("bot", "Bot"), ReadOnly: true}, chat.CodeForbidden},
		} {
			if _, err := w.chat.Post(w.Context(), test.actor, test.slug, chat.NewMessage{ClientID: chat.ClientID(test.id), Content: test.content}); err == nil || chat.AsError(err).Code != test.code {
				t.Errorf("%s %.20s: got %v, want %s", test.slug, test.content, err, test.code)
			}
		}
		for i := range 9 {
			if _, err := w.chat.Post(w.Context(), bot, "global", chat.NewMessage{Content: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.chat.Post(w.Context(), bot, "global", chat.NewMessage{Content: "too many"})
		if e := chat.AsError(err); e.Code != chat.CodeRateLimited || e.Retry <= 0 || e.Retry > 10*time.Second {
			t.Errorf("got %+v", e)
		}
	})
}

func TestTokenThatMayOnlyRead(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		ada, _ := w.joined("ada")
		reader := w.dial("/api/socket", "bot", "readonly=1")
		reader.next("hello")
		reader.send(`{"type":"join","room":"global"}`)
		reader.next("joined")
		synctest.Wait()
		time.Sleep(time.Second)
		reader.drain("presence")
		for _, text := range []string{`{"type":"message","room":"global","clientId":"c","content":"x","ref":"r"}`, `{"type":"typing","room":"global","ref":"r"}`} {
			reader.send("%s", text)
			if f := reader.next("error"); f.Code != "forbidden" || f.Ref != "r" {
				t.Errorf("got %s", f)
			}
		}
		old := w.dial("/api/chat", "bot", "readonly=1")
		old.send(`{"type":"message","content":"x"}`)
		ada.post("1", "hello")
		if list := reader.drain("message"); len(list) != 1 || list[0].msg().Content != "hello" || list[0].msg().Seq != 1 {
			t.Errorf("got %v", list)
		}
	})
}

func TestBannedPersonsSocketsClose(t *testing.T) {
	closed := make(chan string, 16)
	configure := func(c *chat.Config) { c.OnClosed = func(key string) { closed <- key } }
	inBubble(t, configure, func(w *world) {
		ada, _ := w.joined("ada")
		bob, _ := w.joined("bob")
		if !w.chat.Active("s-ada") || w.chat.Active("s-eve") {
			t.Error("who is active")
		}
		w.chat.BanUser("ada")
		ada.closes(4403)
		bob.next("presence")
		synctest.Wait()
		if key := <-closed; key != "s-ada" || w.chat.Active("s-ada") || !w.chat.Active("s-bob") {
			t.Errorf("closed %s", key)
		}
	})
}
