package chat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	start = time.UnixMilli(1_760_000_000_000)
	ada   = User{ID: "u1", Name: "Ada"}
)

const tenIn10s = 10

func limited(limit int, window time.Duration) posts { return newPosts(Rate{limit, window}) }

func TestApplyPost(t *testing.T) {
	long := strings.Repeat("é", 20)
	full := limited(2, 10*time.Second)
	full.took("u1", start.Add(-9*time.Second).UnixMilli())
	full.took("u1", start.Add(-time.Second).UnixMilli())
	earlier := &Message{ID: "m0", Seq: 3, Content: "first", ClientID: "c"}
	for _, c := range []struct {
		name    string
		posts   posts
		content string
		earlier *Message
		want    string
	}{
		{name: "taken", content: "hi", want: "posted 8 hi"},
		{name: "as it is, blanks and all", content: "  hi\n", want: "posted 8   hi\n"},
		{name: "empty", content: "", want: "refused empty"},
		{name: "blank", content: " \n\t\u00a0", want: "refused empty"},
		{name: "longest, counted in code points", content: long, want: "posted 8 " + long},
		{name: "too long", content: long + "!", want: "refused too_long"},
		{name: "blanks count", content: strings.Repeat(" ", 20) + "x", want: "refused too_long"},
		{name: "over the rate", posts: full, content: "hi", want: "limited 1000 2 10000"},
		{name: "repeated", content: "hi", earlier: earlier, want: "repeated m0"},
		{name: "repeated with another content", content: "other", earlier: earlier, want: "repeated m0"},
		{name: "repeated with no content", content: "", earlier: earlier, want: "repeated m0"},
		{name: "repeated over the rate", posts: full, content: "hi", earlier: earlier, want: "repeated m0"},
		{name: "what can't be stored isn't limited", posts: full, content: "", want: "refused empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := roomState{head: 7, posts: c.posts, kind: KindPublic, rules: newRules()}
			did := applyPost(&s, post{author: ada, by: authority{role: RoleMember}, clientID: "c", content: c.content, maxChars: 20}, c.earlier, start, "m1")
			got := "nothing"
			switch {
			case did.posted != nil:
				got = fmt.Sprintf("posted %d %s", did.posted.Seq, did.posted.Content)
				want := Message{ID: "m1", UserID: "u1", UserName: "Ada", Content: c.content,
					Timestamp: start.UnixMilli(), Type: TypeText, Seq: 8, ClientID: "c"}
				if !reflect.DeepEqual(*did.posted, want) {
					t.Errorf("got %+v, want %+v", *did.posted, want)
				}
			case did.repeated != nil:
				got = "repeated " + string(did.repeated.ID)
			case did.limited != nil:
				got = fmt.Sprintf("limited %d %d %d", did.limited.RetryAfterMs, did.limited.Limit, did.limited.WindowMs)
			case did.refused != nil:
				got = "refused " + string(did.refused.Code)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if s.head != 7 {
				t.Error("the decision changed the state")
			}
		})
	}
}

func TestRate(t *testing.T) {
	const window = 10_000
	at := func(times ...int64) []int64 { return times }
	for _, c := range []struct {
		name  string
		limit int
		times []int64
		now   int64
		want  int64
	}{
		{"nobody posted", 3, nil, 0, 0},
		{"below", 3, at(0, 1), 2, 0},
		{"at the limit", 3, at(0, 1, 2), 2, 9_998},
		{"a millisecond before it is free", 3, at(0, 1, 2), 9_999, 1},
		{"free to the millisecond", 3, at(0, 1, 2), 10_000, 0},
		{"the window slides", 3, at(0, 5_000, 9_000, 10_000), 10_001, 4_999},
		{"no limit", 0, at(0, 0, 0, 0), 0, 0},
		{"one", 1, at(4_000), 5_000, 9_000},
		{"a clock set back a little still counts", 2, at(3_000, 4_000), 2_000, 11_000},
		{"a clock set back far silences nobody", 2, at(90_000, 91_000), 2_000, 0},
		{"posts on both sides of a step of the clock", 2, at(9_000, 1_000), 1_000, 10_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := limited(c.limit, window*time.Millisecond)
			for _, at := range c.times {
				p.took("u", at)
			}
			if got := p.wait("u", c.now); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
			if got := p.wait("v", c.now); got != 0 {
				t.Errorf("somebody else waits %d", got)
			}
		})
	}
}

