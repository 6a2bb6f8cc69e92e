package chat

import (
	"context"
	"time"
)

// typists are the people who type, by when that was last passed on. In a crowd there are
// maxTypists of them: nobody reads the names of more, and each is told to all.
type typists map[UserID]time.Time

// pass decides whether a person's typing is passed on to a room of so many people, and
// takes note of it then.
func (t typists) pass(id UserID, now time.Time, people int) bool {
	for other, at := range t {
		if now.Sub(at).Abs() >= typingFor { // either way: the clock may have been set back
			delete(t, other)
		}
	}
	switch last, typing := t[id]; {
	case typing && now.Sub(last).Abs() < typingEvery:
		return false
	case !typing && people > typingCrowd && len(t) >= maxTypists:
		return false
	}
	t[id] = now
	return true
}

// typing tells the others, but no more often than they need to know.
func (r *Room) typing(_ context.Context, q request) (none, error) {
	sock, ok := r.st.Socket(q.Socket)
	if !ok || r.st.Ended(q.Socket) {
		return none{}, nil
	}
	if !r.st.IsMember(sock) {
		r.refuse(q, &Error{Code: CodeNotJoined, Message: "Join the room first."})
		return none{}, nil
	}
	now, user := r.now(), q.Actor.User
	if refused := refuseAct(r.state.archived, r.authorityOf(q.Actor), now.UnixMilli()); refused != nil {
		r.refuse(q, refused)
		return none{}, nil
	}
	if r.typed.pass(user.ID, now, r.presence.count()) {
		r.st.Broadcast(tagLevel1, plainFrame(TypingFrame{
			Type: "typing", Room: q.Slug, UserID: user.ID, UserName: user.Name,
		}).Droppable(), sock)
	}
	r.confirm(q)
	return none{}, nil
}
