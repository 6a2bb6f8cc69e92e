package chat

import (
	"context"
	"slices"
)

// Holds reports whether a room has the message that (user, id) names, and that has this
// file. It reads what is on disk and wakes nothing.
func (s *Service) Holds(ctx context.Context, room RoomID, user UserID, id ClientID, file string) (bool, error) {
	from := storedMessages{ctx, s.ns.ByName(string(room))}
	value, err := from.Get(clientKey(user, id))
	if err != nil || value == nil {
		return false, public(err)
	}
	m, err := messageAt(from, seqOf(value))
	if err != nil || m == nil {
		return false, public(err)
	}
	return slices.ContainsFunc(m.Attachments, func(a Attachment) bool { return a.ID == file }), nil
}
