package chat

import (
	"context"
	"errors"

	"snug/durable"
)

// ExportLine is a line of a room's export: one of its fields is set.
type ExportLine struct {
	Room    *RoomInfo `json:"room,omitempty"`
	Member  *Member   `json:"member,omitempty"`
	Message *Message  `json:"message,omitempty"`
	Before  []Version `json:"before,omitempty"` // what the message said before it was edited
}

// ExportRoom calls fn with what is in a room: the room, its members, its messages from
// the oldest on, for as long as they may have it. It wakes no room, and reads what is on
// disk piece by piece.
func (s *Service) ExportRoom(ctx context.Context, a Actor, slug string, fn func(ExportLine) error) error {
	st, err := s.admit(ctx, a, slug, ActExportRoom)
	if err != nil {
		return err
	}
	info, err := s.roomInfo(ctx, a, st.id)
	if err != nil {
		return public(err)
	}
	// It may take long: whoever was removed meanwhile gets no more.
	give := func(l ExportLine) error {
		if now, err := s.admit(ctx, a, slug, ActExportRoom); err != nil {
			return err
		} else if now.id != st.id {
			return errNoRoom
		}
		return fn(l)
	}
	if err := give(ExportLine{Room: &info}); err != nil {
		return err
	}
	for q := (MemberQuery{Limit: maxListLimit}); ; {
		page, err := s.Members(ctx, a, slug, q)
		if err != nil {
			return err
		}
		for i := range page.Members {
			if err := give(ExportLine{Member: &page.Members[i]}); err != nil {
				return err
			}
		}
		if q.After = page.Next; page.Next == "" {
			break
		}
	}
	from := storedMessages{ctx, s.ns.ByName(string(st.id))}
	for next := messageKey(0); next != ""; {
		if next, err = from.exportSome(next, give); err != nil {
			return err
		}
	}
	return nil
}

// exportSome calls fn for some messages from a key on, and returns where to go on; "":
// that was all.
func (s storedMessages) exportSome(start string, fn func(ExportLine) error) (next string, err error) {
	var list []Message
	size := 0
	var broken error
	o := durable.ListOptions{Start: start, End: keyMeta, Limit: authorChunk}
	err = s.Each(o, func(key string, value []byte) bool {
		var m Message
		m, broken = parseAny[Message](value)
		list, next = append(list, m), key+"\x00"
		size += len(value)
		return broken == nil && size < maxPageBytes
	})
	if err != nil || broken != nil {
		return "", errors.Join(err, broken)
	}
	for i := range list {
		line := ExportLine{Message: &list[i]}
		if list[i].EditedAt != 0 {
			if line.Before, err = versionsOf(s, list[i].Seq); err != nil {
				return "", err
			}
		}
		if err := fn(line); err != nil {
			return "", err
		}
	}
	return next, nil
}
