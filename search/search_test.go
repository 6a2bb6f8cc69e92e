package search

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

func TestFind(t *testing.T) {
	for _, c := range []struct{ content, text string }{
		{"The quick brown fox", "quick"},
		{"The quick brown fox", "QUICK fox"},
		{"The quick brown fox", "uic"},
		{"The quick brown fox", `"quick brown"`},
		{"The quick   brown\nfox", `"quick brown fox"`},
		{"Straße nach Zürich", "strasse zurich"},
		{"STRASSE", "straße"},
		{"Ὀδυσσεύς", "οδυσσευσ"},
		{"İstanbul ve ıhlamur", "istanbul ihlamur"},
		{"今天天气很好", "天气"},
		{"今天天气很好", "好"},
		{"東京タワーに行く", "タワー"},
		{"한국어를 배우다", "국어"},
		{"สวัสดีชาวโลก", "ชาว"},
		{"नमस्ते दुनिया", "दुनिया"},
		{"مَرْحَبًا بالعالم", "مرحبا"},
		{"שָׁלוֹם עולם", "שלום"},
		{"well done 🎉🎉", "🎉"},
		{"price: 5 € today", "€"},
		{"go is fine", "go"},
		{"going home", "go"},
		{"plan b works", "b"},
		{"use c++ here", "c++"},
		{"foo-mail.example", "o-mail"},
		{"mail me at ada@example.org", "ada@example"},
		{"version 1.26.8", "1.26"},
		{"ﬁne ligature", "fine"},
		{"cafe\u0301 noir", "café"},
		{"a\u00a0b c", `"a b"`},
		{"snake_case_name", "case_na"},
		{"x", "x"},
	} {
		w := newWorld(t, "one")
		x := w.opened()
		w.post("one", "Ada", "something else")
		w.post("one", "Ada", c.content)
		w.catchUp(x)
		if got := w.found(x, Request{Text: c.text}); !slices.Equal(got, []string{"one-2"}) {
			t.Errorf("%q in %q: found %v", c.text, c.content, got)
		}
	}
}

func TestDontFind(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "The quick brown fox is going")
	w.catchUp(x)
	for _, text := range []string{
		"quack", "quick cat", `"brown quick"`, "quickbrown", "oing going on", "-fox quick", `-"brown fox" quick`,
		"in:one slow", "from:bob", "has:link", "before:2026-11-28", "after:2026-11-28", "o", "wn",
	} {
		w.expect(x, text)
	}
}

func TestOperators(t *testing.T) {
	w := newWorld(t, "one", "two")
	x := w.opened()
	w.post("one", "Ada", "see https://example.org")
	w.post("two", "Ada Lovelace", "some `code` of mine")
	w.post("one", "Bob", "a picture", func(m *chat.Message) {
		m.Attachments = []chat.Attachment{{Name: "Sunset at sea.jpg", MIME: "image/jpeg"}}
	})
	w.clock = w.clock.Add(48 * time.Hour)
	w.post("two", "Bob", "two days later, https too: https://example.com")
	w.catchUp(x)
	w.expect(x, "has:link", "two-2", "one-1")
	w.expect(x, "has:code", "two-1")
	w.expect(x, "HAS:files", "one-2")
	w.expect(x, "has:image sunset", "one-2")
	w.expect(x, "from:ada", "two-1", "one-1")
	w.expect(x, `from:"ada lovelace"`, "two-1")
	w.expect(x, "from:@Bob in:#one", "one-2")
	w.expect(x, "from:ada from:bob in:one", "one-2", "one-1")
	w.expect(x, "in:one in:two https", "two-2", "one-1")
	w.expect(x, "from:u-bob", "two-2", "one-2")
	w.expect(x, "after:2026-11-28", "two-2")
	w.expect(x, "before:2026-11-29 has:link", "one-1")
	w.expect(x, "on:2026-11-30", "two-2")
	w.expect(x, "on:2026-11 https", "two-2", "one-1")
	w.expect(x, "after:yesterday", "two-2")
	w.expect(x, "https -days", "one-1")
	if got := w.found(x, Request{Text: "https", Room: "one"}); !slices.Equal(got, []string{"one-1"}) {
		t.Errorf("in one room: %v", got)
	}
	if got := w.found(x, Request{Text: "https in:two", Room: "one"}); len(got) > 0 {
		t.Errorf("in two rooms at once: %v", got)
	}
	berlin := time.FixedZone("", 3600)
	if got := w.found(x, Request{Text: "on:2026-11-28 in:one", Where: berlin}); len(got) != 2 {
		t.Errorf("a day elsewhere: %v", got)
	}
	w.hidden["id-two"] = true
	w.expect(x, "https", "one-1")
	if _, err := x.Search(t.Context(), chat.Actor{}, Request{Text: "in:two x"}); chat.AsError(err).Code != chat.CodeNotFound {
		t.Errorf("in a hidden room: %v", err)
	}
}

