package chat_test

import (
	"testing"
	"testing/synctest"

	"snug/chat"
)

// Who becomes a member by a first post has read what was there and the post, whichever way
// it came, as if they had joined; what is said since is unread.
func TestFirstPostBeginsReading(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob", "cyn", "dan")
		slug := w.make("ada", chat.KindPublic, "Open")
		for range 3 {
			w.sayIn(slug, "ada", "before")
		}
		posts := map[string]chat.Seq{}
		posts["bob"] = w.sayIn(slug, "bob", "by HTTP").Seq
		p := w.enter("cyn", slug)
		p.send(`{"type":"message","room":%q,"clientId":"c","content":"ahead"}`, slug)
		synctest.Wait()
		posts["cyn"] = posts["bob"] + 1
		posts["dan"] = w.sayIn(slug, "dan", "and then").Seq
		synctest.Wait()
		for who, seq := range posts {
			if got := w.summary(who, slug); got.Read != seq || got.Unread != int(posts["dan"]-seq) {
				t.Errorf("%s: read %d, want %d; unread %d", who, got.Read, seq, got.Unread)
			}
		}
		// Once: later posts leave the mark alone.
		w.sayIn(slug, "ada", "a question")
		w.sayIn(slug, "bob", "an answer")
		synctest.Wait()
		if got := w.summary("bob", slug); got.Read != posts["bob"] {
			t.Errorf("bob has read up to %d, want %d", got.Read, posts["bob"])
		}
		// Who comes back by a post goes on where they were.
		w.must(w.chat.LeaveRoom(w.Context(), somebody("bob"), slug))
		w.sayIn(slug, "bob", "back")
		synctest.Wait()
		if got := w.summary("bob", slug); got.Read != posts["bob"] {
			t.Errorf("back, bob has read up to %d, want %d", got.Read, posts["bob"])
		}
	})
}
