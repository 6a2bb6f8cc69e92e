package preview

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/chat"
	"snug/fetch"
)

func TestLinks(t *testing.T) {
	for content, want := range map[string][]string{
		"see https://example.org/a?b=c#d.":                           {"https://example.org/a?b=c#d"},
		"(https://example.org/a_(b)) and http://example.com!":        {"https://example.org/a_(b)", "http://example.com"},
		"[a link](https://example.org/x)":                            {"https://example.org/x"},
		"<https://example.org> only an address":                      nil,
		"`https://example.org` and ```\nhttps://example.com\n``` no": nil,
		"```\nhttps://example.org":                                   nil,
		"ftp://example.org javascript:alert(1) example.org":          nil,
		"https://user:word@example.org https://":                     nil,
		"https://a.example https://a.example https://b.example https://c.example https://d.example": {
			"https://a.example", "https://b.example", "https://c.example"},
		"https://example.org/" + strings.Repeat("a", maxLinkBytes): nil,
		"**https://example.org**":                                  {"https://example.org"},
	} {
		if got := Links(content); !slices.Equal(got, want) {
			t.Errorf("%.60q: %v, want %v", content, got, want)
		}
	}
}

func TestReadPage(t *testing.T) {
	at, _ := url.Parse("https://www.example.org/posts/1")
	for name, c := range map[string]struct {
		body, kind string
		want       page
	}{
		"a title alone": {`<title> A  page </title>`, "text/html", page{title: "A page", site: "example.org"}},
		"Open Graph": {`<html><head><title>x</title><meta property="og:title" content="T &amp; U"><meta property="og:description" content="D">
			<meta property="og:site_name" content="S"><meta property="og:image" content="/i.png"></head>`, "text/html; charset=utf-8",
			page{"T & U", "D", "S", "https://www.example.org/i.png"}},
		"Twitter":                {`<meta name="twitter:title" content="T"><meta name="twitter:image" content="https://cdn.example/i">`, "", page{title: "T", site: "example.org", image: "https://cdn.example/i"}},
		"the first counts":       {`<meta name="description" content="one"><meta name="description" content="two"><title>T</title>`, "text/html", page{title: "T", description: "one", site: "example.org"}},
		"nothing from the body":  {`<body><title>T</title><meta property="og:title" content="no">`, "text/html", page{site: "example.org"}},
		"no other than pictures": {`<title>T</title><meta property="og:image" content="javascript:alert(1)">`, "text/html", page{title: "T", site: "example.org"}},
		"another charset":        {"<title>Z\xfcrich</title>", "text/html; charset=iso-8859-1", page{title: "Zürich", site: "example.org"}},
		"a charset of its own":   {"<meta charset=windows-1251><title>\xcf\xf0\xe8\xe2\xe5\xf2</title>", "text/html", page{title: "Привет", site: "example.org"}},
		"what can't be seen":     {"<title>a\u202eb\u200bc\u0000d</title>", "text/html; charset=utf-8", page{title: "abcd", site: "example.org"}},
		"no HTML":                {`<title>T</title>`, "application/pdf", page{}},
		"markup in a title":      {`<title><script>alert(1)</script></title>`, "text/html", page{title: "<script>alert(1)</script>", site: "example.org"}},
		"cut short":              {`<title>T</title><meta property="og:ti`, "text/html", page{title: "T", site: "example.org"}},
	} {
		got := readPage([]byte(c.body), c.kind, at)
		got.title = strings.ReplaceAll(got.title, "\ufffd", "")
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if got := readPage([]byte("<title>"+strings.Repeat("é ", 500)), "text/html; charset=utf-8", at); len([]rune(got.title)) > maxTitle {
		t.Errorf("a title of %d characters", len([]rune(got.title)))
	}
}

// stuck is a room that doesn't answer.
const stuck = chat.RoomID("stuck")

// rig is a room, a web and a place for pictures.
type rig struct {
	mu       sync.Mutex
	messages map[chat.Seq]chat.Message
	web      map[string]fetch.Result
	asked    []string
	set      map[chat.Seq][]chat.Preview
	broken   bool           // pictures can't be read
	refused  map[string]int // how often the fetcher has too much to do for a link
	busy     int            // so many pictures can't be looked at yet
	slow     map[string]time.Duration
	at       map[chat.Seq]time.Time // when previews were set
}

// linked tells a Worker of a message, as its room does.
func (r *rig) linked(w *Worker, room chat.RoomID, seq chat.Seq) {
	w.Linked(room, seq, r.messages[seq].UserID)
}

func (r *rig) Messages(ctx context.Context, room chat.RoomID, seqs []chat.Seq) (list []chat.Message, err error) {
	if room == stuck {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, seq := range seqs {
		if m, there := r.messages[seq]; there {
			list = append(list, m)
		}
	}
	return list, nil
}

func (r *rig) SetPreviews(_ context.Context, _ chat.RoomID, seq chat.Seq, content string, list []chat.Preview) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.messages[seq].Content == content {
		r.set[seq] = list
		r.at[seq] = time.Now()
	}
	return nil
}

func (r *rig) Get(ctx context.Context, link string, _ fetch.GetOptions) (fetch.Result, error) {
	select {
	case <-ctx.Done():
		return fetch.Result{}, ctx.Err()
	case <-time.After(r.slow[link]):
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, link)
	if r.refused[link] > 0 {
		r.refused[link]--
		return fetch.Result{}, fetch.ErrBusy
	}
	got, there := r.web[link]
	if !there {
		return got, fetch.ErrUnreachable
	}
	got.FinalURL = link
	return got, nil
}

func (r *rig) MakePreview(_ context.Context, picture []byte) (Small, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return Small{}, errors.New("no picture")
	}
	if r.busy > 0 {
		r.busy--
		return Small{}, fmt.Errorf("make picture: %w", ErrBusy)
	}
	return Small{Bytes: picture, Width: 84, Height: 64}, nil
}