// A name that many have isn't looked for in hundreds of rooms at once, but is in one of them.
func TestManyPeopleInManyRooms(t *testing.T) {
	const rooms, people = 200, 20
	slugs := make([]string, rooms)
	for i := range slugs {
		slugs[i] = "r" + strconv.Itoa(i)
	}
	w := newWorld(t, slugs...)
	x := w.opened()
	for i, slug := range slugs {
		w.closed[chat.RoomID("id-"+slug)] = true
		w.post(slug, "Ada "+strconv.Itoa(i%people), "hello")
	}
	w.post("r0", "Bob", "hello")
	w.tell(x)
	w.catchUp(x)
	_, err := x.Search(t.Context(), chat.Actor{}, Request{Text: "from:ada"})
	if e := chat.AsError(err); err == nil || e.Code != chat.CodeBadRequest || !strings.Contains(e.Message, "in which room") {
		t.Errorf("from %d people in %d rooms: %v", people, rooms, err)
	}
	w.expect(x, "from:ada in:r7", "r7-1")
	w.expect(x, "from:bob", "r0-2")
}

// The index doesn't give out what is in rooms that one can't see, so that a search takes no
// longer for it: neither for what is in messages, nor for who wrote them and when. That a
// room becomes one of these, or isn't any more, is so as soon as the index has heard of it.
func TestHiddenRoomsTakeNoTime(t *testing.T) {
	w := newWorld(t, "one", "two", "three")
	x := w.opened()
	w.closed["id-two"], w.closed["id-three"] = true, true
	for range chunk {
		w.post("two", "Bob", "the secret project")
	}
	w.post("one", "Ada", "a project of ours")
	w.post("three", "Bob", "no project")
	w.catchUp(x)
	w.expect(x, "secret ours")
	w.expect(x, "in:three project", "three-1")
	w.expect(x, "in:three in:one", "three-1", "one-1")
	if got := len(w.found(x, Request{Text: "secret from:bob"})); got != chunk {
		t.Errorf("who may see it finds %d", got)
	}
	hidden := func() {
		t.Helper()
		w.hidden["id-two"] = true
		w.expect(x, "project", "three-1", "one-1")
		w.expect(x, "secret")
		w.expect(x, "from:bob", "three-1")
		w.expect(x, "-ours", "three-1")
		w.expect(x, "after:2026-11-01", "three-1", "one-1")
		if w.peeked > 0 {
			t.Errorf("the index gave messages of a hidden room %d times", w.peeked)
		}
		w.hidden["id-two"] = false
	}
	hidden()
	w.closed["id-two"] = false
	w.change("two", 1, func(*chat.Message) {})
	w.tell(x)
	w.catchUp(x)
	w.closed["id-one"] = true
	if got := len(w.found(x, Request{Text: "secret"})); got != chunk {
		t.Errorf("once it is public all find %d", got)
	}
	w.closed["id-one"], w.closed["id-two"] = false, true
	w.change("two", 1, func(*chat.Message) {})
	w.tell(x)
	w.catchUp(x)
	hidden()
}

func TestWordsForWrongQueries(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	for text, says := range map[string]string{
		"before:soon":            "before: takes a day",
		"after:":                 "after: needs something",
		"has:cats":               "has: takes link",
		"-from:ada":              "A minus goes before a word",
		strings.Repeat("a ", 17): "at most 16 words",
		strings.Repeat("a", 501): "at most 500 characters",
	} {
		_, err := x.Search(t.Context(), chat.Actor{}, Request{Text: text})
		var shown *chat.Error
		if !errors.As(err, &shown) || shown.Code != chat.CodeBadRequest || !strings.Contains(shown.Message, says) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	for _, r := range []Request{{Text: "a", Order: "worst"}, {Text: "a", Cursor: "!"}} {
		if _, err := x.Search(t.Context(), chat.Actor{}, r); chat.AsError(err).Code != chat.CodeBadRequest {
			t.Errorf("%+v: %v", r, err)
		}
	}
	w.expect(x, "")
	w.expect(x, `  ""  "`)
	w.expect(x, "-")
}

func TestMarks(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	content := "🎉 Zürich, ZU\u0308RICH and Strasse"
	w.post("one", "Ada", content)
	w.catchUp(x)
	page, err := x.Search(t.Context(), chat.Actor{}, Request{Text: "zurich straße 🎉 rich"})
	if err != nil || len(page.Hits) != 1 {
		t.Fatalf("%v, %v", page, err)
	}
	want := [][2]int{{0, 2}, {3, 9}, {11, 18}, {23, 30}}
	if !slices.Equal(page.Hits[0].Marks, want) {
		t.Errorf("marks %v, want %v", page.Hits[0].Marks, want)
	}
}

func TestBest(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "the plan of the release is here", func(m *chat.Message) { m.Pinned = true })
	w.post("one", "Ada", "release plan: release on Monday")
	w.post("one", "Ada", "replanning what was released")
	w.post("one", "Ada", "released, planned")
	w.catchUp(x)
	got := w.found(x, Request{Text: "release plan", Order: Best})
	if want := []string{"one-2", "one-1", "one-4", "one-3"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestForgottenNames(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "apples")
	w.catchUp(x)
	w.expect(x, "from:ada", "one-1")
	if err := x.ForgetUsers(t.Context(), []chat.UserID{"u-Ada"}); err != nil {
		t.Fatal(err)
	}
	w.expect(x, "from:ada")
	w.expect(x, "apples", "one-1")
}

func TestEditsAndDeletions(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "apples")
	w.post("one", "Ada", "pears")
	w.catchUp(x)
	w.change("one", 1, func(m *chat.Message) { m.Content = "cherries" })
	w.change("one", 2, func(m *chat.Message) { m.Content, m.DeletedAt = "", 1 })
	w.expect(x, "apples") // the index is behind, and yet nothing is shown that isn't so
	w.expect(x, "pears")
	w.tell(x)
	w.catchUp(x)
	w.expect(x, "cherries", "one-1")
	w.expect(x, "in:one", "one-1")
}

