package e2e

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// Each bad frame gets the answer that the protocol gives it, and does nothing to
// the other sockets.
func TestBadFrames(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	witness := bob.joined(t)
	tooLong := strings.Repeat("a", 10_001)

	for _, tc := range []struct {
		name, send string
		code       string // of the error frame
	}{
		{"nothing", ``, "bad_request"},
		{"not JSON", `hello`, "bad_request"},
		{"half an object", `{"type":"join",`, "bad_request"},
		{"an array", `["type","join"]`, "bad_request"},
		{"a text", `"join"`, "bad_request"},
		{"null", `null`, "bad_request"},
		{"no type", `{"room":"global"}`, "bad_request"},
		{"type is a number", `{"type":7}`, "bad_request"},
		{"unknown type", `{"type":"shout","room":"global"}`, "unknown_type"},
		{"no room", `{"type":"join"}`, "bad_request"},
		{"room is an object", `{"type":"join","room":{}}`, "bad_request"},
		{"unknown room", `{"type":"join","room":"nowhere"}`, "not_found"},
		{"room of another case", `{"type":"join","room":"GLOBAL"}`, "not_found"},
		{"after is a text", `{"type":"join","room":"global","after":"1"}`, "bad_request"},
		{"after is negative", `{"type":"join","room":"global","after":-1}`, "bad_request"},
		{"after is huge", `{"type":"join","room":"global","after":1e400}`, "bad_request"},
		{"no clientId", `{"type":"message","room":"global","content":"x"}`, "bad_request"},
		{"clientId is too long", `{"type":"message","room":"global","content":"x","clientId":"` + strings.Repeat("c", 65) + `"}`, "bad_request"},
		{"ref is too long", `{"type":"join","room":"global","ref":"` + strings.Repeat("r", 65) + `"}`, "bad_request"},
		{"content is a number", `{"type":"message","room":"global","clientId":"c","content":5}`, "bad_request"},
		{"content is empty", `{"type":"message","room":"global","clientId":"c","content":" \n "}`, "empty"},
		{"content is too long", `{"type":"message","room":"global","clientId":"c","content":"` + tooLong + `"}`, "too_long"},
		{"deep nesting", `{"type":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "bad_request"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sock := ada.joined(t)
			sock.sendText(t, tc.send)
			f := sock.await(t, "error")
			var words string
			if err := json.Unmarshal(f.Message, &words); err != nil || words == "" {
				t.Errorf("an error without words: %s", f.Message)
			}
			if f.Code != tc.code {
				t.Errorf("code %s (%s), want %s", f.Code, words, tc.code)
			}
			sock.ping(t) // it stays
			if err := sock.Close(websocket.StatusNormalClosure, ""); err != nil {
				t.Errorf("the Close isn't answered: %v", err)
			}
		})
	}
	witness.ping(t)
	if pg, err := bob.history(""); err != nil || len(pg.Messages) != 0 {
		t.Errorf("something was posted: %+v %v", pg, err)
	}
}

// An answer carries what it answers, also where the frame failed.
func TestErrorCarriesRef(t *testing.T) {
	s := newServer(t, noLimits...)
	sock := s.signUp(t, "Ada").joined(t)
	sock.send(t, map[string]any{"type": "message", "room": "nowhere", "clientId": "c1", "ref": "r1", "content": "x"})
	f := sock.await(t, "error")
	if f.Ref != "r1" || f.ClientID != "c1" || f.Room != "nowhere" || f.Code != "not_found" {
		t.Errorf("got %+v", f)
	}
}

// rawFrame is a client frame with a mask of zeros, for what a client library
// doesn't send.
func rawFrame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// Frames that break the transport's rules end the connection with the code that
// says why, and only that connection.
func TestBadTransport(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	witness := bob.joined(t)
	const fin, text, bin = 0x80, 1, 2
	mib := []byte(strings.Repeat("a", 1<<20))
	for _, tc := range []struct {
		name string
		raw  []byte
		code int
	}{
		{"1 MiB of text", rawFrame(fin|text, mib), 1009},
		{"1 MiB in a million fragments begun", append(rawFrame(text, mib[:60<<10]), rawFrame(0, mib[:60<<10])...), 1009},
		{"64 KiB and a byte", rawFrame(fin|text, mib[:64<<10+1]), 1009},
		{"binary", rawFrame(fin|bin, []byte{1, 2, 3}), 1003},
		{"not UTF-8", rawFrame(fin|text, []byte("{\"type\":\"\xff\xfe\"}")), 1007},
		{"a lone surrogate in UTF-8", rawFrame(fin|text, []byte("\xed\xa0\x80")), 1007},
		{"a length of 2^62", []byte{fin | text, 0x80 | 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1009},
		{"a negative length", []byte{fin | text, 0x80 | 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 1002},
		{"no mask", []byte{fin | text, 2, '{', '}'}, 1002},
		{"reserved bits", rawFrame(fin|0x40|text, []byte("{}")), 1002},
		{"unknown opcode", rawFrame(fin|5, []byte("{}")), 1002},
		{"continuation of nothing", rawFrame(fin, []byte("{}")), 1002},
		{"fragmented ping", rawFrame(9, nil), 1002},
		{"close code 1005", rawFrame(fin|8, []byte{0x03, 0xed}), 1002},
	} {
		for _, path := range []string{level0Path, level1Path} {
			t.Run(tc.name+" "+path, func(t *testing.T) {
				conn := ada.raw(t, path)
				conn.write(t, tc.raw)
				if code := conn.closeCode(t); code != tc.code {
					t.Errorf("closed with %d, want %d", code, tc.code)
				}
			})
		}
	}
	witness.ping(t)
}

// Frames that make no sense are answered, 20 of them; the next one closes.
func TestNonsenseIsCutOff(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	for _, path := range []string{level0Path, level1Path} {
		t.Run(path, func(t *testing.T) {
			sock := ada.open(t, path)
			for range 20 {
				sock.sendText(t, `nonsense`)
			}
			sock.ping(t) // still there
			sock.sendText(t, `nonsense`)
			if code := sock.awaitClose(t, nil); code != 1008 {
				t.Errorf("closed with %d, want 1008", code)
			}
		})
	}
}

func TestLevel0Frames(t *testing.T) {
	s := newServer(t, noLimits...)
	ada := s.signUp(t, "Ada")
	sock := ada.open(t, level0Path)
	if f := sock.await(t, "userCount"); f.Count != 1 || f.ConnectedUsers[0].UserID != ada.id {
		t.Errorf("got %+v", f)
	}
	// Neither empty nor unknown frames are answered: the next thing heard is what
	// was posted after them.
	for _, text := range []string{`{"type":"message","content":"  "}`, `{"type":"shout"}`, `{}`, `[]`, `{"type":"message","content":7}`} {
		sock.sendText(t, text)
	}
	sock.send(t, map[string]any{"type": "message", "content": "  hello  "})
	m := sock.awaitContent(t, "hello")
	if m.UserID != ada.id || m.UserName != "Ada" || m.Type != "text" {
		t.Errorf("posted %+v", m)
	}
	sock.send(t, map[string]any{"type": "message", "content": strings.Repeat("😀", 2000)})
	sock.awaitContent(t, strings.Repeat("😀", 2000))
	sock.send(t, map[string]any{"type": "message", "content": strings.Repeat("a", 2001)})
	if code := sock.awaitClose(t, nil); code != 1009 {
		t.Errorf("2,001 characters closed with %d, want 1009", code)
	}
	var newest []message
	res := ada.get(t, "/api/chat/messages")
	res.decode(t, &newest)
	if len(newest) != 2 || newest[0].Content != "hello" {
		t.Errorf("newest: %s", res.body)
	}
	if cache := res.header.Get("Cache-Control"); cache != "private, max-age=0, must-revalidate" {
		t.Errorf("Cache-Control is %q", cache)
	}
}

// Over 64 sockets of one person the newest is turned away, and nobody else.
func TestTooManySockets(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	var socks []*socket
	for range 64 {
		socks = append(socks, ada.open(t, level1Path))
	}
	if code := ada.open(t, level1Path).awaitClose(t, nil); code != 4009 {
		t.Errorf("the 65th socket was closed with %d, want 4009", code)
	}
	socks[0].ping(t)
	bob.open(t, level1Path).ping(t)
	if err := socks[0].Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	ada.open(t, level1Path).ping(t)
}

// A reader that takes nothing loses its own connection; the room goes on.
func TestSlowReaderIsDropped(t *testing.T) {
	s := newServer(t, noLimits...)
	ada, bob := s.signUp(t, "Ada"), s.signUp(t, "Bob")
	slow := bob.raw(t, level1Path)
	slow.write(t, rawFrame(0x81, []byte(`{"type":"join","room":"global"}`)))
	sock := ada.joined(t)
	text := strings.Repeat("x", 9_000)
	// More than the socket's queue and both kernels' buffers hold. The poster reads
	// as it writes: it must not be slow itself.
	const batches, posts = 50, 50
	for batch := range batches {
		for i := range posts {
			sock.send(t, map[string]any{"type": "message", "room": "global", "clientId": fmt.Sprint(batch, "-", i), "content": text})
		}
		sock.awaitThat(t, "the last echo", func(f frame) bool {
			if f.Type != "message" {
				return false
			}
			m, err := f.posted()
			return err == nil && m.Seq == uint64((batch+1)*posts)
		})
	}
	if code := slow.closeCode(t); code != 4008 && code != 0 {
		t.Errorf("the slow socket was closed with %d, want 4008 or no more than an end", code)
	}
	if res := ada.get(t, "/api/"); res.status != http.StatusOK {
		t.Errorf("the server answers %d", res.status)
	}
}
