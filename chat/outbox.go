package chat

import (
	"context"
	"database/sql"
	"errors"

	"snug/durable"
)

// What a room's turn does that belongs into the audit log, which is a table: the room
// notes it in the same commit, hands it over after that, and forgets it once it is in the
// log. A crash in between leaves it noted, and the room hands it over when it wakes next.

const prefixAudit = "a/" // an event's seq: deletion

const outboxBatch = 100 // deletions that are handed over at once

// deletion is a message that somebody else than its author deleted.
type deletion struct {
	Seq  Seq       `json:"seq"` // of the event
	By   User      `json:"by"`
	User User      `json:"user"` // the author
	ID   MessageID `json:"id"`
	At   int64     `json:"at"`
}

// noteDeletion notes the deletion that was the room's last event.
func (r *Room) noteDeletion(by User, m *Message, seq Seq, at int64) error {
	d := deletion{Seq: seq, By: by, User: User{ID: m.UserID, Name: m.UserName}, ID: m.ID, At: at}
	if err := r.st.Storage().Put(seqKey(prefixAudit, seq), encode(d)); err != nil {
		return err
	}
	id := r.id()
	r.st.AfterCommit(func() { r.noted(id) })
	return nil
}

// recallNotes hands over what a crash left noted.
func (r *Room) recallNotes() error {
	o := under(prefixAudit)
	o.Limit = 1
	return r.st.Storage().Each(o, func(string, []byte) bool {
		r.noted(r.id())
		return false
	})
}

// outbox returns the oldest of what is noted.
func (r *Room) outbox(context.Context, none) (list []deletion, err error) {
	o := under(prefixAudit)
	o.Limit = outboxBatch
	var broken error
	err = r.st.Storage().Each(o, func(_ string, value []byte) bool {
		var d deletion
		d, broken = parseAny[deletion](value)
		list = append(list, d)
		return broken == nil
	})
	return list, errors.Join(err, broken)
}

// handedOver forgets what was noted up to a seq.
func (r *Room) handedOver(_ context.Context, through Seq) (none, error) {
	return none{}, r.st.Storage().DeleteRange(seqKey(prefixAudit, 0), seqKey(prefixAudit, through+1))
}

// collect writes what a room has noted into the audit log.
func (s *Service) collect(ctx context.Context, id RoomID) error {
	stub := s.ns.ByName(string(id))
	for {
		list, err := s.calls.outbox.Call(ctx, stub, none{})
		if err != nil || len(list) == 0 {
			return err
		}
		err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
			room := roomRow{id: id}
			if err := tx.QueryRowContext(ctx, `select name, kind from rooms where id = ?`, string(id)).Scan(&room.name, &room.kind); err != nil {
				if errors.Is(err, sql.ErrNoRows) {
					return nil // it is gone, and so is what it noted
				}
				return err
			}
			for _, d := range list {
				line := auditLine{at: d.At, action: AuditMessageDeleted, by: d.By, room: room, user: d.User, message: d.ID, seq: d.Seq}
				if err := writeAudit(ctx, tx, line); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := s.calls.handedOver.Call(ctx, stub, list[len(list)-1].Seq); err != nil {
			return err
		}
		if len(list) < outboxBatch {
			return nil
		}
	}
}

// walked is what a piece of a room's messages holds.
type walked struct {
	seqs []Seq // of the messages that were looked for
	next Seq   // where to go on
	end  bool  // there are no more
}

// walkOf looks through a piece of a room's messages, from the store and waking nothing,
// for those of somebody that aren't deleted.
func (s *Service) walkOf(ctx context.Context, room RoomID, user UserID, from Seq) (w walked, err error) {
	w.next = from
	looked := 0
	var broken error
	o := durable.ListOptions{Start: messageKey(from), End: keyMeta, Limit: authorChunk}
	err = storedMessages{ctx, s.ns.ByName(string(room))}.Each(o, func(_ string, value []byte) bool {
		looked++
		h, err := parseHead(value)
		if broken = err; err != nil {
			return false
		}
		w.next = h.Seq + 1
		if h.UserID == user && !isDeleted(value) {
			w.seqs = append(w.seqs, h.Seq)
		}
		return len(w.seqs) < purgeBatch
	})
	w.end = looked < authorChunk && len(w.seqs) < purgeBatch
	return w, errors.Join(err, broken)
}
