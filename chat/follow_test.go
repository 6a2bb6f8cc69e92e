package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/durable/durabletest"
)

func TestChangedComesOnceEventsAreDurable(t *testing.T) {
	var mu sync.Mutex
	var told []chat.Seq
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Changed = func(_ chat.RoomID, seq chat.Seq) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, seq)
		}
	}, func(w *world) {
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{}, durabletest.Fault{Err: errDisk})
		m := w.say("ada", "x")
		_, err := w.chat.Change(w.Context(), somebody("ada"), "global", chat.ClientFrame{Type: "delete", ID: m.ID})
		if err == nil {
			t.Error("a commit that failed is no failure")
		}
		w.changed("ada", "edit", m, "y")
		w.say("ada", "z")
		mu.Lock()
		defer mu.Unlock()
		if fmt.Sprint(told) != "[1 2 3]" {
			t.Errorf("told of %v", told)
		}
	})
}

func TestEvents(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		var room chat.RoomID
		w.stop()
		w.cfg.Changed = func(id chat.RoomID, _ chat.Seq) { room = id }
		w.start()
		m := w.say("ada", "one")
		w.say("ada", "two")
		w.changed("ada", "edit", m, "one!")
		w.changed("bob", "react", m, "👍", true)
		w.say("ada", "three")
		w.changed("ada", "delete", m)
		read := func(after chat.Seq, limit int) string {
			list, err := w.chat.Events(w.Context(), room, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			var text []string
			for _, e := range list {
				text = append(text, fmt.Sprint(e.Seq, " ", e.Kind, " ", e.Message.Seq, ":", e.Message.Content))
			}
			return strings.Join(text, ", ")
		}
		for _, c := range []struct {
			after chat.Seq
			limit int
			want  string
		}{
			{0, 100, "1 post 1:, 2 post 2:two, 3 edit 1:, 4 react 1:, 5 post 5:three, 6 delete 1:"},
			{2, 2, "3 edit 1:, 4 react 1:"}, {4, 1, "5 post 5:three"}, {6, 9, ""}, {99, 9, ""}, {0, 0, ""},
		} {
			if got := read(c.after, c.limit); got != c.want {
				t.Errorf("after %d: got %q, want %q", c.after, got, c.want)
			}
		}
		if list, err := w.chat.Events(w.Context(), "no such room", 0, 9); err != nil || len(list) != 0 {
			t.Errorf("got %v, %v", list, err)
		}
	})
}

// uploads stands for the files of a server that takes any.
type uploads struct {
	mu    sync.Mutex
	calls []string
	freed []string
}

func (u *uploads) Released(_ chat.RoomID, user chat.UserID, id chat.ClientID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.freed = append(u.freed, fmt.Sprint(user, id))
}

func (u *uploads) Claim(_ context.Context, room chat.RoomID, user chat.UserID, id chat.ClientID, files []string) (list []chat.Attachment, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls = append(u.calls, fmt.Sprint(user, id, files))
	for _, f := range files {
		if f == "missing" {
			return nil, &chat.Error{Code: chat.CodeNotFound, Message: "There is no such upload."}
		}
		if f == "broken" {
			return nil, errors.New("disk")
		}
		list = append(list, chat.Attachment{ID: f, Name: f + ".txt", MIME: "text/plain", Size: 3, URL: "/api/files/" + f + "/" + f + ".txt"})
	}
	return list, nil
}