func (r *rig) KeepPreview(_ context.Context, _ chat.RoomID, seq chat.Seq, small Small) (Picture, error) {
	return Picture{"/p/" + strconv.Itoa(int(seq)) + "/" + string(small.Bytes[:min(len(small.Bytes), 9)]), small.Width, small.Height}, nil
}

func newRig() *rig {
	return &rig{messages: map[chat.Seq]chat.Message{}, set: map[chat.Seq][]chat.Preview{}, at: map[chat.Seq]time.Time{}, web: map[string]fetch.Result{
		"https://a.example/":      {Body: []byte(`<title>A</title><meta property="og:image" content="/i.png">`), ContentType: "text/html"},
		"https://a.example/i.png": {Body: []byte("ai"), ContentType: "image/png"},
		"https://b.example/b.png": {Body: []byte("bi"), ContentType: "image/png"},
		"https://c.example/":      {Body: []byte(`nothing here`), ContentType: "text/html"},
		"https://d.example/":      {Body: []byte(`<title>D</title><meta property="og:image" content="/gone.png">`), ContentType: "text/html"},
	}}
}

// run lets a Worker work on what linked names until nothing is left.
func (r *rig) run(t *testing.T, act func(w *Worker)) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Rooms: r, Getter: r, Pictures: r})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.Run(ctx)
		}()
		act(w)
		synctest.Wait()
		stop()
		<-done
	})
}

func TestPreviews(t *testing.T) {
	r := newRig()
	r.messages[1] = chat.Message{Content: "https://a.example/ https://b.example/b.png https://c.example/"}
	r.messages[2] = chat.Message{Content: "https://d.example/ https://gone.example/"}
	r.messages[3] = chat.Message{Content: "", DeletedAt: 1}
	r.run(t, func(w *Worker) {
		for seq := range chat.Seq(5) {
			r.linked(w, "one", seq)
		}
		synctest.Wait()
	})
	want := map[chat.Seq][]chat.Preview{
		1: {
			{URL: "https://a.example/", Title: "A", Site: "a.example", Image: "/p/1/ai", Width: 84, Height: 64},
			{URL: "https://b.example/b.png", Image: "/p/1/bi", Width: 84, Height: 64},
		},
		2: {{URL: "https://d.example/", Title: "D", Site: "d.example"}},
	}
	if len(r.set) != 2 || !slices.Equal(r.set[1], want[1]) || !slices.Equal(r.set[2], want[2]) {
		t.Errorf("previews %+v, want %+v", r.set, want)
	}
}

