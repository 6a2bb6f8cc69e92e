package chat

import (
	"context"
	"errors"
	"slices"

	"snug/durable"
)

// The kinds of Event that tell of what a message says.
const (
	EventPost   = string(eventPost)
	EventEdit   = string(eventEdit)
	EventDelete = string(eventDelete)
)

// Event is a durable event of a room, for those who follow it: search, previews.
type Event struct {
	Seq     Seq
	Kind    string  // post, edit, delete, react, pin, preview, thread or room
	Message Message // that it made or changed, as it is now; deleted where it is gone; of room there is none
}

// Events returns events of a room with a seq above after, in order and without a gap
// from the first of them on, at most limit. Retention may have removed those that
// follow after; none at all means that there is nothing newer. It wakes no room.
func (s *Service) Events(ctx context.Context, room RoomID, after Seq, limit int) ([]Event, error) {
	from := storedMessages{ctx, s.ns.ByName(string(room))}
	at, err := from.extent()
	if err != nil {
		if errors.Is(err, errNoStream) {
			err = nil
		}
		return nil, err
	}
	var list []Event
	after = max(after, at.floor)
	upTo := min(at.head, after+Seq(max(limit, 0)))
	o := durable.ListOptions{Start: messageKey(after + 1), End: messageKey(upTo + 1)}
	var broken error
	err = from.Each(o, func(key string, value []byte) bool {
		var m Message
		m, broken = parseAny[Message](value)
		list = append(list, Event{seqOfKey(key), string(eventPost), m})
		return broken == nil
	})
	if err == nil {
		err = broken
	}
	if err != nil {
		return nil, err
	}
	var changes []Event
	err = eventsBetween(from, after, upTo, func(seq Seq, e event) error {
		if e.Kind == eventRoom {
			changes = append(changes, Event{Seq: seq, Kind: string(eventRoom)})
			return nil
		}
		m, err := messageAt(from, e.Target)
		if m == nil {
			m = e.gone()
		}
		changes = append(changes, Event{seq, string(e.Kind), *m})
		return err
	})
	if err != nil {
		return nil, err
	}
	list = append(list, changes...)
	slices.SortFunc(list, func(a, b Event) int { return int(int64(a.Seq) - int64(b.Seq)) })
	return list, nil
}
