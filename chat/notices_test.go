package chat_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable/durabletest"
)

// Who begins a thread, and who replies in it, follow it, whatever happens between the
// moment in which the reply is durable and the one in which their inboxes have heard of it.
func TestFollowsSurvive(t *testing.T) {
	for name, happens := range map[string]func(w *world){
		"a kill":              (*world).crash,
		"an inbox that fails": func(*world) {},
		"a stop":              (*world).restart,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, unlimited, func(w *world) {
				w.fill(300, "x") // so that seqs look like no text
				root := w.say("ada", "root")
				synctest.Wait()
				// The reply's own commit passes, and none after it for a while.
				w.faults.Next(durabletest.CallCommit, durabletest.Fault{},
					durabletest.Fault{Err: errDisk, Delay: time.Second}, durabletest.Fault{Err: errDisk, Delay: time.Second})
				w.say("bob", "reply", inThread(root))
				happens(w)
				time.Sleep(time.Minute)
				for who, unread := range map[string]int{"ada": 1, "bob": 0} {
					list, err := w.chat.Threads(w.Context(), somebody(who))
					if err != nil {
						w.Fatal(err)
					}
					if len(list.Threads) != 1 || list.Threads[0].Root.ID != root.ID || list.Threads[0].Unread != unread {
						w.Errorf("%s follows %+v", who, list.Threads)
					}
				}
				if dump := w.dump(); strings.Contains(dump, `"n/`) {
					w.Errorf("notices that were taken are kept: %s", dump)
				}
			})
		})
	}
}

// A notice that comes a second time, late, changes nothing that its person said meanwhile.
func TestLateNotices(t *testing.T) {
	inBubble(t, unlimited, func(w *world) {
		root := w.say("ada", "root")
		synctest.Wait()
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{}, durabletest.Fault{Err: errDisk})
		w.say("bob", "reply", inThread(root))
		synctest.Wait() // ada's inbox hasn't taken it
		if _, err := w.chat.Follow(w.Context(), somebody("ada"), "global", root.ID, false); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Minute)
		list, err := w.chat.Threads(w.Context(), somebody("ada"))
		if err != nil || len(list.Threads) != 0 {
			w.Errorf("a thread that was left is followed again: %+v, %v", list, err)
		}
	})
}
