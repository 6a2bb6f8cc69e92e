//go:build linux

package main

import (
	"bytes"
	"strings"
)

// A dialect is how a server is spoken to. All take the same posts and send back an
// ack and a message of about the same size.
type dialect struct {
	handshake   bool   // HTTP upgrade and Close; a floor has neither
	path        string // what comes before the room in the upgrade's URL; without a / at its end it is the whole
	subprotocol string
	greets      bool   // says hello first
	connect     string // said after the upgrade; a hello answers it
	join        [2]string
	post        [2]string // around the room; the stamp and postSuffix follow
	postEnd     string
	seqKey      string // key of a message's place in the order
	headKey     string // key of the same in what answers a join; missing is 0
	lines       bool   // a frame may hold several texts, one a line
	kindOf      func(payload []byte) kind
}

// content is what all posts say, for people.
const content = "twenty characters ok"

const postSuffix = `","content":"` + content + `"}`

// snugDialect is level 1 of the protocol.
func snugDialect() dialect {
	return dialect{
		handshake: true, path: "/api/socket", subprotocol: "chat.v1", greets: true,
		join:   [2]string{`{"type":"join","room":"`, `"}`},
		post:   [2]string{`{"type":"message","room":"`, `","clientId":"`},
		seqKey: `"seq":`, headKey: `"head":`, kindOf: kindOf,
	}
}

// floorDialect is the same without HTTP.
func floorDialect() dialect {
	d := snugDialect()
	d.handshake, d.greets = false, false
	return d
}

// plainDialect is that of the peers: a URL for each room, which is joined by opening
// a socket there.
func plainDialect() dialect {
	d := snugDialect()
	d.path, d.subprotocol, d.greets, d.join = "/rooms/", "", false, [2]string{}
	return d
}

// centrifugeDialect is centrifuge's own JSON protocol.
func centrifugeDialect() dialect {
	return dialect{
		handshake: true, path: "/connection/websocket", connect: `{"id":1,"connect":{}}`,
		join:    [2]string{`{"id":2,"subscribe":{"channel":"`, `"}}`},
		post:    [2]string{`{"send":{"data":{"type":"message","room":"`, `","clientId":"`},
		postEnd: "}}",
		seqKey:  `"offset":`, headKey: `"offset":`, lines: true, kindOf: centrifugeKind,
	}
}

// url is the path to upgrade for a room.
func (d dialect) url(room string) string {
	if strings.HasSuffix(d.path, "/") {
		return d.path + room
	}
	return d.path
}

// joinText is what a client says to join, "" where the URL said it.
func (d dialect) joinText(room string) string {
	if d.join[0] == "" {
		return ""
	}
	return d.join[0] + room + d.join[1]
}

// resumeText is what a client of level 1 says to hear what it has missed, too.
func (d dialect) resumeText(room, stream, after string) string {
	return d.join[0] + room + `","stream":"` + stream + `","after":` + after + "}"
}

// newPost returns a masked post to a room whose stamp is still to be put at the
// offset at.
func (d dialect) newPost(room string) (post []byte, at int) {
	prefix := d.post[0] + room + d.post[1]
	payload := prefix + string(make([]byte, stampBytes)) + postSuffix + d.postEnd
	post = appendClientFrame(nil, opText, []byte(payload))
	return post, len(post) - len(payload) + len(prefix)
}

// next cuts the first text off a frame's payload.
func (d dialect) next(payload []byte) (text, rest []byte) {
	if !d.lines {
		return payload, nil
	}
	text, rest, _ = bytes.Cut(payload, []byte{'\n'})
	return text, rest
}

// The kinds of text that matter here.
type kind int

const (
	kindOther   kind = iota // what else a room says
	kindMessage             // {"type":"message",…
	kindAck
	kindHello
	kindJoined
	kindRefusal  // error, rateLimit, reset: nothing that a run may meet
	kindEmpty    // {}, which centrifuge wants back
	kindPresence // who came and went
)

const typeKey = `{"type":"`

func kindOf(payload []byte) kind {
	rest, ok := bytes.CutPrefix(payload, []byte(typeKey))
	if !ok {
		return kindOther
	}
	// Compared with constants: no allocation.
	switch name, _, _ := bytes.Cut(rest[:min(len(rest), 12)], []byte{'"'}); string(name) {
	case "message":
		return kindMessage
	case "ack":
		return kindAck
	case "hello":
		return kindHello
	case "joined":
		return kindJoined
	case "presence":
		return kindPresence
	case "error", "rateLimit", "reset":
		return kindRefusal
	}
	return kindOther
}

func centrifugeKind(text []byte) kind {
	has := func(prefix string) bool { return len(text) >= len(prefix) && string(text[:len(prefix)]) == prefix }
	switch {
	case has(`{"push":{"channel":`) && bytes.Contains(text[:min(len(text), 64)], []byte(`,"pub":{`)):
		return kindMessage
	case has(`{"push":{"message":`):
		return kindAck
	case has(`{"id":1,"connect":`):
		return kindHello
	case has(`{"id":2,"subscribe":`):
		return kindJoined
	case string(text) == "{}":
		return kindEmpty
	case has(`{"id":`), has(`{"error":`), has(`{"push":{"disconnect"`):
		return kindRefusal
	}
	return kindOther
}