func TestRetention(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	for i := range 10 {
		w.post("one", "Ada", "apples "+strconv.Itoa(i))
	}
	w.catchUp(x)
	w.room("one").floor = 7
	w.expect(x, "apples", "one-10", "one-9", "one-8")
	w.post("one", "Ada", "pears")
	w.tell(x)
	w.catchUp(x)
	w.expect(x, "apples", "one-10", "one-9", "one-8")
	if n := w.rows(x); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
}

func TestAnotherHistory(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	w.post("one", "Ada", "apples")
	w.post("one", "Ada", "pears")
	w.catchUp(x)
	*w.room("one") = room{slug: "one", stream: "s2", at: map[chat.Seq]chat.Message{}}
	w.post("one", "Ada", "cherries")
	w.tell(x)
	w.catchUp(x)
	w.expect(x, "cherries", "one-1")
	w.expect(x, "in:one", "one-1")
	if n := w.rows(x); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// More messages than a second has ids, with the clock standing still.
func TestManyInOneSecond(t *testing.T) {
	w := newWorld(t, "one")
	x := w.opened()
	at := w.clock.UnixMilli()
	const n = idsPerSecond + 10
	for i := range n {
		w.post("one", "Ada", "m"+strconv.Itoa(i%7), func(m *chat.Message) { m.Timestamp = at })
	}
	w.catchUp(x)
	if n := w.rows(x); n != idsPerSecond+10 {
		t.Errorf("%d rows", n)
	}
}

// What is found is what a reader of all messages would find.
func TestFindsWhatAReaderFinds(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	syllables := []string{"ka", "lo", "mi", "Str", "ße", "天", "気", "한", "é", "o", "x", " ", " ", "-", "🎉", "12"}
	text := func(n int) string {
		var b strings.Builder
		for range 1 + rng.IntN(n) {
			b.WriteString(syllables[rng.IntN(len(syllables))])
		}
		return b.String()
	}
	w := newWorld(t, "one", "two")
	x := w.opened()
	for range 300 {
		slug := []string{"one", "two"}[rng.IntN(2)]
		switch n := len(w.room(slug).events); {
		case n > 10 && rng.IntN(4) == 0:
			target := w.room(slug).events[rng.IntN(n)]
			w.change(slug, target, func(m *chat.Message) {
				m.Content = text(12)
				if rng.IntN(3) == 0 {
					m.Content, m.DeletedAt = "", 1
				}
			})
		default:
			w.post(slug, "Ada", text(12))
		}
		if rng.IntN(50) == 0 {
			w.tell(x)
			w.catchUp(x)
		}
	}
	w.tell(x)
	w.catchUp(x)
	for range 300 {
		q := strings.Trim(text(4), " -")
		parsed, err := parse(q, time.UTC, w.clock)
		if err != nil || len(parsed.terms) == 0 {
			continue
		}
		var want []chat.Message
		for _, r := range w.rooms {
			for _, m := range r.at {
				if _, ok := parsed.match(&m); ok && m.DeletedAt == 0 {
					want = append(want, m)
				}
			}
		}
		newestFirst(want)
		var ids []string
		for _, m := range want {
			ids = append(ids, string(m.ID))
		}
		if got := w.found(x, Request{Text: q}); !slices.Equal(got, ids) {
			t.Fatalf("search %q found %v, want %v", q, got, ids)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{`from:"a b" "x y" -z has:link`, "天気", `"`, ":", "in:", "a AND b OR NOT c*", "(", "\x00", "r1", "t\"x"} {
		f.Add(s, "some text 天気 a AND b")
	}
	f.Fuzz(func(t *testing.T, text, content string) {
		q, err := parse(text, time.UTC, time.Unix(1.8e9, 0))
		if err != nil {
			return
		}
		m := chat.Message{Content: content}
		marks, ok := q.match(&m)
		units := fold(content).at
		end := units[len(units)-1]
		before := 0
		for _, k := range marks {
			if k[0] < before || k[1] <= k[0] || k[1] > end {
				t.Fatalf("marks %v in %d units", marks, end)
			}
			before = k[1]
		}
		if !ok {
			return
		}
		var have, want tokens
		have.addText(fold(content).runes)
		for _, term := range q.terms {
			want.addTerm(term.runes)
		}
		for _, token := range want.list {
			if !have.seen[token] {
				t.Fatalf("%q stands in %q, but its token %q isn't among %q", text, content, token, have.list)
			}
		}
	})
}