// In no span of a window's length are there more posts than the limit, and
// whoever waits for as long as they were told is taken.
func TestRateIsExact(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	p := limited(tenIn10s, 10*time.Second)
	var taken []int64
	now := int64(0)
	for range 20_000 {
		if wait := p.wait("u", now); wait == 0 {
			p.took("u", now)
			taken = append(taken, now)
		} else if rng.IntN(2) == 0 {
			if now += wait; p.wait("u", now) != 0 {
				t.Fatalf("seed %d: at %d, after waiting %d: not free", seed, now, wait)
			}
			if p.wait("u", now-1) != 1 {
				t.Fatalf("seed %d: at %d: was free earlier than said", seed, now)
			}
		}
		now += rng.Int64N(1500)
	}
	for i := tenIn10s; i < len(taken); i++ {
		if taken[i]-taken[i-tenIn10s] < 10_000 {
			t.Fatalf("seed %d: more than %d posts from %d to %d", seed, tenIn10s, taken[i-tenIn10s], taken[i])
		}
	}
}

func TestRateForgetsPeople(t *testing.T) {
	p := limited(2, time.Second)
	for i := range 10_000 {
		p.took(UserID(fmt.Sprint(i)), int64(i)*10)
	}
	if n := len(p.times); n > 201 {
		t.Errorf("%d people remembered; in two windows there were 200", n)
	}
	for range 1000 {
		p.took("busy", 100_000)
	}
	if n := len(p.times["busy"]); n != 2 {
		t.Errorf("%d posts of one person remembered, want the limit, 2", n)
	}
}

