package chat_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
)

// A naive room: what each seq is, and how far each person has read.
type naiveRoom struct {
	slug    string
	authors []string // by seq - 1: of the message; "": it is none
	ids     []chat.MessageID
	floor   int // seqs that retention removed
	read    map[string]int
	back    map[string]bool // who put their mark back
}

func (n *naiveRoom) unread(who string) (count int) {
	others := 0
	for i, author := range n.authors {
		if author != "" && i+1 > n.read[who] && i+1 > n.floor {
			count++
			if author != who {
				others++
			}
		}
	}
	if others == 0 && count < 100 && !n.back[who] { // of more nobody looks whose they are
		return 0
	}
	return min(count, 100)
}

// Whatever happens in rooms (posts, changes, events of the room, retention, sleep,
// restarts) and however people read, the list of rooms tells what a naive count does.
func TestUnreadIsAsCounted(t *testing.T) {
	seed := cmp.Or(*seedFlag, rand.Uint64())
	t.Logf("-seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 4))
	configure := ownTables(t)
	inBubble(t, func(c *chat.Config) {
		configure(c)
		c.Retention = chat.Retention{Messages: 150}
	}, func(w *world) {
		people := []string{"ada", "bob"}
		w.accounts(people...)
		var rooms []*naiveRoom
		for i := range 3 {
			slug := w.make("ada", chat.KindPrivate, fmt.Sprint("Room ", i), "bob")
			rooms = append(rooms, &naiveRoom{slug: slug, read: map[string]int{}, back: map[string]bool{}})
		}
		pick := func(n *naiveRoom) chat.MessageID { return n.ids[rng.IntN(len(n.ids))] }
		archived := map[*naiveRoom]bool{}
		for step := range 600 {
			n := rooms[rng.IntN(len(rooms))]
			who := people[rng.IntN(len(people))]
			switch what := rng.IntN(100); {
			case what < 55 && !archived[n]:
				for range 1 + rng.IntN(20) {
					m := w.sayIn(n.slug, who, "x")
					n.authors, n.ids = append(n.authors, who), append(n.ids, m.ID)
				}
			case what < 70 && !archived[n] && len(n.ids) > 0:
				emoji, on := "👍", rng.IntN(2) == 0
				before := w.head(n.slug)
				_, err := w.chat.Change(w.Context(), somebody(who), n.slug, chat.ClientFrame{Type: chat.FrameReact, ID: pick(n), Emoji: emoji, On: &on})
				if err != nil && code(err) != "not_found" {
					t.Fatal(err)
				}
				n.events(int(w.head(n.slug) - before))
			case what < 80:
				topic := fmt.Sprint("topic ", step)
				_, err := w.chat.ChangeRoom(w.Context(), somebody("ada"), n.slug, chat.RoomChange{Topic: &topic})
				w.must(err)
				n.events(1)
			case what < 83:
				archived[n] = !archived[n]
				_, err := w.chat.Archive(w.Context(), somebody("ada"), n.slug, archived[n])
				w.must(err)
				n.events(1)
			case what < 93 && len(n.authors) > 0:
				seq, back := 1+rng.IntN(len(n.authors)), rng.IntN(4) == 0
				w.read(who, n.slug, chat.Seq(seq), back)
				if seq > n.read[who] || back {
					n.read[who], n.back[who] = seq, back
				}
			case what < 95:
				w.must(w.chat.ReadAll(w.Context(), somebody(who)))
				for _, r := range rooms {
					if r.read[who] < len(r.authors) {
						r.read[who], r.back[who] = len(r.authors), false
					}
				}
			case what < 98:
				time.Sleep(2 * time.Minute) // retention, and then sleep
				synctest.Wait()
			default:
				w.restart()
			}
			if step%5 != 0 {
				continue
			}
			for _, r := range rooms {
				r.floor = w.floor(r.slug)
			}
			for _, who := range people {
				list, err := w.chat.RoomList(w.Context(), somebody(who))
				w.must(err)
				for _, r := range rooms {
					for _, told := range list.Rooms {
						if told.Slug == r.slug && (told.Unread != r.unread(who) || told.Head != chat.Seq(len(r.authors)) || told.Read != chat.Seq(r.read[who])) {
							t.Fatalf("step %d: %s has %d unread of %d in %s, read up to %d (floor %d); counted %d unread, read up to %d",
								step, who, told.Unread, told.Head, r.slug, told.Read, r.floor, r.unread(who), r.read[who])
						}
					}
				}
			}
		}
	})
}

func (n *naiveRoom) events(count int) {
	for range count {
		n.authors = append(n.authors, "")
	}
}

func (w *world) head(slug string) chat.Seq {
	w.Helper()
	info, err := w.chat.Room(w.Context(), somebody("ada"), slug)
	w.must(err)
	return info.Head
}

// floor is the last seq that is gone: what comes before the oldest message.
func (w *world) floor(slug string) int {
	w.Helper()
	c, err := w.chat.Changes(w.Context(), roomIn(w, slug), 0, 1)
	w.must(err)
	return int(c.Floor)
}
