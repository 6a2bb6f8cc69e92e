package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Holds reports whether a room has the message that (user, id) names, and that has this
// file. What PreviewClaim names is looked for among a message's previews. It reads what
// is on disk and wakes nothing.
func (s *Service) Holds(ctx context.Context, room RoomID, user UserID, id ClientID, file string) (bool, error) {
	from := storedMessages{ctx, s.ns.ByName(string(room))}
	if seq, ok := previewed(user, id); ok {
		m, err := messageAt(from, seq)
		if err != nil || m == nil {
			return false, public(err)
		}
		return slices.ContainsFunc(m.Previews, func(p Preview) bool { return strings.Contains(p.Image, "/"+file+"/") }), nil
	}
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

// previewClaim begins the name by which a message claims the pictures of its previews:
// nobody's, as nobody uploaded them.
const previewClaim = "preview/"

// PreviewClaim returns the user and the id by which the message of a seq claims the
// pictures of its previews.
func PreviewClaim(seq Seq) (UserID, ClientID) {
	return "", ClientID(previewClaim + strconv.FormatUint(uint64(seq), 10))
}

func previewed(user UserID, id ClientID) (Seq, bool) {
	number, ok := strings.CutPrefix(string(id), previewClaim)
	if user != "" || !ok {
		return 0, false
	}
	seq, err := strconv.ParseUint(number, 10, 63)
	return Seq(seq), err == nil
}
