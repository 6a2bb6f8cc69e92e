package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// queueFrames wait for one connection; one more, and it is too slow.
const queueFrames = 256

// rooms holds all rooms by name; they are never removed.
type rooms struct {
	mu     sync.Mutex
	byName map[string]*room
}

func newRooms() *rooms { return &rooms{byName: map[string]*room{}} }

func (rs *rooms) get(name string) *room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byName[name]
	if r == nil {
		r = &room{name: name, members: map[*member]struct{}{}}
		rs.byName[name] = r
	}
	return r
}

// A room is a hub: the order of messages is the order in which posts take its lock.
type room struct {
	name string

	mu      sync.Mutex
	seq     uint64
	members map[*member]struct{}
}

// A member is one connection. Its writer sends what is queued.
type member struct {
	queue chan []byte
	slow  func() // ends the connection
}

func (r *room) enter(slow func()) *member {
	m := &member{queue: make(chan []byte, queueFrames), slow: slow}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[m] = struct{}{}
	m.send(fmt.Appendf(nil, `{"type":"joined","head":%d}`, r.seq))
	return m
}

// exit closes the queue, which ends the writer.
func (r *room) exit(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
	close(m.queue)
}

func (m *member) send(frame []byte) {
	select {
	case m.queue <- frame:
	default:
		m.slow()
	}
}

// userID is who posts, so long that a message has as many bytes as Snug's.
const userID = "01a0000000000000000000000000000000"

type post struct {
	ClientID string `json:"clientId"`
	Content  string `json:"content"`
}

type message struct {
	ID        string `json:"id"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	Content   string `json:"content"`
	Timestamp int64  `json:"timestamp"`
	Type      string `json:"type"`
	Seq       uint64 `json:"seq"`
	ClientID  string `json:"clientId"`
}

type messageFrame struct {
	Type    string  `json:"type"`
	Room    string  `json:"room"`
	Message message `json:"message"`
}

type ackFrame struct {
	Type      string `json:"type"`
	Room      string `json:"room"`
	ClientID  string `json:"clientId"`
	ID        string `json:"id"`
	Seq       uint64 `json:"seq"`
	Timestamp int64  `json:"timestamp"`
}

// newMessage makes a message of what a client sent.
func newMessage(text []byte, userID string) (message, error) {
	var p post
	if err := json.Unmarshal(text, &p); err != nil {
		return message{}, fmt.Errorf("read post: %w", err)
	}
	var id [16]byte
	rand.Read(id[:]) // never fails
	return message{
		ID:     fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
		UserID: userID, UserName: "Bench", Content: p.Content,
		Timestamp: time.Now().UnixMilli(), Type: "text", ClientID: p.ClientID,
	}, nil
}

// post acks a post to who sent it and queues it for everybody.
func (r *room) post(from *member, text []byte) error {
	m, err := newMessage(text, userID)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	m.Seq = r.seq
	ack, err := json.Marshal(ackFrame{"ack", r.name, m.ClientID, m.ID, m.Seq, m.Timestamp})
	if err != nil {
		return fmt.Errorf("encode ack: %w", err)
	}
	frame, err := json.Marshal(messageFrame{"message", r.name, m})
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	from.send(ack)
	for to := range r.members {
		to.send(frame)
	}
	return nil
}
