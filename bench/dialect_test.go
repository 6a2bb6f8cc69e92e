//go:build linux

package main

import "testing"

func TestKindOf(t *testing.T) {
	for text, want := range map[string]kind{
		aMessage: kindMessage, anAck: kindAck,
		`{"type":"hello","protocol":1}`:         kindHello,
		`{"type":"joined","room":"global"}`:     kindJoined,
		`{"type":"rateLimit","room":"global"}`:  kindRefusal,
		`{"type":"error","code":"bad_request"}`: kindRefusal,
		`{"type":"presence","room":"global"}`:   kindPresence,
		`{"type":"messages"}`:                   kindOther,
		`{"type":"ack`:                          kindAck,
		`{}`:                                    kindOther,
		``:                                      kindOther,
	} {
		if got := kindOf([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestCentrifugeKind(t *testing.T) {
	d := centrifugeDialect()
	for text, want := range map[string]kind{
		`{"push":{"channel":"r0000000","pub":{"data":{"clientId":"0003-00000012d687"},"offset":7}}}`: kindMessage,
		`{"push":{"message":{"data":{"type":"ack","clientId":"0003-00000012d687"}}}}`:                kindAck,
		`{"id":1,"connect":{"client":"x"}}`:                                                          kindHello,
		`{"id":2,"subscribe":{"epoch":"x"}}`:                                                         kindJoined,
		`{"id":2,"error":{"code":103}}`:                                                              kindRefusal,
		`{"push":{"disconnect":{"code":3000}}}`:                                                      kindRefusal,
		`{"push":{"channel":"r0000000","join":{"info":{"client":"x"}}}}`:                             kindOther,
		`{}`: kindEmpty,
		``:   kindOther,
	} {
		if got := d.kindOf([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
	a, rest := d.next([]byte("{}\n{\"id\":1}"))
	if string(a) != "{}" || string(rest) != `{"id":1}` {
		t.Errorf("%s and %s of two lines", a, rest)
	}
}

// What a post says is what a floor reads.
func TestPost(t *testing.T) {
	for name, d := range map[string]dialect{"Snug": snugDialect(), "peers": plainDialect(), "centrifuge": centrifugeDialect()} {
		post, at := d.newPost("r0000007")
		stamp{3, 1234567}.put(post[at:])
		payload, size, err := scanPost(post)
		if err != nil || size != len(post) {
			t.Fatalf("%s: size %d of %d, %v", name, size, len(post), err)
		}
		want := `{"type":"message","room":"r0000007","clientId":"0003-00000012d687","content":"twenty characters ok"}`
		if d.lines {
			want = `{"send":{"data":` + want + `}}`
		}
		if string(payload) != want {
			t.Errorf("%s: %s, want %s", name, payload, want)
		}
	}
}

func TestWhereARoomIs(t *testing.T) {
	for _, c := range [][2]string{
		{snugDialect().url("r1"), "/api/socket"}, {plainDialect().url("r1"), "/rooms/r1"}, {plainDialect().joinText("r1"), ""},
		{snugDialect().joinText("r1"), `{"type":"join","room":"r1"}`},
		{snugDialect().resumeText("r1", "s1", "41"), `{"type":"join","room":"r1","stream":"s1","after":41}`},
		{centrifugeDialect().joinText("r1"), `{"id":2,"subscribe":{"channel":"r1"}}`},
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
}
