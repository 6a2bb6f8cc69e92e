package chat_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
)

// All sockets of a person hear, and nobody else's, that what waits for them has changed where
// no notice and no read mark says so: they read a thread, or wrote in it.
func TestAttentionIsTold(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		root := w.say("ada", "root")
		reply := w.say("bob", "reply", inThread(root))
		synctest.Wait()
		here, elsewhere, bob := w.socket("ada/s1"), w.socket("ada/s2"), w.socket("bob")
		quiet := func() {
			time.Sleep(2 * time.Second)
			for _, p := range []*peer{here, elsewhere, bob} {
				p.drain()
			}
		}
		told := func(what string, want int) {
			t.Helper()
			time.Sleep(3 * time.Second)
			for _, p := range []*peer{here, elsewhere} {
				list := p.drain("attention")
				if len(list) != want {
					t.Errorf("%s: told %d times, want %d", what, len(list), want)
				}
				for _, f := range list {
					if f.raw != `{"type":"attention"}` {
						t.Errorf("%s: got %s", what, f)
					}
				}
			}
			if n := len(bob.drain("attention")); n != 0 {
				t.Errorf("%s: another person is told %d times", what, n)
			}
		}
		read := func(seq chat.Seq) {
			t.Helper()
			_, err := w.chat.ReadThread(w.Context(), somebody("ada"), "global", root.ID, seq)
			w.must(err)
		}
		quiet()
		read(reply.Seq)
		told("a thread is read", 1)
		read(reply.Seq)
		read(reply.Seq - 1)
		told("the mark stays where it is", 0)
		_, err := w.chat.Follow(w.Context(), somebody("ada"), "global", root.ID, false)
		w.must(err)
		told("a thread isn't followed any more", 1)
		w.say("ada", "own", inThread(root))
		told("they answered in the thread", 1)
		w.chat.AttentionChangedIn(w.roomID())
		time.Sleep(3 * time.Second)
		for _, p := range []*peer{here, elsewhere, bob} {
			if n := len(p.drain("attention")); n != 1 {
				t.Errorf("who is in a room is told %d times", n)
			}
		}
	})
}

// It is told at once, and then once a second at most; the last change is told in any case.
func TestAttentionIsToldOfOnceASecond(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		ada := w.socket("ada")
		time.Sleep(time.Second)
		ada.drain()
		w.chat.AttentionChanged("ada", "nobody")
		ada.next("attention")
		for range 30 {
			w.chat.AttentionChanged("ada")
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if n := len(ada.drain("attention")); n != 3 {
			t.Errorf("told %d times more in 3 seconds", n)
		}
		ada.silent()
	})
}

// All that is unread in rooms and in the threads that a person knows is read at once: of
// rooms that they may see.
func TestReadAllReadsThreads(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("bob", chat.KindPrivate, "Den", "ada")
		root := w.say("ada", "root")
		left := w.say("ada", "that they don't follow any more")
		hidden := w.sayIn(slug, "ada", "hidden")
		answer := func(slug string, root chat.Message, content string) chat.Message {
			t.Helper()
			m, err := w.chat.Post(w.Context(), somebody("bob"), slug, chat.NewMessage{Content: content, Thread: root.ID})
			w.must(err)
			return m
		}
		last := make(map[chat.Seq]chat.Seq) // by root
		for i := range 3 {
			last[root.Seq] = answer("global", root, fmt.Sprint(i)).Seq
			last[left.Seq] = answer("global", left, fmt.Sprint(i)).Seq
		}
		unseen := answer(slug, hidden, "unseen")
		synctest.Wait()
		_, err := w.chat.Follow(w.Context(), somebody("ada"), "global", left.ID, false)
		w.must(err)
		w.must(w.chat.RemoveMember(w.Context(), somebody("bob"), slug, "ada"))
		ada := w.socket("ada")
		time.Sleep(2 * time.Second)
		ada.drain()

		w.must(w.chat.ReadAll(w.Context(), somebody("ada")))
		time.Sleep(2 * time.Second)
		if n := len(ada.drain("attention")); n != 1 {
			t.Errorf("told %d times", n)
		}
		list, err := w.chat.Threads(w.Context(), somebody("ada"))
		w.must(err)
		if len(list.Threads) != 1 || list.Threads[0].Unread != 0 || list.Threads[0].Read != last[root.Seq] {
			t.Errorf("threads: %+v", list.Threads)
		}
		marks, err := w.chat.MarksOf(w.Context(), "ada", true)
		w.must(err)
		den := roomID(w.T, slug)
		for _, c := range []struct {
			what string
			at   chat.Place
			seq  chat.Seq
			want bool
		}{
			{"the thread", chat.Place{Room: w.roomID(), Root: root.Seq}, last[root.Seq], true},
			{"one that isn't followed", chat.Place{Room: w.roomID(), Root: left.Seq}, last[left.Seq], true},
			{"one of a room that they aren't in any more", chat.Place{Room: den, Root: hidden.Seq}, unseen.Seq, false},
		} {
			if got := marks.Read(c.at, c.seq); got != c.want {
				t.Errorf("%s is read: %v, want %v", c.what, got, c.want)
			}
		}
	})
}
