package chat_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"snug/chat"
)

// shelf has every file that it is asked for.
type shelf struct {
	mu       sync.Mutex
	room     chat.RoomID
	released []string
}

func (s *shelf) Claim(_ context.Context, room chat.RoomID, _ chat.UserID, _ chat.ClientID, files []string) ([]chat.Attachment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room = room
	var list []chat.Attachment
	for _, id := range files {
		list = append(list, chat.Attachment{ID: id, Name: id + ".txt", MIME: "text/plain", Size: 3, URL: "/api/files/" + id + "/" + id + ".txt"})
	}
	return list, nil
}

func (s *shelf) Released(room chat.RoomID, user chat.UserID, id chat.ClientID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = append(s.released, fmt.Sprint(room == s.room, " ", user, " ", id))
}

// Files are held by the message that was posted with them, until it is deleted.
func TestHolds(t *testing.T) {
	files := &shelf{}
	inBubble(t, func(c *chat.Config) { c.Files = files }, func(w *world) {
		holds := func(who, id, file string) bool {
			w.Helper()
			held, err := w.chat.Holds(w.Context(), files.room, chat.UserID(who), chat.ClientID(id), file)
			if err != nil {
				w.Error(err)
			}
			return held
		}
		files.room = "nowhere"
		if holds("ada", "1", "a") {
			w.Error("a room without messages holds something")
		}
		withFiles := func(id string, names ...string) func(*chat.NewMessage) {
			return func(m *chat.NewMessage) { m.ClientID, m.Attachments = chat.ClientID(id), names }
		}
		m := w.say("ada", "", withFiles("1", "a", "b"))
		other := w.say("ada", "x", withFiles("2", "c"))
		w.say("ada", "no files", withFiles("3"))
		w.say("ada", "repeated with others", withFiles("2", "d"))
		w.crash()
		for _, row := range []struct {
			who, id, file string
			want          bool
		}{
			{"ada", "1", "a", true}, {"ada", "1", "b", true}, {"ada", "2", "c", true},
			{"ada", "1", "c", false}, {"ada", "2", "d", false}, {"bob", "1", "a", false}, {"ada", "3", "a", false}, {"ada", "", "a", false},
		} {
			if got := holds(row.who, row.id, row.file); got != row.want {
				w.Errorf("%v: %v", row, got)
			}
		}
		w.changed("ada", "edit", other, "y")
		if !holds("ada", "2", "c") {
			w.Error("an edit loses files")
		}
		w.changed("mod:moderator", "delete", m)
		w.changed("ada", "delete", m) // which changes nothing
		if holds("ada", "1", "a") || !holds("ada", "2", "c") {
			w.Error("the deleted message holds its file, or the other one doesn't")
		}
		if want := []string{"true ada 1"}; !slices.Equal(files.released, want) {
			w.Errorf("released: %q, want %q", files.released, want)
		}
	})
}
