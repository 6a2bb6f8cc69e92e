package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What those need who follow the rooms: the index of messages, and who finds out where
// their links lead. They read what is durable, wake no room and wait for none.

// Changes is what a run of a room's events did.
type Changes struct {
	Stream  string // "": the room has no history yet
	Floor   Seq    // the last seq that retention removed
	Through Seq    // the last of the events
	// Messages are those that the events are about, each once and as it is now; one that
	// is gone for good is a deleted one.
	Messages []Message
	Events   []Event // in order
}

// AllRooms returns the ids of all rooms.
func (s *Service) AllRooms(ctx context.Context) ([]RoomID, error) { return s.rooms.all(ctx) }

// FindRoom returns the room of a slug for somebody who may see it. A room that isn't
// there, or that they may not see, is CodeNotFound.
func (s *Service) FindRoom(ctx context.Context, a Actor, slug string) (RoomID, error) {
	st, err := s.admit(ctx, a, slug, ActRead)
	return st.id, err
}

// OwnRooms returns the ids of the rooms that somebody sees and not everybody does: at most
// 1000. Of more it has the favourites, and those that they are in for longest:
// whoever is added to many rooms by others goes on finding what is in their own.
func (s *Service) OwnRooms(ctx context.Context, a Actor) (ids []RoomID, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select r.id from members m join rooms r on r.id = m.room_id
			where m.user_id = ? and m.role <> '' and r.kind <> 'public' and r.deleted_at is null
			order by m.favourite desc, m.joined_at, m.room_id limit ?`
		ids, err = roomIDs(ctx, tx, query, string(a.ID), maxSummaries)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list rooms that are somebody's: %w", err)
	}
	return ids, nil
}

// IsPublic reports whether everybody may see a room.
func (s *Service) IsPublic(ctx context.Context, id RoomID) (bool, error) {
	room, err := s.rooms.findID(ctx, id)
	if errors.Is(err, errNoRoom) {
		return false, nil
	}
	return room.kind == KindPublic, err
}

// VisibleSlug returns the slug of a room; false: it isn't there, or they may not see it.
func (s *Service) VisibleSlug(ctx context.Context, a Actor, room RoomID) (slug string, visible bool, err error) {
	st, err := s.admitID(ctx, a, room)
	if errors.Is(err, errNoRoom) {
		return "", false, nil
	}
	return st.slug, err == nil, err
}

// Messages returns those of the messages that are there, as they are now.
func (s *Service) Messages(ctx context.Context, room RoomID, seqs []Seq) ([]Message, error) {
	from := storedMessages{ctx, s.ns.ByName(string(room))}
	list := make([]Message, 0, len(seqs))
	for _, seq := range seqs {
		m, err := messageAt(from, seq)
		if err != nil {
			return nil, err
		}
		if m != nil {
			list = append(list, *m)
		}
	}
	return list, nil
}

// Changes returns what the events of a room behind after did: at most limit of them.
func (s *Service) Changes(ctx context.Context, room RoomID, after Seq, limit int) (Changes, error) {
	meta, err := storedMessages{ctx, s.ns.ByName(string(room))}.meta()
	if err != nil || meta.Stream == "" {
		return Changes{}, err
	}
	c := Changes{Stream: meta.Stream, Floor: meta.Floor, Through: max(after, meta.Floor)}
	list, err := s.Events(ctx, room, after, limit)
	if err != nil {
		return Changes{}, err
	}
	c.Events = list
	taken := make(map[Seq]bool)
	for _, e := range list {
		c.Through = e.Seq
		if e.Kind == string(eventRoom) {
			continue // it is of no message
		}
		if !taken[e.Message.Seq] {
			taken[e.Message.Seq] = true
			c.Messages = append(c.Messages, e.Message)
		}
	}
	return c, nil
}

// Ascertain makes sure of what a room holds that was doubted: once it returns, what its last
// life wrote is durable, or never will be.
func (s *Service) Ascertain(ctx context.Context, room RoomID) error {
	_, err := s.calls.wake.Call(ctx, s.ns.ByName(string(room)), none{})
	return err
}

// SetPreviews puts what a message's links lead to into it, unless its content isn't that
// any more. Those that somebody removed stay away.
func (s *Service) SetPreviews(ctx context.Context, room RoomID, seq Seq, content string, previews []Preview) error {
	_, err := s.calls.setPreviews.Call(ctx, s.ns.ByName(string(room)), previewsRequest{seq, content, previews})
	return public(err)
}

// hasLinks reports whether a text may have links.
func hasLinks(content string) bool {
	return strings.Contains(content, "https://") || strings.Contains(content, "http://")
}

type previewsRequest struct {
	Seq      Seq
	Content  string
	Previews []Preview
}

func (r *Room) setPreviews(_ context.Context, q previewsRequest) (none, error) {
	m, err := messageAt(r.st.Storage(), q.Seq)
	if err != nil || m == nil || m.DeletedAt != 0 {
		return none{}, err
	}
	removed, err := r.removedPreviews(q.Seq)
	if err != nil {
		return none{}, err
	}
	list := slices.DeleteFunc(slices.Clone(q.Previews), func(p Preview) bool { return slices.Contains(removed, p.URL) })
	_, err = r.apply(m, change{kind: eventPreview, content: q.Content, previews: list})
	return none{}, err
}

// RemovePreview takes the preview of a link out of a message for good: for its author
// and for moderators.
func (s *Service) RemovePreview(ctx context.Context, a Actor, slug string, id MessageID, url string) (Message, error) {
	if a.ReadOnly {
		return Message{}, errReadOnly
	}
	st, err := s.admit(ctx, a, slug, ActRead)
	if err != nil {
		return Message{}, err
	}
	q := request{Slug: slug, Actor: s.profiles.actor(a), Frame: ClientFrame{ID: id, Content: url}}
	m, err := s.calls.removePreview.Call(ctx, s.ns.ByName(string(st.id)), q)
	return m, public(err)
}

func (r *Room) removePreview(_ context.Context, q request) (Message, error) {
	by := r.authorityOf(q.Actor)
	by.mutedUntil = 0
	if refused := refuseAct(r.state.archived, by, 0); refused != nil {
		return Message{}, refused
	}
	m, err := r.find(q.Frame.ID)
	if err != nil {
		return Message{}, err
	}
	if m == nil || m.DeletedAt != 0 {
		return Message{}, errNoMessage
	}
	if q.Actor.ID != m.UserID && !r.mayDo(q.Actor)(ActDeleteAny) {
		return Message{}, forbidden("Only its author and moderators can remove a preview.")
	}
	removed, err := r.removedPreviews(m.Seq)
	if err != nil {
		return Message{}, err
	}
	url := q.Frame.Content
	list := slices.DeleteFunc(slices.Clone(m.Previews), func(p Preview) bool { return p.URL == url })
	if len(list) == len(m.Previews) {
		return *m, nil
	}
	if err := r.st.Storage().Put(removedKey(m.Seq), encode(append(removed, url))); err != nil {
		return Message{}, err
	}
	return r.apply(m, change{kind: eventPreview, by: q.Actor.ID, content: m.Content, previews: list})
}

func removedKey(seq Seq) string { return seqKey(prefixRemoved, seq) }

// removedPreviews returns the links whose previews were removed from a message.
func (r *Room) removedPreviews(seq Seq) ([]string, error) {
	stored, err := r.st.Storage().Get(removedKey(seq))
	if err != nil || stored == nil {
		return nil, err
	}
	return parseAny[[]string](stored)
}
