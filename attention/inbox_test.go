package attention

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

func TestInboxPages(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for range 7 {
		w.post("global", "ada", to("bob"))
	}
	w.catchUp()
	var seqs []chat.Seq
	before := int64(0)
	for {
		page, err := w.Inbox(t.Context(), "bob", InboxQuery{Before: before, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		if page.Unread != 7 {
			t.Errorf("a page says that %d are unread", page.Unread)
		}
		for _, i := range page.Items {
			seqs, before = append(seqs, i.Message.Seq), i.ID
		}
		if !page.HasOlder {
			break
		}
	}
	if fmt.Sprint(seqs) != "[7 6 5 4 3 2 1]" {
		t.Errorf("pages hold %v", seqs)
	}
	for _, limit := range []int{-1, maxPage + 1} {
		if _, err := w.Inbox(t.Context(), "bob", InboxQuery{Limit: limit}); err == nil {
			t.Errorf("a limit of %d is taken", limit)
		}
	}
}

func TestTicks(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.room("team", "public", "ada", "bob")
	for range 4 {
		w.post("global", "ada", to("bob")+to("cyd"))
	}
	w.post("team", "ada", toRoom)
	w.catchUp()
	ids := func(name chat.UserID) (list []int64) {
		page, err := w.Inbox(t.Context(), name, InboxQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			list = append(list, i.ID)
		}
		return list
	}
	bob := ids("bob")
	tick := func(name chat.UserID, ticks Ticks, left int) {
		t.Helper()
		if n, err := w.ReadInbox(t.Context(), name, ticks); err != nil || n.Unread != left {
			t.Errorf("%+v leaves %d, %v; want %d", ticks, n.Unread, err, left)
		}
	}
	tick("bob", Ticks{IDs: []int64{bob[0], bob[2], 9999}}, 3)
	w.wantInbox("bob", "(team call #1), mention #4, (mention #3), mention #2, mention #1")
	tick("bob", Ticks{IDs: []int64{bob[0]}}, 3)
	tick("bob", Ticks{Through: bob[3]}, 1)
	tick("bob", Ticks{Through: bob[4]}, 1) // it doesn't go back
	w.wantInbox("cyd", "mention #4, mention #3, mention #2, mention #1")
	tick("cyd", Ticks{IDs: bob}, 4) // which are somebody else's
	tick("bob", Ticks{Through: 1 << 50}, 0)
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.wantInbox("bob", "mention #5, (team call #1), (mention #4), (mention #3), (mention #2), (mention #1)")
	for name, ticks := range map[string]Ticks{"nothing": {}, "a negative one": {Through: -1}, "too many": {IDs: make([]int64, maxTicked+1)}} {
		var wrong *chat.Error
		if _, err := w.ReadInbox(t.Context(), "bob", ticks); !errors.As(err, &wrong) || wrong.Code != chat.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// model is what a person's inbox is, naively: a list of all that ever called for their
// attention, with marks.
type model struct {
	items []modelItem
	marks map[chat.Place]chat.Seq
}

type modelItem struct {
	room   string
	seq    chat.Seq
	root   chat.Seq
	kind   chat.NoticeKind
	ticked bool
	gone   bool
}

func (m *model) read(i modelItem) bool {
	return i.ticked || i.seq <= m.marks[chat.Place{Room: chat.RoomID(i.room), Root: i.root}]
}

// Counts and marks are those of a naive model, whatever is posted, edited, deleted, read,
// marked unread, ticked off or lost in a crash, in whatever order.
func TestCountsAreThoseOfAModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	people := []string{"ada", "bob", "cyd"}
	w := newWorld(t, people...)
	w.room("team", "public", people...)
	w.room("tea", "public", "ada", "bob")
	member := map[string][]string{"team": people, "tea": {"ada", "bob"}}
	models := map[string]*model{}
	for _, p := range people {
		models[p] = &model{marks: map[chat.Place]chat.Seq{}}
	}
	type posted struct {
		room string
		by   string
		m    chat.Message
		root chat.Seq
		told map[string]chat.NoticeKind
	}
	var all []*posted
	roots := map[string][]*posted{}
	followers := map[string]map[string]bool{} // by the id of the root
	// Only members post: whoever else does becomes one a moment later.
	of := func(list []string) string { return list[rng.IntN(len(list))] }
	pick := func() string { return of(people) }
	words := func(room string) (content string, told map[string]chat.NoticeKind) {
		content, told = "x", map[string]chat.NoticeKind{}
		if rng.IntN(8) == 0 {
			content += toRoom
			for _, p := range member[room] {
				told[p] = chat.NoticeCall
			}
		}
		for range rng.IntN(3) {
			p := pick()
			content += to(p)
			told[p] = chat.NoticeMention
		}
		return content, told
	}
	add := func(p *posted, told map[string]chat.NoticeKind) {
		for who, kind := range told {
			if who != p.by {
				models[who].items = append(models[who].items, modelItem{room: "id-" + p.room, seq: p.m.Seq, root: p.root, kind: kind})
			}
		}
		p.told = told
	}
	head := map[string]chat.Seq{}
	for step := range 200 {
		room := []string{"team", "tea"}[rng.IntN(2)]
		switch rng.IntN(12) {
		case 0, 1, 2: // post
			by := of(member[room])
			content, told := words(room)
			p := &posted{room: room, by: by, m: w.post(room, by, content)}
			add(p, told)
			all, roots[room] = append(all, p), append(roots[room], p)
			head[room] = p.m.Seq
			followers[string(p.m.ID)] = map[string]bool{by: true}
		case 3, 4: // reply in a thread
			if len(roots[room]) == 0 {
				continue
			}
			root := roots[room][rng.IntN(len(roots[room]))]
			if root.m.DeletedAt != 0 {
				continue
			}
			by := of(member[room])
			content, told := words(room)
			p := &posted{room: room, by: by, m: w.post(room, by, content, in(root.m)), root: root.m.Seq}
			followers[string(root.m.ID)][by] = true
			for who := range followers[string(root.m.ID)] {
				if kind := told[who]; kind == "" || strength(kind) > strength(chat.NoticeThread) {
					told[who] = chat.NoticeThread
				}
			}
			add(p, told)
			all = append(all, p)
			head[room] = p.m.Seq
			// Who replies has read the thread up to there.
			at := chat.Place{Room: chat.RoomID("id-" + room), Root: root.m.Seq}
			models[by].marks[at] = max(models[by].marks[at], p.m.Seq)
		case 5: // delete
			if len(all) == 0 {
				continue
			}
			p := all[rng.IntN(len(all))]
			if p.m.DeletedAt != 0 {
				continue
			}
			w.catchUp()
			w.remove(p.room, p.by, p.m)
			p.m.DeletedAt = 1
			for _, m := range models {
				for i := range m.items {
					if it := &m.items[i]; it.room == "id-"+p.room && it.seq == p.m.Seq {
						it.gone = true
					}
				}
			}
			head[p.room]++
		case 6: // edit a mention away, or another into it
			if len(all) == 0 {
				continue
			}
			p := all[rng.IntN(len(all))]
			if p.m.DeletedAt != 0 || p.root != 0 || slices.Contains(slices.Collect(maps.Values(p.told)), chat.NoticeCall) {
				continue
			}
			w.catchUp()
			who := pick()
			content := fmt.Sprintf("edited %d %s", step, to(who))
			w.edit(p.room, p.by, p.m, content)
			head[p.room]++
			for name, m := range models {
				for i := range m.items {
					if it := &m.items[i]; it.room == "id-"+p.room && it.seq == p.m.Seq && it.kind == chat.NoticeMention && name != who {
						it.gone = true
					}
				}
			}
			if p.told[who] == "" && who != p.by {
				models[who].items = append(models[who].items, modelItem{room: "id-" + p.room, seq: p.m.Seq, kind: chat.NoticeMention})
			}
			p.told = map[string]chat.NoticeKind{who: chat.NoticeMention}
		case 7: // read some of a room
			if head[room] == 0 {
				continue
			}
			who, seq := pick(), chat.Seq(rng.Uint64N(uint64(head[room])+1))
			w.read(room, who, seq)
			at := chat.Place{Room: chat.RoomID("id-" + room)}
			models[who].marks[at] = max(models[who].marks[at], seq)
		case 8: // mark unread
			who, seq := pick(), chat.Seq(rng.Uint64N(uint64(head[room])+1))
			if _, err := w.chat.MarkRead(t.Context(), actor(who), room, seq, true); err != nil {
				t.Fatal(err)
			}
			models[who].marks[chat.Place{Room: chat.RoomID("id-" + room)}] = seq
		case 9: // read a thread
			if len(roots[room]) == 0 {
				continue
			}
			root, who := roots[room][rng.IntN(len(roots[room]))], pick()
			if _, err := w.chat.ReadThread(t.Context(), actor(who), room, root.m.ID, chat.Seq(rng.Uint64N(uint64(head[room])+1))); err != nil {
				t.Fatal(err)
			}
			marks, err := w.chat.MarksOf(t.Context(), chat.UserID(who), true)
			if err != nil {
				t.Fatal(err)
			}
			at := chat.Place{Room: chat.RoomID("id-" + room), Root: root.m.Seq}
			models[who].marks[at] = marks[at]
		case 10: // tick one off
			w.catchUp()
			who := pick()
			page, err := w.Inbox(t.Context(), chat.UserID(who), InboxQuery{Limit: maxPage})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Items) == 0 {
				continue
			}
			it := page.Items[rng.IntN(len(page.Items))]
			if _, err := w.ReadInbox(t.Context(), chat.UserID(who), Ticks{IDs: []int64{it.ID}}); err != nil {
				t.Fatal(err)
			}
			for i := range models[who].items {
				if m := &models[who].items[i]; !m.gone && m.room == "id-"+it.Room && m.seq == it.Message.Seq {
					m.ticked = true
				}
			}
		case 11: // a crash
			w.restart()
		}
		if step%8 != 0 {
			continue
		}
		w.catchUp()
		for _, name := range people {
			w.compare(step, name, models[name])
		}
	}
}

// compare holds a person's inbox and counts against the model.
func (w *world) compare(step int, name string, m *model) {
	w.Helper()
	var want, got []string
	counts := map[chat.RoomID]int{}
	for _, i := range m.items {
		if i.gone {
			continue
		}
		want = append(want, fmt.Sprintf("%s %s %d %v", i.kind, i.room, i.seq, m.read(i)))
		if speaks := i.kind != chat.NoticeThread; speaks && !m.read(i) {
			counts[chat.RoomID(i.room)] = min(counts[chat.RoomID(i.room)]+1, maxCounted)
		}
	}
	before := int64(0)
	for {
		page, err := w.Inbox(w.Context(), chat.UserID(name), InboxQuery{Limit: maxPage, Before: before})
		if err != nil {
			w.Fatal(err)
		}
		for _, i := range page.Items {
			got = append(got, fmt.Sprintf("%s id-%s %d %v", i.Kind, i.Room, i.Message.Seq, i.Read))
			before = i.ID
		}
		if !page.HasOlder {
			break
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.Fatalf("step %d, inbox of %s:\n got %s\nwant %s", step, name, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	mentions, err := w.Mentions(w.Context(), chat.UserID(name))
	if err != nil || cmp.Compare(len(mentions), len(counts)) != 0 || !maps.Equal(mentions, counts) && len(counts) > 0 {
		w.Fatalf("step %d, counts of %s: %v, %v, want %v", step, name, mentions, err, counts)
	}
}