// A link that many send is asked for once, and one that a message has stays as it is.
func TestAskedOnce(t *testing.T) {
	r := newRig()
	old := chat.Preview{URL: "https://a.example/", Title: "of then"}
	r.messages[1] = chat.Message{Content: "https://gone.example/"}
	r.messages[2] = r.messages[1]
	r.messages[3] = chat.Message{Content: "now with https://a.example/", Previews: []chat.Preview{old}}
	r.messages[4] = chat.Message{Content: "without", Previews: []chat.Preview{old}}
	r.run(t, func(w *Worker) {
		for seq := range chat.Seq(5) {
			r.linked(w, "one", seq)
			synctest.Wait()
		}
	})
	if !slices.Equal(r.asked, []string{"https://gone.example/"}) {
		t.Errorf("asked for %v", r.asked)
	}
	if !slices.Equal(r.set[3], []chat.Preview{old}) || len(r.set[4]) != 0 || r.set[4] == nil {
		t.Errorf("previews %+v", r.set)
	}
}

// A picture is fetched once, as its page is, for all messages that show it; but those in
// memory have a bound, and go with their pages.
func TestPicturesAreAskedForOnce(t *testing.T) {
	r := newRig()
	for i := range chat.Seq(3) {
		r.messages[i] = chat.Message{Content: "https://a.example/ https://d.example/"}
	}
	r.run(t, func(w *Worker) {
		for seq := range chat.Seq(3) {
			r.linked(w, "one", seq)
			synctest.Wait()
		}
	})
	if want := []string{"https://a.example/", "https://a.example/i.png", "https://d.example/", "https://d.example/gone.png"}; !slices.Equal(r.asked, want) {
		t.Errorf("asked for %v, want %v", r.asked, want)
	}
	if got := r.set[2]; len(got) != 2 || got[0].Image != "/p/2/ai" || got[1].Image != "" {
		t.Errorf("previews %+v", got)
	}
}

func TestKeptPicturesHaveABound(t *testing.T) {
	r := newRig()
	now := time.Unix(1e9, 0)
	w := New(Config{Rooms: r, Getter: r, Pictures: r, Now: func() time.Time { return now }})
	const each, links = maxKeptPictures / 4, 6
	var all []*kept
	for i := range links {
		link := "https://e.example/" + strconv.Itoa(i)
		r.web[link] = fetch.Result{Body: make([]byte, each), ContentType: "image/png"}
		k := w.keep(link)
		all = append(all, k)
		w.small(t.Context(), k, link)
		now = now.Add(time.Second)
	}
	if w.bytes != 4*each || len(w.pictured) != 4 || all[1].small != nil || all[2].small == nil {
		t.Errorf("%d bytes of %d pictures", w.bytes, len(w.pictured))
	}
	w.small(t.Context(), all[0], "https://e.example/0")
	if len(r.asked) != links+1 {
		t.Errorf("asked for %v", r.asked)
	}
	now = now.Add(keptFor)
	w.keep("https://another.example/")
	if w.bytes != 0 || len(w.pictured) != 0 {
		t.Errorf("%d bytes are kept longer than their pages", w.bytes)
	}
}

func TestABrokenPictureLeavesTheTitle(t *testing.T) {
	r := newRig()
	r.broken = true
	r.messages[1] = chat.Message{Content: "https://a.example/ https://b.example/b.png"}
	r.run(t, func(w *Worker) { r.linked(w, "one", 1) })
	if len(r.set[1]) != 1 || r.set[1][0].Image != "" || r.set[1][0].Title != "A" {
		t.Errorf("previews %+v", r.set)
	}
}

