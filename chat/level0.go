package chat

import (
	"context"
	"unicode/utf8"

	"snug/durable"
)

// SocketOpen accepts a level 0 socket.
func (r *Room) SocketOpen(_ context.Context, sock *durable.Socket) error {
	a, err := r.actorOf(sock)
	if err != nil {
		return err
	}
	if err := r.learn(Level0Room); err != nil {
		return err
	}
	if err := r.st.Accept(sock, nil, tagLevel0); err != nil {
		return err
	}
	if !r.greet(a.User, r.enter(a.User)) {
		r.st.Send(sock, r.userCount()) // nothing changed for the others, but this socket knows nobody yet
	}
	return nil
}

// actorOf returns whose a socket is, as they are now.
func (r *Room) actorOf(sock *durable.Socket) (Actor, error) {
	a, err := actorOf(sock)
	return r.current(a), err
}

// SocketMessage handles a frame of a level 0 socket. That level has no errors:
// what makes no sense is ignored, up to a point.
func (r *Room) SocketMessage(_ context.Context, sock *durable.Socket, m durable.Message) error {
	a, err := r.actorOf(sock)
	if err != nil {
		return err
	}
	f, err := parseLevel0Frame(m.Data)
	switch {
	case err == nil && f.Type == FramePing: // spelled otherwise than what the socket layer answers
		r.st.Send(sock, plainFrame(PongFrame{Type: "pong"}))
		return nil
	case err != nil || f.Type != FrameMessage:
		return r.nonsense(sock, a.User)
	}
	content := trim(f.Content)
	if content == "" {
		return nil
	}
	if utf8.RuneCountInString(content) > Level0MaxChars {
		return r.expel(sock, a.User, closeTooLong, "message too long")
	}
	if a.ReadOnly {
		r.st.Send(sock, r.saying(errReadOnly.Message))
		return nil
	}
	did, err := r.take(post{author: a.User, by: r.authorityOf(a), content: content, maxChars: Level0MaxChars})
	switch {
	case err != nil:
		return err
	case did.posted != nil:
		r.publish(did.encoded)
	case did.limited != nil:
		r.st.Send(sock, plainFrame(*did.limited))
	case did.refused != nil:
		// There is no frame for this: the room says it, to the author alone.
		r.st.Send(sock, r.saying(did.refused.Message))
	}
	return nil
}

// nonsense counts, in the socket's attachment, frames that made no sense.
func (r *Room) nonsense(sock *durable.Socket, u User) error {
	count, err := r.st.Attachment(sock)
	if err != nil {
		return err
	}
	if len(count) >= maxNonsense {
		return r.expel(sock, u, closeNonsense, "too many frames that made no sense")
	}
	return r.st.SetAttachment(sock, append(count, '.'))
}

// expel closes a level 0 socket and takes nothing more from it, not even what
// it sent already.
func (r *Room) expel(sock *durable.Socket, u User, code int, reason string) error {
	r.st.Unsubscribe(sock)
	r.exit(u)
	return r.st.CloseSocket(sock, code, reason)
}

// SocketClose notes that a socket of either level is gone.
func (r *Room) SocketClose(_ context.Context, sock *durable.Socket, _ durable.CloseInfo) error {
	a, err := r.actorOf(sock)
	if err != nil {
		return err
	}
	r.exit(a.User)
	r.closed(a)
	return nil
}
