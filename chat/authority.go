package chat

import (
	"strings"
	"time"

	"snug/durable"
)

// What a room itself knows of who may do what in it: the second look, in its turn, as
// somebody may have been removed or muted since the first one (access.go) while their
// frame waited. It is told by orders (order.go).

// Storage of a room, beside that of its history.
const (
	keyRoom      = "room" // roomRecord; a room without one is public
	prefixMember = "u/"   // a user: memberRecord
)

// roomRecord is what a room knows of itself.
type roomRecord struct {
	Kind     RoomKind `json:"kind"`
	Name     string   `json:"name"`
	Topic    string   `json:"topic,omitempty"`
	Archived bool     `json:"archived,omitempty"`
	SlowMode int      `json:"slowMode,omitempty"` // seconds; 0: off
}

// memberRecord is what a room knows of somebody. In a room that isn't public all members
// have one, in a public one only those whom it makes a difference to.
type memberRecord struct {
	Role       Role  `json:"role,omitempty"` // as a member; "": they are none, but muted
	MutedUntil int64 `json:"mutedUntil,omitempty"`
}

func memberKey(user UserID) string { return prefixMember + string(user) }

// kept reports whether a record makes a difference in a room of that kind.
func (m memberRecord) kept(kind RoomKind) bool {
	return m.MutedUntil != 0 || m.Role != "" && (kind != KindPublic || m.Role != RoleMember)
}

// readRoom reads what the room knows of itself and its members.
func (r *Room) readRoom() error {
	r.about, r.members = roomRecord{Kind: KindPublic}, make(map[UserID]memberRecord)
	store := r.st.Storage()
	stored, known, err := load[roomRecord](store, keyRoom)
	if err != nil {
		return err
	}
	if r.recorded = known; known {
		r.about = stored
	}
	var broken error
	err = store.Each(under(prefixMember), func(key string, value []byte) bool {
		var m memberRecord
		m, broken = parseAny[memberRecord](value)
		r.members[UserID(key[len(prefixMember):])] = m
		return broken == nil
	})
	if err == nil {
		err = broken
	}
	r.heed()
	return err
}

// heed makes decisions follow what the room knows of itself.
func (r *Room) heed() {
	r.state.kind, r.state.archived = r.about.Kind, r.about.Archived
	slow := Rate{}
	if r.about.SlowMode > 0 {
		slow = Rate{1, time.Duration(r.about.SlowMode) * time.Second}
	}
	if r.state.slow.rate != slow {
		r.state.slow = newPosts(slow)
	}
}

// authority is what somebody is in the room, as its turn knows it.
type authority struct {
	role       Role  // "": the room isn't there for them
	mutedUntil int64 // 0: they may post
}

// authorityOf costs a public room, in which nobody has a role of their own or is muted,
// next to nothing.
func (r *Room) authorityOf(a Actor) authority {
	var m memberRecord
	if len(r.members) > 0 {
		m = r.members[a.ID]
	}
	if r.gone {
		return authority{}
	}
	return authority{RoleIn(a.Role, m.Role, r.state.kind), m.MutedUntil}
}

// refuseAct says why somebody may not change anything in a room; nil: they may.
func refuseAct(archived bool, by authority, at int64) *Error {
	switch {
	case by.role == "":
		return errNoRoom
	case archived:
		return forbidden("This room is archived: it can only be read.")
	case by.mutedUntil > at:
		return forbidden("You are muted in this room until " + time.UnixMilli(by.mutedUntil).UTC().Format("2006-01-02 15:04 MST") + ".")
	}
	return nil
}

// callsMany reports whether a message speaks to everybody in the room, or everybody who
// is here: @[room](room:all), @[here](room:here).
func callsMany(content string) bool {
	return strings.Contains(content, "](room:all)") || strings.Contains(content, "](room:here)")
}

// readSlow finds the posts that still count in slow mode, where that goes back further
// than the rate does.
func (r *Room) readSlow() error {
	slow := r.state.slow.rate
	if slow.Limit <= 0 {
		return nil
	}
	since := r.now().Add(-slow.Window).UnixMilli()
	left := maxTail
	last := make(map[UserID]int64)
	err := r.eachHead(durable.ListOptions{Reverse: true}, func(m messageHead, _ []byte) (bool, error) {
		if left--; m.Timestamp <= since || left < 0 {
			return false, nil
		}
		last[m.UserID] = max(last[m.UserID], m.Timestamp)
		return true, nil
	})
	for user, at := range last {
		r.state.slow.took(user, at)
	}
	return err
}
