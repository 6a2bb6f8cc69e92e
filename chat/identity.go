package chat

import (
	"encoding/binary"
	"errors"
	"strings"

	"snug/durable"
)

// A socket's identity is its actor in one string: whether it may post, a letter for
// the role, the lengths of the first three parts in two bytes each, and the parts: the
// tags of session and user, image and name. Its tags and the strings of the actor that is read from
// it are parts of it: a socket at rest holds nothing else of its actor.
const (
	mayPost      = 'w'
	mayRead      = 'r'
	identityHead = 2 + 3*2 // bytes

	tagSession = "session:"
	tagUser    = "user:"
)

// identity returns a's identity and the tags of its sockets. An identity of over 64
// KiB is cut, but the runtime takes none that is as long.
func (a Actor) identity() (identity string, tags []string) {
	parts := [...]string{tagSession + a.SessionKey, tagUser + string(a.ID), a.Image, a.Name}
	var head [identityHead]byte
	head[0], head[1] = mayPost, letterOfRole(a.Role)
	if a.ReadOnly {
		head[0] = mayRead
	}
	size := identityHead
	for i, part := range parts {
		if size += len(part); i < 3 {
			binary.BigEndian.PutUint16(head[2+2*i:], uint16(len(part)))
		}
	}
	var whole strings.Builder
	whole.Grow(size)
	whole.Write(head[:])
	for _, part := range parts {
		whole.WriteString(part)
	}
	identity = whole.String()
	session, user := identityHead+len(parts[0]), identityHead+len(parts[0])+len(parts[1])
	return identity, []string{identity[session:user], identity[identityHead:session]}
}

// actorOf returns whose a socket is, as they were when it was opened.
func actorOf(sock *durable.Socket) (Actor, error) { return parseIdentity(sock.Identity()) }

func parseIdentity(identity string) (Actor, error) {
	if len(identity) < identityHead || identity[0] != mayPost && identity[0] != mayRead {
		return Actor{}, errIdentity
	}
	var parts [3]string
	rest := identity[identityHead:]
	for i := range parts {
		n := int(identity[2+2*i])<<8 | int(identity[3+2*i])
		if n > len(rest) {
			return Actor{}, errIdentity
		}
		parts[i], rest = rest[:n], rest[n:]
	}
	if len(parts[0]) < len(tagSession) || len(parts[1]) < len(tagUser) {
		return Actor{}, errIdentity
	}
	return Actor{
		User:       User{ID: UserID(parts[1][len(tagUser):]), Image: parts[2], Name: rest},
		SessionKey: parts[0][len(tagSession):], ReadOnly: identity[0] == mayRead, Role: roleOfLetter(identity[1]),
	}, nil
}

const memberLetter = '-'

// letterOfRole is what stands for a role in an identity. One that rules don't look at
// is a member's: "".
func letterOfRole(r Role) byte {
	switch r {
	case RoleOwner, RoleAdmin, RoleModerator, RoleGuest, RoleBot:
		return r[0]
	}
	return memberLetter
}

func roleOfLetter(c byte) Role {
	for _, r := range [...]Role{RoleOwner, RoleAdmin, RoleModerator, RoleGuest, RoleBot} {
		if r[0] == c {
			return r
		}
	}
	return ""
}

var errIdentity = errors.New("read socket identity: it is none")
