package chat_test

import (
	"fmt"
	"testing"

	"snug/chat"
)

func (w *world) reads(who, slug string) string {
	w.Helper()
	list, err := w.chat.Reads(w.Context(), chat.Actor{User: person(who, who), Role: chat.RoleOwner}, slug)
	if err != nil {
		return string(chat.AsError(err).Code)
	}
	if list.Reads == nil {
		w.Error("a list that is null")
	}
	return fmt.Sprint(list.Reads)
}

// How far people have read is shown in small rooms that aren't public, to who is in them.
func TestReads(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		var many []string
		for i := range 20 {
			many = append(many, fmt.Sprintf("p%02d", i))
		}
		w.accounts(append([]string{"ada", "bob", "eve"}, many...)...)
		for kind, people := range map[chat.RoomKind][]string{
			chat.KindDirect: {"bob"}, chat.KindGroup: {"bob", "p00"}, chat.KindPrivate: {"bob"},
		} {
			name := "" // directs and groups have none
			if kind == chat.KindPrivate {
				name = "A few"
			}
			slug := w.make("ada", kind, name, people...)
			w.sayIn(slug, "ada", "one")
			last := w.sayIn(slug, "ada", "two").Seq
			w.read("bob", slug, last, false)
			want := fmt.Sprintf("[{ada 0} {bob %d}]", last)
			if kind == chat.KindGroup {
				want = fmt.Sprintf("[{ada 0} {bob %d} {p00 0}]", last)
			}
			for _, who := range []string{"ada", "bob"} {
				if got := w.reads(who, slug); got != want {
					t.Errorf("%s: %s is told %s, want %s", kind, who, got, want)
				}
			}
			if got := w.reads("eve", slug); got != "not_found" {
				t.Errorf("%s: the server's owner, who isn't in it, is told %s", kind, got)
			}
		}
		if got := w.reads("ada", "nowhere"); got != "not_found" {
			t.Errorf("of no room: %s", got)
		}
		public := w.make("bob", chat.KindPublic, "All")
		w.read("bob", public, w.sayIn(public, "bob", "one").Seq, false)
		if got := w.reads("bob", public); got != "[]" {
			t.Errorf("of a public room: %s", got)
		}
		if got := w.reads("p00", w.make("p00", chat.KindPrivate, "Twenty", many[1:]...)); got == "[]" {
			t.Error("of 20 people: nothing")
		}
		if got := w.reads("eve", w.make("eve", chat.KindPrivate, "One more", many...)); got != "[]" {
			t.Errorf("of 21 people: %s", got)
		}
	})
}