func TestAttachments(t *testing.T) {
	files := &uploads{}
	inBubble(t, func(c *chat.Config) {
		unlimited(c)
		c.Files = files
	}, func(w *world) {
		ada, _ := w.joined("ada")
		for _, again := range []bool{false, true} {
			ada.send(`{"type":"message","room":"global","clientId":"c1","content":"","attachments":["f1","f2"]}`)
			if f := ada.next("ack"); f.Seq != 1 {
				t.Errorf("got %s", f)
			}
			if again {
				break
			}
			m := ada.next("message").msg()
			if len(m.Attachments) != 2 || m.Attachments[1].ID != "f2" || m.Attachments[0].Name != "f1.txt" {
				t.Errorf("got %+v", m)
			}
		}
		for file, want := range map[string]string{"missing": "not_found", "broken": ""} {
			ada.send(`{"type":"message","room":"global","clientId":"c2","ref":"r","content":"x","attachments":[%q]}`, file)
			if want == "" {
				want = "internal"
			}
			if f := ada.next("error"); f.Code != want || f.ClientID != "c2" {
				t.Errorf("%s: got %s", file, f)
			}
		}
		room := chat.RoomID("")
		list, err := w.chat.RoomList(w.Context(), somebody("ada"))
		if err != nil || len(list.Rooms) == 0 {
			t.Fatal(err)
		}
		w.cfg.Changed = func(id chat.RoomID, _ chat.Seq) { room = id }
		w.restart()
		m, err := w.chat.Post(w.Context(), somebody("ada"), "global", chat.NewMessage{ClientID: "c3", Content: "x", Attachments: []string{"f3"}})
		if err != nil {
			t.Fatal(err)
		}
		holds := func(id chat.ClientID, file string) bool {
			has, err := w.chat.Holds(w.Context(), room, "ada", id, file)
			if err != nil {
				t.Error(err)
			}
			return has
		}
		if !holds("c1", "f2") || !holds("c3", "f3") || holds("c1", "f3") || holds("c9", "f1") {
			t.Error("files are held by messages that don't have them, or not by those that do")
		}
		w.changed("ada", "edit", m, "") // a file is enough
		w.changed("ada", "delete", m)
		if holds("c3", "f3") {
			t.Error("a deleted message holds a file")
		}
		if len(files.freed) != 1 || files.freed[0] != "adac3" {
			t.Errorf("told that files are free: %q", files.freed)
		}
		if _, err := w.chat.Post(w.Context(), somebody("ada"), "global", chat.NewMessage{Content: "x", Attachments: []string{"f4"}}); code(err) != "bad_request" {
			t.Errorf("without a clientId: %v", err)
		}
	})
	inBubble(t, unlimited, func(w *world) {
		if _, err := w.chat.Post(w.Context(), somebody("ada"), "global", chat.NewMessage{ClientID: "c", Content: "x", Attachments: []string{"f"}}); code(err) != "bad_request" {
			t.Errorf("a server without files: %v", err)
		}
	})
}

// Where nobody knows whether an event is durable, who follows the room is told so, and
// can find out.
func TestDoubtedEvents(t *testing.T) {
	for name, c := range map[string]struct {
		fault durabletest.Fault
		kept  int
	}{
		"not stored":      {durabletest.Fault{Err: errDisk}, 0},
		"stored":          {durabletest.Fault{Err: errDisk, Keep: durabletest.KeepAll}, 1},
		"stored too late": {durabletest.Fault{Delay: 10 * time.Minute}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var doubted []chat.RoomID
			told := func() []chat.RoomID {
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(doubted)
			}
			inBubble(t, func(cfg *chat.Config) {
				unlimited(cfg)
				cfg.Changed = func(chat.RoomID, chat.Seq) {}
				cfg.Doubted = func(id chat.RoomID) {
					mu.Lock()
					defer mu.Unlock()
					doubted = append(doubted, id)
				}
			}, func(w *world) {
				if _, err := w.chat.Room(w.Context(), somebody("ada"), "global"); err != nil { // gives it a stream
					w.Fatal(err)
				}
				w.faults.Next(durabletest.CallCommit, c.fault)
				if _, err := w.chat.Post(w.Context(), somebody("ada"), "global", chat.NewMessage{Content: "x"}); err == nil {
					w.Error("a commit that failed is no failure")
				}
				synctest.Wait()
				room := w.roomID()
				if got := told(); !slices.Equal(got, []chat.RoomID{room}) {
					w.Fatalf("told of %v", got)
				}
				if err := w.chat.Ascertain(w.Context(), room); err != nil {
					w.Fatal(err)
				}
				for range 2 {
					if got, err := w.chat.Changes(w.Context(), room, 0, 10); err != nil || len(got.Messages) != c.kept {
						w.Errorf("%d messages, %v, want %d", len(got.Messages), err, c.kept)
					}
					time.Sleep(time.Hour) // whatever was on its way
				}
				w.say("ada", "y")
				synctest.Wait()
				if got := told(); len(got) != 1 {
					w.Errorf("told of %v", got)
				}
			})
		})
	}
}