// What waits for slow pages holds up nobody's messages but those of who wrote it.
func TestSlowLinksOfOneDoNotHoldUpOthers(t *testing.T) {
	r := newRig()
	r.slow = map[string]time.Duration{"https://slow.example/": 9 * time.Second}
	for i := range chat.Seq(10) {
		r.messages[i] = chat.Message{UserID: "mallory", Content: fmt.Sprintf("https://slow.example/ https://slow.example/?%d", i)}
		r.slow[fmt.Sprintf("https://slow.example/?%d", i)] = 9 * time.Second
	}
	r.messages[10] = chat.Message{UserID: "bob", Content: "https://a.example/"}
	r.run(t, func(w *Worker) {
		begin := time.Now()
		for seq := range chat.Seq(11) {
			r.linked(w, "one", seq)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(r.set[10]) != 1 || r.at[10].Sub(begin) > time.Second {
			t.Errorf("previews %+v after %v", r.set[10], r.at[10].Sub(begin))
		}
		if len(r.at) != 11 {
			t.Errorf("%d messages were looked at", len(r.at))
		}
	})
}

// Where a message's time was over before a link was asked for, the next one asks.
func TestALinkThatNobodyAskedForIsAskedFor(t *testing.T) {
	r := newRig()
	r.slow = map[string]time.Duration{"https://slow.example/": oneMessage}
	r.messages[1] = chat.Message{UserID: "ann", Content: "https://slow.example/ https://a.example/"}
	r.messages[2] = chat.Message{UserID: "bob", Content: "https://a.example/"}
	r.run(t, func(w *Worker) {
		r.linked(w, "one", 1)
		time.Sleep(2 * oneMessage)
		r.linked(w, "one", 2)
	})
	if len(r.set[2]) != 1 || r.set[2][0].Image == "" {
		t.Errorf("previews %+v", r.set[2])
	}
}

// A picture that nobody had time to look at, or that nobody was asked for, is asked for
// again: the page isn't taken for one without.
func TestAPictureThatNobodyLookedAtIsAskedFor(t *testing.T) {
	for name, set := range map[string]func(r *rig){
		"no time to look at it": func(r *rig) { r.busy = 1 },
		"too many fetches":      func(r *rig) { r.refused = map[string]int{"https://a.example/i.png": 1} },
	} {
		r := newRig()
		set(r)
		r.messages[1] = chat.Message{UserID: "ann", Content: "https://a.example/"}
		r.messages[2] = chat.Message{UserID: "bob", Content: "https://a.example/"}
		r.run(t, func(w *Worker) {
			for seq := range chat.Seq(3) {
				r.linked(w, "one", seq)
				synctest.Wait()
			}
		})
		if len(r.set[1]) != 1 || r.set[1][0].Image != "" || len(r.set[2]) != 1 || r.set[2][0].Image == "" {
			t.Errorf("%s: previews %+v", name, r.set)
		}
	}
}

// A room that doesn't answer holds up no other, and is given up in the end.
func TestARoomThatDoesNotAnswer(t *testing.T) {
	r := newRig()
	r.messages[1] = chat.Message{UserID: "ann", Content: "https://a.example/"}
	r.messages[2] = chat.Message{UserID: "bob", Content: "https://a.example/"}
	r.run(t, func(w *Worker) {
		r.linked(w, stuck, 1)
		r.linked(w, "one", 2)
		synctest.Wait()
		if len(r.set[2]) != 1 {
			t.Errorf("previews %+v", r.set)
		}
		r.linked(w, "one", 1)
		time.Sleep(oneMessage)
		synctest.Wait()
		if len(r.set[1]) != 1 {
			t.Errorf("after the time of a message: previews %+v", r.set)
		}
	})
}

// More than can wait are given up, and who tells of them isn't held up.
func TestTooMany(t *testing.T) {
	w := New(Config{Rooms: newRig(), Getter: newRig(), Pictures: newRig()})
	for i := range 2 * maxWaiting {
		w.Linked("one", chat.Seq(i), "ann")
	}
	if len(w.waiting) != maxWaiting {
		t.Errorf("%d wait", len(w.waiting))
	}
	for i := range 3 * maxKept {
		w.keep(strconv.Itoa(i))
	}
	if len(w.kept) > maxKept {
		t.Errorf("%d links kept", len(w.kept))
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`<html><head><title>x</title><meta property="og:image" content="//a/b">`), "text/html; charset=utf-16")
	at, _ := url.Parse("https://example.org/")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		p := readPage(body, kind, at)
		if len([]rune(p.title)) > maxTitle || len([]rune(p.description)) > maxDescription || strings.ContainsAny(p.title+p.description+p.site, "\n\x00\u202e") {
			t.Fatalf("%+v", p)
		}
	})
}