func TestApplyJoin(t *testing.T) {
	seq := func(n Seq) *Seq { return &n }
	h := extent{stream: "s1", head: 3000, floor: 1500}
	for _, c := range []struct {
		name   string
		h      extent
		stream string
		after  *Seq
		want   joinOutcome
	}{
		{"from now", h, "", nil, joinOutcome{}},
		{"a stream alone is from now", h, "s1", nil, joinOutcome{}},
		{"nothing missed", h, "s1", seq(3000), joinOutcome{resumed: true}},
		{"one missed", h, "s1", seq(2999), joinOutcome{resumed: true}},
		{"as many as fit", h, "s1", seq(2000), joinOutcome{resumed: true}},
		{"one more", h, "s1", seq(1999), joinOutcome{reset: true}},
		{"above the head", h, "s1", seq(3001), joinOutcome{reset: true}},
		{"far above the head", h, "s1", seq(math.MaxUint64), joinOutcome{reset: true}},
		{"another stream", h, "s2", seq(2999), joinOutcome{reset: true}},
		{"no stream", h, "", seq(2999), joinOutcome{reset: true}},
		{"all that is kept", extent{stream: "s1", head: 1600, floor: 1500, newest: 1600}, "s1", seq(1500), joinOutcome{resumed: true}},
		{"below what is kept", extent{stream: "s1", head: 1600, floor: 1500, newest: 1600}, "s1", seq(1499), joinOutcome{reset: true}},
		{"nothing is kept, nothing missed", extent{stream: "s1", head: 1600, floor: 1600, newest: 1600}, "s1", seq(1600), joinOutcome{resumed: true}},
		{"an empty room", extent{stream: "s1", head: 0, floor: 0, newest: 0}, "s1", seq(0), joinOutcome{resumed: true}},
		{"from the very start", extent{stream: "s1", head: 5, floor: 0, newest: 5}, "s1", seq(0), joinOutcome{resumed: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := applyJoin(c.h, c.stream, c.after); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func names(users []User) (list []string) {
	for _, u := range users {
		list = append(list, u.Name)
	}
	return list
}

func TestParseFrame(t *testing.T) {
	ref, long := strings.Repeat("é", 64), strings.Repeat("é", 65)
	for _, c := range []struct{ frame, want string }{
		{`{"type":"ping"}`, ``},
		{`{"type":"ping","ref":"` + ref + `"}`, ``},
		{`{"type":"join","room":"general"}`, ``},
		{`{"type":"join","room":"general","stream":"s","after":0}`, ``},
		{`{"type":"leave","room":"general"}`, ``},
		{`{"type":"typing","room":"general"}`, ``},
		{`{"type":"message","room":"general","clientId":"c"}`, ``},
		{`{"type":"message","room":"general","clientId":"` + ref + `","content":"x","more":{"a":[1]}}`, ``},
		{` {"type" : "ping"} `, ``},

		{``, `bad_request: A frame must be a JSON object.`},
		{`hello`, `bad_request: A frame must be a JSON object.`},
		{`{"type":"ping"`, `bad_request: A frame must be a JSON object.`},
		{`{"type":"ping"}{"type":"ping"}`, `bad_request: A frame must be a JSON object.`},
		{`[]`, `bad_request: A frame must be a JSON object.`},
		{`"ping"`, `bad_request: A frame must be a JSON object.`},
		{`7`, `bad_request: A frame must be a JSON object.`},
		{`null`, `bad_request: type is missing.`},
		{`{}`, `bad_request: type is missing.`},
		{`{"type":null}`, `bad_request: type is missing.`},
		{`{"type":7}`, `bad_request: type holds a number where a string belongs.`},
		{`{"type":"join"}`, `bad_request: room is missing.`},
		{`{"type":"join","room":["a"]}`, `bad_request: room holds a list where a string belongs.`},
		{`{"type":"join","room":"general","after":"41"}`, `bad_request: after holds a string where a whole number of 0 or more belongs.`},
		{`{"type":"join","room":"general","after":-1}`, `bad_request: after holds a number where a whole number of 0 or more belongs.`},
		{`{"type":"join","room":"general","after":1.5}`, `bad_request: after holds a number where a whole number of 0 or more belongs.`},
		{`{"type":"join","room":"general","after":99999999999999999999}`, `bad_request: after holds a number where a whole number of 0 or more belongs.`},
		{`{"type":"join","room":"` + strings.Repeat("r", 101) + `"}`, `bad_request: room must be at most 100 characters.`},
		{`{"type":"message","room":"general"}`, `bad_request: clientId is missing: it makes a post safe to repeat.`},
		{`{"type":"message","room":"general","clientId":""}`, `bad_request: clientId is missing: it makes a post safe to repeat.`},
		{`{"type":"message","room":"general","clientId":"` + long + `"}`, `bad_request: clientId must be 1 to 64 characters.`},
		{`{"type":"message","room":"general","clientId":"a\ud800"}`, `bad_request: clientId must be whole Unicode characters.`},
		{`{"type":"ping","ref":"` + long + `"}`, `bad_request: ref must be at most 64 characters.`},
		{`{"type":"message","room":"general","clientId":"c","content":{"a":1}}`, `bad_request: content holds an object where a string belongs.`},
		{`{"type":"dance","room":"general"}`, `unknown_type: There is no frame of this type.`},
		{`{"type":"edit","room":"general"}`, `bad_request: id is missing: it names the message.`},
		{`{"type":"edit","room":"general","id":"` + strings.Repeat("i", 65) + `","content":"x"}`, `bad_request: id must be the id of a message.`},
		{`{"type":"edit","room":"general","id":"i"}`, ``},
		{`{"type":"delete","room":"general","id":"i"}`, ``},
		{`{"type":"react","room":"general","id":"i","emoji":"👍","on":true}`, ``},
		{`{"type":"react","room":"general","id":"i","emoji":"👍"}`, `bad_request: on is missing: true or false.`},
		{`{"type":"react","room":"general","id":"i","on":false}`, `bad_request: emoji is missing.`},
		{`{"type":"react","room":"general","id":"i","on":1,"emoji":"👍"}`, `bad_request: on holds a number where true or false belongs.`},
		{`{"type":"react","room":"general","id":"i","on":true,"emoji":"` + strings.Repeat("e", 65) + `"}`, `bad_request: emoji must be one emoji of at most 64 bytes.`},
		{`{"type":"pin","room":"general","id":"i","on":false}`, ``},
		{`{"type":"pin","room":"general","id":"i"}`, `bad_request: on is missing: true or false.`},
		{`{"type":"message","room":"general","clientId":"c","replyTo":"i","thread":"j","attachments":["f","g"]}`, ``},
		{`{"type":"message","room":"general","clientId":"c","attachments":["f","f"]}`, `bad_request: attachments must be ids of uploads, each of them once.`},
		{`{"type":"message","room":"general","clientId":"c","attachments":[""]}`, `bad_request: attachments must be ids of uploads, each of them once.`},
		{`{"type":"message","room":"general","clientId":"c","attachments":"f"}`, `bad_request: attachments holds a string where a list belongs.`},
		{`{"type":"message","room":"general","clientId":"c","attachments":["1","2","3","4","5","6","7","8","9","10","11"]}`, `bad_request: attachments must be at most 10 files.`},
		{`{"type":"message","room":"general","clientId":"c","thread":"` + strings.Repeat("i", 65) + `"}`, `bad_request: replyTo and thread must be ids of messages.`},
		{`{"type":"read","room":"general","seq":7}`, ``},
		{`{"type":"read","room":"general","seq":0}`, ``},
		{`{"type":"read","room":"general","Seq":7}`, `bad_request: seq is missing: it says how far you have read.`},
		{`{"Type":"ping"}`, `bad_request: type is missing.`},
		{`{"type":"ping","Ref":7,"ROOM":[]}`, ``},
		{`{"type":"read","room":"general"}`, `bad_request: seq is missing: it says how far you have read.`},
		{strings.Repeat("[", 20_000), `bad_request: A frame must be a JSON object.`},
	} {
		_, err := parseFrame([]byte(c.frame))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%.80s\n got %s\nwant %s", c.frame, got, c.want)
		}
	}
}

// A name that is spelled otherwise than a field is none that a reader knows.
func TestNamesOfFieldsAreExact(t *testing.T) {
	for _, text := range []string{
		`{"type":"message","room":"general","clientId":"c","content":"lower","Content":"upper"}`,
		`{"TYPE":"join","Room":"other","clientid":"d","CONTENT":"upper","type":"message","room":"general","clientId":"c","content":"lower"}`,
	} {
		f, err := parseFrame([]byte(text))
		if want := (ClientFrame{Type: "message", Room: "general", ClientID: "c", Content: "lower"}); err != nil || !reflect.DeepEqual(f, want) {
			t.Errorf("%s\n got %+v, %v", text, f, err)
		}
		l, err := parseLevel0Frame([]byte(text))
		if want := (level0Frame{"message", "lower"}); err != nil || l != want {
			t.Errorf("level 0: %s\n got %+v, %v", text, l, err)
		}
	}
	if f, err := parseLevel0Frame([]byte(`{"Type":"message","CONTENT":"x"}`)); err != nil || f != (level0Frame{}) {
		t.Errorf("got %+v, %v", f, err)
	}
}

// What an answer repeats of a bad frame is fit to be repeated.
func TestParseFrameKeepsWhatNamesIt(t *testing.T) {
	f, err := parseFrame([]byte(`{"type":"message","ref":"r1","room":"general","clientId":"c1","content":5}`))
	if err == nil || f.Ref != "r1" || f.Room != "general" || f.ClientID != "c1" {
		t.Errorf("got %+v, %v", f, err)
	}
	long := strings.Repeat("x", 200)
	f, err = parseFrame([]byte(`{"type":"message","ref":"` + long + `","room":"` + long + `","clientId":"` + long + `"}`))
	if err == nil || f.Ref != "" || f.Room != "" || f.ClientID != "" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte(`{"type":"join","room":"general","after":1}`))
	f.Add([]byte(`{"type":"message","room":"general","clientId":"c","content":"\ud800"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := parseFrame(data)
		sameAsJSON(t, data)
		if aboutRoom := frame.Type != FramePing && frame.Type != FrameAway && frame.Type != FrameWatch; err == nil && aboutRoom && frame.Room == "" {
			t.Errorf("%q: taken without a room", data)
		}
		if len([]rune(frame.Ref)) > maxRefChars || len([]rune(string(frame.ClientID))) > maxClientIDChars {
			t.Errorf("%q: too long to be repeated", data)
		}
	})
}

func TestHistoryQueryCheck(t *testing.T) {
	seq := Seq(1)
	for _, c := range []struct {
		q    HistoryQuery
		want int // 0: refused
	}{
		{HistoryQuery{}, 50},
		{HistoryQuery{Limit: 1}, 1},
		{HistoryQuery{Limit: 200}, 200},
		{HistoryQuery{Limit: 201}, 0},
		{HistoryQuery{Limit: -1}, 0},
		{HistoryQuery{Before: &seq}, 50},
		{HistoryQuery{After: &seq, Limit: 7}, 7},
		{HistoryQuery{Around: &seq}, 50},
		{HistoryQuery{Before: &seq, After: &seq}, 0},
		{HistoryQuery{After: &seq, Around: &seq}, 0},
		{HistoryQuery{Before: &seq, After: &seq, Around: &seq}, 0},
	} {
		q, err := c.q.checked()
		if err == nil && q.Limit != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%+v: got %+v, %v", c.q, q, err)
		}
		if err != nil && AsError(err).Code != CodeBadRequest {
			t.Errorf("%+v: got %v", c.q, err)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[MessageID]bool{}
	last := MessageID("")
	for i := range 100 {
		id := newMessageID(start.Add(time.Duration(i)*time.Millisecond), Seq(1000+i))
		if !form.MatchString(string(id)) || seen[id] || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		seen[id], last = true, id
	}
	if got := newMessageID(time.UnixMilli(0x0198_1234_5678), 1)[:13]; got != "01981234-5678" {
		t.Errorf("got %s", got)
	}
}

func TestEncodeKeepsTextAsItIs(t *testing.T) {
	m := Message{ID: "i", UserID: "u", UserName: "<b>&", Content: "a<b>&c 👍", Timestamp: 1, Type: TypeText, Seq: 1}
	want := `{"id":"i","userId":"u","userName":"<b>&","content":"a<b>&c 👍","timestamp":1,"type":"text","seq":1}`
	if got := string(encode(m)); got != want {
		t.Errorf("got %s", got)
	}
}

// A message of the longest content that can be configured fits into one stored
// value, whatever it is made of.
func TestLongestMessageFits(t *testing.T) {
	for _, char := range []string{"\x01", "\u2028", "\U0001f600", "\""} {
		m := Message{Content: strings.Repeat(char, maxMaxChars), UserName: strings.Repeat(char, maxNameChars),
			UserImage: strings.Repeat("\x01", maxImageBytes), ClientID: ClientID(strings.Repeat(char, maxClientIDChars))}
		if n := len(encode(m)); n > 128<<10 {
			t.Errorf("%q: %d bytes", char, n)
		}
	}
}

func TestReplaysOfAPerson(t *testing.T) {
	rs, now := newReplays(), start
	for range replayBurst / maxReplayBytes {
		if w := rs.reserve("ada", now); w != 0 {
			t.Fatalf("within the burst: %v", w)
		}
	}
	used := replayBurst / maxReplayBytes * maxReplayBytes
	whole := time.Duration(used+maxReplayBytes-replayBurst) * time.Second / replayPerSecond
	for range 2 {
		if w := rs.reserve("ada", now); w != whole {
			t.Errorf("over it: %v", w)
		}
	}
	if w := rs.reserve("bob", now); w != 0 {
		t.Errorf("somebody else: %v", w)
	}
	if w := rs.reserve("ada", now.Add(-time.Hour)); w != whole {
		t.Errorf("a clock set back: %v", w)
	}
	rs.refund("ada", 3*replayPerSecond)
	if w := rs.reserve("ada", now.Add(-time.Hour)); w != whole-3*time.Second {
		t.Errorf("after a refund: %v", w)
	}
	if w := rs.reserve("ada", now); w != 0 {
		t.Errorf("later: %v", w)
	}
	for i := range 2 * maxReplayers {
		rs.reserve(UserID(fmt.Sprint(i)), now.Add(time.Duration(i)*time.Minute))
	}
	if n := len(rs.byUser); n > maxReplayers {
		t.Errorf("%d people are remembered", n)
	}
}
