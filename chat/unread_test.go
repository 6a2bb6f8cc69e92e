package chat_test

import (
	"testing"

	"snug/chat"
)

// What one says oneself is nothing to read: a room is unread once somebody else has said
// something in it, while it is awake and when it sleeps.
func TestOwnPostsAreNotUnread(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPrivate, "Two", "bob")
		w.read("ada", slug, w.sayIn(slug, "bob", "hello").Seq, false)
		w.sayIn(slug, "ada", "from a script")
		own := w.sayIn(slug, "ada", "and once more")
		expect := func(who string, want int) {
			t.Helper()
			if got := w.summary(who, slug); got.Unread != want {
				t.Errorf("%s has %d unread, want %d", who, got.Unread, want)
			}
		}
		for range 2 {
			expect("ada", 0)
			expect("bob", 3)
			w.restart()
		}
		if got := w.summary("ada", slug); got.Read != own.Seq-2 {
			t.Errorf("the mark has moved to %d", got.Read)
		}
		// Whoever wants to come back to what they said puts the mark before it.
		w.read("ada", slug, own.Seq-2, true)
		expect("ada", 2)
		w.read("ada", slug, own.Seq-1, false)
		expect("ada", 0)
		w.sayIn(slug, "bob", "I see")
		expect("ada", 2)
	})
}
