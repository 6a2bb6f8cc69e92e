//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

const (
	aMessage = `{"type":"message","room":"global","message":{"id":"0198","userId":"u1","userName":"Ada","content":"hi",` +
		`"timestamp":1760000000000,"type":"text","seq":42,"clientId":"0003-00000012d687"}}`
	anAck = `{"type":"ack","room":"global","clientId":"0003-00000012d687","id":"0198","seq":42,"timestamp":1760000000000}`
)

// However the bytes are cut, the same frames come out.
func TestScanAtEveryCut(t *testing.T) {
	payloads := []string{"", "a", aMessage, strings.Repeat("x", 125), strings.Repeat("y", 126), strings.Repeat("z", 70_000)}
	var stream []byte
	for _, p := range payloads {
		stream = appendServerFrame(stream, opText, []byte(p))
	}
	for i, p := range payloads {
		f, size, err := scan(stream)
		if err != nil || f.op != opText || string(f.payload) != p {
			t.Fatalf("frame %d: op %d, %d bytes, %v", i, f.op, len(f.payload), err)
		}
		for cut := range size {
			if _, got, err := scan(stream[:cut]); got != 0 || err != nil {
				t.Fatalf("frame %d cut at %d of %d: size %d, %v", i, cut, size, got, err)
			}
		}
		stream = stream[size:]
	}
	if len(stream) > 0 {
		t.Errorf("%d bytes are left", len(stream))
	}
}

func TestScanRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"a fragment":      {0x01, 0},
		"a continuation":  {0x00, 0},
		"a reserved bit":  {0xc1, 0},
		"a mask":          {0x81, 0x80, 0, 0, 0, 0},
		"too long":        {0x81, 127, 0, 0, 0, 0, 0x7f, 0, 0, 0},
		"a negative size": {0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if _, _, err := scan(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFieldFollowsItsKey(t *testing.T) {
	seq := field{key: `"seq":`}
	for _, c := range []struct {
		text string
		want uint64
	}{
		{`{"seq":1}`, 1}, {`{"seq":2}`, 2}, {`{"seq":10}`, 10}, {`{"seq":7,"more":true}`, 7}, {`{"content":"\"seq\":5","seq":3}`, 3},
	} {
		if n, ok := number(seq.find([]byte(c.text))); !ok || n != c.want {
			t.Errorf("%s: %d %v, want %d", c.text, n, ok, c.want)
		}
	}
	for _, text := range []string{``, `{`, `{"seq":`, `{"seq":"1"}`, `{"head":9}`} {
		if n, ok := number(seq.find([]byte(text))); ok {
			t.Errorf("%s: %d, want none", text, n)
		}
	}
}

func TestStamp(t *testing.T) {
	want := stamp{sender: 15, at: 3*time.Hour + 7}
	b := append(make([]byte, stampBytes), `"}`...)
	want.put(b)
	if got, ok := parseStamp(b); !ok || got != want {
		t.Errorf("%s: %v %v, want %v", b, got, ok, want)
	}
	for _, text := range []string{``, `0003-00000012d687`, `0003_00000012d687"`, `0003-00000012D687"`, `0003-00000012d68"`} {
		if got, ok := parseStamp([]byte(text)); ok {
			t.Errorf("%s: %v, want none", text, got)
		}
	}
}

func TestTemplate(t *testing.T) {
	for _, text := range []string{aMessage, anAck} {
		tpl, err := newTemplate([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f, size, err := scan(tpl.appendFrame(nil, []byte("0001-000000000007"), 12345))
		if err != nil || size == 0 {
			t.Fatalf("size %d, %v", size, err)
		}
		want := strings.NewReplacer("0003-00000012d687", "0001-000000000007", `"seq":42`, `"seq":12345`).Replace(text)
		if string(f.payload) != want {
			t.Errorf("%s, want %s", f.payload, want)
		}
	}
	for _, text := range []string{`{"seq":1}`, `{"clientId":"0003-00000012d687"}`, `{"seq":1,"clientId":"c-7"}`} {
		if _, err := newTemplate([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestCloseText(t *testing.T) {
	for want, payload := range map[string][]byte{
		"closed without a code":       nil,
		"closed with 1001":            {0x03, 0xe9},
		"closed with 4008 (too slow)": append([]byte{0x0f, 0xa8}, "too slow"...),
		"closed with 1000 (\xff)":     {0x03, 0xe8, 0xff},
	} {
		if got := closeText(payload); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if !bytes.Equal(appendClientFrame(nil, opPong, []byte("x")), []byte{0x8a, 0x81, 0, 0, 0, 0, 'x'}) {
		t.Error("a pong has other bytes")
	}
}
