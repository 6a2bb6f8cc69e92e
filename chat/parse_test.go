package chat

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// lots returns a source of chance that -seed brings back.
func lots(t *testing.T) *rand.Rand {
	t.Helper()
	seed := flag.Lookup("seed").Value.(flag.Getter).Get().(uint64)
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("go test ./chat -run %s -seed %d", t.Name(), seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// sameAsJSON checks that each scanner, where it takes a text at all, makes of it
// what encoding/json does.
func sameAsJSON(t *testing.T, data []byte) {
	t.Helper()
	compare(t, data, parseFrame, parseAnyFrame)
	compare(t, data, parseLevel0Frame, parseSent[level0Frame])
	compare(t, data, parseHead, parseAny[messageHead])
}

func compare[V any](t *testing.T, data []byte, scan, decode func([]byte) (V, error)) {
	t.Helper()
	kept := bytes.Clone(data)
	got, gotErr := scan(kept)
	clear(kept) // it belongs to the caller again
	want, wantErr := decode(data)
	if !reflect.DeepEqual(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
		t.Errorf("%T of %q\n got %+v, %v\nwant %+v, %v", got, data, got, gotErr, want, wantErr)
	}
}

// texts are pieces of strings and of what breaks them.
var texts = []string{
	"a", "hello world", " ", "", "é", "€", "👍", "\u2028", "\u2029", "\u007f", "<&>", `\n`, `\t`, `\"`, `\\`, `\/`, `\b`, `\f`, `\r`,
	`\u0041`, `\u00e9`, `\ud83d\udc4d`, `\ud83d`, `\udc4d`, `\u2028`, `\u000`, `\x`, `\`, `"`, "\n", "\x00", "\x1f", "\xff", "\xc3", "\xed\xa0\x80",
	strings.Repeat("long ", 13),
}

func someOf(rng *rand.Rand, list []string, n int) string {
	var b strings.Builder
	for range rng.IntN(n + 1) {
		b.WriteString(list[rng.IntN(len(list))])
	}
	return b.String()
}

// oddJSON writes something that is about an object, and often one.
func oddJSON(rng *rand.Rand) string {
	plain := texts[:18]
	if rng.IntN(3) == 0 {
		plain = texts
	}
	names := []string{"type", "ref", "room", "stream", "clientId", "content", "after", "userId", "userName", "userImage",
		"session", "readOnly", "timestamp", "seq", "id", "emoji", "on", "replyTo", "thread", "editedAt", "deletedAt", "pinned", "users"}
	oddNames := []string{"Type", "ROOM", "clientid", "ſeq", `\u0074ype`, "", "x", "after ", "attachments", "reactions"}
	values := []string{`"message"`, `"join"`, `"ping"`, `"typing"`, `"leave"`, `"edit"`, `"react"`, `"read"`, `"away"`, `"watch"`, "true", "false", "0", "7", "41", "1760000000000", "999999999999999999"}
	oddValues := []string{"null", "tru", "truex", "fals", "-1", "-0", "01", "1.0", "1e3", "18446744073709551615", "18446744073709551616", "9999999999999999999",
		"[]", "{}", `{"a":[1,{"b":null}]}`, `["x"]`, "", "[", "{", "nul", "\"", `"\"`, "7 7"}
	blank := func() string {
		if rng.IntN(4) > 0 {
			return ""
		}
		return someOf(rng, []string{" ", "\t", "\n", "\r"}, 3)
	}
	odd := rng.IntN(12)
	var b strings.Builder
	b.WriteString(blank() + "{")
	for i := range rng.IntN(7) {
		name, value := names[rng.IntN(len(names))], values[rng.IntN(len(values))]
		if rng.IntN(3) > 0 {
			value = `"` + someOf(rng, plain, 4) + `"`
		}
		switch odd {
		case i:
			name = oddNames[rng.IntN(len(oddNames))]
		case i + 1:
			value = oddValues[rng.IntN(len(oddValues))]
		}
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(blank() + `"` + name + `"` + blank() + ":" + blank() + value + blank())
	}
	b.WriteString("}" + blank())
	text := b.String()
	if odd == 11 && len(text) > 0 {
		at := rng.IntN(len(text))
		switch rng.IntN(3) {
		case 0:
			text = text[:at]
		case 1:
			text = text[:at] + text[at+1:]
		default:
			text = text[:at] + string([]byte{byte(rng.Uint32())}) + text[at:]
		}
	}
	return text
}

func TestScannersAgreeWithJSON(t *testing.T) {
	rng := lots(t)
	scanned := 0
	for range 30_000 {
		data := []byte(oddJSON(rng))
		if _, ok := scanFrame(data); ok {
			scanned++
		}
		if sameAsJSON(t, data); t.Failed() {
			return
		}
	}
	if scanned < 1000 {
		t.Errorf("only %d frames were plain enough for the scanner", scanned)
	}
}

// What usual clients and the package itself write isn't left to encoding/json.
func TestScannersTakeWhatIsUsual(t *testing.T) {
	for _, text := range []string{
		`{"type":"message","room":"general","clientId":"c","content":"a \"b\"\n\\ é 👍"}`,
		`{"type": "message", "room": "general", "clientId": "c", "content": ""}`,
		`{"type":"join","room":"general","stream":"s","after":41}`,
		`{"type":"typing","room":"general","ref":"r"}`,
		`{"type":"react","room":"general","id":"i","emoji":"👍","on":true}`,
		`{"type":"message","room":"general","clientId":"c","content":"x","replyTo":"i","thread":"j"}`,
		`{"type":"read","room":"general","seq":7}`,
	} {
		if _, ok := scanFrame([]byte(text)); !ok {
			t.Errorf("not scanned: %s", text)
		}
	}
	if _, ok := scanLevel0Frame([]byte(`{"type":"message","content":"hi\n"}`)); !ok {
		t.Error("a level 0 frame isn't scanned")
	}
	m := Message{ID: "1", UserID: "u", UserName: "Ada", UserImage: "i", Content: "hi\n", Timestamp: 1760000000000, Type: TypeText, Seq: 42, ClientID: "c"}
	if h, ok := scanHead(m.encoded()); !ok || h != (messageHead{"u", m.Timestamp, 42, "c"}) {
		t.Errorf("got %+v", h)
	}
}

// encodedAs reports what f appends itself beside what encoding/json makes of it.
func encodedAs(t *testing.T, appended []byte, v any) {
	t.Helper()
	if want := encode(v); !bytes.Equal(appended, want) || !json.Valid(appended) {
		t.Errorf("%T\n got %s\nwant %s", v, appended, want)
	}
}

func TestAppendersAgreeWithJSON(t *testing.T) {
	rng := lots(t)
	text := func() string {
		if rng.IntN(4) == 0 {
			return ""
		}
		var b strings.Builder
		for range 1 + rng.IntN(8) {
			switch rng.IntN(4) {
			case 0:
				b.WriteRune(rng.Int32N(0x110000))
			case 1:
				b.WriteByte(byte(rng.Uint32()))
			default:
				b.WriteString(texts[rng.IntN(len(texts))])
			}
		}
		return b.String()
	}
	number := func() int64 { return rng.Int64() >> rng.IntN(64) * int64(rng.IntN(3)-1) }
	for range 20_000 {
		m := Message{ID: MessageID(text()), UserID: UserID(text()), UserName: text(), UserImage: text(), Content: text(),
			Timestamp: number(), Type: MessageType(text()), Seq: Seq(number()), ClientID: ClientID(text())}
		if rng.IntN(2) == 0 {
			m.EditedAt, m.DeletedAt = number(), number()
			m.ReplyTo, m.Thread, m.Pinned = MessageID(text()), MessageID(text()), rng.IntN(2) == 0
			for range rng.IntN(3) {
				m.Reactions = append(m.Reactions, Reaction{text(), []UserID{UserID(text()), UserID(text())}})
				m.Attachments = append(m.Attachments, Attachment{ID: text(), Name: text(), Size: number(), URL: text(), Blurhash: text()})
				m.Previews = append(m.Previews, Preview{URL: text(), Title: text(), Width: int(number())})
			}
			if rng.IntN(2) == 0 {
				m.Replies = &Replies{int(number()), Seq(number()), number(), []UserID{UserID(text())}[rng.IntN(2):]}
			}
		}
		encodedAs(t, m.encoded(), m)
		ack := AckFrame{Type: "ack", Ref: text(), Room: text(), ClientID: m.ClientID, ID: m.ID, Seq: m.Seq, Timestamp: m.Timestamp}
		encodedAs(t, ack.appendTo(nil), ack)
		limit := RateLimitFrame{Type: "rateLimit", Ref: text(), Room: text(), ClientID: m.ClientID,
			RetryAfterMs: number(), Limit: int(number()), WindowMs: number()}
		encodedAs(t, limit.appendTo(nil), limit)
		typing := TypingFrame{Type: "typing", Room: text(), UserID: m.UserID, UserName: text()}
		encodedAs(t, typing.appendTo(nil), typing)
		users := make([]User, rng.IntN(3))
		for i := range users {
			users[i] = User{ID: UserID(text()), Name: text(), Image: text()}
			if rng.IntN(2) == 0 {
				users[i].State, users[i].Status = State(text()), &Status{text(), text(), number()}
			}
		}
		joined := JoinedFrame{Type: "joined", Ref: text(), Room: text(), Stream: text(), Head: m.Seq, Role: text(),
			Resumed: rng.IntN(2) == 0, Count: int(number()), Users: users}
		encodedAs(t, joined.appendTo(nil), joined)
		presence := PresenceFrame{Type: "presence", Room: text(), Count: int(number()), Joined: users, Left: []UserID{UserID(text())}[rng.IntN(2):]}
		encodedAs(t, presence.appendTo(nil), presence)
		people := PeopleFrame{Type: "people", Ref: text(), People: []PersonState{}}
		for _, u := range users {
			people.People = append(people.People, PersonState{u.ID, u.State, u.Status})
		}
		encodedAs(t, people.appendTo(nil), people)
		encodedAs(t, OKFrame{Type: "ok", Ref: m.Content}.appendTo(nil), OKFrame{Type: "ok", Ref: m.Content})
		encodedAs(t, PongFrame{Type: "pong", Ref: m.Content}.appendTo(nil), PongFrame{Type: "pong", Ref: m.Content})
		if t.Failed() {
			return
		}
	}
}

func TestReactionsAsJSON(t *testing.T) {
	for _, text := range []string{`{}`, `{"👍":["u1","u2"],"❤️":["u3"],"1":["u1"]}`} {
		var rs Reactions
		if err := json.Unmarshal([]byte(text), &rs); err != nil || string(encode(rs)) != text {
			t.Errorf("%s became %s, %v", text, encode(rs), err)
		}
	}
	for _, text := range []string{`[]`, `7`, `{"a":7}`, `{"a":[7]}`} {
		var rs Reactions
		if err := json.Unmarshal([]byte(text), &rs); err == nil {
			t.Errorf("%s was taken for %v", text, rs)
		}
	}
	var rs Reactions
	rs = rs.with("a", "u1").with("b", "u1").with("a", "u2")
	if before := rs.with("a", "u3"); string(encode(rs)) != `{"a":["u1","u2"],"b":["u1"]}` || before.count() != 4 {
		t.Errorf("got %s, then %s", encode(rs), encode(before))
	}
	if after := rs.without("a", "u1").without("b", "u1"); string(encode(after)) != `{"a":["u2"]}` || rs.count() != 3 || after.without("a", "u2") != nil {
		t.Errorf("got %s of %s", encode(after), encode(rs))
	}
}

func TestAppendStringAgreesWithJSON(t *testing.T) {
	for r := rune(0); r < 0x110000; r += 1 + r>>13 { // each of the first 8,192, then fewer and fewer
		s := "a" + string(r) + "b"
		encodedAs(t, appendString(nil, s), s)
	}
	for b := range 256 {
		s := "a" + string([]byte{byte(b)})
		encodedAs(t, appendString(nil, s), s)
	}
}

// benchPost is a post of 100 bytes.
const benchPost = `{"type":"message","room":"general","clientId":"01990d3e-6c4b","content":"what do we have for lunch?"}`

var benchMessage = Message{
	ID: "01990d3e-6c4b-7a53-9d0e-5d8a7c1f2b3e", UserID: "01990d3e-6c4b-7a53-9d0e-5d8a7c1f2b3f", UserName: "Ada Lovelace",
	Content: "what do we have for lunch?", Timestamp: 1760000000000, Type: TypeText, Seq: 1234, ClientID: "01990d3e-6c4b",
}

func BenchmarkParsePost(b *testing.B) {
	data := []byte(benchPost)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseFrame(data); err != nil {
			b.Fatal(err)
		}
	}
}

// What encoding/json takes for the same.
func BenchmarkParsePostByJSON(b *testing.B) {
	data := []byte(benchPost)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseAnyFrame(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseLevel0Frame(b *testing.B) {
	data := []byte(`{"type":"message","content":"what do we have for lunch?"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseLevel0Frame(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHead(b *testing.B) {
	stored := benchMessage.encoded()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseHead(stored); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendMessage(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		benchMessage.encoded()
	}
}

func BenchmarkMessageFrames(b *testing.B) {
	room, message := appendString(nil, "general"), benchMessage.encoded()
	b.ReportAllocs()
	for b.Loop() {
		messageFrame(room, message)
		level0MessageFrame(message)
	}
}

func BenchmarkAckFrame(b *testing.B) {
	ack := AckFrame{Type: "ack", Room: "general", ClientID: benchMessage.ClientID, ID: benchMessage.ID, Seq: benchMessage.Seq, Timestamp: benchMessage.Timestamp}
	b.ReportAllocs()
	for b.Loop() {
		plainFrame(ack)
	}
}

func BenchmarkNewMessageID(b *testing.B) {
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		newMessageID(now, 7)
	}
}

// One person posts as often as the rate allows.
func BenchmarkRate(b *testing.B) {
	posts := newPosts(Rate{Limit: 10, Window: 10 * time.Second})
	now := int64(1760000000000)
	b.ReportAllocs()
	for b.Loop() {
		now += max(posts.wait("ada", now), 1)
		posts.took("ada", now)
	}
}
